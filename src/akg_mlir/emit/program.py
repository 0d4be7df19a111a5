"""Kernels on the npu floor -> programs of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects import arith, func, memref, scf
from xdsl.dialects.builtin import FloatAttr
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.ir.affine import AffineMap

from akg_mlir.diagnostics import CompileError, location_of
from akg_mlir.dialects import npu
from akg_mlir.emit.index_source import index_source, map_source
from akg_mlir.emit.scalar_source import compile_scalar
from akg_mlir.machine import program as machine
from akg_mlir.targets import Target


def decode(function: func.FuncOp, target: Target) -> machine.Program:
    """Decode a kernel whose ops are instructions at planned addresses.

    Arguments that an instruction writes are the outputs. Raises `CompileError` for tile ops,
    buffers without an address, ops the machine does not have and more cores than the target has.
    """
    return _Decoder(function, target).run()


class _Decoder:
    def __init__(self, function: func.FuncOp, target: Target) -> None:
        self.function = function
        self.target = target
        self.names: dict[SSAValue, str] = {}
        self.buffers: list[machine.Buffer] = []
        self.places: dict[SSAValue, int] = {}
        self.registers: dict[SSAValue, int] = {}
        self.written: set[int] = set()
        self.count = 0

    def run(self) -> machine.Program:
        name = self.function.sym_name.data
        arguments = self.function.body.block.args
        for i, argument in enumerate(arguments):
            self._allocate(argument, f"%{argument.name_hint or f'arg{i}'}", 0, self.function)
        body = self._block(self.function.body.block)
        return machine.Program(
            name,
            self._cores(),
            tuple(self.buffers),
            tuple(range(len(arguments))),
            tuple(i for i in range(len(arguments)) if i in self.written),
            body,
        )

    def _cores(self) -> int:
        cores = npu.cores_of(self.function)
        if not 1 <= cores <= self.target.cores:
            raise CompileError(
                f"runs on {cores} cores, {self.target.name} has {self.target.cores}", self.function
            )
        return cores

    def _allocate(self, value: SSAValue, name: str, address: int, op: Operation) -> None:
        type_ = npu.memref_type(value)
        element = _element(type_.element_type, op)
        shape = type_.get_shape()
        if any(size < 0 for size in shape):
            raise CompileError(f"needs static sizes, got {type_}", op)
        last = sum((n - 1) * s for n, s in zip(shape, npu.strides_of(type_))) if prod(shape) else -1
        size = (last + 1) * machine.DTYPES[element].itemsize
        memory = npu.space_of(type_).value
        self.places[value] = len(self.buffers)
        self.buffers.append(machine.Buffer(name, memory, address, size, element, shape))

    # control flow

    def _block(self, block: Block) -> tuple[machine.Node, ...]:
        nodes: list[machine.Node] = []
        for op in block.ops:
            nodes += self._op(op)
        return tuple(nodes)

    def _op(self, op: Operation) -> Sequence[machine.Node]:
        match op:
            case scf.ForOp():
                return self._loop(op)
            case scf.IfOp():
                return self._branch(op)
            case func.ReturnOp() | scf.YieldOp() | memref.DeallocOp() | npu.PtrOp() | npu.ViewOp():
                return ()
            case memref.CastOp():
                self.places[op.dest] = self._place(op.source)
                return ()
            case memref.AllocOp() | npu.BufferOp():
                return self._buffer(op)
            case npu.CoreIdOp():
                self.names[op.result] = "core"
                return ()
            case _:
                return self._integer(op) or (self._instruction(op),)

    def _integer(self, op: Operation) -> Sequence[machine.Node]:
        """Integer arithmetic; constants are written where they are used."""
        if len(op.results) != 1 or any(o not in self.names for o in op.operands):
            return ()
        if isinstance(op, arith.ConstantOp) and isinstance(op.value, FloatAttr):
            raise CompileError("a kernel has no floating-point values of its own", op)
        source = index_source(op, [self.names[o] for o in op.operands])
        if source is None:
            return ()
        if isinstance(op, arith.ConstantOp):
            self.names[op.result] = f"({source})"
            # A constant needs no node; a placeholder keeps the caller from looking further.
            return (machine.Let((), ()),)
        return (machine.Let((self._variable(op.results[0]),), (source,)),)

    def _variable(self, value: SSAValue) -> str:
        self.names[value] = f"v{len(self.names)}"
        return self.names[value]

    def _loop(self, op: scf.ForOp) -> Sequence[machine.Node]:
        carried = tuple(self._variable(a) for a in op.body.block.args[1:])
        before = machine.Let(carried, tuple(self._name(v) for v in op.iter_args))
        variable = self._variable(op.body.block.args[0])
        body = self._block(op.body.block)
        last = op.body.block.last_op
        assert isinstance(last, scf.YieldOp)
        after = machine.Let(carried, tuple(self._name(v) for v in last.operands))
        for result, name in zip(op.results, carried):
            self.names[result] = name
        lower, upper, step = (self._name(v) for v in (op.lb, op.ub, op.step))
        return (before, machine.Loop(variable, lower, upper, step, (*body, after)))

    def _branch(self, op: scf.IfOp) -> Sequence[machine.Node]:
        results = tuple(self._variable(r) for r in op.results)
        arms: list[tuple[machine.Node, ...]] = []
        for region in (op.true_region, op.false_region):
            arm: tuple[machine.Node, ...] = ()
            if region.blocks:
                arm = self._block(region.block)
                last = region.block.last_op
                yielded = last.operands if isinstance(last, scf.YieldOp) else ()
                arm = (*arm, machine.Let(results, tuple(self._name(v) for v in yielded)))
            arms.append(arm)
        return (machine.If(self._name(op.cond), arms[0], arms[1]),)

    def _name(self, value: SSAValue) -> str:
        if value not in self.names:
            owner = value.owner
            raise CompileError(
                "an index, bound or condition must be computed from integers",
                owner if isinstance(owner, Operation) else self.function,
            )
        return self.names[value]

    # memory

    def _buffer(self, op: memref.AllocOp | npu.BufferOp) -> Sequence[machine.Node]:
        value = op.results[0]
        address = 0
        if isinstance(op, npu.BufferOp):
            if op.address is None:
                raise CompileError(
                    "the buffer has no address", op, hint="run npu-plan-memory first"
                )
            address = op.address.value.data
        elif npu.space_of(value.type) is not npu.Space.GM:
            raise CompileError("memref.alloc is for workspace in gm", op, hint="use npu.buffer")
        self._allocate(value, f"%{value.name_hint or len(self.buffers)}", address, op)
        return ()

    def _place(self, value: SSAValue) -> int:
        """The buffer behind a value."""
        owner = value.owner
        if isinstance(owner, npu.PtrOp | npu.ViewOp | memref.CastOp):
            return self._place(owner.source)
        if value not in self.places:
            raise CompileError(
                "cannot tell which buffer this points to",
                owner if isinstance(owner, Operation) else self.function,
                hint="take pointers with npu.ptr and npu.view from buffers and arguments",
            )
        return self.places[value]

    def _offset(self, value: SSAValue) -> str:
        """Byte offset of a pointer or view inside its buffer."""
        owner = value.owner
        if isinstance(owner, memref.CastOp):
            return self._offset(owner.source)
        if not isinstance(owner, npu.PtrOp | npu.ViewOp):
            return "0"
        map_: AffineMap = owner.offset.data
        (offset,) = map_source(map_, [self._name(i) for i in owner.indices])
        if isinstance(owner, npu.ViewOp):
            element = _element(npu.memref_type(owner.source).element_type, owner)
            offset = f"{offset} * {machine.DTYPES[element].itemsize}"
        return f"{self._offset(owner.source)} + {offset}"

    def _operand(self, value: SSAValue, op: Operation) -> machine.Operand:
        type_ = value.type
        element = type_.element if isinstance(type_, npu.PtrType) else None
        place = self._place(value)
        buffer = self.buffers[place]
        return machine.Operand(
            place,
            buffer.memory,
            _element(element or npu.memref_type(value).element_type, op),
            f"{buffer.address} + {self._offset(value)}",
        )

    # instructions

    def _instruction(self, op: Operation) -> machine.Instruction:
        label = f"{op.name} (#{self.count}){location_of(op)}"
        self.count += 1
        if isinstance(op, npu.PipeOp):
            self.written |= {self._place(v) for v in op.writes}
        match op:
            case npu.CopyOp():
                return machine.Copy(
                    label=label,
                    pipe=op.pipe.value,
                    dst=self._operand(op.dst, op),
                    src=self._operand(op.src, op),
                    n_burst=op.n_burst.value.data,
                    len_burst=op.len_burst.value.data,
                    src_gap=op.src_gap.value.data,
                    dst_gap=op.dst_gap.value.data,
                )
            case npu.FetchOp():
                return machine.Fetch(
                    label=label,
                    pipe=op.pipe.value,
                    dst=self._operand(op.dst, op),
                    src=self._operand(op.src, op),
                    n_burst=op.n_burst.value.data,
                    len_burst=op.len_burst.value.data,
                    src_gap=op.src_gap.value.data,
                    dst_gap=op.dst_gap.value.data,
                    register=self._register(op.place, op),
                    places=op.places.value.data,
                    step=op.step.value.data,
                    from_end=op.from_end is not None,
                )
            case npu.VecOp():
                return self._vector(op, label)
            case npu.VnchwconvOp():
                return machine.Vnchwconv(
                    label=label,
                    pipe="v",
                    dst=self._operand(op.dst, op),
                    src=self._operand(op.src, op),
                    repeat=op.repeat.value.data,
                    dst_stride=op.dst_stride.value.data,
                    src_stride=op.src_stride.value.data,
                    dst_repeat=op.dst_repeat.value.data,
                    src_repeat=op.src_repeat.value.data,
                )
            case npu.Load2dOp() | npu.Load3dOp() | npu.MadOp():
                return self._cube(op, label)
            case npu.ScalarLoadOp():
                register = self.registers.setdefault(op.result, len(self.registers))
                src = self._operand(op.src, op)
                return machine.ScalarLoad(label=label, pipe="s", src=src, register=register)
            case npu.ScalarOp():
                return self._scalar(op, label)
            case npu.SetFlagOp():
                src, dst = op.src.data.value, op.dst.data.value
                event = op.event.value.data
                return machine.SetFlag(
                    label=f"{label} [{src}, {dst}, {event}]", pipe=src, waiter=dst, event=event
                )
            case npu.WaitFlagOp():
                src, dst = op.src.data.value, op.dst.data.value
                event = op.event.value.data
                return machine.WaitFlag(
                    label=f"{label} [{src}, {dst}, {event}]", pipe=dst, setter=src, event=event
                )
            case npu.PipeBarrierOp():
                return machine.Barrier(label=label, pipe=op.on.data.value)
            case _:
                raise CompileError(
                    "the machine does not execute this op",
                    op,
                    hint="run npu-legalise, npu-plan-memory and npu-insert-sync first",
                )

    def _cube(self, op: npu.Load2dOp | npu.Load3dOp | npu.MadOp, label: str) -> machine.Instruction:
        if isinstance(op, npu.Load3dOp):
            return self._load3d(op, label)
        if isinstance(op, npu.Load2dOp):
            return machine.Load2d(
                label=label,
                pipe="mte1",
                dst=self._operand(op.dst, op),
                src=self._operand(op.src, op),
                repeat=op.repeat.value.data,
                src_stride=op.src_stride.value.data,
                dst_gap=op.dst_gap.value.data,
            )
        return machine.Mad(
            label=label,
            pipe="m",
            c=self._operand(op.c, op),
            a=self._operand(op.a, op),
            b=self._operand(op.b, op),
            init=self._name(op.init),
            m=op.m.value.data,
            k=op.k.value.data,
            n=op.n.value.data,
        )

    def _load3d(self, op: npu.Load3dOp, label: str) -> machine.Load3d:
        top, left, bottom, right = op.pads.get_values()
        image, kernel, strides, dilations, tap = (
            (array.get_values()[0], array.get_values()[1])
            for array in (op.image, op.kernel, op.strides, op.dilations, op.tap)
        )
        return machine.Load3d(
            label=label,
            pipe="mte1",
            dst=self._operand(op.dst, op),
            src=self._operand(op.src, op),
            image=image,
            pads=(top, left, bottom, right),
            kernel=kernel,
            strides=strides,
            dilations=dilations,
            tap=tap,
            repeat=op.repeat.value.data,
            jump=op.jump.value.data,
        )

    def _vector(self, op: npu.VecOp, label: str) -> machine.Vec:
        strides = list(op.src_stride.get_values())
        block, repeat = op.dst_stride.get_values()
        register = None if op.register is None else self._register(op.register, op)
        scalar = None if op.scalar is None else op.scalar.value.data
        opcode = op.opcode.data.value
        return machine.Vec(
            label=label.replace("npu.vec", f"npu.vec {opcode}", 1),
            pipe="v",
            opcode=opcode,
            dst=None if op.dst is None else self._operand(op.dst, op),
            srcs=tuple(self._operand(s, op) for s in op.srcs),
            scalar=scalar,
            register=register,
            repeat=op.repeat.value.data,
            mask=op.mask.value.data,
            dst_stride=(block, repeat),
            src_strides=tuple(zip(strides[::2], strides[1::2])),
        )

    def _register(self, value: SSAValue, op: Operation) -> int:
        """The number of the register that holds a value."""
        if value not in self.registers:
            raise CompileError("the register was not filled by npu.scalar_load", op)
        return self.registers[value]

    def _scalar(self, op: npu.ScalarOp, label: str) -> machine.ScalarBlock:
        functions = compile_scalar(op)
        values = (*op.inputs, *op.outputs)
        views = tuple(
            machine.View(
                self._operand(value, op),
                npu.memref_type(value).get_shape(),
                npu.strides_of(npu.memref_type(value)),
            )
            for value in values
        )
        return machine.ScalarBlock(
            label=label,
            pipe="s",
            sizes=tuple(op.sizes.get_values()),
            views=views,
            reads=functions.loaded,
            writes=functions.stored,
            found=functions.found,
            elementwise=functions.elementwise,
            vectorised=functions.vectorised,
            accesses=functions.accesses,
            operations=functions.operations,
        )


def _element(type_: Attribute, op: Operation) -> str:
    """The machine's name of an element type. Raises `CompileError` for types it lacks."""
    name = "i64" if str(type_) == "index" else str(type_)
    if name not in machine.DTYPES:
        raise CompileError(f"the machine has no elements of type {type_}", op)
    return name

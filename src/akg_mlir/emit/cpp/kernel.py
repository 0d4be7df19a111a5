"""One kernel of planned instructions as C++ text over `akg_npu.hpp`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith, func, memref, scf
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import npu
from akg_mlir.emit.cpp.boxes import INDENT, Box, held_element
from akg_mlir.emit.cpp.buffers import Buffer, Buffers, head
from akg_mlir.emit.cpp.index import affine_text, factor_text, index_text
from akg_mlir.emit.cpp.instructions import instruction_text
from akg_mlir.emit.cpp.literals import BYTES, element_name
from akg_mlir.emit.cpp.names import Names, kernel_identifier
from akg_mlir.emit.cpp.reasons import flag_reasons
from akg_mlir.emit.cpp.subscripts import subscripts
from akg_mlir.targets import Target

SHORT, SHORT_ONCE = 12, 32
"""Characters of integer expressions that are written where they are used: always, or if that is one
place."""


@dataclass(frozen=True)
class KernelText:
    """A kernel in C++: its function `name`, launched on `cores` cores.

    `tensors` are what a launch passes: the arguments, of which there are `arguments`, then
    workspace in GM.
    """

    name: str
    cores: int
    arguments: int
    tensors: tuple[Buffer, ...]
    text: str

    @property
    def outputs(self) -> tuple[int, ...]:
        """Positions of the arguments that the kernel writes."""
        return tuple(k for k, t in enumerate(self.tensors[: self.arguments]) if t.written)


def emit_kernel(function: func.FuncOp, target: Target) -> KernelText:
    """The text of a kernel whose buffers have addresses and whose pipes are synchronised.

    Every memref argument is a parameter, and so is every `memref.alloc`: workspace in GM, after
    the arguments. Raises `CompileError` for ops that are no instructions.
    """
    return _Emitter(function, target).run()


class _Emitter:
    def __init__(self, function: func.FuncOp, target: Target) -> None:
        self.function, self.target = function, target
        self.names = Names()
        self.names.unique(kernel_identifier(function.sym_name.data))
        self.buffers = Buffers(self.names)
        self.lines: list[str] = []
        self.reasons: dict[Operation, str] = {}
        self.variables: set[SSAValue] = set()  # what is assigned to, and what is computed of it
        self.depth = 1

    def run(self) -> KernelText:
        function = self.function
        arguments = function.body.block.args
        workspaces = [op.memref for op in function.walk() if isinstance(op, memref.AllocOp)]
        parameters = [*arguments, *workspaces]
        for position, value in enumerate(parameters):
            self.buffers.add_tensor(value, f"arg{position}", function)
        for op in function.walk():
            if isinstance(op, npu.BufferOp):
                self.buffers.add_buffer(op)
        self.reasons = flag_reasons(function, self.buffers)
        self.block(function.body.block)
        return KernelText(
            kernel_identifier(function.sym_name.data),
            npu.cores_of(function),
            len(arguments),
            tuple(self.buffers.tensors),
            head(function, self.target, self.buffers, self.lines),
        )

    def line(self, text: str) -> None:
        self.lines.append(INDENT * self.depth + text)

    # ------------------------------------------------------------------------------ control flow

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.op(op)

    def op(self, op: Operation) -> None:
        match op:
            case scf.ForOp():
                self.loop(op)
            case scf.IfOp():
                self.branch(op)
            case npu.ScalarOp():
                self.scalar(op)
            case memref.CastOp():
                self.buffers.alias(op.dest, op.source)
            case (
                func.ReturnOp()
                | scf.YieldOp()
                | memref.DeallocOp()
                | memref.AllocOp()
                | npu.BufferOp()
                | npu.PtrOp()
                | npu.ViewOp()
            ):
                pass
            case npu.CoreIdOp():
                self.line(f"const int64_t {self.names.define(op.result, 'core')} = core_id();")
            case npu.ScalarLoadOp():
                name = self.names.define(op.result, "r")
                self.touch(op)
                self.line(f"const auto {name} = load({self.pointer(op.src)});")
            case _ if self.integer(op):
                pass
            case _:
                self.instruction(op)

    def integer(self, op: Operation) -> bool:
        """Integer arithmetic: constants and short expressions are written where they are used."""
        if len(op.results) != 1 or any(o not in self.names for o in op.operands):
            return False
        if isinstance(op, npu.PipeOp):
            return False
        text = index_text(op, [self.names[o] for o in op.operands])
        if text is None:
            return False
        (result,) = op.results
        if isinstance(op, arith.ConstantOp):
            is_bool = str(result.type) == "i1" and isinstance(op.value, IntegerAttr)
            self.names.inline(result, ("true" if text != "0" else "false") if is_bool else text)
            return True
        varies = any(o in self.variables for o in op.operands)
        if not varies and len(text) <= (SHORT_ONCE if result.has_one_use() else SHORT):
            self.names.inline(result, text)
            return True
        kind = "bool" if str(result.type) == "i1" else "int64_t"
        self.line(f"const {kind} {self.names.define(result, 'n')} = {text};")
        return True

    def loop(self, op: scf.ForOp) -> None:
        carried = op.body.block.args[1:]
        self.variables.update(carried)
        for argument, start in zip(carried, op.iter_args):
            kind = "bool" if str(argument.type) == "i1" else "int64_t"
            self.line(f"{kind} {self.names.define(argument, 'carried')} = {self.name(start)};")
        lower, upper, step = (self.name(v) for v in (op.lb, op.ub, op.step))
        variable = self.names.define(op.body.block.args[0], "i")
        ahead = f"++{variable}" if step == "1" else f"{variable} += {step}"
        self.line(f"for (int64_t {variable} = {lower}; {variable} < {upper}; {ahead}) {{")
        self.nested(op.body.block, carried)
        self.line("}")
        for result, argument in zip(op.results, carried):
            self.names.inline(result, self.names[argument])
            self.variables.add(result)

    def nested(self, block: Block, results: Sequence[SSAValue]) -> None:
        """A block one level in; what it yields goes to variables that are there already."""
        self.depth += 1
        self.block(block)
        last = block.last_op
        if isinstance(last, scf.YieldOp):
            self.assign(results, last.operands)
        self.depth -= 1

    def assign(self, results: Sequence[SSAValue], values: Sequence[SSAValue]) -> None:
        targets = [(self.names[r], self.name(v)) for r, v in zip(results, values)]
        changed = [(to, of) for to, of in targets if to != of]
        if len(changed) == 1:
            self.line(f"{changed[0][0]} = {changed[0][1]};")
            return
        for to, of in changed:  # all are read before any is written
            self.line(f"const auto next_{to} = {of};")
        for to, _ in changed:
            self.line(f"{to} = next_{to};")

    def branch(self, op: scf.IfOp) -> None:
        for result in op.results:
            kind = "bool" if str(result.type) == "i1" else "int64_t"
            self.line(f"{kind} {self.names.define(result, 'chosen')} = 0;")
        self.line(f"if ({self.name(op.cond)}) {{")
        self.nested(op.true_region.block, op.results)
        if op.false_region.blocks and (len(op.false_region.block.ops) > 1 or op.results):
            self.line("} else {")
            self.nested(op.false_region.block, op.results)
        self.line("}")

    # ---------------------------------------------------------------------------------- operands

    def name(self, value: SSAValue) -> str:
        return self.names.known(value, self.function)

    def pointer(self, value: SSAValue, op: Operation | None = None) -> str:
        """A pointer or view as an expression: a buffer, and the place in it where that is not its
        start: an index per dimension, or bytes."""
        owner = value.owner
        if not isinstance(owner, npu.PtrOp | npu.ViewOp):
            return self.buffers.name(value, op or self.function)
        offset, operands = self.offset(owner.offset.data, owner.indices)
        source = self.buffers.element(owner.source)
        if isinstance(owner, npu.ViewOp):
            offset, element = offset * BYTES[source], source
        else:
            assert isinstance(owner.result.type, npu.PtrType)
            element = element_name(owner.result.type.element, owner)
        base = self.pointer(owner.source, owner)
        shape = self.buffers.shape(owner.source)
        indices = subscripts(offset, shape, BYTES[source]) if shape else None
        if element == source and indices is not None:
            texts = [affine_text(index, operands, len(operands)) for index in indices]
            return f"{base}({', '.join(texts)})" if texts else base
        place = affine_text(offset, operands, len(operands))
        return f"{base}.at({place})" if element == source else f"{base}.at<{element}>({place})"

    def offset(
        self, map_: AffineMap, indices: Sequence[SSAValue]
    ) -> tuple[AffineExpr, Sequence[str]]:
        """The only result of a map of which some operands are constants, and the texts of all."""
        texts = [self.name(index) for index in indices]
        dims = [
            AffineExpr.constant(int(text)) if text.isdigit() else AffineExpr.dimension(position)
            for position, text in enumerate(texts)
        ]
        expression = map_.results[0].replace_dims_and_symbols(
            dims[: map_.num_dims], dims[map_.num_dims :]
        )
        return expression.simplify(len(texts), 0), [factor_text(text) for text in texts]

    def touch(self, op: Operation) -> None:
        """Note where the buffers of an op are used."""
        if isinstance(op, npu.PipeOp):
            for value in op.reads:
                self.buffers.touch(value, len(self.lines)).read = True
            for value in op.writes:
                self.buffers.touch(value, len(self.lines)).written = True

    # ------------------------------------------------------------------------------ instructions

    def instruction(self, op: Operation) -> None:
        self.touch(op)
        reason = self.reasons.get(op)
        text = instruction_text(op, self.pointer, self.name)
        self.line(text if reason is None else f"{text}  // {reason}")

    def scalar(self, op: npu.ScalarOp) -> None:
        self.touch(op)
        box = Box(op, self.names, held_element(op, self.buffers.behind))
        pointers = [self.pointer(value, op) for value in (*op.inputs, *op.outputs)]
        for text in box.lines(pointers):
            self.line(text)

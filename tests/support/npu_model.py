"""A small model of npu instructions, written from the dialect's documentation alone.

It walks the IR and works on one byte array per buffer, so that a byte touched outside a buffer is
an error and not another buffer's business. Order is program order; flags are ignored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from xdsl.dialects import arith, func, memref, scf
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from akg_mlir.dialects import npu

DTYPES = {
    "f16": np.float16,
    "f32": np.float32,
    "i1": np.bool_,
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
}

VECTOR_BINARY = {
    "vadd": np.add,
    "vsub": np.subtract,
    "vmul": np.multiply,
    "vdiv": np.divide,
    "vmax": np.maximum,
    "vmin": np.minimum,
    "vand": np.bitwise_and,
    "vor": np.bitwise_or,
}
VECTOR_UNARY = {
    "vexp": np.exp,
    "vln": np.log,
    "vsqrt": np.sqrt,
    "vrsqrt": lambda x: 1 / np.sqrt(x),
    "vrec": lambda x: 1 / x,
    "vabs": np.abs,
    "vnot": np.invert,
    "vrelu": lambda x: np.maximum(x, 0),
}
COMPARE = {
    "vcmp_eq": np.equal,
    "vcmp_ne": np.not_equal,
    "vcmp_lt": np.less,
    "vcmp_le": np.less_equal,
    "vcmp_gt": np.greater,
    "vcmp_ge": np.greater_equal,
}
WHOLE = {"vcadd": np.add, "vcmax": np.maximum, "vcmin": np.minimum}


def dtype_of(element: Attribute) -> np.dtype[Any]:
    return np.dtype(DTYPES[str(element)])


@dataclass(frozen=True)
class Pointer:
    memory: np.ndarray
    byte: int
    dtype: np.dtype[Any]

    def at(self, byte: int, count: int) -> np.ndarray:
        """`count` elements from `byte` bytes behind the pointer on."""
        start = self.byte + byte
        end = start + count * self.dtype.itemsize
        if not 0 <= start <= end <= self.memory.size:
            raise IndexError(f"bytes {start}..{end} of a memory of {self.memory.size}")
        return self.memory[start:end].view(self.dtype)


@dataclass
class Machine:
    """One core: a byte array per buffer, values of index, float and i1 results."""

    memories: dict[SSAValue, np.ndarray] = field(default_factory=dict)
    values: dict[SSAValue, Any] = field(default_factory=dict)
    mask: np.ndarray = field(default_factory=lambda: np.zeros(128, bool))
    issued: dict[str, int] = field(default_factory=dict)

    def run(self, block: Block) -> None:
        for op in block.ops:
            self.step(op)

    def step(self, op: Operation) -> None:
        self.issued[op.name] = self.issued.get(op.name, 0) + 1
        match op:
            case arith.ConstantOp():
                self.values[op.result] = op.value.value.data
            case npu.BufferOp():
                self.allocate(op.result)
            case npu.PtrOp():
                offset = op.offset.data.eval([self.values[v] for v in op.indices], [])[0]
                memory = self.memories[op.source]
                self.values[op.result] = Pointer(memory, offset, dtype_of(op.result.type.element))
            case npu.ViewOp():
                self.view(op)
            case scf.ForOp():
                bounds = [self.values[v] for v in (op.lb, op.ub, op.step)]
                for i in range(*bounds):
                    self.values[op.body.block.args[0]] = i
                    self.run(op.body.block)
            case npu.ScalarLoadOp():
                self.values[op.result] = self.values[op.src].at(0, 1)[0]
            case npu.ScalarOp():
                self.scalar(op)
            case npu.CopyOp() | npu.VecOp() | npu.VnchwconvOp() | npu.Load2dOp() | npu.MadOp():
                getattr(self, type(op).__name__)(op)
            case func.ReturnOp() | scf.YieldOp():
                pass
            case _:
                raise NotImplementedError(op.name)

    def allocate(self, value: SSAValue, data: np.ndarray | None = None) -> None:
        type_ = npu.memref_type(value)
        size = math.prod(type_.get_shape()) * dtype_of(type_.element_type).itemsize
        if npu.space_of(type_) != npu.Space.GM:
            size = -(-size // 32) * 32
        noise = np.random.default_rng(len(self.memories)).integers(0, 60, size, np.uint8)
        self.memories[value] = noise
        if data is not None:
            self.memories[value][: data.nbytes] = data.reshape(-1).view(np.uint8)

    def view(self, op: npu.ViewOp) -> None:
        offset = op.offset.data.eval([self.values[v] for v in op.indices], [])[0]
        dtype = dtype_of(npu.memref_type(op.result).element_type)
        if isinstance(op.source.owner, npu.ViewOp):
            source = self.values[op.source]
            self.values[op.result] = Pointer(
                source.memory, source.byte + offset * dtype.itemsize, dtype
            )
        else:
            self.values[op.result] = Pointer(
                self.memories[op.source], offset * dtype.itemsize, dtype
            )

    def CopyOp(self, op: npu.CopyOp) -> None:
        src, dst = self.values[op.src], self.values[op.dst]
        count, length, src_gap, dst_gap = (
            a.value.data for a in (op.n_burst, op.len_burst, op.src_gap, op.dst_gap)
        )
        assert 0 < count < 4096
        assert 0 < length < 65536
        assert all(0 <= gap < 65536 for gap in (src_gap, dst_gap))
        if npu.space_of(op.src.type) == npu.Space.L0C:
            for i in range(count):
                block = src.at(i * (length + src_gap) * 256 * src.dtype.itemsize, length * 256)
                step = length * 256 * dst.dtype.itemsize + dst_gap * 32
                dst.at(i * step, length * 256)[:] = block.astype(dst.dtype)
            return
        for pointer in (src, dst):
            assert pointer.memory.size % 32 or pointer.byte % pointer.dtype.itemsize == 0
        src = Pointer(src.memory, src.byte, np.dtype(np.uint8))
        dst = Pointer(dst.memory, dst.byte, np.dtype(np.uint8))
        for value, pointer in ((op.src, src), (op.dst, dst)):
            assert npu.space_of(value.type) == npu.Space.GM or pointer.byte % 32 == 0
        for i in range(count):
            bytes_ = src.at(i * (length + src_gap) * 32, length * 32)
            dst.at(i * (length + dst_gap) * 32, length * 32)[:] = bytes_

    def Load2dOp(self, op: npu.Load2dOp) -> None:
        src, dst = (
            Pointer(p.memory, p.byte, np.dtype(np.uint8))
            for p in (self.values[op.src], self.values[op.dst])
        )
        assert 0 < op.repeat.value.data <= 255
        assert dst.byte % 512 == 0
        for i in range(op.repeat.value.data):
            block = src.at(i * op.src_stride.value.data * 512, 512)
            dst.at(i * (1 + op.dst_gap.value.data) * 512, 512)[:] = block

    def MadOp(self, op: npu.MadOp) -> None:
        m, k, n = (x.value.data for x in (op.m, op.k, op.n))
        a, b, c = (self.values[v] for v in (op.a, op.b, op.c))
        k0 = 32 // a.dtype.itemsize
        m1, n1, k1 = -(-m // 16), -(-n // 16), -(-k // k0)
        left = a.at(0, m1 * k1 * 16 * k0).reshape(m1, k1, 16, k0).transpose(0, 2, 1, 3)
        left = left.reshape(m1 * 16, k1 * k0)[:m, :k].astype(np.float32)
        right = b.at(0, k1 * n1 * 16 * k0).reshape(k1, n1, 16, k0).transpose(0, 3, 1, 2)
        right = right.reshape(k1 * k0, n1 * 16)[:k, :n].astype(np.float32)
        out = c.at(0, n1 * m1 * 256).reshape(n1, m1, 16, 16).transpose(1, 2, 0, 3)
        for i in range(m):
            for j in range(n):
                old = 0 if self.values[op.init] else out[i // 16, i % 16, j // 16, j % 16]
                out[i // 16, i % 16, j // 16, j % 16] = old + left[i] @ right[:, j]

    def VnchwconvOp(self, op: npu.VnchwconvOp) -> None:
        src, dst = self.values[op.src], self.values[op.dst]
        assert src.byte % 32 == dst.byte % 32 == 0
        lanes = 32 // src.dtype.itemsize
        for r in range(op.repeat.value.data):
            base = r * op.src_repeat.value.data * 32
            rows = [src.at(base + i * op.src_stride.value.data * 32, lanes) for i in range(16)]
            turned = np.ascontiguousarray(np.array(rows).T).reshape(16, lanes)
            for i in range(16):
                at = (r * op.dst_repeat.value.data + i * op.dst_stride.value.data) * 32
                dst.at(at, lanes)[:] = turned[i]

    def lanes(self, pointer: Pointer, block: int, repeat: int, r: int, count: int) -> list:
        """The blocks of one repeat, as views; `count` lanes in all."""
        size = 32 // pointer.dtype.itemsize
        assert pointer.byte % 32 == 0
        assert all(0 <= stride <= 255 for stride in (block, repeat))
        return [
            pointer.at((r * repeat + j * block) * 32, min(size, count - j * size))
            for j in range(-(-count // size))
        ]

    def VecOp(self, op: npu.VecOp) -> None:
        opcode = op.opcode.data.value
        repeat, mask = op.repeat.value.data, op.mask.value.data
        flat = list(op.src_stride.get_values())
        strides = list(zip(flat[::2], flat[1::2]))
        sources = [self.values[s] for s in op.srcs]
        dst = None if op.dst is None else self.values[op.dst]
        widest = max(p.dtype.itemsize for p in [*sources, *([dst] if dst else [])])
        assert 0 < repeat <= 255
        assert 0 < mask <= 256 // widest
        scalar = op.scalar.value.data if op.scalar is not None else None
        if op.register is not None:
            scalar = self.values[op.register]
        for r in range(repeat):
            values = [np.concatenate(self.lanes(p, *s, r, mask)) for p, s in zip(sources, strides)]
            if opcode in COMPARE:
                assert repeat == 1
                self.mask[:mask] = COMPARE[opcode](*values)
                continue
            assert dst is not None
            if opcode in WHOLE:
                result = WHOLE[opcode].reduce(values[0])
                dst.at(r * op.dst_stride.get_values()[1] * dst.dtype.itemsize, 1)[:] = result
                continue
            out = self.lanes(dst, *op.dst_stride.get_values(), r, mask)
            old = np.concatenate(out)
            result = self.compute(opcode, values, scalar, old, mask)
            at = 0
            for block in out:
                block[:] = result[at : at + block.size]
                at += block.size

    def compute(
        self, opcode: str, values: list[np.ndarray], scalar: Any, old: np.ndarray, mask: int
    ) -> np.ndarray:
        dtype = old.dtype
        if opcode in VECTOR_BINARY:
            return VECTOR_BINARY[opcode](*values)
        if opcode in VECTOR_UNARY:
            return VECTOR_UNARY[opcode](values[0].astype(np.float64)).astype(dtype)
        match opcode:
            case "vadds":
                return values[0] + dtype.type(scalar)
            case "vmuls":
                return values[0] * dtype.type(scalar)
            case "vaxpy":
                return old + values[0] * dtype.type(scalar)
            case "vmla":
                return old + values[0] * values[1]
            case "vector_dup":
                return np.full(mask, scalar, dtype)
            case "vconv":
                return values[0].astype(dtype)
            case "vsel":
                return np.where(self.mask[:mask], *values)
            case _:
                raise NotImplementedError(opcode)

    def scalar(self, op: npu.ScalarOp) -> None:
        block = op.body.block
        sizes = list(op.sizes.get_values())
        arguments = dict(zip(block.args[len(sizes) :], (*op.inputs, *op.outputs)))
        for point in np.ndindex(*sizes):
            local: dict[SSAValue, Any] = dict(zip(block.args, point))
            for inner in block.ops:
                evaluate(self, inner, local, arguments)


def evaluate(
    machine: Machine, op: Operation, local: dict[SSAValue, Any], arguments: dict[Any, SSAValue]
) -> None:
    """One op of a scalar body."""

    def element(memory: SSAValue, indices: Any) -> np.ndarray:
        value = arguments[memory]
        pointer = machine.values.get(value)
        dtype = dtype_of(npu.memref_type(value).element_type)
        if pointer is None:
            pointer = Pointer(machine.memories[value], 0, dtype)
        strides = npu.strides_of(npu.memref_type(value))
        index = sum(local[i] * s for i, s in zip(indices, strides))
        return pointer.at(index * pointer.dtype.itemsize, 1)

    operands = [local.get(v) for v in op.operands]
    match op:
        case memref.LoadOp():
            local[op.res] = element(op.memref, op.indices)[0]
        case memref.StoreOp():
            element(op.memref, op.indices)[0] = local[op.value]
        case arith.ConstantOp():
            local[op.result] = dtype_of(op.result.type).type(op.value.value.data)
        case arith.CmpfOp() | arith.CmpiOp():
            name = op.predicate.value.data
            floats = {1: "==", 2: ">", 3: ">=", 4: "<", 5: "<=", 13: "!="}
            ints = {0: "==", 1: "!=", 2: "<", 3: "<=", 4: ">", 5: ">="}
            table = floats if isinstance(op, arith.CmpfOp) else ints
            sign = table[name if isinstance(op, arith.CmpfOp) or name < 6 else name - 4]
            local[op.result] = np.bool_(eval(f"a {sign} b", {"a": operands[0], "b": operands[1]}))
        case arith.SelectOp():
            local[op.result] = operands[1] if operands[0] else operands[2]
        case _:
            dtype = dtype_of(op.results[0].type)
            with np.errstate(all="ignore"):
                local[op.results[0]] = dtype.type(SCALAR[type(op)](*operands))


def _wide(f: Any) -> Any:
    return lambda x: f(np.float64(x))


SCALAR: dict[type[Operation], Any] = {
    arith.AddfOp: np.add,
    arith.SubfOp: np.subtract,
    arith.MulfOp: np.multiply,
    arith.DivfOp: np.divide,
    arith.MaximumfOp: np.maximum,
    arith.MinimumfOp: np.minimum,
    arith.NegfOp: np.negative,
    arith.AddiOp: np.add,
    arith.SubiOp: np.subtract,
    arith.MuliOp: np.multiply,
    arith.DivSIOp: lambda a, b: int(a / b),
    arith.MaxSIOp: np.maximum,
    arith.MinSIOp: np.minimum,
    arith.MaxUIOp: np.maximum,
    arith.MinUIOp: np.minimum,
    arith.ExtFOp: lambda x: x,
    arith.TruncFOp: lambda x: x,
    arith.FPToSIOp: np.trunc,
    arith.SIToFPOp: lambda x: x,
    arith.UIToFPOp: lambda x: x,
    arith.ExtSIOp: lambda x: x,
    arith.ExtUIOp: lambda x: x,
    arith.TruncIOp: lambda x: x,
    math_dialect.ExpOp: _wide(np.exp),
    math_dialect.LogOp: _wide(np.log),
    math_dialect.SqrtOp: _wide(np.sqrt),
    math_dialect.RsqrtOp: _wide(lambda x: 1 / np.sqrt(x)),
    math_dialect.AbsFOp: np.abs,
    math_dialect.AbsIOp: np.abs,
}


def run_kernel(module: ModuleOp, arguments: list[np.ndarray]) -> tuple[list[np.ndarray], Machine]:
    """Run the only kernel of a module; returns the arguments' bytes afterwards."""
    kernel = next(op for op in module.walk() if isinstance(op, func.FuncOp))
    machine = Machine()
    for argument, data in zip(kernel.body.block.args, arguments):
        machine.allocate(argument, data)
    with np.errstate(all="ignore"):
        machine.run(kernel.body.block)
    return [machine.memories[a] for a in kernel.body.block.args], machine

"""What tile ops mean, in numpy: walks a kernel that npu-generate made, core after core."""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.dialects import affine, arith, func, memref, scf
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue

from akg_mlir.dialects import npu

Array = np.ndarray[Any, Any]
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "min": np.minimum,
}
UNARY = {
    "copy": lambda x: x,
    "neg": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "rec": lambda x: 1 / x,
    "relu": lambda x: np.maximum(x, 0),
}
COMPARE = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
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
    arith.MinSIOp: min,
    arith.MaxSIOp: max,
    arith.AndIOp: lambda a, b: a & b,
    arith.OrIOp: lambda a, b: a | b,
    math_dialect.ExpOp: np.exp,
    math_dialect.TanhOp: np.tanh,
    math_dialect.SqrtOp: np.sqrt,
    math_dialect.PowFOp: np.power,
}
PREDICATES = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")


def dtype(type_: Any) -> Any:
    text = str(type_)
    kind = "int" if text[0] == "i" else "float"
    return np.bool_ if text == "i1" else np.int64 if text == "index" else f"{kind}{text[1:]}"


def run(module: ModuleOp, arrays: list[Array]) -> None:
    """Execute the only kernel in place on one array per argument."""
    function = next(op for op in module.walk() if isinstance(op, func.FuncOp))
    cores = function.attributes.get("npu.cores")
    shared: dict[SSAValue, Any] = dict(zip(function.body.block.args, arrays))
    for op in function.body.block.ops:
        if isinstance(op, memref.AllocOp):
            shared[op.memref] = fresh(op.memref)
    with np.errstate(all="ignore"):
        for core in range(1 if cores is None else cores.value.data):  # pyright: ignore
            Walk(dict(shared), core).block(function.body.block)


def fresh(value: SSAValue) -> Array:
    type_ = npu.memref_type(value)
    name = dtype(type_.element_type)
    poison = np.nan if str(name).startswith("float") else -77
    return np.full(type_.get_shape(), poison).astype(name)


class Walk:
    def __init__(self, values: dict[SSAValue, Any], core: int) -> None:
        self.v, self.core = values, core

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.op(op)

    def op(self, op: Operation) -> None:
        v = self.v
        match op:
            case scf.ForOp():
                for i in range(v[op.lb], v[op.ub], v[op.step]):
                    v[op.body.block.args[0]] = i
                    self.block(op.body.block)
            case scf.IfOp():
                region = op.true_region if v[op.cond] else op.false_region
                if region.blocks:
                    self.block(region.block)
            case npu.CoreIdOp():
                v[op.result] = self.core
            case npu.BufferOp():
                v[op.result] = fresh(op.result)
            case npu.ViewOp():
                v[op.result] = self.view(op)
            case memref.AllocOp() | scf.YieldOp() | func.ReturnOp():
                pass
            case npu.PipeOp():
                self.tile(op)
            case _:
                v[op.results[0]] = self.scalar(op, v)

    def view(self, op: npu.ViewOp) -> Array:
        source = self.v[op.source]
        type_ = npu.memref_type(op.result)
        offset = op.offset.data.eval([self.v[i] for i in op.indices], [])[0]
        shape, strides = type_.get_shape(), npu.strides_of(type_)
        base = npu.memref_type(op.source)
        last = offset + sum((n - 1) * s for n, s in zip(shape, strides))
        if not isinstance(op.source.owner, npu.ViewOp):
            assert 0 <= offset, op
            assert last < int(np.prod(base.get_shape())), op
            source = source.reshape(-1)[offset:]
        else:
            source = np.lib.stride_tricks.as_strided(source, (last + 1,), (source.itemsize,))
            source = source[offset:]
        return np.lib.stride_tricks.as_strided(
            source, shape, [s * source.itemsize for s in strides]
        )

    def tile(self, op: npu.PipeOp) -> None:
        v = self.v
        match op:
            case npu.DmaOp():
                v[op.dst][...] = v[op.src]
            case npu.VUnaryOp():
                v[op.dst][...] = UNARY[op.kind.data](v[op.src])
            case npu.VBinaryOp():
                v[op.dst][...] = BINARY[op.kind.data](v[op.lhs], v[op.rhs])
            case npu.VScalarOp():
                number = v[op.src].dtype.type(op.scalar.value.data)
                v[op.dst][...] = BINARY[op.kind.data](v[op.src], number)
            case npu.VFillOp():
                v[op.dst][...] = op.scalar.value.data
            case npu.VCastOp():
                v[op.dst][...] = v[op.src].astype(v[op.dst].dtype)
            case npu.VSelectOp() | npu.VBlendOp():
                v[op.dst][...] = np.where(self.truth(op), v[op.on_true], v[op.on_false])
            case npu.VReduceOp():
                self.fold(BINARY[op.kind.data], v[op.dst], v[op.src])
            case npu.VMulAddOp():
                self.fold(np.add, v[op.dst], v[op.lhs] * v[op.rhs])
            case npu.MmadOp():
                self.mmad(op)
            case npu.ScalarOp():
                self.walk_scalar(op)
            case _:
                raise AssertionError(op.name)

    def truth(self, op: npu.VSelectOp | npu.VBlendOp) -> Array:
        if isinstance(op, npu.VBlendOp):
            return self.v[op.truth] != 0
        return COMPARE[op.predicate.data](self.v[op.lhs], self.v[op.rhs])

    def fold(self, combine: Any, dst: Array, src: Array) -> None:
        """Element by element, since the destination repeats along reduced dimensions."""
        for place in np.ndindex(dst.shape):
            dst[place] = combine(dst[place], src[place])

    def mmad(self, op: npu.MmadOp) -> None:
        a, b, c = (self.v[x] for x in (op.a, op.b, op.c))
        assert (op.m.value.data, op.n.value.data) == (16 * a.shape[1], 16 * b.shape[1])
        product = np.einsum("kmij,knlj->nmil", a.astype(np.float32), b.astype(np.float32))
        c[...] = product if self.v[op.init] else c + product

    def walk_scalar(self, op: npu.ScalarOp) -> None:
        args = op.body.block.args
        sizes = tuple(op.sizes.get_values())
        values: dict[SSAValue, Any] = dict(
            zip(args[len(sizes) :], (self.v[x] for x in (*op.inputs, *op.outputs)))
        )
        for place in np.ndindex(sizes):
            values.update(zip(args, place))
            for inner in op.body.block.ops:
                if isinstance(inner, memref.LoadOp):
                    index = tuple(values[i] for i in inner.indices)
                    values[inner.res] = values[inner.memref][index]
                elif isinstance(inner, memref.StoreOp):
                    index = tuple(values[i] for i in inner.indices)
                    values[inner.memref][index] = values[inner.value]
                else:
                    values[inner.results[0]] = self.scalar(inner, values)

    def scalar(self, op: Operation, values: dict[SSAValue, Any]) -> Any:
        operands = [values[o] for o in op.operands]
        match op:
            case arith.ConstantOp():
                number = op.value.value.data  # pyright: ignore
                return number if str(op.result.type) == "index" else dtype_value(op, number)
            case affine.ApplyOp():
                return op.map.data.eval(operands, [])[0]
            case arith.CmpiOp():
                return getattr(operands[0], PREDICATES[op.predicate.value.data])(operands[1])
            case arith.IndexCastOp() | arith.ExtFOp() | arith.TruncFOp() | arith.SIToFPOp():
                return np.dtype(dtype(op.results[0].type)).type(operands[0])
            case _:
                return SCALAR[type(op)](*operands)


def dtype_value(op: arith.ConstantOp, number: Any) -> Any:
    return np.dtype(dtype(op.result.type)).type(number)

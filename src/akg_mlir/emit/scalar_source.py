"""`npu.scalar` bodies as Python functions on numpy views.

Two forms are written from one walk over the body. *Elementwise* visits the box in row-major order,
one element at a time. *Vectorised* keeps a Python loop only over the dimensions that no store is
subscripted with (a reduction's own order is kept) and computes all others at once; it exists when
every store is subscripted by distinct walk indices, and when what is loaded from a stored view is
the very element that is stored. Poison and out-of-range subscripts raise in both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from xdsl.dialects import affine, arith, memref
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, IntegerType
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.emit.index_source import map_source
from akg_mlir.machine.errors import BoundsError, PoisonError
from akg_mlir.machine.isa.arithmetic import convert
from akg_mlir.machine.memory import all_ones
from akg_mlir.machine.program import DTYPES, Array

_BINARY: Mapping[type[Operation], str] = {
    arith.AddfOp: "np.add",
    arith.SubfOp: "np.subtract",
    arith.MulfOp: "np.multiply",
    arith.DivfOp: "np.divide",
    arith.MaximumfOp: "np.maximum",
    arith.MinimumfOp: "np.minimum",
    arith.MaxnumfOp: "np.fmax",
    arith.MinnumfOp: "np.fmin",
    arith.NegfOp: "np.negative",
    arith.AddiOp: "np.add",
    arith.SubiOp: "np.subtract",
    arith.MuliOp: "np.multiply",
    arith.DivSIOp: "truncating_divide",
    arith.RemSIOp: "np.fmod",
    arith.FloorDivSIOp: "np.floor_divide",
    arith.MaxSIOp: "np.maximum",
    arith.MinSIOp: "np.minimum",
    arith.AndIOp: "np.bitwise_and",
    arith.OrIOp: "np.bitwise_or",
    arith.XOrIOp: "np.bitwise_xor",
    arith.ShLIOp: "np.left_shift",
    arith.ShRSIOp: "np.right_shift",
    math_dialect.AbsFOp: "np.abs",
    math_dialect.AbsIOp: "np.abs",
    math_dialect.IPowIOp: "integer_power",
    math_dialect.FloorOp: "np.floor",
    math_dialect.CeilOp: "np.ceil",
    math_dialect.RoundEvenOp: "np.rint",
    math_dialect.TruncOp: "np.trunc",
}
# Transcendentals are computed in f64 and rounded once.
_WIDE: Mapping[type[Operation], str] = {
    math_dialect.ExpOp: "np.exp",
    math_dialect.LogOp: "np.log",
    math_dialect.SqrtOp: "np.sqrt",
    math_dialect.RsqrtOp: "reciprocal_root",
    math_dialect.TanhOp: "np.tanh",
    math_dialect.ErfOp: "error_function",
    math_dialect.PowFOp: "np.power",
    math_dialect.SinOp: "np.sin",
    math_dialect.CosOp: "np.cos",
}
_CASTS = (
    arith.ExtFOp,
    arith.TruncFOp,
    arith.SIToFPOp,
    arith.ExtSIOp,
    arith.TruncIOp,
    arith.IndexCastOp,
)
_COMPARE_F = {
    1: "np.equal({0}, {1})",
    2: "np.greater({0}, {1})",
    3: "np.greater_equal({0}, {1})",
    4: "np.less({0}, {1})",
    5: "np.less_equal({0}, {1})",
    6: "np.not_equal({0}, {1}) & ordered({0}, {1})",
    7: "ordered({0}, {1})",
    8: "np.equal({0}, {1}) | ~ordered({0}, {1})",
    9: "~np.less_equal({0}, {1})",
    10: "~np.less({0}, {1})",
    11: "~np.greater_equal({0}, {1})",
    12: "~np.greater({0}, {1})",
    13: "np.not_equal({0}, {1})",
    14: "~ordered({0}, {1})",
}
_COMPARE_I = (
    "np.equal",
    "np.not_equal",
    "np.less",
    "np.less_equal",
    "np.greater",
    "np.greater_equal",
)


def _truncating_divide(a: Any, b: Any) -> Any:
    """Rounds towards zero; dividing by 0 gives 0, the least number by -1 itself (as numpy does)."""
    inexact = (np.remainder(a, b) != 0) & ((a < 0) != (b < 0))
    return np.add(np.floor_divide(a, b), inexact, dtype=np.result_type(a))


def _integer_power(base: Any, exponent: Any) -> Any:
    """Wraps around; a negative exponent leaves the integer part, 0 for all bases but 1 and -1."""
    odd, power = exponent % 2 == 1, np.power(base, np.maximum(exponent, 0))
    return np.where(exponent < 0, np.where(np.abs(base) == 1, base**odd, 0), power)


def _ordered(a: Any, b: Any) -> Any:
    return ~(np.isnan(a) | np.isnan(b))


def _reciprocal_root(x: Any) -> Any:
    return 1.0 / np.sqrt(x)


def _poisoned() -> None:
    raise PoisonError("the scalar unit loads an element that was never written")


def _outside(what: str) -> None:
    raise BoundsError(f"subscript out of range: {what}")


def _within(index: Any, size: int) -> bool:
    return bool(np.all((np.asarray(index) >= 0) & (np.asarray(index) < size)))


_SCOPE: Mapping[str, Any] = {
    "np": np,
    "truncating_divide": _truncating_divide,
    "convert": convert,
    "integer_power": _integer_power,
    "ordered": _ordered,
    "reciprocal_root": _reciprocal_root,
    "error_function": np.vectorize(math.erf, otypes=[np.float64]),
    "poisoned": _poisoned,
    "outside": _outside,
    "within": _within,
}

Function = Callable[[Sequence[Array], Sequence[Array]], None]


@dataclass(frozen=True)
class ScalarFunctions:
    """The two forms and the counts per element that give the time."""

    elementwise: Function
    vectorised: Function | None
    accesses: int
    operations: int
    loaded: tuple[int, ...]
    stored: tuple[int, ...]


def compile_scalar(op: npu.ScalarOp) -> ScalarFunctions:
    """Compile the body. Raises `CompileError` for ops the scalar unit does not know."""
    rank = len(op.sizes)
    body = op.body.block
    views = body.args[rank:]
    loads = [o for o in body.ops if isinstance(o, memref.LoadOp | affine.LoadOp)]
    stores = [o for o in body.ops if isinstance(o, memref.StoreOp | affine.StoreOp)]
    serial = _serial_dimensions(op, loads, stores)
    vectorised = None if serial is None else _compile(op, serial, vector=True)
    return ScalarFunctions(
        _compile(op, range(rank), vector=False),
        vectorised,
        len(loads) + len(stores),
        sum(1 for _ in body.ops) - len(loads) - len(stores),
        tuple(i for i, v in enumerate(views) if any(o.memref is v for o in loads)),
        tuple(i for i, v in enumerate(views) if any(o.memref is v for o in stores)),
    )


Access = memref.LoadOp | memref.StoreOp | affine.LoadOp | affine.StoreOp


def _serial_dimensions(
    op: npu.ScalarOp, loads: Sequence[Access], stores: Sequence[Access]
) -> list[int] | None:
    """Dimensions to loop over in Python, or None when only the elementwise form is right."""
    rank = len(op.sizes)
    parallel = set(range(rank))
    for store in stores:
        if not isinstance(store, memref.StoreOp) or not _injective(store, rank):
            return None
        strides = npu.strides_of(npu.memref_type(store.memref))
        walked = [_walked(i, rank) for i in store.indices]
        parallel &= {d for d, stride in zip(walked, strides) if d is not None and stride}
        for load in loads:
            if load.memref is store.memref and list(load.indices) != list(store.indices):
                return None
    # Two stores into one view could meet in different elements.
    if not stores or len({id(s.memref) for s in stores}) != len(stores):
        return None
    return [d for d in range(rank) if d not in parallel]


def _walked(value: SSAValue, rank: int) -> int | None:
    """The dimension of the box that a subscript walks."""
    return value.index if isinstance(value, BlockArgument) and value.index < rank else None


def _injective(store: memref.StoreOp, rank: int) -> bool:
    """Subscripts are distinct walk indices or constants and, where the stride is not 0, address
    distinct elements."""
    dimensions = [_walked(i, rank) for i in store.indices]
    walked = [d for d in dimensions if d is not None]
    if len(set(walked)) != len(walked):
        return False
    if any(
        d is None and not isinstance(i.owner, arith.ConstantOp)
        for d, i in zip(dimensions, store.indices)
    ):
        return False
    type_ = npu.memref_type(store.memref)
    dims = sorted(
        (stride, size)
        for stride, size, d in zip(npu.strides_of(type_), type_.get_shape(), dimensions)
        if size > 1 and stride and d is not None
    )
    reach = 1
    for stride, size in dims:
        if stride < reach:
            return False
        reach = stride * (size - 1) + reach
    return True


def _compile(op: npu.ScalarOp, serial: Sequence[int], *, vector: bool) -> Function:
    writer = _Writer(vector)
    sizes = list(op.sizes.get_values())
    parallel = [d for d in range(len(sizes)) if d not in serial]
    for position, d in enumerate(parallel):
        shape = tuple(sizes[d] if p == position else 1 for p in range(len(parallel)))
        writer.line(f"i{d} = np.arange({sizes[d]}).reshape({shape})")
    writer.box = tuple(sizes[d] for d in parallel)
    for d in serial:
        writer.line(f"for i{d} in range({sizes[d]}):")
        writer.depth += 1
    arguments = op.body.block.args
    for d in range(len(sizes)):
        writer.names[arguments[d]] = f"i{d}"
        writer.ranges[arguments[d]] = sizes[d]
    for position, argument in enumerate(arguments[len(sizes) :]):
        writer.names[argument] = f"data[{position}]"
        writer.valid[argument] = f"valid[{position}]"
    for inner in op.body.block.ops:
        writer.write(inner)
    return writer.function()


@dataclass
class _Writer:
    """Python lines for one form of a body."""

    vector: bool
    lines: list[str] = field(default_factory=list[str])
    names: dict[SSAValue, str] = field(default_factory=dict[SSAValue, str])
    ranges: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    valid: dict[SSAValue, str] = field(default_factory=dict[SSAValue, str])
    box: tuple[int, ...] = ()
    depth: int = 1

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def assign(self, value: SSAValue, text: str) -> None:
        self.names[value] = f"v{len(self.names)}"
        self.line(f"{self.names[value]} = {text}")

    def function(self) -> Function:
        source = "\n".join(["def run(data, valid):", *self.lines, "    return"])
        scope: dict[str, Any] = dict(_SCOPE)
        exec(compile(source, "<npu.scalar>", "exec"), scope)
        return scope["run"]

    def write(self, op: Operation) -> None:
        """Append one op. Raises `CompileError` for ops without scalar semantics."""
        match op:
            case memref.LoadOp() | affine.LoadOp():
                place = self._subscript(op)
                ones = all_ones(DTYPES[_element(op.memref)])
                known = f"{self.valid[op.memref]}[{place}] == {ones}"
                self.line(f"if not {f'np.all({known})' if self.vector else known}: poisoned()")
                self.assign(op.results[0], f"{self.names[op.memref]}[{place}]")
            case memref.StoreOp() | affine.StoreOp():
                place = self._subscript(op)
                ones = all_ones(DTYPES[_element(op.memref)])
                self.line(f"{self.names[op.memref]}[{place}] = {self.names[op.value]}")
                self.line(f"{self.valid[op.memref]}[{place}] = {ones}")
            case affine.ApplyOp():
                operands = [self.names[o] for o in op.operands]
                self.assign(op.result, map_source(op.map.data, operands)[0])
            case affine.YieldOp():
                pass
            case _:
                self.assign(op.results[0], self._value(op))

    def _subscript(self, op: Access) -> str:
        indices = [self.names[i] for i in op.indices]
        if isinstance(op, affine.LoadOp | affine.StoreOp):
            assert op.map is not None
            indices = map_source(op.map.data, indices)
        shape = npu.memref_type(op.memref).get_shape()
        walked = [self.ranges.get(i) for i in op.indices]
        for text, size, bound in zip(indices, shape, walked):
            plain = isinstance(op, memref.LoadOp | memref.StoreOp) and bound is not None
            if plain and bound is not None and bound <= size:
                continue
            test = f"within({text}, {size})" if self.vector else f"0 <= {text} < {size}"
            self.line(f'if not {test}: outside("{text} of {size}")')
        return ", ".join(indices) or "()"

    def _value(self, op: Operation) -> str:
        if not op.results:
            raise CompileError("the scalar unit cannot execute this op", op)
        operands = [self.names[o] for o in op.operands]
        result = op.results[0].type
        match op:
            case arith.ConstantOp(value=FloatAttr() as value):
                return f"np.{_numpy(result)}('{value.value.data!r}')"
            case arith.ConstantOp(value=IntegerAttr() as value):
                return f"np.{_numpy(result)}({value.value.data})"
            case arith.SelectOp():
                if self.vector:
                    return f"np.where({', '.join(operands)})"
                return f"{operands[1]} if {operands[0]} else {operands[2]}"
            case arith.CmpiOp() if op.predicate.value.data < len(_COMPARE_I):
                return f"{_COMPARE_I[op.predicate.value.data]}({', '.join(operands)})"
            case arith.CmpfOp() if op.predicate.value.data in _COMPARE_F:
                return _COMPARE_F[op.predicate.value.data].format(*operands)
            case arith.FPToSIOp():
                return self._truncated(operands[0], result)
            case arith.UIToFPOp() | arith.ExtUIOp():
                return self._from_unsigned(op, operands[0], result)
            case _:
                return self._call(op, operands, result)

    def _call(self, op: Operation, operands: Sequence[str], result: Attribute) -> str:
        if type(op) in _BINARY:
            return f"{_BINARY[type(op)]}({', '.join(operands)})"
        if type(op) in _WIDE:
            wide = ", ".join(f"np.float64({o})" for o in operands)
            return f"np.{_numpy(result)}({_WIDE[type(op)]}({wide}))"
        if isinstance(op, _CASTS):
            # A signed i1 is 0 or -1.
            signed = isinstance(op, arith.SIToFPOp | arith.ExtSIOp)
            sign = "-" if signed and str(op.operands[0].type) == "i1" else ""
            return f"{sign}np.{_numpy(result)}({operands[0]})"
        raise CompileError(
            "the scalar unit cannot execute this op", op, hint="use arith, math and memref ops"
        )

    def _truncated(self, operand: str, result: Attribute) -> str:
        return f"convert(np.asarray({operand}), np.dtype('{_numpy(result)}'))[()]"

    def _from_unsigned(self, op: Operation, operand: str, result: Attribute) -> str:
        source = op.operands[0].type
        assert isinstance(source, IntegerType)
        if source.bitwidth == 1:
            return f"np.{_numpy(result)}({operand})"
        return f"np.{_numpy(result)}(np.uint{source.bitwidth}({operand}))"


def _element(value: SSAValue) -> str:
    return str(npu.memref_type(value).element_type)


def _numpy(type_: Attribute) -> str:
    """numpy's name of an element type. Raises `CompileError` for types numpy lacks."""
    name = "i64" if str(type_) == "index" else str(type_)
    if name not in DTYPES:
        raise CompileError(f"the machine has no elements of type {type_}")
    return str(np.dtype(DTYPES[name])) if name != "i1" else "bool_"

"""`StructuredOp`: the one interface that lowering, fusion and bounds need of a tensor op."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, FloatAttr, IntegerAttr, IntegerType, f16
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa
from xdsl.utils.str_enum import StrEnum

from akg_mlir.dialects.te.types import element_bits, is_float, ui8


class Iterator(StrEnum):
    """How the iterations of one dimension combine."""

    PARALLEL = "parallel"
    REDUCTION = "reduction"


class Reduction(StrEnum):
    """An associative way to combine elements."""

    ADD = "add"
    MAX = "max"
    MIN = "min"
    MUL = "mul"


class StructuredOp(Operation, ABC):
    """A tensor op that is a perfect loop nest around a scalar expression.

    For every point of the box `bounds`, the elements of the operands at `operand_maps` give one
    scalar by `build_body`. Without a `reduction` that scalar is the element of the result at
    `result_map`. With one it is combined into that element, which starts from `initial_value`;
    the iterators that are `REDUCTION` do not occur in `result_map`.
    """

    @property
    @abstractmethod
    def bounds(self) -> tuple[int, ...]:
        """The size of each iteration dimension."""

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        """The kind of each iteration dimension."""
        return (Iterator.PARALLEL,) * len(self.bounds)

    @property
    @abstractmethod
    def operand_maps(self) -> tuple[AffineMap, ...]:
        """Per operand: iteration point -> element. Results are dimensions or 0 (broadcast)."""

    @property
    def result_map(self) -> AffineMap:
        """Iteration point -> element of the result."""
        return AffineMap.identity(len(self.bounds))

    @property
    def reduction(self) -> Reduction | None:
        """How elements are combined along the reduction iterators."""
        return None

    @abstractmethod
    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        """Insert the scalar expression of one point and return its value (a result element)."""


def emit(builder: Builder, op: Operation) -> SSAValue:
    """Insert an op with one result and return it."""
    return builder.insert(op).results[0]


def scalar_attribute(value: float, element: Attribute) -> FloatAttr[AnyFloat] | IntegerAttr:
    """`value` as an attribute of an element type. Raises `VerifyException` if it does not fit."""
    if isa(element, IntegerType):
        if value != int(value):
            raise VerifyException(f"{value} is not an integer, but the element type is {element}")
        return IntegerAttr(int(value), element)
    if isinstance(element, AnyFloat):
        return FloatAttr(value, element)
    raise VerifyException(f"no scalar constants of type {element}")


def scalar(builder: Builder, value: float, element: Attribute) -> SSAValue:
    """Insert a scalar constant. `arith.constant` has no unsigned ones: one of f16, which has all of
    ui8, is converted."""
    attribute = scalar_attribute(value, element)
    if element == ui8:
        return emit(builder, arith.FPToUIOp(scalar(builder, value, f16), ui8))
    return emit(builder, arith.ConstantOp(attribute))


def initial_value(kind: Reduction, element: Attribute) -> float:
    """The neutral element of a reduction: a number, for max and min the extreme of the type."""
    if kind in (Reduction.ADD, Reduction.MUL):
        return 0 if kind == Reduction.ADD else 1
    if not is_float(element):
        half = 1 << (element_bits(element) - 1)
        return -half if kind == Reduction.MAX else half - 1
    return -math.inf if kind == Reduction.MAX else math.inf


_COMBINE_FLOAT: dict[Reduction, type[Operation]] = {
    Reduction.ADD: arith.AddfOp,
    Reduction.MAX: arith.MaximumfOp,
    Reduction.MIN: arith.MinimumfOp,
    Reduction.MUL: arith.MulfOp,
}
_COMBINE_INTEGER: dict[Reduction, type[Operation]] = {
    Reduction.ADD: arith.AddiOp,
    Reduction.MAX: arith.MaxSIOp,
    Reduction.MIN: arith.MinSIOp,
    Reduction.MUL: arith.MuliOp,
}


def combine(builder: Builder, kind: Reduction, lhs: SSAValue, rhs: SSAValue) -> SSAValue:
    """Insert the scalar op that combines two elements of a reduction."""
    table = _COMBINE_FLOAT if is_float(lhs.type) else _COMBINE_INTEGER
    return emit(builder, scalar_binary(table[kind], lhs, rhs))


def scalar_binary(cls: type[Operation], lhs: SSAValue, rhs: SSAValue) -> Operation:
    """A scalar op of two operands of one type, whose result has that type."""
    return cls.create(operands=[lhs, rhs], result_types=[lhs.type])


def dims_map(rank: int, results: Sequence[int | None]) -> AffineMap:
    """The map of `rank` dimensions to the given ones; `None` is the constant 0 (broadcast)."""
    exprs = tuple(
        AffineExpr.constant(0) if dim is None else AffineExpr.dimension(dim) for dim in results
    )
    return AffineMap(rank, 0, exprs)


def broadcast_map(shape: Sequence[int], into: Sequence[int]) -> AffineMap:
    """How an operand of `shape` is read from the points of `into`, as numpy broadcasts."""
    offset = len(into) - len(shape)
    return dims_map(
        len(into),
        [
            None if size == 1 and into[axis + offset] != 1 else axis + offset
            for axis, size in enumerate(shape)
        ],
    )

"""What is known about index values at compile time, and offsets inside buffers.

A `Fact` bounds an integer (interval) and says where it falls on a grid (congruence). Both follow
from loop bounds and steps, so that alignment is decided here and never tested at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd

from xdsl.dialects import affine, arith, func, scf
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)

from akg_mlir.dialects import npu


def _opt(f: Callable[[int, int], int], a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else f(a, b)


@dataclass(frozen=True)
class Fact:
    """`lo <= v <= hi` (None: unbounded) and `v = rem` modulo `mod`; with `mod` 0, `v` is `rem`."""

    lo: int | None = None
    hi: int | None = None
    mod: int = 1
    rem: int = 0

    @staticmethod
    def constant(value: int) -> Fact:
        return Fact(value, value, 0, value)

    def __add__(self, other: Fact) -> Fact:
        lo, hi = _opt(int.__add__, self.lo, other.lo), _opt(int.__add__, self.hi, other.hi)
        return _fact(lo, hi, gcd(self.mod, other.mod), self.rem + other.rem)

    def scale(self, factor: int) -> Fact:
        if factor == 0:
            return Fact.constant(0)
        ends = [None if e is None else e * factor for e in (self.lo, self.hi)]
        lo, hi = ends if factor > 0 else reversed(ends)
        return _fact(lo, hi, self.mod * abs(factor), self.rem * factor)

    def floordiv(self, by: int) -> Fact:
        ends = [None if e is None else e // by for e in (self.lo, self.hi)]
        if self.mod % by == 0:
            return _fact(ends[0], ends[1], self.mod // by, self.rem // by)
        return _fact(ends[0], ends[1], 1, 0)

    def modulo(self, by: int) -> Fact:
        if self.mod % by == 0:
            return Fact.constant(self.rem % by)
        return _fact(0, by - 1, gcd(self.mod, by), self.rem)

    def join(self, other: Fact) -> Fact:
        """What holds whichever of the two the value is."""
        lo, hi = _opt(min, self.lo, other.lo), _opt(max, self.hi, other.hi)
        return _fact(lo, hi, gcd(gcd(self.mod, other.mod), self.rem - other.rem), self.rem)

    def residue(self, of: int) -> int | None:
        """The value modulo `of`, where that is known."""
        return self.rem % of if self.mod % of == 0 else None


def _fact(lo: int | None, hi: int | None, mod: int, rem: int) -> Fact:
    if mod == 0:
        return Fact.constant(rem)
    return Fact(lo, hi, mod, rem % mod)


ANY = Fact()


def fact_of(value: SSAValue) -> Fact:
    """What loop bounds, constants and integer arithmetic say about an index value."""
    owner = value.owner
    if isinstance(owner, Block):
        return _fact_of_argument(value, owner)
    match owner:
        case arith.ConstantOp():
            attr = owner.value
            return Fact.constant(attr.value.data) if isinstance(attr, IntegerAttr) else ANY
        case npu.CoreIdOp():
            return _fact_of_core(owner)
        case affine.ApplyOp():
            facts = [fact_of(v) for v in owner.mapOperands]
            return fact_of_expr(owner.map.data.results[0], facts)
        case arith.IndexCastOp():
            return fact_of(owner.input)
        case _:
            return _fact_of_arithmetic(owner)


def _fact_of_arithmetic(owner: Operation) -> Fact:
    if len(owner.operands) != 2:
        return ANY
    lhs, rhs = fact_of(owner.operands[0]), fact_of(owner.operands[1])
    match owner:
        case arith.AddiOp():
            return lhs + rhs
        case arith.SubiOp():
            return lhs + rhs.scale(-1)
        case arith.MuliOp():
            if rhs.mod == 0:
                return lhs.scale(rhs.rem)
            return rhs.scale(lhs.rem) if lhs.mod == 0 else ANY
        case arith.MinSIOp():
            hi = [h for h in (lhs.hi, rhs.hi) if h is not None]
            both = lhs.join(rhs)
            return _fact(both.lo, min(hi, default=None), both.mod, both.rem)
        case arith.MaxSIOp():
            lo = [x for x in (lhs.lo, rhs.lo) if x is not None]
            both = lhs.join(rhs)
            return _fact(max(lo, default=None), both.hi, both.mod, both.rem)
        case _:
            return ANY


def _fact_of_core(op: npu.CoreIdOp) -> Fact:
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, func.FuncOp):
        parent = parent.parent_op()
    cores = None if parent is None else parent.attributes.get("npu.cores")
    return Fact(0, cores.value.data - 1 if isinstance(cores, IntegerAttr) else None)


def _fact_of_argument(value: SSAValue, block: Block) -> Fact:
    loop = block.parent_op()
    if not isinstance(loop, scf.ForOp) or value is not block.args[0]:
        return ANY
    lower, upper, step = (fact_of(v) for v in (loop.lb, loop.ub, loop.step))
    if step.mod != 0:
        return Fact(lower.lo, None if upper.hi is None else upper.hi - 1)
    last = None if upper.hi is None else upper.hi - 1
    if last is not None and lower.mod == 0 and last >= lower.rem:
        last -= (last - lower.rem) % step.rem
    return _fact(lower.lo, last, gcd(lower.mod, step.rem), lower.rem)


def fact_of_expr(expr: AffineExpr, dims: list[Fact]) -> Fact:
    """What is known about an affine expression of values with these facts."""
    match expr:
        case AffineConstantExpr():
            return Fact.constant(expr.value)
        case AffineDimExpr():
            return dims[expr.position]
        case AffineBinaryOpExpr():
            lhs, rhs = fact_of_expr(expr.lhs, dims), fact_of_expr(expr.rhs, dims)
            return _fact_of_binary(expr.kind, lhs, rhs)
        case _:
            return ANY


def _fact_of_binary(kind: AffineBinaryOpKind, lhs: Fact, rhs: Fact) -> Fact:
    if kind == AffineBinaryOpKind.Add:
        return lhs + rhs
    if rhs.mod != 0 or (rhs.rem <= 0 and kind != AffineBinaryOpKind.Mul):
        return ANY
    match kind:
        case AffineBinaryOpKind.Mul:
            return lhs.scale(rhs.rem)
        case AffineBinaryOpKind.FloorDiv:
            return lhs.floordiv(rhs.rem)
        case AffineBinaryOpKind.CeilDiv:
            return (lhs + Fact.constant(rhs.rem - 1)).floordiv(rhs.rem)
        case AffineBinaryOpKind.Mod:
            return lhs.modulo(rhs.rem)
        case _:
            return ANY


@dataclass(frozen=True)
class Offset:
    """Elements from the start of a buffer: an affine expression over `values`."""

    expr: AffineExpr
    values: tuple[SSAValue, ...] = ()

    @staticmethod
    def zero() -> Offset:
        return Offset(AffineExpr.constant(0))

    def plus(self, index: int | SSAValue, stride: int) -> Offset:
        """This offset moved by `index * stride` elements."""
        if stride == 0 or index == 0:
            return self
        if isinstance(index, int):
            return Offset(self.expr + index * stride, self.values)
        return self.plus_map(AffineExpr.dimension(0) * stride, (index,))

    def plus_map(self, expr: AffineExpr, values: tuple[SSAValue, ...]) -> Offset:
        """This offset moved by an affine expression of other values."""
        merged = list(self.values)
        dims: list[AffineExpr] = []
        for value in values:
            if value not in merged:
                merged.append(value)
            dims.append(AffineExpr.dimension(merged.index(value)))
        return Offset(self.expr + expr.replace_dims_and_symbols(dims, ()), tuple(merged))

    @property
    def fact(self) -> Fact:
        return fact_of_expr(self.expr, [fact_of(v) for v in self.values])

    def map(self, scale: int = 1) -> AffineMap:
        """The offset as an affine map of `values`, in units of 1/`scale` elements."""
        n = len(self.values)
        return AffineMap(n, 0, ((self.expr * scale).simplify(n, 0),))

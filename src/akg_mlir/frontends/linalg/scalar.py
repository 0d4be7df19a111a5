"""Scalar ops of linalg bodies as tensor ops: one te op does for all points what the body does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, i1
from xdsl.ir import Attribute, Block, Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.frontends.elements import is_float

Emit = Callable[[Operation], SSAValue]

_BINARY: dict[type[Operation], Callable[[SSAValue, SSAValue], Operation]] = {
    arith.AddfOp: te.AddOp,
    arith.AddiOp: te.AddOp,
    arith.SubfOp: te.SubOp,
    arith.SubiOp: te.SubOp,
    arith.MulfOp: te.MulOp,
    arith.MuliOp: te.MulOp,
    arith.DivfOp: te.DivOp,
    arith.DivSIOp: te.DivOp,
    arith.MaximumfOp: te.MaxOp,
    arith.MaxSIOp: te.MaxOp,
    arith.MinimumfOp: te.MinOp,
    arith.MinSIOp: te.MinOp,
    arith.RemSIOp: te.RemOp,
    arith.ShLIOp: te.ShiftLeftOp,
    arith.ShRSIOp: te.ShiftRightOp,
    math.IPowIOp: te.PowOp,
    math.PowFOp: te.PowOp,
}
_LOGICAL: dict[type[Operation], Callable[[SSAValue, SSAValue], Operation]] = {
    arith.AndIOp: te.AndOp,
    arith.OrIOp: te.OrOp,
    arith.XOrIOp: lambda lhs, rhs: (
        te.CompareOp("ne", lhs, rhs) if te.element_of(lhs) == i1 else te.XorOp(lhs, rhs)
    ),
}
_UNARY: dict[type[Operation], Callable[[SSAValue], Operation]] = {
    arith.NegfOp: te.NegOp,
    math.AbsFOp: te.AbsOp,
    math.AbsIOp: te.AbsOp,
    math.AcosOp: te.AcosOp,
    math.AcoshOp: te.AcoshOp,
    math.AsinOp: te.AsinOp,
    math.AsinhOp: te.AsinhOp,
    math.AtanOp: te.AtanOp,
    math.AtanhOp: te.AtanhOp,
    math.CeilOp: te.CeilOp,
    math.CosOp: te.CosOp,
    math.CoshOp: te.CoshOp,
    math.ErfOp: te.ErfOp,
    math.ExpOp: te.ExpOp,
    math.FloorOp: te.FloorOp,
    math.LogOp: te.LogOp,
    math.RoundEvenOp: te.RoundOp,
    math.RsqrtOp: te.RsqrtOp,
    math.SinOp: te.SinOp,
    math.SinhOp: te.SinhOp,
    math.SqrtOp: te.SqrtOp,
    math.TanOp: te.TanOp,
    math.TanhOp: te.TanhOp,
}
_CASTS: tuple[type[Operation], ...] = (
    arith.ExtFOp,
    arith.TruncFOp,
    arith.SIToFPOp,
    arith.FPToSIOp,
    arith.ExtSIOp,
    arith.ExtUIOp,
    arith.UIToFPOp,
    arith.TruncIOp,
)
# Of an i1, te.cast makes 0 or 1, as the unsigned conversions do; of others, it keeps the sign.
_SIGNED: tuple[type[Operation], ...] = (arith.SIToFPOp, arith.ExtSIOp)
_UNSIGNED: tuple[type[Operation], ...] = (arith.UIToFPOp, arith.ExtUIOp)

# Several ops for one.
_COMPOSED: dict[type[Operation], Callable[[list[SSAValue], Emit], SSAValue]] = {
    arith.MaxnumfOp: lambda x, emit: _of_numbers(te.MaxOp, x, emit),
    arith.MinnumfOp: lambda x, emit: _of_numbers(te.MinOp, x, emit),
    math.FmaOp: lambda x, emit: emit(te.AddOp(emit(te.MulOp(x[0], x[1])), x[2])),
    math.FPowIOp: lambda x, emit: emit(te.PowOp(x[0], emit(te.CastOp(x[1], te.element_of(x[0]))))),
}

# Predicate numbers of arith.cmpi and arith.cmpf. te.compare is false on NaN, except `ne`; the
# unordered predicates, true on NaN, are the negations of the opposite ordered ones.
_FLOAT_PREDICATES = {1: "eq", 2: "gt", 3: "ge", 4: "lt", 5: "le", 13: "ne"}
_NEGATED_FLOAT_PREDICATES = {9: "le", 10: "lt", 11: "ge", 12: "gt"}
_INTEGER_PREDICATES = {0: "eq", 1: "ne", 2: "lt", 3: "le", 4: "gt", 5: "ge"}

_ORDERED, _UNORDERED, _ORDERED_UNEQUAL, _UNORDERED_EQUAL = 7, 14, 6, 8

_HINT = (
    "supported in bodies are arith add, sub, mul, div, rem, maximum, minimum, neg, and, or, xor, "
    "shl, shrs, compare, select and casts, math exp, log, sqrt, rsqrt, erf, abs, fma, powf, fpowi, "
    "ipowi, trigonometric and hyperbolic functions and roundings, linalg.index, tensor.extract and "
    "constants"
)


def translations() -> dict[str, Callable[..., object]]:
    """What builds the te ops for each op of a body, by its name."""
    compared = dict.fromkeys((arith.CmpfOp, arith.CmpiOp), te.CompareOp)
    cast = dict.fromkeys(_CASTS, te.CastOp)
    tables = (_BINARY, _LOGICAL, _UNARY, _COMPOSED, compared, cast, {arith.SelectOp: _select})
    return {op.name: build for table in tables for op, build in table.items()}


def as_tensor_ops(op: Operation, values: Mapping[SSAValue, SSAValue], emit: Emit) -> SSAValue:
    """Emit the te ops that compute, for all points at once, what `op` computes for one.

    `values` maps the scalars computed so far to tensors aligned to the iteration space. Raises
    CompileError for scalar ops without such ops.
    """
    operands = [_operand(op, value, values) for value in op.operands]
    kind = type(op)
    if kind in _BINARY:
        return emit(_BINARY[kind](*operands))
    if kind in _UNARY:
        return emit(_UNARY[kind](*operands))
    if kind in _LOGICAL:
        return emit(_LOGICAL[kind](*operands))
    if kind in _CASTS:
        _check_cast(op)
        return emit(te.CastOp(operands[0], op.results[0].type))
    if kind in _COMPOSED:
        return _COMPOSED[kind](operands, emit)
    if isinstance(op, arith.SelectOp):
        condition, on_true, on_false = operands
        return _select(condition, on_true, on_false, emit)
    if isinstance(op, arith.CmpiOp):
        return emit(te.CompareOp(_integer_predicate(op), *operands))
    if isinstance(op, arith.CmpfOp):
        return _compare(op, operands[0], operands[1], emit)
    raise CompileError("has no tensor operation", op, hint=_HINT)


def check_translatable(op: Operation) -> None:
    """Raise CompileError for an op that no body may have, whatever its operands."""
    tables = (*_BINARY, *_UNARY, *_LOGICAL, *_CASTS, *_COMPOSED)
    if type(op) not in (*tables, arith.SelectOp, arith.CmpiOp, arith.CmpfOp):
        raise CompileError("has no tensor operation", op, hint=_HINT)


def _of_numbers(
    cls: Callable[[SSAValue, SSAValue], Operation], operands: list[SSAValue], emit: Emit
) -> SSAValue:
    """The larger or smaller of two; where one is no number, the other."""
    x, y = operands
    both = emit(cls(x, y))
    without_y = emit(te.SelectOp(emit(te.CompareOp("ne", y, y)), x, both))
    return emit(te.SelectOp(emit(te.CompareOp("ne", x, x)), y, without_y))


def _select(condition: SSAValue, on_true: SSAValue, on_false: SSAValue, emit: Emit) -> SSAValue:
    """A selection, perhaps a maximum or minimum; of a negated condition, the other way round."""
    owner = condition.owner
    if isinstance(owner, te.NotOp):
        return _select(owner.operand, on_false, on_true, emit)
    extreme = _extreme(owner, on_true, on_false) if isinstance(owner, te.CompareOp) else None
    return emit(extreme or te.SelectOp(condition, on_true, on_false))


def _extreme(compare: te.CompareOp, on_true: SSAValue, on_false: SSAValue) -> Operation | None:
    """The maximum or minimum of two values that selecting the larger or the smaller one is.

    te.max and te.min are NaN where an operand is. A selection is `on_false` where either is, so
    that `on_true` must not be the one (`x < y ? y : x` with a known y).
    """
    kind = compare.predicate.data
    if kind not in ("lt", "le", "gt", "ge") or not is_number(on_true):
        return None
    sides = compare.lhs, compare.rhs
    if not any(
        _same(on_true, one) and _same(on_false, other) for one, other in (sides, sides[::-1])
    ):
        return None
    if (kind in ("gt", "ge")) != _same(on_true, compare.lhs):
        return te.MinOp(on_true, on_false)
    if _splat(on_true) == 0 and is_float(te.element_of(on_false)):
        return te.ReluOp(on_false)
    return te.MaxOp(on_true, on_false)


def _same(one: SSAValue, other: SSAValue) -> bool:
    """Whether two values are one, or constants alike."""
    return one == other or (_splat(one) is not None and _splat(one) == _splat(other))


def is_number(value: SSAValue) -> bool:
    """Whether no element is NaN: an integer, a constant, what a comparison has let through."""
    owner = value.owner
    if te.element_of(value) == i1:
        return False  # no maximum
    if not is_float(te.element_of(value)):
        return True
    if isinstance(owner, te.SelectOp) and isinstance(owner.condition.owner, te.CompareOp):
        compare = owner.condition.owner
        ordered = compare.predicate.data != "ne" and owner.on_true in (compare.lhs, compare.rhs)
        return ordered and is_number(owner.on_false)
    splat = _splat(value)
    return splat is not None and splat == splat


def _splat(value: SSAValue) -> float | None:
    return value.owner.splat_value if isinstance(value.owner, te.ConstantOp) else None


def _compare(op: arith.CmpfOp, x: SSAValue, y: SSAValue, emit: Emit) -> SSAValue:
    number = op.predicate.value.data
    if number in _FLOAT_PREDICATES:
        return emit(te.CompareOp(_FLOAT_PREDICATES[number], x, y))
    if number in _NEGATED_FLOAT_PREDICATES:
        return emit(te.NotOp(emit(te.CompareOp(_NEGATED_FLOAT_PREDICATES[number], x, y))))
    if number in (_ORDERED, _UNORDERED):
        kind, join = ("eq", te.AndOp) if number == _ORDERED else ("ne", te.OrOp)
        return emit(join(emit(te.CompareOp(kind, x, x)), emit(te.CompareOp(kind, y, y))))
    if number in (_ORDERED_UNEQUAL, _UNORDERED_EQUAL):
        either = emit(te.OrOp(emit(te.CompareOp("lt", x, y)), emit(te.CompareOp("gt", x, y))))
        return either if number == _ORDERED_UNEQUAL else emit(te.NotOp(either))
    raise CompileError(f"predicate number {number} compares nothing", op, hint="use a constant")


def constant_of(op: Operation | Block) -> float | int | None:
    """The value of a scalar `arith.constant`, else None."""
    if not isinstance(op, arith.ConstantOp):
        return None
    if isinstance(op.value, FloatAttr | IntegerAttr):
        return op.value.value.data
    return None


def _operand(op: Operation, value: SSAValue, values: Mapping[SSAValue, SSAValue]) -> SSAValue:
    if value not in values:
        raise CompileError(
            "uses a scalar that is neither an element of an operand nor a constant", op, hint=_HINT
        )
    return values[value]


def _is_bool(kind: Attribute) -> bool:
    return kind == i1


def _check_cast(op: Operation) -> None:
    from_bool = _is_bool(op.operands[0].type)
    if isinstance(op, _SIGNED) and from_bool:
        raise CompileError("would make -1 of a true i1", op, hint="use the unsigned conversion")
    if isinstance(op, _UNSIGNED) and not from_bool:
        raise CompileError(
            "reads a signed integer as unsigned", op, hint="use the signed conversion"
        )
    if isinstance(op, arith.TruncIOp) and _is_bool(op.results[0].type):
        raise CompileError("keeps the lowest bit only", op, hint="compare with 0 instead")


def _integer_predicate(op: arith.CmpiOp) -> str:
    number = op.predicate.value.data
    if number not in _INTEGER_PREDICATES:
        raise CompileError("compares unsigned integers", op, hint="use the signed predicates")
    if number > 1 and _is_bool(op.operands[0].type):
        raise CompileError("orders truth values as signed", op, hint="use eq or ne")
    return _INTEGER_PREDICATES[number]

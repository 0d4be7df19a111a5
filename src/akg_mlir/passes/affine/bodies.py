"""What statement bodies compute, in terms of units: the patterns that passes ask about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import affine, arith
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import (
    FixedBitwidthType,
    Float16Type,
    Float32Type,
    FloatAttr,
    IntegerAttr,
    f16,
    f32,
    i1,
    i8,
    i32,
)
from xdsl.ir import Attribute, Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.lookup import LookupOp
from akg_mlir.dialects.npu import Binary, Predicate, Reduction, Unary, memref_type
from akg_mlir.dialects.poly import StmtOp

BINARY: dict[type[Operation], Binary] = {
    arith.AddfOp: Binary.ADD,
    arith.SubfOp: Binary.SUB,
    arith.MulfOp: Binary.MUL,
    arith.DivfOp: Binary.DIV,
    arith.MaximumfOp: Binary.MAX,
    arith.MinimumfOp: Binary.MIN,
    arith.AddiOp: Binary.ADD,
    arith.SubiOp: Binary.SUB,
    arith.MuliOp: Binary.MUL,
    arith.MaxSIOp: Binary.MAX,
    arith.MinSIOp: Binary.MIN,
}
UNARY: dict[type[Operation], Unary] = {
    arith.NegfOp: Unary.NEG,
    math_dialect.AbsFOp: Unary.ABS,
    math_dialect.ExpOp: Unary.EXP,
    math_dialect.LogOp: Unary.LN,
    math_dialect.SqrtOp: Unary.SQRT,
    math_dialect.RsqrtOp: Unary.RSQRT,
}
CASTS: tuple[type[Operation], ...] = (
    arith.ExtFOp,
    arith.TruncFOp,
    arith.SIToFPOp,
    arith.FPToSIOp,
    arith.FPToUIOp,
    arith.UIToFPOp,
    arith.ExtUIOp,
)
PREDICATES: dict[int, Predicate] = {
    1: Predicate.EQ,
    2: Predicate.GT,
    3: Predicate.GE,
    4: Predicate.LT,
    5: Predicate.LE,
    13: Predicate.NE,
}
"""`arith.cmpf` predicates (ordered ones, and une) that the compare instructions have."""
REDUCING: dict[Binary, Reduction] = {
    Binary.ADD: Reduction.ADD,
    Binary.MAX: Reduction.MAX,
    Binary.MIN: Reduction.MIN,
}


INTEGER_PREDICATES: dict[int, Predicate] = {
    0: Predicate.EQ,
    1: Predicate.NE,
    2: Predicate.LT,
    3: Predicate.LE,
    4: Predicate.GT,
    5: Predicate.GE,
}
"""`arith.cmpi` predicates of signed integers; truth values have the first two."""


def is_logic(op: Operation) -> bool:
    """Whether an op combines truth values by and, or and xor."""
    kinds = arith.AndIOp | arith.OrIOp | arith.XOrIOp
    return isinstance(op, kinds) and op.results[0].type == i1


Products = Sequence[tuple[Attribute, Attribute]]
"""Element types of the operands and of the sums of a product."""
FRACTALS: Products = ((f16, f32), (i8, i32))
"""What the cube multiplies in fractals."""
WINDOWS: Products = ((f16, f32), (f16, f16))
"""Where the operands are windows of an image that is not packed, and a kernel."""


@dataclass(frozen=True)
class Update:
    """`cell = kind(cell, value)`: `load` reads the cell, `combine` is the op."""

    kind: Binary
    load: affine.LoadOp
    combine: Operation
    value: SSAValue


def store_of(stmt: StmtOp) -> affine.StoreOp | None:
    """The only store of a body, or None if it has none or several."""
    stores = [op for op in stmt.body.block.ops if isinstance(op, affine.StoreOp)]
    return stores[0] if len(stores) == 1 else None


def update_of(stmt: StmtOp) -> Update | None:
    """The update that a body is, or None."""
    store = store_of(stmt)
    if store is None or not isinstance(combine := store.value.owner, Operation):
        return None
    kind = BINARY.get(type(combine))
    if kind is None or len(list(combine.results[0].uses)) != 1:
        return None
    for cell, value in (combine.operands, tuple(reversed(combine.operands))):
        load = cell.owner
        if isinstance(load, affine.LoadOp) and _same_element(load, store) and cell != value:
            return Update(kind, load, combine, value)
    return None


def _same_element(load: affine.LoadOp, store: affine.StoreOp) -> bool:
    return (
        load.memref == store.memref
        and load.map == store.map
        and tuple(load.indices) == tuple(store.indices)
        and len(list(load.result.uses)) == 1
    )


def product_of(value: SSAValue) -> tuple[affine.LoadOp, affine.LoadOp] | None:
    """The two loads whose (extended) values a value is the product of, or None."""
    multiply = value.owner
    if not isinstance(multiply, arith.MulfOp | arith.MuliOp) or len(list(value.uses)) != 1:
        return None
    loads = [_loaded(operand) for operand in multiply.operands]
    if loads[0] is None or loads[1] is None:
        return None
    return loads[0], loads[1]


def multiplies_loads(value: SSAValue) -> bool:
    """Whether a value is the product of two loads as they are (no conversion between)."""
    owner = value.owner
    if not isinstance(owner, Operation) or product_of(value) is None:
        return False
    return all(isinstance(operand.owner, affine.LoadOp) for operand in owner.operands)


def temporaries(stmt: StmtOp, *, reduces: bool) -> tuple[int, ...]:
    """Bytes of an element of each value that the vector unit holds between the ops of a body, where
    they are most, and inside an op. What is loaded, stored, added to a cell or multiplied on the
    way needs none, but for truth values, which are numbers of f16 there."""
    store, ops = store_of(stmt), list(stmt.body.block.ops)
    if is_copy(stmt):
        return ()
    update = update_of(stmt) if reduces else None
    place = {op: k for k, op in enumerate(ops)}
    direct = {store.value} if store is not None and store.value.type != i1 else set[SSAValue]()
    if update is not None and multiplies_loads(update.value):
        direct.add(update.value)
    held: list[tuple[int, int, int]] = []
    for op in ops:
        value = op.results[0] if op.results and _is_held(op) else None
        if value is not None and value not in direct and isinstance(value.type, FixedBitwidthType):
            size = f16.size if value.type == i1 else value.type.size
            held.append((place[op], _last_use(value, place), size))
    live = [tuple(s for first, last, s in held if first <= k <= last) for k in range(len(ops))]
    inside = max((_inside(op) for op in ops), key=sum, default=())
    return (*max(live, key=sum, default=()), *inside)


def _is_held(op: Operation) -> bool:
    """Whether a result has storage of its own, unless it is the stored value."""
    if isinstance(op, affine.LoadOp):
        return op.result.type == i1
    others = isinstance(op, arith.SelectOp | arith.CmpfOp | arith.CmpiOp)
    return others or is_logic(op) or type(op) in (*CASTS, *UNARY, *BINARY)


def _inside(op: Operation) -> tuple[int, ...]:
    """Bytes of an element of each value that an op holds besides while it is computed: the
    differences that a comparison converts, and a truth value as wide as what it chooses."""
    match op:
        case arith.CmpfOp() | arith.CmpiOp() if isinstance(op.lhs.type, FixedBitwidthType):
            size = max(op.lhs.type.size, f16.size)
            return (size, size)
        case arith.SelectOp() if op.result.type in (f32, i32):
            return (i32.size,)
        case _:
            return ()


def selects_at_once(compare: arith.CmpfOp, user: Operation) -> bool:
    """Whether an op chooses by a comparison of numbers of the type that it chooses: they follow
    each other, lane by lane, and the truth value is never made."""
    is_condition = isinstance(user, arith.SelectOp) and user.cond is compare.result
    return is_condition and user.results[0].type == compare.lhs.type


def _last_use(value: SSAValue, place: dict[Operation, int]) -> int:
    """Where a value is read last; what is compared, where the comparison is used."""
    users = [use.operation for use in value.uses]
    for user in users:
        if isinstance(user, arith.CmpfOp):
            users += [use.operation for use in user.result.uses]
    return max(place[user] for user in users)


def _loaded(value: SSAValue) -> affine.LoadOp | None:
    owner = value.owner
    if isinstance(owner, arith.ExtFOp | arith.ExtSIOp):
        owner = owner.operands[0].owner
    return owner if isinstance(owner, affine.LoadOp) else None


def constant_of(value: SSAValue) -> FloatAttr | IntegerAttr | None:
    """The constant a value is, or None."""
    if isinstance(value.owner, arith.ConstantOp):
        attribute = value.owner.value
        if isinstance(attribute, FloatAttr | IntegerAttr):
            return attribute
    return None


def is_zero_fill(stmt: StmtOp) -> bool:
    """Whether the body only stores the constant 0."""
    store = store_of(stmt)
    constant = None if store is None else constant_of(store.value)
    return constant is not None and constant.value.data == 0


def is_rounding(stmt: StmtOp) -> bool:
    """Whether the body rounds what it loads from f32 to f16 and does nothing else."""
    match list(stmt.body.block.ops):
        case [affine.LoadOp() as load, arith.TruncFOp() as cast, affine.StoreOp() as store]:
            chained = cast.input is load.result and store.value is cast.result
            return chained and (cast.input.type, cast.result.type) == (f32, f16)
        case _:
            return False


def is_cube_product(stmt: StmtOp) -> bool:
    """Whether the body is `c + a * b` with f16 operands and an f32 cell, or i8 and i32."""
    return is_product_update(stmt) and cube_type_refusal(stmt, FRACTALS) is None


def is_product_update(stmt: StmtOp) -> bool:
    """Whether the body adds the product of two loaded values of different tensors to its cell."""
    update = update_of(stmt)
    loads = None if update is None or update.kind != Binary.ADD else product_of(update.value)
    return loads is not None and loads[0].memref != loads[1].memref


def cube_type_refusal(stmt: StmtOp, products: Products) -> str | None:
    """Why a product update is none of `products`, or None when it is."""
    update = update_of(stmt)
    loads = None if update is None else product_of(update.value)
    if update is None or loads is None:
        return "it is no product update"
    operands = list(dict.fromkeys(memref_type(load.memref).element_type for load in loads))
    cell = memref_type(update.load.memref).element_type
    if len(operands) > 1 or not any(operands[0] == operand for operand, _ in products):
        return f"the cube does not multiply {' and '.join(map(str, operands))}"
    if (operands[0], cell) not in products:
        return f"the cube does not sum such products in {cell}"
    return None


def is_copy(stmt: StmtOp) -> bool:
    """Whether the body only stores what it loads: bytes, of whatever type."""
    return [type(op) for op in stmt.body.block.ops] == [affine.LoadOp, affine.StoreOp]


def is_lookup(stmt: StmtOp) -> bool:
    """Whether the body only stores the element of a table at the place that it loads: the scalar
    unit reads places, and moves need not pass through it."""
    match list(stmt.body.block.ops):
        case [affine.LoadOp() as load, LookupOp() as lookup, affine.StoreOp() as store]:
            return lookup.place is load.result and store.value is lookup.result
        case _:
            return False


def vector_refusal(stmt: StmtOp, reduction: bool) -> str | None:
    """Why the vector unit cannot run a body, or None when it can."""
    if store_of(stmt) is None:
        return "the body does not have exactly one store"
    if is_copy(stmt):
        return None
    if reduction:
        update = update_of(stmt)
        if update is None or update.kind not in REDUCING:
            return "the reduction is not add, max or min of the cell and a value"
    for op in stmt.body.block.ops:
        reason = op_refusal(op)
        if reason is not None:
            return reason
    return None


def op_refusal(op: Operation) -> str | None:
    """Why the vector unit has no such op, on any target, or None when it has."""
    match op:
        case affine.LoadOp() | affine.StoreOp():
            type_ = memref_type(op.memref).element_type
            is_known = is_vector_type(type_) or type_ in BYTES
            return None if is_known else f"the vector unit has no {type_}"
        case arith.ConstantOp():
            return None
        case arith.CmpfOp():
            return _compare_refusal(op)
        case arith.CmpiOp():
            return _compare_integers_refusal(op)
        case arith.SelectOp() if is_vector_type(op.result.type):
            return None
        case _ if is_logic(op):
            return None
        case _ if type(op) in CASTS and _converts_byte(op):
            return None
        case _ if type(op) in BINARY or type(op) in UNARY or type(op) in CASTS:
            types = [v.type for v in (*op.operands, *op.results)]
            bad = [t for t in types if not is_vector_type(t)]
            if bad:
                return f"the vector unit has no {op.name} on {', '.join(map(str, types))}"
            return None
        case _:
            return f"the vector unit has no {op.name}"


def _converts_byte(op: Operation) -> bool:
    """To and from bytes there is f16; truth values are numbers of f16 already."""
    (source,), (result,) = op.operands, op.results
    if source.type == i1:
        return is_vector_type(result.type)
    return {source.type, result.type} in ({byte, f16} for byte in te.BYTES)


def _compare_refusal(op: arith.CmpfOp) -> str | None:
    if op.predicate.value.data not in PREDICATES:
        return "the vector unit has no such comparison"
    if not isinstance(op.lhs.type, Float16Type | Float32Type):
        return f"the vector unit does not compare {op.lhs.type}"
    return None


def _compare_integers_refusal(op: arith.CmpiOp) -> str | None:
    element, predicate = op.lhs.type, INTEGER_PREDICATES.get(op.predicate.value.data)
    known = (Predicate.EQ, Predicate.NE) if element == i1 else tuple(Predicate)
    if element not in (i1, i8, i32) or predicate not in known:
        return f"the vector unit does not compare {element} so"
    return None


BYTES: tuple[Attribute, ...] = (i1, *te.BYTES)
"""Element types that the vector unit has in memory alone: it converts them to f16 and back."""


def is_vector_type(type_: Attribute) -> bool:
    """Element types with vector arithmetic: f16, f32 and i32."""
    return type_ == i32 or isinstance(type_, Float16Type | Float32Type)

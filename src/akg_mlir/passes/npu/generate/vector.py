"""A statement's body as vector tile ops over its whole box."""

from __future__ import annotations

from math import frexp

from xdsl.builder import Builder
from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, f16, i1, i32
from xdsl.ir import Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Binary, Unary
from akg_mlir.passes.affine.bodies import (
    BINARY,
    BYTES,
    CASTS,
    PREDICATES,
    REDUCING,
    UNARY,
    constant_of,
    is_logic,
    multiplies_loads,
    product_of,
    selects_at_once,
    store_of,
    update_of,
)
from akg_mlir.passes.npu.generate import truth
from akg_mlir.passes.npu.generate.boxes import Boxes, Number, lanes_of_block
from akg_mlir.passes.npu.generate.comparisons import is_faster_at_once
from akg_mlir.passes.npu.generate.tile import Tile, view_of
from akg_mlir.targets import Target

COMMUTATIVE = (Binary.ADD, Binary.MUL, Binary.MAX, Binary.MIN)


def emit_vector(builder: Builder, tile: Tile, reduces: bool, target: Target) -> None:
    """Write the ops of one tile.

    Raises `CompileError` for bodies that the vector unit does not have.
    """
    _Vector(builder, tile, target).run(reduces)


class _Vector(Boxes):
    def __init__(self, builder: Builder, tile: Tile, target: Target) -> None:
        super().__init__(builder, tile, target)
        self.views: dict[SSAValue, SSAValue] = {}
        self.numbers: dict[SSAValue, SSAValue] = {}

    def run(self, reduces: bool) -> None:
        body = self.tile.body
        store = store_of(body)
        if store is None:
            raise CompileError("a vector statement has one store", body)
        update = update_of(body) if reduces else None
        if reduces and update is None:
            raise CompileError("a reduction combines its cell with one value", body)
        for op in body.body.block.ops:
            if op is store or (update is not None and op in (update.load, update.combine)):
                continue
            if update is not None and self.is_product(op, update.value):
                continue
            self.op(op, store)
        if update is None:
            self.finish(store)
            return
        dst = self.view(store)
        factors = product_of(update.value) if multiplies_loads(update.value) else None
        if update.kind == Binary.ADD and factors is not None:
            lhs, rhs = (self.views[f.result] for f in factors)
            self.builder.insert(npu.VMulAddOp(lhs, rhs, dst))
        elif update.kind in REDUCING:
            source = self.operand(update.value)
            self.builder.insert(npu.VReduceOp(REDUCING[update.kind], source, dst))
        else:
            raise CompileError(f"the vector unit does not reduce by {update.kind}", body)

    def finish(self, store: affine.StoreOp) -> None:
        """Store a value that no op has written in place yet: a load or a constant."""
        value = store.value
        if isinstance(value.owner, arith.ConstantOp):
            self.builder.insert(npu.VFillOp(self.number(value), self.view(store)))
        elif isinstance(value.owner, affine.LoadOp):
            self.builder.insert(npu.VUnaryOp(Unary.COPY, self.views[value], self.view(store)))
        elif value.type == i1:
            self.builder.insert(npu.VCastOp(self.operand(value), self.view(store)))

    def is_product(self, op: Operation, value: SSAValue) -> bool:
        return op is value.owner and multiplies_loads(value)

    # -------------------------------------------------------------------------------- operands

    def view(self, access: affine.LoadOp | affine.StoreOp) -> SSAValue:
        return view_of(self.builder, self.tile, access)

    def number(self, value: SSAValue) -> Number:
        number = constant_of(value)
        assert number is not None
        return number

    def operand(self, value: SSAValue) -> SSAValue:
        if value.type in BYTES:
            if value not in self.numbers:
                self.numbers[value] = truth.number(self, value, self.views)
            return self.numbers[value]
        if value not in self.views:
            self.views[value] = self.block(self.number(value))
        return self.views[value]

    def into(self, op: Operation, store: affine.StoreOp) -> SSAValue:
        """Where an op writes: the stored element if this is the stored value, else a temporary."""
        result = op.results[0]
        if store.value is result:
            box = self.view(store)
        else:
            box = self.temporary(result.type)
        self.views[result] = box
        return box

    # ------------------------------------------------------------------------------------- ops

    def op(self, op: Operation, store: affine.StoreOp) -> None:
        match op:
            case affine.LoadOp():
                self.views[op.result] = self.view(op)
            case arith.ConstantOp() | arith.CmpfOp() | arith.CmpiOp():
                pass
            case _ if is_logic(op):
                pass  # truth values are made where they are needed
            case arith.SelectOp():
                self.select(op, store)
            case _ if type(op) in CASTS and op.operands[0].type in BYTES:
                self.from_byte(op, store)
            case _ if type(op) in CASTS:
                source = self.operand(op.operands[0])
                self.builder.insert(npu.VCastOp(source, self.into(op, store)))
            case _ if type(op) in UNARY:
                source = self.operand(op.operands[0])
                kind = UNARY[type(op)]
                self.builder.insert(npu.VUnaryOp(kind, source, self.into(op, store)))
            case _ if type(op) in BINARY:
                self.arithmetic(op, BINARY[type(op)], store)
            case _:
                raise CompileError("the vector unit has no such op", op)

    def select(self, op: arith.SelectOp, store: affine.StoreOp) -> None:
        compare, element = op.cond.owner, op.result.type
        if (
            isinstance(compare, arith.CmpfOp)
            and selects_at_once(compare, op)
            and is_faster_at_once(self, element)
        ):
            predicate = PREDICATES[compare.predicate.value.data]
            a, b, yes, no = (self.operand(v) for v in (compare.lhs, compare.rhs, op.lhs, op.rhs))
            self.builder.insert(npu.VSelectOp(predicate, a, b, yes, no, self.into(op, store)))
            return
        number, on, off = (self.operand(v) for v in op.operands)
        if lanes_of_block(element) == lanes_of_block(i32):
            number = self.cast(number, i32)
        self.builder.insert(npu.VBlendOp(number, on, off, self.into(op, store)))

    def from_byte(self, op: Operation, store: affine.StoreOp) -> None:
        """Bytes are numbers of f16: those are the result, or what is converted to it."""
        source, result = op.operands[0], op.results[0]
        is_stored, view = store.value is result, self.views.get(source)
        if is_stored and result.type == f16 and view is not None and truth.lies_as_walked(view):
            self.builder.insert(npu.VCastOp(view, self.into(op, store)))
        elif result.type != f16:
            self.builder.insert(npu.VCastOp(self.operand(source), self.into(op, store)))
        elif is_stored:
            copied = self.operand(source)
            self.builder.insert(npu.VUnaryOp(Unary.COPY, copied, self.into(op, store)))
        else:
            self.views[result] = self.operand(source)

    def arithmetic(self, op: Operation, kind: Binary, store: affine.StoreOp) -> None:
        lhs, rhs = op.operands
        left, right = constant_of(lhs), constant_of(rhs)
        if right is not None and left is None:
            if self.immediate(op, kind, lhs, right, store):
                return
        elif left is not None and right is None:
            if kind in COMMUTATIVE and self.immediate(op, kind, rhs, left, store):
                return
            if self.number_first(op, kind, left, rhs, store):
                return
        boxes = self.operand(lhs), self.operand(rhs)
        self.builder.insert(npu.VBinaryOp(kind, *boxes, self.into(op, store)))

    def immediate(
        self, op: Operation, kind: Binary, value: SSAValue, number: Number, store: affine.StoreOp
    ) -> bool:
        """`value kind number` as one op with an immediate, where that is exact."""
        if kind == Binary.SUB:
            kind, number = Binary.ADD, _like(number, -number.value.data)
        elif kind == Binary.DIV:
            inverse = _exact_inverse(number)
            if inverse is None:
                return False
            kind, number = Binary.MUL, inverse
        source = self.operand(value)
        self.builder.insert(npu.VScalarOp(kind, source, number, self.into(op, store)))
        return True

    def number_first(
        self, op: Operation, kind: Binary, number: Number, value: SSAValue, store: affine.StoreOp
    ) -> bool:
        """`number - value` and `1 / value`."""
        if kind == Binary.SUB:
            negated = self.temporary(value.type)
            self.builder.insert(npu.VUnaryOp(Unary.NEG, self.operand(value), negated))
            into = self.into(op, store)
            self.builder.insert(npu.VScalarOp(Binary.ADD, negated, number, into))
            return True
        if kind == Binary.DIV and number.value.data == 1:
            source = self.operand(value)
            self.builder.insert(npu.VUnaryOp(Unary.REC, source, self.into(op, store)))
            return True
        return False


def _like(number: Number, value: float) -> Number:
    if isinstance(number, IntegerAttr):
        return IntegerAttr(int(value), number.type)
    return FloatAttr(value, number.type)


def _exact_inverse(number: Number) -> Number | None:
    """`1 / number` if multiplying by it equals dividing: for powers of two of moderate size."""
    if isinstance(number, IntegerAttr):
        return None
    value = number.value.data
    mantissa, exponent = frexp(abs(value)) if value == value else (0.0, 0)
    return _like(number, 1 / value) if mantissa == 0.5 and abs(exponent) <= 14 else None

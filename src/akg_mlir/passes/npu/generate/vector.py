"""A statement's body as vector tile ops over its whole box."""

from __future__ import annotations

from collections.abc import Sequence
from math import frexp, prod

from xdsl.builder import Builder
from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import FixedBitwidthType, FloatAttr, IntegerAttr, f16, i1
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

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
from akg_mlir.passes.npu.generate.tile import Tile, view_of

Number = FloatAttr | IntegerAttr
COMMUTATIVE = (Binary.ADD, Binary.MUL, Binary.MAX, Binary.MIN)


def emit_vector(builder: Builder, tile: Tile, reduces: bool) -> None:
    """Write the ops of one tile.

    Raises `CompileError` for bodies that the vector unit does not have.
    """
    _Vector(builder, tile).run(reduces)


class _Vector:
    def __init__(self, builder: Builder, tile: Tile) -> None:
        self.builder, self.tile = builder, tile
        self.views: dict[SSAValue, SSAValue] = {}
        self.numbers: dict[SSAValue, SSAValue] = {}
        self.blocks: dict[Number, SSAValue] = {}
        self.count = 0

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
        """A box that holds the value, a truth value or i8 as a number of f16."""
        if value.type in BYTES:
            if value not in self.numbers:
                self.numbers[value] = truth.number(self, value, self.views)
            return self.numbers[value]
        if value not in self.views:
            self.views[value] = self.block(self.number(value))
        return self.views[value]

    def block(self, number: Number) -> SSAValue:
        """One block that holds a constant, whose first lane all read."""
        if number not in self.blocks:
            lanes = (_block(number.type),)
            block = self.buffer(lanes, number.type)
            self.builder.insert(npu.VFillOp(number, self.box(block, lanes, (1,))))
            self.blocks[number] = self.box(block, self.tile.shape, [0] * len(self.tile.shape))
        return self.blocks[number]

    def temporary(self, element: Attribute, shape: tuple[int, ...] | None = None) -> SSAValue:
        """A box of the tile's shape, or another, in a buffer of its own, rows padded to whole
        blocks."""
        block, shape = _block(element), shape or self.tile.shape
        padded = (*shape[:-1], -(-shape[-1] // block) * block)
        strides = [prod(padded[k + 1 :]) for k in range(len(shape))]
        return self.box(self.buffer(padded, element), shape, strides)

    def buffer(self, shape: Sequence[int], element: Attribute) -> SSAValue:
        """Storage of this tile's own."""
        buffer = self.tile.temporary(self.count, shape, element)
        self.count += 1
        return buffer

    def box(self, buffer: SSAValue, sizes: Sequence[int], strides: Sequence[int]) -> SSAValue:
        """A box at the start of a buffer."""
        start = AffineMap(0, 0, (AffineExpr.constant(0),))
        return self.builder.insert(npu.ViewOp(buffer, start, [], sizes, strides)).result

    def target(self, op: Operation, store: affine.StoreOp) -> SSAValue:
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
                self.builder.insert(npu.VCastOp(source, self.target(op, store)))
            case _ if type(op) in UNARY:
                source = self.operand(op.operands[0])
                kind = UNARY[type(op)]
                self.builder.insert(npu.VUnaryOp(kind, source, self.target(op, store)))
            case _ if type(op) in BINARY:
                self.binary(op, BINARY[type(op)], store)
            case _:
                raise CompileError("the vector unit has no such op", op)

    def select(self, op: arith.SelectOp, store: affine.StoreOp) -> None:
        compare = op.cond.owner
        if not isinstance(compare, arith.CmpfOp) or not selects_at_once(compare, op):
            number, on, off = (self.operand(v) for v in op.operands)
            self.builder.insert(npu.VBlendOp(number, on, off, self.target(op, store)))
            return
        predicate = PREDICATES[compare.predicate.value.data]
        a, b, yes, no = (self.operand(v) for v in (compare.lhs, compare.rhs, op.lhs, op.rhs))
        self.builder.insert(npu.VSelectOp(predicate, a, b, yes, no, self.target(op, store)))

    def from_byte(self, op: Operation, store: affine.StoreOp) -> None:
        """Bytes are numbers of f16: those are the result, or what is converted to it."""
        source, result = op.operands[0], op.results[0]
        is_stored, view = store.value is result, self.views.get(source)
        if is_stored and result.type == f16 and view is not None and truth.lies_as_walked(view):
            self.builder.insert(npu.VCastOp(view, self.target(op, store)))
        elif result.type != f16:
            self.builder.insert(npu.VCastOp(self.operand(source), self.target(op, store)))
        elif is_stored:
            copied = self.operand(source)
            self.builder.insert(npu.VUnaryOp(Unary.COPY, copied, self.target(op, store)))
        else:
            self.views[result] = self.operand(source)

    def binary(self, op: Operation, kind: Binary, store: affine.StoreOp) -> None:
        lhs, rhs = op.operands
        left, right = constant_of(lhs), constant_of(rhs)
        if right is not None and left is None:
            if self.with_number(op, kind, lhs, right, store):
                return
        elif left is not None and right is None:
            if kind in COMMUTATIVE and self.with_number(op, kind, rhs, left, store):
                return
            if self.number_first(op, kind, left, rhs, store):
                return
        boxes = self.operand(lhs), self.operand(rhs)
        self.builder.insert(npu.VBinaryOp(kind, *boxes, self.target(op, store)))

    def with_number(
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
        self.builder.insert(npu.VScalarOp(kind, source, number, self.target(op, store)))
        return True

    def number_first(
        self, op: Operation, kind: Binary, number: Number, value: SSAValue, store: affine.StoreOp
    ) -> bool:
        """`number - value` and `1 / value`."""
        if kind == Binary.SUB:
            negated = self.temporary(value.type)
            self.builder.insert(npu.VUnaryOp(Unary.NEG, self.operand(value), negated))
            target = self.target(op, store)
            self.builder.insert(npu.VScalarOp(Binary.ADD, negated, number, target))
            return True
        if kind == Binary.DIV and number.value.data == 1:
            source = self.operand(value)
            self.builder.insert(npu.VUnaryOp(Unary.REC, source, self.target(op, store)))
            return True
        return False


def _block(element: Attribute) -> int:
    """Elements per block."""
    assert isinstance(element, FixedBitwidthType)
    return npu.BLOCK_BYTES // element.size


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

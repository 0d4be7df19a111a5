"""Tile ops: one op per box, on memref views in a memory space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    I64,
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    MemRefType,
    UnitAttr,
    i64,
)
from xdsl.ir import (
    Operation,
    Region,
    SSAValue,
)
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import (
    MemoryReadEffect,
    MemoryWriteEffect,
    NoTerminator,
)
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.npu.attributes import (
    PIPE_OF_PATH,
    Binary,
    BinaryAttr,
    Pipe,
    Predicate,
    PredicateAttr,
    Reduction,
    ReductionAttr,
    Space,
    Unary,
    UnaryAttr,
    memref_type,
    space_of,
)
from akg_mlir.dialects.npu.buffers import PipeOp


def _box(value: SSAValue) -> tuple[int, ...]:
    return memref_type(value).get_shape()


def _verify_boxes(op: Operation, values: Sequence[SSAValue]) -> None:
    boxes = [_box(v) for v in values]
    if any(b != boxes[0] for b in boxes):
        raise VerifyException(f"{op.name} needs operands of one box, got {boxes}")


class _VectorTileOp(IRDLOperation, PipeOp):
    """Base of element-wise tile ops on UB: every operand has the box of `dst`, the last one."""

    ACCUMULATES: ClassVar = False

    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())

    @property
    def pipe(self) -> Pipe:
        return Pipe.V

    @property
    def reads(self) -> Sequence[SSAValue]:
        return self.operands if self.ACCUMULATES else self.operands[:-1]

    @property
    def writes(self) -> Sequence[SSAValue]:
        return self.operands[-1:]

    def verify_(self) -> None:
        operands = [v for v in self.operands if isinstance(v.type, MemRefType)]
        for v in operands:
            if space_of(v.type) != Space.UB:
                raise VerifyException(f"{self.name} works on ub, got {space_of(v.type)}")
        _verify_boxes(self, operands)


@irdl_op_definition
class DmaOp(IRDLOperation, PipeOp):
    """Move one box between two memories; the pipe follows from the path."""

    name = "npu.dma"
    src = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    assembly_format = "$src `->` $dst attr-dict `:` type($src) `->` type($dst)"

    def __init__(self, src: SSAValue, dst: SSAValue) -> None:
        super().__init__(operands=[src, dst])

    def verify_(self) -> None:
        path = (space_of(self.src.type), space_of(self.dst.type))
        if path not in PIPE_OF_PATH:
            raise VerifyException(f"no data path from {path[0]} to {path[1]}")
        _verify_boxes(self, [self.src, self.dst])

    @property
    def pipe(self) -> Pipe:
        return PIPE_OF_PATH[space_of(self.src.type), space_of(self.dst.type)]

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (self.src,)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return (self.dst,)


@irdl_op_definition
class VUnaryOp(_VectorTileOp):
    """`dst[i] = f(src[i])` over one box."""

    name = "npu.vunary"
    kind = prop_def(UnaryAttr)
    src = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    assembly_format = "$kind $src `->` $dst attr-dict `:` type($src) `->` type($dst)"

    def __init__(self, kind: Unary, src: SSAValue, dst: SSAValue) -> None:
        super().__init__(operands=[src, dst], properties={"kind": UnaryAttr(kind)})


@irdl_op_definition
class VBinaryOp(_VectorTileOp):
    """`dst[i] = lhs[i] op rhs[i]` over one box; a stride of 0 repeats an operand."""

    name = "npu.vbinary"
    kind = prop_def(BinaryAttr)
    lhs = operand_def(MemRefType)
    rhs = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    assembly_format = (
        "$kind $lhs `,` $rhs `->` $dst attr-dict `:` type($lhs) `,` type($rhs) `->` type($dst)"
    )

    def __init__(self, kind: Binary, lhs: SSAValue, rhs: SSAValue, dst: SSAValue) -> None:
        super().__init__(operands=[lhs, rhs, dst], properties={"kind": BinaryAttr(kind)})


@irdl_op_definition
class VScalarOp(_VectorTileOp):
    """`dst[i] = src[i] op scalar` with a constant scalar; `op` is add, mul, max or min."""

    name = "npu.vscalar"
    kind = prop_def(BinaryAttr)
    src = operand_def(MemRefType)
    scalar = prop_def(FloatAttr | IntegerAttr)
    dst = operand_def(MemRefType)
    assembly_format = "$kind $src `,` $scalar `->` $dst attr-dict `:` type($src) `->` type($dst)"

    def __init__(
        self, kind: Binary, src: SSAValue, scalar: FloatAttr | IntegerAttr, dst: SSAValue
    ) -> None:
        super().__init__(
            operands=[src, dst], properties={"kind": BinaryAttr(kind), "scalar": scalar}
        )


@irdl_op_definition
class VFillOp(_VectorTileOp):
    """`dst[i] = scalar` over one box."""

    name = "npu.vfill"
    scalar = prop_def(FloatAttr | IntegerAttr)
    dst = operand_def(MemRefType)
    assembly_format = "$scalar `->` $dst attr-dict `:` type($dst)"

    def __init__(self, scalar: FloatAttr | IntegerAttr, dst: SSAValue) -> None:
        super().__init__(operands=[dst], properties={"scalar": scalar})


@irdl_op_definition
class VCastOp(_VectorTileOp):
    """`dst[i] = convert(src[i])`: floats round to nearest even, float to integer truncates."""

    name = "npu.vcast"
    src = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    assembly_format = "$src `->` $dst attr-dict `:` type($src) `->` type($dst)"

    def __init__(self, src: SSAValue, dst: SSAValue) -> None:
        super().__init__(operands=[src, dst])


@irdl_op_definition
class VSelectOp(_VectorTileOp):
    """`dst[i] = (lhs[i] predicate rhs[i]) ? on_true[i] : on_false[i]`; the mask is transient."""

    name = "npu.vselect"
    predicate = prop_def(PredicateAttr)
    lhs = operand_def(MemRefType)
    rhs = operand_def(MemRefType)
    on_true = operand_def(MemRefType)
    on_false = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    assembly_format = (
        "$predicate $lhs `,` $rhs `,` $on_true `,` $on_false `->` $dst attr-dict `:` type($lhs) "
        "`,` type($rhs) `,` type($on_true) `,` type($on_false) `->` type($dst)"
    )

    def __init__(
        self,
        predicate: Predicate,
        lhs: SSAValue,
        rhs: SSAValue,
        on_true: SSAValue,
        on_false: SSAValue,
        dst: SSAValue,
    ) -> None:
        super().__init__(
            operands=[lhs, rhs, on_true, on_false, dst],
            properties={"predicate": PredicateAttr(predicate)},
        )


@irdl_op_definition
class VBlendOp(_VectorTileOp):
    """`dst[i] = truth[i] ? on_true[i] : on_false[i]` over one box; truth[i] is 0 or 1, in i32 where
    elements of four bytes are chosen and in f16 where they have two."""

    name = "npu.vblend"
    truth = operand_def(MemRefType)
    on_true = operand_def(MemRefType)
    on_false = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    assembly_format = (
        "$truth `,` $on_true `,` $on_false `->` $dst attr-dict `:` type($truth) `,` "
        "type($on_true) `,` type($on_false) `->` type($dst)"
    )

    def __init__(
        self, truth: SSAValue, on_true: SSAValue, on_false: SSAValue, dst: SSAValue
    ) -> None:
        super().__init__(operands=[truth, on_true, on_false, dst])


@irdl_op_definition
class VReduceOp(_VectorTileOp):
    """`dst[i] = dst[i] op src[i]` over one box where `dst` has stride 0 along reduced dimensions.

    The order in which a cell's elements are combined is the implementation's.
    """

    ACCUMULATES: ClassVar = True

    name = "npu.vreduce"
    kind = prop_def(ReductionAttr)
    src = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    assembly_format = "$kind $src `->` $dst attr-dict `:` type($src) `->` type($dst)"

    def __init__(self, kind: Reduction, src: SSAValue, dst: SSAValue) -> None:
        super().__init__(operands=[src, dst], properties={"kind": ReductionAttr(kind)})


@irdl_op_definition
class VMulAddOp(_VectorTileOp):
    """`dst[i] = dst[i] + lhs[i] * rhs[i]`, rounding after the multiply and after the add.

    Where `dst` has stride 0 the dimension is reduced.
    """

    ACCUMULATES: ClassVar = True

    name = "npu.vmuladd"
    lhs = operand_def(MemRefType)
    rhs = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    assembly_format = (
        "$lhs `,` $rhs `->` $dst attr-dict `:` type($lhs) `,` type($rhs) `->` type($dst)"
    )

    def __init__(self, lhs: SSAValue, rhs: SSAValue, dst: SSAValue) -> None:
        super().__init__(operands=[lhs, rhs, dst])


@irdl_op_definition
class GatherOp(IRDLOperation, PipeOp):
    """`dst[i] = src[i + step * at[i]]` over one box, for numbers `at[i]` of `places`; 0 for others.

    `src` is what lies at the first place of a tensor in GM, `step` the distance of places in
    elements. With `from_end` negative numbers count from the last place back.
    """

    name = "npu.gather"
    src = operand_def(MemRefType)
    at = operand_def(MemRefType)
    dst = operand_def(MemRefType)
    places = prop_def(IntegerAttr[I64])
    step = prop_def(IntegerAttr[I64])
    from_end = opt_prop_def(UnitAttr)
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    assembly_format = (
        "$src `at` $at `of` $places `x` $step (`from_end` $from_end^)? `->` $dst attr-dict "
        "`:` type($src) `,` type($at) `->` type($dst)"
    )

    def __init__(
        self, src: SSAValue, at: SSAValue, dst: SSAValue, *, places: int, step: int, from_end: bool
    ) -> None:
        super().__init__(
            operands=[src, at, dst],
            properties={
                "places": IntegerAttr(places, i64),
                "step": IntegerAttr(step, i64),
                "from_end": UnitAttr() if from_end else None,
            },
        )

    def verify_(self) -> None:
        if space_of(self.src.type) != Space.GM:
            raise VerifyException(f"gathers from gm, not from {space_of(self.src.type)}")
        _verify_boxes(self, [self.src, self.at, self.dst])

    @property
    def pipe(self) -> Pipe:
        return Pipe.MTE2

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (self.src, self.at)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return (self.dst,)


@irdl_op_definition
class ScalarOp(IRDLOperation, PipeOp):
    """The scalar unit walks a box element by element, in row-major order: slow, always right.

    The body has one index argument per entry of `sizes` and holds memref.load / memref.store on
    the op's operands (which become block arguments after the indices), arith and math.
    It survives legalisation: it is one (long) instruction of pipe S.
    """

    name = "npu.scalar"
    inputs = var_operand_def(MemRefType)
    outputs = var_operand_def(MemRefType)
    sizes = prop_def(DenseArrayBase.constr(i64))
    body = region_def("single_block")
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect(), NoTerminator())
    assembly_format = (
        "$sizes (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outputs `:` "
        "type($outputs) `)` $body attr-dict"
    )

    def __init__(
        self,
        sizes: Sequence[int],
        inputs: Sequence[SSAValue],
        outputs: Sequence[SSAValue],
        body: Region,
    ) -> None:
        super().__init__(
            operands=[list(inputs), list(outputs)],
            properties={"sizes": DenseArrayBase.from_list(i64, list(sizes))},
            regions=[body],
        )

    @property
    def pipe(self) -> Pipe:
        return Pipe.S

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (*self.inputs, *self.outputs)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return tuple(self.outputs)


BOX_OPS = (
    DmaOp,
    GatherOp,
    VUnaryOp,
    VBinaryOp,
    VScalarOp,
    VFillOp,
    VCastOp,
    VSelectOp,
    VBlendOp,
    VReduceOp,
    VMulAddOp,
)
"""Tile ops all operands of which have one box."""

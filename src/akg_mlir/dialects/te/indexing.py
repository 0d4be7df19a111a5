"""Ops that put tensors together and that read at computed places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from xdsl.dialects.builtin import I64, IntegerAttr, TensorType, UnitAttr, i32, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    var_operand_def,
)
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import TeOp, check_element, same_element
from akg_mlir.dialects.te.types import element_of, normal_axis, shape_of, shape_text


@irdl_op_definition
class ConcatOp(TeOp):
    """The operands one behind the other along one dimension.

    %c = te.concat %a, %b axis 1 : (tensor<4x2xf32>, tensor<4x3xf32>) -> tensor<4x5xf32>
    """

    name = "te.concat"
    parts = var_operand_def(TensorType)
    axis = prop_def(IntegerAttr[I64])
    assembly_format = "$parts `axis` $axis attr-dict `:` `(` type($parts) `)` `->` type($result)"

    def __init__(self, parts: Sequence[SSAValue], axis: int) -> None:
        super().__init__([list(parts)], {"axis": IntegerAttr(axis, i64)})

    @property
    def dim(self) -> int:
        """The dimension along which the operands lie, counted from the front."""
        return normal_axis(self.axis.value.data, len(shape_of(self.operands[0])))

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each operand starts in that dimension of the result."""
        sizes = [shape_of(part)[self.dim] for part in self.operands]
        return tuple(accumulate(sizes[:-1], initial=0))

    def infer(self) -> TensorType[Attribute]:
        if not self.operands:
            raise VerifyException("takes at least one operand")
        element, dim = same_element(self.operands), self.dim
        shapes = [list(shape_of(part)) for part in self.operands]
        total = sum(shape[dim] if dim < len(shape) else 0 for shape in shapes)
        for shape in shapes:
            if len(shape) != len(shapes[0]) or any(
                a != b for axis, (a, b) in enumerate(zip(shape, shapes[0])) if axis != dim
            ):
                raise VerifyException(
                    f"{shape_text(shapes[0])} and {shape_text(shape)} differ in more than "
                    f"dimension {dim}"
                )
        return TensorType(element, [*shapes[0][:dim], total, *shapes[0][dim + 1 :]])


@irdl_op_definition
class GatherOp(TeOp):
    """The parts of the operand at computed places along one dimension; 0 where there is no such
    place. With `from_end` negative places count from the end. The dimensions of the indices stand
    in the place of that one, but for the first `batch` ones: these are the first ones of the
    operand, too, and each part is taken from its own batch.

    %y = te.gather %x, %i axis 0 : (tensor<9x4xf32>, tensor<2x3xi32>) -> tensor<2x3x4xf32>
    %z = te.gather %u, %j axis 1 batch 1 : (tensor<2x9xf32>, tensor<2x3xi32>) -> tensor<2x3xf32>
    """

    name = "te.gather"
    operand = operand_def(TensorType)
    indices = operand_def(TensorType)
    axis = prop_def(IntegerAttr[I64])
    batch = opt_prop_def(IntegerAttr[I64])
    from_end = opt_prop_def(UnitAttr)
    assembly_format = (
        "$operand `,` $indices `axis` $axis (`batch` $batch^)? (`from_end` $from_end^)? attr-dict "
        "`:` `(` type($operand) `,` type($indices) `)` `->` type($result)"
    )

    def __init__(
        self,
        operand: SSAValue,
        indices: SSAValue,
        axis: int,
        batch: int = 0,
        *,
        from_end: bool = False,
    ) -> None:
        properties = {
            "axis": IntegerAttr(axis, i64),
            "batch": IntegerAttr(batch, i64) if batch else None,
            "from_end": UnitAttr() if from_end else None,
        }
        super().__init__([operand, indices], properties)

    @property
    def dim(self) -> int:
        """The dimension that is indexed, counted from the front."""
        return normal_axis(self.axis.value.data, len(shape_of(self.operand)))

    @property
    def batches(self) -> int:
        """How many dimensions the operand and the indices share."""
        return self.batch.value.data if self.batch else 0

    def infer(self) -> TensorType[Attribute]:
        check_element(element_of(self.indices), (i32, i64))
        shape, taken = shape_of(self.operand), shape_of(self.indices)
        dim, batches = self.dim, self.batches
        if not 0 <= batches <= dim or shape[:batches] != taken[:batches]:
            raise VerifyException(
                f"{shape_text(shape)} and {shape_text(taken)} do not share {batches} dimensions in "
                f"front of dimension {dim}"
            )
        places = (*shape[:dim], *taken[batches:], *shape[dim + 1 :])
        return TensorType(element_of(self.operand), places)

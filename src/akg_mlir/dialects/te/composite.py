"""Ops users know by name, each with a decomposition (`te-decompose`)."""

from __future__ import annotations

from xdsl.dialects.builtin import (
    I64,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    TensorType,
    f64,
    i32,
    i64,
)
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, SpacedOpaqueSyntaxAttribute, SSAValue
from xdsl.irdl import (
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    prop_def,
    result_def,
)
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.str_enum import StrEnum

from akg_mlir.dialects.te.base import SAME, TeOp, check_element, same_element
from akg_mlir.dialects.te.structured import scalar_attribute
from akg_mlir.dialects.te.types import (
    FLOATS,
    broadcasts_to,
    element_of,
    normal_axis,
    shape_of,
    shape_text,
    tensor_type,
)


@irdl_op_definition
class SoftmaxOp(TeOp):
    """`exp(x - max(x)) / sum(exp(x - max(x)))` along one axis; rounded once."""

    name = "te.softmax"
    operand = operand_def(SAME)
    result = result_def(SAME)
    axis = prop_def(IntegerAttr[I64])
    assembly_format = "$operand `axis` $axis attr-dict `:` type($operand)"

    def __init__(self, operand: SSAValue, axis: int) -> None:
        super().__init__([operand], {"axis": IntegerAttr(axis, i64)})

    @property
    def dim(self) -> int:
        """The axis counted from the front."""
        return normal_axis(self.axis.value.data, len(shape_of(self.operand)))

    def infer(self) -> TensorType[Attribute]:
        check_element(element_of(self.operand), FLOATS)
        normal_axis(self.axis.value.data, len(shape_of(self.operand)))
        return tensor_type(self.operand)


@irdl_op_definition
class LayerNormOp(TeOp):
    """`(x - mean) / sqrt(variance + epsilon) * scale + bias`, rounded once.

    Mean and (biased) variance are taken over the dimensions `axis` to the last; scale and bias
    broadcast to those dimensions.
    """

    name = "te.layer_norm"
    operand = operand_def(SAME)
    result = result_def(SAME)
    scale = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    axis = prop_def(IntegerAttr[I64])
    epsilon = prop_def(FloatAttr[Float64Type])
    assembly_format = (
        "$operand `scale` $scale (`bias` $bias^)? `axis` $axis `epsilon` $epsilon attr-dict `:` "
        "type($operand) `,` type($scale) (`,` type($bias)^)?"
    )

    def __init__(
        self,
        operand: SSAValue,
        scale: SSAValue,
        bias: SSAValue | None,
        axis: int,
        epsilon: float,
    ) -> None:
        super().__init__(
            [operand, scale, bias],
            {"axis": IntegerAttr(axis, i64), "epsilon": FloatAttr(epsilon, f64)},
        )

    @property
    def dims(self) -> tuple[int, ...]:
        """The normalised dimensions, counted from the front."""
        rank = len(shape_of(self.operand))
        return tuple(range(normal_axis(self.axis.value.data, rank), rank))

    def infer(self) -> TensorType[Attribute]:
        check_element(same_element(self.operands), FLOATS)
        shape = shape_of(self.operand)
        inner = shape[self.dims[0] :]
        for value in self.operands[1:]:
            if not broadcasts_to(shape_of(value), inner):
                raise VerifyException(
                    f"scale or bias {shape_text(shape_of(value))} does not broadcast to the "
                    f"normalised dimensions {shape_text(inner)}"
                )
        return tensor_type(self.operand)


@irdl_op_definition
class BatchNormOp(TeOp):
    """`(x - mean) / sqrt(variance + epsilon) * scale + bias` per channel, rounded once.

    Channels are dimension 1; scale, bias, mean and variance have one element for each.
    """

    name = "te.batch_norm"
    operand = operand_def(SAME)
    result = result_def(SAME)
    scale = operand_def(TensorType)
    bias = operand_def(TensorType)
    mean = operand_def(TensorType)
    variance = operand_def(TensorType)
    epsilon = prop_def(FloatAttr[Float64Type])
    assembly_format = (
        "$operand `scale` $scale `bias` $bias `mean` $mean `variance` $variance `epsilon` $epsilon "
        "attr-dict `:` type($operand) `,` type($scale) `,` type($bias) `,` type($mean) `,` "
        "type($variance)"
    )

    def __init__(
        self,
        operand: SSAValue,
        scale: SSAValue,
        bias: SSAValue,
        mean: SSAValue,
        variance: SSAValue,
        epsilon: float,
    ) -> None:
        super().__init__(
            [operand, scale, bias, mean, variance], {"epsilon": FloatAttr(epsilon, f64)}
        )

    def infer(self) -> TensorType[Attribute]:
        for value in self.operands:
            check_element(element_of(value), FLOATS)
        shape = shape_of(self.operand)
        if len(shape) < 2:
            raise VerifyException(f"got {shape_text(shape)}, takes batch, channels and more")
        for value in self.operands[1:]:
            if shape_of(value) != (shape[1],):
                raise VerifyException(
                    f"scale, bias, mean and variance take one element for each of the {shape[1]} "
                    f"channels, got {shape_text(shape_of(value))}"
                )
        return tensor_type(self.operand)


class Approximate(StrEnum):
    """How gelu is defined: by erf, or by the usual tanh formula."""

    NONE = "none"
    TANH = "tanh"


@irdl_attr_definition
class ApproximateAttr(EnumAttribute[Approximate], SpacedOpaqueSyntaxAttribute):
    name = "te.approximate"


@irdl_op_definition
class GeluOp(TeOp):
    """`x / 2 * (1 + erf(x / sqrt 2))`, or `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`.

    Rounded once. (Hendrycks and Gimpel, arXiv:1606.08415.)
    """

    name = "te.gelu"
    operand = operand_def(SAME)
    result = result_def(SAME)
    approximate = prop_def(ApproximateAttr)
    assembly_format = "$operand `approximate` $approximate attr-dict `:` type($operand)"

    def __init__(self, operand: SSAValue, approximate: Approximate | str = "none") -> None:
        super().__init__([operand], {"approximate": ApproximateAttr(Approximate(approximate))})

    def infer(self) -> TensorType[Attribute]:
        check_element(element_of(self.operand), FLOATS)
        return tensor_type(self.operand)


@irdl_op_definition
class OneHotOp(TeOp):
    """`on` where the place along a new dimension equals the operand's element, else `off`.

        %y = te.one_hot %x axis -1 depth 10 on 1 : i32 off 0 : i32 : tensor<4xi32> -> tensor<4x10xi32>

    The new dimension is number `axis` of the result. Elements outside of `0 .. depth - 1` give
    `off` alone.
    """  # noqa: E501

    name = "te.one_hot"
    operand = operand_def(TensorType)
    axis = prop_def(IntegerAttr[I64])
    depth = prop_def(IntegerAttr[I64])
    on = prop_def(FloatAttr | IntegerAttr)
    off = prop_def(FloatAttr | IntegerAttr)
    assembly_format = (
        "$operand `axis` $axis `depth` $depth `on` $on `off` $off attr-dict `:` type($operand) "
        "`->` type($result)"
    )

    def __init__(
        self, operand: SSAValue, axis: int, depth: int, on: float, off: float, element: Attribute
    ) -> None:
        super().__init__(
            [operand],
            {
                "axis": IntegerAttr(axis, i64),
                "depth": IntegerAttr(depth, i64),
                "on": scalar_attribute(on, element),
                "off": scalar_attribute(off, element),
            },
        )

    @property
    def dim(self) -> int:
        """The new dimension counted from the front."""
        return normal_axis(self.axis.value.data, len(shape_of(self.operand)) + 1)

    def infer(self) -> TensorType[Attribute]:
        check_element(element_of(self.operand), (i32,))
        if self.on.type != self.off.type:
            raise VerifyException(f"on is {self.on.type}, off is {self.off.type}")
        check_element(self.on.type, (*FLOATS, i32))
        shape = list(shape_of(self.operand))
        shape.insert(self.dim, self.depth.value.data)
        return TensorType(self.on.type, shape)

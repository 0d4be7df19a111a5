"""Constants and ops that move elements without changing them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects.builtin import (
    AnyFloat,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    TensorType,
    i64,
)
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import ConstantLike, Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from akg_mlir.dialects.te.base import TeOp
from akg_mlir.dialects.te.structured import (
    StructuredOp,
    broadcast_map,
    dims_map,
    scalar,
    scalar_attribute,
)
from akg_mlir.dialects.te.types import (
    broadcasts_to,
    check_tensor,
    element_of,
    shape_of,
    shape_text,
    tensor_type,
)


@irdl_op_definition
class ConstantOp(IRDLOperation, StructuredOp):
    """A tensor known at compile time.

        %c = te.constant dense<1.0> : tensor<4xf32>

    A constant of one value ("splat") is a scalar of the bodies that use it.
    """

    name = "te.constant"
    value = prop_def(DenseIntOrFPElementsAttr)
    result = result_def(TensorType)
    traits = traits_def(Pure(), ConstantLike())

    def __init__(self, value: DenseIntOrFPElementsAttr) -> None:
        super().__init__(properties={"value": value}, result_types=[value.type])

    @classmethod
    def splat(cls, type_: TensorType[Attribute], value: float) -> ConstantOp:
        """A tensor of equal elements. Raises `VerifyException` when the value does not fit."""
        return cls.of([value], type_)

    @classmethod
    def of(cls, values: Sequence[float], type_: TensorType[Attribute]) -> ConstantOp:
        """A tensor of `values` in row-major order, or of one value repeated. Raises
        `VerifyException` when one does not fit."""
        check_tensor(type_)
        element, shape = type_.element_type, type_.get_shape()
        if isa(element, IntegerType):
            for value in values:
                if value != int(value):
                    raise VerifyException(f"te.constant: {value} is not an {element}")
            whole = TensorType(element, shape)
            return cls(DenseIntOrFPElementsAttr.from_list(whole, [int(v) for v in values]))
        if isinstance(element, AnyFloat):
            real = TensorType(element, shape)
            return cls(DenseIntOrFPElementsAttr.from_list(real, list(values)))
        raise VerifyException(f"te.constant: no constants of {element}")

    @property
    def splat_value(self) -> float | None:
        """The value of all elements, or None when they differ or there are none."""
        data = self.value.data.data
        size = self.value.get_element_type().compile_time_size
        if not data or data != data[:size] * (len(data) // size):
            return None
        first = next(iter(self.value.iter_values()))
        return first if isinstance(first, int | float) else None

    def verify_(self) -> None:
        type_ = self.value.type
        if not isa(type_, TensorType):
            raise VerifyException(f"the value has type {type_}, takes a tensor")
        check_tensor(type_)
        if self.result.type != type_:
            raise VerifyException(f"the result is {self.result.type}, the value {type_}")

    @classmethod
    def parse(cls, parser: Parser) -> ConstantOp:
        attributes = parser.parse_optional_attr_dict()
        value = parser.parse_attribute()
        if not isa(value, DenseIntOrFPElementsAttr):
            parser.raise_error("te.constant takes dense<...> : tensor<...>")
        op = cls(value)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_op_attributes(self.attributes)
        printer.print_string(" ")
        printer.print_attribute(self.value)

    @property
    def bounds(self) -> tuple[int, ...]:
        return shape_of(self.result)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        return ()

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        value = self.splat_value
        if value is None:
            raise VerifyException("only a constant of one value is a scalar")
        return scalar(builder, value, element_of(self.result))


@irdl_op_definition
class BroadcastToOp(TeOp, StructuredOp):
    """Repeat elements to a larger shape, as numpy broadcasts."""

    name = "te.broadcast_to"
    operand = operand_def(TensorType)
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($result)"

    def __init__(self, operand: SSAValue, shape: Sequence[int]) -> None:
        super().__init__([operand], declared=TensorType(element_of(operand), shape))

    def infer(self) -> TensorType[Attribute]:
        source, target = shape_of(self.operand), shape_of(self.results[0])
        if not broadcasts_to(source, target):
            raise VerifyException(
                f"shape {shape_text(source)} does not broadcast to {shape_text(target)}"
            )
        return TensorType(element_of(self.operand), target)

    @property
    def bounds(self) -> tuple[int, ...]:
        return shape_of(self.results[0])

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        return (broadcast_map(shape_of(self.operand), self.bounds),)

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return elements[0]


@irdl_op_definition
class TransposeOp(TeOp, StructuredOp):
    """Permute dimensions: dimension `i` of the result is dimension `perm[i]` of the operand."""

    name = "te.transpose"
    operand = operand_def(TensorType)
    perm = prop_def(DenseArrayBase.constr(i64))
    assembly_format = "$operand `perm` $perm attr-dict `:` type($operand) `->` type($result)"

    def __init__(self, operand: SSAValue, perm: Sequence[int]) -> None:
        super().__init__([operand], {"perm": DenseArrayBase.from_list(i64, list(perm))})

    @property
    def permutation(self) -> tuple[int, ...]:
        return self.perm.get_values()

    def infer(self) -> TensorType[Attribute]:
        shape = shape_of(self.operand)
        if sorted(self.permutation) != list(range(len(shape))):
            raise VerifyException(
                f"perm {list(self.permutation)} is not a permutation of the {len(shape)} dimensions"
            )
        return TensorType(element_of(self.operand), [shape[axis] for axis in self.permutation])

    @property
    def bounds(self) -> tuple[int, ...]:
        return shape_of(self.results[0])

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        perm = self.permutation
        return (dims_map(len(perm), [perm.index(axis) for axis in range(len(perm))]),)

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return elements[0]


@irdl_op_definition
class ReshapeOp(TeOp):
    """The same elements in row-major order under another shape. Free: a view of a buffer."""

    name = "te.reshape"
    operand = operand_def(TensorType)
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($result)"

    def __init__(self, operand: SSAValue, shape: Sequence[int]) -> None:
        super().__init__([operand], declared=TensorType(element_of(operand), shape))

    def infer(self) -> TensorType[Attribute]:
        source, target = tensor_type(self.operand), tensor_type(self.results[0])
        if math.prod(source.get_shape()) != math.prod(target.get_shape()):
            raise VerifyException(
                f"{shape_text(source.get_shape())} has {math.prod(source.get_shape())} elements, "
                f"{shape_text(target.get_shape())} has {math.prod(target.get_shape())}"
            )
        return TensorType(source.element_type, target.get_shape())


@irdl_op_definition
class SliceOp(TeOp, StructuredOp):
    """Every `strides[d]`-th element of dimension `d`, from `offsets[d]` on, as many as the result
    has; backwards where the stride is negative.

        %s = te.slice %x offsets [0, 2] strides [1, 3] : tensor<4x9xf32> -> tensor<4x3xf32>
    """

    name = "te.slice"
    operand = operand_def(TensorType)
    offsets = prop_def(DenseArrayBase.constr(i64))
    strides = prop_def(DenseArrayBase.constr(i64))
    assembly_format = (
        "$operand `offsets` $offsets `strides` $strides attr-dict `:` type($operand) `->` "
        "type($result)"
    )

    def __init__(
        self,
        operand: SSAValue,
        offsets: Sequence[int],
        sizes: Sequence[int],
        strides: Sequence[int] | None = None,
    ) -> None:
        """`strides` defaults to 1 in all dimensions."""
        steps = [1] * len(offsets) if strides is None else list(strides)
        super().__init__(
            [operand],
            {
                "offsets": DenseArrayBase.from_list(i64, list(offsets)),
                "strides": DenseArrayBase.from_list(i64, steps),
            },
            declared=TensorType(element_of(operand), sizes),
        )

    @property
    def ranges(self) -> tuple[range, ...]:
        """Per dimension: the positions that are taken."""
        sizes = shape_of(self.results[0])
        offsets, strides = self.offsets.get_values(), self.strides.get_values()
        return tuple(range(o, o + s * n, s) for o, s, n in zip(offsets, strides, sizes))

    def infer(self) -> TensorType[Attribute]:
        source, target = shape_of(self.operand), shape_of(self.results[0])
        offsets, strides = self.offsets.get_values(), self.strides.get_values()
        if not len(source) == len(target) == len(offsets) == len(strides):
            raise VerifyException(
                f"takes an offset, a stride and a size for each of the {len(source)} dimensions"
            )
        if 0 in strides:
            raise VerifyException("takes strides that are not 0")
        for dim, (taken, size) in enumerate(zip(self.ranges, source)):
            for element in (taken[0], taken[-1]):
                if not 0 <= element < size:
                    raise VerifyException(
                        f"element {element} of dimension {dim} is taken, it has {size}"
                    )
        return TensorType(element_of(self.operand), target)

    @property
    def bounds(self) -> tuple[int, ...]:
        return shape_of(self.results[0])

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        taken = [
            AffineExpr.dimension(dim) * positions.step + positions.start
            for dim, positions in enumerate(self.ranges)
        ]
        return (AffineMap(len(taken), 0, tuple(taken)),)

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return elements[0]


@irdl_op_definition
class PadOp(TeOp):
    """The operand with `low` elements of one value in front of each dimension, `high` behind it.

    %p = te.pad %x value 0.0 : f32 low [0, 1] high [0, 2] : tensor<4x5xf32> -> tensor<4x8xf32>
    """

    name = "te.pad"
    operand = operand_def(TensorType)
    low = prop_def(DenseArrayBase.constr(i64))
    high = prop_def(DenseArrayBase.constr(i64))
    value = prop_def(FloatAttr[AnyFloat] | IntegerAttr)
    assembly_format = (
        "$operand `value` $value `low` $low `high` $high attr-dict `:` type($operand) `->` "
        "type($result)"
    )

    def __init__(
        self, operand: SSAValue, low: Sequence[int], high: Sequence[int], value: float
    ) -> None:
        super().__init__(
            [operand],
            {
                "low": DenseArrayBase.from_list(i64, list(low)),
                "high": DenseArrayBase.from_list(i64, list(high)),
                "value": scalar_attribute(value, element_of(operand)),
            },
        )

    @property
    def amounts(self) -> tuple[tuple[int, int], ...]:
        """Per dimension: elements in front, elements behind."""
        return tuple(zip(self.low.get_values(), self.high.get_values()))

    def infer(self) -> TensorType[Attribute]:
        shape, element = shape_of(self.operand), element_of(self.operand)
        for name, amounts in (("low", self.low.get_values()), ("high", self.high.get_values())):
            if len(amounts) != len(shape) or any(amount < 0 for amount in amounts):
                raise VerifyException(
                    f"{name} is {list(amounts)}, takes a number of at least 0 for each of the "
                    f"{len(shape)} dimensions"
                )
        if self.value.type != element:
            raise VerifyException(f"the value is {self.value.type}, the elements are {element}")
        sizes = [low + size + high for size, (low, high) in zip(shape, self.amounts)]
        return TensorType(element, sizes)

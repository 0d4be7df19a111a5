"""Ops on sliding windows of images `[N, C, H, W]`: convolution and pooling.

Element `(i, j)` of the window of output `(h, w)` is the input at
`(h * stride_h + i * dilation_h - top, w * stride_w + j * dilation_w - left)`. Pads are
`[top, left, bottom, right]`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects.builtin import I64, DenseArrayBase, IntegerAttr, TensorType, UnitAttr, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import TeOp, check_element, same_element
from akg_mlir.dialects.te.contraction import ReductionAttr, accumulator, multiply
from akg_mlir.dialects.te.structured import Iterator, Reduction, StructuredOp
from akg_mlir.dialects.te.types import (
    FLOATS,
    NUMBERS,
    element_of,
    is_float,
    shape_of,
    shape_text,
)

_PARALLEL, _REDUCED = Iterator.PARALLEL, Iterator.REDUCTION
Pair = tuple[int, int]


def _ints(values: Sequence[int]) -> DenseArrayBase:
    return DenseArrayBase.from_list(i64, list(values))


class WindowOp(TeOp, ABC):
    """An op on the windows of its first operand, `[N, C, H, W]`."""

    strides = prop_def(DenseArrayBase.constr(i64))
    dilations = prop_def(DenseArrayBase.constr(i64))

    @property
    @abstractmethod
    def window(self) -> Pair:
        """Height and width of the window, in elements it reads."""

    @property
    def image_sizes(self) -> Pair:
        """Rows and columns of the image. Raises `VerifyException` for another rank than 4."""
        shape = shape_of(self.operands[0])
        if len(shape) != 4:
            raise VerifyException(
                f"the image is {shape_text(shape)}, takes rank 4: batch, channels, height, width"
            )
        return shape[2], shape[3]

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Rows and columns around the image: top, left, bottom, right."""
        return (0, 0, 0, 0)

    @property
    def steps(self) -> tuple[Pair, Pair]:
        """Strides and dilations, each along height and width."""
        (sh, sw), (dh, dw) = self.strides.get_values(), self.dilations.get_values()
        return (sh, sw), (dh, dw)

    def output_sizes(self) -> Pair:
        """Height and width of the result. Raises `VerifyException` where no window fits."""
        for name, values, length, least in (
            ("strides", self.strides.get_values(), 2, 1),
            ("dilations", self.dilations.get_values(), 2, 1),
            ("pads", self.padding, 4, 0),
        ):
            if len(values) != length or min(values) < least:
                raise VerifyException(
                    f"{name} are {list(values)}, take {length} integers of at least {least}"
                )
        height, width = self.image_sizes
        return self._output_size(0, height), self._output_size(1, width)

    def _output_size(self, axis: int, size: int) -> int:
        strides, dilations = self.steps
        reach = dilations[axis] * (self.window[axis] - 1) + 1
        padded = size + self.padding[axis] + self.padding[axis + 2]
        if reach > padded:
            raise VerifyException(
                f"a window spans {reach} of the {padded} elements of dimension {axis + 2}; "
                "it must fit once"
            )
        return (padded - reach) // strides[axis] + 1

    def elements_read(self) -> Pair:
        """How many rows and columns of the image some window has."""
        counts: list[int] = []
        for axis, outputs in enumerate(self.output_sizes()):
            strides, dilations = self.steps
            first = [output * strides[axis] - self.padding[axis] for output in range(outputs)]
            read = {f + k * dilations[axis] for f in first for k in range(self.window[axis])}
            counts.append(sum(0 <= row < self.image_sizes[axis] for row in read))
        return counts[0], counts[1]

    @property
    def has_gaps(self) -> bool:
        """Whether some rows or columns of the image are in no window."""
        return self.elements_read() != self.image_sizes

    def positions(self, output: Pair, window: Pair) -> list[AffineExpr]:
        """The row and column read, of iterators `output` (h, w) and `window` (i, j)."""
        strides, dilations = self.steps
        exprs: list[AffineExpr] = []
        for axis in (0, 1):
            outer, inner = (AffineExpr.dimension(dim[axis]) for dim in (output, window))
            exprs.append(outer * strides[axis] + inner * dilations[axis] - self.padding[axis])
        return exprs


@irdl_op_definition
class Conv2dOp(WindowOp, StructuredOp):
    """`y[n, o, h, w] = sum over c, i, j of x[n, g C/G + c, window element i j] * w[o, c, i, j]`.

    Operands: the image `[N, C, H, W]`, weights `[O, C/G, KH, KW]`; `g = o / (O/G)` is the group
    of an output channel. What the pads add is zero. Products are summed in
    `accumulator(operand type)` and rounded once to the result's type.
    Iterators without groups: n, o, h, w, c, i, j; with groups: n, g, o in the group, h, w, c, i, j.
    As a loop nest (`StructuredOp`) it has no pads: `te-decompose` pads the image first.
    """

    name = "te.conv2d"
    image = operand_def(TensorType)
    weights = operand_def(TensorType)
    pads = prop_def(DenseArrayBase.constr(i64))
    groups = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$image `,` $weights `strides` $strides `dilations` $dilations `pads` $pads `groups` "
        "$groups attr-dict `:` `(` type($image) `,` type($weights) `)` `->` type($result)"
    )

    def __init__(
        self,
        image: SSAValue,
        weights: SSAValue,
        strides: Sequence[int] = (1, 1),
        dilations: Sequence[int] = (1, 1),
        pads: Sequence[int] = (0, 0, 0, 0),
        groups: int = 1,
        element_type: Attribute | None = None,
    ) -> None:
        """`element_type` defaults to that of the operands (i32 for i8)."""
        element = element_of(image)
        default = element if is_float(element) else accumulator(element)
        super().__init__(
            [image, weights],
            {
                "strides": _ints(strides),
                "dilations": _ints(dilations),
                "pads": _ints(pads),
                "groups": IntegerAttr(groups, i64),
            },
            declared=TensorType(element_type or default, []),
        )

    @property
    def window(self) -> Pair:
        height, width = shape_of(self.weights)[2:]
        return height, width

    @property
    def padding(self) -> tuple[int, int, int, int]:
        return tuple(self.pads.get_values())  # pyright: ignore[reportReturnType]

    @property
    def group_count(self) -> int:
        """Number of groups of channels that do not see each other."""
        return self.groups.value.data

    def infer(self) -> TensorType[Attribute]:
        element = same_element(self.operands)
        check_element(element, NUMBERS)
        weights, image, groups = shape_of(self.weights), shape_of(self.image), self.group_count
        if len(weights) != 4:
            raise VerifyException(
                f"the weights are {shape_text(weights)}, take rank 4: output channels, input "
                "channels of a group, height, width"
            )
        height, width = self.output_sizes()
        if groups < 1 or image[1] != weights[1] * groups or weights[0] % groups:
            raise VerifyException(
                f"{image[1]} input and {weights[0]} output channels in {groups} groups with "
                f"weights for {weights[1]}: input channels must be groups times those of the "
                "weights, output channels a multiple of groups"
            )
        result = element_of(self.results[0])
        check_element(result, FLOATS if is_float(element) else (accumulator(element),))
        return TensorType(result, [image[0], weights[0], height, width])

    @property
    def bounds(self) -> tuple[int, ...]:
        batch, outputs, height, width = shape_of(self.results[0])
        groups = self.group_count
        channels = (outputs,) if groups == 1 else (groups, outputs // groups)
        return (batch, *channels, height, width, *shape_of(self.weights)[1:])

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        count = len(self.bounds)
        return (*[_PARALLEL] * (count - 3), *[_REDUCED] * 3)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        count = len(self.bounds)
        h, w, c, i, j = range(count - 5, count)
        inside, (batch, channel) = AffineExpr.dimension(c), self._leading(count)
        if self.group_count > 1:
            inside = AffineExpr.dimension(1) * shape_of(self.weights)[1] + inside
        image = [batch, inside, *self.positions((h, w), (i, j))]
        weights = [channel, *map(AffineExpr.dimension, (c, i, j))]
        return AffineMap(count, 0, tuple(image)), AffineMap(count, 0, tuple(weights))

    @property
    def result_map(self) -> AffineMap:
        count = len(self.bounds)
        outer = [AffineExpr.dimension(dim) for dim in (count - 5, count - 4)]
        return AffineMap(count, 0, (*self._leading(count), *outer))

    def _leading(self, count: int) -> tuple[AffineExpr, AffineExpr]:
        """Batch and output channel."""
        batch, channel = AffineExpr.dimension(0), AffineExpr.dimension(1)
        if self.group_count == 1:
            return batch, channel
        return batch, channel * self.bounds[2] + AffineExpr.dimension(2)

    @property
    def reduction(self) -> Reduction | None:
        return Reduction.ADD

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return multiply(builder, elements, element_of(self.results[0]))


@irdl_op_definition
class Pool2dOp(WindowOp, StructuredOp):
    """Combine the elements of each window.

    Sums and products of f16 and bf16 are accumulated in f32 and rounded once.
    Iterators: n, c, h, w, i, j.
    """

    name = "te.pool2d"
    kind = prop_def(ReductionAttr)
    operand = operand_def(TensorType)
    kernel = prop_def(DenseArrayBase.constr(i64))
    assembly_format = (
        "$kind $operand `kernel` $kernel `strides` $strides `dilations` $dilations attr-dict `:` "
        "type($operand) `->` type($result)"
    )

    def __init__(
        self,
        kind: Reduction | str,
        operand: SSAValue,
        kernel: Sequence[int],
        strides: Sequence[int] = (1, 1),
        dilations: Sequence[int] = (1, 1),
    ) -> None:
        super().__init__(
            [operand],
            {
                "kind": ReductionAttr(Reduction(kind)),
                "kernel": _ints(kernel),
                "strides": _ints(strides),
                "dilations": _ints(dilations),
            },
        )

    @property
    def window(self) -> Pair:
        return _window(self.kernel.get_values())

    def infer(self) -> TensorType[Attribute]:
        check_element(element_of(self.operand), NUMBERS)
        height, width = self.output_sizes()
        return TensorType(element_of(self.operand), [*shape_of(self.operand)[:2], height, width])

    @property
    def bounds(self) -> tuple[int, ...]:
        return (*shape_of(self.results[0]), *self.window)

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        return (*[_PARALLEL] * 4, *[_REDUCED] * 2)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        leading = map(AffineExpr.dimension, (0, 1))
        return (AffineMap(6, 0, (*leading, *self.positions((2, 3), (4, 5)))),)

    @property
    def result_map(self) -> AffineMap:
        return AffineMap(6, 0, tuple(map(AffineExpr.dimension, range(4))))

    @property
    def reduction(self) -> Reduction | None:
        return self.kind.data

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return elements[0]


def _window(sizes: Sequence[int]) -> Pair:
    if len(sizes) != 2 or min(sizes) < 1:
        raise VerifyException(f"the kernel is {list(sizes)}, takes 2 integers of at least 1")
    return sizes[0], sizes[1]


class PaddedPoolOp(WindowOp, ABC):
    """Pooling of a padded image, a composite."""

    operand = operand_def(TensorType)
    kernel = prop_def(DenseArrayBase.constr(i64))
    pads = prop_def(DenseArrayBase.constr(i64))

    @property
    def window(self) -> Pair:
        return _window(self.kernel.get_values())

    @property
    def padding(self) -> tuple[int, int, int, int]:
        return tuple(self.pads.get_values())  # pyright: ignore[reportReturnType]

    def _typed(self, accepted: Sequence[Attribute]) -> TensorType[Attribute]:
        check_element(element_of(self.operand), accepted)
        height, width = self.output_sizes()
        return TensorType(element_of(self.operand), [*shape_of(self.operand)[:2], height, width])

    def _check_not_empty(self) -> None:
        """Every window meets the image. Raises `VerifyException` otherwise."""
        strides, dilations = self.steps
        for axis, outputs in enumerate(self.output_sizes()):
            size = shape_of(self.operand)[axis + 2]
            for output in range(outputs):
                first = output * strides[axis] - self.padding[axis]
                reads = [first + k * dilations[axis] for k in range(self.window[axis])]
                if not any(0 <= position < size for position in reads):
                    raise VerifyException(
                        f"window {output} of dimension {axis + 2} holds padding only; use smaller "
                        "pads"
                    )


def _pool_properties(
    kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int], pads: Sequence[int]
) -> dict[str, Attribute | None]:
    return {
        "kernel": _ints(kernel),
        "strides": _ints(strides),
        "dilations": _ints(dilations),
        "pads": _ints(pads),
    }


@irdl_op_definition
class MaxPool2dOp(PaddedPoolOp):
    """The largest element of each window; padding does not count."""

    name = "te.max_pool2d"
    assembly_format = (
        "$operand `kernel` $kernel `strides` $strides `dilations` $dilations `pads` $pads "
        "attr-dict `:` type($operand) `->` type($result)"
    )

    def __init__(
        self,
        operand: SSAValue,
        kernel: Sequence[int],
        strides: Sequence[int] = (1, 1),
        dilations: Sequence[int] = (1, 1),
        pads: Sequence[int] = (0, 0, 0, 0),
    ) -> None:
        super().__init__([operand], _pool_properties(kernel, strides, dilations, pads))

    def infer(self) -> TensorType[Attribute]:
        result = self._typed(NUMBERS)
        self._check_not_empty()
        return result


@irdl_op_definition
class AvgPool2dOp(PaddedPoolOp):
    """The mean of each window, rounded once.

    Padding counts as zeros with `count_include_pad`; without, it does not count.
    """

    name = "te.avg_pool2d"
    count_include_pad = opt_prop_def(UnitAttr)
    assembly_format = (
        "$operand `kernel` $kernel `strides` $strides `dilations` $dilations `pads` $pads "
        "(`count_include_pad` $count_include_pad^)? attr-dict `:` type($operand) `->` "
        "type($result)"
    )

    def __init__(
        self,
        operand: SSAValue,
        kernel: Sequence[int],
        strides: Sequence[int] = (1, 1),
        dilations: Sequence[int] = (1, 1),
        pads: Sequence[int] = (0, 0, 0, 0),
        count_include_pad: bool = False,
    ) -> None:
        properties = _pool_properties(kernel, strides, dilations, pads)
        properties["count_include_pad"] = UnitAttr() if count_include_pad else None
        super().__init__([operand], properties)

    def infer(self) -> TensorType[Attribute]:
        result = self._typed(FLOATS)
        if self.count_include_pad is None:
            self._check_not_empty()
        return result

"""Pooling of images: as a loop nest, and of padded images (composites).

Images are `[N, C, H, W]`; the loop nest takes packed ones `[N, C1, H, W, C0]`, too.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence

from xdsl.builder import Builder
from xdsl.dialects.builtin import DenseArrayBase, TensorType, UnitAttr, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import check_element
from akg_mlir.dialects.te.contraction import ReductionAttr
from akg_mlir.dialects.te.structured import Iterator, Reduction, StructuredOp
from akg_mlir.dialects.te.types import FLOATS, NUMBERS, element_of, shape_of
from akg_mlir.dialects.te.window import Pair, WindowOp, integers

_PARALLEL, _REDUCED = Iterator.PARALLEL, Iterator.REDUCTION
PACKED = 5
"""Dimensions of an image in NC1HWC0."""


class PoolOp(WindowOp, ABC):
    """Pooling of an image by windows of `kernel` elements."""

    operand = operand_def(TensorType)
    kernel = prop_def(DenseArrayBase.constr(i64))

    def __init__(
        self,
        operand: SSAValue,
        kernel: Sequence[int],
        strides: Sequence[int],
        dilations: Sequence[int],
        properties: Mapping[str, Attribute | None],
    ) -> None:
        """`properties` are those that the kind of pooling adds."""
        windows = {"kernel": kernel, "strides": strides, "dilations": dilations}
        windows = {name: integers(values) for name, values in windows.items()}
        super().__init__([operand], {**windows, **properties})

    @property
    def window(self) -> Pair:
        sizes = self.kernel.get_values()
        if len(sizes) != 2 or min(sizes) < 1:
            raise VerifyException(f"the kernel is {list(sizes)}, takes 2 integers of at least 1")
        return sizes[0], sizes[1]

    def _pooled(self, accepted: Sequence[Attribute]) -> TensorType[Attribute]:
        """The type of the result. Raises `VerifyException` for other elements."""
        check_element(element_of(self.operand), accepted)
        height, width = self.output_sizes()
        *outer, _, _ = shape_of(self.operand)[:4]
        lanes = shape_of(self.operand)[4:]
        return TensorType(element_of(self.operand), [*outer, height, width, *lanes])


@irdl_op_definition
class Pool2dOp(PoolOp, StructuredOp):
    """Combine the elements of each window.

    Images are `[N, C, H, W]`, or packed as `[N, C1, H, W, C0]`.
    Sums and products of f16 and bf16 are accumulated in f32 and rounded once.
    Iterators: those of the result, i, j.
    """

    name = "te.pool2d"
    kind = prop_def(ReductionAttr)
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
        added = {"kind": ReductionAttr(Reduction(kind))}
        super().__init__(operand, kernel, strides, dilations, added)

    @property
    def image_sizes(self) -> Pair:
        """Rows and columns. Raises `VerifyException` for another rank than 4 or 5."""
        shape = shape_of(self.operand)
        return (shape[2], shape[3]) if len(shape) == PACKED else super().image_sizes

    def infer(self) -> TensorType[Attribute]:
        return self._pooled(NUMBERS)

    @property
    def bounds(self) -> tuple[int, ...]:
        return (*shape_of(self.results[0]), *self.window)

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        return (*[_PARALLEL] * len(shape_of(self.operand)), *[_REDUCED] * 2)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        rank = len(shape_of(self.operand))
        n, c, *lanes = map(AffineExpr.dimension, (0, 1, *range(4, rank)))
        read = self.positions((2, 3), (rank, rank + 1))
        return (AffineMap(rank + 2, 0, (n, c, *read, *lanes)),)

    @property
    def result_map(self) -> AffineMap:
        rank = len(shape_of(self.operand))
        return AffineMap(rank + 2, 0, tuple(map(AffineExpr.dimension, range(rank))))

    @property
    def reduction(self) -> Reduction | None:
        return self.kind.data

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return elements[0]


class PaddedPoolOp(PoolOp, ABC):
    """Pooling of a padded image, a composite."""

    pads = prop_def(DenseArrayBase.constr(i64))

    def __init__(
        self,
        operand: SSAValue,
        kernel: Sequence[int],
        strides: Sequence[int] = (1, 1),
        dilations: Sequence[int] = (1, 1),
        pads: Sequence[int] = (0, 0, 0, 0),
        properties: Mapping[str, Attribute | None] | None = None,
    ) -> None:
        added = {"pads": integers(pads), **(properties or {})}
        super().__init__(operand, kernel, strides, dilations, added)

    @property
    def padding(self) -> tuple[int, int, int, int]:
        return tuple(self.pads.get_values())  # pyright: ignore[reportReturnType]

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


@irdl_op_definition
class MaxPool2dOp(PaddedPoolOp):
    """The largest element of each window; padding does not count."""

    name = "te.max_pool2d"
    assembly_format = (
        "$operand `kernel` $kernel `strides` $strides `dilations` $dilations `pads` $pads "
        "attr-dict `:` type($operand) `->` type($result)"
    )

    def infer(self) -> TensorType[Attribute]:
        result = self._pooled(NUMBERS)
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
        counted = {"count_include_pad": UnitAttr() if count_include_pad else None}
        super().__init__(operand, kernel, strides, dilations, pads, counted)

    def infer(self) -> TensorType[Attribute]:
        result = self._pooled(FLOATS)
        if self.count_include_pad is None:
            self._check_not_empty()
        return result

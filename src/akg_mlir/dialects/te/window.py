"""What ops on sliding windows of images `[N, C, H, W]` share: convolution and pooling.

Element `(i, j)` of the window of output `(h, w)` is the input at
`(h * stride_h + i * dilation_h - top, w * stride_w + j * dilation_w - left)`. Pads are
`[top, left, bottom, right]`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import DenseArrayBase, i64
from xdsl.ir.affine import AffineExpr
from xdsl.irdl import prop_def
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import TeOp
from akg_mlir.dialects.te.types import shape_of, shape_text

Pair = tuple[int, int]


def integers(values: Sequence[int]) -> DenseArrayBase:
    """Sizes, steps or pads as a property."""
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
        rows, columns = (len({row for row, _ in self._reads(axis)}) for axis in (0, 1))
        return rows, columns

    def taps_read(self) -> Pair:
        """How many rows and columns of the window are on the image for some output."""
        rows, columns = (len({tap for _, tap in self._reads(axis)}) for axis in (0, 1))
        return rows, columns

    def _reads(self, axis: int) -> Iterator[Pair]:
        """The elements of one dimension that are read, each with the tap that reads it."""
        strides, dilations = self.steps
        for output in range(self.output_sizes()[axis]):
            for tap in range(self.window[axis]):
                element = output * strides[axis] + tap * dilations[axis] - self.padding[axis]
                if 0 <= element < self.image_sizes[axis]:
                    yield element, tap

    @property
    def has_gaps(self) -> bool:
        """Whether some rows or columns of the image are in no window, or some taps never on it."""
        return (self.elements_read(), self.taps_read()) != (self.image_sizes, self.window)

    def positions(self, output: Pair, window: Pair) -> list[AffineExpr]:
        """The row and column read, of iterators `output` (h, w) and `window` (i, j)."""
        strides, dilations = self.steps
        exprs: list[AffineExpr] = []
        for axis in (0, 1):
            outer, inner = (AffineExpr.dimension(dim[axis]) for dim in (output, window))
            exprs.append(outer * strides[axis] + inner * dilations[axis] - self.padding[axis])
        return exprs

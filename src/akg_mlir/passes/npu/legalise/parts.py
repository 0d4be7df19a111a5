"""The parts in which a box gets what it needs in scratch, where that does not take all at once.

Operands that are straightened or become splats cost about what the instructions that read them do,
and windows that overlap share splats; long axes make long instructions. Which axes to cut therefore
depends on both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, prod

from akg_mlir.passes.npu.legalise.views import Box

Sizes = tuple[int, ...]


def parts(
    box: Box, grains: Mapping[int, int], fits: Callable[[Box], bool], cycles: Callable[[Box], int]
) -> Sizes:
    """How many entries of each axis a part has that `fits`, or as few as possible: one axis is cut
    after the other, where that costs least.

    `grains` has the axes that may be cut and what their entries must be multiples of; `cycles` is
    the cost of a part.
    """

    def cost(sizes: Sizes) -> int:
        count = prod(ceil(whole / size) for whole, size in zip(box.sizes, sizes))
        return count * cycles(Box(sizes, box.operands))

    sizes = box.sizes
    while not fits(Box(sizes, box.operands)):
        axes = [axis for axis, grain in grains.items() if sizes[axis] > grain]
        if not axes:
            break
        sizes = min((_cut(Box(sizes, box.operands), a, grains[a], fits) for a in axes), key=cost)
    return sizes


def _cut(box: Box, axis: int, grain: int, fits: Callable[[Box], bool]) -> Sizes:
    """About equal parts of an axis, as few as fit, or two where not even one grain does."""
    size = box.sizes[axis]

    def of(entries: int) -> Sizes:
        return (*box.sizes[:axis], entries, *box.sizes[axis + 1 :])

    low, high = 0, ceil(size / grain)
    while high - low > 1:
        middle = (low + high) // 2
        fitting = fits(Box(of(middle * grain), box.operands))
        low, high = (middle, high) if fitting else (low, middle)
    count = ceil(size / (low * grain)) if low else 2
    return of(ceil(size / count / grain) * grain)

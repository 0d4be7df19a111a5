"""The parts in which a box gets its splats, where scratch does not take all of them at once.

Splats cost about what the instructions that read them do, and windows that overlap share them; long
axes make long instructions. Which axes to cut therefore depends on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, gcd, prod

from akg_mlir.passes.npu.legalise.broadcast import planned, splat_bytes, splat_cycles
from akg_mlir.passes.npu.legalise.issue import cycles
from akg_mlir.passes.npu.legalise.transpose import ROWS
from akg_mlir.passes.npu.legalise.views import Box, Operand
from akg_mlir.targets.model import Target

Sizes = tuple[int, ...]


def parts(box: Box, broadcast: Sequence[Operand], limit: int, target: Target) -> Sizes:
    """How many entries of each axis a part has whose splats of the operands `broadcast` take at
    most `limit` bytes, or as few as possible: one axis is cut after the other, where that costs
    least."""
    return _Cutter(box, broadcast, limit, target).parts()


@dataclass(frozen=True)
class _Cutter:
    box: Box
    broadcast: Sequence[Operand]
    limit: int
    target: Target

    def parts(self) -> Sizes:
        sizes = self.box.sizes
        while not self.fits(sizes):
            axes = [axis for axis, grain in self.grains.items() if sizes[axis] > grain]
            if not axes:
                break
            sizes = min((self.cut(sizes, axis) for axis in axes), key=self.cost)
        return sizes

    @cached_property
    def grains(self) -> Mapping[int, int]:
        """The axes that splats vary along, and what parts of them must be multiples of: they start
        where blocks do."""
        return {
            axis: max(ROWS // gcd(operand.strides[axis], ROWS) for operand in self.broadcast)
            for axis in range(len(self.box.sizes) - 1)
            if any(operand.strides[axis] for operand in self.broadcast)
        }

    def fits(self, sizes: Sizes) -> bool:
        part = Box(sizes, self.box.operands)
        return sum(splat_bytes(part, operand) for operand in self.broadcast) <= self.limit

    def cost(self, sizes: Sizes) -> int:
        """Cycles of all parts of these sizes: splats, and the instructions that read them."""
        part = Box(sizes, self.box.operands)
        ready = part.with_sources({o: planned(part, o) for o in self.broadcast})
        splats = sum(splat_cycles(part, operand, self.target) for operand in self.broadcast)
        count = prod(ceil(whole / size) for whole, size in zip(self.box.sizes, sizes))
        return count * (splats + cycles(ready, self.target))

    def cut(self, sizes: Sizes, axis: int) -> Sizes:
        """About equal parts of an axis, as few as fit, or two where not even one grain does."""
        size, grain = sizes[axis], self.grains[axis]

        def of(entries: int) -> Sizes:
            return (*sizes[:axis], entries, *sizes[axis + 1 :])

        low, high = 0, ceil(size / grain)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.fits(of(middle * grain)) else (low, middle)
        count = ceil(size / (low * grain)) if low else 2
        return of(ceil(size / count / grain) * grain)

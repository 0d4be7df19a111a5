"""How many columns a slice has."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from xdsl.ir import SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.views import resolve
from akg_mlir.passes.npu.slices.axis import Axis, bytes_of, memrefs
from akg_mlir.polyhedral.tile_model import SLICES
from akg_mlir.targets import Target

LEAST = 32768
"""Bytes of L0C that a slice has at least; poly-tile counts on larger ones only."""
COPIES = 2
"""Buffers for a step or a slice, so that loads, products and stores overlap."""


@dataclass(frozen=True)
class Sizes:
    """Sizes for the results of kernels."""

    target: Target

    def multiplied(self, axis: Axis, result: SSAValue) -> int:
        """Blocks of columns in a slice that is multiplied, all of them if that is not worth it."""
        return ceil(axis.extent / max(1, min(SLICES, bytes_of([result]) // LEAST)))

    def moved(self, axis: Axis, result: SSAValue) -> int:
        """Blocks of columns in a slice that is only moved: one is stored while another leaves
        L0C, where that takes two moves."""
        if not axis.buffers(npu.Space.UB):
            return axis.extent
        worth = max(1, min(COPIES, bytes_of([result]) // LEAST))
        return min(self.fitting(axis), ceil(axis.extent / worth))

    def fitting(self, axis: Axis) -> int:
        """Blocks of columns of which UB holds two slices."""
        if not axis.buffers(npu.Space.UB):
            return axis.extent
        return max(1, int(self.target.memories["ub"] // COPIES / (_live(axis) / axis.extent)))


def _live(axis: Axis) -> int:
    """The most bytes of UB that hold something at one of the ops along an axis."""
    places: dict[SSAValue, list[int]] = {buffer: [] for buffer in axis.buffers(npu.Space.UB)}
    for place, op in enumerate(axis.ops):
        for base in {resolve(value).base for value in memrefs(op)} & places.keys():
            places[base].append(place)
    return max(
        bytes_of(b for b, used in places.items() if used[0] <= place <= used[-1])
        for place in range(len(axis.ops))
    )

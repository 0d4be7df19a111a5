"""How many columns a slice has, and how many blocks of k are left to the slices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, prod

from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.fractals import FRACTAL_BYTES, SIDE
from akg_mlir.passes.npu.legalise.views import byte_size, resolve
from akg_mlir.passes.npu.slices.axis import Axis, memrefs
from akg_mlir.passes.npu.slices.late_blocks import Steps
from akg_mlir.polyhedral.tile_model import SLICES
from akg_mlir.targets import Target

LEAST = 32768
"""Bytes of L0C that a slice has at least; poly-tile counts on larger ones only."""
COPIES = 2
"""Buffers for a step or a slice, so that loads, products and stores overlap."""


@dataclass(frozen=True)
class Sizes:
    """Sizes for the results of one kernel."""

    kernel: FuncOp
    target: Target

    def multiplied(self, axis: Axis, result: SSAValue) -> int:
        """Blocks of columns in a slice that is multiplied, all of them if that is not worth it."""
        return ceil(axis.extent / max(1, min(SLICES, _bytes([result]) // LEAST)))

    def moved(self, axis: Axis, result: SSAValue) -> int:
        """Blocks of columns in a slice that is only moved: one is stored while another leaves
        L0C."""
        worth = max(1, min(COPIES, _bytes([result]) // LEAST))
        return min(self.fitting(axis), ceil(axis.extent / worth))

    def fitting(self, axis: Axis) -> int:
        """Blocks of columns of which UB holds two slices."""
        return max(1, int(self.target.memories["ub"] // COPIES / (_live(axis) / axis.extent)))

    def late_blocks(self, steps: Steps, axis: Axis, result: SSAValue, columns: int) -> int:
        """Blocks of every step over k to leave to the slices, maybe none: what makes the last store
        end soonest, as far as L1 holds them besides what the steps need."""
        left, right = (_bytes([resolve(v.dst).base]) for v in (steps.left, steps.right))
        blocks, part = steps.axis.extent, columns / axis.extent
        counts = [0]
        for count in range(1, blocks):
            early = COPIES * (left + right) * (blocks - count)
            late = steps.trips * (left + COPIES * part * right) * count
            if early + late <= self.target.memories["l1"] * blocks:
                counts.append(count)
        return min(counts, key=lambda count: self._end(steps, axis, result, part, count))

    def _end(self, steps: Steps, axis: Axis, result: SSAValue, part: float, count: int) -> float:
        """About how many cycles pass until a tile is stored that leaves `count` blocks of every
        step to slices with a `part` of the columns: loads and products run side by side, and so do
        the products of a slice and the store of the one before."""
        gm = self.target.gm
        left, right = (_bytes([resolve(v.dst).base]) for v in (steps.left, steps.right))
        late = count / steps.axis.extent
        blocks, columns = right / axis.extent / FRACTAL_BYTES, axis.extent * part
        rows = _elements(result) // SIDE**2 // axis.extent
        windows = isinstance(steps.product, npu.ConvOp)
        multiply = steps.trips * self._multiply(rows, axis.extent, blocks * (1 - late), windows)
        cores = npu.cores_of(self.kernel)
        load = steps.trips * 2 / (gm.l2_read + gm.dram_share(cores))  # half of it from L2
        store = self._stored(axis) / gm.dram_share(cores)
        first = right * (1 - late * (1 - part))
        begin = max(multiply, load * (left + first))
        if not count:
            return max(multiply, load * (left + right)) + store
        each = self._multiply(rows, columns, steps.trips * blocks * late, windows)
        each = max(each, load * right * late * part)
        return begin + each + max(store, each * (1 / part - 1) + store * part)

    def _multiply(self, rows: int, columns: float, blocks: float, windows: bool) -> float:
        """Cycles to multiply fractals: of two steps that take turns at the halves of L0 one loads
        while the other multiplies, and waits for the result of the one before."""
        target, cube = self.target, self.target.cube
        paths = [target.paths["l1", space] for space in ("l0a", "l0b")]
        halves = [target.memories[space] // 2 // FRACTAL_BYTES for space in ("l0a", "l0b")]
        steps = ceil(blocks / max(1, min(halves[0] // rows, halves[1] // ceil(columns))))
        mad = rows * columns * blocks * cube.fractal_cycles + steps * cube.startup
        left, right = (FRACTAL_BYTES * blocks / path.bytes_per_cycle for path in paths)
        startups = [cube.load3d_startup if windows else paths[0].startup, paths[1].startup]
        loads = min(blocks, blocks if windows else steps * rows)
        feed = left * rows + right * columns + loads * startups[0] + steps * startups[1]
        waits = steps * (cube.latency + paths[0].latency + 2 * target.flag_latency)
        return max(mad, (mad + feed + waits) / COPIES)

    def _stored(self, axis: Axis) -> int:
        """Bytes of a tile that the ops along an axis store."""
        return _bytes(
            op.src
            for op in axis.ops
            if isinstance(op, npu.DmaOp) and npu.space_of(op.dst.type) is npu.Space.GM
        )


def _live(axis: Axis) -> int:
    """The most bytes of UB that hold something at one of the ops along an axis."""
    places: dict[SSAValue, list[int]] = {buffer: [] for buffer in axis.buffers(npu.Space.UB)}
    for place, op in enumerate(axis.ops):
        for base in {resolve(value).base for value in memrefs(op)} & places.keys():
            places[base].append(place)
    return max(
        _bytes(b for b, used in places.items() if used[0] <= place <= used[-1])
        for place in range(len(axis.ops))
    )


def _elements(value: SSAValue) -> int:
    return prod(npu.memref_type(value).get_shape())


def _bytes(values: Iterable[SSAValue]) -> int:
    """Bytes of the elements of buffers or views."""
    return sum(_elements(v) * byte_size(npu.memref_type(v).element_type) for v in values)

"""What is left to the slices of a result: some blocks of k, or all of it for the last columns.

Estimates of when the last store of a tile ends, where a core has one tile: loads and products run
side by side, and so do the products of a slice and the store of what is done before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil

from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.fractals import FRACTAL_BYTES, SIDE
from akg_mlir.passes.npu.legalise.views import resolve
from akg_mlir.passes.npu.slices.axis import Axis, bytes_of, elements_of
from akg_mlir.passes.npu.slices.late_blocks import Steps
from akg_mlir.passes.npu.slices.sizes import COPIES
from akg_mlir.targets import Target

MOST = 3
"""Slices of columns that are left to the end at most."""
PARTS = (2, 4)
"""Loads of the right operand of such a slice: a product need not wait for all of k."""


@dataclass(frozen=True)
class LateBlocks:
    """`cycles` until a tile is stored of which slices multiply the last `count` blocks of every
    step over k."""

    cycles: float
    count: int


@dataclass(frozen=True)
class LateColumns:
    """`cycles` until a tile is stored of which the `first` blocks of columns are multiplied while
    the left operand comes, and the `slices` after each other, all of k in some `parts`."""

    cycles: float
    first: int
    slices: tuple[int, ...]
    parts: int


@dataclass(frozen=True)
class Schedules:
    """Schedules of a loop over k whose result, in columns along `axis`, is moved and stored."""

    kernel: FuncOp
    target: Target
    steps: Steps
    axis: Axis
    result: SSAValue

    def late_blocks(self, columns: int) -> LateBlocks:
        """The best count for slices of `columns`, maybe none, as far as L1 holds late blocks
        besides what the steps need."""
        steps, blocks, part = self.steps, self.steps.axis.extent, columns / self.axis.extent
        left, right = self._bytes
        counts = [0]
        for count in range(1, blocks):
            early = COPIES * (left + right) * (blocks - count)
            late = steps.trips * (left + COPIES * part * right) * count
            if early + late <= self.target.memories["l1"] * blocks:
                counts.append(count)
        found = [LateBlocks(self._with_late_blocks(part, count), count) for count in counts]
        return min(found, key=lambda late: late.cycles)

    def late_columns(self) -> LateColumns | None:
        """The best first columns and slices, if L1 holds the left operand besides what steps of the
        largest of them need of the right one."""
        extent, (left, right) = self.axis.extent, self._bytes
        trips, right = self.steps.trips, right / extent
        room = self.target.memories["l1"] - left * trips
        times = [0.0, *(self._products(n) for n in range(1, extent))]
        found: list[LateColumns] = []
        for parts, first in product(PARTS, range(1, extent)):
            most = (room - COPIES * right * first) * parts / (right * trips * COPIES)
            for slices in _falling(extent - first, int(most), MOST):
                cycles = self._with_late_columns(first, slices, parts, times)
                found.append(LateColumns(cycles, first, slices, parts))
        return min(found, key=lambda late: late.cycles, default=None)

    @property
    def _bytes(self) -> tuple[int, int]:
        """Bytes of L1 for the operands of a step."""
        loads = (self.steps.left, self.steps.right)
        left, right = (bytes_of([resolve(load.dst).base]) for load in loads)
        return left, right

    def _with_late_blocks(self, part: float, count: int) -> float:
        """Cycles until all is stored if slices, each a `part` of the columns, multiply the last
        `count` blocks of every step."""
        steps, extent = self.steps, self.axis.extent
        late, blocks = count / steps.axis.extent, self._blocks
        left, right = (self._loaded(load) for load in (steps.left, steps.right))
        multiply = self._in_loop(extent, blocks * (1 - late))
        begin = self._side_by_side(multiply, left + right * (1 - late * (1 - part)))
        if not count:
            return begin + self._stored
        each = self._multiply(extent * part, steps.trips * blocks * late)
        each = max(each, right * late * part)
        return begin + each + max(self._stored, each * (1 / part - 1) + self._stored * part)

    def _products(self, columns: int) -> float:
        """Cycles of the products of some columns, for all of k."""
        return self._multiply(columns, self.steps.trips * self._blocks)

    def _with_late_columns(
        self, first: int, slices: Sequence[int], parts: int, times: Sequence[float]
    ) -> float:
        """Cycles until all is stored; `times`: those of the products of so many columns. A product
        starts when its part of k has come, and waits for the cube to start."""
        left, right = (self._loaded(load) for load in (self.steps.left, self.steps.right))
        right, stored = right / self.axis.extent, self._stored / self.axis.extent
        loaded = left + right * first
        multiplied = self._side_by_side(self._in_loop(first, self._blocks), loaded)
        leaves = multiplied + stored * first
        for columns in slices:
            begin = max(multiplied, loaded + right * columns / parts)
            loaded += right * columns
            products = times[columns] + parts * self.target.cube.latency
            multiplied = max(begin + products, loaded + products / parts)
            leaves = max(leaves, multiplied) + stored * columns
        return leaves

    def _side_by_side(self, multiply: float, load: float) -> float:
        """Cycles of steps whose products and loads take so long: the first one has to be loaded,
        the last one to be multiplied."""
        return max(multiply, load) + min(multiply, load) / self.steps.trips

    @property
    def _blocks(self) -> float:
        """Blocks of k in a step: fractals of its right operand in a column."""
        return self._bytes[1] / self.axis.extent / FRACTAL_BYTES

    @property
    def _stored(self) -> float:
        """Cycles to store a tile."""
        share, cycles = self.target.gm.dram_share(npu.cores_of(self.kernel)), 0.0
        for op in self.axis.ops:
            if isinstance(op, npu.DmaOp) and npu.space_of(op.dst.type) is npu.Space.GM:
                path = self.target.paths[npu.space_of(op.src.type).value, "gm"]
                cycles += bytes_of([op.dst]) / (path.bytes_per_cycle if path.posted else share)
        return cycles

    def _loaded(self, load: npu.DmaOp) -> float:
        """Cycles to load an operand for all steps: the first core to read something waits for DRAM,
        the others for L2."""
        gm, cores = self.target.gm, npu.cores_of(self.kernel)
        moved = bytes_of([load.dst]) * self.steps.trips
        miss = min(1, bytes_of([resolve(load.src).base]) / (moved * cores))
        startups = self.target.paths["gm", "l1"].startup * self.steps.trips
        return startups + moved * (miss / gm.dram_share(cores) + (1 - miss) / gm.l2_read)

    def _in_loop(self, columns: float, blocks: float) -> float:
        """Cycles of the products of a loop over k, which has an even number of steps through L0 in
        every iteration."""
        return self.steps.trips * self._multiply(columns, blocks, multiple=COPIES)

    def _multiply(self, columns: float, blocks: float, multiple: int = 1) -> float:
        """Cycles to multiply fractals: of two steps that take turns at the halves of L0 one loads
        while the other multiplies, and waits for the result of the one before."""
        target, cube = self.target, self.target.cube
        rows = elements_of(self.result) // SIDE**2 // self.axis.extent
        windows = isinstance(self.steps.product, npu.ConvOp)
        paths = [target.paths["l1", space] for space in ("l0a", "l0b")]
        halves = [target.memories[space] // 2 // FRACTAL_BYTES for space in ("l0a", "l0b")]
        most = max(1, min(halves[0] // rows, halves[1] // ceil(columns)))
        steps = ceil(ceil(blocks / most) / multiple) * multiple
        mad = rows * columns * blocks * cube.fractal_cycles + steps * cube.startup
        left, right = (FRACTAL_BYTES * blocks / path.bytes_per_cycle for path in paths)
        starts = blocks * cube.load3d_startup
        if not windows:
            starts = min(starts, steps * rows * paths[0].startup)
        feed = left * rows + right * columns + starts + steps * paths[1].startup
        waits = steps * (cube.latency + paths[0].latency + 2 * target.flag_latency)
        return max(mad, feed, (mad + feed + waits) / COPIES)


def _falling(total: int, most: int, count: int) -> Iterator[tuple[int, ...]]:
    """The ways to write `total` as at most `count` numbers up to `most`, the largest first."""
    if not total:
        yield ()
    elif count:
        for first in range(1, min(total, most) + 1):
            for rest in _falling(total - first, first, count - 1):
                yield (first, *rest)

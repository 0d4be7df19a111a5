"""Sums of products on the vector unit: where their lanes go, and what they take in a tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import islpy as isl
import numpy as np

from akg_mlir.polyhedral.model_sides import slopes_of
from akg_mlir.polyhedral.point_bands import contiguous_last, stride
from akg_mlir.polyhedral.scop import Access, Statement
from akg_mlir.polyhedral.tile_extents import product as whole
from akg_mlir.polyhedral.tile_grid import Numbers
from akg_mlir.polyhedral.tile_machine import Machine
from akg_mlir.polyhedral.tile_model import VectorProduct

SCRATCH_SHARE = 8
"""Products go through this part of UB at a time, as `npu-legalise` has it."""
SPLAT = 16
"""Lanes of a splat, and elements of a repeated factor that stay together."""
FOLDED = 5
"""Instructions that fold the lanes of one block."""


TURNED = 1.5
"""What turning a factor takes of its transposes: they are moved in front and behind, too."""


def vector_product(statement: Statement) -> VectorProduct | None:
    """What an update sums on the vector unit, None if that is no product of different tensors."""
    if statement.reduction is None or not statement.writes:
        return None
    result = statement.writes[0]
    factors = [access for access in statement.reads if access.array != result.array]
    if len({access.array for access in factors}) < 2:
        return None
    rank = statement.rank
    lanes = contiguous_last(statement, rank)[-1]
    kept = stride(result, lanes) != 0
    staying = [access for access in factors if stride(access, lanes) == 0]
    if not kept:
        return VectorProduct(lanes, kept, (), (), ())
    repeated = _subscripts(staying[0], rank) if staying else ()
    turned = [access for access in factors if stride(access, lanes) is None]
    return VectorProduct(
        lanes,
        kept,
        repeated,
        tuple(_subscripts(access, rank) for access in turned),
        _runs(statement, lanes),
    )


def _subscripts(access: Access, rank: int) -> tuple[tuple[float, ...], ...]:
    """What the subscripts of an access move by per step of every dimension; where they divide
    dimensions, as if each of these had a subscript of its own."""
    if not any(index.dim(isl.dim_type.div) for index in access.index):
        return tuple(slopes_of(index, rank) for index in access.index)
    moving = (d for d in range(rank) if stride(access, d) != 0)
    return tuple(tuple(float(k == d) for k in range(rank)) for d in moving)


def _runs(statement: Statement, lanes: int) -> tuple[tuple[int, ...], ...]:
    """The dimensions beside the lanes, those together that every reference walks as one: each is
    the row around the next one, which is alone in its subscript."""
    moves = [[slopes_of(i, statement.rank) for i in a.index] for a in statement.accesses]

    def follow(outer: int, inner: int) -> bool:
        for subscripts in moves:
            around = [k for k, slopes in enumerate(subscripts) if slopes[outer]]
            inside = [k for k, slopes in enumerate(subscripts) if slopes[inner]]
            alone = all(sum(subscripts[k]) == 1 for k in inside)
            steps = all(subscripts[k][outer] == 1 for k in around)
            if not alone or not steps or [k + 1 for k in around] != inside:
                return False
        return True

    dims = [d for d in range(statement.rank) if d != lanes]
    runs: list[tuple[int, ...]] = []
    for d in dims:
        if runs and follow(runs[-1][-1], d):
            runs[-1] = (*runs[-1], d)
        else:
            runs.append((d,))
    return tuple(runs)


def cycles(
    product: VectorProduct, box: Numbers, element_bytes: int, slope: int, machine: Machine
) -> Numbers:
    """Cycles of a box of instances (a column per dimension) in one tile, `slope` per repeat."""
    if product.kept:
        return _InPlace(product, element_bytes, slope, machine).cycles(box)
    length = box[:, product.lanes]
    return _row_by_row(whole(box) / length, length * element_bytes, slope, machine)


def splat_bytes(
    product: VectorProduct, box: Numbers, element_bytes: int, machine: Machine
) -> Numbers:
    """Bytes of UB that splats take in a tile of such a box."""
    in_place = _InPlace(product, element_bytes, 1, machine)
    return np.minimum(in_place.room, in_place.splats(box)) * SPLAT * element_bytes


@dataclass(frozen=True)
class _InPlace:
    """An instruction walks one run of dimensions. A factor that stays along the lanes becomes
    splats, in parts of the box that are chosen as `npu-legalise` does (`parts`)."""

    product: VectorProduct
    element_bytes: int
    slope: int
    machine: Machine

    @property
    def room(self) -> float:
        """How many splats there is room for."""
        return self.machine.capacity["ub"] / SCRATCH_SHARE / (SPLAT * self.element_bytes)

    def cycles(self, box: Numbers) -> Numbers:
        sizes = self.parts(box)
        turned = [self.turning(box, np.array(factor).T) for factor in self.product.turned]
        return whole(np.ceil(box / sizes)) * self.of_part(sizes) + sum(turned, np.zeros(len(box)))

    def turning(self, box: Numbers, slopes: Numbers) -> Numbers:
        """Cycles to turn a factor, 16 blocks at a time."""
        blocks = whole(1 + (box - 1) @ slopes) * self.element_bytes / self.machine.block_bytes
        return TURNED * blocks * self.machine.slopes["vnchwconv"] / SPLAT

    def parts(self, box: Numbers) -> Numbers:
        """The sizes of parts whose splats fit, for every box: one dimension is cut after the other,
        where that costs least."""
        sizes = box
        while True:
            over = self.splats(sizes) > self.room
            choices = [self.cut(sizes, k) for k in range(len(self.product.repeated))]
            choices = [choice for cuts in choices for choice in cuts]
            if not over.any() or not choices:
                return sizes
            costs = [whole(np.ceil(box / c)) * self.of_part(c) for c in choices]
            moved = [(c != sizes).any(axis=1) for c in choices]
            costs = [np.where(m, cost, np.inf) for m, cost in zip(moved, costs)]
            best = np.argmin(np.stack(costs), axis=0)
            over &= np.stack(moved).any(axis=0)
            if not over.any():
                return sizes
            chosen = np.stack(choices)[best, np.arange(len(box))]
            sizes = np.where(over[:, None], chosen, sizes)

    def cut(self, sizes: Numbers, subscript: int) -> Iterator[Numbers]:
        """Sizes with one of the dimensions of a subscript cut: in the fewest equal parts that fit,
        or else in two."""
        slopes = np.array(self.product.repeated[subscript])
        extents = self.extents(sizes)
        others = whole(extents) / extents[:, subscript]
        is_last = subscript == len(self.product.repeated) - 1
        for d in np.flatnonzero(slopes):
            beside = extents[:, subscript] - slopes[d] * (sizes[:, d] - 1)
            grain = max(1, SPLAT // slopes[d]) if is_last else 1
            fitting = np.floor(((self.room / others - beside) / slopes[d] + 1) / grain) * grain
            fitting = np.where(fitting >= grain, fitting, sizes[:, d] / 2)
            size = np.ceil(sizes[:, d] / np.ceil(sizes[:, d] / fitting) / grain) * grain
            smaller = sizes.copy()
            smaller[:, d] = np.minimum(sizes[:, d], size)
            yield smaller

    def extents(self, sizes: Numbers) -> Numbers:
        """Extents of what becomes splats, a column per subscript: windows that overlap share
        them."""
        slopes = np.array(self.product.repeated).T
        return 1 + (sizes - 1) @ slopes

    def splats(self, sizes: Numbers) -> Numbers:
        """Elements that become splats."""
        return whole(self.extents(sizes)) if self.product.repeated else np.zeros(len(sizes))

    def of_part(self, sizes: Numbers) -> Numbers:
        """Cycles of a part."""
        lanes = self.product.lanes
        chunks = np.ceil(sizes[:, lanes] * self.element_bytes / self.machine.vector_bytes)
        counts = sizes.copy()
        counts[:, lanes] = chunks
        bytes_ = whole(sizes) * self.element_bytes
        side_by_side = np.ceil(bytes_ / self.machine.vector_bytes)  # short rows
        repeats = np.where(chunks > 1, whole(counts), side_by_side)
        walked = np.max(
            np.stack([chunks, *(whole(sizes[:, r]) for r in self.product.runs)]), axis=0
        )
        issues = np.ceil(repeats / np.minimum(walked, self.machine.vector_chunk))
        result = issues * self.machine.vector_startup + self.slope * repeats
        return result + self.of_splats(sizes) if self.product.repeated else result

    def of_splats(self, sizes: Numbers) -> Numbers:
        """Cycles to make the splats of a part: instructions walk blocks, or rows of them."""
        extents = self.extents(sizes)
        extents[:, -1] = np.ceil(extents[:, -1] * self.element_bytes / self.machine.block_bytes)
        blocks = whole(extents)
        walked = np.minimum(extents.max(axis=1), self.machine.vector_chunk)
        issues = np.ceil(blocks / walked)
        return issues * self.machine.vector_startup + blocks * self.machine.slopes["vnchwconv"]


def _row_by_row(rows: Numbers, row_bytes: Numbers, slope: int, machine: Machine) -> Numbers:
    """Rows are multiplied one by one into scratch, and there folded by halves to one block."""
    scratch = machine.capacity["ub"] / SCRATCH_SHARE
    pieces = np.ceil(row_bytes / scratch)
    repeats = rows * np.ceil(row_bytes / machine.vector_bytes)
    halves = np.log2(np.maximum(2, row_bytes / pieces / machine.block_bytes)) + FOLDED
    issues = rows * pieces + np.ceil(rows * row_bytes / scratch) * halves
    return issues * machine.vector_startup + slope * repeats

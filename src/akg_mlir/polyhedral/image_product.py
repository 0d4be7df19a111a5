"""Convolutions of packed images: what the cube does with loads by img2col.

An image in NC1HWC0 and weights in fractal_z need no rearrangement on chip: the cube reads both in
L1, and its loads put zeros where taps are outside the image. So the rows of a tile's product are
its output points, row after row, and the taps that the program leaves out cost nothing but the
multiplication.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.contraction import is_fractal
from akg_mlir.polyhedral.convolution import find_convolution
from akg_mlir.polyhedral.footprint import box
from akg_mlir.polyhedral.layouts import FRACTAL, Arrangement, Part, Rows
from akg_mlir.polyhedral.scop import Access, Statement
from akg_mlir.polyhedral.tile_boxes import TileBox, split_boxes

DIM = isl.dim_type


STEPPED = 2
"""The dimension of an image along which L1 leaves out what no window touches: its rows. A burst
moves what lies between two columns faster than it could leave it out."""


@dataclass(frozen=True)
class ImageProduct:
    """`C[n, n1, h, w, n0] += A[n, c1, y, x, c0] * B[c1, kh, kw, n1, n0, c0]`, or of every block of
    channels by itself `C[n, n1, h, w, n0] += A[n, n1, y, x, c0] * B[n1, kh, kw, n0, c0]`.

    `n` to `c0` are dimensions of the statement; y is where tap kh of the window at h is, x where
    tap kw of the one at w is. By blocks there is no `c1`.
    """

    n: int
    n1: int
    h: int
    w: int
    n0: int
    c1: int | None
    kh: int
    kw: int
    c0: int
    a: Access
    b: Access
    c: Access


def find_image_product(statement: Statement) -> ImageProduct | None:
    """The product a statement's references describe, or None if they describe none."""
    found = find_convolution(statement, batched=True)
    if found is None or len(found.cell) != 5 or len(found.axes) != 5 or len(found.kernel) < 5:
        return None
    n, n1, h, w, n0 = found.cell
    block, kh, kw, *outputs, c0 = found.kernel
    y, x = found.axes[2:4]
    if y.window is None or x.window is None:
        return None
    c1 = None if block == n1 else block
    blocks = (n1, None, None) if c1 is None else (None, None, c1)
    wanted = [(n, None, None), blocks, (h, kh, None), (w, kw, None), (None, None, c0)]
    axes = [(axis.point, axis.tap, axis.channel) for axis in found.axes]
    columns = [n0] if c1 is None else [n1, n0]
    if axes != wanted or outputs != columns or not _in_blocks(statement, n0, c0):
        return None
    return ImageProduct(n, n1, h, w, n0, c1, kh, kw, c0, found.a, found.b, found.c)


def _in_blocks(statement: Statement, *dims: int) -> bool:
    return all(is_fractal(statement, d) for d in dims)


def result_arrangement(sizes: Sequence[int], late: bool = False) -> Arrangement:
    """How a box [n, n1, h, w, n0] of the result lies in L0C and UB: its points are rows.

    In UB the points of some tiles start `late`, in a later row of the box. From there whole
    fractals are written, of which the last one needs room.
    """
    spare = int(late and sizes[3] % FRACTAL > 0)
    return Arrangement((Part(0), Part(1), Rows((2, 3), (sizes[2], sizes[3]), spare), Part(4)))


def starts_late(touched: isl.Map) -> bool:
    """Whether the points of a result [n, n1, h, w, n0] start after the corner of the box around
    them in some tile, as those do whose first rows are outside of the image."""
    corner = box(touched)
    for dim in (2, 3):
        first = _between(touched, dim).intersect(isl.Map.from_aff(corner.offsets[dim]))
        if not touched.domain().is_subset(first.domain()):
            return True
    return False


# -------------------------------------------------------------------------------------------- tiles


MOST_PLACES = 8
"""Tiles whose windows start at more places relative to their image are not told apart: every place
is code of its own. Kernels of up to 8 rows have no more taps than that."""


@dataclass(frozen=True)
class ImagePart:
    """What a tile's product reads of the image as it is in L1: `sizes` = (rows, columns), with
    `pads` = (top, left, bottom, right) of zeros around them, as far as the tile's windows reach
    that move by `strides` and `dilations`."""

    sizes: tuple[int, int]
    pads: tuple[int, int, int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]


def image_tiles(
    instances: isl.Map, product: ImageProduct, image: Access, shift: int
) -> list[tuple[TileBox, ImagePart]]:
    """Boxes of `tile -> instance`, the taps outside of the image included, and their images.

    `image` is where instances find A in L1; dimensions of the product are `shift` further in the
    instances. Raises `tree.TreeError` where the taps that are left out are not those outside of
    one rectangle of the image.
    """
    points = [d + shift for d in (product.h, product.w)]
    taps = [d + shift for d in (product.kh, product.kw)]
    every = _without(instances, taps).intersect(_without(instances, points))
    boxes = split_boxes(every)
    read = instances.apply_range(image.relation)
    rectangle = _between(read, 2).flat_range_product(_between(read, 3))
    parts = split_boxes(rectangle)
    if boxes is None or parts is None:
        raise tree.TreeError("tiles of windows on the cube are not boxes")
    inside = every.intersect(rectangle.apply_range(_selected(image.relation).reverse()))
    if not inside.is_equal(instances):
        raise tree.TreeError("taps are left out that are inside of the image: not on the cube")
    found: list[tuple[TileBox, ImagePart]] = []
    for whole in boxes:
        for part in parts:
            windows = [_InL1(image.index[k + 2], points[k], taps[k], whole) for k in (0, 1)]
            ahead = [offset.sub(axis.first) for axis, offset in zip(windows, part.offsets)]
            for tiles, before in _by_value(ahead, whole.tiles.intersect(part.tiles)):
                here = TileBox(tiles, whole.offsets, whole.sizes)
                found.append((here, _part(windows, before, part)))
    return found


def _without(instances: isl.Map, dims: Sequence[int]) -> isl.Map:
    """The instances with every value of some dimensions."""
    for dim in dims:
        instances = instances.eliminate(DIM.out, dim, 1)
    return instances


def _between(read: isl.Map, dim: int) -> isl.Map:
    """Tile -> from the least to the greatest index that it reads in one dimension."""
    count = read.dim(DIM.out)
    only = read.project_out(DIM.out, dim + 1, count - dim - 1).project_out(DIM.out, 0, dim)
    only = only.reset_tuple_id(DIM.out) if only.has_tuple_id(DIM.out) else only
    up = isl.Map("{ [i] -> [o] : o >= i }", context())
    down = isl.Map("{ [i] -> [o] : o <= i }", context())
    return only.lexmin().apply_range(up).intersect(only.lexmax().apply_range(down)).coalesce()


def _selected(image: isl.Map) -> isl.Map:
    """Instance -> row and column of the image."""
    plain = image.reset_tuple_id(DIM.out) if image.has_tuple_id(DIM.out) else image
    return plain.project_out(DIM.out, 4, 1).project_out(DIM.out, 0, 2)


@dataclass(frozen=True)
class _InL1:
    """The windows of a tile along one axis of its image in L1: `index` is what dimensions `point`
    and `tap` of the instances move."""

    index: isl.Aff
    point: int
    tap: int
    tile: TileBox

    @property
    def first(self) -> isl.Aff:
        """Where the first tap of the first window is."""
        instances = self.index.get_domain_space()
        tiles = self.tile.offsets[0].get_domain_space()
        corner = isl.MultiAff.zero(tiles.map_from_domain_and_range(instances))
        for k, offset in enumerate(self.tile.offsets):
            corner = corner.set_aff(k, offset)
        return self.index.pullback_multi_aff(corner)

    @property
    def stride(self) -> int:
        """From one window to the next."""
        return self._step(self.point)

    @property
    def dilation(self) -> int:
        """From one tap to the next."""
        return self._step(self.tap)

    @property
    def reach(self) -> int:
        """From the first to the last row or column that the windows touch."""
        points, taps = self.tile.sizes[self.point], self.tile.sizes[self.tap]
        return (points - 1) * self.stride + (taps - 1) * self.dilation + 1

    def _step(self, dim: int) -> int:
        if self.tile.sizes[dim] == 1:
            return 1
        factor = self.index.get_coefficient_val(DIM.in_, dim)
        rest = self.index.set_coefficient_val(DIM.in_, dim, isl.Val(0, context()))
        if rest.involves_dims(DIM.in_, dim, 1) or not factor.is_int() or not factor.is_pos():
            raise tree.TreeError("windows do not move in steps over the image in L1")
        return int(factor.to_python())


def _part(windows: Sequence[_InL1], before: Sequence[int], part: TileBox) -> ImagePart:
    after = [axis.reach - b - size for axis, b, size in zip(windows, before, part.sizes)]
    rows, columns = windows
    return ImagePart(
        (part.sizes[0], part.sizes[1]),
        (before[0], before[1], after[0], after[1]),
        (rows.stride, columns.stride),
        (rows.dilation, columns.dilation),
    )


def _by_value(distances: Sequence[isl.Aff], tiles: isl.Set) -> Iterator[tuple[isl.Set, list[int]]]:
    """The tiles by what the distances are there: they depend on the tap where taps are tiled."""
    if tiles.is_empty():
        return
    if not distances:
        yield tiles, []
        return
    first, *others = distances
    values = isl.PwAff.alloc(tiles, first)
    low, high = (int(v.to_python()) for v in (values.min_val(), values.max_val()))
    if high - low >= MOST_PLACES:
        raise tree.TreeError("tiles of windows on the cube start at too many places of a tile")
    for value in range(low, high + 1):
        here = isl.Set.from_basic_set(first.add_constant_val(isl.Val(-value)).zero_basic_set())
        for part, rest in _by_value(others, tiles.intersect(here)):
            yield part, [value, *rest]

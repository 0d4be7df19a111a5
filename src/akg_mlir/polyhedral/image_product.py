"""Convolutions of packed images: what the cube does with loads by img2col.

An image in NC1HWC0 and weights in fractal_z need no rearrangement on chip: the cube reads both in
L1, and its loads put zeros where taps are outside the image. So the rows of a tile's product are
its output points, row after row, and the taps that the program leaves out cost nothing but the
multiplication.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.contraction import is_fractal
from akg_mlir.polyhedral.convolution import Convolution, find_convolution
from akg_mlir.polyhedral.layouts import Arrangement, Part, Rows, Window
from akg_mlir.polyhedral.scop import Access, Statement
from akg_mlir.polyhedral.tile_boxes import TileBox, split_boxes

DIM = isl.dim_type


@dataclass(frozen=True)
class ImageProduct:
    """`C[n, n1, h, w, n0] += A[n, c1, y, x, c0] * B[c1, kh, kw, n1, n0, c0]`.

    `n` to `c0` are dimensions of the statement; `rows` says what y is of h and kh, `across` what x
    is of w and kw.
    """

    n: int
    n1: int
    h: int
    w: int
    n0: int
    c1: int
    kh: int
    kw: int
    c0: int
    rows: Window
    across: Window
    a: Access
    b: Access
    c: Access


def find_image_product(statement: Statement) -> ImageProduct | None:
    """The product a statement's references describe, or None if they describe none."""
    found = find_convolution(statement)
    if found is None or len(found.cell) != 5 or len(found.axes) != 5 or len(found.kernel) != 6:
        return None
    n, n1, h, w, n0 = found.cell
    c1, kh, kw, *outputs, c0 = found.kernel
    y, x = found.axes[2:4]
    if y.window is None or x.window is None:
        return None
    wanted = [(n, None, None), (None, None, c1), (h, kh, None), (w, kw, None), (None, None, c0)]
    axes = [(axis.point, axis.tap, axis.channel) for axis in found.axes]
    if axes != wanted or outputs != [n1, n0] or not _in_blocks(statement, n0, c0):
        return None
    return _product(found, y.window, x.window)


def _in_blocks(statement: Statement, *dims: int) -> bool:
    return all(is_fractal(statement, d) for d in dims)


def _product(found: Convolution, rows: Window, across: Window) -> ImageProduct:
    n, n1, h, w, n0 = found.cell
    c1, kh, kw, *_, c0 = found.kernel
    return ImageProduct(n, n1, h, w, n0, c1, kh, kw, c0, rows, across, found.a, found.b, found.c)


def result_arrangement(sizes: Sequence[int]) -> Arrangement:
    """How a box [n, n1, h, w, n0] of the result lies in L0C and UB: its points are rows."""
    return Arrangement((Part(0), Part(1), Rows((2, 3), (sizes[2], sizes[3])), Part(4)))


# -------------------------------------------------------------------------------------------- tiles


@dataclass(frozen=True)
class ImagePart:
    """What a tile's product reads of the image: `sizes` = (rows, columns), with `pads` = (top,
    left, bottom, right) of zeros around them, as far as the tile's windows reach."""

    sizes: tuple[int, int]
    pads: tuple[int, int, int, int]


def image_tiles(
    instances: isl.Map, product: ImageProduct, image: isl.Map, shift: int
) -> list[tuple[TileBox, ImagePart]]:
    """Boxes of `tile -> instance`, the taps outside of the image included, and their images.

    `image` maps instances to elements of A; dimensions of the product are `shift` further in the
    instances. Raises `tree.TreeError` where the taps that are left out are not those outside of
    one rectangle of the image.
    """
    points = [d + shift for d in (product.h, product.w)]
    taps = [d + shift for d in (product.kh, product.kw)]
    every = _without(instances, taps).intersect(_without(instances, points))
    boxes = split_boxes(every)
    read = instances.apply_range(image)
    rectangle = _between(read, 2).flat_range_product(_between(read, 3))
    parts = split_boxes(rectangle)
    if boxes is None or parts is None:
        raise tree.TreeError("tiles of windows on the cube are not boxes")
    inside = every.intersect(rectangle.apply_range(_selected(image).reverse()))
    if not inside.is_equal(instances):
        raise tree.TreeError("taps are left out that are inside of the image: not on the cube")
    found: list[tuple[TileBox, ImagePart]] = []
    for whole in boxes:
        for part in parts:
            tiles = whole.tiles.intersect(part.tiles)
            if not tiles.is_empty():
                here = TileBox(tiles, whole.offsets, whole.sizes)
                found.append((here, _part(here, product, part, shift)))
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


def _part(whole: TileBox, product: ImageProduct, part: TileBox, shift: int) -> ImagePart:
    axes = ((product.h, product.kh, product.rows), (product.w, product.kw, product.across))
    before: list[int] = []
    after: list[int] = []
    for k, (point, tap, window) in enumerate(axes):
        first = window.at(whole.offsets[point + shift], whole.offsets[tap + shift])
        before.append(_constant(part.offsets[k].sub(first), whole.tiles))
        reach = window.reach(whole.sizes[point + shift], whole.sizes[tap + shift])
        after.append(reach - before[-1] - part.sizes[k])
    height, width = part.sizes
    return ImagePart((height, width), (before[0], before[1], after[0], after[1]))


def _constant(distance: isl.Aff, tiles: isl.Set) -> int:
    values = isl.PwAff.alloc(tiles, distance)
    low, high = values.min_val(), values.max_val()
    if not low.eq(high):
        raise tree.TreeError("tiles of windows on the cube start at different places of a tile")
    return int(low.to_python())

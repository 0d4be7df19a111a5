"""Tiles for L0: the point band of a convolution is tiled again where its matrix overfills L0.

Img2col makes a matrix that is as many times larger than the image as the kernel has taps, so a tile
that fits L1 and UB seldom fits L0A. The new tile band is over output points alone: L1 and L0B keep
what they have across its tiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.convolution import Convolution, find_convolution
from akg_mlir.polyhedral.footprint import box
from akg_mlir.polyhedral.image_product import find_image_product
from akg_mlir.polyhedral.layouts import FRACTAL, Arrangement, blocked, whole
from akg_mlir.polyhedral.point_bands import dimension_of
from akg_mlir.polyhedral.scop import Scop, Statement
from akg_mlir.polyhedral.scopes import Executed, tile_map
from akg_mlir.polyhedral.units import universe

CUBE = "npu.cube"


def matrix(convolution: Convolution, sizes: Sequence[int]) -> Arrangement:
    """How points, taps and channels of a tile (`sizes` per dimension) lie in L0A."""
    rows, row = blocked(convolution.points, sizes)
    blocks, channel = blocked(convolution.channels, sizes)
    return Arrangement((*rows, *blocks, *whole(convolution.taps), row, channel))


def fit_l0(
    scop: Scop, root: tree.Domain, clones: Sequence[Executed], capacity: Mapping[str, int]
) -> tuple[tree.Domain, list[tree.Band]]:
    """The tree (in normal form) with the new tile bands, and these. `capacity` in bytes.

    Half of L0A is left for the next tile where that is possible. Raises `tree.TreeError` where
    even single fractals of points do not fit.
    """
    bands: list[tree.Band] = []
    for update in clones:
        if update.unit != CUBE or not update.reduces:
            continue
        convolution = find_convolution(update.original)
        if convolution is None or find_image_product(update.original) is not None:
            continue
        own = range(update.scope.dims, update.domain.dim(isl.dim_type.set))
        sizes = box(tile_map(update.domain, update.scope.dims, list(own))).sizes
        bytes_each = scop.arrays[convolution.a.array].element_bytes
        chosen = _chosen(update, convolution, sizes, bytes_each, capacity["l0a"])
        split = {d: chosen[d] for d in convolution.points if chosen[d] < sizes[d]}
        if split:
            root, band = _tiled(scop, root, update, convolution, split)
            bands.append(band)
    return root, bands


def _chosen(
    update: Executed,
    convolution: Convolution,
    sizes: tuple[int, ...],
    bytes_each: int,
    limit: int,
) -> list[int]:
    """The sizes with the outer points cut first, until the matrix takes half of `limit`."""
    chosen = list(sizes)

    def need() -> int:
        return prod(matrix(convolution, chosen).shape(chosen)) * bytes_each

    for dim in convolution.points:
        least = FRACTAL if dim == convolution.points[-1] else 1
        while need() * 2 > limit and chosen[dim] > least:
            chosen[dim] = max(least, 1 << ((chosen[dim] - 1).bit_length() - 1))
    if need() > limit:
        raise tree.TreeError(
            f"the windows of @{update.original.name} need {need()} bytes of l0a for {FRACTAL} "
            f"points, and it has {limit}: tile its channels, like {update.original.name}: 16@L0A"
        )
    return chosen


def _tiled(
    scop: Scop,
    root: tree.Domain,
    update: Executed,
    convolution: Convolution,
    split: dict[int, int],
) -> tuple[tree.Domain, tree.Band]:
    """The mark above `update` below a tile band over the dimensions in `split`."""
    mark = next(
        node
        for node in tree.walk(root)
        if isinstance(node, tree.Mark) and node.name == CUBE and update.source.name in _below(node)
    )
    names = _below(mark)
    entries: list[str] = []
    for dim, size in split.items():
        cell = convolution.cell.index(dim)
        parts = [_member(scop.by_name[name], cell, size) for name in names]
        entries.append(f"{{ {'; '.join(parts)} }}")
    band = tree.Band(
        child=tree.Sequence(filters=(tree.Filter(mark, filter=universe(scop, names)),)),
        schedule=isl.MultiUnionPwAff(f"[{', '.join(entries)}]", context()),
        coincident=(True,) * len(split),
        permutable=True,
        tile=tuple(split.values()),
    )
    result = tree.replace_node(root, mark, band)
    assert isinstance(result, tree.Domain)
    return result, band


def _below(mark: tree.Mark) -> list[str]:
    filters = [node for node in tree.walk(mark.child) if isinstance(node, tree.Filter)]
    return [name for child in filters for name in tree.statement_names(child.filter)]


def _member(statement: Statement, cell: int, size: int) -> str:
    """`instance -> tile` along index `cell` of the result that a statement writes."""
    dim = dimension_of(statement.writes[0].index[cell])
    if dim is None:
        raise tree.TreeError(f"@{statement.name} does not write single elements of the result")
    names = [f"i{k}" for k in range(statement.rank)]
    return f"{statement.name}[{', '.join(names)}] -> [(floor(({names[dim]})/{size}))]"

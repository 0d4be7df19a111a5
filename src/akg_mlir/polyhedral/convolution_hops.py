"""How the operands of a convolution reach the cube: layouts, hops and zeros.

Letters: output points `.., h, w`, channel blocks c1 and channels c0, taps kh and kw, output
channels n1 and n0. A goes to L1 as `[.., c1, y, x, c0]` and to L0A as
`[.., h, w1, c1, kh, kw, w0, c0]`; B to L1 and L0B as `[c1, kh, kw, n1, n0, c0]`; C is in L0C as
`[n1, .., h, w1, w0, n0]`. Rows of output points start on fractals of their own, so that no index
divides a flat point number: 20 points in a row take 2 fractals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral.alignment import Layout, on_instances
from akg_mlir.polyhedral.buffers import Buffer, Reference, Storage, Workspace, short_name
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.convolution import Axis, Convolution
from akg_mlir.polyhedral.footprint import Box, box
from akg_mlir.polyhedral.l0_tiles import matrix
from akg_mlir.polyhedral.layouts import FRACTAL, Arrangement, blocked, whole
from akg_mlir.polyhedral.placement import footprint
from akg_mlir.polyhedral.scop import Access
from akg_mlir.polyhedral.scopes import Executed, Scope, Use, tile_map

DIM = isl.dim_type


@dataclass(frozen=True)
class _Windows:
    """The instances of the hop to L0A: every point and tap of a tile (`at` has their expressions by
    dimension of the original), every block of channels, every channel of a block."""

    domain: isl.Set
    at: dict[int, isl.Aff]
    blocks: tuple[isl.Aff, ...]
    lane: isl.Aff


class ConvolutionHops:
    """The hops of one convolution `update` below a cube mark: to L1 in the scope `outer`, to L0A in
    that of the update. Dimensions of its original are positions after the coordinates."""

    def __init__(
        self, work: Workspace, update: Executed, convolution: Convolution, outer: Scope
    ) -> None:
        self.work, self.update, self.convolution = work, update, convolution
        self.scope, self.outer = update.scope, outer
        own = range(self.scope.dims, update.domain.dim(DIM.set))
        self.tile = box(tile_map(update.domain, self.scope.dims, list(own)))

    # -------------------------------------------------------------------------------- the image

    def image(self) -> None:
        """The image to L1 as NC1HWC0, and its windows to L0A as a matrix."""
        axes = self.convolution.axes
        channels = [k for k, axis in enumerate(axes) if axis.channel is not None]
        use = self.use(self.convolution.a)
        touched = footprint([use], self.outer.dims)
        inside = box(touched)
        outer, lane = blocked(channels, inside.sizes)
        plain, windowed = self.axes(windows=False), self.axes(windows=True)
        arrangement = Arrangement((*whole(plain), *outer, *whole(windowed), lane))
        l1 = self.to_l1(use, touched, inside, arrangement, channels, "in blocks of channels")
        array, layout = use.access.array, matrix(self.convolution, self.tile.sizes)
        shape = layout.shape(self.tile.sizes)
        l0a = self.work.buffer(array, "l0a", self.scope, shape, "windows as a matrix (img2col)")
        if not self.every_point_has_every_tap():
            self.zeros(l0a, self.scope)
        windows = self.windows(self.work.fresh(f"in_{short_name(array)}_l0a"))
        source = Reference(l1.buffer.name, self.image_cell(windows, inside))
        target = Reference(l0a.name, self.matrix_cell(windows))
        self.hop(windows.domain, source, target, self.scope)
        local = self.from_corner(self.update.domain, self.dims_of_update())
        self.work.assigned[use] = Reference(l0a.name, layout.index(local))

    def axes(self, *, windows: bool) -> list[int]:
        """The indices of the image that are windows, or those that are points only."""
        return [
            k
            for k, axis in enumerate(self.convolution.axes)
            if axis.channel is None and (axis.window is not None) == windows
        ]

    def windows(self, name: str) -> _Windows:
        """The instances of the hop to L0A, called `name`."""
        kept, known = self.points_and_taps()
        blocks, _ = blocked(self.convolution.channels, self.tile.sizes)
        extents = (*Arrangement(blocks).shape(self.tile.sizes), FRACTAL)
        domain = kept.flat_product(_cells(extents)).set_tuple_name(name)
        first = kept.dim(DIM.set)
        at = {d: _dim(domain, self.scope.dims + k) for k, d in enumerate(known)}
        numbers = tuple(_dim(domain, first + k) for k in range(len(blocks)))
        return _Windows(domain, at, numbers, _dim(domain, first + len(blocks)))

    def image_cell(self, windows: _Windows, inside: Box) -> tuple[isl.Aff, ...]:
        """The element in L1 that an instance of the hop to L0A reads: img2col."""

        def met(k: int) -> isl.Aff:
            met = _met(self.convolution.axes[k], windows.at)
            return met.sub(on_instances(inside.offsets[k], windows.domain))

        plain = tuple(met(k) for k in self.axes(windows=False))
        windowed = tuple(met(k) for k in self.axes(windows=True))
        return (*plain, *windows.blocks, *windowed, windows.lane)

    def matrix_cell(self, windows: _Windows) -> tuple[isl.Aff, ...]:
        """The element in L0A that an instance of the hop writes."""
        local = self.from_corner(windows.domain, windows.at)
        rows, row = blocked(self.convolution.points, self.tile.sizes)
        outer = Arrangement(rows).index(local)
        taps = Arrangement(whole(self.convolution.taps)).index(local)
        lanes = Arrangement((row,)).index(local)
        return (*outer, *windows.blocks, *taps, *lanes, windows.lane)

    def points_and_taps(self) -> tuple[isl.Set, list[int]]:
        """The coordinates, points and taps of all instances, and which dimensions of the original
        the latter two are."""
        domain, known = self.update.domain, list[int]()
        for d in reversed(range(self.update.original.rank)):
            if d in self.convolution.points or d in self.convolution.taps:
                known.insert(0, d)
            else:
                domain = domain.project_out(DIM.set, self.scope.dims + d, 1)
        return domain.reset_tuple_id(), known

    def every_point_has_every_tap(self) -> bool:
        """Whether no tap of a window is missing anywhere, as at the border of a padded image."""
        both, known = self.points_and_taps()
        points, taps = both, both
        for k, d in enumerate(known):
            if d in self.convolution.points:
                taps = taps.eliminate(DIM.set, self.scope.dims + k, 1)
            else:
                points = points.eliminate(DIM.set, self.scope.dims + k, 1)
        return points.intersect(taps).is_subset(both)

    # ------------------------------------------------------------------------ kernel and result

    def kernel(self) -> None:
        """The kernel to L1 in fractals, and as it is to L0B."""
        c = self.convolution
        use = self.use(c.b)
        touched = footprint([use], self.outer.dims)
        inside = box(touched)
        channels = [c.kernel.index(d) for d in c.channels]
        blocks, channel = blocked(channels, inside.sizes)
        columns, column = blocked([c.kernel.index(d) for d in c.outputs], inside.sizes)
        taps = whole([c.kernel.index(d) for d in c.taps])
        arrangement = Arrangement((*blocks, *taps, *columns, column, channel))
        why = "in fractals"
        l1 = self.to_l1(use, touched, inside, arrangement, channels, why)
        l0b = self.work.storage(
            use.access.array, "l0b", self.outer, l1.layout, arrangement, why=why
        )
        self.work.assign(use, l0b)
        name = f"in_{short_name(use.access.array)}_l0b"
        domain, cell = self.cells(name, l0b.buffer, self.outer)
        padded = (*range(len(blocks)), len(arrangement.parts) - 1)
        used = self.used_cells(use, padded).set_tuple_name(domain.get_tuple_name())
        source, target = Reference(l1.buffer.name, cell), Reference(l0b.buffer.name, cell)
        self.hop(domain.intersect(used), source, target, self.outer)

    def used_cells(self, use: Use, padded: Sequence[int]) -> isl.Set:
        """`[coordinates, cell]` for the cells that the update reads, with every value of the
        dimensions `padded`, which hold data or zeros."""
        domain = self.update.domain
        cells = self.work.assigned[use].relation.intersect_domain(domain)
        tiles = tile_map(domain, self.outer.dims).reverse()
        used = tiles.flat_range_product(cells).range()
        for dim in padded:
            used = used.eliminate(DIM.set, self.outer.dims + dim, 1)
        return used

    def result(self, sizes: Sequence[int]) -> Arrangement:
        """How a box of the result (of these sizes) lies in L0C."""
        c = self.convolution
        columns, column = blocked([c.cell.index(d) for d in c.outputs], sizes)
        rows, row = blocked([c.cell.index(d) for d in c.points], sizes)
        return Arrangement((*columns, *rows, row, column))

    # ----------------------------------------------------------------------------------- shared

    def use(self, access: Access) -> Use:
        """The reference of the update that is `access` in its original."""
        return Use(self.update, self.update.original.accesses.index(access))

    def hop(
        self, domain: isl.Set, source: Reference | None, target: Reference, scope: Scope
    ) -> None:
        """A copy in front of the contraction in each tile of `scope`."""
        self.before(scope, self.work.hop(domain, source, target, scope, self.update.items))

    def before(self, scope: Scope, copy: Executed) -> None:
        self.work.insertions.before.setdefault(self.update.items[scope], []).append(copy)

    def to_l1(
        self,
        use: Use,
        touched: isl.Map,
        inside: Box,
        arrangement: Arrangement,
        channels: Sequence[int],
        why: str,
    ) -> Storage:
        """An operand's buffer in L1 and what fills it; `channels` are dimensions of the tensor."""
        array, layout = use.access.array, Layout(inside, inside.sizes, None)
        full = _fills_blocks(touched, channels, inside.sizes)
        why = why if full else f"{why}, filled up with zeros"
        l1 = self.work.storage(array, "l1", self.outer, layout, arrangement, why=why)
        if not full:
            self.zeros(l1.buffer, self.outer)
        base, items = f"in_{short_name(array)}_l1", self.update.items
        copy = self.work.copy(base, array, touched, self.outer, items)
        self.work.assign(Use(copy, 1), l1)
        self.before(self.outer, copy)
        return l1

    def zeros(self, buffer: Buffer, scope: Scope) -> None:
        """Zeros in a whole buffer."""
        domain, cell = self.cells(f"zero_{buffer.name}", buffer, scope)
        self.hop(domain, None, Reference(buffer.name, cell), scope)

    def cells(self, base: str, buffer: Buffer, scope: Scope) -> tuple[isl.Set, tuple[isl.Aff, ...]]:
        """`name[coordinates, cell]` for every cell of a buffer in every tile, and the cell."""
        tiles, first = self.update.domain, scope.dims
        tiles = tiles.project_out(DIM.set, first, tiles.dim(DIM.set) - first)
        domain = tiles.reset_tuple_id().flat_product(_cells(buffer.shape))
        domain = domain.set_tuple_name(self.work.fresh(base))
        return domain, tuple(_dim(domain, first + k) for k in range(len(buffer.shape)))

    def dims_of_update(self) -> dict[int, isl.Aff]:
        """The dimensions of the original at an instance of the update."""
        domain = self.update.domain
        return {d: _dim(domain, self.scope.dims + d) for d in range(self.update.original.rank)}

    def from_corner(self, domain: isl.Set, at: dict[int, isl.Aff]) -> list[isl.Aff]:
        """Per dimension of the original its distance from the corner of the tile, 0 for those not
        in `at`."""
        zero = isl.Aff.zero_on_domain(isl.LocalSpace.from_space(domain.get_space()))
        return [
            at[d].sub(on_instances(low, domain)) if d in at else zero
            for d, low in enumerate(self.tile.offsets)
        ]


def _fills_blocks(touched: isl.Map, channels: Sequence[int], sizes: Sequence[int]) -> bool:
    """Whether every tile has whole blocks of channels."""
    if not channels or sizes[channels[-1]] % FRACTAL:
        return False
    last, count = channels[-1], touched.dim(DIM.out)
    side = touched.project_out(DIM.out, last + 1, count - last - 1).project_out(DIM.out, 0, last)
    return box(side).is_exact(side)


def _met(axis: Axis, at: dict[int, isl.Aff]) -> isl.Aff:
    """The image coordinate of an axis, where the dimensions of the original are `at`."""
    assert axis.point is not None
    if axis.window is None or axis.tap is None:
        return at[axis.point]
    return axis.window.at(at[axis.point], at[axis.tap])


def _cells(shape: Sequence[int]) -> isl.Set:
    names = [f"d{k}" for k in range(len(shape))]
    limits = " and ".join(f"0 <= {n} < {size}" for n, size in zip(names, shape))
    return isl.Set(f"{{ [{', '.join(names)}] : {limits} }}", context())


def _dim(domain: isl.Set, k: int) -> isl.Aff:
    return isl.Aff.var_on_domain(isl.LocalSpace.from_space(domain.get_space()), DIM.set, k)

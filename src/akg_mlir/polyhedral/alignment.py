"""Alignment: which references of the vector unit can share a buffer, and where it must start.

A vector operand starts on a block of 32 bytes and walks along the lanes with stride 1 (or stays in
place). Rows of a buffer are padded to whole blocks, so only the innermost varying dimension
decides. References that fall on different positions in a block need buffers of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

import islpy as isl

from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.footprint import Box, box
from akg_mlir.polyhedral.point_bands import contiguous_last
from akg_mlir.polyhedral.scop import Access, Statement
from akg_mlir.polyhedral.scopes import Scope, Use, tile_map

DIM = isl.dim_type
BLOCK_BYTES = 32
VECTOR = "npu.vector"


@dataclass(frozen=True)
class Layout:
    """A box of a tensor as a row-major buffer: `sizes` are the box's, `shape` has whole blocks in
    dimension `axis`, the last one with more than one element (None if there is no dimension)."""

    box: Box
    shape: tuple[int, ...]
    axis: int | None

    @property
    def padding(self) -> str:
        """How rows are padded, in words; empty if they are not."""
        if self.axis is None or self.shape[self.axis] == self.box.sizes[self.axis]:
            return ""
        return f"rows of {self.box.sizes[self.axis]} padded to {self.shape[self.axis]}"


def plain_layout(inside: Box, elements: int, axis: int | None = None) -> Layout:
    """The layout of a box; `elements` per block. `axis` overrides the dimension to pad."""
    axis = innermost(inside.sizes) if axis is None else axis
    shape = list(inside.sizes)
    if axis is not None:
        shape[axis] = -(-shape[axis] // elements) * elements
    return Layout(inside, tuple(shape), axis)


def room(touched: isl.Map, elements: int) -> int:
    """Elements of the box around what is touched, rows in whole blocks of `elements`."""
    return prod(plain_layout(box(touched), elements).shape)


def innermost(sizes: tuple[int, ...]) -> int | None:
    """The last dimension with more than one element, else the last one."""
    wide = [k for k, size in enumerate(sizes) if size > 1]
    return wide[-1] if wide else len(sizes) - 1 if sizes else None


@dataclass(frozen=True)
class Walk:
    """The dimension of the statement along which a reference goes from element to element, None
    if it repeats one element along the lanes."""

    dim: int | None


def walk_of(use: Use, axis: int | None, sizes: tuple[int, ...]) -> Walk | None:
    """How a vector reference walks a buffer whose rows are along `axis`, None for a layout that
    the vector unit cannot take."""
    lanes = use.executed.lanes
    if lanes is None:
        return Walk(None)
    source, indices = use.executed.source, use.executed.indices
    results = [i for i, access in zip(indices, source.accesses) if access.is_write]
    folded = use.executed.reduces and _folds(source, use.access.array, results, lanes)
    fixed = use.access.is_write or folded
    return walk_along(use.index, lanes, use.executed.order, axis, sizes, transposable=not fixed)


def walk_along(
    index: Sequence[isl.Aff],
    lanes: int,
    order: Sequence[int],
    axis: int | None,
    sizes: tuple[int, ...],
    *,
    transposable: bool,
) -> Walk | None:
    """How a reference to `index` walks along `lanes`, the last but for dimensions of one value of
    its statement's dimensions `order`; None for a layout that the vector unit cannot take.

    A read may also be contiguous along another dimension than the lanes: it is transposed, 16 x 16
    elements at a time. The product of a contraction that folds its lanes cannot.
    """
    if not _moving(index, lanes, sizes):
        return Walk(None)
    if _steps(index, lanes, axis, sizes):
        return Walk(lanes)
    if not transposable:
        return None
    for dim in reversed(order):
        if dim != lanes and _steps(index, dim, axis, sizes):
            return None if axis in _moving(index, lanes, sizes) else Walk(dim)
    return None


def involved(index: Sequence[isl.Aff], order: Sequence[int]) -> tuple[int, ...]:
    """The dimensions among `order` that an access depends on: those of a buffer in the order of
    the statement's own dimensions."""
    return tuple(d for d in order if any(i.involves_dims(DIM.in_, d, 1) for i in index))


def order_of_lanes(
    statement: Statement, access: Access, shape: Sequence[int], elements: int
) -> tuple[int, ...]:
    """The dimensions of a statement in whose order a reference to a tensor that is only read has
    its buffer; none where the vector unit can walk a box of the tensor.

    What promotion finds for tiles, before there are any: all dimensions are taken as wide as they
    are, and rows as aligned with the tile where no dimension but the lanes moves their start by
    less than whole blocks of `elements`.
    """
    domain = statement.domain
    order = contiguous_last(statement, statement.rank)
    wide = [d for d in order if not domain.dim_max_val(d).eq(domain.dim_min_val(d))]
    axis = innermost(tuple(shape))
    if not wide or axis is None:
        return ()
    walk = walk_along(
        access.index,
        wide[-1],
        order,
        axis,
        tuple(shape),
        transposable=statement.reduction is None
        or not _folds(statement, access.array, [w.index for w in statement.writes], wide[-1]),
    )
    if walk is not None:
        others = [d for d in wide if d != walk.dim]
        if walk.dim is None or not _may_shift(access.index[axis], others, elements):
            return ()
    return involved(access.index, order)


def _may_shift(start: isl.Aff, dims: Sequence[int], elements: int) -> bool:
    """Whether some of `dims` move an index by less than whole blocks."""
    if start.dim(DIM.div):
        return True
    factors = [start.get_coefficient_val(DIM.in_, d) for d in dims]
    return any(not f.mod(isl.Val(elements, context())).is_zero() for f in factors)


def _moving(index: Sequence[isl.Aff], dim: int, sizes: tuple[int, ...]) -> list[int]:
    """The dimensions of the tensor that change along a dimension of the statement."""
    moving = [k for k, i in enumerate(index) if i.involves_dims(DIM.in_, dim, 1)]
    return [k for k in moving if sizes[k] > 1]


def _steps(index: Sequence[isl.Aff], dim: int, axis: int | None, sizes: tuple[int, ...]) -> bool:
    """Whether the next value of `dim` is the next element along `axis`, and nothing else."""
    if axis is None or _moving(index, dim, sizes) != [axis]:
        return False
    along = index[axis]
    step = isl.Aff.var_on_domain(along.get_domain_local_space(), DIM.set, dim)
    return not along.sub(step).involves_dims(DIM.in_, dim, 1)


def _folds(update: Statement, array: str, results: Iterable[Sequence[isl.Aff]], lanes: int) -> bool:
    """Whether an update multiplies what it reads of a tensor with another one, and adds up the
    products along the lanes: its results, at the given elements, stay there."""
    has_factors = len({a.array for a in update.reads} - {array}) > 1
    return has_factors and not any(i.involves_dims(DIM.in_, lanes, 1) for r in results for i in r)


def starts_aligned(use: Use, dim: int | None, anchor: isl.Aff, axis: int, elements: int) -> bool:
    """Whether the first element along `dim` is a whole number of blocks from `anchor` in every
    row and tile.

    `anchor` is an expression of leading coordinates. Tiles that the domain clips at a border count
    as if they were not clipped.
    """
    domain = use.executed.domain
    start = use.index[axis]
    if dim is not None:
        low = box(tile_map(domain, use.executed.scope.dims, [dim])).offsets[0]
        first = on_instances(low, domain)
        start = start.pullback_multi_aff(_with_dimension(domain, dim, first))
    distance = start.sub(on_instances(anchor, domain))
    rest = distance.mod_val(isl.Val(elements, context()))
    zero = isl.Aff.zero_on_domain(rest.get_domain_local_space())
    return rest.ne_set(zero).intersect(domain).is_empty()


def on_instances(expression: isl.Aff, domain: isl.Set) -> isl.Aff:
    """An expression of the leading coordinates, over whole instances."""
    count = expression.dim(DIM.in_)
    names = [f"d{k}" for k in range(domain.dim(DIM.set))]
    instance = f"{domain.get_tuple_name()}[{', '.join(names)}]"
    project = isl.MultiAff(f"{{ {instance} -> [{', '.join(names[:count])}] }}", context())
    return expression.pullback_multi_aff(project)


def _with_dimension(domain: isl.Set, dim: int, value: isl.Aff) -> isl.MultiAff:
    """The instance with one dimension set to an expression of the others."""
    identity = isl.MultiAff.identity(domain.get_space().map_from_set())
    return identity.set_aff(dim, value)


def corner(use: Use, scope: Scope, axis: int) -> isl.Aff:
    """The affine lower corner of what one reference touches along `axis`, per tile of `scope`."""
    return box(use.footprint(scope.dims)).offsets[axis]


def anchored_layout(touched: isl.Map, anchor: isl.Aff, axis: int, elements: int) -> Layout | None:
    """The layout of coordinates -> elements, in which `anchor` falls on a block boundary."""
    inside = box(touched)
    count = touched.dim(DIM.out)
    along = touched.project_out(DIM.out, axis + 1, count - axis - 1).project_out(DIM.out, 0, axis)
    distances = isl.Map.from_aff(anchor).range_product(along).range().unwrap().deltas()
    low, high = distances.dim_min_val(0), distances.dim_max_val(0)
    if not low.is_int() or not high.is_int():
        return None
    first = int(low.to_python()) // elements * elements
    size = int(high.to_python()) - first + 1
    offset = anchor.add_constant_val(isl.Val(first, context()))
    offsets = (*inside.offsets[:axis], offset, *inside.offsets[axis + 1 :])
    sizes = (*inside.sizes[:axis], size, *inside.sizes[axis + 1 :])
    return plain_layout(Box(offsets, sizes), elements, axis)

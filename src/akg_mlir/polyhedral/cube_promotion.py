"""Promotion of contractions: A and B to L1, C in L0C and out of it to UB or GM.

What a contraction reads may be in GM or, made by a statement of the tile, in UB: the hop to L1
starts where it is. Matrices that are fractal in GM are read from L1: streaming them through L0A and
L0B is part of one instruction sequence of the cube, which npu-legalise writes. The
image of a convolution becomes NC1HWC0 on its hop to L1 and a matrix on its hop to L0A (img2col);
its kernel becomes fractal on the hop to L1. Below two bands over k tiles, what the outer one brings
to L1 serves all tiles of the inner one. Where a contraction does not fill the 16 channels of
a block, L1 is filled with zeros first: the cube always multiplies whole blocks.

Where C goes to GM, a copy takes it there, and so do statements that round it (`npu.dma`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.alignment import Layout
from akg_mlir.polyhedral.buffers import DMA, Reference, Storage, Workspace, short_name, uses_of
from akg_mlir.polyhedral.contraction import Contraction, find_contraction
from akg_mlir.polyhedral.convolution import find_convolution
from akg_mlir.polyhedral.convolution_hops import ConvolutionHops
from akg_mlir.polyhedral.footprint import box
from akg_mlir.polyhedral.image_product import (
    STEPPED,
    ImageProduct,
    find_image_product,
    result_arrangement,
    starts_late,
)
from akg_mlir.polyhedral.lattice import lattice_of
from akg_mlir.polyhedral.layouts import Arrangement
from akg_mlir.polyhedral.placement import footprint, settle, varies
from akg_mlir.polyhedral.scopes import Executed, Scope, Use

DIM = isl.dim_type
CUBE = "npu.cube"


@dataclass(frozen=True)
class _Result:
    """What an update sums up in L0C: the buffer, and coordinates -> elements of the tensor."""

    update: Executed
    l0c: Storage
    touched: isl.Map


def promote_cube(
    work: Workspace, clones: list[Executed], drain: str, l0_bands: Sequence[tree.Band] = ()
) -> None:
    """Buffers, hops and references of every contraction below a cube mark. Results leave L0C for
    the memory `drain`. `l0_bands` have tiles that share what is in L1.

    Raises `tree.TreeError` for a reduction there that is no contraction the cube can do, or one
    without its initialisation, and for statements that round what is not in L0C.
    """
    results: list[_Result] = []
    for clone in clones:
        if clone.unit != CUBE or not clone.reduces:
            continue
        contraction = find_contraction(clone.source)
        image = find_image_product(clone.original)
        convolution = find_convolution(clone.original) if contraction is None else None
        if contraction is not None:
            results.append(_promote_matrices(work, clones, clone, contraction))
        elif image is not None:
            results.append(_promote_image(work, clones, clone, image))
        elif convolution is not None:
            inside = any(clone.scope.node is band for band in l0_bands)
            outer = clone.scope.parent if inside else clone.scope
            assert outer is not None
            hops = ConvolutionHops(work, clone, convolution, outer)
            hops.image()
            hops.kernel()
            array = hops.use(convolution.c).access.array
            results.append(_promote_accumulator(work, clones, clone, array, hops.result))
        else:
            raise tree.TreeError(f"@{clone.name} on the cube is no contraction that it can do")
    for result in results:
        _drain(work, result, drain)
    for use in uses_of(clone for clone in clones if clone.unit == DMA):
        if use not in work.assigned:
            name = use.executed.name
            raise tree.TreeError(f"@{name} rounds what the cube has not made in the same tile")


def _promote_matrices(
    work: Workspace, clones: list[Executed], update: Executed, contraction: Contraction
) -> _Result:
    for access in (contraction.a, contraction.b):
        _promote_operand(work, Use(update, update.source.accesses.index(access)))
    return _promote_accumulator(work, clones, update, contraction.c.array, None)


def _promote_image(
    work: Workspace, clones: list[Executed], update: Executed, product: ImageProduct
) -> _Result:
    accesses = update.original.accesses
    for access in (product.a, product.b):
        _promote_operand(work, Use(update, accesses.index(access)), filled=access is product.a)
    array = Use(update, accesses.index(product.c)).access.array
    result = _promote_accumulator(work, clones, update, array, result_arrangement)
    late = starts_late(result.touched)
    if late or array not in work.arranged:
        work.arranged[array] = partial(result_arrangement, late=late)
    return result


def _promote_operand(work: Workspace, use: Use, *, filled: bool = False) -> None:
    """An operand in L1: the cube reads it there, through L0A and L0B. With `filled`, what is
    between the elements that are used comes along where that is possible (longer bursts), but for
    rows that no window touches."""
    outer, array, items = _l1_scope(use.executed), use.access.array, use.executed.items
    kept, base = footprint([use], outer.dims), f"in_{short_name(array)}_l1"
    lattice = lattice_of(kept, *{*range(5)} - {STEPPED}) if filled else None
    if filled and work.scop.arrays[array].live_in:
        kept = _filled(kept).intersect_range(work.scop.arrays[array].bounds)
    if lattice is None:
        l1 = work.storage(array, "l1", outer, work.layout(array, kept))
        copy = work.copy(base, array, kept, outer, items)
    else:
        why = f"one of {lattice.steps[STEPPED]} rows kept"
        layout = work.layout(array, lattice.numbers(kept))
        l1 = work.storage(array, "l1", outer, layout, lattice=lattice, why=why)
        copy = work.copy_numbers(base, array, lattice, kept, outer, items)
    work.assign(Use(copy, 1), l1)
    work.assign(use, l1)
    work.insertions.before.setdefault(items[outer], []).append(copy)


def _filled(kept: isl.Map) -> isl.Map:
    """The box around a part of an image, without the rows that it steps over."""
    rows = kept.eliminate(DIM.out, STEPPED + 1, 2).eliminate(DIM.out, 0, STEPPED)
    return box(kept).relation(kept).intersect(rows)


def _l1_scope(update: Executed) -> Scope:
    """Where the operands of a contraction come to L1: around its band over k tiles there may be
    another one, all of whose tiles sum into the same cells."""
    outer = update.scope.parent
    if outer is None or outer.parent is None:
        return update.scope
    cells = [use for use in uses_of([update]) if use.access.is_write]
    return update.scope if varies(outer.parent, outer, cells) else outer


def _promote_accumulator(
    work: Workspace,
    clones: list[Executed],
    update: Executed,
    array: str,
    arranged: Callable[[Sequence[int]], Arrangement] | None,
) -> _Result:
    """C in L0C, in fractals already or as `arranged` puts a box of it."""
    together = [
        use
        for use in uses_of(clones)
        if use.access.array == array
        and use.executed.unit == CUBE
        and use.executed.scope is update.scope
        and use.executed.items[update.scope] is update.items[update.scope]
    ]
    if not any(use.executed is not update for use in together):
        raise tree.TreeError(f"@{update.name} on the cube has no initialisation beside it")
    top = update.scope.top
    rounding = [clone for clone in clones if clone.unit == DMA and clone.scope.top is top]
    rounded = [use for use in uses_of(rounding) if use.access.array == array]
    ((scope, uses),) = settle(top, [*together, *rounded])
    touched = footprint(uses, scope.dims)
    l0c: Storage
    if arranged is None:
        l0c = work.storage(array, "l0c", scope, work.layout(array, touched))
    else:
        inside = box(touched)
        layout = Layout(inside, inside.sizes, None)
        arrangement = arranged(inside.sizes)
        l0c = work.storage(array, "l0c", scope, layout, arrangement, why="in fractals")
    for use in uses:
        work.assign(use, l0c)
    for use in rounded:
        _leave(work, next(u for u in uses_of([use.executed]) if u.access.is_write))
    return _Result(update, l0c, touched)


def _drain(work: Workspace, result: _Result, to: str) -> None:
    """Copy a result out of L0C. To GM goes what outlives the kernel, the rest is only rounded."""
    array, scope = result.l0c.buffer.array, result.l0c.scope
    if to == "gm" and not work.scop.arrays[array].live_out:
        return
    items = result.update.items
    out = work.copy(f"out_{short_name(array)}_l0c", array, result.touched, scope, items)
    work.assign(Use(out, 0), result.l0c)
    if to == "gm":
        _leave(work, Use(out, 1))
    work.insertions.after.setdefault(items[scope], []).append(out)


def _leave(work: Workspace, use: Use) -> None:
    """Write to the tensor in GM."""
    work.assigned[use] = Reference(use.access.array, use.index)

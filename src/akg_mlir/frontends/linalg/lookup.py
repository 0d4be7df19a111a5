"""Elements at computed places: `tensor.extract` in the body of a nest.

What a computed index picks is the sum over all places of the elements whose place it is: structured
ops that fuse, exact (one term is not zero), and as slow as the number of places.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import TensorType, i1, i32
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_of, shape_of
from akg_mlir.frontends.linalg.operands import aligned
from akg_mlir.frontends.linalg.subscripts import Subscript, along, check_inside
from akg_mlir.frontends.linalg.translation import Emitter


def lookup(
    op: Operation,
    table: SSAValue,
    places: Sequence[Subscript | SSAValue],
    bounds: Sequence[int],
    emit: Emitter,
) -> SSAValue:
    """The elements of `table` at one place per dimension, aligned to the loops of `bounds`.

    A place is a sum of loops, or a tensor of indices aligned to the loops. Raises CompileError for
    places outside of the table.
    """
    shape = shape_of(table)
    known = [_known(place, bounds) for place in places]
    computed = [k for k, place in enumerate(known) if not isinstance(place, Subscript)]
    if not computed:
        access = tuple(place for place in known if isinstance(place, Subscript))
        check_inside(op, shape, access, bounds)
        return aligned(table, access, bounds, emit)
    # One dimension for all computed places, behind the others; an extra loop runs over it.
    rest = [k for k in range(len(shape)) if k not in computed]
    extra = len(bounds)
    table = emit.transpose(table, [*rest, *computed])
    table = emit.reshape(table, [*(shape[k] for k in rest), prod(shape[k] for k in computed)])
    access = [place for k in rest if isinstance(place := known[k], Subscript)]
    sizes = (*bounds, shape_of(table)[-1])
    check_inside(op, shape_of(table), (*access, along(extra)), sizes)
    spread = aligned(table, (*access, along(extra)), sizes, emit)
    index = _row_major([known[k] for k in computed], [shape[k] for k in computed], emit)
    return _picked(index, spread, sizes, emit)


def _row_major(
    places: Sequence[Subscript | SSAValue], sizes: Sequence[int], emit: Emitter
) -> SSAValue:
    """One number for several places, an i32."""
    index: SSAValue | None = None
    for place, size in zip(places, sizes):
        assert not isinstance(place, Subscript)
        part = emit.cast(place, i32)
        if index is not None:
            part = emit(te.AddOp(emit(te.MulOp(index, emit.scalar(size, i32))), part))
        index = part
    assert index is not None
    return index


def _picked(index: SSAValue, spread: SSAValue, sizes: Sequence[int], emit: Emitter) -> SSAValue:
    """The elements of the last dimension of `spread` whose number the index is."""
    numbers = emit(te.ConstantOp.of(list(range(sizes[-1])), TensorType(i32, (sizes[-1],))))
    hit = emit(te.CompareOp("eq", emit.reshape(index, (*shape_of(index), 1)), numbers))
    element = element_of(spread)
    counted = i32 if element == i1 else element
    chosen = emit(te.SelectOp(hit, emit.cast(spread, counted), emit.scalar(0, counted)))
    found = emit(te.ReduceOp("add", chosen, [len(shape_of(chosen)) - 1]))
    return emit.cast(found, element)


def _known(place: Subscript | SSAValue, bounds: Sequence[int]) -> Subscript | SSAValue:
    """A tensor of indices that count evenly along one loop, or that are all equal, as a sum."""
    if isinstance(place, Subscript):
        return place
    owner = place.owner
    if not isinstance(owner, te.ConstantOp):
        return place
    numbers = [int(number) for number in owner.value.iter_values()]  # pyright: ignore[reportArgumentType]
    shape = shape_of(place)
    running = [axis for axis, size in enumerate(shape) if size > 1]
    if not running:
        return Subscript(numbers[0])
    step = numbers[1] - numbers[0]
    if len(running) > 1 or numbers != [numbers[0] + step * k for k in range(len(numbers))]:
        return place
    loop = len(bounds) - len(shape) + running[0]
    return Subscript(numbers[0], {loop: step} if step else {})

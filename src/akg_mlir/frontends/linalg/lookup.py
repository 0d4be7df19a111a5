"""Elements at computed places: `tensor.extract` in the body of a nest.

Where one index is computed and loops of their own run over the other dimensions, parts of the table
are gathered. Else what computed indices pick is the sum over all places of the elements whose place
they are: structured ops that fuse, exact (one term is not zero), and as slow as the number of
places.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import TensorType, i1, i32, i64
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
    gathered = _gathered(table, known, bounds, emit) if len(computed) == 1 else None
    if gathered is not None:
        return gathered
    # One dimension for all computed places; an extra loop runs over it, in front of those over the
    # dimensions behind, which stay innermost.
    last = computed[-1]
    behind = {loop for p in known[last:] if isinstance(p, Subscript) for loop in p.scales}
    extra = min(behind, default=len(bounds))
    front = [k for k in range(last) if k not in computed]
    after = range(last + 1, len(shape))
    size = prod(shape[k] for k in computed)
    table = emit.transpose(table, [*front, *computed, *after])
    table = emit.reshape(table, [*(shape[k] for k in front), size, *shape[last + 1 :]])
    access = [_moved(place, extra) for place in known if isinstance(place, Subscript)]
    access.insert(len(front), along(extra))
    sizes = (*bounds[:extra], size, *bounds[extra:])
    check_inside(op, shape_of(table), tuple(access), sizes)
    spread = aligned(table, tuple(access), sizes, emit)
    index = _row_major([known[k] for k in computed], [shape[k] for k in computed], emit)
    own = (1,) * (len(bounds) - len(shape_of(index))) + shape_of(index)
    return _picked(emit.reshape(index, (*own[:extra], 1, *own[extra:])), spread, extra, sizes, emit)


def _gathered(
    table: SSAValue, places: Sequence[Subscript | SSAValue], bounds: Sequence[int], emit: Emitter
) -> SSAValue | None:
    """The parts of `table` at the places that are a tensor; None where other dimensions are not
    whole, along loops that no other dimension and no index follows."""
    loops = list[int | None]()
    taken, axis = table, 0
    for dim, (place, size) in enumerate(zip(places, shape_of(table), strict=True)):
        if not isinstance(place, Subscript):
            own = (1,) * (len(bounds) - len(shape_of(place))) + shape_of(place)
            over = [loop for loop, points in enumerate(own) if points > 1] or [None]
            index = emit.reshape(place, [1 if loop is None else own[loop] for loop in over])
            taken, axis = index if element_of(index) in (i32, i64) else emit.cast(index, i32), dim
            loops += over
        elif size == 1 and place == Subscript(0):
            loops.append(None)
        elif place.alone is not None and bounds[place.alone] == size:
            loops.append(place.alone)
        else:
            return None
    running = [loop for loop in loops if loop is not None]
    if len(set(running)) < len(running):
        return None
    return emit.aligned(emit(te.GatherOp(table, taken, axis)), loops, len(bounds))


def _moved(place: Subscript, extra: int) -> Subscript:
    """The place with one more loop in front of those from `extra` on."""
    scales = {loop + (loop >= extra): scale for loop, scale in place.scales.items()}
    return Subscript(place.offset, scales)


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


def _picked(
    index: SSAValue, spread: SSAValue, extra: int, sizes: Sequence[int], emit: Emitter
) -> SSAValue:
    """The elements of `spread` whose number along the loop `extra` the index is."""
    shape = (sizes[extra], *[1] * (len(sizes) - 1 - extra))
    numbers = emit(te.ConstantOp.of(list(range(sizes[extra])), TensorType(i32, shape)))
    hit = emit(te.CompareOp("eq", index, numbers))
    element = element_of(spread)
    counted = i32 if element == i1 else element
    chosen = emit(te.SelectOp(hit, emit.cast(spread, counted), emit.scalar(0, counted)))
    found = emit(te.ReduceOp("add", chosen, [extra]))
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

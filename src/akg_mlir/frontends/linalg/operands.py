"""Operands of nests as tensors with a dimension per loop."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import shape_of
from akg_mlir.frontends.linalg.subscripts import Access, Subscript, split_sizes
from akg_mlir.frontends.linalg.translation import Emitter


def plain(
    value: SSAValue, access: Access, bounds: Sequence[int], emit: Emitter
) -> tuple[SSAValue, list[int | None]]:
    """What an access takes of a tensor, and the loop over each of its dimensions (None: size 1).

    Strides and offsets become slices; an index that reads a dimension as if it were several,
    a reshape. Raises CompileError for windows and for diagonals.
    """
    value, access = _separated(value, access, bounds, emit)
    starts = [subscript.offset for subscript in access]
    loops = [subscript.loop for subscript in access]
    steps = [s.scales[loop] if (loop := s.loop) is not None else 1 for s in access]
    sizes = [1 if loop is None else bounds[loop] for loop in loops]
    named = [loop for loop in loops if loop is not None]
    if len(set(named)) != len(named):
        raise CompileError("reads a diagonal", emit.source, hint="use each loop once per operand")
    # Of one element the stride does not matter.
    steps = [step if size > 1 else 1 for step, size in zip(steps, sizes)]
    if (tuple(sizes), any(starts)) != (shape_of(value), False):
        value = emit(te.SliceOp(value, starts, sizes, steps))
    return value, list(loops)


def _separated(
    value: SSAValue, access: Access, bounds: Sequence[int], emit: Emitter
) -> tuple[SSAValue, Access]:
    """The operand under a shape in which each dimension is indexed by one loop at most."""
    shape, found = list[int](), list[Subscript]()
    for size, subscript in zip(shape_of(value), access, strict=True):
        if len(subscript.scales) > 1:
            running = {d: s for d, s in subscript.scales.items() if bounds[d] > 1}
            subscript = Subscript(subscript.offset, running)
        if len(subscript.scales) < 2:
            shape.append(size)
            found.append(subscript)
            continue
        loops = split_sizes(subscript, size, bounds)
        if loops is None:
            raise CompileError(
                "reads windows of an operand in a way that is not supported",
                emit.source,
                hint="windows are those of convolutions (sums of products of an image and "
                "weights) and of pooling (sum, maximum or minimum of an image)",
            )
        shape += [bounds[loop] for loop in loops]
        found += [Subscript(0, {loop: 1}) for loop in loops]
    return emit.reshape(value, shape), tuple(found)


def aligned(value: SSAValue, access: Access, bounds: Sequence[int], emit: Emitter) -> SSAValue:
    """What an access takes of a tensor, as a tensor that broadcasts to the iteration space."""
    taken, loops = plain(value, access, bounds, emit)
    return emit.aligned(taken, loops, len(bounds))


def arranged(
    value: SSAValue,
    loops: Sequence[int | None],
    groups: Sequence[Sequence[int]],
    bounds: Sequence[int],
    emit: Emitter,
) -> SSAValue:
    """A tensor whose dimensions run over `loops`, transposed to one dimension per group of them.

    Loops that are in the tensor only or in the groups only have size 1.
    """
    wanted = {loop for group in groups for loop in group}
    kept = [loop for loop in loops if loop is not None and loop in wanted]
    value = emit.reshape(value, [bounds[loop] for loop in kept])
    order = [loop for group in groups for loop in group if loop in kept]
    value = emit.transpose(value, [kept.index(loop) for loop in order])
    return emit.reshape(value, [prod(bounds[loop] for loop in group) for group in groups])

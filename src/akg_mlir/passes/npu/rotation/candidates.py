"""Which buffers of a loop may have one copy per iteration in flight, and which should.

A buffer belongs to the innermost loop around all of its uses. It may be renamed from iteration to
iteration unless one may read what an earlier one wrote: accumulators, and values that are read
before they are written. It is worth a copy if several pipes use it, since the first of them waits
for the last one otherwise; a pipe never waits for itself. A buffer that outlives a loop needs no
copies there where every iteration touches a piece of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import scf
from xdsl.ir import SSAValue

from akg_mlir.passes.npu.memory.lifetime import Use, buffer_uses, carries
from akg_mlir.passes.npu.memory.linear import Linear, linear_of
from akg_mlir.passes.npu.memory.structure import Loop, Program


@dataclass
class Rotation:
    """What one loop does with its buffers.

    `slots` get a copy per iteration in flight; `private` ones (of this loop and the loops in it)
    mean something in one iteration only; `carried` would be slots if no iteration read what an
    earlier one wrote. Of `pieces`, which are used outside as well, every iteration reads some bytes
    that no other one touches.
    """

    slots: list[SSAValue] = field(default_factory=list[SSAValue])
    private: set[SSAValue] = field(default_factory=set[SSAValue])
    carried: list[SSAValue] = field(default_factory=list[SSAValue])
    pieces: set[SSAValue] = field(default_factory=set[SSAValue])


def rotations_of(program: Program) -> dict[scf.ForOp, Rotation]:
    """The rotation of every loop that has buffers of its own, by the op of the loop."""
    found: dict[scf.ForOp, Rotation] = {}
    every = buffer_uses(program)
    for buffer, uses in every.items():
        around = _around(uses)
        shared = len({use.instruction.pipe for use in uses}) > 1
        for loop in around:
            rotation = found.setdefault(loop.op, Rotation())
            own = shared and loop is around[-1]
            if carries(loop, uses):
                rotation.carried += [buffer] if own else []
            else:
                rotation.slots += [buffer] if own else []
                rotation.private.add(buffer)
    for buffer, uses in every.items():
        for loop in {loop for use in uses for loop in use.instruction.loops_around}:
            inside = [use for use in uses if loop in use.instruction.loops_around]
            if loop.op in found and len(inside) < len(uses) and _in_pieces(loop, inside):
                found[loop.op].pieces.add(buffer)
    return found


def _in_pieces(loop: Loop, uses: Sequence[Use]) -> bool:
    """Whether every iteration of a loop moves on by at least as much as it touches, and reads what
    it writes; `uses` are in it."""
    if all(use.access.writes for use in uses):  # there is no hurry
        return False
    depth, index = loop.depth, loop.op.body.block.args[0]
    frame = uses[0].frame(depth)
    step = abs(frame.get(index, 0)) * abs(linear_of(loop.op.step).const)
    moved = [term for term in frame if index in Linear(((term, 1),)).leaves()]
    if moved != [index] or any(use.frame(depth) != frame for use in uses):
        return False
    touched = [use.bytes_in(depth) for use in uses]
    ranges = [r for bytes_ in touched if bytes_ is not None for r in bytes_]
    if None in touched or not ranges:
        return False
    return max(high for _, high in ranges) - min(low for low, _ in ranges) <= step


def _around(uses: Sequence[Use]) -> list[Loop]:
    """The loops around all uses, outermost first."""
    first, *others = (use.instruction.loops_around for use in uses)
    return [loop for loop in first if all(loop in loops for loops in others)]

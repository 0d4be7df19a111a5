"""Which buffers of a loop may have one copy per iteration in flight, and which should.

A buffer belongs to the innermost loop around all of its uses. It may be renamed from iteration to
iteration unless one may read what an earlier one wrote: accumulators, and values that are read
before they are written. It is worth a copy if several pipes use it, since the first of them waits
for the last one otherwise; a pipe never waits for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import scf
from xdsl.ir import SSAValue

from akg_mlir.passes.npu.memory.lifetime import Use, buffer_uses, carries
from akg_mlir.passes.npu.memory.structure import Loop, Program


@dataclass
class Rotation:
    """What one loop does with its buffers.

    `slots` get a copy per iteration in flight; `private` ones (of this loop and the loops in it)
    mean something in one iteration only; `carried` would be slots if no iteration read what an
    earlier one wrote.
    """

    slots: list[SSAValue] = field(default_factory=list[SSAValue])
    private: set[SSAValue] = field(default_factory=set[SSAValue])
    carried: list[SSAValue] = field(default_factory=list[SSAValue])


def rotations_of(program: Program) -> dict[scf.ForOp, Rotation]:
    """The rotation of every loop that has buffers of its own, by the op of the loop."""
    found: dict[scf.ForOp, Rotation] = {}
    for buffer, uses in buffer_uses(program).items():
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
    return found


def _around(uses: Sequence[Use]) -> list[Loop]:
    """The loops around all uses, outermost first."""
    first, *others = (use.instruction.loops_around for use in uses)
    return [loop for loop in first if all(loop in loops for loops in others)]

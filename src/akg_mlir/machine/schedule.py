"""The streams of all cores as the clock sees them, and their timelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from akg_mlir.machine.costs import Costs
from akg_mlir.machine.issue import Issues
from akg_mlir.machine.program import Instruction
from akg_mlir.machine.repetition import Stream
from akg_mlir.machine.timeline import Action, Clock, Timeline

if TYPE_CHECKING:
    from akg_mlir.targets import Target


@dataclass(frozen=True)
class Schedule:
    """`actions`: what the numbers of the streams stand for."""

    actions: tuple[Action, ...]
    streams: tuple[Stream, ...]

    def timelines(self, target: Target, *, whole: bool) -> tuple[Timeline, ...]:
        """One per core; equal streams share theirs.

        `whole`: with a span for every instruction. Else repetitions may be jumped over: the same
        cycles, sooner. Raises `DeadlockError`.
        """
        known: dict[tuple[bytes, bytes], Timeline] = {}
        result: list[Timeline] = []
        for stream in self.streams:
            heads = bytes(len(stream.heads)) if whole else stream.heads
            key = (stream.numbers.tobytes(), heads)
            if key not in known:
                known[key] = Clock(replace(stream, heads=heads), self.actions, target).run()
            result.append(known[key])
        return tuple(result)


def schedule(issues: Issues, costs: Costs, code: Sequence[Instruction]) -> Schedule:
    """Put everything issued in its place in the streams."""
    ends = np.cumsum(issues.lengths)
    starts = ends - issues.lengths
    numbers, program = (np.zeros(int(ends[-1]), np.int32) for _ in range(2))
    actions: dict[Action, int] = {}
    for issue in issues.issues:
        occurring, which = costs.of(issue)
        known = [Action.of(code[issue.number], cost) for cost in occurring]
        table = np.array([actions.setdefault(action, len(actions)) for action in known], np.int32)
        places = starts[issue.core] + issue.position
        numbers[places], program[places] = table[which], issue.number
    heads = np.zeros(numbers.size + 1, np.bool_)
    for head in issues.heads:
        heads[starts[head.core] + head.position] = True
    streams = (
        Stream(numbers[start:end], program[start:end], heads[start:end].tobytes())
        for start, end in zip(starts.tolist(), ends.tolist())
    )
    return Schedule(tuple(actions), tuple(streams))

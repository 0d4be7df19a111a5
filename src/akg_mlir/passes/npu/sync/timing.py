"""How long a kernel takes under a schedule: the clock of the machine, on a few iterations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

import numpy as np

from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine, MachineError
from akg_mlir.machine import program as machine
from akg_mlir.machine.costs import Cost
from akg_mlir.machine.loading import load
from akg_mlir.machine.repetition import Stream
from akg_mlir.machine.timeline import Action, Clock
from akg_mlir.passes.npu.memory.structure import Body, Branch, Item, Loop, Program, executed
from akg_mlir.passes.npu.sync.schedule import Barrier, Flag, Node, Schedule, Set, once
from akg_mlir.targets import Target

ITERATIONS = (4, 3, 2)
"""Of every loop, the first that fits: two that fill the pipes, the others show the steady state."""
LONGEST = 300
"""Instructions, flags not counted, of which a timed run may consist."""
LONGEST_WHOLE = 2000
"""Instructions of a kernel that is timed with all iterations, to decide between two schedules."""
LONGEST_EXACT = 20_000
"""Instructions of a kernel that the machine times on all cores: tenths of a second."""
NEVER = 1 << 62
"""Cycles of a schedule under which the pipes wait for each other."""
_MARK = "mark"


@dataclass(frozen=True)
class _Base:
    """The stream of core 0 without flags; `places` says which numbers in it are marks.

    A mark stands for what a schedule has before (False) or after (True) an item.
    """

    numbers: Sequence[int]
    actions: tuple[Action, ...]
    places: dict[int, tuple[Item, bool]]

    @property
    def cost(self) -> Cost:
        """What a flag costs: marks are flags, too."""
        return next((self.actions[mark].cost for mark in self.places), Cost(1))


class Timer:
    """Times schedules of one kernel. A core gets the share of DRAM that it has beside the others.

    `length` is the number of instructions that a run executes; 0 if even two iterations of every
    loop are too many to be timed while compiling.
    """

    def __init__(
        self,
        program: Program,
        target: Target,
        iterations: Sequence[float] = ITERATIONS,
        longest: int = LONGEST,
    ) -> None:
        self._program, self._target = program, target
        sizes = [(executed(program.body, n), n) for n in iterations]
        self.length, self._iterations = next((s for s in sizes if s[0] <= longest), (0, 0))

    def whole(self) -> Timer:
        """A timer of all iterations; this one if it is, or if they are too many."""
        if executed(self._program.body) == self.length:
            return self
        whole = Timer(self._program, self._target, (inf,), LONGEST_WHOLE)
        return whole if whole.length else self

    def exact(self, schedule: Schedule) -> int:
        """Cycles of the whole kernel on all cores under flags that have ids; `NEVER` if it does not
        end, and those of `cycles` if it is too long.

        `cycles` knows nothing of what cores find in L2, nor of flags that wait for ids.
        """
        if executed(self._program.body) > LONGEST_EXACT:
            return self.cycles(schedule)
        decoded = decode(self._program.kernel, self._target)

        def around(item: Item, after: bool) -> Sequence[machine.Node]:
            return _decoded((schedule.after if after else schedule.before).get(item, ()))

        body = _with_nodes(self._program.body, decoded.body, around, inf)
        first, last = (_decoded(once(end)) for end in (schedule.prologue, schedule.epilogue))
        try:
            return Machine(self._target).time(replace(decoded, body=(*first, *body, *last))).cycles
        except MachineError:
            return NEVER

    def worth(self, schedule: Schedule) -> tuple[int, int]:
        """Cycles, then flag operations and barriers: the less the better."""
        return self.cycles(schedule), sum(1 for _ in schedule.nodes())

    def cycles(self, schedule: Schedule) -> int:
        """Cycles of the shortened kernel, every flag with an id of its own; `NEVER` if it does not
        end."""
        base = self._base
        actions = list(base.actions)
        numbered: dict[Action, int] = {}
        events: dict[Flag, int] = {}

        def number(node: Node) -> int:
            action = _action(node, base.cost, events)
            if action not in numbered:
                numbered[action] = len(actions)
                actions.append(action)
            return numbered[action]

        marks = {
            mark: [number(n) for n in (schedule.after if after else schedule.before).get(item, ())]
            for mark, (item, after) in base.places.items()
        }
        numbers = [number(node) for node in schedule.prologue]
        for original in base.numbers:
            numbers += marks.get(original, [original])
        numbers += [number(node) for node in schedule.epilogue]
        column = np.array(numbers, np.int32)
        # Nobody asks which instruction of the program it was, and nothing is jumped over.
        stream = Stream(column, code=column, heads=bytes(len(numbers) + 1))
        try:
            return Clock(stream, actions, self._target).run().cycles
        except MachineError:
            return NEVER

    @cached_property
    def _base(self) -> _Base:
        decoded = decode(self._program.kernel, self._target)
        places: list[tuple[Item, bool]] = []

        def mark(item: Item, after: bool) -> Sequence[machine.Node]:
            places.append((item, after))
            event = len(places) - 1
            return [machine.SetFlag(label=_MARK, pipe=_MARK, waiter=_MARK, event=event)]

        body = _with_nodes(self._program.body, decoded.body, mark, self._iterations)
        gm = self._target.gm
        gm = replace(gm, dram_total=gm.dram_share(decoded.cores))
        # Marks are flags of a pipe of their own, one event each.
        target = replace(self._target, events_per_pair=len(places), gm=gm, cores=1)
        alone = load(replace(decoded, body=body, cores=1), target)
        if executed(self._program.body) <= LONGEST_EXACT:
            # Cores find in L2 what others loaded.
            alone = replace(alone, misses=load(decoded, self._target).traffic.misses)
        schedule = alone.schedule
        marks = {
            number: places[action.flag[2]]
            for number, action in enumerate(schedule.actions)
            if action.pipe == _MARK
        }
        return _Base(schedule.streams[0].numbers.tolist(), schedule.actions, marks)


def _with_nodes(
    body: Body,
    decoded: Sequence[machine.Node],
    around: Callable[[Item, bool], Sequence[machine.Node]],
    iterations: float,
) -> tuple[machine.Node, ...]:
    """The nodes of a body, with what `around` gives before (False) and after (True) its items, and
    loops cut short."""
    items = iter(body.items)
    found: list[machine.Node] = []
    for node in decoded:
        if isinstance(node, machine.Let):
            found.append(node)
            continue
        item = next(items)
        found += around(item, False)
        if isinstance(node, machine.Loop) and isinstance(item, Loop):
            node = replace(node, body=_with_nodes(item.body, node.body, around, iterations))
            if iterations != inf:
                end = f"{node.lower} + {iterations} * {node.step}"
                node = replace(node, upper=f"min({node.upper}, {end})")
        elif isinstance(node, machine.If) and isinstance(item, Branch):
            arms = zip(item.arms, (node.then, node.otherwise))
            then, otherwise = (_with_nodes(arm, n, around, iterations) for arm, n in arms)
            node = replace(node, then=then, otherwise=otherwise)
        found += [node, *around(item, True)]
    return tuple(found)


def _decoded(nodes: Sequence[Node]) -> list[machine.Node]:
    """Flags that have ids, and barriers, as the machine knows them."""
    found: list[machine.Node] = []
    for node in nodes:
        if isinstance(node, Barrier):
            found.append(machine.Barrier(label="barrier", pipe=node.on.value))
            continue
        flag = node.flag
        src, dst, event = flag.src.value, flag.dst.value, flag.event
        assert event is not None
        if isinstance(node, Set):
            found.append(machine.SetFlag(label="set", pipe=src, waiter=dst, event=event))
        else:
            found.append(machine.WaitFlag(label="wait", pipe=dst, setter=src, event=event))
    return found


def _action(node: Node, cost: Cost, events: dict[Flag, int]) -> Action:
    if isinstance(node, Barrier):
        return Action("barrier", node.on.value, cost)
    flag = node.flag
    key = (flag.src.value, flag.dst.value, events.setdefault(flag, len(events)))
    is_set = isinstance(node, Set)
    return Action("set" if is_set else "wait", key[0] if is_set else key[1], cost, key)

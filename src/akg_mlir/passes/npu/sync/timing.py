"""How long a kernel takes under a schedule: the clock of the machine, on a few iterations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine, MachineError
from akg_mlir.machine import program as machine
from akg_mlir.passes.npu.memory.structure import Body, Branch, Loop, Program, executed
from akg_mlir.passes.npu.sync.schedule import Barrier, Flag, Node, Schedule, Set
from akg_mlir.targets import Target

ITERATIONS = (4, 3, 2)
"""Of every loop, the first that fits: two that fill the pipes, the others show the steady state."""
LONGEST = 600
"""Instructions, flags not counted, of which a timed run may consist."""
NEVER = 1 << 62
"""Cycles of a schedule under which the pipes wait for each other."""


class Timer:
    """Times schedules of one kernel. A core gets the share of DRAM that it has beside the others.

    `length` is the number of instructions that a run executes; 0 if even two iterations of every
    loop are too many to be timed while compiling.
    """

    def __init__(self, program: Program, target: Target) -> None:
        self._program, self._target = program, target
        self._events: dict[Flag, int] = {}
        sizes = [(executed(program.body, n), n) for n in ITERATIONS]
        self.length, self._iterations = next((s for s in sizes if s[0] <= LONGEST), (0, 0))

    @cached_property
    def _decoded(self) -> machine.Program:
        return decode(self._program.kernel, self._target)

    @cached_property
    def _machine(self) -> Machine:
        """One core of the target; flags without event ids get numbers beyond those it has."""
        gm = self._target.gm
        gm = replace(gm, dram_total=gm.dram_share(self._decoded.cores))
        return Machine(replace(self._target, events_per_pair=NEVER, gm=gm, cores=1))

    def cycles(self, schedule: Schedule) -> int:
        """Cycles of the shortened kernel; `NEVER` if it does not end."""
        nodes = [
            *self._nodes(schedule.prologue),
            *self._body(self._program.body, self._decoded.body, schedule),
            *self._nodes(schedule.epilogue),
        ]
        try:
            return self._machine.time(replace(self._decoded, body=tuple(nodes), cores=1)).cycles
        except MachineError:
            return NEVER

    def worth(self, schedule: Schedule) -> tuple[int, int]:
        """Cycles, then flag operations and barriers: the less the better."""
        return self.cycles(schedule), sum(1 for _ in schedule.nodes())

    def _body(
        self, body: Body, decoded: Sequence[machine.Node], schedule: Schedule
    ) -> list[machine.Node]:
        """The nodes of a body with the schedule's among them."""
        items = iter(body.items)
        found: list[machine.Node] = []
        for node in decoded:
            if isinstance(node, machine.Let):
                found.append(node)
                continue
            item = next(items)
            if isinstance(node, machine.Loop) and isinstance(item, Loop):
                first = f"{node.lower} + {self._iterations} * {node.step}"
                upper = f"min({node.upper}, {first})"
                inner = tuple(self._body(item.body, node.body, schedule))
                node = replace(node, upper=upper, body=inner)
            elif isinstance(node, machine.If) and isinstance(item, Branch):
                arms = zip(item.arms, (node.then, node.otherwise))
                then, otherwise = (tuple(self._body(arm, n, schedule)) for arm, n in arms)
                node = replace(node, then=then, otherwise=otherwise)
            found += self._nodes(schedule.before.get(item, ()))
            found.append(node)
            found += self._nodes(schedule.after.get(item, ()))
        return found

    def _nodes(self, nodes: Sequence[Node]) -> list[machine.Node]:
        return [self._node(node) for node in nodes]

    def _node(self, node: Node) -> machine.Node:
        if isinstance(node, Barrier):
            return machine.Barrier(label="barrier", pipe=node.on.value)
        flag = node.flag
        event = self._events.setdefault(flag, len(self._events))
        source, waiter = flag.src.value, flag.dst.value
        if isinstance(node, Set):
            return machine.SetFlag(label="set", pipe=source, waiter=waiter, event=event)
        return machine.WaitFlag(label="wait", pipe=waiter, setter=source, event=event)

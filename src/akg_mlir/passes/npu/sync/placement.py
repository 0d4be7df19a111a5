"""Where flags and barriers go: a greedy choice, one missing order at a time.

The analysis walks the program; at the first instruction that may start too early, one
synchronisation is added and the walk resumes. Three kinds, all at the innermost body that holds
both ends, so that they execute equally often:

- forward: set after the earlier item, wait before the later one;
- token (carried by a loop): the later iteration's item waits for what the earlier iteration's item
  released. Set once before everything and waited for once after everything, a token is set
  whenever no use is in progress, so loops that do not iterate and sibling loops need no care;
- barrier, for two instructions of one pipe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NoReturn

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.memory.structure import (
    Body,
    Branch,
    Instruction,
    Item,
    Loop,
    Program,
    divergence,
)
from akg_mlir.passes.npu.sync.dependence import Requirements
from akg_mlir.passes.npu.sync.happens_before import Analysis, Findings, Retry, around, own_waits
from akg_mlir.passes.npu.sync.schedule import PIPES, Barrier, Flag, Schedule, Set, Wait


@dataclass(frozen=True)
class Order:
    """`later` (an item of `body`) must wait for pipe `src` as of the end of `earlier`.

    Forward when `earlier` precedes `later` in the body, else carried to the next iteration.
    """

    body: Body
    earlier: Item
    later: Item
    src: Pipe
    dst: Pipe

    @cached_property
    def first(self) -> int:
        """The place of `earlier`."""
        return self.body.items.index(self.earlier)

    @cached_property
    def second(self) -> int:
        """The place of `later`."""
        return self.body.items.index(self.later)

    @property
    def forward(self) -> bool:
        return self.first < self.second


@dataclass
class Plan:
    """A schedule and why each flag is in it."""

    schedule: Schedule = field(default_factory=Schedule)
    orders: dict[Flag, Order] = field(default_factory=dict[Flag, Order])
    guards: dict[Flag, Flag] = field(default_factory=dict[Flag, Flag])
    """Token -> the flag inside its use that makes its release wait for its acquisition."""
    delays: set[Flag] = field(default_factory=set[Flag])
    """Flags that order no dependence, but the use of an event id after another one."""
    ends: dict[Flag, tuple[bool, Item | None]] = field(
        default_factory=dict[Flag, tuple[bool, Item | None]]
    )
    """Of tokens whether they are first set in front of their loop instead of the kernel, and the
    item behind it before which they are last awaited instead of at the kernel's end, if any."""

    def add(self, order: Order) -> Flag:
        """Place a forward flag or a token."""
        flag = Flag(order.src, order.dst)
        self.orders[flag] = order
        # Waits come before barriers: what a pipe waits for may complete meanwhile.
        before = self.schedule.before.setdefault(order.later, [])
        at = next((i for i, node in enumerate(before) if isinstance(node, Barrier)), len(before))
        before.insert(at, Wait(flag))
        self.schedule.after.setdefault(order.earlier, []).append(Set(flag))
        if not order.forward:
            self.schedule.prologue.append(Set(flag))
            self.schedule.epilogue.append(Wait(flag))
        return flag

    def add_barrier(self, on: Pipe, before: Item) -> None:
        self.schedule.before.setdefault(before, []).append(Barrier(on))

    def end(self, token: Flag, *, first: bool, last: Item | None) -> None:
        """Move the ends of a token that has its own at those of the kernel (see `ends`)."""
        if not first and last is None:
            return
        self.ends[token] = (first, last)
        if first:
            self.schedule.remove_flags([token], self.schedule.prologue)
            self.schedule.before.setdefault(around(self.orders[token].body), []).append(Set(token))
        if last is not None:
            self.schedule.remove_flags([token], self.schedule.epilogue)
            self.schedule.before.setdefault(last, []).insert(0, Wait(token))

    def drop(self, flag: Flag) -> None:
        """Take a flag out, with the flag that guards it."""
        order, guard = self.orders.pop(flag), self.guards.pop(flag, None)
        gone = [flag] if guard is None else [flag, guard]
        first, last = self.ends.pop(flag, (False, None))
        after, before = self.schedule.after, self.schedule.before
        waits = [order.later, *([around(order.body)] if first else []), *([last] if last else [])]
        places = [after.get(order.earlier), *(before.get(item) for item in waits)]
        kernel = self.schedule.prologue, self.schedule.epilogue
        self.schedule.remove_flags(gone, *filter(None, places), *kernel)
        self.delays.discard(flag)
        self.guards = {t: g for t, g in self.guards.items() if g is not flag}

    def guard(self, token: Flag) -> None:
        """Let the release of a token wait until its acquisition has happened.

        Needed where the instructions in between may not execute, so that nothing else orders the
        two: a second set could overtake the wait for the first.
        """
        order = self.orders[token]
        guard = Flag(order.dst, order.src)
        self.guards[token] = guard
        before, after = self.schedule.before[order.later], self.schedule.after[order.earlier]
        acquire = next(i for i, n in enumerate(before) if isinstance(n, Wait) and n.flag is token)
        release = next(i for i, n in enumerate(after) if isinstance(n, Set) and n.flag is token)
        before.insert(acquire + 1, Set(guard))
        after.insert(release, Wait(guard))

    def copy(self) -> Plan:
        return Plan(
            self.schedule.copy(),
            dict(self.orders),
            dict(self.guards),
            set(self.delays),
            dict(self.ends),
        )


class _FlagMissing(Exception):
    """An instruction waits for another pipe."""


class Planner:
    """Adds to a plan until the program has no unordered dependences and no unsafe flags."""

    def __init__(self, program: Program, required: Requirements) -> None:
        self.program, self.required = program, required

    def complete(self, plan: Plan) -> None:
        """Extend `plan` until the analysis finds nothing wrong."""

        def resolve(running: Analysis, instruction: Instruction, missing: int) -> NoReturn:
            self._resolve(plan, running, instruction, missing)

        while True:
            Analysis(self.program, self.required, plan.schedule, resolve).run()
            analysis = Analysis(self.program, self.required, plan.schedule)
            if not self._protect(plan, analysis, analysis.run()):
                return

    def add_barriers(self, plan: Plan) -> bool:
        """Choose the barriers on single pipes anew; whether flags order the rest."""

        def resolve(running: Analysis, instruction: Instruction, missing: int) -> NoReturn:
            own, body = instruction.pipe, instruction.parent
            for index, _ in self.required.facts(missing):
                if self.program.instructions[index].pipe is not own:
                    raise _FlagMissing
            plan.add_barrier(own, instruction)
            raise Retry(body, body.items.index(instruction))

        plan.schedule.drop_barriers()
        try:
            Analysis(self.program, self.required, plan.schedule, resolve).run()
        except _FlagMissing:
            return False
        return True

    def serialise(self, plan: Plan) -> None:
        """Order everything that `plan` does not by barriers on all pipes."""

        def resolve(running: Analysis, instruction: Instruction, missing: int) -> NoReturn:
            plan.add_barrier(Pipe.ALL, instruction)
            body = instruction.parent
            raise Retry(body, body.items.index(instruction))

        Analysis(self.program, self.required, plan.schedule, resolve).run()

    def proves(self, plan: Plan) -> bool:
        """Whether the plan is complete and its flags safe as it stands."""
        analysis = Analysis(self.program, self.required, plan.schedule)
        findings = analysis.run()
        return (
            not findings.unordered
            and not findings.protocol
            and not any(own_waits(analysis, node, findings) for node in findings.unconsumed)
        )

    def _resolve(
        self, plan: Plan, running: Analysis, instruction: Instruction, missing: int
    ) -> NoReturn:
        order = self._choose(running, instruction, missing)
        if order.src is order.dst:
            plan.add_barrier(order.dst, order.later)
            raise Retry(order.body, order.second)
        flag = plan.add(order)
        if not order.forward:
            raise running.add_initial(flag, order.body)
        raise Retry(order.body, order.first)

    def _choose(self, running: Analysis, instruction: Instruction, missing: int) -> Order:
        """The order to add: of another pipe before the own one, forward before carried, then the
        one whose flag brings the most other missing facts along.
        """
        by_pipe: dict[Pipe, list[Order]] = {}
        for index, level in self.required.facts(missing):
            order = _order(self.program.instructions[index], instruction, level)
            by_pipe.setdefault(order.src, []).append(order)
        best = [_strongest(orders) for orders in by_pipe.values()]

        def rank(order: Order) -> tuple[int, ...]:
            brought = _brought(running, order) & missing if order.forward else 0
            own = order.src is order.dst
            return (own, not order.forward, -brought.bit_count(), PIPES.index(order.src))

        return min(best, key=rank)

    def _protect(self, plan: Plan, analysis: Analysis, findings: Findings) -> bool:
        """Make one flag safe that might be set before its last wait; whether there was one."""
        for node in findings.unconsumed:
            if not own_waits(analysis, node, findings):
                continue
            order = plan.orders.get(node.flag)
            if order is None:
                raise AssertionError("a guard is ordered by the token it guards")
            if order.forward:
                plan.add(Order(order.body, order.later, order.earlier, order.dst, order.src))
            else:
                plan.guard(node.flag)
            return True
        return False


def _order(x: Instruction, y: Instruction, level: int) -> Order:
    """Where the fact "x at `level`" that `y` needs can be established."""
    body, first, second = divergence(x, y)
    if level > 0 and (x.index >= y.index or first is second or level < _depth(body)):
        body, first, second = _at_loop(x, y, x.loops_around[level - 1])
    return Order(body, first, second, x.pipe, y.pipe)


def _depth(body: Body) -> int:
    depth = 0
    while body.owner is not None:
        depth += isinstance(body.owner, Loop)
        body = body.owner.parent
    return depth


def _at_loop(x: Instruction, y: Instruction, loop: Loop) -> tuple[Body, Item, Item]:
    """The items of `x` and `y` in the body of `loop`, or in an arm there that holds both."""
    steps = list(zip(x.path, y.path))
    start = next(i for i, ((body, _), _) in enumerate(steps) if body is loop.body)
    for (body, first), (other, second) in steps[start:]:
        assert body is other
        if first is not second or not isinstance(first, Branch) or _split(steps, body):
            return body, first, second
    raise AssertionError("a path ends at an instruction")


Steps = Sequence[tuple[tuple[Body, Item], tuple[Body, Item]]]


def _split(steps: Steps, body: Body) -> bool:
    """Whether the paths leave `body` through different arms of a branch."""
    at = next(i for i, ((b, _), _) in enumerate(steps) if b is body)
    return at + 1 >= len(steps) or steps[at + 1][0][0] is not steps[at + 1][1][0]


def _strongest(orders: Sequence[Order]) -> Order:
    """Of orders from one pipe: the set that comes last covers all earlier instructions."""
    forward = [o for o in orders if o.forward]

    def key(order: Order) -> tuple[int, int, int]:
        # Of equally late sources the inner loop's order comes first, it holds for outer loops too.
        return (_depth(order.body), order.first, -order.second)

    return max(forward or orders, key=key)


def _brought(running: Analysis, order: Order) -> int:
    """Facts that pipe `order.src` knows at the place of the set."""
    frame = next(f for f in running.stack if f.body is order.body)
    return frame.snapshots[order.first + 1].known(order.src)

"""What is certainly complete when: a must-analysis of a program with its flags and barriers.

For every pipe the analysis keeps the set of facts (see `dependence`) that hold when the pipe's
next instruction starts, for every flag that is set the facts its wait brings. Executing X ends
"all instances of X have completed" everywhere. Loops are iterated to the greatest fixed point, so
the result holds for any number of iterations.

The model of the machine (machine reference 2.5): a pipe starts its instructions in order but they
complete when they like; a set fires when all earlier instructions of its pipe have completed; the
scalar pipe completes an instruction before the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.memory.structure import Body, Branch, Instruction, Item, Loop, Program
from akg_mlir.passes.npu.sync.dependence import Requirements
from akg_mlir.passes.npu.sync.facts import EVERYTHING, State
from akg_mlir.passes.npu.sync.schedule import PIPES, Barrier, Flag, Node, Schedule, Set, Wait


@dataclass
class Findings:
    """What the analysis proved wrong; all empty for a correct program."""

    unordered: dict[Instruction, int] = field(default_factory=dict[Instruction, int])
    unconsumed: dict[Set, int] = field(default_factory=dict[Set, int])
    """Waits (see `Analysis.waits`) that may not have happened when the set is executed."""
    protocol: list[tuple[str, Flag]] = field(default_factory=list[tuple[str, Flag]])


@dataclass(eq=False)
class Frame:
    """A body under analysis and the state before each item reached so far; whether it is that of a
    loop, and not for the first time since the loop began."""

    body: Body
    repeats: bool = False
    snapshots: list[State] = field(default_factory=list[State])


class Retry(Exception):
    """The schedule changed: resume at this item of this body."""

    def __init__(self, body: Body, position: int) -> None:
        super().__init__()
        self.body, self.position = body, position


Missing = Callable[["Analysis", Instruction, int], NoReturn]


class Analysis:
    """One run over a program. `on_missing` may extend the schedule and raise Retry.

    Facts about waits do not depend on those about instructions: without requirements the analysis
    follows flags alone, which takes a fraction of the time.
    """

    def __init__(
        self,
        program: Program,
        required: Requirements | None,
        schedule: Schedule,
        on_missing: Missing | None = None,
    ) -> None:
        self.program, self.required, self.schedule = program, required, schedule
        self.on_missing = on_missing
        self.findings = Findings()
        self.stack: list[Frame] = []
        self.waits: dict[Wait, int] = {}
        self._waits_of_pair: dict[tuple[Pipe, Pipe], int] = {}
        self._members: dict[Loop, int] = {}
        self._initial: set[Flag] = set()
        self._items: dict[Body, list[Item]] = {}
        self._own = dict.fromkeys(PIPES, 0)
        if required is not None:
            for instruction in program.instructions:
                self._own[instruction.pipe] |= _all_levels(required, 1 << instruction.index)

    def run(self) -> Findings:
        """Analyse the whole kernel."""
        self._kernel()
        return self.findings

    def add_initial(self, token: Flag, body: Body) -> Retry:
        """A flag is set before everything, and used in `body` only: what to raise after that.

        The analysis resumes where no loop around the body has had an iteration.
        """
        self._initial.add(token)
        frames = [frame.body for frame in self.stack if frame.repeats]
        loop = around(frames[0] if frames else body)
        return Retry(loop.parent, loop.parent.items.index(loop))

    def wait_bit(self, wait: Wait) -> int:
        """The fact "all instances of this wait have happened"."""
        if wait not in self.waits:
            facts = 0 if self.required is None else self.required.levels * self.required.count
            bit = 1 << (facts + len(self.waits))
            self.waits[wait] = bit
            pair = (wait.flag.src, wait.flag.dst)
            self._waits_of_pair[pair] = self._waits_of_pair.get(pair, 0) | bit
            self._own[wait.flag.dst] |= bit
        return self.waits[wait]

    def _kernel(self) -> None:
        state = State(self._initial)
        for node in self.schedule.nodes():
            if isinstance(node, Wait):
                self.wait_bit(node)
        self._initial |= {node.flag for node in self.schedule.prologue if isinstance(node, Set)}
        state = self._run_body(self.program.body, state)
        self._nodes(self.schedule.epilogue, state)
        for flag in state.flags:
            self._complain("is still set at the end of the kernel", flag)

    def _run_body(self, body: Body, state: State, repeats: bool = False) -> State:
        frame = Frame(body, repeats)
        self.stack.append(frame)
        position, items = 0, self._items_of(body)
        while position < len(items):
            if self.on_missing is not None:
                del frame.snapshots[position:]
                frame.snapshots.append(state.copy())
            try:
                state = self._run_item(items[position], state)
                position += 1
            except Retry as retry:
                if retry.body is not body:
                    raise
                del self.stack[self.stack.index(frame) + 1 :]
                position = retry.position
                state = frame.snapshots[position].copy()
        self.stack.pop()
        return state

    def _items_of(self, body: Body) -> list[Item]:
        """The items of a body that may change the state."""
        if self.required is not None:
            return body.items
        if body not in self._items:
            self._items[body] = [item for item in body.items if self._is_synchronised(item)]
        return self._items[body]

    def _is_synchronised(self, item: Item) -> bool:
        """Whether there are flags or barriers around an item, or inside."""
        if self.schedule.before.get(item) or self.schedule.after.get(item):
            return True
        bodies = [item.body] if isinstance(item, Loop) else []
        bodies = item.arms if isinstance(item, Branch) else bodies
        return any(self._items_of(body) for body in bodies)

    def _run_item(self, item: Item, state: State) -> State:
        self._nodes(self.schedule.before.get(item, ()), state)
        if isinstance(item, Instruction):
            self._run_instruction(item, state)
        elif isinstance(item, Loop):
            state = self._run_loop(item, state)
        elif isinstance(item, Branch):
            ends = [self._run_body(arm, state.copy()) for arm in item.arms]
            state = self._meet(*ends)
        self._nodes(self.schedule.after.get(item, ()), state)
        return state

    def _run_loop(self, loop: Loop, state: State) -> State:
        before = state.copy()
        self._turn(loop, state)
        repeats = False
        while True:
            start = state.copy()
            state = self._run_body(loop.body, state, repeats)
            end, repeats = state.copy(), True
            self._turn(loop, state)
            state = self._meet(start, state)
            if state.holds_as(start):
                return self._meet(before, end) if loop.may_be_empty else end

    def _turn(self, loop: Loop, state: State) -> None:
        """A new iteration of `loop` begins: what has completed so far, has before it."""
        if self.required is None:
            return
        shift = loop.depth * self.required.count
        members = self._members_of(loop)
        others = ~(members << shift)
        state.map(lambda facts: (facts & others) | ((facts & members) << shift))

    def _members_of(self, loop: Loop) -> int:
        if loop not in self._members:
            self._members[loop] = _instructions_in(loop.body)
        return self._members[loop]

    def _meet(self, first: State, second: State) -> State:
        for flag in first.differing(second):
            self._complain("is set on one way through the program and clear on another", flag)
        return first.meet(second)

    def _run_instruction(self, instruction: Instruction, state: State) -> None:
        if self.required is None:
            return
        missing = self.required.needs[instruction.index] & ~state.known(instruction.pipe)
        if missing:
            if self.on_missing is not None:
                self.on_missing(self, instruction, missing)
            known = self.findings.unordered.get(instruction, 0)
            self.findings.unordered[instruction] = known | missing
        bit = 1 << instruction.index
        state.forget(bit)
        if instruction.pipe is Pipe.S:
            state.learn(Pipe.S, bit)

    def _nodes(self, nodes: list[Node] | tuple[()], state: State) -> None:
        for node in nodes:
            if isinstance(node, Set):
                self._set(node, state)
            elif isinstance(node, Wait):
                self._wait(node, state)
            else:
                self._barrier(node, state)

    def _set(self, node: Set, state: State) -> None:
        flag = node.flag
        if state.is_set(flag):
            self._complain("is set twice without a wait in between", flag)
        pair = self._waits_of_pair.get((flag.src, flag.dst), 0)
        known = state.known(flag.src)
        self.findings.unconsumed[node] = self.findings.unconsumed.get(node, 0) | (pair & ~known)
        state.set(flag, known | self._own[flag.src])

    def _wait(self, node: Wait, state: State) -> None:
        flag, bit = node.flag, self.wait_bit(node)
        if not state.is_set(flag):
            self._complain("is waited for without a set before", flag)
            return
        brought = state.take(flag)
        state.forget(bit)
        state.learn(flag.dst, brought | bit)

    def _barrier(self, node: Barrier, state: State) -> None:
        if node.on is Pipe.ALL:
            state.map(lambda _: EVERYTHING)
        else:
            state.learn(node.on, self._own[node.on])

    def _complain(self, what: str, flag: Flag) -> None:
        if (what, flag) not in self.findings.protocol:
            self.findings.protocol.append((what, flag))


def around(body: Body) -> Loop:
    """The innermost loop around a body in one."""
    item = body.owner
    while isinstance(item, Branch):
        item = item.parent.owner
    assert item is not None
    return item


def _all_levels(required: Requirements, mask: int) -> int:
    return sum(mask << (level * required.count) for level in range(required.levels))


def own_waits(analysis: Analysis, node: Set, findings: Findings) -> bool:
    """Whether a wait of this set's own flag may still be outstanding."""
    own = sum(bit for wait, bit in analysis.waits.items() if wait.flag is node.flag)
    return bool(findings.unconsumed[node] & own)


def _instructions_in(body: Body) -> int:
    mask = 0
    for item in body.items:
        if isinstance(item, Instruction):
            mask |= 1 << item.index
        elif isinstance(item, Loop):
            mask |= _instructions_in(item.body)
        elif isinstance(item, Branch):
            for arm in item.arms:
                mask |= _instructions_in(arm)
    return mask

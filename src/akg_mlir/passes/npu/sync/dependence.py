"""Which earlier instructions must have completed before an instruction may start.

A *fact* is "all instances of X so far have completed" (level 0), or "... all instances of X
before the current iteration of its l-th enclosing loop" (level l, counted from 1 at the
outermost). Facts are bits: X at level l is bit `l * n + X.index` of n instructions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

from xdsl.dialects import scf
from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import BufferOp, MadOp, Pipe, Space
from akg_mlir.passes.npu.memory.distance import Ranges
from akg_mlir.passes.npu.memory.footprint import MASK_REGISTER, Access, locate, relocate
from akg_mlir.passes.npu.memory.overlap import byte_range, meet
from akg_mlir.passes.npu.memory.structure import Body, Instruction, Program, divergence


@dataclass(frozen=True)
class Requirements:
    """`needs[i]`: the facts instruction i depends on; `count`: n; `levels`: loop depth + 1."""

    needs: tuple[int, ...]
    count: int
    levels: int

    def facts(self, mask: int) -> Iterator[tuple[int, int]]:
        """(instruction number, level) of every bit of a mask."""
        while mask:
            bit = mask & -mask
            mask ^= bit
            level, index = divmod(bit.bit_length() - 1, self.count)
            yield index, level


def requirements(program: Program) -> Requirements:
    """Dependences (read after write, write after read, write after write) of a planned kernel.

    Different arguments and workspaces in GM are different tensors: they never share bytes.
    Instructions of one body that touch the same bytes are asked about together: the cost grows
    with the number of distinct places that overlap, not with the number of pairs.

    Raises `CompileError` for a buffer without an address.
    """
    count = len(program.instructions)
    levels = 1 + max((len(i.loops_around) for i in program.instructions), default=0)
    needs = [0] * count
    interlocked = _interlocked(program)
    question = _Question()
    for place, others in _overlapping(program):
        sources = _sources(place, others, question)
        for instruction, writes in place.touches:
            index = instruction.index
            before = (1 << index) - 1
            for (level, earlier), users in sources.items():
                found = users.needed(instruction.pipe, writes, interlocked.get(instruction, 0))
                found &= before if earlier else ~before
                needs[index] |= found << (level * count)
    return Requirements(tuple(needs), count, levels)


@dataclass
class _Users:
    """Which instructions (bits) read and write something, by pipe."""

    readers: dict[Pipe, int] = field(default_factory=dict[Pipe, int])
    writers: dict[Pipe, int] = field(default_factory=dict[Pipe, int])

    def add(self, instruction: Instruction, writes: bool) -> None:
        masks = self.writers if writes else self.readers
        masks[instruction.pipe] = masks.get(instruction.pipe, 0) | 1 << instruction.index

    def merge(self, other: _Users) -> None:
        for mine, theirs in ((self.readers, other.readers), (self.writers, other.writers)):
            for pipe, mask in theirs.items():
                mine[pipe] = mine.get(pipe, 0) | mask

    def needed(self, pipe: Pipe, writes: bool, interlocked: int) -> int:
        """What an access of an instruction of `pipe` depends on, less what the pipe orders.

        The scalar pipe executes one instruction at a time. The others start instructions in order,
        so that nothing can overtake what an earlier one reads.
        """
        found = 0
        for other, mask in self.writers.items():
            if other is not pipe:
                found |= mask
            elif pipe is not Pipe.S:
                found |= mask & ~interlocked
        if writes:
            for other, mask in self.readers.items():
                found |= 0 if other is pipe else mask
        return found


@dataclass(eq=False)
class _Place:
    """The same bytes touched by instructions of one body; `access` is one of the accesses.

    `low` .. `high` is the range of bytes over all iterations.
    """

    body: Body
    access: Access
    low: float
    high: float
    touches: list[tuple[Instruction, bool]] = field(default_factory=list[tuple[Instruction, bool]])
    users: _Users = field(default_factory=_Users)

    def add(self, instruction: Instruction, writes: bool) -> None:
        """In program order."""
        self.touches.append((instruction, writes))
        self.users.add(instruction, writes)

    @property
    def first(self) -> Instruction:
        return self.touches[0][0]

    @property
    def last(self) -> Instruction:
        return self.touches[-1][0]

    @cached_property
    def kinds(self) -> frozenset[tuple[Pipe, bool]]:
        """Pipe and direction of the accesses."""
        return frozenset((instruction.pipe, writes) for instruction, writes in self.touches)


def _overlapping(program: Program) -> Iterator[tuple[_Place, list[_Place]]]:
    """Every place with the places whose byte ranges meet its own, itself among them."""
    memories: dict[Hashable, dict[Hashable, _Place]] = {}
    for instruction in program.instructions:
        for access in instruction.accesses:
            placed = _placed(access, instruction)
            shared = placed.space is not Space.GM and placed.root != MASK_REGISTER
            places = memories.setdefault(placed.space if shared else placed.root, {})
            key = (instruction.parent, placed.base, placed.boxes)
            if (place := places.get(key)) is None:
                low, high = byte_range(placed)
                place = places[key] = _Place(
                    instruction.parent,
                    placed,
                    -inf if low is None else low,
                    inf if high is None else high,
                )
            place.add(instruction, access.writes)
    for places in memories.values():
        yield from _meeting(sorted(places.values(), key=lambda place: place.low)).items()


def _meeting(places: Sequence[_Place]) -> dict[_Place, list[_Place]]:
    """Neighbours by byte range, of places sorted by `low`."""
    found: dict[_Place, list[_Place]] = {place: [place] for place in places}
    active: list[_Place] = []
    for place in places:
        active = [other for other in active if other.high > place.low]
        for other in active:
            found[other].append(place)
            found[place].append(other)
        active.append(place)
    return found


def _sources(
    place: _Place, others: Sequence[_Place], question: _Question
) -> dict[tuple[int, bool], _Users]:
    """The users of `others` that users of `place` depend on, by level.

    True stands for users that precede the dependent one in the program, False for the rest.
    """
    found: dict[tuple[int, bool], _Users] = {}
    for other in others:
        if not any(other.users.needed(pipe, writes, 0) for pipe, writes in place.kinds):
            continue
        exclusive = other.body is not place.body and _exclusive(other.first, place.first)
        for earlier in (True, False):
            if earlier and other.first.index >= place.last.index:
                continue
            if not earlier and other.last.index < place.first.index:
                continue
            level = _level(other, place, earlier and not exclusive, question)
            if level is not None:
                found.setdefault((level, earlier), _Users()).merge(other.users)
    return found


def _placed(access: Access, instruction: Instruction) -> Access:
    """On-chip accesses counted from the start of their memory."""
    root = access.root
    if not isinstance(root, SSAValue) or not isinstance(root.owner, BufferOp):
        return access
    if root.owner.address is None:
        raise CompileError(
            "the buffer has no address", root.owner, hint="run npu-plan-memory before this pass"
        )
    return relocate(access, root.owner.address.value.data)


def _interlocked(program: Program) -> dict[Instruction, int]:
    """Mads that accumulate into the same, large enough block of L0C (machine reference 2.4)."""
    blocks: dict[Hashable, list[Instruction]] = {}
    for instruction in program.instructions:
        op = instruction.op
        if isinstance(op, MadOp):
            m, n = op.m.value.data, op.n.value.data
            if (m > 64 and n > 16) or (m > 32 and n > 32):
                blocks.setdefault((m, n, *locate(op.c)), []).append(instruction)
    found: dict[Instruction, int] = {}
    for mads in blocks.values():
        found |= dict.fromkeys(mads, sum(1 << mad.index for mad in mads))
    return found


def _exclusive(x: Instruction, y: Instruction) -> bool:
    """Whether two instructions of different bodies are in different arms of one branch."""
    _, first, second = divergence(x, y)
    return first is second


def _level(x: _Place, y: _Place, same_iteration: bool, question: _Question) -> int | None:
    """The level at which `y` needs `x`: 0, else the deepest loop that carries the dependence."""
    loops = [loop.op for loop in x.first.loops_around if loop in y.first.loops_around]
    if x.access.base.is_constant and y.access.base.is_constant:
        level = 0 if same_iteration else (len(loops) or None)
        return level if level is not None and question.meet(x, y, (), None) else None
    if same_iteration and question.meet(x, y, tuple(loops), None):
        return 0
    for level in range(len(loops), 0, -1):
        if question.meet(x, y, tuple(loops[: level - 1]), loops[level - 1]):
            return level
    return None


class _Question:
    """`overlap.meet`, asked once about places that are equally far apart."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, bool] = {}
        self._ranges = Ranges()

    def meet(
        self, x: _Place, y: _Place, shared: tuple[scf.ForOp, ...], carrier: scf.ForOp | None
    ) -> bool:
        a, b = x.access, y.access
        distance = a.base.const - b.base.const
        key = (a.base.terms, a.boxes, b.base.terms, b.boxes, distance, shared, carrier)
        if key not in self._answers:
            self._answers[key] = meet(a, b, shared, carrier, self._ranges)
        return self._answers[key]

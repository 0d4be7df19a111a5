"""Which earlier instructions must have completed before an instruction may start.

A *fact* is "all instances of X so far have completed" (level 0), or "... all instances of X
before the current iteration of its l-th enclosing loop" (level l, counted from 1 at the
outermost). Facts are bits: X at level l is bit `l * n + X.index` of n instructions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import inf

from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import BufferOp, MadOp, Pipe, Space
from akg_mlir.passes.npu.memory.footprint import (
    MASK_REGISTER,
    Access,
    allocated_bytes,
    locate,
    relocate,
)
from akg_mlir.passes.npu.memory.iterations import Iterations
from akg_mlir.passes.npu.memory.overlap import Overlaps, Place, byte_range, stays
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
    overlaps = Overlaps(program.iterations)
    for group, others in _overlapping(program, overlaps):
        sources = _sources(group, others, overlaps)
        for instruction, writes in group.touches:
            index = instruction.index
            before = (1 << index) - 1
            for (level, earlier), users in sources.items():
                found = users.needed(instruction.pipe, writes, interlocked.get(instruction, 0))
                found &= before if earlier else ~before
                needs[index] |= found << (level * count)
    return Requirements(tuple(needs), count, levels)


Kind = tuple[Pipe, bool]
"""The pipe of an access, and whether it writes."""


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
class _Group:
    """Instructions of one body that touch the same bytes.

    `low` .. `high` is the range of bytes over all iterations.
    """

    body: Body
    place: Place
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
    def kinds(self) -> frozenset[Kind]:
        """The kinds of the accesses."""
        return frozenset((instruction.pipe, writes) for instruction, writes in self.touches)


def _overlapping(program: Program, overlaps: Overlaps) -> Iterator[tuple[_Group, list[_Group]]]:
    """Every group with those whose byte ranges meet its own, itself among them."""
    memories: dict[Hashable, dict[Hashable, _Group]] = {}
    for instruction in program.instructions:
        for access in instruction.accesses:
            start = _start(access)
            place = overlaps.place(relocate(access, start))
            shared = access.space is not Space.GM and access.root != MASK_REGISTER
            groups = memories.setdefault(access.space if shared else access.root, {})
            key = (instruction.parent, place)
            if (group := groups.get(key)) is None:
                low, high = _range(access, instruction, program.iterations)
                group = groups[key] = _Group(instruction.parent, place, low + start, high + start)
            group.add(instruction, access.writes)
    for groups in memories.values():
        yield from _meeting(sorted(groups.values(), key=lambda group: group.low)).items()


def _range(access: Access, instruction: Instruction, iterations: Iterations) -> tuple[float, float]:
    """First and last-plus-one byte of an access, within a buffer that it provably stays in."""
    bounds = byte_range(access, iterations)
    low, high = (-inf if bounds[0] is None else bounds[0], inf if bounds[1] is None else bounds[1])
    root = access.root
    if isinstance(root, SSAValue) and isinstance(root.owner, BufferOp):
        size = allocated_bytes(root)
        if stays(access, size, instruction.op, iterations):
            return max(low, 0), min(high, size)
    return low, high


def _meeting(groups: Sequence[_Group]) -> dict[_Group, list[_Group]]:
    """Neighbours by byte range, of groups sorted by `low`."""
    found: dict[_Group, list[_Group]] = {group: [group] for group in groups}
    active: list[_Group] = []
    for group in groups:
        active = [other for other in active if other.high > group.low]
        for other in active:
            found[other].append(group)
            found[group].append(other)
        active.append(group)
    return found


def _sources(
    group: _Group, others: Sequence[_Group], overlaps: Overlaps
) -> dict[tuple[int, bool], _Users]:
    """The users of `others` that users of `group` depend on, by level.

    True stands for users that precede the dependent one in the program, False for the rest.
    """
    found: dict[tuple[int, bool], _Users] = {}
    first, last = group.first.index, group.last.index
    for other in others:
        if not _depend(group.kinds, other.kinds):
            continue
        if overlaps.by_arithmetic(other.place, group.place, frozenset(), None) is False:
            continue
        exclusive = other.body is not group.body and _exclusive(other.first, group.first)
        for earlier in (True, False):
            if earlier and other.first.index >= last:
                continue
            if not earlier and other.last.index < first:
                continue
            level = _level(other, group, earlier and not exclusive, overlaps)
            if level is not None:
                found.setdefault((level, earlier), _Users()).merge(other.users)
    return found


@lru_cache(1024)
def _depend(later: frozenset[Kind], earlier: frozenset[Kind]) -> bool:
    """Whether accesses of some kinds depend on earlier ones of others to the same bytes, as in
    `_Users.needed`."""
    return any(
        (wrote and (other is not pipe or pipe is not Pipe.S))
        or (writes and not wrote and other is not pipe)
        for pipe, writes in later
        for other, wrote in earlier
    )


def _start(access: Access) -> int:
    """Where the bytes that an access counts from are in their memory."""
    root = access.root
    if not isinstance(root, SSAValue) or not isinstance(root.owner, BufferOp):
        return 0
    if root.owner.address is None:
        raise CompileError(
            "the buffer has no address", root.owner, hint="run npu-plan-memory before this pass"
        )
    return root.owner.address.value.data


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


def _level(x: _Group, y: _Group, same_iteration: bool, overlaps: Overlaps) -> int | None:
    """The level at which `y` needs `x`: 0, else the deepest loop that carries the dependence."""
    around = y.first.loops_around
    if x.place.fixed and y.place.fixed:
        level = 0 if same_iteration else sum(loop in around for loop in x.first.loops_around)
        met = (same_iteration or level) and overlaps.meet(x.place, y.place, frozenset(), None)
        return level if met else None
    loops = [loop.op for loop in x.first.loops_around if loop in around]
    if same_iteration and overlaps.meet(x.place, y.place, frozenset(loops), None):
        return 0
    for level in range(len(loops), 0, -1):
        shared, carrier = frozenset(loops[: level - 1]), loops[level - 1]
        if overlaps.meet(x.place, y.place, shared, carrier):
            return level
    return None

"""Which earlier instructions must have completed before an instruction may start.

A *fact* is "all instances of X so far have completed" (level 0), or "... all instances of X
before the current iteration of its l-th enclosing loop" (level l, counted from 1 at the
outermost). Facts are bits: X at level l is bit `l * n + X.index` of n instructions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import BufferOp, MadOp, Pipe, Space
from akg_mlir.passes.npu.memory.footprint import MASK_REGISTER, Access, locate, relocate
from akg_mlir.passes.npu.memory.overlap import byte_range, meet
from akg_mlir.passes.npu.memory.structure import (
    Instruction,
    Loop,
    Program,
    divergence,
)


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

    Raises `CompileError` for a buffer without an address.
    """
    count = len(program.instructions)
    levels = 1 + max((len(i.loops_around) for i in program.instructions), default=0)
    needs = [0] * count
    for first, second in _candidate_pairs(program):
        both = ((first, second), (second, first))
        for a, b in both[:1] if first is second else both:
            if _ordered_by_pipe(*a, b[0]):
                continue
            level = _level(*a, *b)
            if level is not None:
                needs[b[0].index] |= 1 << (level * count + a[0].index)
    return Requirements(tuple(needs), count, levels)


Touch = tuple[Instruction, Access]


def _candidate_pairs(program: Program) -> Iterator[tuple[Touch, Touch]]:
    """Unordered pairs of accesses of one memory whose byte ranges meet, one of them a write."""
    groups: dict[Hashable, list[tuple[float, float, Touch]]] = {}
    for instruction in program.instructions:
        for access in instruction.accesses:
            placed = _placed(access, instruction)
            shared = placed.space is not Space.GM and placed.root != MASK_REGISTER
            key = placed.space if shared else placed.root
            low, high = byte_range(placed)
            span = (-float("inf") if low is None else low, float("inf") if high is None else high)
            groups.setdefault(key, []).append((*span, (instruction, placed)))
    for touches in groups.values():
        touches.sort(key=lambda t: t[0])
        yield from _meeting(touches)


def _meeting(touches: Sequence[tuple[float, float, Touch]]) -> Iterator[tuple[Touch, Touch]]:
    active: list[tuple[float, Touch]] = []
    for low, high, touch in touches:
        active = [(end, other) for end, other in active if end > low]
        active.append((high, touch))
        for _, other in active:
            if touch[1].writes or other[1].writes:
                yield other, touch


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


def _ordered_by_pipe(first: Instruction, access: Access, second: Instruction) -> bool:
    """Whether the pipe itself orders `second` after this access of `first`.

    The scalar pipe executes one instruction at a time. The others start instructions in order, so
    that nothing can overtake what an earlier one reads. Mads that accumulate into the same, large
    enough block of L0C interlock (machine reference 2.4).
    """
    if first.pipe is not second.pipe:
        return False
    if first.pipe is Pipe.S or not access.writes:
        return True
    a, b = first.op, second.op
    return isinstance(a, MadOp) and isinstance(b, MadOp) and _interlocked(a, b)


def _interlocked(a: MadOp, b: MadOp) -> bool:
    def size(attr: IntegerAttr) -> int:
        return attr.value.data

    m, n = size(a.m), size(a.n)
    same = (m, n) == (size(b.m), size(b.n)) and locate(a.c) == locate(b.c)
    return same and ((m > 64 and n > 16) or (m > 32 and n > 32))


def _level(x: Instruction, a: Access, y: Instruction, b: Access) -> int | None:
    """The level at which `y` needs `x`: 0, else the deepest loop that carries the dependence."""
    _, first, second = divergence(x, y)
    common = _common_loops(x, y)
    same_iteration = x.index < y.index and first is not second
    if a.base.is_constant and b.base.is_constant:
        level = 0 if same_iteration else (len(common) or None)
        return level if level is not None and meet(a, b, (), None) else None
    ops = [loop.op for loop in common]
    if same_iteration and meet(a, b, ops, None):
        return 0
    for level in range(len(ops), 0, -1):
        if meet(a, b, ops[: level - 1], ops[level - 1]):
            return level
    return None


def _common_loops(x: Instruction, y: Instruction) -> list[Loop]:
    return [loop for loop in x.loops_around if loop in y.loops_around]

"""How long every on-chip buffer holds something that is still needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import BlockArgument, SSAValue

from akg_mlir.dialects.npu import BufferOp, MadOp
from akg_mlir.passes.npu.memory.byteset import (
    ByteSet,
    enumerate_bytes,
    overlaps,
    split,
    spread,
    subtract,
)
from akg_mlir.passes.npu.memory.footprint import Access
from akg_mlir.passes.npu.memory.linear import Linear, Term, linear_of
from akg_mlir.passes.npu.memory.structure import (
    Body,
    Branch,
    Instruction,
    Item,
    Loop,
    Program,
    divergence,
)

Frame = dict[Term, int]
"""Terms of a base and their factors."""


@dataclass(frozen=True)
class Lifetime:
    """Inclusive range of program positions (see `Positions`) in which a buffer is occupied."""

    start: int
    end: int

    def meets(self, other: Lifetime) -> bool:
        return self.start <= other.end and other.start <= self.end


@dataclass(eq=False)
class Use:
    """One access of a buffer by one instruction."""

    instruction: Instruction
    access: Access
    _frames: dict[int, Frame] = field(default_factory=dict[int, "Frame"])
    _bytes: dict[int, ByteSet | None] = field(default_factory=dict[int, ByteSet | None])

    def frame(self, depth: int) -> Frame:
        """The terms of the base that stay the same in one iteration of the `depth` outer loops."""
        if depth not in self._frames:
            inner = (loop.op for loop in self.instruction.loops_around[depth:])
            fixed, _ = split(self.access.base, {loop.body.block.args[0] for loop in inner})
            self._frames[depth] = dict(fixed.terms)
        return self._frames[depth]

    def bytes_in(self, depth: int) -> ByteSet | None:
        """Bytes in one iteration of the `depth` outer loops, relative to the frame; None if
        unknown."""
        if depth not in self._bytes:
            inner = [loop.op for loop in self.instruction.loops_around[depth:]]
            self._bytes[depth] = enumerate_bytes(self.access, inner)
        return self._bytes[depth]


class Positions:
    """Numbers instructions, loop entries and loop exits in program order."""

    def __init__(self, program: Program) -> None:
        self._count = 0
        self.of: dict[Instruction, int] = {}
        self.span: dict[Loop, tuple[int, int]] = {}
        self._number(program.body)

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _number(self, body: Body) -> None:
        for item in body.items:
            if isinstance(item, Instruction):
                self.of[item] = self._next()
            elif isinstance(item, Loop):
                start = self._next()
                self._number(item.body)
                self.span[item] = (start, self._next())
            elif isinstance(item, Branch):
                for arm in item.arms:
                    self._number(arm)


def lifetimes(program: Program) -> dict[SSAValue, Lifetime]:
    """The lifetime of every `npu.buffer` result that an instruction touches.

    From the first to the last access; over the whole of a loop when the buffer is also used
    outside of it, or when an iteration may read bytes that an earlier iteration wrote.
    """
    positions = Positions(program)
    return {root: _lifetime(positions, uses) for root, uses in buffer_uses(program).items()}


def buffer_uses(program: Program) -> dict[SSAValue, list[Use]]:
    """The accesses of every `npu.buffer` result, in program order."""
    uses: dict[SSAValue, list[Use]] = {}
    for instruction in program.instructions:
        for access in instruction.accesses:
            if isinstance(access.root, SSAValue) and isinstance(access.root.owner, BufferOp):
                uses.setdefault(access.root, []).append(Use(instruction, access))
    return uses


def _lifetime(positions: Positions, uses: Sequence[Use]) -> Lifetime:
    touched = [positions.of[u.instruction] for u in uses]
    start, end = min(touched), max(touched)
    around = {loop for u in uses for loop in u.instruction.loops_around}
    for loop in around:
        inside = [u for u in uses if loop in u.instruction.loops_around]
        if len(inside) < len(uses) or carries(loop, inside):
            start = min(start, positions.span[loop][0])
            end = max(end, positions.span[loop][1])
    return Lifetime(start, end)


def carries(loop: Loop, uses: Sequence[Use]) -> bool:
    """Whether an iteration of `loop` may read what an earlier one wrote. `uses` are in it."""
    writes = [u for u in uses if u.access.writes]
    reads = [u for u in uses if not u.access.writes and not _initialises(u, loop)]
    return any(_reads_old_bytes(loop, read, writes) for read in reads)


def _initialises(use: Use, loop: Loop) -> bool:
    """Whether a mad overwrites its accumulator the first time it runs in an iteration of `loop`.

    Its `init` is then true, or compares the index of an inner loop with its lower bound.
    """
    op = use.instruction.op
    if not isinstance(op, MadOp) or use.access.value is not op.c:
        return False
    init = op.init.owner
    if isinstance(init, arith.ConstantOp):
        return isinstance(init.value, IntegerAttr) and init.value.value.data != 0
    if not isinstance(init, arith.CmpiOp) or init.predicate.value.data != 0:
        return False
    for index, first in ((init.lhs, init.rhs), (init.rhs, init.lhs)):
        inner = index.block.parent_op() if isinstance(index, BlockArgument) else None
        if not isinstance(inner, scf.ForOp) or linear_of(inner.lb) != linear_of(first):
            continue
        around = [lp.op for lp in use.instruction.loops_around]
        return inner in around and around.index(inner) > around.index(loop.op)
    return False


def _reads_old_bytes(loop: Loop, read: Use, writes: Sequence[Use]) -> bool:
    """Whether `read` may see bytes of an earlier iteration of `loop`.

    From the innermost loop around the read outwards: what one instance reads, less what writes
    in the same iterations have certainly written before; then the same over all iterations of
    that loop, less what was written outside of it, and so on up to the body of `loop`.
    """
    around = read.instruction.loops_around
    depth = around.index(loop) + 1
    missing = read.bytes_in(len(around))
    for level in range(len(around), depth - 1, -1):
        for write in reversed(writes):  # what fills a buffer often comes just before
            if not missing:
                break
            if write.frame(level) == read.frame(level) and _certainly_before(
                around[:level], write, read
            ):
                missing = subtract(missing, write.bytes_in(level) or ())
        if missing and level > depth:
            missing = spread(missing, read.access.base, around[level - 1].op)
    if not missing:
        return missing is None
    return any(_may_touch(loop, write, depth, read, missing) for write in writes)


def _may_touch(loop: Loop, write: Use, depth: int, read: Use, missing: ByteSet) -> bool:
    """Whether `write`, in any iteration of `loop` at `depth`, may write a missing byte."""
    frame = read.frame(depth)
    if loop.op.body.block.args[0] in Linear(tuple(frame.items())).leaves():
        return True
    written = write.bytes_in(depth) if write.frame(depth) == frame else None
    return written is None or overlaps(missing, written)


def _loops_of_body(body: Body) -> list[Loop]:
    """The loops whose iteration a body belongs to, outermost first."""
    return [loop for loop in _owners(body) if isinstance(loop, Loop)][::-1]


def _owners(body: Body) -> Iterator[Loop | Branch]:
    while body.owner is not None:
        yield body.owner
        body = body.owner.parent


def _certainly_before(common: Sequence[Loop], write: Use, read: Use) -> bool:
    """Whether `common` are the loops around both, and each of their iterations that reaches the
    read has executed the write before.
    """
    first, second = write.instruction, read.instruction
    if not write.access.certain or first.index >= second.index:
        return False
    body, a, b = divergence(first, second)
    if a is b or _loops_of_body(body) != list(common):
        return False
    return not any(_may_skip(item) for around, item in first.path if _is_below(around, body))


def _is_below(inner: Body, outer: Body) -> bool:
    """Whether `inner` is `outer` or nested in it."""
    return inner is outer or any(owner.parent is outer for owner in _owners(inner))


def _may_skip(item: Item) -> bool:
    return isinstance(item, Branch) or (isinstance(item, Loop) and item.may_be_empty)

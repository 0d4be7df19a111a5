"""From a normalised box to vector instructions: which axis fills the blocks, which the repeats.

A vector instruction walks up to 8 blocks (block stride) in each of up to 255 repeats (repeat
stride). Any two axes of the box can take those parts, or one axis both; the others become loops.
Axes along which the result has stride 0 are reduced: they can be repeats or loops, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import gcd, prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.views import Box, Index
from akg_mlir.targets.model import Target

BLOCKS = 8
"""Blocks one repeat can address."""


@dataclass(frozen=True)
class Fields:
    """What one vector instruction encodes: lanes per repeat, repeats, (block, repeat) strides."""

    mask: int
    repeat: int
    strides: tuple[tuple[int, int], ...]


Write = Callable[[Sequence[SSAValue], Fields], None]
"""Writes the instruction(s) of one issue, given pointers in the order of the box's operands."""


@dataclass(frozen=True)
class _Axis:
    """A run of blocks. `strides` are in blocks per operand; `lanes` counts the lane axis."""

    size: int
    strides: tuple[int, ...]
    lanes: int | None = None
    reduced: bool = False


@dataclass(frozen=True)
class _Issue:
    """One instruction, repeated over loops: (count, elements per step of each operand)."""

    start: tuple[int, ...]
    loops: tuple[tuple[int, tuple[int, ...]], ...]
    fields: Fields


class Planner:
    """Issues of one box whose operands may differ in element size (a conversion)."""

    def __init__(self, box: Box, target: Target, max_repeat: int | None = None) -> None:
        self.target = target
        self.max_repeat = max_repeat or target.limits.repeat
        self.blocks = tuple(o.block for o in box.operands)
        self.lanes = target.vector.repeat_bytes // max(o.size for o in box.operands)
        self.mixed = len(set(self.blocks)) > 1
        rank = len(box.sizes) - 1
        self.outer = [
            _Axis(
                box.sizes[a],
                tuple(o.strides[a] // o.block for o in box.operands),
                reduced=box.dst.strides[a] == 0,
            )
            for a in range(rank)
        ]
        lane_strides = tuple(0 if o.splat else 1 for o in box.operands)
        widest = min(self.blocks)
        self.lane = _Axis(-(-box.sizes[-1] // widest), lane_strides, box.sizes[-1])
        self.whole = not self.mixed and box.sizes[-1] % widest == 0

    def best(self) -> list[_Issue]:
        """The cheapest way to issue the box."""
        return min(self._candidates(), key=self.cost)

    def cost(self, issues: Sequence[_Issue]) -> int:
        """Cycles: fixed ones per instruction, and per repeat what bank conflicts make of it."""
        startup = self.target.vector.startup
        return sum(
            prod(n for n, _ in i.loops) * (startup + i.fields.repeat * self._conflicts(i.fields))
            for i in issues
        )

    def _conflicts(self, fields: Fields) -> int:
        """Most blocks that one operand of one repeat has in a bank group (machine reference 1.3).

        Conflicts between operands are left to memory planning.
        """
        groups = self.target.vector.bank_groups
        worst = 1
        for (stride, _), lanes in zip(fields.strides, self.blocks):
            distinct = groups // gcd(stride, groups)
            blocks = -(-fields.mask // lanes) if stride else 1
            worst = max(worst, -(-blocks // distinct))
        return worst

    def _candidates(self) -> Iterator[list[_Issue]]:
        axes = [*self.outer, self.lane]
        for inner in axes if self.whole else [self.lane]:
            if self._encodable(inner.strides) and not inner.reduced:
                yield self._split(inner)
                for repeated in axes if self.whole else self.outer:
                    if repeated is not inner and self._encodable(repeated.strides):
                        yield self._pair(inner, repeated)

    def _encodable(self, strides: Sequence[int]) -> bool:
        limits = self.target.limits
        return all(0 <= s <= min(limits.block_stride, limits.repeat_stride) for s in strides)

    def _mask(self, axis: _Axis, start: int, blocks: int) -> int:
        """Active lanes of `blocks` blocks of an axis from block `start` on."""
        lanes = blocks * min(self.blocks)
        return lanes if axis.lanes is None else min(lanes, axis.lanes - start * min(self.blocks))

    def _advance(self, axis: _Axis, blocks: int) -> tuple[int, ...]:
        """Elements each operand moves over `blocks` blocks of an axis."""
        if axis.lanes is not None:
            lanes = blocks * min(self.blocks)
            return tuple(lanes * s for s in axis.strides)
        return tuple(blocks * s * b for s, b in zip(axis.strides, self.blocks))

    def _split(self, axis: _Axis) -> list[_Issue]:
        """One axis as 8 blocks per repeat and repeats over the rest."""
        step = self._advance(axis, BLOCKS)
        repeat_strides = tuple(e // b for e, b in zip(step, self.blocks))
        if not self._encodable(repeat_strides):
            return self._pair(axis, _Axis(1, tuple(0 for _ in axis.strides)))
        strides = tuple(zip(axis.strides, repeat_strides))
        full = axis.size // BLOCKS
        if axis.lanes is not None:
            full = axis.lanes // self.lanes
        loops = self._loops(axis)
        issues: list[_Issue] = []
        for start, count, repeat in _chunks(full, self.max_repeat):
            moved = tuple(start * s for s in step)
            chunk = ((count, tuple(self.max_repeat * s for s in step)),) if count > 1 else ()
            fields = Fields(self.lanes, repeat, strides)
            issues.append(_Issue(moved, (*loops, *chunk), fields))
        if full * BLOCKS < axis.size:
            mask = self._mask(axis, full * BLOCKS, axis.size - full * BLOCKS)
            moved = tuple(full * s for s in step)
            issues.append(_Issue(moved, loops, Fields(mask, 1, strides)))
        return issues

    def _pair(self, inner: _Axis, repeated: _Axis) -> list[_Issue]:
        """Blocks along one axis, repeats along another."""
        strides = tuple(zip(inner.strides, repeated.strides))
        loops = self._loops(inner, repeated)
        wide, far = self._advance(inner, BLOCKS), self._advance(repeated, 1)
        pieces = [(0, inner.size // BLOCKS, BLOCKS)] if inner.size >= BLOCKS else []
        rest = inner.size % BLOCKS
        if rest:
            pieces.append((inner.size // BLOCKS, 1, rest))
        issues: list[_Issue] = []
        for first, count, blocks in pieces:
            for mask, begin, times in self._masks(inner, first, count, blocks):
                wides = ((times, wide),) if times > 1 else ()
                for start, chunks, repeat in _chunks(repeated.size, self.max_repeat):
                    far_chunk = tuple(self.max_repeat * f for f in far)
                    fars = ((chunks, far_chunk),) if chunks > 1 else ()
                    moved = tuple(begin * w + start * f for w, f in zip(wide, far))
                    fields = Fields(mask, repeat, strides)
                    issues.append(_Issue(moved, (*loops, *wides, *fars), fields))
        return issues

    def _masks(
        self, axis: _Axis, first: int, count: int, blocks: int
    ) -> Iterator[tuple[int, int, int]]:
        """(mask, first group, groups) with groups of equal mask; only the last can be ragged."""
        last = self._mask(axis, (first + count - 1) * BLOCKS, blocks)
        full = self._mask(axis, first * BLOCKS, blocks)
        if last == full:
            yield full, first, count
            return
        yield full, first, count - 1
        yield last, first + count - 1, 1

    def _loops(self, *taken: _Axis) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The axes that neither blocks nor repeats take, in elements."""
        rest = [a for a in (*self.outer, self.lane) if not any(a is t for t in taken)]
        return tuple((a.size, self._advance(a, 1)) for a in rest)


def _chunks(total: int, limit: int) -> Iterator[tuple[int, int, int]]:
    """(start, count, length) of runs of equal chunks that cover `total`."""
    if total >= limit:
        yield 0, total // limit, limit
    if total % limit:
        yield total - total % limit, 1, total % limit


def fits(box: Box, reduces: bool = False) -> bool:
    """The vector unit can address a normalised box: unit or splat lanes on whole blocks.

    With `reduces`, the result may have stride 0 along other axes than the lanes.
    """
    outer = range(len(box.sizes) - 1)
    if box.dst.splat or (not reduces and any(box.dst.strides[a] == 0 for a in outer)):
        return False
    return all(o.strides[-1] == (0 if o.splat else 1) and o.is_aligned(outer) for o in box.operands)


def cycles(box: Box, target: Target) -> int:
    """What issuing a normalised box costs, at one cycle per repeat."""
    planner = Planner(box, target)
    return planner.cost(planner.best())


def issue(emitter: Emitter, box: Box, write: Write, max_repeat: int | None = None) -> None:
    """Write a normalised box that `fits` with as few cycles as the planner finds."""
    for step in Planner(box, emitter.target, max_repeat).best():
        _emit(emitter, box, step, write)


def _emit(emitter: Emitter, box: Box, step: _Issue, write: Write) -> None:
    started = [o.moved(s) for o, s in zip(box.operands, step.start)]

    def body(indices: tuple[Index, ...]) -> None:
        pointers: list[SSAValue] = []
        for position, operand in enumerate(started):
            for index, (_, steps) in zip(indices, step.loops):
                operand = operand.moved(steps[position], index)
            pointers.append(emitter.ptr(operand, _reach(step.fields, position, operand.block)))
        write(pointers, step.fields)

    emitter.nest([n for n, _ in step.loops], body)


def _reach(fields: Fields, position: int, elements: int) -> int | None:
    """Bytes that an accumulation may read of a source with so many elements in a block: what
    follows is no part of the result."""
    stride, step = fields.strides[position]
    if fields.repeat == 1 or fields.strides[0][1] or not step:
        return None
    blocks = (fields.repeat - 1) * step + (-(-fields.mask // elements) - 1) * stride + 1
    return blocks * npu.BLOCK_BYTES

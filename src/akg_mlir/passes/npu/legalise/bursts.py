"""Runs of whole blocks to burst copies: `npu.copy`.

The bursts of one instruction are whole blocks apart. Runs of an odd pitch are so after a *period*:
the runs that start at the same place in a block are the bursts of one instruction.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, lcm

from xdsl.ir import Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.views import Box, Index, Operand
from akg_mlir.targets.model import Limits


def blocks_of(box: Box) -> int:
    """Whole blocks per run, partial ones counted as whole."""
    return -(-box.sizes[-1] // box.dst.block)


def fits_bursts(box: Box) -> bool:
    """Runs are contiguous on both sides and start on blocks wherever they are on chip."""
    outer = range(len(box.sizes) - 1)
    return all(
        (o.strides[-1] == 1 or box.sizes[-1] == 1)
        and (o.space == npu.Space.GM or o.is_aligned(outer))
        for o in box.operands
    ) and all(s != 0 for s, n in zip(box.dst.strides, box.sizes) if n > 1)


def _period(box: Box, axis: int) -> int:
    """Steps along an axis after which every operand is at the same place in a block."""
    return lcm(*(o.block // gcd(o.block, o.strides[axis]) for o in box.operands))


def _gaps(box: Box, axis: int, limits: Limits, period: int = 1) -> tuple[int, ...] | None:
    """Blocks between bursts `period` steps along an axis apart for each operand, where the fields
    can say it."""
    gaps: list[int] = []
    for operand in box.operands:
        pitch, rest = divmod(operand.strides[axis] * period, operand.block)
        gap = pitch - blocks_of(box)
        if rest or not 0 <= gap <= limits.burst_gap:
            return None
        gaps.append(gap)
    return tuple(gaps)


def _burst_axis(box: Box, limits: Limits) -> int | None:
    """The longest axis that can be walked by the bursts of one instruction."""
    possible = [a for a in range(len(box.sizes) - 1) if _gaps(box, a, limits) is not None]
    return max(possible, key=lambda a: box.sizes[a], default=None)


def _split_by_period(box: Box, limits: Limits) -> tuple[Box, ...]:
    """The box as boxes of which an axis can be walked by bursts, where that makes more bursts of an
    instruction than the axes that there are; else the box alone."""
    own = _burst_axis(box, limits)
    axes = [
        (box.sizes[a] // period, a, period)
        for a in range(len(box.sizes) - 1)
        if (period := _period(box, a)) > 1 and _gaps(box, a, limits, period) is not None
    ]
    count, axis, period = max(axes, default=(0, 0, 1))
    if count < 2 or (own is not None and box.sizes[own] >= count):
        return (box,)
    more = box.sizes[axis] % period
    return tuple(
        _places(box, axis, first, count + extra, places, period)
        for first, extra, places in ((0, 1, more), (more, 0, period - more))
        if places
    )


def _places(box: Box, axis: int, first: int, count: int, places: int, period: int) -> Box:
    """`count` steps of a period along an axis, each of `places` neighbours from `first` on."""
    sizes = (*box.sizes[:axis], count, places, *box.sizes[axis + 1 :])

    def split(operand: Operand) -> Operand:
        step = operand.strides[axis]
        strides = (*operand.strides[:axis], period * step, *operand.strides[axis:])
        return operand.moved(first * step).with_strides(strides)

    return Box(sizes, tuple(map(split, box.operands)))


def is_one_burst_copy(box: Box, limits: Limits) -> bool:
    """A normalised box of whole blocks that a single `npu.copy` moves."""
    if box.sizes[-1] % box.dst.block or not fits_bursts(box):
        return False
    axis = _burst_axis(box, limits)
    bursts = 1 if axis is None else box.sizes[axis]
    return box.volume == bursts * box.sizes[-1] and bursts <= limits.bursts


Move = Callable[[SSAValue, SSAValue, tuple[int, int, int, int]], Operation]
"""The instruction of pointers to the result and the source, and of bursts: their number, blocks of
each, gaps in the source and in the result."""


def _copy(dst: SSAValue, src: SSAValue, bursts: tuple[int, int, int, int]) -> Operation:
    return npu.CopyOp(dst, src, *bursts)


def write_bursts(emitter: Emitter, box: Box, *, overhang: bool = False, move: Move = _copy) -> None:
    """Move a normalised box; a partial last block needs `overhang`, and is then moved whole.

    Raises `NoVectorForm` where the layout does not fit.
    """
    if not fits_bursts(box) or (box.sizes[-1] % box.dst.block and not overhang):
        raise NoVectorForm("runs are not whole 32-byte blocks on block boundaries")
    blocks, limits = blocks_of(box), emitter.target.limits
    if blocks > limits.burst_blocks:
        raise CompileError(
            f"a run of {blocks} blocks is longer than the burst length field",
            emitter.op,
            hint="use smaller tiles",
        )
    for part in _split_by_period(box, limits):
        _write(emitter, part, blocks, move)


def _write(emitter: Emitter, box: Box, blocks: int, move: Move) -> None:
    """Instructions whose bursts walk the longest axis that they can."""
    limits = emitter.target.limits
    axis = _burst_axis(box, limits)
    loops = [a for a in range(len(box.sizes) - 1) if a != axis]
    bursts, gaps = 1, (0,) * len(box.operands)
    if axis is not None:
        bursts, gaps = box.sizes[axis], _gaps(box, axis, limits) or gaps
    for start in range(0, bursts, limits.bursts):
        part = box if axis is None else box.slice(axis, start, min(limits.bursts, bursts - start))
        count = 1 if axis is None else part.sizes[axis]

        def body(indices: tuple[Index, ...], part: Box = part, count: int = count) -> None:
            dst, src = (o.at_all(loops, indices) for o in part.operands)
            bursts = count, blocks, gaps[1], gaps[0]
            emitter.insert(move(emitter.ptr(dst), emitter.ptr(src), bursts))

        emitter.nest([box.sizes[a] for a in loops], body)

"""Runs of whole blocks to burst copies: `npu.copy`."""

from __future__ import annotations

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.views import Box, Index
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


def _gaps(box: Box, axis: int, limits: Limits) -> tuple[int, ...] | None:
    """Blocks between bursts along an axis for each operand, where the fields can say it."""
    gaps: list[int] = []
    for operand in box.operands:
        pitch, rest = divmod(operand.strides[axis], operand.block)
        gap = pitch - blocks_of(box)
        if rest or not 0 <= gap <= limits.burst_gap:
            return None
        gaps.append(gap)
    return tuple(gaps)


def _burst_axis(box: Box, limits: Limits) -> int | None:
    """The longest axis that can be walked by the bursts of one instruction."""
    possible = [a for a in range(len(box.sizes) - 1) if _gaps(box, a, limits) is not None]
    return max(possible, key=lambda a: box.sizes[a], default=None)


def is_one_burst_copy(box: Box, limits: Limits) -> bool:
    """A normalised box of whole blocks that a single `npu.copy` moves."""
    if box.sizes[-1] % box.dst.block or not fits_bursts(box):
        return False
    axis = _burst_axis(box, limits)
    bursts = 1 if axis is None else box.sizes[axis]
    return box.volume == bursts * box.sizes[-1] and bursts <= limits.bursts


def write_bursts(emitter: Emitter, box: Box, *, overhang: bool = False) -> None:
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
            emitter.insert(
                npu.CopyOp(emitter.ptr(dst), emitter.ptr(src), count, blocks, gaps[1], gaps[0])
            )

        emitter.nest([box.sizes[a] for a in loops], body)

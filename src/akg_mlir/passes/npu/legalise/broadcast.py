"""Splats: operands that repeat one element along the lanes, as whole blocks of equal lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.transpose import (
    ROWS,
    floor_to_block,
    lanes_to_rows,
    splat_blocks,
)
from akg_mlir.passes.npu.legalise.views import Box, Index, Operand
from akg_mlir.targets.model import Target


def is_lane_broadcast(box: Box, operand: Operand) -> bool:
    """Every row of a normalised box reads one element of the operand, off the block boundaries."""
    if operand.splat or operand.strides[-1] not in (0, 1):
        return False
    if box.sizes[-1] > 1:
        return operand.strides[-1] == 0
    return 1 in operand.strides[:-1] and floor_to_block(operand) is not None


def splat_bytes(box: Box, operand: Operand) -> int:
    """UB that the splats of an operand take: every block that its elements are in, lane by lane."""
    axes = _varying(box, operand)
    run = _find_run(box, operand, axes)
    if run is not None and run.is_direct:
        elements = prod(box.sizes[a] for a in run.far) * (run.blocks * operand.block + 1)
    else:
        elements = prod(box.sizes[a] for a in axes) + ROWS
    return elements * ROWS * operand.size


def splat_cycles(box: Box, operand: Operand, target: Target) -> int:
    """What making the splats of an operand costs."""
    axes = _varying(box, operand)
    run = _find_run(box, operand, axes)
    startup, slope = target.vector.startup, target.vector.repeat_cycles("vnchwconv")
    if run is not None and run.is_direct:
        counts = [*(box.sizes[a] for a in run.far), run.blocks]
        instructions = -(-prod(counts) // min(max(counts), target.limits.repeat))
        return instructions * startup + prod(counts) * slope
    elements = prod(box.sizes[a] for a in axes)
    if run is not None and len(axes) == 1:
        return 3 * startup + 2 * slope * -(-elements // operand.block)
    return elements * (startup + 1)


def planned(box: Box, operand: Operand) -> Operand:
    """The operand with the strides that its splats will have, before there are any."""
    axes = _varying(box, operand)
    run = _find_run(box, operand, axes)
    if run is not None and run.is_direct:
        sizes = [box.sizes[a] for a in run.far]
        steps = _row_major([*sizes, run.blocks * operand.block + bool(sizes), ROWS])[: len(sizes)]
        near = [operand.strides[a] * ROWS for a in run.near]
        strides = _strides(len(box.sizes), [*run.far, *run.near], [*steps, *near])
    else:
        steps = _row_major([*(box.sizes[a] for a in axes), operand.block])[: len(axes)]
        strides = _strides(len(box.sizes), axes, steps)
    return replace(operand, strides=strides, splat=True)


def splat(emitter: Emitter, box: Box, operand: Operand) -> Operand:
    """Blocks of equal lanes in scratch, one per element of a lane-broadcast operand.

    The result has the operand's axes, is constant along those of stride 0, and marked `splat`.
    Raises `NoVectorForm` for element types that vnchwconv does not take.
    """
    axes = _varying(box, operand)
    run = _find_run(box, operand, axes)
    if run is not None and run.is_direct:
        return _splat_run(emitter, box, run)
    if run is not None and len(axes) == 1:
        return _splat_column(emitter, box, run.start, run.lane, axes[0])
    return _splat_one_by_one(emitter, box, operand, axes)


@dataclass(frozen=True)
class _Run:
    """Elements from `lane` of the block at `start` on, within `blocks` blocks, which the axes
    `near` walk: each starts in what the ones before it cover, or right behind. Windows that overlap
    are one run. There is such a row at every point of the axes `far`, whose steps are blocks."""

    start: Operand
    lane: int
    blocks: int
    near: tuple[int, ...]
    far: tuple[int, ...]

    @property
    def is_direct(self) -> bool:
        """Whether blocks of the operand become splats as they are: not if just one element in each
        is wanted."""
        return bool(self.near) or not self.far


def _varying(box: Box, operand: Operand) -> list[int]:
    return [a for a, s in enumerate(operand.strides) if s and box.sizes[a] > 1]


def _find_run(box: Box, operand: Operand, axes: Sequence[int]) -> _Run | None:
    floor = floor_to_block(operand)
    if floor is None:
        return None
    block, lane = operand.block, floor[1]
    near: list[int] = []
    far = sorted(axes, key=lambda a: operand.strides[a])
    elements, blocks = 1, 1
    while far:
        stride = operand.strides[far[0]]
        covered = elements if stride % block else blocks * block
        if not 0 < stride <= (covered if near else block - 1):
            break
        elements += (box.sizes[far[0]] - 1) * stride
        blocks = -(-(lane + elements) // block)
        near.append(far.pop(0))
    if any(operand.strides[a] % block for a in far):
        return None
    return _Run(floor[0], lane, blocks, tuple(near), tuple(far))


def _row_major(shape: Sequence[int]) -> list[int]:
    return [prod(shape[i + 1 :]) for i in range(len(shape))]


def _strides(rank: int, axes: Sequence[int], steps: Sequence[int]) -> tuple[int, ...]:
    found = dict(zip(axes, steps))
    return tuple(found.get(a, 0) for a in range(rank))


def _splat_run(emitter: Emitter, box: Box, run: _Run, *, skew: bool = True) -> Operand:
    """All blocks of a run; those of the next row in other groups of banks, or right behind.
    Instructions walk the blocks of a row, or rows where there are more of them."""
    start, far = run.start, run.far
    sizes = [box.sizes[a] for a in far]
    # One splat more than needed, so that rows start in different groups of banks.
    splats = run.blocks * start.block + (skew and bool(far))
    out = emitter.scratch([*sizes, splats, ROWS], start.element)
    counts = (*sizes, run.blocks)
    to = out.with_strides((*out.strides[: len(far)], start.block * ROWS))
    of = start.with_strides((*(start.strides[a] for a in far), start.block))
    splat_blocks(emitter, Box(counts, (to, of)))
    steps = [*out.strides[: len(far)], *(start.strides[a] * ROWS for a in run.near)]
    strides = _strides(len(box.sizes), [*far, *run.near], steps)
    return replace(out.moved(run.lane * ROWS), strides=strides, splat=True)


def _splat_column(emitter: Emitter, box: Box, start: Operand, lane: int, axis: int) -> Operand:
    """Elements that each sit in a block of their own: packed 16 at a time first."""
    rows = box.sizes[axis]
    groups = -(-rows // ROWS)
    columns = lanes_to_rows(emitter, start, rows, start.strides[axis])
    packed = columns.at(1, lane).with_strides((columns.strides[0], 1))
    column = Box((groups, ROWS, 1), (packed.with_strides((*packed.strides, 0)),))
    run = _find_run(column, column.dst, _varying(column, column.dst))
    assert run is not None
    out = _splat_run(emitter, column, run, skew=False)
    return out.with_strides(_strides(len(box.sizes), [axis], [out.strides[1]]))


def _splat_one_by_one(emitter: Emitter, box: Box, operand: Operand, axes: list[int]) -> Operand:
    """Any layout: each element through a scalar register."""
    sizes = [box.sizes[a] for a in axes]
    out = emitter.scratch([*sizes, operand.block], operand.element)
    if str(operand.element) not in ("f16", "f32"):
        raise NoVectorForm(f"no scalar register holds {operand.element}")
    if sizes:
        emitter.remark("missed", "broadcast through scalar registers", elements=prod(sizes))

    def body(indices: tuple[Index, ...]) -> None:
        register = emitter.scalar_load(operand.at_all(axes, indices))
        fill = npu.VecOp(
            npu.Opcode.VECTOR_DUP,
            emitter.ptr(out.at_all(range(len(axes)), indices)),
            [],
            repeat=1,
            mask=operand.block,
            register=register,
        )
        emitter.insert(fill)

    emitter.nest(sizes, body)
    strides = _strides(len(box.sizes), axes, out.strides)
    return replace(out, strides=strides, splat=True)

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
    elements = prod(box.sizes[a] for a in axes) + ROWS
    run = _find_run(operand, axes)
    if run is not None:
        count = 1 if run.near is None else box.sizes[run.near]
        rows = prod(box.sizes[a] for a in run.far)
        elements = max(elements, rows * _blocks(run, count) * operand.block)
    return elements * ROWS * operand.size


def splat(emitter: Emitter, box: Box, operand: Operand) -> Operand:
    """Blocks of equal lanes in scratch, one per element of a lane-broadcast operand.

    The result has the operand's axes, is constant along those of stride 0, and marked `splat`.
    Raises `NoVectorForm` for element types that vnchwconv does not take.
    """
    axes = _varying(box, operand)
    run = _find_run(operand, axes)
    if run is not None and (run.near is not None or not axes):
        return _splat_run(emitter, box, run)
    if run is not None and len(axes) == 1:
        return _splat_column(emitter, box, run.start, run.lane, axes[0])
    return _splat_one_by_one(emitter, box, operand, axes)


@dataclass(frozen=True)
class _Run:
    """Elements along the axis `near` (of stride 1) from `lane` of the block at `start` on, in
    rows along the axes `far` that each start on a block."""

    start: Operand
    lane: int
    near: int | None
    far: list[int]


def _varying(box: Box, operand: Operand) -> list[int]:
    return [a for a, s in enumerate(operand.strides) if s and box.sizes[a] > 1]


def _find_run(operand: Operand, axes: list[int]) -> _Run | None:
    floor = floor_to_block(operand)
    near = next((a for a in axes if operand.strides[a] == 1), None)
    far = [a for a in axes if a != near]
    if floor is None or any(operand.strides[a] % operand.block for a in far):
        return None
    return _Run(*floor, near, far)


def _blocks(run: _Run, count: int) -> int:
    """Blocks that `count` elements of a run touch."""
    return -(-(run.lane + count) // run.start.block)


def _strides(rank: int, axes: list[int], steps: Sequence[int]) -> tuple[int, ...]:
    found = dict(zip(axes, steps))
    return tuple(found.get(a, 0) for a in range(rank))


def _splat_run(emitter: Emitter, box: Box, run: _Run, *, skew: bool = True) -> Operand:
    """Elements next to each other (or a single one), in rows that start on a block; those of the
    next row in other groups of banks, or right behind."""
    start, near = run.start, run.near
    blocks = _blocks(run, 1 if near is None else box.sizes[near])
    # Rows that follow each other block by block are one run.
    near_by = [] if near is None else [near]
    far = sorted(run.far, key=lambda a: start.strides[a])
    while far and start.strides[far[0]] == blocks * start.block:
        blocks *= box.sizes[far[0]]
        near_by.append(far.pop(0))
    sizes = [box.sizes[a] for a in far]
    # One splat more than needed, so that rows start in different groups of banks.
    splats = blocks * start.block + (skew and bool(far))
    out = emitter.scratch([*sizes, splats, ROWS], start.element)

    def body(indices: tuple[Index, ...]) -> None:
        source, result = start.at_all(far, indices), out.at_all(range(len(far)), indices)
        splat_blocks(emitter, source, result, blocks)

    emitter.nest(sizes, body)
    steps = [*out.strides[: len(far)], *(start.strides[a] * ROWS for a in near_by)]
    strides = _strides(len(box.sizes), [*far, *near_by], steps)
    return replace(out.moved(run.lane * ROWS), strides=strides, splat=True)


def _splat_column(emitter: Emitter, box: Box, start: Operand, lane: int, axis: int) -> Operand:
    """Elements that each sit in a block of their own: packed 16 at a time first."""
    rows = box.sizes[axis]
    groups = -(-rows // ROWS)
    columns = lanes_to_rows(emitter, start, rows, start.strides[axis])
    packed = columns.at(1, lane).with_strides((columns.strides[0], 1))
    column = Box((groups, ROWS, 1), (packed.with_strides((*packed.strides, 0)),))
    run = _find_run(column.dst, _varying(column, column.dst))
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

"""Gathers: the scalar unit reads a number, then a transfer loads what lies at that place."""

from __future__ import annotations

from xdsl.builder import Builder
from xdsl.dialects import arith, memref
from xdsl.dialects.builtin import IndexType
from xdsl.ir import Block, Region, SSAValue
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.bursts import write_bursts
from akg_mlir.passes.npu.legalise.dma import rows_of
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.scalar import constant, number
from akg_mlir.passes.npu.legalise.vector import fill
from akg_mlir.passes.npu.legalise.views import Box, Index, box_of, merge, squeeze


def lower_gather(emitter: Emitter, op: npu.GatherOp) -> None:
    """Whole blocks of the rows at the places by fetches; what is left of rows, element by element.

    Raises `NoVectorForm` where rows are shorter than a block.
    """
    box = _box(op)
    dst, src, at = box.operands
    contiguous = (
        axis
        for axis, steps in enumerate(zip(dst.strides, src.strides, at.strides))
        if steps == (1, 1, 0)
    )
    lane = next(contiguous, None)
    if lane is None or box.sizes[lane] < dst.block:
        raise NoVectorForm("what lies at a place is shorter than a block")
    rest = box.sizes[lane] % dst.block
    _fetch(emitter, op, box.slice(lane, 0, box.sizes[lane] - rest))
    if rest:
        emitter.remark("missed", "row ends are looked up element by element", each=rest)
        _look_up(emitter, op, box.slice(lane, box.sizes[lane] - rest, rest))


def gather_by_scalar(emitter: Emitter, op: npu.GatherOp) -> None:
    """Element by element."""
    _look_up(emitter, op, _box(op))


def _box(op: npu.GatherOp) -> Box:
    box = merge(squeeze(box_of(op.dst, op.src, op.at)))
    return box if box.sizes else Box((1,), tuple(o.with_strides((1,)) for o in box.operands))


def _fetch(emitter: Emitter, op: npu.GatherOp, box: Box) -> None:
    """Zeros, and a fetch of all that lies at the place of each number."""
    at = box.operands[2]
    numbers = [axis for axis, stride in enumerate(at.strides) if stride]
    within = [axis for axis in range(len(box.sizes)) if axis not in numbers]
    moved = Box(box.sizes, box.operands[:2])
    fill(emitter, Box(box.sizes, (box.dst,)), number(0, box.dst.element))
    places, step, from_end = op.places.value.data, op.step.value.data, op.from_end is not None

    def fetch_one(indices: tuple[Index, ...]) -> None:
        register = emitter.scalar_load(at.at_all(numbers, indices))

        def fetch(dst: SSAValue, src: SSAValue, bursts: tuple[int, int, int, int]) -> npu.FetchOp:
            bytes_ = step * box.dst.size
            return npu.FetchOp(
                dst, src, register, places=places, step=bytes_, from_end=from_end, bursts=bursts
            )

        rows = rows_of(moved.map(lambda o: o.at_all(numbers, indices)).take(within))
        write_bursts(emitter, rows, move=fetch)

    emitter.nest([box.sizes[axis] for axis in numbers], fetch_one)


def _look_up(emitter: Emitter, op: npu.GatherOp, box: Box) -> None:
    """Each element by the scalar unit: what lies at its place, or 0."""
    dst, src, at = box.operands
    places = op.places.value.data
    table = src.with_strides((*src.strides, op.step.value.data))
    ins = [emitter.view(table, (*box.sizes, places)), emitter.view(at, box.sizes)]
    out = emitter.view(dst, box.sizes)
    block = Block(arg_types=[*[IndexType()] * len(box.sizes), *(v.type for v in (*ins, out))])
    point, (source, numbers, result) = block.args[: len(box.sizes)], block.args[len(box.sizes) :]
    builder = Builder(InsertPoint.at_end(block))
    given = builder.insert(memref.LoadOp.get(numbers, point)).res
    place, inside = _place(builder, given, places, op.from_end is not None)
    found = builder.insert(memref.LoadOp.get(source, [*point, place])).res
    zero = constant(builder, 0, dst.element)
    value = builder.insert(arith.SelectOp(inside, found, zero)).result
    builder.insert(memref.StoreOp.get(value, result, point))
    emitter.insert(npu.ScalarOp(box.sizes, ins, [out], Region(block)))


def _place(
    builder: Builder, given: SSAValue, places: int, from_end: bool
) -> tuple[SSAValue, SSAValue]:
    """The place of a number, 0 for none; and whether there is one."""
    zero, count = (constant(builder, value, given.type) for value in (0, places))
    if from_end:
        negative = builder.insert(arith.CmpiOp(given, zero, "slt")).result
        counted = builder.insert(arith.AddiOp(given, count)).result
        given = builder.insert(arith.SelectOp(negative, counted, given)).result
    tests = [arith.CmpiOp(given, zero, "sge"), arith.CmpiOp(given, count, "slt")]
    low, high = (builder.insert(test).result for test in tests)
    inside = builder.insert(arith.AndIOp(low, high)).result
    safe = builder.insert(arith.SelectOp(inside, given, zero)).result
    return builder.insert(arith.IndexCastOp(safe, IndexType())).result, inside

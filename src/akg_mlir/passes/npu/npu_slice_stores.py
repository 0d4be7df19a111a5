"""`npu-slice-stores`: see the pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import affine, arith, func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import remark
from akg_mlir.dialects.npu import (
    BufferOp,
    CopyOp,
    Pipe,
    PipeOp,
    PtrOp,
    Space,
    VecOp,
    ViewOp,
    space_of,
)
from akg_mlir.passes.npu.cutting.parts import Parts, Row, Slice, emit_in_order, parts_of
from akg_mlir.passes.npu.cutting.products import multiplies
from akg_mlir.passes.npu.legalise.views import erase_unused
from akg_mlir.passes.npu.memory.structure import kernels

NAME = "npu-slice-stores"
SLICES = 3
"""Slices at most of what is stored last."""
LEAST = 8192
"""Bytes of a slice at least, since each of its instructions has to start."""


@dataclass(frozen=True)
class NpuSliceStores(ModulePass):
    """Let the last results of the cube leave the chip slice after slice.

    Nothing hides what follows the last product of a kernel: the move to UB, the ops of the vector
    unit, the store. They are cut, as far as their bursts and repeats allow, and issued in the order
    in which slices of the store need them, so that one slice is stored while the next one is
    converted. Where the vector unit has nothing to do they stay whole: moves take little beside
    stores. Runs after `npu-multi-buffer`, which writes the last iteration apart, and before
    `npu-plan-memory`.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for kernel in kernels(op):
            if not multiplies(kernel):
                continue
            tail = _tail(kernel.body.block)
            parts = [parts_of(inner) for inner in tail]
            count = min(SLICES, sum(p.size for p in parts if _stores(p.op)) // LEAST)
            if count < 2 or not any(isinstance(inner, VecOp) for inner in tail):
                continue
            slices = _slices(parts, count)
            if len(slices) == len(parts):
                continue
            emit_in_order(Builder(InsertPoint.after(tail[-1])), slices)
            erase_unused(kernel)
            where = kernel.sym_name.data
            remark(NAME, "passed", where, "the last results are stored in slices", slices=count)


_BETWEEN = affine.ApplyOp | arith.ConstantOp | BufferOp | PtrOp | ViewOp | func.ReturnOp


def _tail(block: Block) -> Sequence[PipeOp]:
    """The instructions behind the last product of a block, and behind its last loop."""
    tail: list[PipeOp] = []
    for op in reversed(list(block.ops)):
        if isinstance(op, PipeOp) and not op.regions and not op.results and not multiplies(op):
            tail.insert(0, op)
        elif not isinstance(op, _BETWEEN):
            break
    return tail


def _stores(op: PipeOp) -> bool:
    return isinstance(op, CopyOp) and op.pipe is Pipe.MTE3 and space_of(op.dst.type) is Space.GM


def _slices(parts: Sequence[Parts], count: int) -> list[Slice]:
    """Instructions in slices, each with the number of the first slice of stores, of `count`, that
    needs it or what must follow it."""
    ranks = _ranks([p for p in parts if _stores(p.op)], count)
    found: list[list[Slice]] = []
    later: dict[SSAValue | str, list[_Touched]] = {}
    for one in reversed(parts):
        needs = ranks.get(one, [count] * one.count)
        for row in one.rows:
            for touched in later.get(row.root, []):
                if row.writes or touched.writes:
                    for part in row.touching(touched.low, touched.high, one.count):
                        needs[part] = min(needs[part], touched.needed)
        if needs != sorted(needs):
            needs = [min(needs)] * one.count
        slices: list[Slice] = []
        for needed, group in groupby(range(one.count), key=needs.__getitem__):
            numbers = list(group)
            slices.append(Slice(one, numbers[0], numbers[-1] + 1, needed))
        found.insert(0, slices)
        for part in slices:
            for row in one.rows:
                later.setdefault(row.root, []).append(_touched(row, part))
    return [part for slices in found for part in slices]


@dataclass(frozen=True)
class _Touched:
    """Between which bytes a slice reads or writes, and its number."""

    low: int
    high: int
    writes: bool
    needed: int


def _touched(row: Row, part: Slice) -> _Touched:
    return _Touched(*row.span(part.first, part.end), row.writes, part.needed)


def _ranks(stores: Sequence[Parts], count: int) -> Mapping[Parts, list[int]]:
    """The slices, of `count` of about as many bytes, to which the parts of stores belong."""
    total, before = sum(store.size for store in stores), 0
    ranks: dict[Parts, list[int]] = {}
    for store in stores:
        each = store.size // store.count
        ranks[store] = [(before + part * each) * count // total for part in range(store.count)]
        before += store.size
    return ranks

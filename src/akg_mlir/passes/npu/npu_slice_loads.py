"""`npu-slice-loads`: see the pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import affine, arith, scf
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import remark
from akg_mlir.dialects.npu import CopyOp, Pipe, PtrOp, Space, ViewOp, space_of
from akg_mlir.passes.npu.cutting.parts import Parts, Slice, emit_in_order, parts_of
from akg_mlir.passes.npu.cutting.products import Products, multiplies
from akg_mlir.passes.npu.legalise.views import erase_unused
from akg_mlir.passes.npu.memory.byteset import enumerate_bytes, overlaps
from akg_mlir.passes.npu.memory.footprint import accesses
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.passes.npu.rotation.stages import roots_of

NAME = "npu-slice-loads"
SLICES = 3
"""Slices of the operands of a product at most: each needs a flag, and so does what comes next."""
LEAST = 16384
"""Bytes of an operand in a slice at least, since each of its copies has to start."""


@dataclass(frozen=True)
class NpuSliceLoads(ModulePass):
    """Let products start when a part of their operands has come.

    The first loads of a kernel, and those of the last iteration of a loop, are cut where products
    go on to other bytes of them, and the slices are issued in the order in which products need
    them. Other loads stay whole: they come while products of another iteration are done. Runs
    after `npu-multi-buffer`, which writes first and last iterations apart, and before
    `npu-plan-memory`.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for kernel in kernels(op):
            if not multiplies(kernel):
                continue
            products = Products(kernel.body.block)
            more = sum(_in_order(run, products) for run in _critical(kernel.body.block))
            if more:
                erase_unused(kernel)
                where = kernel.sym_name.data
                remark(NAME, "passed", where, "products start with a slice of operands", loads=more)


def _critical(block: Block) -> list[Sequence[CopyOp]]:
    """Loads that nothing hides: the first ones, and the last ones if they fill buffers of the first
    ones, or of a loop, again: they are for the last iteration then."""
    runs = list(_runs(block))
    loops = [op for op in block.ops if isinstance(op, scf.ForOp)]
    filled = {root for op in chain(loops, *runs[:1]) for root in roots_of(op)[1]}
    last = [run for run in runs[1:][-1:] if all(roots_of(copy)[1] <= filled for copy in run)]
    return runs[:1] + last


def _runs(block: Block) -> Iterator[Sequence[CopyOp]]:
    """Loads of which each follows the one before, but for what computes addresses."""
    run: list[CopyOp] = []
    for op in block.ops:
        if isinstance(op, CopyOp) and op.pipe is Pipe.MTE2:
            run.append(op)
        elif not isinstance(op, affine.ApplyOp | arith.ConstantOp | PtrOp | ViewOp):
            if run:
                yield run
            run = []


def _in_order(run: Sequence[CopyOp], products: Products) -> int:
    """Cut loads that follow each other, and issue the slices in the order in which products need
    them, of each product the one that is read first last: one flag tells that all have come.
    Returns by how many there are more."""
    if not _disjoint(run):
        return 0
    loads = [parts_of(copy) for copy in run]
    loads.sort(key=products.first_reader, reverse=True)
    needs = {load: products.needs(load) for load in loads}
    slices = [part for load in loads for part in _slices(load, needs)]
    if len(slices) == len(loads):
        return 0
    emit_in_order(Builder(InsertPoint.after(run[-1])), slices)
    return len(slices) - len(loads)


def _slices(load: Parts, needs: Mapping[Parts, Sequence[int]]) -> Iterator[Slice]:
    """A load in slices, which are those of all loads into its buffer; whole if products do not need
    its bursts in their order, or the first product of all none of them."""
    buffer = load.buffer
    first = min(min(need) for need in needs.values())
    together = [other for other in needs if other.buffer is buffer]
    steps = sorted({need for other in together for need in needs[other]})
    count = min(SLICES, len(steps), sum(other.size for other in together) // LEAST)
    own = needs[load]
    late, sliced = min(own) > first, space_of(buffer.type) is Space.L1
    if count <= 1 or late or not sliced or list(own) != sorted(own):
        yield Slice(load, 0, load.count, min(own))
        return
    number = {need: rank * count // len(steps) for rank, need in enumerate(steps)}
    for _, group in groupby(range(load.count), key=lambda burst: number[own[burst]]):
        bursts = list(group)
        yield Slice(load, bursts[0], bursts[-1] + 1, own[bursts[0]])


def _disjoint(run: Sequence[CopyOp]) -> bool:
    """Whether no byte is loaded twice, as far as that is known."""
    written: dict[object, list[tuple[tuple[int, int], ...]]] = {}
    for copy in run:
        (access,) = (access for access in accesses(copy) if access.writes)
        bytes_ = enumerate_bytes(access, [])
        others = written.setdefault(access.root, [])
        if bytes_ is None or not access.base.is_constant:
            return False
        if any(overlaps(bytes_, other) for other in others):
            return False
        others.append(bytes_)
    return True

"""`npu-fold-moves`: see the pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f16, f32
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from akg_mlir.diagnostics import remark
from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Space, Unary
from akg_mlir.passes.npu.in_place import make_in_place
from akg_mlir.passes.npu.legalise.drain import moves_fractals
from akg_mlir.passes.npu.legalise.views import box_of, erase_unused, resolve
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.passes.npu.rotation.stages import roots_of
from akg_mlir.passes.npu.slices.axis import memrefs

NAME = "npu-fold-moves"


@dataclass(frozen=True)
class NpuFoldMoves(ModulePass):
    """Let moves do what the vector unit does right behind them or in front of them.

    A move out of L0C rounds f32 to f16 on its way, so that a cast of all that it brought is done
    with it, and UB need not hold the f32. A move out of UB takes what a copy in UB would have
    copied for it alone. What copies and fills put together in UB for one more copy alone (slices,
    their padding, the parts of a concatenation) they put where that would take it. Runs after
    `npu-generate` and before `npu-slice-results`.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for kernel in kernels(op):
            for first, second in list(_pairs(kernel)):
                folded = _folded(first, second)
                if folded is not None:
                    Builder(InsertPoint.before(second)).insert(folded)
                    folded.location = second.location
                    message = f"{first.name} and {second.name} in one"
                    remark(NAME, "passed", f"{kernel.sym_name.data}: {second.name}", message)
                    for done in (first, second):
                        Rewriter.erase_op(done)
            for copy in make_in_place(kernel):
                message = "what it copies is made in place"
                remark(NAME, "passed", f"{kernel.sym_name.data}: {copy.name}", message)
            erase_unused(kernel)


def _pairs(kernel: FuncOp) -> Iterator[tuple[Operation, Operation]]:
    """What fills a buffer, and what reads it, where nothing else touches it: ops of one block."""
    users: dict[SSAValue, list[Operation]] = {}
    for op in kernel.walk():
        if isinstance(op, npu.PipeOp):
            for base in dict.fromkeys(resolve(value).base for value in memrefs(op)):
                users.setdefault(base, []).append(op)
    for base, ops in users.items():
        if isinstance(base.owner, npu.BufferOp) and len(ops) == 2:
            first, second = ops
            if first.parent is second.parent:
                yield first, second


def _folded(first: Operation, second: Operation) -> npu.DmaOp | None:
    """One move for both, in the place of the second, if there is one."""
    match first, second:
        case npu.DmaOp(), npu.VCastOp():
            brings, takes, dst = first.dst, second.src, second.dst
            types = tuple(npu.memref_type(v).element_type for v in (first.src, dst))
            possible = _is_from(first.src, Space.L0C) and types == (f32, f16)
        case npu.VUnaryOp(), npu.DmaOp():
            brings, takes, dst = first.dst, second.src, second.dst
            likes = [resolve(v) for v in (first.src, brings)]
            aligned = likes[0].offset.fact.residue(likes[0].block) == 0
            possible = first.kind.data == Unary.COPY and _is_from(first.src, Space.UB)
            possible = possible and aligned and likes[0].strides == likes[1].strides
        case _:
            return None
    if not possible or not _is_same_box(brings, takes) or _is_overwritten(first, second):
        return None
    if _is_from(first.src, Space.L0C) and not moves_fractals(box_of(dst, first.src)):
        return None
    return npu.DmaOp(first.src, dst)


def _is_from(value: SSAValue, space: Space) -> bool:
    return npu.space_of(value.type) is space


def _is_same_box(one: SSAValue, other: SSAValue) -> bool:
    """Whether two views list the same elements in the same order."""
    shapes = (npu.memref_type(v).get_shape() for v in (one, other))
    return len(set(shapes)) == 1 and resolve(one) == resolve(other)


def _is_overwritten(first: Operation, second: Operation) -> bool:
    """Whether something between two ops writes what the first reads, or touches what the second
    writes."""
    reads, writes = roots_of(first)[0], roots_of(second)[1]
    between = first.next_op
    while between is not None and between is not second:
        read, written = roots_of(between)
        if written & (reads | writes) or read & writes:
            return True
        between = between.next_op
    return between is None

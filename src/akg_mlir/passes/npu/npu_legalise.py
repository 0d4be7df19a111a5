"""Tile ops to instructions."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.dma import lower_dma
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.fallback import lower_by_scalar
from akg_mlir.passes.npu.legalise.muladd import lower_muladd
from akg_mlir.passes.npu.legalise.padding import Writers
from akg_mlir.passes.npu.legalise.products import lower_conv, lower_mmad
from akg_mlir.passes.npu.legalise.reduce import lower_reduce
from akg_mlir.passes.npu.legalise.vector import (
    lower_binary,
    lower_cast,
    lower_fill,
    lower_scalar,
    lower_select,
    lower_unary,
)
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.targets.model import Target

_TILE_OPS = (*npu.BOX_OPS, npu.MmadOp, npu.ConvOp)


@dataclass(frozen=True)
class NpuLegalise(ModulePass):
    """Turn tile ops into instructions under the target's op x dtype table and field limits.

    Kernels (`npu.kernel`) hold tile ops on views before, `npu.ptr` and instructions in program
    order after; scratch buffers and constant blocks are declared at the top of the function. What
    the vector unit and the movers cannot do becomes `npu.scalar`, with a remark. Raises
    `CompileError` where no unit can do an op.
    """

    name = "npu-legalise"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_of(op)
        for function in op.walk():
            if isinstance(function, func.FuncOp) and "npu.kernel" in function.attributes:
                legalise(function, target)


def legalise(function: func.FuncOp, target: Target) -> None:
    """Legalise one kernel in place."""
    tile_ops = [op for op in function.walk() if isinstance(op, _TILE_OPS)]
    emitter, writers = Emitter(target, function), Writers(function)
    for op in tile_ops:
        emitter.start(op)
        try:
            _lower(emitter, op, writers)
        except NoVectorForm as reason:
            emitter.start(op)
            emitter.remark("missed", f"falls back to the scalar unit: {reason}")
            lower_by_scalar(emitter, op)
        emitter.commit()
    for op in tile_ops:
        op.detach()
        op.erase()
    emitter.finish()
    _erase_dead_views(function)


def _lower(emitter: Emitter, op: Operation, writers: Writers) -> None:
    match op:
        case npu.DmaOp():
            lower_dma(emitter, op, writers)
        case npu.VUnaryOp():
            lower_unary(emitter, op)
        case npu.VBinaryOp():
            lower_binary(emitter, op)
        case npu.VScalarOp():
            lower_scalar(emitter, op)
        case npu.VFillOp():
            lower_fill(emitter, op)
        case npu.VCastOp():
            lower_cast(emitter, op)
        case npu.VSelectOp():
            lower_select(emitter, op)
        case npu.VReduceOp():
            lower_reduce(emitter, op)
        case npu.VMulAddOp():
            lower_muladd(emitter, op)
        case npu.MmadOp():
            lower_mmad(emitter, op)
        case npu.ConvOp():
            lower_conv(emitter, op)
        case _:
            raise CompileError("not a tile op", op)


def _erase_dead_views(function: func.FuncOp) -> None:
    for op in reversed([o for o in function.walk() if isinstance(o, npu.ViewOp)]):
        if not op.result.uses:
            op.detach()
            op.erase()

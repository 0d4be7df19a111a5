"""Tile ops to instructions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.blend import lower_blend
from akg_mlir.passes.npu.legalise.dma import lower_dma
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.fallback import lower_by_scalar
from akg_mlir.passes.npu.legalise.gather import lower_gather
from akg_mlir.passes.npu.legalise.muladd import lower_muladd
from akg_mlir.passes.npu.legalise.overwritten import put_in_front
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
    for fill in [op for op in function.walk() if isinstance(op, npu.VFillOp)]:
        put_in_front(fill)
    tile_ops = [op for op in function.walk() if type(op) in (npu.DmaOp, *_RULES)]
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


_RULES: dict[type[Operation], Callable[..., None]] = {
    npu.GatherOp: lower_gather,
    npu.VUnaryOp: lower_unary,
    npu.VBinaryOp: lower_binary,
    npu.VScalarOp: lower_scalar,
    npu.VFillOp: lower_fill,
    npu.VCastOp: lower_cast,
    npu.VSelectOp: lower_select,
    npu.VBlendOp: lower_blend,
    npu.VReduceOp: lower_reduce,
    npu.VMulAddOp: lower_muladd,
    npu.MmadOp: lower_mmad,
    npu.ConvOp: lower_conv,
}


def _lower(emitter: Emitter, op: Operation, writers: Writers) -> None:
    if isinstance(op, npu.DmaOp):
        lower_dma(emitter, op, writers)
    else:
        _RULES[type(op)](emitter, op)


def _erase_dead_views(function: func.FuncOp) -> None:
    for op in reversed([o for o in function.walk() if isinstance(o, npu.ViewOp)]):
        if not op.result.uses:
            op.detach()
            op.erase()

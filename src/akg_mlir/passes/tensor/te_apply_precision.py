"""Choose the precision of f32 contractions: as written, or f16 operands on the cube."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType, f16, f32
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.joined_groups import join, pays
from akg_mlir.passes.tensor.rewriting import Expression, rewrite_each
from akg_mlir.targets import Target


@dataclass(frozen=True)
class TeApplyPrecision(ModulePass):
    """Choose the precision of f32 contractions: as written, or f16 operands on the cube.

    Contractions are products of matrices and convolutions that the cube can do. `strict` changes
    nothing: those of f32 run on the vector unit. `mixed` casts their operands to f16 and
    accumulates in f32. Each cast is an op of the module and each choice a remark. Convolutions in
    groups whose weights are known become convolutions in one group where the cube then takes less
    time than the vector unit.
    """

    name = "te-apply-precision"
    precision: Literal["strict", "mixed"] = "strict"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op)
        rewrite_each(op, lambda inner: self._visit(inner, target))

    def _visit(self, op: Operation, target: Target) -> bool:
        if not isinstance(op, te.ContractionOp | te.Conv2dOp):
            return False
        if te.element_of(op.operands[0]) != f32:
            return False
        if isinstance(op, te.Conv2dOp) and not te.is_cube_conv(op, f16):
            return self._leaves_cube(op, target)
        if self.precision == "strict":
            message = "f32 contraction kept for the vector unit; precision=mixed uses the cube"
            remark(self.name, "missed", f"{op.name}{location_of(op)}", message)
            return False
        _round_operands(op)
        remark(self.name, "passed", f"{op.name}{location_of(op)}", "operands rounded to f16")
        return True

    def _leaves_cube(self, op: te.Conv2dOp, target: Target) -> bool:
        """Join the groups of a convolution that the cube cannot take, if that pays."""
        if self.precision == "mixed" and pays(op, target):
            e = Expression(op)
            joined = join(e, op)
            remark(self.name, "passed", f"{op.name}{location_of(op)}", "groups joined for the cube")
            e.finish(joined)
            return True
        message = "f32 convolution kept for the vector unit; the cube does none of its kind"
        remark(self.name, "missed", f"{op.name}{location_of(op)}", message)
        return False


def is_mixed(passes: Iterable[ModulePass]) -> bool:
    """Whether a pipeline lets f32 contractions run in f16."""
    return any(isinstance(p, TeApplyPrecision) and p.precision == "mixed" for p in passes)


def _round_operands(op: te.ContractionOp | te.Conv2dOp) -> None:
    expression = Expression(op)
    product = type(op).create(
        operands=[expression(te.CastOp(operand, f16)) for operand in op.operands],
        result_types=[TensorType(f32, te.shape_of(op.result))],
        properties=dict(op.properties),
    )
    expression.finish(expression.cast(expression(product), te.element_of(op.result)))

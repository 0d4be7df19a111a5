"""Convolutions in groups as convolutions in one, for the cube: between groups weights are zero."""

from __future__ import annotations

from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import ceil_div
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.rewriting import Expression
from akg_mlir.targets import Target

_F16, _F32 = 2, 4
"""Bytes of an element."""


def pays(op: te.Conv2dOp, target: Target) -> bool:
    """Whether the host can join the groups and this takes less time than to leave the cube."""
    if op.group_count == 1 or not is_weight(op.weights):
        return False
    return _cube_cycles(op, target) < _vector_cycles(op, target)


def _cube_cycles(op: te.Conv2dOp, target: Target) -> float:
    """Products, those with zeros among them, and reading weights with zeros."""
    batch, outputs, *points = te.shape_of(op.result)
    channels, taps, cube = te.shape_of(op.image)[1], prod(op.window), target.cube
    rows, columns = ceil_div(batch * prod(points), cube.m), ceil_div(outputs, cube.n)
    fractals = rows * columns * ceil_div(channels, cube.k(_F16)) * taps
    read = outputs * channels * taps * _F16
    return fractals * cube.fractal_cycles / target.cores + read / target.gm.dram_total


def _vector_cycles(op: te.Conv2dOp, target: Target) -> float:
    """A multiplication and an addition per product of the groups, and two kernels, which unpack the
    image and pack the result again."""
    touched = 2 * prod(op.bounds) * _F32 / target.vector.bytes_per_cycle
    launch = target.paths["gm", "ub"].latency + target.paths["ub", "gm"].latency
    return touched / target.cores + 2 * launch


def join(e: Expression, op: te.Conv2dOp) -> SSAValue:
    """The convolution in one group; what one group does not read of another is multiplied by zero
    (so an infinite element makes other groups not-a-number)."""
    groups = op.group_count
    outputs, channels, *window = te.shape_of(op.weights)
    each = outputs // groups
    parts: list[SSAValue] = []
    for group in range(groups):
        part = e(te.SliceOp(op.weights, [group * each, 0, 0, 0], [each, channels, *window]))
        before, behind = group * channels, (groups - 1 - group) * channels
        parts.append(e(te.PadOp(part, [0, before, 0, 0], [0, behind, 0, 0], 0.0)))
    dense = e(te.ConcatOp(parts, 0))
    strides, dilations, pads = (a.get_values() for a in (op.strides, op.dilations, op.pads))
    result = te.element_of(op.result)
    return e(te.Conv2dOp(op.image, dense, strides, dilations, pads, element_type=result))

"""Convolutions in groups as convolutions in one, or in blocks of channels, for the cube: between
groups weights are zero."""

from __future__ import annotations

from math import prod

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, ceil_div
from akg_mlir.passes.tensor.host_values import is_weight
from akg_mlir.passes.tensor.rewriting import Expression, transposed
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


def blocks_of_groups(e: Expression, weights: SSAValue) -> SSAValue:
    """Weights `[O, C/G, KH, KW]` of groups within blocks as `[C1, KH, KW, 16, 16]`.

    Group p of the P in a block has a row of X weights per tap. With P * X zeros behind each, rows
    of P * X that start at multiples of P * X hold it at place p: the diagonal.
    """
    outputs, each, *window = te.shape_of(weights)
    blocks, groups, size = ceil_div(outputs, FRACTAL), FRACTAL // each, each * each
    if outputs % FRACTAL:
        weights = e(te.PadOp(weights, [0] * 4, [-outputs % FRACTAL, 0, 0, 0], 0.0))
    plain = e.reshaped(weights, [blocks, FRACTAL * each, *window])
    rows = e.reshaped(transposed(e, plain, (0, 2, 3, 1)), [blocks * prod(window), groups, size])
    if groups > 1:
        spaced = e(te.PadOp(rows, [0, 0, 0], [0, 0, groups * size], 0.0))
        flat = e.reshaped(spaced, [blocks * prod(window), groups * (groups + 1) * size])
        rows = e(te.SliceOp(flat, [0, 0], [blocks * prod(window), groups * groups * size]))
    apart = e.reshaped(rows, [blocks * prod(window), groups, groups, each, each])
    turned = transposed(e, apart, (0, 1, 3, 2, 4))
    return e.reshaped(turned, [blocks, *window, FRACTAL, FRACTAL])

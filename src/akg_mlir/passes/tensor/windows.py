"""Rules of `te-decompose` for ops on windows: padding becomes an op of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, TensorType, f32
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.structured import initial_value
from akg_mlir.passes.tensor.host_values import widened
from akg_mlir.passes.tensor.patches import is_patches, product_of_patches
from akg_mlir.passes.tensor.rewriting import Expression, splat_of
from akg_mlir.reference.windows import windows


def conv2d(e: Expression, op: te.Conv2dOp) -> SSAValue | None:
    """Pads the image, unless loads of the cube do that; the result gets the accumulator's type.
    Groups that the cube does not take are computed in it: windows read elements many times.
    Windows that do not overlap may become rows of a matrix."""
    accumulator: Attribute = te.accumulator(te.element_of(op.image))
    if te.is_cube_conv(op) and is_patches(op):
        return product_of_patches(e, op)
    narrow = te.is_float(accumulator) and te.element_of(op.image) != accumulator
    if narrow and op.group_count > 1 and not te.is_within_blocks(op):
        steps = op.strides.get_values(), op.dilations.get_values()
        image, weights = e.cast(op.image, accumulator), e(widened(op.weights, accumulator))
        return e(te.Conv2dOp(image, weights, *steps, op.padding, op.group_count, accumulator))
    pads = op.padding if te.is_cube_conv(op) else (0, 0, 0, 0)
    if op.padding == pads and te.element_of(op.results[0]) == accumulator:
        return None
    image = op.image if op.padding == pads else _surrounded(e, op.image, op.padding, 0)
    steps = op.strides.get_values(), op.dilations.get_values()
    return e(te.Conv2dOp(image, op.weights, *steps, pads, op.group_count, accumulator))


def max_pool2d(e: Expression, op: te.MaxPool2dOp) -> SSAValue:
    """Padding is the least value there is, which no maximum is less than."""
    least = initial_value(te.Reduction.MAX, te.element_of(op.operand))
    image = _surrounded(e, op.operand, op.padding, least)
    return e(te.Pool2dOp("max", image, op.window, *_steps(op)))


def avg_pool2d(e: Expression, op: te.AvgPool2dOp) -> SSAValue:
    """Sums in f32, divided by the number of elements that count: one number, or one per window."""
    image = _surrounded(e, e.cast(op.operand, f32), op.padding, 0)
    total = e(te.Pool2dOp("add", image, op.window, *_steps(op)))
    if op.count_include_pad is not None or not any(op.padding):
        return e.scaled(total, 1 / math.prod(op.window))
    return e(te.DivOp(total, _counts(e, op)))


def _counts(e: Expression, op: te.AvgPool2dOp) -> SSAValue:
    """How many elements of the image each window has, `[OH, OW]`."""
    ones = np.ones((1, 1, *te.shape_of(op.operand)[2:]), np.float32)
    counts = windows(op, ones, 0).sum(axis=(0, 1, 4, 5))
    type_ = TensorType(f32, counts.shape)
    return e(te.ConstantOp(DenseIntOrFPElementsAttr.from_list(type_, counts.ravel().tolist())))


def pool2d(e: Expression, op: te.Pool2dOp) -> SSAValue | None:
    """Sums and products of narrow floats are accumulated in f32."""
    element = te.element_of(op.operand)
    exact = op.kind.data in (te.Reduction.MAX, te.Reduction.MIN)
    if exact or not te.is_float(element) or element == f32:
        return None
    return e(te.Pool2dOp(op.kind.data, e.cast(op.operand, f32), op.window, *_steps(op)))


def pad(e: Expression, op: te.PadOp) -> SSAValue | None:
    """Nothing where nothing is added; of a constant of the same value, a constant."""
    if not any(low or high for low, high in op.amounts):
        return op.operand
    if splat_of(op.operand) == op.value.value.data:
        return e(
            te.BroadcastToOp(e.splat(op.value.value.data, op.value.type), te.shape_of(op.result))
        )
    return None


def _surrounded(e: Expression, image: SSAValue, pads: Sequence[int], value: float) -> SSAValue:
    if not any(pads):
        return image
    top, left, bottom, right = pads
    return e(te.PadOp(image, (0, 0, top, left), (0, 0, bottom, right), value))


def _steps(op: te.WindowOp) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return op.strides.get_values(), op.dilations.get_values()

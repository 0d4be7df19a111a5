"""ONNX's products of integers of 8 bits: of matrices, and of images with windows.

Factors become f16, which the cube multiplies: integers below 2^11 are exact there, and so are sums
of f32 up to 2^24. Longer ones are cut along what they add up, and the parts added in i32.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32, I32
from akg_mlir.frontends.onnx.contraction import matrix_product
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.quantization import ENDS, saturated, zero_point
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of
from akg_mlir.frontends.onnx.window import convolved, sides_of

EXACT = 1 << 24  # f32 has all integers up to here


@dataclass(frozen=True)
class _Factor:
    """An operand above its zero point, in f16, and the largest magnitudes that its elements can
    have: weights, which are known, are smaller than their type allows."""

    value: SSAValue
    most: NDArray[np.int64]


def _factor(node: Node, index: int, zero_index: int, behind: int) -> _Factor:
    """Of two operands of the node; a vector of zero points has so many dimensions behind it."""
    operand, zero = node.operand(index), zero_point(node, zero_index)
    if element_of(operand) not in ENDS:
        raise node.error(f"multiplies {element_of(operand)}", hint="int8 and uint8 are supported")
    value, most = node.cast(operand, F16), np.int64(max(map(abs, ENDS[element_of(operand)])))
    if zero is not None:
        zero = _along(node, node.cast(zero, F16), behind)
        value, most = node.emit(te.SubOp(value, zero)), np.int64(255)
    known = _known(node, index, zero_index, behind)
    return _Factor(value, np.broadcast_to(most, shape_of(value)) if known is None else known)


def _along(node: Node, value: SSAValue, behind: int) -> SSAValue:
    """One number for all, or a vector with so many dimensions behind it."""
    size = prod(shape_of(value))
    return node.reshaped(value, (size, *[1] * behind) if size > 1 else ())


def _known(node: Node, index: int, zero_index: int, behind: int) -> NDArray[np.int64] | None:
    """The magnitudes of an operand that is known, as is its zero point."""
    value, zero = node.value(index), node.value(zero_index) if node.has(zero_index) else np.zeros(1)
    if isinstance(value, SSAValue) or isinstance(zero, SSAValue):
        return None
    zero = zero.astype(np.int64).reshape((zero.size, *[1] * behind) if zero.size > 1 else ())
    return np.abs(value.astype(np.int64) - zero)


def _parts(node: Node, most: NDArray[np.int64]) -> list[range]:
    """Consecutive places of what is added up, such that sums over each part are exact: `most[k, n]`
    is the largest magnitude of what place `k` adds to result `n`."""
    parts, start, total = list[range](), 0, np.zeros(most.shape[1], np.int64)
    for place, added in enumerate(most):
        if added.max() > EXACT:
            raise node.error(
                f"what one channel adds to a sum may be {added.max()}, f32 is exact up to {EXACT}",
                hint="windows of up to 258 elements are supported",
            )
        total = total + added
        if total.max() > EXACT:
            parts.append(range(start, place))
            start, total = place, added
    return [*parts, range(start, len(most))]


def _added(node: Node, sums: Sequence[SSAValue]) -> SSAValue:
    """One exact sum as it is, in f32; several in i32."""
    if len(sums) == 1:
        return sums[0]
    whole = [node.cast(each, I32) for each in sums]
    return reduce(lambda a, b: node.emit(te.AddOp(a, b)), whole)


def _product(node: Node, left: tuple[int, int], right: tuple[int, int]) -> SSAValue:
    """The product of two operands, each given with its zero point. A vector of those is of the rows
    of the left factor, and of the columns of the right one."""
    a, b = _factor(node, *left, 1), _factor(node, *right, 0)
    rank = len(shape_of(b.value))
    size = shape_of(b.value)[max(rank - 2, 0)]
    if shape_of(a.value)[-1] != size:
        raise node.error(f"factors of {shape_of(a.value)} and {shape_of(b.value)} do not fit")
    rows = a.most.reshape(-1, size).max(0)[:, None]
    columns = b.most.reshape(-1, size, shape_of(b.value)[-1] if rank > 1 else 1).max(0)
    last = len(shape_of(a.value)) - 1
    sums = [
        matrix_product(
            node, part_of(node, a.value, last, k), part_of(node, b.value, max(rank - 2, 0), k), F32
        )
        for k in _parts(node, rows * columns)
    ]
    return _added(node, sums)


def _convolution(node: Node, image: tuple[int, int], weights: tuple[int, int]) -> SSAValue:
    """The convolution of two operands, each given with its zero point; pads are zero points. A
    vector of those is of the output channels."""
    kernel = node.shape(weights[0])[2:]
    sides, groups = sides_of(node, kernel), node.int_attr("group", 1)
    x, w = _factor(node, *image, 0), _factor(node, *weights, 1 + len(kernel))
    taps = tuple(range(2, 2 + len(kernel)))
    sums = [
        convolved(
            node,
            _channels(node, x.value, groups, part),
            part_of(node, w.value, 1, part),
            sides,
            groups,
            F32,
        )
        for part in _parts(node, w.most.sum(taps).T * x.most.max())
    ]
    return _added(node, sums)


def _channels(node: Node, image: SSAValue, groups: int, part: range) -> SSAValue:
    """Some channels of every group."""
    batch, channels, *sizes = shape_of(image)
    if channels % groups:
        raise node.error(f"{channels} channels do not make {groups} groups")
    apart = (batch, groups, channels // groups, *sizes)
    if len(part) == apart[2]:
        return image
    chosen = part_of(node, node.reshaped(image, apart), 2, part)
    return node.reshaped(chosen, (batch, groups * len(part), *sizes))


def _matmul_integer(node: Node) -> Sequence[Value]:
    return [node.cast(_product(node, (0, 2), (1, 3)), I32)]


def _conv_integer(node: Node) -> Sequence[Value]:
    return [node.cast(_convolution(node, (0, 2), (1, 3)), I32)]


def _qlinear_matmul(node: Node) -> Sequence[Value]:
    return [_requantised(node, _product(node, (0, 2), (3, 5)), rows=1, columns=0)]


def _qlinear_conv(node: Node) -> Sequence[Value]:
    total = _convolution(node, (0, 2), (3, 5))
    points = len(shape_of(total)) - 2
    if node.has(8):
        bias = _along(node, node.operand(8), points)
        total = node.emit(te.AddOp(node.cast(total, I32), bias))
    return [_requantised(node, total, rows=0, columns=points)]


def _requantised(node: Node, total: SSAValue, rows: int, columns: int) -> SSAValue:
    """A sum in the scale of the result, operand 6, above its zero point, operand 7. The scales of
    the factors are operands 1 and 4. Vectors of these have so many dimensions behind them: of the
    second factor `columns`, of the others `rows`."""
    behind = {1: rows, 4: columns, 6: rows}
    scale = _folded(node, behind)
    if scale is None:
        left, right, result = (
            _along(node, node.cast(node.operand(k), F32), n) for k, n in behind.items()
        )
        scale = node.emit(te.DivOp(node.emit(te.MulOp(left, right)), result))
    zero = zero_point(node, 7)
    zero = None if zero is None else _along(node, zero, rows)
    scaled = node.emit(te.MulOp(node.cast(total, F32), scale))
    return saturated(node, scaled, zero, node.element(7))


def _folded(node: Node, behind: Mapping[int, int]) -> SSAValue | None:
    """The product of two scales by the third one, in f32, where all are known."""
    known = [node.value(k) for k in behind]
    if any(isinstance(value, SSAValue) for value in known):
        return None
    left, right, result = (
        np.asarray(value, np.float32).reshape((value.size, *[1] * n) if value.size > 1 else ())
        for value, n in zip(known, behind.values())
        if not isinstance(value, SSAValue)
    )
    return node.constant(np.asarray(left * right / result))


HANDLERS: dict[str, Handler] = {
    "ConvInteger": _conv_integer,
    "MatMulInteger": _matmul_integer,
    "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_matmul,
}

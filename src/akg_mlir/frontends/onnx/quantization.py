"""ONNX's quantised operators, of i8: numbers as `(q - zero point) * scale`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from onnx import TensorProto, helper
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32, I8, I32, element_type
from akg_mlir.frontends.onnx.contraction import matrix_product
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

LEAST, LARGEST = -128, 127
EXACT = 1 << 24  # f32 has all integers up to here
ROUNDING = 3.0 * (1 << 22)  # f32 next to it are integers: a sum rounds what is below 2^22


def _quantize(node: Node) -> Sequence[Value]:
    """The quotient in the type of the scale, or in `precision`; then in f32."""
    x, scale = node.operand(0), node.operand(1)
    result = _typed(node, "output_dtype") or (I8 if node.has(2) else None)
    if result != I8 or (node.has(2) and element_of(node.operand(2)) != I8):
        raise node.error("quantises to another type than int8", hint="give a zero point of int8")
    precision = _typed(node, "precision") or element_of(scale)
    scale = _along_axis(node, scale, shape_of(x))
    quotient = te.DivOp(node.cast(x, precision), node.cast(scale, precision))
    zero = _along_axis(node, node.operand(2), shape_of(x)) if node.has(2) else None
    return [_saturated(node, node.emit(quotient), zero)]


def _saturated(node: Node, value: SSAValue, zero: SSAValue | None) -> SSAValue:
    """The nearest integer, ties to even, above the zero point, as i8. Saturated first: the ends are
    integers, and what is small is rounded by a sum."""
    value, ends = node.cast(value, F32), [node.scalar(end, F32) for end in (LEAST, LARGEST)]
    zero = None if zero is None else node.cast(zero, F32)
    if zero is not None:
        ends = [node.emit(te.SubOp(end, zero)) for end in ends]
    value = node.emit(te.MinOp(node.emit(te.MaxOp(value, ends[0])), ends[1]))
    unit = node.scalar(ROUNDING, F32)
    value = node.emit(te.SubOp(node.emit(te.AddOp(value, unit)), unit))
    return node.cast(value if zero is None else node.emit(te.AddOp(value, zero)), I8)


def _dequantize(node: Node) -> Sequence[Value]:
    """In f32, rounded once to the type of the scale, or to `output_dtype`."""
    x, scale = node.operand(0), node.operand(1)
    result = _typed(node, "output_dtype") or element_of(scale)
    if node.has(2):
        zero = _along_axis(node, node.operand(2), shape_of(x))
        x = node.emit(te.SubOp(_exact(node, x), _exact(node, zero)))
    scale = _along_axis(node, scale, shape_of(x))
    product = node.emit(te.MulOp(node.cast(x, F32), node.cast(scale, F32)))
    return [node.cast(product, result)]


def _exact(node: Node, value: SSAValue) -> SSAValue:
    """In a type that has all differences of two: i8 becomes f32."""
    return node.cast(value, F32) if element_of(value) == I8 else value


def _typed(node: Node, attribute: str) -> Attribute | None:
    number = node.int_attr(attribute, TensorProto.UNDEFINED)
    if number == TensorProto.UNDEFINED:
        return None
    return element_type(helper.tensor_dtype_to_np_dtype(number), f"attribute {attribute}")


def _along_axis(node: Node, value: SSAValue, shape: Sequence[int]) -> SSAValue:
    """A scale or zero point, of all elements or of each place of the axis, as it broadcasts."""
    if node.int_attr("block_size", 0):
        raise node.error("blocks of a dimension are not supported", hint="leave out block_size")
    if shape_of(value) in ((), (1,)):
        return node.reshaped(value, ())
    axis = node.axis(node.int_attr("axis", 1), len(shape))
    return node.reshaped(value, (shape[axis], *[1] * (len(shape) - 1 - axis)))


def _matmul_integer(node: Node) -> Sequence[Value]:
    return [_product(node, (0, 2), (1, 3))]


def _product(node: Node, left: tuple[int, int], right: tuple[int, int]) -> SSAValue:
    """The product in i32 of two operands, each given with its zero point. A vector of those is of
    the rows of the left factor, and of the columns of the right one.

    The factors become f16, which the cube multiplies: integers below 2^11 are exact there, and sums
    of f32 up to 2^24. Longer ones are added in i32.
    """
    lhs, rhs = (node.cast(node.operand(k), F16) for k, _ in (left, right))
    zeros = _zero_point(node, left[1]), _zero_point(node, right[1])
    most = EXACT // (LEAST * LEAST)
    if zeros != (None, None):
        rows = zeros[0]
        if rows is not None and len(shape_of(rows)) == 1:
            rows = node.reshaped(rows, (*shape_of(rows), 1))
        lhs, rhs = _difference(node, lhs, rows), _difference(node, rhs, zeros[1])
        most = EXACT // (LARGEST - LEAST) ** 2
    inner = max(len(shape_of(rhs)) - 2, 0)
    size = shape_of(rhs)[inner]
    parts = [range(k, min(k + most, size)) for k in range(0, size, most)]
    products = [
        matrix_product(
            node,
            part_of(node, lhs, len(shape_of(lhs)) - 1, part),
            part_of(node, rhs, inner, part),
            F32,
        )
        for part in parts
    ]
    return reduce(
        lambda a, b: node.emit(te.AddOp(a, b)), [node.cast(product, I32) for product in products]
    )


def _zero_point(node: Node, index: int) -> SSAValue | None:
    if not node.has(index):
        return None
    value = node.value(index)
    if not isinstance(value, SSAValue) and not value.any():
        return None
    return node.operand(index)


def _difference(node: Node, value: SSAValue, zero: SSAValue | None) -> SSAValue:
    return value if zero is None else node.emit(te.SubOp(value, node.cast(zero, F16)))


def _qlinear_matmul(node: Node) -> Sequence[Value]:
    total = node.cast(_product(node, (0, 2), (3, 5)), F32)
    left, right, result = (node.cast(node.operand(k), F32) for k in (1, 4, 6))
    scale = node.emit(te.DivOp(node.emit(te.MulOp(left, right)), result))
    return [_saturated(node, node.emit(te.MulOp(total, scale)), node.operand(7))]


HANDLERS: dict[str, Handler] = {
    "DequantizeLinear": _dequantize,
    "MatMulInteger": _matmul_integer,
    "QLinearMatMul": _qlinear_matmul,
    "QuantizeLinear": _quantize,
}

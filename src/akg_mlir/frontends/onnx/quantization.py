"""ONNX's quantised operators, of i8 and ui8: numbers as `(q - zero point) * scale`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from onnx import TensorProto, helper
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32, I8, I32, UI8, element_type
from akg_mlir.frontends.onnx.contraction import matrix_product
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

ENDS: dict[Attribute, tuple[int, int]] = {I8: (-128, 127), UI8: (0, 255)}
DIFFERENCE = 255  # the largest one of two integers of 8 bits
EXACT = 1 << 24  # f32 has all integers up to here
ROUNDING = 3.0 * (1 << 22)  # f32 next to it are integers: a sum rounds what is below 2^22


def _quantize(node: Node) -> Sequence[Value]:
    """The quotient in the type of the scale, or in `precision`; then in f32."""
    x, scale = node.operand(0), node.operand(1)
    zero = node.operand(2) if node.has(2) else None
    result = _typed(node, "output_dtype") or (UI8 if zero is None else element_of(zero))
    if result not in ENDS or (zero is not None and element_of(zero) != result):
        raise node.error(
            f"quantises to {result}", hint="int8 and uint8 are supported, with a zero point of that"
        )
    precision = _typed(node, "precision") or element_of(scale)
    scale = _along_axis(node, scale, shape_of(x))
    quotient = te.DivOp(node.cast(x, precision), node.cast(scale, precision))
    zero = None if zero is None else _along_axis(node, zero, shape_of(x))
    return [_saturated(node, node.emit(quotient), zero, result)]


def _saturated(node: Node, value: SSAValue, zero: SSAValue | None, result: Attribute) -> SSAValue:
    """The nearest integer, ties to even, above the zero point. Saturated first: the ends are
    integers, and what is small is rounded by a sum."""
    value, ends = node.cast(value, F32), [node.scalar(end, F32) for end in ENDS[result]]
    zero = None if zero is None else node.cast(zero, F32)
    if zero is not None:
        ends = [node.emit(te.SubOp(end, zero)) for end in ends]
    value = node.emit(te.MinOp(node.emit(te.MaxOp(value, ends[0])), ends[1]))
    unit = node.scalar(ROUNDING, F32)
    value = node.emit(te.SubOp(node.emit(te.AddOp(value, unit)), unit))
    return node.cast(value if zero is None else node.emit(te.AddOp(value, zero)), result)


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
    """In a type that has all differences of two: those of 8 bits become f32."""
    return node.cast(value, F32) if element_of(value) in ENDS else value


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
    rows, columns = _zero_point(node, left[1]), _zero_point(node, right[1])
    if rows is not None and len(shape_of(rows)) == 1:
        rows = node.reshaped(rows, (*shape_of(rows), 1))
    (lhs, high), (rhs, wide) = _factor(node, left[0], rows), _factor(node, right[0], columns)
    most = EXACT // (high * wide)
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


def _factor(node: Node, index: int, zero: SSAValue | None) -> tuple[SSAValue, int]:
    """An operand above its zero point in f16, and the largest magnitude that it can have."""
    value = node.operand(index)
    if element_of(value) not in ENDS:
        raise node.error(f"multiplies {element_of(value)}", hint="int8 and uint8 are supported")
    factor = node.cast(value, F16)
    if zero is None:
        return factor, max(map(abs, ENDS[element_of(value)]))
    return node.emit(te.SubOp(factor, node.cast(zero, F16))), DIFFERENCE


def _qlinear_matmul(node: Node) -> Sequence[Value]:
    total = node.cast(_product(node, (0, 2), (3, 5)), F32)
    left, right, result = (node.cast(node.operand(k), F32) for k in (1, 4, 6))
    scale = node.emit(te.DivOp(node.emit(te.MulOp(left, right)), result))
    zero = node.operand(7)
    return [_saturated(node, node.emit(te.MulOp(total, scale)), zero, element_of(zero))]


HANDLERS: dict[str, Handler] = {
    "DequantizeLinear": _dequantize,
    "MatMulInteger": _matmul_integer,
    "QLinearMatMul": _qlinear_matmul,
    "QuantizeLinear": _quantize,
}

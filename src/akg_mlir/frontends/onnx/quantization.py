"""Numbers as integers of 8 bits: `(q - zero point) * scale`."""

from __future__ import annotations

from collections.abc import Sequence

from onnx import TensorProto, helper
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F16, F32, I8, UI8, element_type
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

ENDS: dict[Attribute, tuple[int, int]] = {I8: (-128, 127), UI8: (0, 255)}
"""The least and the largest integer of each type."""
ROUNDING = 3.0 * (1 << 22)  # f32 next to it are integers: a sum rounds what is below 2^22


def _quantize(node: Node) -> Sequence[Value]:
    """The quotient in the type of the scale, or in `precision`; then in f32."""
    x, scale = node.operand(0), node.operand(1)
    given = node.element(2) if node.has(2) else None
    result = _typed(node, "output_dtype") or given or UI8
    if result not in ENDS or given not in (None, result):
        raise node.error(
            f"quantises to {result}", hint="int8 and uint8 are supported, with a zero point of that"
        )
    precision = _typed(node, "precision") or element_of(scale)
    scale = _along_axis(node, scale, shape_of(x))
    quotient = te.DivOp(node.cast(x, precision), node.cast(scale, precision))
    zero = zero_point(node, 2)
    zero = None if zero is None else _along_axis(node, zero, shape_of(x))
    return [saturated(node, node.emit(quotient), zero, result)]


def saturated(node: Node, value: SSAValue, zero: SSAValue | None, result: Attribute) -> SSAValue:
    """The nearest integer, ties to even, above the zero point. Saturated first: the ends are
    integers, and what is small is rounded by a sum."""
    value, ends = node.cast(value, F32), [node.scalar(end, F32) for end in ENDS[result]]
    zero = None if zero is None else node.cast(zero, F32)
    if zero is not None:
        ends = [node.emit(te.SubOp(end, zero)) for end in ends]
    value = node.emit(te.MinOp(node.emit(te.MaxOp(value, ends[0])), ends[1]))
    unit = node.scalar(ROUNDING, F32)
    value = node.emit(te.SubOp(node.emit(te.AddOp(value, unit)), unit))
    value = value if zero is None else node.emit(te.AddOp(value, zero))
    return node.cast(node.cast(value, F16), result)  # small integers, which f16 has


def zero_point(node: Node, index: int) -> SSAValue | None:
    """An operand that is a zero point; None where it is left out, or known to be zero."""
    if not node.has(index):
        return None
    value = node.value(index)
    return node.operand(index) if isinstance(value, SSAValue) or value.any() else None


def _dequantize(node: Node) -> Sequence[Value]:
    """In f32, rounded once to the type of the scale, or to `output_dtype`."""
    x, scale = node.operand(0), node.operand(1)
    result = _typed(node, "output_dtype") or element_of(scale)
    zero = zero_point(node, 2)
    if zero is not None:
        zero = _along_axis(node, zero, shape_of(x))
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
    """A scale or zero point, of all elements, or of each place or block of places of the axis, as
    it broadcasts."""
    if shape_of(value) in ((), (1,)):
        return node.reshaped(value, ())
    axis = node.axis(node.int_attr("axis", 1), len(shape))
    block = node.int_attr("block_size", 0)
    if block:
        return _of_blocks(node, value, shape, axis, block)
    return node.reshaped(value, (shape[axis], *[1] * (len(shape) - 1 - axis)))


def _of_blocks(
    node: Node, value: SSAValue, shape: Sequence[int], axis: int, block: int
) -> SSAValue:
    """Each place of the axis `block` times; the last block may be shorter."""
    outer, count, inner = shape[:axis], shape_of(value)[axis], shape[axis + 1 :]
    apart = node.reshaped(value, (*outer, count, 1, *inner))
    spread = node.emit(te.BroadcastToOp(apart, (*outer, count, block, *inner)))
    whole = node.reshaped(spread, (*outer, count * block, *inner))
    return part_of(node, whole, axis, range(shape[axis]))


HANDLERS: dict[str, Handler] = {
    "DequantizeLinear": _dequantize,
    "QuantizeLinear": _quantize,
}

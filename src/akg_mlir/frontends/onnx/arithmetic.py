"""ONNX operators of arithmetic beyond sums and products: rounding, remainders, bits, angles."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32, is_float
from akg_mlir.frontends.onnx.elementwise import binary, unary
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of


def _sign(node: Node) -> Sequence[Value]:
    """-1, 0 or 1; NaN of NaN."""
    x = node.operand(0)
    element = element_of(x)
    zero, one, minus = (node.scalar(value, element) for value in (0, 1, -1))
    positive = node.emit(te.CompareOp("gt", x, zero))
    negative = node.emit(te.CompareOp("lt", x, zero))
    rest = node.emit(te.SelectOp(negative, minus, x))
    return [node.emit(te.SelectOp(positive, one, rest))]


def _mod(node: Node) -> Sequence[Value]:
    """What division leaves, with the sign of the divisor, or with `fmod` that of the dividend."""
    a, b = node.operand(0), node.operand(1)
    element = element_of(a)
    wide = F32 if is_float(element) else element
    a, b = node.cast(a, wide), node.cast(b, wide)
    rest = _remainder(node, a, b) if is_float(wide) else node.emit(te.RemOp(a, b))
    if not node.int_attr("fmod", 0):
        rest = _with_sign_of(node, rest, b)
    return [node.cast(rest, element)]


def _remainder(node: Node, a: SSAValue, b: SSAValue) -> SSAValue:
    """`|a| - floor(|a| / |b|) * |b|` with the sign of `a`; within one last place of `a`, for
    quotients below 2^23."""
    dividend, divisor = node.emit(te.AbsOp(a)), node.emit(te.AbsOp(b))
    quotient = node.emit(te.FloorOp(node.emit(te.DivOp(dividend, divisor))))
    rest = node.emit(te.SubOp(dividend, node.emit(te.MulOp(quotient, divisor))))
    # a quotient just below an integer may be rounded to it
    below = node.emit(te.CompareOp("lt", rest, node.scalar(0, F32)))
    rest = node.emit(te.SelectOp(below, node.emit(te.AddOp(rest, divisor)), rest))
    less = node.emit(te.CompareOp("lt", dividend, divisor))
    rest = node.emit(te.SelectOp(less, dividend, rest))
    negative = node.emit(te.CompareOp("lt", a, node.scalar(0, F32)))
    return node.emit(te.SelectOp(negative, node.emit(te.NegOp(rest)), rest))


def _with_sign_of(node: Node, rest: SSAValue, divisor: SSAValue) -> SSAValue:
    """`rest + divisor` where `rest` is not 0 and has the other sign."""
    zero = node.scalar(0, element_of(rest))
    signs = [
        [node.emit(te.CompareOp(order, x, zero)) for order in ("lt", "gt")] for x in (rest, divisor)
    ]
    (down, up), (below, above) = signs
    more = node.emit(te.AddOp(rest, divisor))
    falling = node.emit(te.SelectOp(node.emit(te.AndOp(down, above)), more, rest))
    return node.emit(te.SelectOp(node.emit(te.AndOp(up, below)), more, falling))


def _bit_shift(node: Node) -> Sequence[Value]:
    direction = node.string_attr("direction", "")
    if direction not in ("LEFT", "RIGHT"):
        raise node.error(f"direction '{direction}' is neither LEFT nor RIGHT")
    shift = te.ShiftLeftOp if direction == "LEFT" else te.ShiftRightOp
    return [node.emit(shift(node.operand(0), node.operand(1)))]


HANDLERS: dict[str, Handler] = {
    "Acos": unary(te.AcosOp),
    "Acosh": unary(te.AcoshOp),
    "Asin": unary(te.AsinOp),
    "Asinh": unary(te.AsinhOp),
    "Atan": unary(te.AtanOp),
    "Atanh": unary(te.AtanhOp),
    "BitShift": _bit_shift,
    "BitwiseAnd": binary(te.AndOp),
    "BitwiseNot": unary(te.NotOp),
    "BitwiseOr": binary(te.OrOp),
    "BitwiseXor": binary(te.XorOp),
    "Ceil": unary(te.CeilOp),
    "Cos": unary(te.CosOp),
    "Cosh": unary(te.CoshOp),
    "Floor": unary(te.FloorOp),
    "Mod": _mod,
    "Round": unary(te.RoundOp),
    "Sign": _sign,
    "Sin": unary(te.SinOp),
    "Sinh": unary(te.SinhOp),
    "Tan": unary(te.TanOp),
}

"""ONNX activations. Newer opsets define them by other operators, older ones do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32, is_float
from akg_mlir.frontends.onnx.formulas import Formulas
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of

Formula: TypeAlias = Callable[["Builder", SSAValue], SSAValue]


class Builder(Formulas):
    """Element-wise ops on values of one type: f32, or that of integers. `parameters` stand for
    attributes of the node."""

    def __init__(self, node: Node, parameters: Mapping[str, float] | None = None) -> None:
        element = element_of(node.operand(0))
        self.node = node
        self.parameters = parameters
        self.element = F32 if is_float(element) else element

    def operand(self, index: int) -> SSAValue:
        return self.node.cast(self.node.operand(index), self.element)

    def number(self, value: float) -> SSAValue:
        return self.node.scalar(value, self.element)

    def attribute(self, name: str, default: float) -> SSAValue:
        if self.parameters is not None:
            return self.number(self.parameters.get(name, default))
        return self.number(self.node.float_attr(name, default))

    def positive(self, x: SSAValue) -> SSAValue:
        return self.node.emit(te.CompareOp("gt", x, self.number(0)))

    def less(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.node.emit(te.CompareOp("lt", a, b))

    def select(self, condition: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.node.emit(te.SelectOp(condition, a, b))

    def grown(self, x: SSAValue) -> SSAValue:
        """`exp(x) - 1`."""
        return self.sub(self.node.emit(te.ExpOp(x)), self.number(1))


def _by(formula: Formula) -> Handler:
    def translate(node: Node) -> Sequence[Value]:
        builder = Builder(node)
        result = formula(builder, builder.operand(0))
        return [node.cast(result, element_of(node.operand(0)))]

    return translate


def _leaky_relu(b: Builder, x: SSAValue) -> SSAValue:
    return b.select(b.less(x, b.number(0)), b.mul(x, b.attribute("alpha", 0.01)), x)


def _p_relu(b: Builder, x: SSAValue) -> SSAValue:
    return b.select(b.less(x, b.number(0)), b.mul(x, b.operand(1)), x)


def _thresholded_relu(b: Builder, x: SSAValue) -> SSAValue:
    return b.select(b.less(b.attribute("alpha", 1.0), x), x, b.number(0))


def _elu(b: Builder, x: SSAValue) -> SSAValue:
    return b.select(b.positive(x), x, b.mul(b.attribute("alpha", 1.0), b.grown(x)))


def _celu(b: Builder, x: SSAValue) -> SSAValue:
    alpha = b.attribute("alpha", 1.0)
    return b.select(b.positive(x), x, b.mul(alpha, b.grown(b.div(x, alpha))))


def _selu(b: Builder, x: SSAValue) -> SSAValue:
    """The defaults are those of the paper (arXiv:1706.02515), as ONNX rounds them."""
    scale = b.attribute("gamma", 1.0507010221481323)
    negative = b.mul(b.attribute("alpha", 1.6732631921768188), b.grown(x))
    return b.mul(scale, b.select(b.positive(x), x, negative))


def _shrink(b: Builder, x: SSAValue) -> SSAValue:
    bias, limit = b.attribute("bias", 0.0), b.attribute("lambd", 0.5)
    inner = b.select(b.less(limit, x), b.sub(x, bias), b.number(0))
    return b.select(b.less(x, b.node.emit(te.NegOp(limit))), b.add(x, bias), inner)


def _softplus(b: Builder, x: SSAValue) -> SSAValue:
    """`ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(-|x|))`, which does not overflow."""
    decay = b.node.emit(te.ExpOp(b.node.emit(te.NegOp(b.node.emit(te.AbsOp(x))))))
    rest = b.node.emit(te.LogOp(b.add(b.number(1), decay)))
    return b.add(b.node.emit(te.ReluOp(x)), rest)


def _mish(b: Builder, x: SSAValue) -> SSAValue:
    return b.mul(x, b.node.emit(te.TanhOp(_softplus(b, x))))


def _softsign(b: Builder, x: SSAValue) -> SSAValue:
    return b.div(x, b.add(b.number(1), b.node.emit(te.AbsOp(x))))


def _swish(b: Builder, x: SSAValue) -> SSAValue:
    slope = b.attribute("alpha", 1.0)
    return b.mul(x, b.node.emit(te.SigmoidOp(b.mul(slope, x))))


FORMULAS: dict[str, Formula] = {
    "Celu": _celu,
    "Elu": _elu,
    "LeakyRelu": _leaky_relu,
    "Mish": _mish,
    "PRelu": _p_relu,
    "Selu": _selu,
    "Shrink": _shrink,
    "Softplus": _softplus,
    "Softsign": _softsign,
    "Swish": _swish,
    "ThresholdedRelu": _thresholded_relu,
}
HANDLERS: dict[str, Handler] = {name: _by(formula) for name, formula in FORMULAS.items()}

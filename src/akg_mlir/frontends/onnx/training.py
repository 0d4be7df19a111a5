"""ONNX's optimisers (domain ai.onnx.preview.training): one step of Adagrad, Adam or Momentum.

Operands are the learning rate R, the number of updates T, then for several tensors X each of their
kinds in turn: `X1 X2 G1 G2 V1 V2`. Results likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.onnx.formulas import Formulas
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of

Step = Callable[["_Update", Sequence[SSAValue]], list[SSAValue]]
"""New values of a tensor and its state, of those, its gradient standing second."""


class _Update(Formulas):
    """Builds one step; all scalars have the element type of the learning rate."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.rate = node.operand(0)
        self.element = element_of(self.rate)
        self.count = node.cast(node.operand(1), self.element)

    def number(self, name: str, default: float = 0.0) -> SSAValue:
        """An attribute as a scalar."""
        return self.scalar(self.node.float_attr(name, default))

    def scalar(self, value: float) -> SSAValue:
        return self.node.scalar(value, self.element)

    def root(self, x: SSAValue) -> SSAValue:
        return self.node.emit(te.SqrtOp(x))

    def power(self, base: SSAValue, exponent: SSAValue) -> SSAValue:
        return self.node.emit(te.PowOp(base, exponent))

    def once_started(self, later: SSAValue, first: SSAValue) -> SSAValue:
        """`later` after the first update, `first` in it."""
        started = self.node.emit(te.CompareOp("gt", self.count, self.scalar(0)))
        return self.node.emit(te.SelectOp(started, later, first))

    def regularised(self, x: SSAValue, gradient: SSAValue) -> SSAValue:
        return self.add(self.mul(self.number("norm_coefficient"), x), gradient)

    def blended(self, old: SSAValue, new: SSAValue, share: float) -> SSAValue:
        """`share` of the old value and the rest of the new one."""
        kept, taken = self.scalar(share), self.scalar(1 - share)
        return self.add(self.mul(kept, old), self.mul(taken, new))


def _optimiser(step: Step, kinds: int) -> Handler:
    """`kinds` operands belong to each tensor, of which all but the gradient are updated."""

    def translate(node: Node) -> Sequence[Value]:
        operands = node.operands()[2:]
        count = len(operands) // kinds
        if count * kinds != len(operands) or not count:
            raise node.error(f"{len(operands)} tensors are no multiple of {kinds}")
        update = _Update(node)
        results = [step(update, operands[k::count]) for k in range(count)]
        return [value for kind in zip(*results) for value in kind]

    return translate


def _adagrad(u: _Update, operands: Sequence[SSAValue]) -> list[SSAValue]:
    x, gradient, squares = operands
    slower = u.add(u.scalar(1), u.mul(u.count, u.number("decay_factor")))
    rate = u.div(u.rate, slower)
    gradient = u.regularised(x, gradient)
    squares = u.add(squares, u.mul(gradient, gradient))
    divisor = u.add(u.root(squares), u.number("epsilon", 1e-6))
    return [u.sub(x, u.div(u.mul(rate, gradient), divisor)), squares]


def _adam(u: _Update, operands: Sequence[SSAValue]) -> list[SSAValue]:
    x, gradient, average, squares = operands
    alpha, beta = u.node.float_attr("alpha", 0.9), u.node.float_attr("beta", 0.999)
    gradient = u.regularised(x, gradient)
    average = u.blended(average, gradient, alpha)
    squares = u.blended(squares, u.mul(gradient, gradient), beta)
    divisor = u.add(u.root(squares), u.number("epsilon", 1e-6))
    one = u.scalar(1)
    shares = [u.sub(one, u.power(u.scalar(share), u.count)) for share in (alpha, beta)]
    corrected = u.div(u.mul(u.rate, u.root(shares[1])), shares[0])
    rate = u.once_started(corrected, u.rate)
    new = u.sub(x, u.div(u.mul(rate, average), divisor))
    kept = u.scalar(1 - u.node.float_attr("norm_coefficient_post", 0.0))
    return [u.mul(kept, new), average, squares]


def _momentum(u: _Update, operands: Sequence[SSAValue]) -> list[SSAValue]:
    x, gradient, speed = operands
    mode = u.node.string_attr("mode", "standard")
    if mode not in ("standard", "nesterov"):
        raise u.node.error(f"mode '{mode}' is neither standard nor nesterov")
    gradient = u.regularised(x, gradient)
    alpha = u.number("alpha")
    share = u.once_started(u.number("beta"), u.scalar(1))
    speed = u.add(u.mul(alpha, speed), u.mul(share, gradient))
    step = speed if mode == "standard" else u.add(gradient, u.mul(alpha, speed))
    return [u.sub(x, u.mul(u.rate, step)), speed]


HANDLERS: dict[str, Handler] = {
    "Adagrad": _optimiser(_adagrad, 3),
    "Adam": _optimiser(_adam, 4),
    "Momentum": _optimiser(_momentum, 3),
}

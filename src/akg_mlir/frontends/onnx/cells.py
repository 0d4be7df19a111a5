"""One step of ONNX's recurrent layers: the states after it, of the gates and the states before.

Values are f32 `[batch, hidden]`; those of several gates stand next to each other, in the order that
the operator's weights have. Factors of products have the type of the layer's operands.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32
from akg_mlir.frontends.onnx.activation import FORMULAS, Builder, Formula
from akg_mlir.frontends.onnx.formulas import Formulas
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Node, element_of

States: TypeAlias = tuple[SSAValue, ...]
Activation: TypeAlias = Callable[[SSAValue], SSAValue]

_PEEPHOLES = 7


@dataclass(frozen=True)
class Weights:
    """What one direction of a layer multiplies and adds, for all gates."""

    inputs: SSAValue
    """`[gates * hidden, input]`"""
    states: SSAValue
    """`[hidden, gates * hidden]`"""
    biases: tuple[SSAValue, SSAValue] | None
    """To the products of inputs and to those of states, f32 `[gates * hidden]`."""


class Cell(ABC, Formulas):
    """What a layer does at each place of a sequence."""

    GATES: ClassVar[int]
    STATES: ClassVar[int] = 1
    ACTIVATIONS: ClassVar[tuple[str, ...]]

    def __init__(self, node: Node, direction: int, hidden: int, weights: Weights) -> None:
        self.node, self.direction, self.hidden, self.weights = node, direction, hidden, weights
        self.functions = _activations(node, direction, self.ACTIVATIONS)

    def inputs(self, rows: SSAValue) -> SSAValue:
        """What the inputs `[rows, input]` give to all gates, `[rows, gates * hidden]`."""
        weights = self.weights
        op = te.MatmulOp(rows, weights.inputs, transpose_b=True, element_type=F32)
        gates = self.node.emit(op)
        if weights.biases is None:
            return gates
        return self.add(gates, self.input_bias(*weights.biases))

    def input_bias(self, inputs: SSAValue, states: SSAValue) -> SSAValue:
        """The biases that all places have alike."""
        return self.add(inputs, states)

    @abstractmethod
    def step(self, gates: SSAValue, before: States) -> States:
        """The states after a place whose inputs give that to the gates; the first is the output."""

    def gate(self, values: SSAValue, first: int, count: int = 1) -> SSAValue:
        """One of the gates, or some that follow each other; of biases or rows of values."""
        axis = len(te.shape_of(values)) - 1
        places = range(first * self.hidden, (first + count) * self.hidden)
        return part_of(self.node, values, axis, places)

    def product(self, state: SSAValue, weights: SSAValue) -> SSAValue:
        """A state times weights `[hidden, gates * hidden]`."""
        factor = self.node.cast(state, element_of(weights))
        return self.node.emit(te.MatmulOp(factor, weights, element_type=F32))

    def activated(self, function: int, value: SSAValue) -> SSAValue:
        """An activation of what `clip` lets through."""
        clip = self.node.float_attr("clip", 0.0)
        if clip > 0:
            low, high = (self.node.scalar(bound, F32) for bound in (-clip, clip))
            value = self.node.emit(te.MinOp(self.node.emit(te.MaxOp(value, low)), high))
        return self.functions[function](value)

    def mixed(self, share: SSAValue, one: SSAValue, other: SSAValue) -> SSAValue:
        """That share of one and the rest of the other."""
        rest = self.sub(self.node.scalar(1.0, F32), share)
        return self.add(self.mul(share, one), self.mul(rest, other))


class RnnCell(Cell):
    """`h' = f(x W + h R + b)`."""

    GATES = 1
    ACTIVATIONS = ("Tanh",)

    def step(self, gates: SSAValue, before: States) -> States:
        (h,) = before
        return (self.activated(0, self.add(gates, self.product(h, self.weights.states))),)


class GruCell(Cell):
    """`z, r = f(x W + h R + b)`, `h' = (1 - z) g(x W + (r h) R + b) + z h`; with the attribute
    `linear_before_reset`, `r` is multiplied with the product and its bias instead of with `h`."""

    GATES = 3
    ACTIVATIONS = ("Sigmoid", "Tanh")

    @property
    def late(self) -> bool:
        """Whether `r` comes after the product."""
        return bool(self.node.int_attr("linear_before_reset", 0))

    def input_bias(self, inputs: SSAValue, states: SSAValue) -> SSAValue:
        if not self.late:
            return self.add(inputs, states)
        common = self.add(self.gate(inputs, 0, 2), self.gate(states, 0, 2))
        return self.node.emit(te.ConcatOp([common, self.gate(inputs, 2)], 0))

    def step(self, gates: SSAValue, before: States) -> States:
        (h,) = before
        weights, biases = self.weights.states, self.weights.biases
        both = self.product(h, weights if self.late else self.gate(weights, 0, 2))
        z, r = (
            self.activated(0, self.add(self.gate(gates, k), self.gate(both, k))) for k in (0, 1)
        )
        if self.late:
            recurrent = self.gate(both, 2)
            if biases is not None:
                recurrent = self.add(recurrent, self.gate(biases[1], 2))
            recurrent = self.mul(r, recurrent)
        else:
            recurrent = self.product(self.mul(r, h), self.gate(weights, 2))
        new = self.activated(1, self.add(self.gate(gates, 2), recurrent))
        return (self.mixed(z, h, new),)


class LstmCell(Cell):
    """`i, o, f = f(x W + h R + b + p c)`, `c' = f c + i g(x W + h R + b)`, `h' = o h(c')`; `o` sees
    `c'`. With the attribute `input_forget`, `f` is `1 - i`."""

    GATES = 4
    STATES = 2
    ACTIVATIONS = ("Sigmoid", "Tanh", "Tanh")

    def step(self, gates: SSAValue, before: States) -> States:
        h, c = before
        values = self.add(gates, self.product(h, self.weights.states))
        i = self.activated(0, self.peeped(values, 0, c))
        new = self.activated(1, self.gate(values, 3))
        if self.node.int_attr("input_forget", 0):
            after = self.mixed(i, new, c)
        else:
            f = self.activated(0, self.peeped(values, 2, c))
            after = self.add(self.mul(f, c), self.mul(i, new))
        o = self.activated(0, self.peeped(values, 1, after))
        return self.mul(o, self.functions[2](after)), after

    def peeped(self, values: SSAValue, gate: int, c: SSAValue) -> SSAValue:
        """A gate, with what it sees of the cell's state."""
        value = self.gate(values, gate)
        if not self.node.has(_PEEPHOLES):
            return value
        operand = self.node.operand(_PEEPHOLES)
        own = part_of(self.node, operand, 0, range(self.direction, self.direction + 1))
        return self.add(value, self.mul(self.node.cast(self.gate(own, gate), F32), c))


def _affine(b: Builder, x: SSAValue) -> SSAValue:
    return b.add(b.mul(b.attribute("alpha", 1.0), x), b.attribute("beta", 0.0))


def _scaled_tanh(b: Builder, x: SSAValue) -> SSAValue:
    inner = b.node.emit(te.TanhOp(b.mul(b.attribute("beta", 1.0), x)))
    return b.mul(b.attribute("alpha", 1.0), inner)


def _hard_sigmoid(b: Builder, x: SSAValue) -> SSAValue:
    slope, shift = b.attribute("alpha", 0.2), b.attribute("beta", 0.5)
    low = b.node.emit(te.MaxOp(b.add(b.mul(slope, x), shift), b.number(0)))
    return b.node.emit(te.MinOp(low, b.number(1)))


# By name, with the parameters that each takes from the lists of the node.
_FORMULAS: dict[str, tuple[Formula, tuple[str, ...]]] = {
    "Affine": (_affine, ("alpha", "beta")),
    "Elu": (FORMULAS["Elu"], ("alpha",)),
    "HardSigmoid": (_hard_sigmoid, ("alpha", "beta")),
    "LeakyRelu": (FORMULAS["LeakyRelu"], ("alpha",)),
    "Relu": (lambda b, x: b.node.emit(te.ReluOp(x)), ()),
    "ScaledTanh": (_scaled_tanh, ("alpha", "beta")),
    "Sigmoid": (lambda b, x: b.node.emit(te.SigmoidOp(x)), ()),
    "Softplus": (FORMULAS["Softplus"], ()),
    "Softsign": (FORMULAS["Softsign"], ()),
    "Tanh": (lambda b, x: b.node.emit(te.TanhOp(x)), ()),
    "ThresholdedRelu": (FORMULAS["ThresholdedRelu"], ("alpha",)),
}


def _activations(node: Node, direction: int, defaults: Sequence[str]) -> tuple[Activation, ...]:
    """Those of one direction. Raises CompileError for names that ONNX does not know."""
    found = node.attribute("activations")
    names = [name.decode() for name in found.strings] if found else list(defaults)
    if len(names) == len(defaults) and direction > 0:
        names *= direction + 1
    first = direction * len(defaults)
    if len(names) < first + len(defaults):
        raise node.error(f"{len(names)} activations are given, of {len(defaults)} per direction")
    lists = {name: _numbers(node, f"activation_{name}") for name in ("alpha", "beta")}
    functions: list[Activation] = []
    for name in names:
        if name not in _FORMULAS:
            raise node.error(
                f"activation {name} is not supported", hint=f"one of {', '.join(_FORMULAS)} is"
            )
        formula, takes = _FORMULAS[name]
        given = {each: next(lists[each], None) for each in takes}
        parameters = {each: number for each, number in given.items() if number is not None}
        functions.append(_function(formula, Builder(node, parameters)))
    return tuple(functions[first : first + len(defaults)])


def _function(formula: Formula, builder: Builder) -> Activation:
    return lambda value: formula(builder, value)


def _numbers(node: Node, name: str) -> Iterator[float]:
    found = node.attribute(name)
    return iter(list(found.floats) if found else [])

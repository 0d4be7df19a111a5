"""ONNX's recurrent layers (RNN, GRU, LSTM), unrolled: every place of a sequence has ops of its own.

One product takes the inputs of all places to the gates; those of the states follow each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.elements import F32, I32
from akg_mlir.frontends.joining import joined
from akg_mlir.frontends.onnx.cells import Cell, GruCell, LstmCell, RnnCell, States, Weights
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, element_of, shape_of

_INPUT, _WEIGHTS, _RECURRENCE, _BIAS, _LENGTHS, _STATE, _CELL = range(7)
# Whether a direction goes backwards.
_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}

# Places of a sequence; more of them are too many ops to compile.
MOST_PLACES = 256


@dataclass(frozen=True)
class _Layer:
    """A node and its sizes. With `batch_first` (`layout` 1) operands and results have the batch in
    front of places and directions."""

    node: Node
    kind: type[Cell]
    places: int
    batch: int
    hidden: int
    batch_first: bool

    def run(self, direction: int, *, reverse: bool) -> tuple[SSAValue, States]:
        """The outputs of one direction, `[places, 1, batch, hidden]`, and its last states."""
        node, batch = self.node, self.batch
        cell = self.kind(node, direction, self.hidden, self._weights(direction))
        inputs = cell.inputs(self._rows())
        states = tuple(self._first(index, direction) for index in (_STATE, _CELL)[: cell.STATES])
        outputs: list[SSAValue] = []
        places = range(self.places)
        for place in places[::-1] if reverse else places:
            gates = part_of(node, inputs, 0, range(place * batch, (place + 1) * batch))
            states, output = self._within(place, cell.step(gates, states), states)
            outputs.append(self._result(output, (1, 1, batch, self.hidden)))
        return joined(outputs[::-1] if reverse else outputs, 0, node.emit), states

    def last(self, states: Sequence[SSAValue]) -> SSAValue:
        """Last states of the directions, `[directions, batch, hidden]`."""
        axis = 1 if self.batch_first else 0
        shape = [self.batch, self.hidden]
        shape.insert(axis, 1)
        return joined([self._result(state, shape) for state in states], axis, self.node.emit)

    def _rows(self) -> SSAValue:
        """The inputs, `[places * batch, input]`."""
        value = self.node.operand(_INPUT)
        if self.batch_first:
            value = self.node.emit(te.TransposeOp(value, [1, 0, 2]))
        return self.node.reshaped(value, (self.places * self.batch, shape_of(value)[2]))

    def _weights(self, direction: int) -> Weights:
        inputs, states = (self._own(index, direction) for index in (_WEIGHTS, _RECURRENCE))
        biases = None
        if self.node.has(_BIAS):
            both = self.node.cast(self._own(_BIAS, direction), F32)
            size = self.kind.GATES * self.hidden
            parts = (range(size), range(size, 2 * size))
            to_inputs, to_states = (part_of(self.node, both, 0, part) for part in parts)
            biases = (to_inputs, to_states)
        return Weights(inputs, self.node.emit(te.TransposeOp(states, [1, 0])), biases)

    def _own(self, index: int, direction: int, axis: int = 0) -> SSAValue:
        """What an operand has for one direction."""
        operand = self.node.operand(index)
        own = part_of(self.node, operand, axis, range(direction, direction + 1))
        shape = list(shape_of(own))
        del shape[axis]
        return self.node.reshaped(own, shape)

    def _first(self, index: int, direction: int) -> SSAValue:
        """A state in front of the first place: the operand `index`, or zeros."""
        if self.node.has(index):
            given = self._own(index, direction, 1 if self.batch_first else 0)
            return self.node.cast(given, F32)
        zero = self.node.scalar(0.0, F32)
        return self.node.emit(te.BroadcastToOp(zero, (self.batch, self.hidden)))

    def _within(self, place: int, after: States, before: States) -> tuple[States, SSAValue]:
        """The states and the output at a place: behind the end of a sequence states stay what they
        are, and outputs are 0."""
        if not self.node.has(_LENGTHS):
            return after, after[0]
        node = self.node
        lengths = node.cast(node.operand(_LENGTHS), I32)
        inside = node.emit(te.CompareOp("gt", lengths, node.scalar(place, I32)))
        inside = node.reshaped(inside, (self.batch, 1))
        output = node.emit(te.SelectOp(inside, after[0], node.scalar(0.0, F32)))
        kept = tuple(node.emit(te.SelectOp(inside, *pair)) for pair in zip(after, before))
        return kept, output

    def _result(self, state: SSAValue, shape: Sequence[int]) -> SSAValue:
        element = element_of(self.node.operand(_INPUT))
        return self.node.reshaped(self.node.cast(state, element), shape)


def _layer(node: Node, kind: type[Cell]) -> _Layer:
    """Raises CompileError where operands do not fit each other."""
    batch_first = bool(node.int_attr("layout", 0))
    if len(node.shape(_INPUT)) != 3:
        raise node.error(f"an input of shape {node.shape(_INPUT)} is not a sequence of rows")
    places, batch, size = node.shape(_INPUT)
    if batch_first:
        places, batch = batch, places
    hidden = node.int_attr("hidden_size", node.shape(_RECURRENCE)[-1])
    count, rows = len(_directions(node)), kind.GATES * hidden
    state = (batch, count, hidden) if batch_first else (count, batch, hidden)
    expected = {
        _WEIGHTS: (count, rows, size),
        _RECURRENCE: (count, rows, hidden),
        _BIAS: (count, 2 * rows),
        _LENGTHS: (batch,),
        _STATE: state,
        _CELL: state,
        _CELL + 1: (count, (kind.GATES - 1) * hidden),
    }
    for index, shape in expected.items():
        if node.has(index) and node.shape(index) != shape:
            raise node.error(f"operand {index} has the shape {node.shape(index)}, not {shape}")
    if places > MOST_PLACES:
        raise node.error(
            f"sequences of {places} places are unrolled",
            hint=f"at most {MOST_PLACES} are supported: cut the sequence, and pass states on",
        )
    return _Layer(node, kind, places, batch, hidden, batch_first)


def _directions(node: Node) -> tuple[bool, ...]:
    name = node.string_attr("direction", "forward")
    if name not in _DIRECTIONS:
        raise node.error(f"direction '{name}' is not one of {', '.join(_DIRECTIONS)}")
    return _DIRECTIONS[name]


def _recurrent(kind: type[Cell]) -> Handler:
    def translate(node: Node) -> Sequence[Value]:
        layer = _layer(node, kind)
        runs = [layer.run(k, reverse=back) for k, back in enumerate(_directions(node))]
        whole = joined([outputs for outputs, _ in runs], 1, node.emit)
        if layer.batch_first:
            whole = node.emit(te.TransposeOp(whole, [2, 0, 1, 3]))
        last = zip(*(states for _, states in runs))
        return [whole, *(layer.last(states) for states in last)]

    return translate


HANDLERS: dict[str, Handler] = {
    "GRU": _recurrent(GruCell),
    "LSTM": _recurrent(LstmCell),
    "RNN": _recurrent(RnnCell),
}

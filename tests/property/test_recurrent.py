"""Recurrent layers agree with onnxruntime, as imported, and compiled for the machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx_reference import ReferenceBackend

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.onnx import import_model

ort = pytest.importorskip("onnxruntime")

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
FUNCTIONS = {"RNN": 1, "GRU": 2, "LSTM": 3}
ACTIVATIONS = ("Affine", "Elu", "HardSigmoid", "LeakyRelu", "Relu", "ScaledTanh", "Sigmoid")
ACTIVATIONS += ("Softplus", "Softsign", "Tanh", "ThresholdedRelu")
SIZED = {"Affine", "Elu", "HardSigmoid", "LeakyRelu", "ScaledTanh", "ThresholdedRelu"}
WITH_TWO = {"Affine", "HardSigmoid", "ScaledTanh"}


@dataclass(frozen=True)
class Layer:
    """A recurrent layer, and which of its optional parts it has."""

    kind: str
    direction: str
    places: int
    batch: int
    size: int
    hidden: int
    parts: frozenset[str]
    activations: tuple[str, ...]

    @property
    def count(self) -> int:
        return 2 if self.direction == "bidirectional" else 1


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    kind = draw(st.sampled_from(sorted(GATES)))
    direction = draw(st.sampled_from(("forward", "reverse", "bidirectional")))
    sizes = [draw(st.integers(1, n)) for n in (4, 3, 5, 6)]
    optional = ["bias", "lengths", "state", "cell", "peepholes", "clip", "late", "coupled"]
    parts = frozenset(draw(st.sets(st.sampled_from(optional))))
    count = FUNCTIONS[kind] * (2 if direction == "bidirectional" else 1)
    names = draw(st.none() | st.lists(st.sampled_from(ACTIVATIONS), min_size=count, max_size=count))
    return Layer(kind, direction, *sizes, parts, tuple(names or ()))


def inputs_of(layer: Layer) -> dict[str, np.ndarray]:
    """The operands by name, in order; those that are left out are missing."""
    rng = np.random.default_rng(7)
    rows = GATES[layer.kind] * layer.hidden
    state = (layer.count, layer.batch, layer.hidden)
    shapes = {
        "X": (layer.places, layer.batch, layer.size),
        "W": (layer.count, rows, layer.size),
        "R": (layer.count, rows, layer.hidden),
        "bias": (layer.count, 2 * rows),
        "lengths": (layer.batch,),
        "state": state,
        "cell": state,
        "peepholes": (layer.count, 3 * layer.hidden),
    }
    if layer.kind != "LSTM":
        del shapes["cell"], shapes["peepholes"]
    given = {k: s for k, s in shapes.items() if len(k) == 1 or k in layer.parts}
    values = {k: rng.uniform(-1, 1, s).astype(np.float32) for k, s in given.items()}
    if "lengths" in values:
        values["lengths"] = rng.integers(1, layer.places + 1, layer.batch).astype(np.int32)
        values["lengths"][0] = layer.places
    return values


def model_of(layer: Layer, values: dict[str, np.ndarray], *, batch_first: bool) -> ModelProto:
    """The layer alone; of its operands all but weights are inputs."""
    names = ["X", "W", "R", "bias", "lengths", "state", "cell", "peepholes"]
    names = [name if name in values else "" for name in names]
    while not names[-1]:
        names.pop()
    results = ["Y", "H", "C"] if layer.kind == "LSTM" else ["Y", "H"]
    attributes: dict[str, object] = {"hidden_size": layer.hidden, "direction": layer.direction}
    if batch_first:
        attributes["layout"] = 1
    if "clip" in layer.parts:
        attributes["clip"] = 0.5
    if layer.kind == "GRU":
        attributes["linear_before_reset"] = int("late" in layer.parts)
    if layer.kind == "LSTM":
        attributes["input_forget"] = int("coupled" in layer.parts)
    if layer.activations:
        sized = [0.25 + 0.125 * k for k, a in enumerate(layer.activations) if a in SIZED]
        both = [0.5 + 0.0625 * k for k, a in enumerate(layer.activations) if a in WITH_TWO]
        attributes |= {"activations": list(layer.activations)}
        attributes |= {"activation_alpha": sized} if sized else {}
        attributes |= {"activation_beta": both} if both else {}
    node = helper.make_node(layer.kind, names, results, name="layer", **attributes)
    state = (layer.count, layer.batch, layer.hidden)
    whole = (layer.places, layer.count, *state[1:])
    if batch_first:
        state = (state[1], state[0], state[2])
        whole = (layer.batch, layer.places, layer.count, layer.hidden)
    weights = [numpy_helper.from_array(values[k], k) for k in ("W", "R", "bias") if k in values]
    passed = [
        helper.make_tensor_value_info(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for k, v in values.items()
        if k not in ("W", "R", "bias")
    ]
    shapes = [whole, state, state]
    outputs = [
        helper.make_tensor_value_info(k, TensorProto.FLOAT, s) for k, s in zip(results, shapes)
    ]
    graph = helper.make_graph([node], "layer", passed, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def passed(model: ModelProto, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {entry.name: values[entry.name] for entry in model.graph.input}


def expected(layer: Layer) -> list[np.ndarray]:
    values = inputs_of(layer)
    model = model_of(layer, values, batch_first=False)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, passed(model, values))


def turned(name: str, value: np.ndarray) -> np.ndarray:
    """An operand with its batch in front."""
    return np.swapaxes(value, 0, 1) if name in ("X", "state", "cell") else value


def agree(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)


@given(layers(), st.booleans())
def test_layers_mean_what_onnxruntime_computes(layer: Layer, batch_first: bool) -> None:
    values, wanted = inputs_of(layer), expected(layer)
    if batch_first:
        values = {name: turned(name, value) for name, value in values.items()}
        wanted = [wanted[0].transpose(2, 0, 1, 3), *(w.swapaxes(0, 1) for w in wanted[1:])]
    model = model_of(layer, values, batch_first=batch_first)
    agree(list(ReferenceBackend(model).run(list(passed(model, values).values()))), wanted)


@settings(max_examples=max(settings().max_examples // 20, 1))
@given(layers())
def test_compiled_layers_compute_what_onnxruntime_computes(layer: Layer) -> None:
    values = inputs_of(layer)
    model = model_of(layer, values, batch_first=False)
    found = akg_mlir.compile(model)(*passed(model, values).values())
    agree(list(found), expected(layer))


PLAIN = Layer("LSTM", "forward", 3, 2, 4, 5, frozenset(), ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"places": 257}, "sequences of 257 places are unrolled"),
        ({"direction": "sideways"}, "direction 'sideways' is not one of forward, reverse"),
        ({"activations": ("Tanh", "Gelu", "Tanh")}, "activation Gelu is not supported"),
        ({"activations": ("Tanh",)}, "1 activations are given, of 3 per direction"),
    ],
)
def test_diagnostics(change: dict[str, object], message: str) -> None:
    layer = Layer(**{**vars(PLAIN), **change})
    with pytest.raises(CompileError, match=message):
        import_model(model_of(layer, inputs_of(layer), batch_first=False))


def test_weights_of_other_sizes_are_refused() -> None:
    values = inputs_of(PLAIN)
    values["R"] = values["R"][:, :-1]
    with pytest.raises(CompileError, match="operand 2 has the shape"):
        import_model(model_of(PLAIN, values, batch_first=False))

"""Scatters and TopK agree with numpy, as imported, and compiled for the machine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import ModelProto, helper
from onnx_reference import ReferenceBackend

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.onnx import import_model

FEW = settings(max_examples=max(settings().max_examples // 20, 1))
SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)
REDUCTIONS = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}
DTYPES = (np.float32, np.float16, np.int32)


def model_of(
    kind: str, values: dict[str, np.ndarray], outputs: list[tuple], known: tuple = (), **attributes
) -> ModelProto:
    """One node; what is `known` is an initialiser."""

    def info(name, dtype, shape):
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return helper.make_tensor_value_info(name, kind, shape)

    node = helper.make_node(kind, list(values), [name for name, *_ in outputs], **attributes)
    weights = [
        helper.make_tensor(k, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape, v.ravel().tolist())
        for k, v in values.items()
        if k in known
    ]
    inputs = [info(k, v.dtype, v.shape) for k, v in values.items() if k not in known]
    graph = helper.make_graph([node], "one", inputs, [info(*each) for each in outputs], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def passed(model: ModelProto, values: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [values[entry.name] for entry in model.graph.input]


def numbers(draw: st.DrawFn, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return rng.integers(-4, 5, shape).astype(dtype)


@st.composite
def scatters(draw: st.DrawFn) -> tuple[ModelProto, list[np.ndarray], np.ndarray]:
    """Of elements along an axis, or of rows; each place once where nothing is reduced."""
    dtype, kind = draw(st.sampled_from(DTYPES)), draw(st.sampled_from(["none", *REDUCTIONS]))
    data = numbers(draw, draw(SHAPES), dtype)
    known = ("indices",) if draw(st.booleans()) else ()
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    expected = data.copy()
    if draw(st.booleans()):
        axis = draw(st.integers(0, data.ndim - 1))
        taken = tuple(draw(st.integers(1, n)) for n in data.shape)
        indices = np.argsort(
            rng.random((*taken[:axis], data.shape[axis], *taken[axis + 1 :])), axis
        )
        indices = indices.take(range(taken[axis]), axis)
        updates = numbers(draw, taken, dtype)
        for at in np.ndindex(taken):
            place = (*at[:axis], indices[at], *at[axis + 1 :])
            write(expected, place, updates[at], kind)
        name, attributes = "ScatterElements", {"axis": axis, "reduction": kind}
    else:
        depth = draw(st.integers(1, data.ndim))
        places = rng.permutation(list(np.ndindex(data.shape[:depth])))
        if draw(st.booleans()):  # a box
            places = np.array(sorted(map(tuple, places.tolist())))
        indices = places[: draw(st.integers(1, len(places)))]
        updates = numbers(draw, (len(indices), *data.shape[depth:]), dtype)
        for at, place in enumerate(indices):
            write(expected, tuple(place), updates[at], kind)
        name, attributes = "ScatterND", {"reduction": kind}
    sizes = np.array(data.shape)[: indices.shape[-1]] if name == "ScatterND" else data.shape[axis]
    if draw(st.booleans()):  # counted from the end
        indices = indices - sizes
    values = {"data": data, "indices": indices.astype(np.int64), "updates": updates}
    model = model_of(name, values, [("y", dtype, data.shape)], known, **attributes)
    return model, passed(model, values), expected


def write(into: np.ndarray, place: tuple, value: np.ndarray, kind: str) -> None:
    into[place] = value if kind == "none" else REDUCTIONS[kind](into[place], value)


@given(scatters())
def test_scatters_mean_what_numpy_computes(drawn) -> None:
    model, values, expected = drawn
    (found,) = ReferenceBackend(model).run(values)
    np.testing.assert_array_equal(found, expected)


@FEW
@given(scatters())
def test_compiled_scatters_compute_what_numpy_computes(drawn) -> None:
    model, values, expected = drawn
    np.testing.assert_array_equal(akg_mlir.compile(model)(*values), expected)


@st.composite
def orders(draw: st.DrawFn) -> tuple[ModelProto, list[np.ndarray], list[np.ndarray]]:
    """Rows with equal elements, short and long for what is taken of them."""
    dtype = draw(st.sampled_from(DTYPES))
    shape = list(draw(SHAPES))
    axis = draw(st.integers(0, len(shape) - 1))
    shape[axis] = draw(st.sampled_from([1, 3, 17, 40]))
    count = draw(st.integers(1, shape[axis]))
    if draw(st.booleans()):
        count = min(count, 3)
    x, largest = numbers(draw, tuple(shape), dtype), draw(st.booleans())
    if dtype is not np.int32 and draw(st.booleans()):
        x.flat[0] = np.inf if draw(st.booleans()) else -np.inf
    keys = -x.astype(np.float64) if largest else x.astype(np.float64)
    places = np.argsort(keys, axis, kind="stable").take(range(count), axis)
    values = {"x": x, "k": np.array([count], np.int64)}
    taken = [("v", dtype, places.shape), ("i", np.int64, places.shape)]
    model = model_of("TopK", values, taken, ("k",), axis=axis, largest=int(largest))
    return model, [x], [np.take_along_axis(x, places, axis), places]


@given(orders())
def test_orders_mean_what_numpy_computes(drawn) -> None:
    model, values, expected = drawn
    for one, other in zip(ReferenceBackend(model).run(values), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@FEW
@given(orders())
def test_compiled_orders_compute_what_numpy_computes(drawn) -> None:
    model, values, expected = drawn
    for one, other in zip(akg_mlir.compile(model)(*values), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("count", [2, 30])
def test_nan_comes_first(count: int) -> None:
    x = np.arange(40, dtype=np.float32)[None]
    x[0, 7] = np.nan
    taken = [("v", np.float32, (1, count)), ("i", np.int64, (1, count))]
    model = model_of("TopK", {"x": x, "k": np.array([count])}, taken, ("k",))
    found, places = ReferenceBackend(model).run([x])
    assert np.isnan(found[0, 0])
    assert places[0, :2].tolist() == [7, 39]
    assert found[0, 1] == 39


def scatter(indices: tuple[int, ...], updates: tuple[int, ...], **attributes) -> ModelProto:
    values = {"x": np.zeros((3, 4)), "i": np.full(indices, 5), "u": np.zeros(updates)}
    values = {k: v.astype(np.int64 if k == "i" else np.float32) for k, v in values.items()}
    kind = attributes.pop("kind")
    return model_of(kind, values, [("y", np.float32, (3, 4))], ("i",), **attributes)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (scatter((1, 1), (1, 4), kind="ScatterND"), "outside the dimensions"),
        (scatter((1, 1), (1, 3), kind="ScatterND"), "do not fit"),
        (scatter((2, 5), (2, 5), kind="ScatterElements"), "do not fit data"),
        (scatter((1, 1), (1, 1), kind="ScatterElements", reduction="mean"), "'mean' is not"),
        (
            model_of(
                "TopK",
                {"x": np.zeros((1, 20000), np.float32), "k": np.array([100])},
                [("v", np.float32, (1, 100)), ("i", np.int64, (1, 100))],
                ("k",),
            ),
            "the first 100 of 20000 elements",
        ),
    ],
)
def test_diagnostics(model: ModelProto, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        import_model(model)

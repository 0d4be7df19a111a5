"""Operators of uint8 that te computes in wider types: results wrap around as numpy's do."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_reference import ReferenceBackend
from quantised_models import RNG, compared, integers, model

from akg_mlir.onnx_backend import Backend

A, B = (RNG.integers(0, 256, (5, 7)).astype(np.uint8) for _ in range(2))
BINARY = {
    "Add": A + B,
    "BitwiseAnd": A & B,
    "BitwiseOr": A | B,
    "BitwiseXor": A ^ B,
    "Div": A // np.maximum(B, 1),
    "Max": np.maximum(A, B),
    "Min": np.minimum(A, B),
    "Mod": A % np.maximum(B, 1),
    "Mul": A * B,
    "Sub": A - B,
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("known", [True, False])
def test_two_operands(name, known):
    arrays = {"a": A, "b": np.maximum(B, 1) if name in ("Div", "Mod") else B}
    inputs = {"a": A} if known else arrays
    one = model(
        [helper.make_node(name, ["a", "b"], ["y"])],
        inputs,
        {"b": arrays["b"]} if known else {},
        TensorProto.UINT8,
    )
    (found,) = ReferenceBackend(one).run(list(inputs.values()))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, BINARY[name])


@pytest.mark.parametrize("direction", ["LEFT", "RIGHT"])
def test_shifts_lose_bits(direction):
    arrays = {"a": A, "b": B % 9}
    node = helper.make_node("BitShift", ["a", "b"], ["y"], direction=direction)
    (found,) = ReferenceBackend(model([node], arrays, {}, TensorProto.UINT8)).run(
        list(arrays.values())
    )
    wide, by = A.astype(np.int64), arrays["b"]
    shifted = wide << by if direction == "LEFT" else wide >> by
    np.testing.assert_array_equal(found, shifted.astype(np.uint8))


def test_one_operand():
    x = {"x": A}
    ends = {"low": np.uint8(100), "high": np.uint8(200)}
    nodes = [
        helper.make_node("BitwiseNot", ["x"], ["n"]),
        helper.make_node("Clip", ["n", "low", "high"], ["y"]),
    ]
    compared(model(nodes, x, ends, TensorProto.UINT8), x)
    largest = helper.make_node("ReduceMax", ["x", "axes"], ["y"], keepdims=1)
    compared(model([largest], x, {"axes": np.array([1])}, TensorProto.UINT8), x)


def test_pooling_on_the_machine():
    """Pads are below all numbers, 0 among them."""
    x = {"x": integers(1, 3, 9, 8, of=np.uint8)}
    node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[3, 2], pads=[1, 0, 1, 1])
    (found,) = Backend.prepare(model([node], x, {}, TensorProto.UINT8)).run([x["x"]])
    padded = np.pad(x["x"], ((0, 0), (0, 0), (1, 1), (0, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 2), (2, 3))
    np.testing.assert_array_equal(found, windows.max((4, 5)))

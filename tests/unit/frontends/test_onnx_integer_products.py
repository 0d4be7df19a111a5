"""Products and convolutions of int8 and uint8, exact or refused, and networks of them."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx_reference import ReferenceBackend
from quantised_models import RNG, compared, integers, model

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.onnx import import_model
from akg_mlir.onnx_backend import Backend


def convolved(x, w, pads, strides, groups):
    """In i64."""
    (top, left, bottom, right), (down, across) = pads, strides
    x = np.pad(x.astype(np.int64), ((0, 0), (0, 0), (top, bottom), (left, right)))
    outputs, channels, height, width = w.shape
    each = outputs // groups
    windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), (2, 3))
    windows = windows[:, :, ::down, ::across]
    parts = [
        np.einsum(
            "nchwij,ocij->nohw",
            windows[:, g * channels : (g + 1) * channels],
            w[g * each : (g + 1) * each].astype(np.int64),
        )
        for g in range(groups)
    ]
    return np.concatenate(parts, 1)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("groups", [1, 2, 8])
@pytest.mark.parametrize("zeros", [None, (3, 0), (200, -7), (0, "channels")])
def test_convolutions_of_integers(zeros, groups, known):
    operands = {"x": integers(2, 8, 9, 7, of=np.uint8), "w": integers(16, 8 // groups, 3, 2)}
    given = {}
    if zeros is not None:
        each = integers(16) if zeros[1] == "channels" else np.int8(zeros[1])
        given = {"xz": np.uint8(zeros[0]), "wz": each}
    values = [given.get(name, np.int8(0)).astype(np.int64) for name in ("xz", "wz")]
    attributes = {"pads": [1, 0, 2, 1], "strides": [2, 1], "group": groups}
    node = helper.make_node("ConvInteger", ["x", "w", *given], ["y"], **attributes)
    inputs = {"x": operands["x"]} if known else operands | given
    kept = {name: a for name, a in (operands | given).items() if name not in inputs}
    (found,) = ReferenceBackend(model([node], inputs, kept, TensorProto.INT32)).run(
        list(inputs.values())
    )
    w = operands["w"] - (values[1].reshape(-1, 1, 1, 1) if values[1].ndim else values[1])
    expected = convolved(operands["x"] - values[0], w, (1, 0, 2, 1), (2, 1), groups)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("known", [True, False])
def test_sums_that_f32_would_round_are_cut(known):
    """The largest sums of 64 channels: 37 million, of which f32 has even numbers only."""
    x = {"x": np.full((1, 64, 4, 4), 255, np.uint8), "w": np.full((3, 64, 3, 3), 255, np.uint8)}
    x["w"][1:, 5, 1, 1] = 0, 2
    node = helper.make_node("ConvInteger", ["x", "w"], ["y"], pads=[1, 1, 1, 1])
    inputs = {"x": x["x"]} if known else x
    one = model([node], inputs, {"w": x["w"]} if known else {}, TensorProto.INT32)
    (found,) = ReferenceBackend(one).run(list(inputs.values()))
    np.testing.assert_array_equal(found, convolved(x["x"], x["w"], (1, 1, 1, 1), (1, 1), 1))


def test_small_weights_are_known_to_make_small_sums():
    a, b = integers(16, 768, of=np.uint8), integers(768, 16) // 8
    node = helper.make_node("MatMulInteger", ["a", "b"], ["y"])
    one = model([node], {"a": a}, {"b": b}, TensorProto.INT32)
    (found,) = ReferenceBackend(one).run([a])
    np.testing.assert_array_equal(found, a.astype(np.int32) @ b)
    assert str(import_model(one).module).count("te.matmul") == 1


def test_windows_whose_sums_are_not_exact_are_refused():
    x, w = np.zeros((1, 1, 20, 20), np.uint8), np.zeros((1, 1, 17, 17), np.uint8)
    node = helper.make_node("ConvInteger", ["x", "w"], ["y"])
    with pytest.raises(CompileError, match="exact up to 16777216"):
        ReferenceBackend(model([node], {"x": x, "w": w}, {}, TensorProto.INT32)).run([x, w])


@pytest.mark.parametrize("of", [np.int8, np.uint8])
@pytest.mark.parametrize("scales", [1, 12])
def test_a_convolution_between_scales(of, scales):
    x = {"x": integers(1, 5, 8, 6, of=of)}
    given = {"xs": np.float32(0.02), "xz": of(9), "w": integers(12, 5, 3, 3)}
    given |= {"ws": (RNG.random(scales) / 50).astype(np.float32), "wz": np.zeros(scales, np.int8)}
    given |= {"ys": np.float32(0.07), "yz": of(100)}
    given |= {"b": RNG.integers(-2000, 2000, 12).astype(np.int32)}
    names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"]
    node = helper.make_node("QLinearConv", names, ["y"], pads=[1, 1, 1, 1])
    compared(model([node], x, given, helper.np_dtype_to_tensor_dtype(np.dtype(of))), x)


def test_products_between_vectors_of_scales():
    x = {"a": integers(6, 9, of=np.uint8)}
    given = {"as": RNG.random(6).astype(np.float32) / 50, "az": integers(6, of=np.uint8)}
    given |= {"b": integers(9, 4), "bs": RNG.random(4).astype(np.float32) / 50, "bz": integers(4)}
    given |= {"ys": np.float32(0.05), "yz": np.uint8(120)}
    node = helper.make_node("QLinearMatMul", ["a", "as", "az", "b", "bs", "bz", "ys", "yz"], ["y"])
    (found,) = ReferenceBackend(model([node], x, given, TensorProto.UINT8)).run(list(x.values()))
    a = x["a"].astype(np.int32) - given["az"][:, None]
    scale = given["as"][:, None] * given["bs"] / given["ys"]
    total = (a @ (given["b"].astype(np.int32) - given["bz"])).astype(np.float32) * scale
    np.testing.assert_array_equal(found, np.clip(np.rint(total) + 120, 0, 255).astype(np.uint8))


def test_bytes_between_convolutions_stay_packed():
    """A pool of uint8 among them; all bits are ONNX's."""
    x = {"x": integers(1, 16, 6, 6, of=np.uint8)}
    given = {"xs": np.float32(0.02), "xz": np.uint8(120), "ys": np.float32(0.05), "yz": np.uint8(8)}
    given |= {"w": integers(16, 16, 3, 3) // 3, "wz": np.zeros(16, np.int8)}
    given |= {"ws": ((1 + RNG.random(16)) / 2000).astype(np.float32)}
    weights, result = ["w", "ws", "wz"], ["ys", "yz"]
    names = ["x", "xs", "xz", *weights, *result]
    nodes = [
        helper.make_node("QLinearConv", names, ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("MaxPool", ["c"], ["p"], kernel_shape=[2, 2]),
        helper.make_node("QLinearConv", ["p", *result, *weights, *result], ["y"]),
    ]
    one = model(nodes, x, given, TensorProto.UINT8)
    prepared = Backend.prepare(one)
    (found,) = prepared.run([x["x"]])
    (expected,) = ReferenceEvaluator(one).run(None, x)
    np.testing.assert_array_equal(found, expected)
    ((_, kernel),) = prepared.compiled()
    text = str(kernel.compilation.module)
    assert "1x16x6x6xui8" in text
    assert "1x16x5x5xui8" not in text


def quantised_network():
    """Convolution, relu, pool and a product of matrices, each between quantisations: QDQ, as
    exporters write it."""
    nodes = []

    def through(name, scale, zero):
        """The value quantised and back."""
        given.update({f"{name}s": np.float32(scale), f"{name}z": np.uint8(zero)})
        names = [f"{name}s", f"{name}z"]
        nodes.append(helper.make_node("QuantizeLinear", [name, *names], [f"{name}q"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}q", *names], [f"{name}d"]))
        return f"{name}d"

    def weights(name, *shape, axis):
        count = shape[axis]
        given.update({f"{name}q": integers(*shape), f"{name}z": np.zeros(count, np.int8)})
        given[f"{name}s"] = ((1 + RNG.random(count)) / 1000).astype(np.float32)
        names = [f"{name}q", f"{name}s", f"{name}z"]
        nodes.append(helper.make_node("DequantizeLinear", names, [name], axis=axis))
        return name

    given = {"bias": RNG.standard_normal(16).astype(np.float32)}
    image = through("x", 0.03, 128)
    kernel = weights("w", 16, 3, 3, 3, axis=0)
    nodes.append(helper.make_node("Conv", [image, kernel, "bias"], ["c"], pads=[1, 1, 1, 1]))
    nodes.append(helper.make_node("Relu", ["c"], ["r"]))
    rows = through("r", 0.02, 0)
    nodes.append(helper.make_node("MaxPool", [rows], ["p"], kernel_shape=[2, 2], strides=[2, 2]))
    nodes.append(helper.make_node("Flatten", ["p"], ["f"]))
    flat = through("f", 0.02, 0)
    nodes.append(helper.make_node("MatMul", [flat, weights("m", 256, 10, axis=1)], ["y"]))
    x = {"x": RNG.standard_normal((2, 3, 8, 8)).astype(np.float32)}
    return model(nodes, x, given, TensorProto.FLOAT, rank=2), x


def test_a_quantised_network_equals_onnxs():
    one, x = quantised_network()
    prepared = Backend.prepare(one)
    (found,) = prepared.run(list(x.values()))
    (expected,) = ReferenceEvaluator(one).run(None, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-3)

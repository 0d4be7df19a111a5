"""Quantised operators of int8 and uint8, against ONNX's own reference."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx_reference import ReferenceBackend
from quantised_models import RNG, compared, integers, model

from akg_mlir.diagnostics import CompileError
from akg_mlir.onnx_backend import Backend


@pytest.mark.parametrize("element", [np.float32, np.float16])
@pytest.mark.parametrize("axis", [None, 1, -1])
@pytest.mark.parametrize("of", [np.int8, np.uint8])
def test_numbers_to_integers_and_back(element, axis, of):
    x = {"x": (40 * RNG.standard_normal((2, 5, 6))).astype(element)}
    count = () if axis is None else x["x"].shape[axis]
    given = {
        "s": np.full(count, 0.25, element),
        "z": np.asarray(integers(8, of=of)[3].repeat(2)[0]),
    }
    given["z"] = np.broadcast_to(given["z"], given["s"].shape).copy()
    attributes = {} if axis is None else {"axis": axis}
    there = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"], **attributes)
    found = compared(model([there], x, given, helper.np_dtype_to_tensor_dtype(np.dtype(of))), x)
    back = helper.make_node("DequantizeLinear", ["x", "s", "z"], ["y"], **attributes)
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(element))
    compared(model([back], {"x": found}, given, kind), {"x": found})


def test_blocks_of_an_axis_have_scales():
    x = {"x": integers(4, 7, of=np.uint8)}
    given = {"s": RNG.random((4, 3)).astype(np.float32), "z": integers(4, 3, of=np.uint8)}
    node = helper.make_node("DequantizeLinear", ["x", "s", "z"], ["y"], axis=1, block_size=3)
    (found,) = ReferenceBackend(model([node], x, given, TensorProto.FLOAT)).run([x["x"]])
    scale, zero = (np.repeat(given[name], 3, 1)[:, :7] for name in "sz")
    np.testing.assert_allclose(found, (x["x"].astype(np.int32) - zero) * scale, rtol=1e-6)


def test_ties_go_to_even_numbers_and_the_ends_saturate():
    x = {"x": np.array([0.5, 1.5, -2.5, 126.5, 127.5, 1e9, -np.inf], np.float32)}
    node = helper.make_node("QuantizeLinear", ["x", "s"], ["y"], output_dtype=TensorProto.INT8)
    one = model([node], x, {"s": np.float32(1)}, TensorProto.INT8)
    (found,) = Backend.prepare(one).run([x["x"]])
    np.testing.assert_array_equal(found, [0, 2, -2, 126, 127, 127, -128])


def test_of_uint8_too_which_it_is_without_a_zero_point():
    x = {"x": np.array([0.5, 1.5, -0.5, -2.5, 254.5, 255.5, 1e9, -np.inf], np.float32)}
    node = helper.make_node("QuantizeLinear", ["x", "s"], ["y"])
    (found,) = Backend.prepare(model([node], x, {"s": np.float32(1)}, TensorProto.UINT8)).run(
        [x["x"]]
    )
    np.testing.assert_array_equal(found, [0, 2, 0, 0, 254, 255, 255, 0])


def test_sums_of_i32_become_numbers():
    x = {"x": RNG.integers(-(10**6), 10**6, (3, 4)).astype(np.int32)}
    node = helper.make_node("DequantizeLinear", ["x", "s"], ["y"], axis=1)
    scales = RNG.random(4).astype(np.float32)
    compared(model([node], x, {"s": scales}, TensorProto.FLOAT), x)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("left", "right"), [(None, None), (0, 0), (3, 5), ("rows", "columns"), (0, "columns")]
)
@pytest.mark.parametrize("of", ["int8 int8", "uint8 int8", "uint8 uint8"])
def test_products_of_integers(left, right, known, of):
    first, second = map(np.dtype, of.split())
    operands = {"a": integers(2, 3, 7, of=first), "b": integers(7, 5, of=second)}
    sizes = {"rows": 3, "columns": 5}
    names, zeros = ["a", "b"], dict[str, np.ndarray]()
    for name, zero, kind in (("az", left, first), ("bz", right, second)):
        names.append(name if zero is not None else "")
        if zero is not None:
            zeros[name] = integers(sizes[zero], of=kind) if zero in sizes else np.array(zero, kind)
    node = helper.make_node("MatMulInteger", names, ["y"])
    inputs = operands if known else operands | zeros
    one = model([node], inputs, zeros if known else {}, TensorProto.INT32)
    values = [zeros.get(name, np.int8(0)).astype(np.int32) for name in ("az", "bz")]
    rows = values[0][:, None] if values[0].ndim else values[0]
    expected = (operands["a"].astype(np.int32) - rows) @ (
        operands["b"].astype(np.int32) - values[1]
    )
    (found,) = ReferenceBackend(one).run(list(inputs.values()))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("of", [np.int8, np.uint8])
def test_a_layer_of_quantised_weights_on_the_machine(of):
    """As exporters write it: x is quantised and back, as are the weights."""
    x = {"x": RNG.standard_normal((16, 32)).astype(np.float32)}
    given = {"s": np.float32(0.02), "z": of(3), "w": integers(32, 24)}
    given |= {"ws": (RNG.random(24) / 100).astype(np.float32), "wz": np.zeros(24, np.int8)}
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["m"], axis=1),
        helper.make_node("MatMul", ["d", "m"], ["y"]),
    ]
    one = model(nodes, x, given, TensorProto.FLOAT)
    (found,) = Backend.prepare(one).run([x["x"]])
    (expected,) = ReferenceEvaluator(one).run(None, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("of", "end"), [(np.int8, -128), (np.uint8, 255)])
def test_long_sums_of_the_largest_integers_are_exact_on_the_cube(of, end):
    operands = {"a": np.full((16, 1200), end, of), "b": np.full((1200, 16), end, of)}
    operands["a"][3, 5], operands["b"][7, 2] = 127, 1
    node = helper.make_node("MatMulInteger", ["a", "b"], ["y"])
    prepared = Backend.prepare(model([node], operands, {}, TensorProto.INT32))
    (found,) = prepared.run(list(operands.values()))
    np.testing.assert_array_equal(found, operands["a"].astype(np.int32) @ operands["b"])
    ((_, kernel),) = prepared.compiled()
    assert "npu.mad" in str(kernel.compilation.module)


def test_a_layer_of_dynamically_quantised_activations():
    """As exporters of transformers write it; the sums are ONNX's, so are the bits."""
    x = {"x": RNG.standard_normal((16, 40)).astype(np.float32)}
    given = {"w": integers(40, 24), "wz": np.int8(0), "ws": np.float32(0.01)}
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        helper.make_node("MatMulInteger", ["q", "w", "z", "wz"], ["sums"]),
        helper.make_node("Cast", ["sums"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["s", "ws"], ["scale"]),
        helper.make_node("Mul", ["numbers", "scale"], ["y"]),
    ]
    one = model(nodes, x, given, TensorProto.FLOAT)
    (found,) = Backend.prepare(one).run([x["x"]])
    (expected,) = ReferenceEvaluator(one).run(None, x)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_other_types_are_refused():
    x = {"x": np.zeros((2, 3), np.float32)}
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"])
    given = {"s": np.float32(1), "z": np.uint16(1)}
    with pytest.raises(CompileError, match="element type uint16"):
        ReferenceBackend(model([node], x, given, TensorProto.UINT16)).run([x["x"]])

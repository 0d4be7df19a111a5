"""Quantised operators of int8, against ONNX's own reference."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx_reference import ReferenceBackend

from akg_mlir.diagnostics import CompileError
from akg_mlir.onnx_backend import Backend

RNG = np.random.default_rng(0)


def model(nodes, inputs, given, result):
    """A graph of nodes on arrays: `inputs` are inputs, `given` initialisers; a result `y`."""
    declared = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
        for name, x in inputs.items()
    ]
    rank = next(iter(inputs.values())).ndim
    outputs = [helper.make_tensor_value_info("y", result, [None] * rank)]
    known = [numpy_helper.from_array(np.asarray(x), name) for name, x in given.items()]
    graph = helper.make_graph(nodes, "quantised", declared, outputs, known)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)])


def compared(one, inputs, backend=ReferenceBackend):
    """The result, which is ONNX's."""
    (found,) = backend(one).run(list(inputs.values()))
    (expected,) = ReferenceEvaluator(one).run(None, inputs)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    return found


def integers(*shape):
    return RNG.integers(-128, 128, shape).astype(np.int8)


@pytest.mark.parametrize("element", [np.float32, np.float16])
@pytest.mark.parametrize("axis", [None, 1, -1])
def test_numbers_to_integers_and_back(element, axis):
    x = {"x": (40 * RNG.standard_normal((2, 5, 6))).astype(element)}
    count = () if axis is None else x["x"].shape[axis]
    given = {"s": np.full(count, 0.25, element), "z": np.asarray(integers(8)[3].repeat(2)[0])}
    given["z"] = np.broadcast_to(given["z"], given["s"].shape).copy()
    attributes = {} if axis is None else {"axis": axis}
    there = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"], **attributes)
    found = compared(model([there], x, given, TensorProto.INT8), x)
    back = helper.make_node("DequantizeLinear", ["x", "s", "z"], ["y"], **attributes)
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(element))
    compared(model([back], {"x": found}, given, kind), {"x": found})


def test_ties_go_to_even_numbers_and_the_ends_saturate():
    x = {"x": np.array([0.5, 1.5, -2.5, 126.5, 127.5, 1e9, -np.inf], np.float32)}
    node = helper.make_node("QuantizeLinear", ["x", "s"], ["y"], output_dtype=TensorProto.INT8)
    one = model([node], x, {"s": np.float32(1)}, TensorProto.INT8)
    (found,) = Backend.prepare(one).run([x["x"]])
    np.testing.assert_array_equal(found, [0, 2, -2, 126, 127, 127, -128])


def test_sums_of_i32_become_numbers():
    x = {"x": RNG.integers(-(10**6), 10**6, (3, 4)).astype(np.int32)}
    node = helper.make_node("DequantizeLinear", ["x", "s"], ["y"], axis=1)
    scales = RNG.random(4).astype(np.float32)
    compared(model([node], x, {"s": scales}, TensorProto.FLOAT), x)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("left", "right"), [(None, None), (0, 0), (3, -5), ("rows", "columns"), (0, "columns")]
)
def test_products_of_integers(left, right, known):
    operands = {"a": integers(2, 3, 7), "b": integers(7, 5)}
    sizes = {"rows": 3, "columns": 5}
    names, zeros = ["a", "b"], dict[str, np.ndarray]()
    for name, zero in (("az", left), ("bz", right)):
        names.append(name if zero is not None else "")
        if zero is not None:
            zeros[name] = integers(sizes[zero]) if zero in sizes else np.array(zero, np.int8)
    node = helper.make_node("MatMulInteger", names, ["y"])
    inputs = operands if known else operands | zeros
    one = model([node], inputs, zeros if known else {}, TensorProto.INT32)
    values = [zeros.get(name, np.int8(0)).astype(np.int32) for name in ("az", "bz")]
    rows = values[0][:, None] if values[0].ndim else values[0]
    expected = (operands["a"].astype(np.int32) - rows) @ (operands["b"] - values[1])
    (found,) = ReferenceBackend(one).run(list(inputs.values()))
    np.testing.assert_array_equal(found, expected)


def test_a_layer_of_quantised_weights_on_the_machine():
    """As exporters write it: x is quantised and back, as are the weights."""
    x = {"x": RNG.standard_normal((16, 32)).astype(np.float32)}
    given = {"s": np.float32(0.02), "z": np.int8(3), "w": integers(32, 24)}
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


def test_long_sums_of_the_least_integers_are_exact_on_the_cube():
    operands = {"a": np.full((16, 1200), -128, np.int8), "b": np.full((1200, 16), -128, np.int8)}
    operands["a"][3, 5], operands["b"][7, 2] = 127, 1
    node = helper.make_node("MatMulInteger", ["a", "b"], ["y"])
    prepared = Backend.prepare(model([node], operands, {}, TensorProto.INT32))
    (found,) = prepared.run(list(operands.values()))
    np.testing.assert_array_equal(found, operands["a"].astype(np.int32) @ operands["b"])
    ((_, kernel),) = prepared.compiled()
    assert "npu.mad" in str(kernel.compilation.module)


def test_what_is_not_int8_is_refused():
    x = {"x": np.zeros((2, 3), np.float32)}
    node = helper.make_node("QuantizeLinear", ["x", "s"], ["y"])
    with pytest.raises(CompileError, match="another type than int8"):
        ReferenceBackend(model([node], x, {"s": np.float32(1)}, TensorProto.UINT8)).run([x["x"]])
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"])
    given = {"s": np.float32(1), "z": np.uint8(1)}
    with pytest.raises(CompileError, match="element type uint8"):
        ReferenceBackend(model([node], x, given, TensorProto.UINT8)).run([x["x"]])

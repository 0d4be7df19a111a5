"""The ONNX backend: when it compiles, what it keeps, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from akg_mlir import onnx_backend
from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.onnx import import_model
from akg_mlir.reference import te as reference


@pytest.fixture
def compiled(monkeypatch):
    """Stands for the compiler: records what is compiled, and runs it by definition."""
    calls = []

    def compile(model, constants, **options):
        imported = import_model(model, constants=constants)
        calls.append({name: value.tolist() for name, value in constants.items()})

        def kernel(*inputs):
            weights = imported.weights.values()
            outputs = tuple(reference.run(imported.module, "main", [*inputs, *weights]))
            return outputs if len(outputs) > 1 else outputs[0]

        return kernel

    monkeypatch.setattr(onnx_backend, "compile", compile)
    return calls


def value_info(name, element, shape):
    return helper.make_tensor_value_info(name, element, shape)


def reshape_model():
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        "reshape",
        [value_info("x", TensorProto.FLOAT, [2, 3]), value_info("shape", TensorProto.INT64, [2])],
        [value_info("y", TensorProto.FLOAT, [None, None])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_a_model_is_compiled_per_value_of_its_shape_operands(compiled):
    model = onnx_backend.prepare(reshape_model())
    assert compiled == []
    for shape in ([3, 2], [6, 1], [3, 2]):
        (result,) = model.run([X, np.array(shape)])
        np.testing.assert_array_equal(result, X.reshape(shape))
    assert compiled == [{"shape": [3, 2]}, {"shape": [6, 1]}]
    (result,) = model.run({"shape": np.array([1, 6]), "x": X})
    assert result.shape == (1, 6)


def test_a_model_without_such_operands_is_compiled_once(compiled):
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["y"])],
        "neg",
        [value_info("x", TensorProto.FLOAT, [2, 3])],
        [value_info("y", TensorProto.FLOAT, [2, 3])],
    )
    model = onnx_backend.prepare(helper.make_model(graph))
    assert compiled == [{}]
    np.testing.assert_array_equal(model.run([X])[0], -X)
    assert compiled == [{}]


def test_single_nodes_run_with_inferred_output_types(compiled):
    node = helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=0)
    (result,) = onnx_backend.run_node(node, [X, np.array([1])], opset_version=18)
    np.testing.assert_array_equal(result, X.sum(1))


def test_models_that_cannot_be_compiled_are_not_compatible(compiled):
    model = reshape_model()
    assert onnx_backend.is_compatible(model)
    model.graph.node[0].op_type = "NonZero"
    del model.graph.node[0].input[1:]
    assert not onnx_backend.is_compatible(model)
    with pytest.raises(CompileError, match="NonZero"):
        onnx_backend.prepare(model)


def test_only_the_cpu_is_supported(compiled):
    assert onnx_backend.supports_device("CPU")
    assert not onnx_backend.supports_device("CUDA")
    with pytest.raises(CompileError, match="CUDA"):
        onnx_backend.prepare(reshape_model(), "CUDA")


def test_the_number_of_inputs_is_checked(compiled):
    with pytest.raises(CompileError, match="1 inputs given, the model has 2"):
        onnx_backend.prepare(reshape_model()).run([X])

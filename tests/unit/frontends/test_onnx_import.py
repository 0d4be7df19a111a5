"""What the ONNX importer makes of models, judged by ONNX's own tests through the reference."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx_suite
import pytest
from onnx import TensorProto, checker, helper, numpy_helper
from onnx_reference import ReferenceBackend

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.onnx import MissingConstant, import_model, supported_operators
from akg_mlir.parsing import parse_module
from akg_mlir.verification import verify_module

EXPECTED = Path(__file__).parents[2] / "conformance" / "onnx_expected.json"


def test_the_importer_agrees_with_the_node_tests_of_onnx():
    """Those of the operators that most models use; what is refused is what is expected to be."""
    every = onnx_suite.load()
    cases = {
        name: case
        for name, case in every.items()
        if onnx_suite.is_core(case) and onnx_suite.priority_of(case, every) in ("P0", "P1")
    }
    assert len(cases) == 470
    expected = json.loads(EXPECTED.read_text())
    for name, case in cases.items():
        outcome = onnx_suite.run(case, ReferenceBackend)
        if outcome.status != "passed":
            assert (outcome.status, name in expected) == ("unsupported", True), (name, outcome)


def model(nodes, inputs, outputs, weights=None, opset=18):
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


FLOATS = (TensorProto.FLOAT, [2, 3])


def relu(**changes):
    kinds = {"x": changes.pop("x", FLOATS)}
    nodes = changes.pop("nodes", [helper.make_node("Relu", ["x"], ["y"], name="the_relu")])
    return model(nodes, kinds, {"y": changes.pop("y", FLOATS)}, **changes)


def text(made, **options):
    return str(import_model(made, **options).module)


def test_weights_are_arguments_and_small_constants_are_not():
    weights = {
        "w": np.ones((3, 20), np.float32),
        "b": np.arange(20, dtype=np.float32),
        "two": np.float32(2).reshape(()),
    }
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["p"], name="mm"),
        helper.make_node("Add", ["p", "b"], ["q"], name="bias"),
        helper.make_node("Mul", ["q", "two"], ["y"], name="scale"),
    ]
    made = model(nodes, {"x": FLOATS}, {"y": (TensorProto.FLOAT, [2, 20])}, weights)
    imported = import_model(made)
    assert list(imported.weights) == ["w", "b"]
    assert imported.inputs == ("x",)
    assert imported.outputs == ("y",)
    assert '%w: tensor<3x20xf32> {te.resource = "w"}' in str(imported.module)
    assert "te.constant dense<2.000000e+00> : tensor<f32>" in str(imported.module)
    (main,) = imported.module.ops
    names = [op.location.desc.data for op in main.body.block.ops if op.name == "te.matmul"]
    assert names == ["mm"]


def test_the_text_of_an_imported_model_reads_back():
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["m"], keepdims=1),
        helper.make_node("Greater", ["x", "m"], ["c"]),
        helper.make_node("Where", ["c", "x", "m"], ["y"]),
    ]
    made = model(nodes, {"x": FLOATS}, {"y": FLOATS}, {"axes": np.array([-1])})
    module = import_model(made).module
    again = parse_module(str(module))
    verify_module(again)
    assert again.is_structurally_equivalent(module)


def test_a_shape_that_is_an_input_must_be_given():
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["y"], name="flat")]
    made = model(nodes, {"x": FLOATS, "shape": (TensorProto.INT64, [1])}, {"y": (1, [None])})
    with pytest.raises(MissingConstant, match="'flat': its shape, 'shape', must be known") as error:
        import_model(made)
    assert error.value.name == "shape"
    imported = import_model(made, constants={"shape": np.array([-1])})
    assert imported.inputs == ("x",)
    assert "te.reshape %x : tensor<2x3xf32> -> tensor<6xf32>" in str(imported.module)


def test_shape_arithmetic_is_evaluated():
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Slice", ["s", "zero", "one"], ["rows"]),
        helper.make_node("Concat", ["rows", "minus"], ["target"], axis=0),
        helper.make_node("Reshape", ["x", "target"], ["y"]),
    ]
    weights = {"zero": np.array([0]), "one": np.array([1]), "minus": np.array([-1])}
    made = model(
        nodes,
        {"x": (TensorProto.FLOAT, [2, 3, 4])},
        {"y": (TensorProto.FLOAT, [2, 12])},
        weights,
    )
    assert "te.reshape %x : tensor<2x3x4xf32> -> tensor<2x12xf32>" in text(made)


def test_operators_that_onnx_defines_by_others_are_inlined():
    assert "MeanVarianceNormalization" not in supported_operators()
    nodes = [helper.make_node("MeanVarianceNormalization", ["x"], ["y"], axes=[1])]
    lines = text(model(nodes, {"x": FLOATS}, {"y": FLOATS}))
    assert "te.sqrt" in lines


def error_of(made, **options):
    with pytest.raises(CompileError) as error:
        import_model(made, **options)
    return str(error.value)


def test_old_opsets_are_refused():
    nodes = [helper.make_node("Add", ["x", "x"], ["y"], name="twice")]
    message = error_of(relu(nodes=nodes, opset=6))
    assert "Add of node 'twice' is that of opset 6; 7 or later is needed" in message
    assert "convert_version" in message


def test_unknown_operators_are_refused_by_name():
    nodes = [helper.make_node("NonZero", ["x"], ["y"], name="volume")]
    assert "operator NonZero of node 'volume' is not supported" in error_of(relu(nodes=nodes))
    nodes = [helper.make_node("Frobnicate", ["x"], ["y"])]
    assert "operator Frobnicate of the node that computes 'y'" in error_of(relu(nodes=nodes))
    nodes = [helper.make_node("Relu", ["x"], ["y"], domain="com.example")]
    assert "com.example.Relu" in error_of(relu(nodes=nodes))


def test_element_types_without_a_counterpart_are_refused():
    doubles = (TensorProto.DOUBLE, [2, 3])
    message = error_of(relu(x=doubles, y=doubles))
    assert "input 'x' has element type float64" in message
    assert "f16, f32, i8, ui8, i32, i64 and bool" in message


def test_dynamic_dimensions_are_refused():
    dynamic = (TensorProto.FLOAT, ["batch", 3])
    assert "dimension 0 of input 'x' is dynamic ('batch')" in error_of(relu(x=dynamic, y=dynamic))


def test_shapes_that_do_not_fit_are_refused():
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"], name="mm")]
    made = model(nodes, {"x": FLOATS}, {"y": FLOATS}, {"w": np.ones((4, 3), np.float32)})
    assert "not valid" in error_of(made)


def test_files_that_are_no_models_are_refused(tmp_path):
    whole = relu().SerializeToString()
    path = tmp_path / "cut.onnx"
    path.write_bytes(whole[: len(whole) // 2])
    assert "truncated" in error_of(path)
    path.write_bytes(b"not a model at all")
    assert "not an ONNX model, or a truncated one" in error_of(path)
    path.write_bytes(b"")
    assert "not an ONNX model, or a truncated one" in error_of(path)
    assert "no such file" in error_of(tmp_path / "missing.onnx")


def test_a_file_cut_anywhere_gives_an_error(tmp_path):
    whole = relu().SerializeToString()
    for length in range(0, len(whole), 5):
        path = tmp_path / "cut.onnx"
        path.write_bytes(whole[:length])
        assert is_model(path) is False


def is_model(path):
    try:
        import_model(path)
    except CompileError:
        return False
    return True


def test_without_the_onnx_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr("akg_mlir.frontends.onnx.model.find_spec", lambda name: None)
    assert "pip install 'akg-mlir[onnx]'" in error_of("model.onnx")


def test_constants_for_other_names_are_refused():
    message = error_of(relu(), constants={"z": np.zeros(1)})
    assert "constants are given for z" in message


def test_valid_models_stay_valid():
    checker.check_model(relu())

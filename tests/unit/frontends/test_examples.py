"""The examples are programs of `te`, and say something: outputs vary with inputs and are finite."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from example_files import EXAMPLES, PROGRAMS

from akg_mlir.reference import te as reference
from akg_mlir.reference.te import shaped
from akg_mlir.sources import load, resource_of

KEPT = [EXAMPLES / name for name in PROGRAMS if name.endswith(".mlir")]
KEPT += [EXAMPLES / "layer_norm.onnx", EXAMPLES / "matmul_bias_relu.onnx"]


def maker():
    spec = importlib.util.spec_from_file_location("make_models", EXAMPLES / "make_models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_each_example_has_an_informative_result(path):
    source = load(path)
    random = np.random.default_rng(0)
    function = source.function()
    inputs = []
    for index, argument in enumerate(function.body.block.args):
        shape, dtype = shaped(argument)
        weight = source.weights.get(resource_of(function, index))
        inputs.append(random.standard_normal(shape).astype(dtype) if weight is None else weight)
    for output in reference.run(source.module, source.entry, inputs):
        assert np.isfinite(output).all()
        assert output.astype(float).std() > 1e-3


@pytest.mark.parametrize("name", ["layer_norm", "matmul_bias_relu"])
def test_the_kept_models_are_those_of_the_maker(name):
    made = maker().MODELS[name]().SerializeToString(deterministic=True)
    assert (EXAMPLES / f"{name}.onnx").read_bytes() == made


def test_the_same_program_in_onnx_and_in_te():
    onnx, mlir = (load(EXAMPLES / f"matmul_bias_relu.{suffix}") for suffix in ("onnx", "mlir"))
    ops = [[op.name for op in source.function().body.block.ops] for source in (onnx, mlir)]
    assert ops[0] == ops[1]
    types = [source.function().function_type for source in (onnx, mlir)]
    assert types[0] == types[1]


def test_the_maker_leaves_models_that_are_there_alone(tmp_path, monkeypatch, capsys):
    module = maker()
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(module, "MODELS", {"layer_norm": module.layer_norm})
    module.main([])
    first = (tmp_path / "layer_norm.onnx").read_bytes()
    (tmp_path / "layer_norm.onnx").write_bytes(b"mine")
    module.main([])
    assert (tmp_path / "layer_norm.onnx").read_bytes() == b"mine"
    module.main(["layer_norm"])
    assert (tmp_path / "layer_norm.onnx").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["layer_norm.onnx"]

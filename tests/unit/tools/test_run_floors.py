"""`akg run` on either floor, for tensor programs and for loops on memrefs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from akg_mlir.cli import akg
from akg_mlir.compiler import compile
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.trees import TreeRunner
from akg_mlir.inputs import prepare
from akg_mlir.sources import load

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
LOOPS = sorted((ROOT / "tests" / "unit" / "kernels").glob("*.mlir"))
DEAD_OUT = """
func.func @f(%x: memref<64xf32> {poly.dead_out}, %y: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %x[%i] : memref<64xf32>
    %b = arith.addf %a, %a : f32
    affine.store %b, %y[%i] : memref<64xf32>
    affine.store %b, %x[%i] : memref<64xf32>
  }
  func.return
}
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert akg.main(["run", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("path", LOOPS, ids=lambda path: path.stem)
def test_schedule_trees_of_loops(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, str(path), "--floor", "affine")
    assert report["floor"] == "affine"
    (kernel,) = report["kernels"]
    assert kernel["proved"]
    assert kernel["statements"] >= kernel["originals"] > 0


@pytest.mark.parametrize("name", ["gemm", "paper", "prefix_sum", "seidel"])
def test_machine_runs_loops(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, str(ROOT / "tests" / "unit" / "kernels" / f"{name}.mlir"))
    assert report["modes"] == {"program": True, "timed": True, "adversarial": True}


@pytest.mark.parametrize("name", ["softmax.mlir", "matmul_bias_relu.onnx"])
def test_schedule_trees_of_tensor_programs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(capsys, str(EXAMPLES / name), "--floor", "affine")
    assert all(kernel["max_error"] is not None for kernel in report["kernels"])


def test_dead_arguments_are_no_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dead.mlir"
    path.write_text(DEAD_OUT)
    for floor in ("npu", "affine"):
        assert run(capsys, str(path), "--floor", floor)["max_error"] == 0


def test_instructions_are_no_trees() -> None:
    kernel = compile(EXAMPLES / "softmax.mlir")
    with pytest.raises(CompileError, match="no schedule tree to execute"):
        TreeRunner(kernel.compilation).run([np.zeros((64, 500), np.float32)])


def test_arguments_of_two_kinds_are_refused() -> None:
    source = load(
        "func.func @f(%x: tensor<4xf32>, %y: memref<4xf32>) -> tensor<4xf32> {\n"
        "  func.return %x : tensor<4xf32>\n}\n"
    )
    with pytest.raises(CompileError, match="argument 1 is memref<4xf32>"):
        prepare(source, {})

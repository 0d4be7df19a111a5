"""`akg run` and the Python API on the examples: right in every order, and no bound is beaten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from example_files import EXAMPLES, PROGRAMS

import akg_mlir
from akg_mlir.cli import akg
from akg_mlir.diagnostics import CompileError
from akg_mlir.emit.program import decode
from akg_mlir.machine.loading import load as load_program
from akg_mlir.reference import te as reference
from akg_mlir.report.figures import ImpossibleFigures, KernelFigures, RunReport
from akg_mlir.report.table import render
from akg_mlir.sources import load

KERNEL_KEYS = {
    "name",
    "ok",
    "cycles",
    "busy",
    "busiest_pipe",
    "lower_bound",
    "bound_by",
    "lower_bound_without_fill",
    "gm_bytes",
    "compulsory_bytes",
    "least_bytes",
    "traffic_ratio",
    "peak_bytes",
    "instructions",
    "compile_seconds",
    "max_error",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_example(name: str, capsys: pytest.CaptureFixture[str]):
    assert akg.main(["run", str(EXAMPLES / name), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert report["modes"] == {"program": True, "timed": True, "adversarial": True}
    assert 0 < report["lower_bound"] <= report["cycles"]
    assert 1 <= len(report["kernels"]) <= 5
    for kernel in report["kernels"]:
        assert set(kernel) == KERNEL_KEYS
        assert kernel["ok"]
        assert kernel["max_error"] is not None
        assert 0 < kernel["lower_bound"] <= kernel["cycles"]
        assert 0 < kernel["compulsory_bytes"] <= kernel["gm_bytes"]
        assert set(kernel["peak_bytes"]) <= {"ub", "l1", "l0a", "l0b", "l0c"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_timing_needs_no_inputs_and_no_single_steps(name: str):
    kernel = akg_mlir.compile(EXAMPLES / name)
    report = kernel.time()
    assert report.ok
    assert not report.modes
    for called, figures in zip(kernel.compilation.kernels, report.kernels, strict=True):
        loaded = load_program(decode(called.function, kernel.runner.target), kernel.runner.target)
        slowest = max(loaded.timelines, key=lambda timeline: timeline.cycles)
        assert (figures.cycles, figures.busy) == (slowest.cycles, slowest.busy)


def test_timing_only(capsys: pytest.CaptureFixture[str]):
    file = str(EXAMPLES / "gelu_chain.mlir")
    reports: list[dict[str, object]] = []
    for option in ("--timing-only", "--no-check"):
        assert akg.main(["run", file, "--json", option]) == 0
        reports.append(json.loads(capsys.readouterr().out))
        reports[-1].pop("compile_seconds")
    assert reports[0] == reports[1]


def test_both_engines_give_the_same_bits(capsys: pytest.CaptureFixture[str]):
    assert akg.main(["run", "examples/softmax.mlir", "--engine", "both", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["engine"] == "both"
    assert report["modes"]["simulated machine"]
    assert all(report["modes"][f"seed {seed}"] for seed in range(5))
    refused = ["run", "examples/softmax.mlir", "--engine", "host", "--timeline", "t.svg"]
    assert akg.main(refused) == 1
    assert "no timeline" in capsys.readouterr().err


def test_inputs_target_and_remarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    np.savez(tmp_path / "x.npz", x=np.zeros((64, 500), np.float32))
    remarks = tmp_path / "remarks.jsonl"
    options = ["--target", "generic_tiny", "--inputs", str(tmp_path / "x.npz")]
    code = akg.main(
        ["run", str(EXAMPLES / "softmax.mlir"), *options, "--remarks", str(remarks), "--no-check"]
    )
    output = capsys.readouterr().out
    assert code == 0
    assert "on generic_tiny: ok, 1 kernel" in output
    assert all("pass_name" in json.loads(line) for line in remarks.read_text().splitlines())


def test_a_wrong_result_is_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(reference, "run", lambda *_: [np.ones((64, 500), np.float32)])
    assert akg.main(["run", str(EXAMPLES / "softmax.mlir")]) == 1
    assert "softmax.mlir on ascend910: WRONG" in capsys.readouterr().out


def test_targets_are_listed(capsys: pytest.CaptureFixture[str]):
    assert akg.main(["targets"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in akg_mlir.targets.names())


def test_demo_goes_on_after_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "a.mlir").write_text("func.func @main(")
    (tmp_path / "b.mlir").write_text((EXAMPLES / "softmax.mlir").read_text())
    assert akg.main(["demo", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "a.mlir: FAILED" in captured.out
    assert "b.mlir on ascend910: ok" in captured.out
    assert "1 of 2 examples match the reference" in captured.out
    assert "a.mlir:1:17" in captured.err


def test_kernel_is_a_function_of_arrays():
    kernel = akg_mlir.compile(EXAMPLES / "softmax.mlir", target="generic_tiny")
    x = np.random.default_rng(0).standard_normal((64, 500)).astype(np.float32)
    result = kernel(x)
    assert isinstance(result, np.ndarray)
    expected = np.exp(x - x.max(1, keepdims=True))
    np.testing.assert_allclose(result, expected / expected.sum(1, keepdims=True), rtol=1e-4)
    with pytest.raises(CompileError, match="takes 1 arrays, 2 were given"):
        kernel(x, x)
    with pytest.raises(CompileError, match=r"input 'x' is float64"):
        kernel(x.astype(np.float64))


def test_weights_come_from_the_model():
    kernel = akg_mlir.compile(EXAMPLES / "layer_norm.onnx")
    source = load(EXAMPLES / "layer_norm.onnx")
    x = np.random.default_rng(0).standard_normal((64, 768)).astype(np.float32)
    weights = [source.weights["scale"], source.weights["bias"]]
    assert np.array_equal(kernel(x), kernel(x, *weights))
    assert not np.array_equal(kernel(x), kernel(x, weights[0] * 2, weights[1]))


def test_ir_remarks_and_report():
    kernel = akg_mlir.compile(EXAMPLES / "gelu_chain.mlir")
    assert "te.gelu" in kernel.ir("source")
    assert "te.gelu" not in kernel.ir("te")
    assert "poly.band" in kernel.ir("affine")
    assert "npu.set_flag" in kernel.ir()
    assert "affine.for" in kernel.ir("convert-te-to-affine")
    assert kernel.remarks
    report = kernel.report()
    assert report.ok
    assert "gelu" not in str(report.as_dict()["kernels"])


@pytest.mark.parametrize("rich", [True, False])
def test_table(rich: bool, monkeypatch: pytest.MonkeyPatch):
    from akg_mlir.report import table

    monkeypatch.setattr(table, "find_spec", lambda _: object() if rich else None)
    lines = render(("name", "cycles"), [("a", "1,000"), ("long name", "7")])
    assert lines[0].split() == ["name", "cycles"]
    assert lines[-2].endswith("1,000")
    assert lines[-1] == "long name       7"


def test_what_passes_through_is_no_work(tmp_path: Path):
    path = tmp_path / "through.mlir"
    path.write_text("""
func.func @main(%x: tensor<8xf32>, %big: tensor<400x400xf32>, %unused: tensor<400x400xf32>)
    -> (tensor<8xf32>, tensor<160000xf32>) {
  %y = te.neg %x : tensor<8xf32>
  %flat = te.reshape %big : tensor<400x400xf32> -> tensor<160000xf32>
  func.return %y, %flat : tensor<8xf32>, tensor<160000xf32>
}
""")
    report = akg_mlir.compile(path).report()
    assert report.ok
    assert 0 < report.utilisation <= 1


@pytest.mark.parametrize("change", [{"cycles": 4}, {"gm_bytes": 7}])
def test_a_beaten_bound_is_an_error_that_names_the_kernel(change: dict[str, int]):
    kernel = KernelFigures("k7", True, 10, {"v": 4}, 5, "dram", 4, 8, 8, 8, {}, 3, {}, None)
    kernel.check()
    with pytest.raises(ImpossibleFigures, match="kernel k7"):
        replace(kernel, **change).check()


def test_a_beaten_bound_of_the_program_is_an_error():
    kernel = KernelFigures("k7", True, 10, {"v": 4}, 5, "dram", 4, 8, 8, 8, {}, 3, {}, None)
    report = RunReport("m", "t", True, {}, 10, "dram", 9, 8, None, None, {}, (kernel,))
    report.check()
    with pytest.raises(ImpossibleFigures, match="m takes 10 cycles, the least possible is 11"):
        replace(report, lower_bound=11).check()


def test_report_says_which_kernel_is_wrong():
    kernel = KernelFigures(
        "k", False, 10, {"v": 4}, 5, "dram", 4, 8, 8, 8, {"ub": 32}, 3, {"a": 1.0}, 0.5
    )
    report = RunReport(
        "m", "t", False, {"program": True}, 5, "dram", 4, 8, 0.5, 1e-3, {}, (kernel,)
    )
    text = str(report)
    assert "m on t: WRONG, 1 kernel, 10 cycles, 50% utilisation (bound by dram)" in text
    assert "k WRONG" in text

"""Bad input: one clear error (what, where, what would work), exit code 1, nothing half-written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from akg_mlir.cli import akg, akg_opt

EXAMPLES = Path(__file__).parents[3] / "examples"


def program(body: str, kind: str = "tensor<64x64xf32>", result: str | None = None) -> str:
    result = result or kind
    return f"""func.func @main(%x: {kind}) -> {result} {{
  {body}
  func.return %y : {result}
}}
"""


CASES = {
    "malformed": ("func.func @main(", "bad.mlir:1:17"),
    "unknown op": (
        program("%y = te.frobnicate %x : tensor<64x64xf32>"),
        "bad.mlir:2:22",
        "te.frobnicate",
    ),
    "unknown dialect": (program('%y = "foo.op"(%x) : () -> ()'), "bad.mlir:2", "foo.op"),
    "undefined value": (
        "func.func @main() -> tensor<4xf32> {\n  func.return %y : tensor<4xf32>\n}\n",
        "bad.mlir:2",
        "%y",
    ),
    "unsupported dtype": (
        program("%y = te.neg %x : tensor<64x64xf64>", "tensor<64x64xf64>"),
        "f64",
    ),
    "unsupported op": (
        program("%y = tensor.empty() : tensor<64x64xf32>"),
        "tensor.empty",
    ),
    "dynamic shape": (program("%y = te.neg %x : tensor<?x64xf32>", "tensor<?x64xf32>"), "?x64"),
    "shape mismatch": (
        program(
            "%y = te.matmul %x, %x : (tensor<64x32xf32>, tensor<64x32xf32>) -> tensor<64x32xf32>",
            "tensor<64x32xf32>",
        ),
        "bad.mlir:2",
        "te.matmul",
    ),
    "control flow": (
        "func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {\n  cf.br ^end(%x : tensor<8xf32>)\n"
        "^end(%y : tensor<8xf32>):\n  func.return %y : tensor<8xf32>\n}\n",
        "@main has 2 blocks",
        "te.select",
    ),
    "op on elements": (program("%y = arith.negf %x : tensor<64x64xf32>"), "arith.negf", "te ops"),
    "call": (
        program("%y = func.call @f(%x) : (tensor<64x64xf32>) -> tensor<64x64xf32>")
        + program("%y = te.neg %x : tensor<64x64xf32>").replace("@main", "private @f"),
        "bad.mlir:2",
        "calls @f, which is no kernel",
    ),
    "numbers instead of arrays": (
        "func.func @main(%x: f32) attributes {npu.kernel} {\n  func.return\n}\n",
        "argument 0 is f32, neither tensor nor memref",
    ),
    "tensor beyond all memories": (
        program(
            "%y = te.neg %x : tensor<9223372036854775807xf32>", "tensor<9223372036854775807xf32>"
        ),
        "bad.mlir:2",
        "too large",
    ),
    "tensor too large to simulate": (
        program("%y = te.neg %x : tensor<100000x100000xf32>", "tensor<100000x100000xf32>"),
        "80000000000 bytes",
        "smaller shapes",
    ),
    "target that is no name": (
        "module attributes {npu.target = 3 : i32} {\n"
        + program("%y = te.neg %x : tensor<64x64xf32>")
        + "}\n",
        "npu.target is 3 : i32",
        "ascend910",
    ),
    "no function": ("module {}", "func.func"),
    "binary": ("\udcff\udcfe", "UTF-8"),
}


def run_failing(arguments: list[str], tool: object, capsys: pytest.CaptureFixture[str]) -> str:
    """What the tool says on stderr; it must fail with one error and without a traceback."""
    code = tool.main(arguments)  # type: ignore[attr-defined]
    captured = capsys.readouterr()
    assert code == 1, captured
    assert captured.out == ""
    assert captured.err.count("error:") == 1, captured.err
    assert "Traceback" not in captured.err
    assert "internal error" not in captured.err, captured.err
    return captured.err


@pytest.mark.parametrize("case", CASES)
def test_akg_run(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    text, *expected = CASES[case]
    path = tmp_path / "bad.mlir"
    path.write_text(text, errors="surrogateescape")
    remarks = tmp_path / "remarks.jsonl"
    said = run_failing(["run", str(path), "--remarks", str(remarks)], akg, capsys)
    for part in expected:
        assert part in said
    assert not remarks.exists()


@pytest.mark.parametrize("case", ["malformed", "unknown op", "undefined value", "shape mismatch"])
def test_akg_opt(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    text, *expected = CASES[case]
    path, output = tmp_path / "bad.mlir", tmp_path / "out.mlir"
    path.write_text(text)
    output.write_text("kept")
    said = run_failing([str(path), "-p", "akg", "-o", str(output)], akg_opt, capsys)
    for part in expected:
        assert part in said
    assert output.read_text() == "kept"


@pytest.mark.parametrize("name", ["missing.mlir", "missing.onnx"])
@pytest.mark.parametrize("tool", [akg, akg_opt])
def test_missing_file(tool: object, name: str, capsys: pytest.CaptureFixture[str]):
    arguments = ["run", name] if tool is akg else [name]
    assert name in run_failing(arguments, tool, capsys)


def test_truncated_onnx(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    content = (EXAMPLES / "layer_norm.onnx").read_bytes()
    path = tmp_path / "truncated.onnx"
    path.write_bytes(content[: len(content) // 2])
    assert "truncated" in run_failing(["run", str(path)], akg, capsys)


def test_directory_instead_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run_failing(["run", str(tmp_path)], akg, capsys)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (["--target", "ascend9100"], "ascend910"),
        (["--pipeline", "poly-tyle"], "poly-tile"),
        (["--inputs", "missing.npz"], "missing.npz"),
        (["--policy", "no policy"], "policy"),
        (["--seed", "-1"], "seed is -1"),
    ],
)
def test_bad_options(option: list[str], expected: str, capsys: pytest.CaptureFixture[str]):
    said = run_failing(["run", str(EXAMPLES / "softmax.mlir"), *option], akg, capsys)
    assert expected in said


def test_inputs_that_do_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros(3, np.float32))
    file = str(EXAMPLES / "softmax.mlir")
    assert "input 'x' is float32[3]" in run_failing(
        ["run", file, "--inputs", str(path)], akg, capsys
    )


def test_tile_policy_that_does_not_fit_is_told_one_that_does(capsys: pytest.CaptureFixture[str]):
    file = str(EXAMPLES / "softmax.mlir")
    arguments = ["run", file, "--target", "generic_tiny", "--timing-only", "--policy"]
    said = run_failing([*arguments, "S7: 64@UB, 500@UB"], akg, capsys)
    assert "bytes of UB, the limit is 30720" in said
    sizes = re.search(r"tiles of (\d+) x 500 fit", said)
    assert sizes is not None
    assert akg.main([*arguments, f"S7: {sizes[1]}@UB, 500@UB"]) == 0


def test_demo_of_an_empty_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert "no .mlir, .onnx" in run_failing(["demo", str(tmp_path)], akg, capsys)


def test_backtrace_lets_exceptions_pass():
    with pytest.raises(FileNotFoundError):
        akg.main(["--backtrace", "run", "missing.mlir"])

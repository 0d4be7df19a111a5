from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.dialects.arith import AddiOp
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.cli import akg_opt
from akg_mlir.diagnostics import remark
from akg_mlir.passes import get_all_passes

EXAMPLES = Path(__file__).parents[3] / "examples"
TEXT = """
func.func @f(%a : i32) -> i32 {
  %0 = arith.addi %a, %a : i32
  %1 = arith.addi %0, %a : i32
  func.return %1 : i32
}
"""


@dataclass(frozen=True)
class Swap(ModulePass):
    """Break dominance: the first addition moves behind its use."""

    name = "test-swap"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        first, second = (inner for inner in op.walk() if isinstance(inner, AddiOp))
        first.detach()
        block = second.parent
        assert block is not None
        block.insert_op_after(first, second)
        remark(self.name, "passed", "@f", "swapped", additions=2)


@pytest.fixture
def text_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    original = akg_opt.AkgOpt.register_all_passes

    def with_test_pass(self: akg_opt.AkgOpt) -> None:
        original(self)
        self.register_pass("test-swap", lambda: Swap)

    monkeypatch.setattr(akg_opt.AkgOpt, "register_all_passes", with_test_pass)
    path = tmp_path / "f.mlir"
    path.write_text(TEXT)
    return path


def test_every_pass_is_listed_with_one_line(capsys: pytest.CaptureFixture[str]):
    assert akg_opt.main(["--list-passes"]) == 0
    listed = capsys.readouterr().out
    for name in get_all_passes():
        assert f"  {name}" in listed
    assert "canonicalize" in listed


def test_a_pass_that_breaks_dominance_is_named(text_file: Path, capsys: pytest.CaptureFixture[str]):
    assert akg_opt.main([str(text_file), "-p", "canonicalize,test-swap,cse"]) == 1
    error = capsys.readouterr().err
    assert "after test-swap the IR does not verify" in error
    assert f"arith.addi at {text_file}:4:3" in error


def test_remarks_are_json_lines(text_file: Path, tmp_path: Path):
    remarks = tmp_path / "remarks.jsonl"
    arguments = [str(text_file), "-p", "test-swap", "--remarks", str(remarks), "--disable-verify"]
    # `--disable-verify` patches xDSL for good, so it gets a process of its own.
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import test_akg_opt as t;"
        "from akg_mlir.cli import akg_opt; original = akg_opt.AkgOpt.register_all_passes;"
        "akg_opt.AkgOpt.register_all_passes = "
        "lambda s: (original(s), s.register_pass('test-swap', lambda: t.Swap));"
        "sys.exit(akg_opt.main(sys.argv[1:]))"
    )
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", code, here, *arguments], check=True, capture_output=True)
    (line,) = remarks.read_text().splitlines()
    assert json.loads(line) == {
        "pass_name": "test-swap",
        "kind": "passed",
        "where": "@f",
        "message": "swapped",
        "numbers": {"additions": 2},
    }


def test_output_file_is_written_whole(text_file: Path, tmp_path: Path):
    output = tmp_path / "out.mlir"
    assert akg_opt.main([str(text_file), "-p", "cse", "-o", str(output)]) == 0
    assert "func.func @f" in output.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.mlir", "out.mlir"]


def test_onnx_models_are_input(capsys: pytest.CaptureFixture[str]):
    assert akg_opt.main([str(EXAMPLES / "layer_norm.onnx")]) == 0
    assert "te.layer_norm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import akg_mlir", ("xdsl", "numpy", "islpy", "onnx")),
        (
            "from akg_mlir.cli import akg_opt\ntry: akg_opt.main(['--help'])\nexcept SystemExit: 0",
            ("numpy", "islpy", "onnx", "akg_mlir.dialects.te", "xdsl.dialects.affine"),
        ),
        ("import akg_mlir.universe", ("numpy", "islpy", "onnx", "akg_mlir.dialects.npu")),
    ],
)
def test_nothing_heavy_is_imported_early(code: str, unwanted: tuple[str, ...]):
    check = f"\nimport sys; print('LOADED', [m for m in {unwanted!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code + check], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_lit_runs_the_same_files():
    """One directory only: the others are covered in process."""
    root = Path(__file__).parents[2] / "filecheck"
    lit = Path(sys.executable).with_name("lit")
    done = subprocess.run(
        [str(lit), "-v", str(root / "tools")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

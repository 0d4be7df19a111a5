"""`akg build`: what it writes where, and what it refuses to write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from example_files import EXAMPLES

from akg_mlir.cli import akg

SOFTMAX = str(EXAMPLES / "softmax.mlir")
FFN = str(EXAMPLES / "ffn.onnx")


def build(*arguments: object) -> int:
    return akg.main(["build", *map(str, arguments)])


def files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if path.parts[0] != "include"}


def test_a_folder_holds_all_that_it_takes_to_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "out"
    assert build(FFN, "-o", folder, "--name", "block", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    manifest = json.loads((folder / "manifest.json").read_text())
    kernels = [kernel["source"] for kernel in manifest["kernels"]]
    assert (printed["name"], printed["library"]) == ("block", None)
    assert 1 < printed["kernels"] == len(kernels)
    assert files(folder) == {
        *(f"block.{suffix}" for suffix in ("h", "cpp", "py")),
        *kernels,
        *("CMakeLists.txt", "exports.map", "weights.bin", "manifest.json"),
    }
    assert (folder / "include" / "akg_npu.hpp").exists()
    assert (folder / "weights.bin").stat().st_size == manifest["weights"]["bytes"]
    assert manifest["target"] == {"name": "ascend910", "cores": 32, "npu_arch": 1001}
    first = manifest["kernels"][0]
    assert (first["name"], first["workspace_bytes"]) == ("main_kernel0", 0)
    assert 1 <= first["blocks"] <= 32
    assert first["arguments"][0] == {
        "name": "x",
        "element": "f16",
        "shape": [128, 768],
        "layout": "row-major",
        "bytes": 196608,
        "direction": "in",
        "alignment": 512,
    }
    assert [argument["direction"] for argument in first["arguments"]] == ["in", "out"]
    assert manifest["weights"]["tensors"][0]["origin"] == "w_in packed as zn"


def test_a_build_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    assert build(FFN, "-o", tmp_path) == 0
    (tmp_path / "kernels" / "mine.cpp").write_text("// not of the build\n")
    (tmp_path / "notes").write_text("neither\n")
    assert build(SOFTMAX, "-o", tmp_path) == 0
    assert files(tmp_path) == {
        *("softmax.h", "softmax.cpp", "softmax.py", "kernels/main_kernel0.cpp"),
        *("CMakeLists.txt", "exports.map", "weights.bin", "manifest.json"),
        *("kernels/mine.cpp", "notes"),
    }


def test_other_folders_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("[]", '{"format": "something else"}', "not JSON"):
        (tmp_path / "manifest.json").write_text(content)
        assert build(SOFTMAX, "-o", tmp_path) == 1
        assert "is not empty, and no build of a program" in capsys.readouterr().err
        assert files(tmp_path) == {"manifest.json"}
    assert build(SOFTMAX, "-o", tmp_path, "--force") == 0
    assert json.loads((tmp_path / "manifest.json").read_text())["name"] == "softmax"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pipeline", "te-set-target"], "the module has no kernels"),
        (["--pipeline", "te-decompose"], "the module does not say which machine it is for"),
        (["--name", "3x"], "'3x' cannot be the prefix of C functions"),
        (["--target", "nothing"], "unknown target 'nothing'"),
        (["--weights", "README.md"], "README.md: not an .npz file"),
    ],
)
def test_what_cannot_be_built_is_said(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(SOFTMAX, "-o", tmp_path / "out", *arguments) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert build(SOFTMAX, "-o", tmp_path / "file", "--force") == 1
    assert "file is no folder" in capsys.readouterr().err

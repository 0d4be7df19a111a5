from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from xdsl.utils.exceptions import ParseError, VerifyException

from akg_mlir.diagnostics import CompileError
from akg_mlir.inputs import argument_names, prepare, read_npz
from akg_mlir.sources import entry_of, load, parse_module

ADD = """
func.func @main(%x: tensor<4x8xf16>, %y: tensor<8xf16>) -> tensor<4x8xf16> {
  %z = te.add %x, %y : (tensor<4x8xf16>, tensor<8xf16>) -> tensor<4x8xf16>
  func.return %z : tensor<4x8xf16>
}
"""


def test_text_path_and_module_give_the_same_source(tmp_path: Path):
    path = tmp_path / "add.mlir"
    path.write_text(ADD)
    sources = [load(ADD), load(path), load(str(path)), load(parse_module(ADD))]
    assert {source.entry for source in sources} == {"main"}
    assert len({str(source.module) for source in sources}) == 1


def test_missing_file(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.mlir")
    with pytest.raises(FileNotFoundError):
        load("missing.onnx")


def test_unknown_suffix(tmp_path: Path):
    (tmp_path / "model.pb").touch()
    with pytest.raises(CompileError, match=r"known are \.mlir, \.onnx"):
        load(tmp_path / "model.pb")


def test_binary_file_is_not_text(tmp_path: Path):
    path = tmp_path / "binary.mlir"
    path.write_bytes(b"\x00\xff\xfe")
    with pytest.raises(CompileError, match="not UTF-8"):
        load(path)


def test_malformed_text():
    with pytest.raises(ParseError):
        load("func.func @main(\n")


def test_text_that_does_not_verify():
    with pytest.raises(VerifyException):
        load(ADD.replace("4x8xf16> {", "4x9xf16> {"))


def test_the_entry_is_the_only_public_function():
    helper = "\nfunc.func private @helper() {\n  func.return\n}"
    assert entry_of(parse_module(ADD + helper)) == "main"
    with pytest.raises(CompileError, match="@main, @helper"):
        entry_of(parse_module(ADD + helper.replace("private ", "")))
    with pytest.raises(CompileError, match="it has none"):
        entry_of(parse_module("func.func private @extern() -> ()"))


def test_random_inputs_depend_on_the_seed_alone():
    source = load(ADD)
    one, same, other = prepare(source, {}, 1), prepare(source, {}, 1), prepare(source, {}, 2)
    assert all(np.array_equal(a, b) for a, b in zip(one, same))
    assert not np.array_equal(one[0], other[0])
    assert [(a.shape, a.dtype.name) for a in one] == [((4, 8), "float16"), ((8,), "float16")]
    given = prepare(source, {"x": one[0] * 2}, 1)
    assert np.array_equal(given[1], one[1])


def test_inputs_by_name_and_by_position():
    source = load(ADD)
    assert argument_names(source.function()) == ["x", "y"]
    y = np.arange(8, dtype=np.float16)
    assert np.array_equal(prepare(source, {"y": y})[1], y)
    assert np.array_equal(prepare(source, {"arr_1": y})[1], y)


def test_every_argument_has_a_name_of_its_own():
    arguments = '%x_0: tensor<4xf32>, %x_1: tensor<4xf32>, %w: tensor<4xf32> {te.resource = "x_1"}'
    module = parse_module(f"func.func @main({arguments}) {{\n  func.return\n}}")
    (main,) = module.ops
    assert argument_names(main) == ["x", "x_2", "x_1"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"z": np.zeros(8, np.float16)}, r"no input 'z'(.|\n)*the inputs are x, y"),
        ({"y": np.zeros(9, np.float16)}, r"input 'y' is float16\[9\], the program takes float16"),
        ({"y": np.zeros(8, np.float32)}, r"input 'y' is float32\[8\]"),
    ],
)
def test_inputs_that_do_not_fit(given: dict[str, np.ndarray], message: str):
    with pytest.raises(CompileError, match=message):
        prepare(load(ADD), given)


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x03\x04 truncated"])
def test_file_that_is_not_npz(tmp_path: Path, content: bytes):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(CompileError, match=r"not an \.npz file"):
        read_npz(path)


def test_npz_with_a_single_array_only(tmp_path: Path):
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(CompileError, match=r"not an \.npz file"):
        read_npz(tmp_path / "x.npy")

"""Whole programs as shared libraries: same bits as the machine, through Python and through C."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from example_files import EXAMPLES, FILES
from hypothesis import settings
from onnx import TensorProto, helper, numpy_helper
from random_networks import random_network

import akg_mlir
from akg_mlir.cli import akg
from akg_mlir.compiler import Kernel
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution import host_build
from akg_mlir.execution.graph import kernel_calls
from akg_mlir.execution.library import Program, build_library
from akg_mlir.inputs import argument_names, prepare
from akg_mlir.judging import same_bits

DEEP = settings.default.max_examples >= 1000
NAMES = [*FILES, "momentum.info"]
CHOSEN = NAMES if DEEP else ["momentum.info", "paper_running_example.mlir"]
SEEDS = range(100) if DEEP else range(1)
RNG = np.random.default_rng(0)
PAGE = EXAMPLES.parent / "docs" / "build.md"
MODEL = EXAMPLES / "matmul_bias_relu.onnx"


def differs(kernel: Kernel, directory: Path) -> bool:
    """Whether the library gives other bits than the simulated machine."""
    source = kernel.compilation.source
    arrays = prepare(source, {})
    names = argument_names(source.function())
    free = [array for name, array in zip(names, arrays) if name not in source.weights]
    program = kernel.build_library(directory)
    first = program.run(free)
    return not (
        same_bits(kernel.runner.run(arrays).outputs, first) and same_bits(first, program.run(free))
    )


@pytest.mark.parametrize("name", CHOSEN)
def test_examples_give_the_bits_of_the_machine(name: str, tmp_path: Path) -> None:
    assert not differs(akg_mlir.compile(EXAMPLES / name), tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_networks_give_the_bits_of_the_machine(seed: int, tmp_path: Path) -> None:
    assert not differs(akg_mlir.compile(random_network(seed)), tmp_path)


def test_moved_weights_are_read_from_their_file(tmp_path: Path) -> None:
    """A transposed factor in front of a product, as networks have it."""
    nodes = [
        helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "t"], ["y"]),
    ]
    floats = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "transposed",
        [helper.make_tensor_value_info("x", floats, [4, 24])],
        [helper.make_tensor_value_info("y", floats, [4, 40])],
        [numpy_helper.from_array(RNG.standard_normal((40, 24)).astype(np.float32), "w")],
    )
    kernel = akg_mlir.compile(helper.make_model(graph))
    assert len(kernel_calls(kernel.compilation.module, "main")) == 1
    assert not differs(kernel, tmp_path)
    (weight,) = json.loads((tmp_path / "manifest.json").read_text())["weights"]["tensors"]
    assert (weight["origin"], weight["shape"]) == ("w transposed 1 0", [24, 40])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of a model with weights."""
    folder = tmp_path_factory.mktemp("built")
    build_library(akg_mlir.compile(MODEL).compilation, folder, name="model")
    return folder


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((128, 256)).astype(np.float16)


def test_the_wrapper_needs_numpy_only(built: Path, x: np.ndarray, tmp_path: Path) -> None:
    code = """
import sys
import numpy as np
import model
program = model.Program()
assert [str(t) for t in program.inputs] == ["x: float16[128, 256]"]
np.save(sys.argv[2], program(x=np.load(sys.argv[1])))
assert not any(name.startswith(("akg_mlir", "xdsl")) for name in sys.modules)
"""
    np.save(tmp_path / "x.npy", x)
    files = [str(tmp_path / "x.npy"), str(tmp_path / "y.npy")]
    subprocess.run([sys.executable, "-c", code, *files], cwd=built, check=True)
    assert same_bits([np.load(files[1])], [akg_mlir.load_library(built)(x)])


def test_arrays_that_do_not_fit_are_refused(built: Path, x: np.ndarray) -> None:
    program = akg_mlir.load_library(built)
    with pytest.raises(ValueError, match=r"input x: float16\[128, 256\], given was float64"):
        program(x.astype(np.float64))
    with pytest.raises(ValueError, match=r"given was float16\[256, 128\]"):
        program(x.T)
    for wrong in ({}, {"z": x}, {"x": x, "z": x}):
        with pytest.raises(TypeError, match="the inputs are x"):
            program(**wrong)
    with pytest.raises(TypeError, match=r"the inputs are x: .*; given were 2 arrays"):
        program.run([x, x])
    with pytest.raises(ValueError, match=r"given was int64\[2\]"):
        program([1, 2])
    with pytest.raises(ValueError, match=r"output y: .* must be contiguous"):
        program.run([x], [np.zeros((128, 256), np.float16)[:, ::2]])
    # what is not contiguous is no other array
    spread = np.zeros((128, 512), np.float16)[:, ::2]
    spread[:] = x
    assert same_bits([program(spread)], [program(x)])


def test_threads_may_share_a_program(built: Path, x: np.ndarray) -> None:
    program = akg_mlir.load_library(built)
    inputs = [x * np.float16(k) for k in range(8)]
    expected = [program(given) for given in inputs]
    with ThreadPoolExecutor(4) as pool:
        assert same_bits(expected, list(pool.map(program, inputs)))


def test_weights_must_be_those_of_the_program(built: Path, tmp_path: Path) -> None:
    library, right = built / "libmodel.so", (built / "weights.bin").read_bytes()
    file = tmp_path / "weights.bin"
    with pytest.raises(RuntimeError, match=r"weights.bin: No such file or directory"):
        Program(file, library)
    for wrong, message in (
        (right[:-1], f"has {len(right) - 1} bytes, the weights of this program have {len(right)}"),
        (b"", "has 0 bytes"),
        (b"X" + right[1:], "holds no weights of this program"),
        (right[:40] + bytes(8) + right[48:], "holds no weights of this program"),
    ):
        file.write_bytes(wrong)
        with pytest.raises(RuntimeError, match=message):
            Program(file, library)


def shown(library: Path) -> list[str]:
    """The functions that a library defines for others."""
    command = ["nm", "-D", "--defined-only", library]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split()[-1] for line in listed.splitlines()]


def test_a_library_shows_its_own_functions_only(built: Path) -> None:
    """So that two of them in one process do not use each other's kernels."""
    names = shown(built / "libmodel.so")
    assert len(names) == 9
    assert all(name.startswith("model_") for name in names)


C_PROGRAM = """
#include "model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(const char *what) {
  printf("%s: %s\\n", what, model_last_error());
  return 1;
}

int main(int count, char **arguments) {
  (void)count;
  if (model_version() != MODEL_VERSION || model_input_count() != 1) return 2;
  const model_tensor *in = model_input(0), *out = model_output(0);
  if (model_input(1) != NULL || model_output(-1) != NULL || in->rank != 2) return 2;
  if (strcmp(in->element, "f16") != 0 || in->shape[1] != 256) return 2;
  if (model_create("nowhere") == NULL) failed("create");
  model_program *program = model_create(arguments[1]);
  if (program == NULL) return failed("create");
  model_buffer x = {malloc(in->bytes), in->bytes}, y = {malloc(out->bytes), out->bytes};
  FILE *file = fopen(arguments[2], "rb");
  if (fread(x.data, 1, x.bytes, file) != x.bytes) return 2;
  fclose(file);
  model_buffer small = {x.data, 4}, null = {NULL, in->bytes};
  if (model_run(program, &small, 1, &y, 1) != 0) failed("small");
  if (model_run(program, &null, 1, &y, 1) != 0) failed("null");
  if (model_run(program, &x, 1, &x, 1) != 0) failed("wrong output");
  if (model_run(program, &x, 0, &y, 1) != 0) failed("missing");
  if (model_run(NULL, &x, 1, &y, 1) != 0) failed("no program");
  model_buffer inside = {(char *)x.data + 2, out->bytes};
  if (model_run(program, &x, 1, &inside, 1) != 0) failed("overlap");
  if (model_run(program, &x, 1, &y, 1) != 0) return failed("run");
  model_destroy(program);
  file = fopen(arguments[3], "wb");
  fwrite(y.data, 1, y.bytes, file);
  return fclose(file);
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_c_programs_run_it(built: Path, x: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(C_PROGRAM)
    x.tofile(tmp_path / "x")
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", f"-I{built}"]
    paths = [f"-L{built}", f"-Wl,-rpath,{built}", "-lmodel"]
    command = ["gcc", *flags, "-o", "main", "main.c", *paths]
    subprocess.run(command, cwd=tmp_path, check=True)
    files = [str(built / "weights.bin"), "x", "y"]
    run = subprocess.run(["./main", *files], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert run.stdout.splitlines() == [
        "create: nowhere: No such file or directory",
        "small: input 0, x, has 4 bytes, the program needs 65536",
        "null: input 0, x, is null",
        "wrong output: output 0, y, has 65536 bytes, the program needs 32768",
        "missing: the program has 1 inputs, 0 were given",
        "no program: no program given",
        "overlap: the memory of output y overlaps that of x",
    ]
    y = np.fromfile(tmp_path / "y", np.float16).reshape(128, 128)
    assert same_bits([y], [akg_mlir.load_library(built)(x)])


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_the_c_program_on_the_page_runs(tmp_path: Path) -> None:
    (source,) = re.findall(r"```c\n(.*?)```", PAGE.read_text(), re.DOTALL)
    build_library(akg_mlir.compile(EXAMPLES / "softmax.mlir").compilation, tmp_path)
    (tmp_path / "main.c").write_text(source)
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-L.", "-Wl,-rpath,.", "main.c"]
    subprocess.run(["gcc", *flags, "-o", "main", "-lsoftmax"], cwd=tmp_path, check=True)
    done = subprocess.run(["./main"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("0.002\n", "")
    done = subprocess.run(["./main", "main.c"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == f"main.c has {len(source)} bytes, the weights of this program have 64\n"


def test_builds_are_deterministic(built: Path, tmp_path: Path) -> None:
    build_library(akg_mlir.compile(MODEL).compilation, tmp_path, name="model")
    for path in built.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.read_bytes() == (tmp_path / path.relative_to(built)).read_bytes()


def test_the_checks_of_kernels_can_be_asked_for(
    built: Path, x: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = akg_mlir.load_library(built)(x)
    monkeypatch.setenv("AKG_CHECK", "1")
    monkeypatch.setenv("AKG_SEED", "7")
    assert same_bits([fast], [akg_mlir.load_library(built)(x)])


def test_a_missing_compiler_leaves_the_folder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compilation = akg_mlir.compile(EXAMPLES / "softmax.mlir").compilation
    monkeypatch.setenv("CXX", "no-such-compiler")
    host_build.compiler.cache_clear()
    with pytest.raises(CompileError, match="no C\\+\\+ compiler found"):
        build_library(compilation, tmp_path / "out")
    host_build.compiler.cache_clear()
    assert not (tmp_path / "out").exists()
    with pytest.raises(CompileError, match="holds no library of a program"):
        akg_mlir.load_library(tmp_path / "out")


@pytest.mark.skipif(shutil.which("cmake") is None, reason="needs CMake")
def test_sources_build_with_cmake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, file = tmp_path / "out", EXAMPLES / "softmax.mlir"
    assert akg.main(["build", str(file), "-o", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["library"] is None
    for command in (["cmake", "-B", "build", "."], ["cmake", "--build", "build"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert all(name.startswith("softmax_") for name in shown(folder / "libsoftmax.so"))
    x = np.random.default_rng(0).standard_normal((64, 500)).astype(np.float32)
    assert same_bits([akg_mlir.load_library(folder)(x)], [akg_mlir.compile(file)(x)])

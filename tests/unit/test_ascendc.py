"""The device body of akg_npu.hpp: what a compiler can check without a toolkit.

The texts of kernels are type-checked against declarations of our own (support/ascendc_stub), for
each machine that Ascend C tells apart.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import pytest
from example_files import EXAMPLES, PROGRAMS

import akg_mlir
from akg_mlir.execution.host_build import INCLUDE, compiler

STUB = Path(__file__).parents[1] / "support" / "ascendc_stub"
ASCEND_910A, ASCEND_310P, ASCEND_910B = 1001, 2002, 2201


def device_command(machine: int) -> list[str]:
    """A compiler that takes a kernel from its input as the device body has it."""
    defines = f"-D__NPU_ARCH__={machine}"
    return [compiler().path, "-std=c++17", defines, f"-I{STUB}", f"-I{INCLUDE}", "-xc++", "-"]


def refusal(text: str, machine: int) -> str:
    """What the compiler says of a kernel that it does not accept, else nothing."""
    done = subprocess.run(
        [*device_command(machine), "-fsyntax-only", "-Wall", "-Werror=return-type"],
        input=text,
        capture_output=True,
        text=True,
    )
    return done.stderr if done.returncode else ""


@cache
def texts(example: str, target: str) -> dict[str, str]:
    return akg_mlir.compile(EXAMPLES / example, target=target).cpp()


@pytest.mark.parametrize("machine", [ASCEND_910A, ASCEND_310P])
@pytest.mark.parametrize("example", PROGRAMS)
def test_kernels_of_examples_are_well_typed(example: str, machine: int) -> None:
    for text in texts(example, "ascend910").values():
        assert not refusal(text, machine)


@pytest.mark.parametrize("example", ["softmax.mlir", "layer_norm.onnx"])
def test_vector_kernels_are_well_typed_for_separate_cores(example: str) -> None:
    for text in texts(example, "ascend910b").values():
        assert not refusal(text, ASCEND_910B)

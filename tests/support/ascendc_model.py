"""Kernels over the device body of akg_npu.hpp, executed by a model of the calls they make."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from xdsl.dialects import func

from akg_mlir.compiler import Kernel
from akg_mlir.emit.cpp import emit_kernel
from akg_mlir.execution.graph import run_graph, with_weights
from akg_mlir.execution.host_build import INCLUDE, compiler
from akg_mlir.execution.machine import target_of
from akg_mlir.machine.program import DTYPES
from akg_mlir.sources import Array
from akg_mlir.targets import Target

STUB = Path(__file__).parent / "ascendc_stub"


class Refused(Exception):
    """The device body does not accept a kernel; the message is the compiler's."""


def device_command(machine: int) -> list[str]:
    """A compiler that takes a kernel from its input as the device body has it."""
    defines = f"-D__NPU_ARCH__={machine}"
    return [compiler().path, "-std=c++17", defines, f"-I{STUB}", f"-I{INCLUDE}", "-xc++", "-"]


def run_on_model(kernel: Kernel, inputs: Sequence[Array], machine: int) -> tuple[Array, ...]:
    """The results of a program whose kernels call the model."""
    compilation = kernel.compilation
    target = target_of(compilation)

    def call(function: func.FuncOp, arrays: Sequence[Array | None]) -> Mapping[int, Array]:
        return run_kernel(function, arrays, target, machine)

    source = compilation.source
    return run_graph(compilation.module, source.entry, with_weights(source, inputs), call)


def run_kernel(
    function: func.FuncOp, arrays: Sequence[Array | None], target: Target, machine: int
) -> dict[int, Array]:
    """The arrays that a kernel writes, by position; None for one that is undefined before."""
    kernel = emit_kernel(function, target)
    workspaces = [None] * (len(kernel.tensors) - kernel.arguments)
    tensors: list[Array] = []
    for tensor, given in zip(kernel.tensors, (*arrays, *workspaces), strict=True):
        dtype = DTYPES[tensor.element]
        if given is None:
            tensors.append(np.zeros(tensor.bytes // dtype.itemsize, dtype))
        else:
            tensors.append(np.array(given, dtype, order="C"))
    library = _build(kernel.text, machine)
    for core in range(kernel.cores):
        library["enter_block"](ctypes.c_int64(core))
        library[kernel.name](*(ctypes.c_void_p(tensor.ctypes.data) for tensor in tensors))
    return {k: tensors[k].reshape(kernel.tensors[k].shape) for k in kernel.outputs}


def _build(text: str, machine: int) -> ctypes.CDLL:
    flags = ["-DASCENDC_MODEL", "-O1", "-ffp-contract=off", "-fPIC", "-shared"]
    with tempfile.TemporaryDirectory() as folder:
        library = str(Path(folder) / "kernel.so")
        command = [*device_command(machine), *flags, "-o", library]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        if done.returncode:
            raise Refused(done.stderr)
        return ctypes.CDLL(library)

"""Lines that a user writes for three kernels, and lines of C++ that come out of the compiler.

The figures of the AKG paper beside them are read off its figure 10, which has a logarithmic axis:
kernels written in CCE by hand, without and with optimisation, schedules for TVM, and AKG.
"""

from __future__ import annotations

import inspect

import akg_mlir as akg
from akg_mlir.python_kernel import PythonKernel


@akg.kernel
def conv(
    x: akg.f16[16, 64, 56, 56], w: akg.f16[64, 64, 3, 3], scale: akg.f16[64, 1, 1]
) -> akg.Tensor:
    return akg.relu(akg.conv2d(x, w, pads=(1, 1, 1, 1)) * scale)


@akg.kernel
def gemm(a: akg.f16[1024, 1024], b: akg.f16[1024, 1024], bias: akg.f16[1024]) -> akg.Tensor:
    return a @ b + bias


@akg.kernel
def relu(x: akg.f16[16, 64, 56, 56]) -> akg.Tensor:
    return akg.relu(x)


FIGURE_10 = {
    "conv": {"CCE": 3000, "CCE optimised": 21007, "TVM": 10019, "AKG": 200},
    "gemm": {"CCE": 1502, "CCE optimised": 2401, "TVM": 900, "AKG": 120},
    "relu": {"CCE": 120, "CCE optimised": 260, "TVM": 110, "AKG": 40},
}


def code_lines(text: str, comment: str) -> int:
    """Lines that are neither empty nor a comment alone."""
    lines = [line.strip() for line in text.splitlines()]
    return sum(bool(line) and not line.startswith(comment) for line in lines)


def run() -> dict[str, object]:
    """Per kernel the lines written, kernels and lines emitted, and the paper's figures."""
    return {kernel.__name__: _case(kernel) for kernel in (conv, gemm, relu)}


def _case(kernel: PythonKernel) -> dict[str, object]:
    texts = kernel.compile().cpp()
    return {
        "written": code_lines(inspect.getsource(kernel.function), "#"),
        "kernels": len(texts),
        "emitted": {name: code_lines(text, "//") for name, text in texts.items()},
        "figure_10": FIGURE_10[kernel.__name__],
    }

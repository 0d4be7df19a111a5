"""akg-mlir: a polyhedral tensor compiler for neural processing units.

    import akg_mlir as akg

    kernel = akg.compile("model.onnx", target="ascend910")
    y = kernel(x)
    print(kernel.ir("affine"), kernel.report(), kernel.remarks)

    @akg.kernel
    def bias_relu(x: akg.f16[128, 256], b: akg.f16[256]) -> akg.Tensor:
        return akg.relu(x + b)

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from akg_mlir import targets as targets
    from akg_mlir.compiler import Kernel as Kernel
    from akg_mlir.compiler import compile as compile
    from akg_mlir.compiler import pipeline as pipeline
    from akg_mlir.diagnostics import CompileError as CompileError
    from akg_mlir.diagnostics import Remark as Remark
    from akg_mlir.execution.library import load_library as load_library
    from akg_mlir.frontends.python import *  # noqa: F403  (its __all__ is what kernels are made of)
    from akg_mlir.parsing import make_context as make_context
    from akg_mlir.parsing import parse_module as parse_module
    from akg_mlir.python_kernel import PythonKernel as PythonKernel
    from akg_mlir.python_kernel import kernel as kernel
    from akg_mlir.verification import verify_module as verify_module

__version__ = "0.1.0"

_MODULE_OF = {
    "CompileError": "diagnostics",
    "Kernel": "compiler",
    "PythonKernel": "python_kernel",
    "Remark": "diagnostics",
    "compile": "compiler",
    "kernel": "python_kernel",
    "load_library": "execution.library",
    "make_context": "parsing",
    "parse_module": "parsing",
    "pipeline": "compiler",
    "verify_module": "verification",
}


def __getattr__(name: str) -> Any:
    if name == "targets":
        return import_module("akg_mlir.targets")
    if name in _MODULE_OF:
        return getattr(import_module(f"akg_mlir.{_MODULE_OF[name]}"), name)
    if not name.startswith("_") and name in _kernel_names():
        return getattr(import_module("akg_mlir.frontends.python"), name)
    raise AttributeError(f"module 'akg_mlir' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*_MODULE_OF, *_kernel_names(), "__version__", "targets"])


def _kernel_names() -> list[str]:
    """The types of kernels written in Python, and the functions they are made of."""
    return import_module("akg_mlir.frontends.python").__all__

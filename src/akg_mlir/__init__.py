"""akg-mlir: a polyhedral tensor compiler for neural processing units.

    import akg_mlir
    kernel = akg_mlir.compile("model.onnx", target="ascend910")
    y = kernel(x)
    print(kernel.ir("affine"), kernel.report(), kernel.remarks)

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from akg_mlir import targets
    from akg_mlir.compiler import Kernel, compile, pipeline
    from akg_mlir.diagnostics import CompileError, Remark
    from akg_mlir.parsing import make_context, parse_module
    from akg_mlir.verification import verify_module

__version__ = "0.1.0"

__all__ = [
    "CompileError",
    "Kernel",
    "Remark",
    "compile",
    "make_context",
    "parse_module",
    "pipeline",
    "targets",
    "verify_module",
]

_MODULE_OF = {
    "CompileError": "diagnostics",
    "Kernel": "compiler",
    "Remark": "diagnostics",
    "compile": "compiler",
    "make_context": "parsing",
    "parse_module": "parsing",
    "pipeline": "compiler",
    "verify_module": "verification",
}


def __getattr__(name: str) -> Any:
    if name == "targets":
        return import_module("akg_mlir.targets")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'akg_mlir' has no attribute '{name}'")
    return getattr(import_module(f"akg_mlir.{_MODULE_OF[name]}"), name)

"""ONNX models into the `te` dialect.

`import_model` is the one entry point. `Backend`, which compiles and runs (`onnx.backend.base`),
stands above the compiler in `akg_mlir.onnx_backend`; it is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from akg_mlir.frontends.onnx.importer import (
    ImportedModel,
    handlers,
    import_model,
    supported_operators,
)
from akg_mlir.frontends.onnx.translation import MissingConstant

if TYPE_CHECKING:
    from akg_mlir.onnx_backend import Backend

__all__ = [
    "Backend",
    "ImportedModel",
    "MissingConstant",
    "handlers",
    "import_model",
    "supported_operators",
]


def __getattr__(name: str) -> object:
    if name == "Backend":
        return import_module("akg_mlir.onnx_backend").Backend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

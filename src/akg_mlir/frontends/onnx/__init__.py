"""ONNX models into the `te` dialect.

`import_model` is the one entry point; the ONNX *backend* (which compiles and runs) is
`akg_mlir.onnx_backend`, on top of the compiler.
"""

from __future__ import annotations

from akg_mlir.frontends.onnx.importer import ImportedModel, import_model, supported_operators
from akg_mlir.frontends.onnx.translation import MissingConstant

__all__ = ["ImportedModel", "MissingConstant", "import_model", "supported_operators"]

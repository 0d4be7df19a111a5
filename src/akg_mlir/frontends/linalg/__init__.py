"""`linalg` on tensors (as `mlir-opt --mlir-print-op-generic` prints it) into the `te` dialect."""

from __future__ import annotations

from akg_mlir.frontends.linalg.importer import handlers, import_linalg, is_linalg

__all__ = ["handlers", "import_linalg", "is_linalg"]

"""Composite JSON (the "info" kernels of MindSpore and AKG) into the `te` dialect.

`parse` reads a text, `read` a document; `import_composite` translates what they return.
"""

from __future__ import annotations

from akg_mlir.frontends.composite.importer import (
    ImportedComposite,
    handlers,
    import_composite,
    supported_operators,
)
from akg_mlir.frontends.composite.schema import Description, parse, read

__all__ = [
    "Description",
    "ImportedComposite",
    "handlers",
    "import_composite",
    "parse",
    "read",
    "supported_operators",
]

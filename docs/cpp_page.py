"""Kernels on pages as the emitter writes them today: `make docs` puts them there."""

from __future__ import annotations

import re
from pathlib import Path

import akg_mlir

DOCS = Path(__file__).parent
PAGES = (DOCS / "cpp.md", DOCS.parent / "README.md")
_BLOCK = re.compile(r"```(mlir|cpp)\n(.*?)```", re.DOTALL)


def page(text: str) -> str:
    """The page, each of its blocks of C++ made anew from the block of MLIR before it."""
    source = ""

    def block(match: re.Match[str]) -> str:
        nonlocal source
        if match[1] == "mlir":
            source = match[2]
            return match[0]
        (kernel,) = akg_mlir.compile(source, target="ascend910").cpp().values()
        return f"```cpp\n{kernel}```"

    return _BLOCK.sub(block, text)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(page(path.read_text()))

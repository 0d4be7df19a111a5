"""The kernel on the page about C++ as the emitter writes it today: `make docs` puts it there."""

from __future__ import annotations

import re
from pathlib import Path

import akg_mlir

PAGE = Path(__file__).with_name("cpp.md")
_SOURCE = re.compile(r"```mlir\n(.*?)```", re.DOTALL)
_KERNEL = re.compile(r"```cpp\n(.*?)```", re.DOTALL)


def page(text: str) -> str:
    """The page, its block of C++ made anew from its block of MLIR."""
    source = _SOURCE.search(text)
    assert source is not None
    (kernel,) = akg_mlir.compile(source[1], target="ascend910").cpp().values()
    return _KERNEL.sub(lambda _: f"```cpp\n{kernel}```", text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))

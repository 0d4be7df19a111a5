"""Write `docs/operators.md`, the page of what is supported; a test checks that it is up to date."""

from __future__ import annotations

from pathlib import Path

from akg_mlir.report.operators.table import page

PAGE = Path(__file__).with_name("operators.md")
TARGETS = ("ascend910", "lite")

if __name__ == "__main__":
    PAGE.write_text(page(TARGETS), encoding="utf-8")

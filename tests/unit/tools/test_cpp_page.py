"""The pages that show kernels in full show what the emitter writes today."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import cpp_page


@pytest.mark.parametrize("path", cpp_page.PAGES, ids=lambda path: path.name)
def test_kernels_on_the_page_are_what_is_emitted(path: Path) -> None:
    text = path.read_text()
    assert "```cpp\n// " in text
    assert cpp_page.page(text) == text, "run `make docs`"

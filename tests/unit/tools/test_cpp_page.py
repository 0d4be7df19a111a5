"""The page about C++ shows the kernel that the emitter writes today."""

from __future__ import annotations

from docs import cpp_page


def test_the_kernel_on_the_page_is_what_is_emitted() -> None:
    text = cpp_page.PAGE.read_text()
    assert cpp_page.page(text) == text, "run `make docs`"

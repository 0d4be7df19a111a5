"""The reference pages of the passes are what the passes say and do today."""

from __future__ import annotations

import pytest

from akg_mlir.passes import get_all_passes
from docs import pass_pages


@pytest.mark.parametrize("name", get_all_passes())
def test_page_is_what_the_pass_does(name: str) -> None:
    written = (pass_pages.PAGES / f"{name}.md").read_text()
    assert written == pass_pages.page(name), "run `make docs`"


def test_index_and_folder_hold_all_pages() -> None:
    assert (pass_pages.PAGES / "index.md").read_text() == pass_pages.index(), "run `make docs`"
    names = {path.stem for path in pass_pages.PAGES.glob("*.md")}
    assert names == {*get_all_passes(), "index"}

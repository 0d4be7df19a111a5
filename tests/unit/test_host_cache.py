"""The folder of compiled kernels stays within its limit, and entries appear complete."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from akg_mlir.diagnostics import CompileError
from akg_mlir.execution import host_cache

AGES = {"newest.so": 2, "oldest.o": 9, "folder": 5, "recent.o": 0}
"""Entries of 100 bytes, by the hours since they were used."""


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    for name, hours in AGES.items():
        file = tmp_path / name
        if name == "folder":
            file.mkdir()
            (file / "akg_npu.hpp.gch").write_bytes(bytes(100))
        else:
            file.write_bytes(bytes(100))
        used = time.time() - 3600 * hours - 60 * (hours > 0)
        os.utime(file, (used, used))
    return tmp_path


@pytest.mark.parametrize(
    ("limit", "left"),
    [
        (400, {"newest.so", "oldest.o", "folder", "recent.o"}),
        (399, {"newest.so", "folder", "recent.o"}),
        (250, {"newest.so", "recent.o"}),
        (0, {"recent.o"}),
    ],
)
def test_the_least_recently_used_go_first(entries: Path, limit: int, left: set[str]) -> None:
    host_cache.tidy(entries, limit)
    assert {path.name for path in entries.iterdir()} == left


def test_an_entry_is_made_once_and_marked_as_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[Path] = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("object")

    path = host_cache.kept("key", ".o", make)
    os.utime(path, (0, 0))
    assert host_cache.kept("key", ".o", make) == path
    assert path.read_text() == "object"
    assert len(made) == 1
    assert path.stat().st_mtime > 0
    assert [entry.name for entry in path.parent.iterdir()] == ["key.o"]


def test_what_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def make(path: Path) -> None:
        path.write_text("half")
        raise CompileError("no")

    with pytest.raises(CompileError):
        host_cache.kept("key", ".o", make)
    assert list((tmp_path / "akg-mlir" / "host").iterdir()) == []


def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKG_CACHE_BYTES", "1 GB")
    with pytest.raises(CompileError, match="AKG_CACHE_BYTES is '1 GB'"):
        host_cache._limit()  # pyright: ignore[reportPrivateUsage]

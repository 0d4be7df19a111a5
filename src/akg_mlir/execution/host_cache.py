"""What compilers made for this computer, kept by content: `$XDG_CACHE_HOME/akg-mlir/host`.

Changed headers, kernels and compilers leave entries behind that nobody asks for again. Once per
process, when it adds an entry, those used least recently are removed until the rest is within
`AKG_CACHE_BYTES`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from akg_mlir.diagnostics import CompileError

LIMIT = 1 << 30
"""Bytes that the entries may have together where `AKG_CACHE_BYTES` says nothing."""
IN_USE = 3600
"""Seconds for which an entry stays after its last use: another process may be about to link it."""


def kept(key: str, suffix: str, make: Callable[[Path], None]) -> Path:
    """The file or folder of a key, made unless it is there; it appears when it is complete.

    `make` gets a path that ends in `suffix`, in a folder of its own. Raises what `make` raises, and
    CompileError for an `AKG_CACHE_BYTES` that is no number.
    """
    path = _folder() / f"{key}{suffix}"
    if path.exists():
        os.utime(path)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / f"made{suffix}"
        make(made)
        try:
            os.replace(made, path)
        except OSError:  # a folder that another process has made meanwhile
            if not path.exists():
                raise
    _tidy_once()
    return path


@cache
def _tidy_once() -> None:
    tidy(_folder(), _limit())


def tidy(folder: Path, limit: int) -> None:
    """Remove the entries of `folder` used least recently, until the rest has at most `limit` bytes
    or was used in the last hour."""
    entries = [(_last_use(path), _bytes(path), path) for path in folder.iterdir()]
    total, now = sum(size for _, size, _ in entries), time.time()
    for used, size, path in sorted(entries):
        if total <= limit or now - used < IN_USE:
            return
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        total -= size


def _limit() -> int:
    text = os.environ.get("AKG_CACHE_BYTES", str(LIMIT))
    if not text.isdecimal():
        raise CompileError(
            f"AKG_CACHE_BYTES is '{text}'", hint=f"give a number of bytes, or nothing for {LIMIT}"
        )
    return int(text)


def _folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "akg-mlir" / "host"


def _last_use(path: Path) -> float:
    """Its time of modification, which `kept` sets; 0 for what another process just removed."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    try:
        return sum(file.stat().st_size for file in files)
    except FileNotFoundError:
        return 0

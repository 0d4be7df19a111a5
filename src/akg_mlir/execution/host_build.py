"""Compiling C++ kernels for this computer with its own compiler; results are kept by content."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from akg_mlir.diagnostics import CompileError

INCLUDE = Path(__file__).parent.parent / "emit" / "include"
"""Where `akg_npu.hpp` is."""

# No fused multiply-adds, no reordering: every rounding is the one that the text says.
_FLAGS = (
    *("-std=c++17", "-O3", "-march=native", "-ffp-contract=off", "-fPIC", "-shared", "-pthread"),
    "-DAKG_HOST_LIBRARY",
)
_MODEL = "libakg_npu_host.so"
_OLDEST = {"g++": 9, "clang++": 10}
"""The first major versions that take designated initialisers of nested aggregates in C++17."""


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler of this computer: its path and what it says of its version."""

    path: str
    version: str


@cache
def compiler() -> Compiler:
    """The compiler that CXX names, else g++ or clang++. Raises CompileError where none will do."""
    named = os.environ.get("CXX")
    for name in [named] if named else list(_OLDEST):
        path = shutil.which(name)
        if path is None:
            continue
        text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        version = text.splitlines()[0] if text else name
        found = re.search(r"(\d+)\.\d+", version)
        oldest = _OLDEST["clang++" if "clang" in version else "g++"]
        if found is not None and int(found[1]) < oldest:
            raise CompileError(
                f"{version} is too old for C++ kernels", hint=f"use version {oldest} or later"
            )
        return Compiler(path, version)
    raise CompileError(
        f"no C++ compiler found{f' as {named}' if named else ''}",
        hint="install g++ or clang++, or let CXX name one",
    )


def build(text: str) -> ctypes.CDLL:
    """The shared library of a kernel's text, compiled unless it was before.

    Libraries are kept in `$XDG_CACHE_HOME/akg-mlir/host`. Raises CompileError with what the
    compiler says.
    """
    library = _cache() / f"{_key(text)}.so"
    if not library.exists():
        common = _common()
        _make(library, f"-I{common}", "kernel.cpp", str(common / _MODEL), text=text)
    return ctypes.CDLL(str(library))


@cache
def _common() -> Path:
    """The folder of what kernels share: the bodies of the model as a library, and `akg_npu.hpp`
    precompiled, for compilers that look for that."""
    folder = _cache() / _key("")
    if not (folder / _MODEL).exists():
        _make(folder / "akg_npu.hpp.gch", "-x", "c++-header", str(INCLUDE / "akg_npu.hpp"))
        _make(folder / _MODEL, str(INCLUDE / "akg_npu" / "host.cpp"))
    return folder


def _make(target: Path, *arguments: str, text: str = "") -> None:
    """Compile, `text` as kernel.cpp; the target appears when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        (made.parent / "kernel.cpp").write_text(text)
        command = [compiler().path, *_FLAGS, *arguments, f"-I{INCLUDE}", "-o", str(made)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if done.returncode != 0:
            raise CompileError(
                f"{compiler().version} does not compile the kernel:\n{done.stderr.strip()}",
                hint="this is a bug of the emitter",
            )
        os.replace(made, target)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "akg-mlir" / "host"


def _key(text: str) -> str:
    digest = sha256()
    for part in (text, _headers(), compiler().version, " ".join(_FLAGS)):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


@cache
def _headers() -> str:
    return "".join(path.read_text() for path in sorted(INCLUDE.rglob("*.?pp")))

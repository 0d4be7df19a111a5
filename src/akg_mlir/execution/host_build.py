"""Compiling C++ kernels for this computer with its own compiler; results are kept by content."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.host_cache import kept

INCLUDE = Path(__file__).parent.parent / "emit" / "include"
"""Where `akg_npu.hpp` is."""

OPTIMISATION = (
    *("-O3", "-march=native"),
    # No fused multiply-adds: every rounding is the one that the text says.
    *("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"),
)
"""What makes code fast and keeps its results."""

_FLAGS = ("-std=c++17", *OPTIMISATION, "-fPIC", "-pthread", "-DAKG_HOST_LIBRARY")
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


@dataclass(frozen=True)
class Text:
    """A C++ text to compile, for fast runs or for `checked` ones; `headers` are texts that it
    includes, by file name."""

    text: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    checked: bool = False

    @property
    def flags(self) -> Sequence[str]:
        return ["-DAKG_CHECKED"] if self.checked else []


def build(source: Text) -> ctypes.CDLL:
    """The shared library of a kernel's text, compiled unless it was before.

    Raises CompileError with what the compiler says.
    """

    def make(path: Path) -> None:
        link([compiled(source), _common() / "libakg_npu_host.so"], path)

    return ctypes.CDLL(str(kept(_key(source), ".so", make)))


def compiled(source: Text) -> Path:
    """The object file of a text, kept like libraries; it needs `model_object`."""

    def make(path: Path) -> None:
        for name, text in {**source.headers, "kernel.cpp": source.text}.items():
            path.with_name(name).write_text(text)
        include = [f"-I{_precompiled(source.checked)}", f"-I{INCLUDE}"]
        _run([*source.flags, "-c", *include, "-o", path, path.with_name("kernel.cpp")])

    return kept(_key(source), ".o", make)


def model_object() -> Path:
    """The object file of what kernels have in common: the bodies of the model."""
    return _common() / "host.o"


def _common() -> Path:
    """The folder of the bodies of the model, as object file and as library."""

    def make(folder: Path) -> None:
        folder.mkdir()
        body, library = folder / "host.o", folder / "libakg_npu_host.so"
        _run(["-c", INCLUDE / "akg_npu" / "host.cpp", "-o", body])
        link([body], library)

    return kept(_key(Text("")), "", make)


def _precompiled(checked: bool) -> Path:
    """The folder of `akg_npu.hpp` precompiled, for compilers that look for that."""
    header = Text("precompiled", checked=checked)

    def make(folder: Path) -> None:
        folder.mkdir()
        made = folder / "akg_npu.hpp.gch"
        _run([*header.flags, "-x", "c++-header", INCLUDE / "akg_npu.hpp", "-o", made])

    return kept(_key(header), "", make)


def compiled_all(
    sources: Sequence[Text], progress: Callable[[int], None] = lambda _: None
) -> list[Path]:
    """The object files of texts, compiled on all processors; `progress` hears how many are there.

    Raises CompileError for the first in their order that does not compile.
    """
    for checked in {source.checked for source in sources}:
        _precompiled(checked)
    objects: list[Path] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(compiled, source) for source in sources]
        try:
            for future in running:
                objects.append(future.result())
                progress(len(objects))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return objects


def link(objects: Sequence[Path], library: Path, exports: str | None = None) -> None:
    """Link a shared library of object files; `exports` is a version script of what it shows, else
    everything. Raises CompileError with what the linker says."""
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        script, made = Path(folder) / "exports", Path(folder) / library.name
        flags = [f"-Wl,--version-script={script}"] if exports is not None else []
        script.write_text(exports or "")
        _run(["-shared", *flags, "-o", made, *objects])
        os.replace(made, library)


def _run(arguments: Sequence[str | Path]) -> None:
    command = [compiler().path, *_FLAGS, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise CompileError(
            f"{compiler().version} does not compile the kernel:\n{done.stderr.strip()}",
            hint="this is a bug of the emitter",
        )


def _key(source: Text) -> str:
    headers = (part for pair in sorted(source.headers.items()) for part in pair)
    digest = sha256()
    flags = " ".join([*_FLAGS, *source.flags])
    for part in (source.text, *headers, _headers(), compiler().version, flags):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


@cache
def _headers() -> str:
    return "".join(path.read_text() for path in sorted(INCLUDE.rglob("*.?pp")))

"""Writing a compiled program to a folder: sources, manifest, weights, and a library for hosts."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akg_mlir.compilation import Compilation, Progress, silent
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.host_build import INCLUDE, Text, compiled_all, link, model_object
from akg_mlir.execution.library import wrapper
from akg_mlir.execution.library.cmake import cmake_lists
from akg_mlir.execution.library.interface import c_header, exports, model_source
from akg_mlir.execution.library.manifest import FORMAT, manifest, source_of
from akg_mlir.execution.library.plan import Call, Plan
from akg_mlir.execution.library.planning import plan_of
from akg_mlir.execution.library.weights import write_weights
from akg_mlir.execution.library.wrapper import Program


@dataclass(frozen=True)
class Build:
    """What was built where; `library` is None where only sources were written."""

    plan: Plan
    directory: Path
    library: Path | None

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `akg build --json`; the manifest says more."""
        plan = self.plan
        return {
            "name": plan.name,
            "target": plan.target.name,
            "directory": str(self.directory),
            "library": None if self.library is None else str(self.library),
            "manifest": str(self.directory / "manifest.json"),
            "kernels": len(plan.kernels),
            "calls": sum(isinstance(step, Call) for step in plan.steps),
            "weights_bytes": plan.weights_bytes,
            "arena_bytes": plan.arena_bytes,
        }

    def __str__(self) -> str:
        plan, counts = self.plan, self.as_dict()
        what = f"lib{plan.name}.so" if self.library else "sources"
        kernels = f"{counts['kernels']} kernel{'' if len(plan.kernels) == 1 else 's'}"
        lines = [
            f"{self.directory}: {what} for {plan.target.name}, {kernels}, {counts['calls']} called",
            *(f"  input  {tensor}" for tensor in plan.inputs),
            *(f"  output {tensor}" for tensor in plan.outputs),
            f"  {plan.weights_bytes:,} bytes of weights, {plan.arena_bytes:,} of buffers",
        ]
        return "\n".join(lines)

    def load(self) -> Program:
        """The program, to be called on numpy arrays. Raises CompileError without a library."""
        return load_library(self.directory)


def build_library(
    compilation: Compilation,
    directory: str | Path,
    *,
    name: str | None = None,
    host: bool = True,
    force: bool = False,
    progress: Progress = silent,
) -> Build:
    """Write a compiled program to `directory`: kernels and program as C++ with their headers, a
    CMake file, the C header, the Python wrapper, weights, the manifest.

    With `host` also the library of it all for this computer. `name` (default: from the source) is
    the prefix of its C functions. What an earlier build wrote is replaced; other folders that are
    not empty are refused unless `force`. Raises CompileError, which leaves the folder as it was,
    and OSError.
    """
    directory = Path(directory)
    source = compilation.source
    refuse_foreign(directory, force)
    progress(f"{source.name}: plan")
    plan = plan_of(compilation, _identifier(name, source.name))
    header, program = c_header(plan), model_source(plan)
    objects: list[Path] = []
    if host:
        texts = [Text(k.text, checked=checked) for k in plan.kernels for checked in (False, True)]
        texts.append(Text(program, {f"{plan.name}.h": header}))

        def tell(count: int) -> None:
            progress(f"{source.name}: {count} of {len(texts)} texts compiled")

        objects = compiled_all(texts, tell)
    files = _texts(plan, header, program)
    progress(f"{source.name}: write {directory}")
    _clear(directory, files)
    for file, text in files.items():
        _write(directory / file, lambda path, text=text: path.write_text(text))
    shutil.copytree(INCLUDE, directory / "include", dirs_exist_ok=True)
    _write(directory / "weights.bin", lambda path: write_weights(path, plan))
    library = directory / f"lib{plan.name}.so" if host else None
    if library is not None:
        link([*objects, model_object()], library, exports(plan))
    text = json.dumps(manifest(plan), indent=2) + "\n"
    _write(directory / "manifest.json", lambda path: path.write_text(text))
    return Build(plan, directory, library)


def _texts(plan: Plan, header: str, program: str) -> dict[str, str]:
    """The sources of a program by their names in its folder."""
    return {
        **{source_of(kernel): kernel.text for kernel in plan.kernels},
        f"{plan.name}.h": header,
        f"{plan.name}.cpp": program,
        f"{plan.name}.py": Path(wrapper.__file__).read_text(),
        "CMakeLists.txt": cmake_lists(plan),
        "exports.map": exports(plan),
    }


def load_library(directory: str | Path) -> Program:
    """The program that `akg build --host` wrote to a folder; callable on numpy arrays.

    Raises CompileError where there is none.
    """
    directory = Path(directory)
    written = _manifest_of(directory)
    library = directory / f"lib{written.get('name')}.so"
    if not library.exists():
        raise CompileError(
            f"{directory} holds no library of a program",
            hint="write one with akg build FILE --host -o DIR",
        )
    return Program(library=library)


def _identifier(wanted: str | None, source: str) -> str:
    """The name of a program: what was asked for, or what its source is called."""
    if wanted is not None:
        if not re.fullmatch(r"[A-Za-z]\w*", wanted, re.ASCII):
            raise CompileError(
                f"'{wanted}' cannot be the prefix of C functions",
                hint="names are letters, digits and _, and start with a letter",
            )
        return wanted
    name = re.sub(r"\W", "_", Path(source).stem, flags=re.ASCII).strip("_")
    return name if name[:1].isalpha() else f"program_{name}".rstrip("_")


def _manifest_of(directory: Path) -> dict[str, Any]:
    """The manifest that a build left in a folder; empty where there is none."""
    try:
        found: dict[str, Any] = json.loads((directory / "manifest.json").read_text())
        return found if found["format"] == FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def refuse_foreign(directory: Path, force: bool) -> None:
    """Raise CompileError for a folder that holds something else than a build, unless `force`."""
    if directory.exists() and not directory.is_dir():
        raise CompileError(f"{directory} is no folder")
    if force or not directory.exists() or not any(directory.iterdir()):
        return
    if not _manifest_of(directory):
        raise CompileError(
            f"{directory} is not empty, and no build of a program",
            hint="name another folder, or write to it all the same with --force",
        )


def _clear(directory: Path, files: Mapping[str, str]) -> None:
    """Make room: folders, and nothing of an earlier build that this one does not write."""
    earlier = _manifest_of(directory)
    (directory / "kernels").mkdir(parents=True, exist_ok=True)
    name = Path(str(earlier.get("name"))).name
    sources = (Path(str(kernel.get("source"))).name for kernel in earlier.get("kernels", ()))
    written = [f"kernels/{source}" for source in sources]
    written += [f"{name}.{suffix}" for suffix in ("h", "cpp", "py")]
    for file in {*written, f"lib{name}.so"} - set(files):
        (directory / file).unlink(missing_ok=True)


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file at once, so that programs which have the old one mapped keep it."""
    new = path.with_name(f".{path.name}.new")
    try:
        write(new)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)

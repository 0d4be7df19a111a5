"""README and the pages for users are true: their commands run, their Python runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = (
    "README.md",
    "docs/build.md",
    "docs/composite-json.md",
    "docs/cpp.md",
    "docs/mlir.md",
    "docs/onnx.md",
    "docs/python.md",
)
TEXT = "\n".join((ROOT / page).read_text() for page in PAGES)
COMMANDS = re.findall(r"^\$ (akg.*)$", TEXT, flags=re.MULTILINE)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
MODULES = {"akg": "akg_mlir.cli.akg", "akg-opt": "akg_mlir.cli.akg_opt"}


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str) -> None:
    tool, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", MODULES[tool], *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("source", PYTHON)
def test_python(source: str) -> None:
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["attention.py"])
def test_example(name: str) -> None:
    path = ROOT / "examples" / name
    done = subprocess.run([sys.executable, path], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ": ok, " in done.stdout

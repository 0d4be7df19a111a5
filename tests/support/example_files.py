"""The files in examples/, by what they hold."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(path.name for path in EXAMPLES.iterdir() if path.suffix in (".mlir", ".onnx"))


def holds_tensors(name: str) -> bool:
    """Whether an example is a program of tensors; others are loops, for akg-opt alone."""
    path = EXAMPLES / name
    return path.suffix == ".onnx" or "tensor<" in path.read_text()


PROGRAMS = [name for name in FILES if holds_tensors(name)]

"""Expressions as nested tuples, of tensors of a kernel or of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

import akg_mlir as akg

Tree = tuple["str | float | Tree", ...]

# All of them keep values moderate, so that a comparison means something.
BINARY: dict[str, tuple[Callable[..., akg.Tensor], Callable[..., np.ndarray]]] = {
    "add": (lambda x, y: x + y, np.add),
    "sub": (lambda x, y: x - y, np.subtract),
    "mul": (lambda x, y: akg.tanh(x) * y, lambda x, y: np.tanh(x) * y),
    "max": (akg.maximum, np.maximum),
    "min": (akg.minimum, np.minimum),
}
UNARY: dict[str, tuple[Callable[..., akg.Tensor], Callable[..., np.ndarray]]] = {
    "neg": (lambda x: -x, np.negative),
    "relu": (akg.relu, lambda x: np.maximum(x, 0)),
    "sigmoid": (akg.sigmoid, lambda x: 1 / (1 + np.exp(-x))),
    "root": (lambda x: akg.sqrt(abs(x) + 1), lambda x: np.sqrt(np.abs(x) + 1)),
    "rows": (lambda x: x - akg.mean(x, -1, True), lambda x: x - x.mean(axis=-1, keepdims=True)),
    "columns": (lambda x: x - akg.max(x, 0), lambda x: x - x.max(axis=0)),
}


def value(tree: Tree, leaves: Mapping[str, object], side: int) -> object:
    """The value of a tree; side 0 are the functions of kernels, side 1 those of numpy."""
    name, *inner = tree
    if not inner:
        return leaves[name] if isinstance(name, str) else name
    function = {**UNARY, **BINARY}[str(name)][side]
    return function(*(value(branch, leaves, side) for branch in inner))  # type: ignore[arg-type]

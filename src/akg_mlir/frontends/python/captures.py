"""What a kernel function takes from outside: values that may not change without being noticed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from types import BuiltinFunctionType, FunctionType, ModuleType

import numpy as np

from akg_mlir.frontends.python.axes import Axis
from akg_mlir.frontends.python.places import TraceError, definition
from akg_mlir.frontends.python.tensor import Spec

Captured = tuple[tuple[str, object], ...]

_CONSTANTS = (int, float, str, bytes, bool, type(None), Enum, np.generic, Spec)
_FIXED = (ModuleType, BuiltinFunctionType, type, Axis, np.ufunc)


def captured(function: FunctionType, is_kernel: Callable[[object], bool]) -> Captured:
    """Names and values of the constants a function (and helpers of its module) uses from outside.

    A kernel is traced again when one of them has changed. Raises TraceError for what can change
    without that showing: lists, dictionaries, arrays, objects.
    """
    found: dict[str, object] = {}
    _collect(function, is_kernel, found, set())
    return tuple(found.items())


def _collect(
    function: FunctionType,
    is_kernel: Callable[[object], bool],
    found: dict[str, object],
    seen: set[FunctionType],
) -> None:
    seen.add(function)
    for name, value in _outside(function).items():
        if isinstance(value, _FIXED) or is_kernel(value):
            continue
        if isinstance(value, FunctionType):
            if value.__module__ == function.__module__ and value not in seen:
                _collect(value, is_kernel, found, seen)
        elif _is_constant(value):
            found[f"{function.__qualname__}.{name}"] = value
        else:
            raise TraceError(
                f"{function.__name__} uses '{name}' from outside, a {type(value).__name__}, which "
                "may change after compiling",
                definition(function),
                "pass arrays as arguments, or make them tuples of numbers for akg.constant",
            )


def _outside(function: FunctionType) -> Mapping[str, object]:
    variables = inspect.getclosurevars(function)
    return {**variables.nonlocals, **variables.globals}


def _is_constant(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_constant, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return isinstance(value, (*_CONSTANTS, *_FIXED))

"""Element types and constants as C++ writes them."""

from __future__ import annotations

import math

from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import Attribute, Operation

from akg_mlir.diagnostics import CompileError

BYTES = {"f16": 2, "f32": 4, "f64": 8, "i1": 1, "i8": 1, "i16": 2, "i32": 4, "i64": 8, "ui8": 1}
"""Bytes of each element type; the names are those of `akg_npu.hpp`."""


def element_name(type_: Attribute, op: Operation) -> str:
    """The name of an element type. Raises `CompileError` for types that kernels have not."""
    name = "i64" if str(type_) == "index" else str(type_)
    if name not in BYTES:
        raise CompileError(f"C++ kernels have no elements of type {type_}", op)
    return name


def literal(value: float | int, element: str) -> str:
    """A constant of an element type, exactly."""
    if element == "i1":
        return "true" if value else "false"
    if element.startswith(("i", "ui")):
        whole = int(value)
        if element != "i64":
            return f"{element}({whole})"
        return str(whole) if whole > -(2**63) else f"({whole + 1} - 1)"  # no literal is that low
    value = float(value)
    if math.isnan(value):
        return f"{element}(NAN)"
    if math.isinf(value):
        return f"{element}({'-' if value < 0 else ''}INFINITY)"
    suffix = "" if element == "f64" else "f"
    text = f"{_shortest(value, element)}{suffix}"
    return f"f16({text})" if element == "f16" else text


def _shortest(value: float, element: str) -> str:
    """Decimal digits that name the value, with a point."""
    import numpy as np

    digits = repr(value) if element == "f64" else str(np.float32(value))
    return digits if any(c in digits for c in ".en") else f"{digits}.0"


def constant(attribute: FloatAttr | IntegerAttr, element: str) -> str:
    """The constant of an attribute."""
    return literal(attribute.value.data, element)

"""Element types of the front ends: between numpy and `te`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import (
    BytesAttr,
    DenseIntOrFPElementsAttr,
    Float16Type,
    Float32Type,
    IntegerType,
    Signedness,
    TensorType,
)
from xdsl.ir import Attribute

from akg_mlir.diagnostics import CompileError

Array: TypeAlias = NDArray[np.generic]

F16 = Float16Type()
F32 = Float32Type()
I1 = IntegerType(1)
I8 = IntegerType(8)
I32 = IntegerType(32)
I64 = IntegerType(64)
UI8 = IntegerType(8, Signedness.UNSIGNED)

SUPPORTED = "f16, f32, i8, ui8, i32, i64 and bool"

_FROM_NUMPY: dict[str, Attribute] = {
    "float16": F16,
    "float32": F32,
    "int8": I8,
    "uint8": UI8,
    "int32": I32,
    "int64": I64,
    "bool": I1,
}


ELEMENTS = tuple(_FROM_NUMPY.values())
"""Element types of constants."""


def element_type(dtype: np.dtype[np.generic], what: str) -> Attribute:
    """The element type of a numpy dtype; raises CompileError naming `what` when there is none."""
    found = _FROM_NUMPY.get(dtype.name)
    if found is None:
        raise CompileError(
            f"{what} has element type {dtype.name}, which is not supported",
            hint=f"supported element types are {SUPPORTED}",
        )
    return found


def numpy_dtype(element: Attribute) -> np.dtype[np.generic]:
    """The numpy dtype of a supported element type."""
    for name, known in _FROM_NUMPY.items():
        if known == element:
            return np.dtype(name)
    raise CompileError(
        f"element type {element} is not supported", hint=f"supported are {SUPPORTED}"
    )


def is_float(element: Attribute) -> bool:
    """Whether the element type is a floating-point type."""
    return isinstance(element, Float16Type | Float32Type)


def tensor_of(element: Attribute, shape: Sequence[int]) -> TensorType[Attribute]:
    """The tensor type of that element type and static shape."""
    return TensorType(element, shape)


def dense(array: Array, what: str) -> DenseIntOrFPElementsAttr:
    """The elements of a numpy array as an attribute of tensor type."""
    kind = TensorType(element_type(array.dtype, what), array.shape)
    # xDSL stores a true i1 as the byte 0xFF.
    stored = -array.astype(np.int8) if array.dtype == np.bool_ else array
    return DenseIntOrFPElementsAttr(kind, BytesAttr(stored.tobytes()))  # pyright: ignore[reportArgumentType]

"""The element types of tensors, as classes: `akg.f16[128, 256]` declares a parameter."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects import builtin
from xdsl.ir import Attribute

from akg_mlir.dialects import te
from akg_mlir.frontends.python.places import error
from akg_mlir.frontends.python.tensor import Tensor


class f16(Tensor):
    """Half precision: 1 sign, 5 exponent and 10 fraction bits."""

    ELEMENT: ClassVar[Attribute | None] = builtin.f16


class bf16(Tensor):
    """bfloat16: the upper half of an f32."""

    ELEMENT: ClassVar[Attribute | None] = builtin.bf16


class f32(Tensor):
    """Single precision."""

    ELEMENT: ClassVar[Attribute | None] = builtin.f32


class i8(Tensor):
    """Integers of 8 bits, signed."""

    ELEMENT: ClassVar[Attribute | None] = builtin.i8


class ui8(Tensor):
    """Integers of 8 bits, unsigned: moved, compared, chosen and converted, but not added."""

    ELEMENT: ClassVar[Attribute | None] = te.ui8


class i32(Tensor):
    """Integers of 32 bits, signed."""

    ELEMENT: ClassVar[Attribute | None] = builtin.i32


class i64(Tensor):
    """Integers of 64 bits, signed."""

    ELEMENT: ClassVar[Attribute | None] = builtin.i64


class i1(Tensor):
    """Truth values, numpy's bool."""

    ELEMENT: ClassVar[Attribute | None] = builtin.i1


DTYPES: tuple[type[Tensor], ...] = (f16, bf16, f32, i8, ui8, i32, i64, i1)


def dtype_of(element: Attribute) -> type[Tensor]:
    """The class of an element type."""
    return next(dtype for dtype in DTYPES if dtype.ELEMENT == element)


def element_type(dtype: type[Tensor]) -> Attribute:
    """The element type that a class such as akg.f32 stands for."""
    element = getattr(dtype, "ELEMENT", None)
    if element is None:
        raise error(
            f"{getattr(dtype, '__name__', dtype)} is no element type",
            hint=f"there are {', '.join('akg.' + d.__name__ for d in DTYPES)}",
        )
    return element

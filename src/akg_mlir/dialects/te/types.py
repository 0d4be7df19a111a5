"""Types of the tensor floor: which tensors `te` ops accept, and how shapes combine."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.dialects.builtin import (
    BFloat16Type,
    FixedBitwidthType,
    Float16Type,
    Float32Type,
    IntegerType,
    Signedness,
    TensorType,
    bf16,
    f16,
    f32,
    i1,
    i8,
    i32,
    i64,
)
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

ui8 = IntegerType(8, Signedness.UNSIGNED)

FLOATS: tuple[Attribute, ...] = (f16, bf16, f32)
INTEGERS: tuple[Attribute, ...] = (i8, i32, i64)
NUMBERS = FLOATS + INTEGERS
BOOLEANS: tuple[Attribute, ...] = (i1,)
UNSIGNED: tuple[Attribute, ...] = (i1, ui8)
BYTES: tuple[Attribute, ...] = (i8, ui8)
ELEMENTS = (*NUMBERS, ui8, *BOOLEANS)
"""Element types of the tensor floor. ui8 is moved, compared, chosen and converted; there is no
arithmetic of it."""

MOST_ELEMENTS = 1 << 40
"""Elements of a tensor: all sizes and addresses in bytes fit 64 bits with room to add them up."""

FRACTAL = 16
"""Rows and columns of a fractal; also its depth for 16-bit elements (machine reference 2.4)."""


def fractal_depth(element: Attribute) -> int:
    """Elements of the summed dimension in a fractal: 32 of i8, which fill a block of 32 bytes as
    16 of f16 do. What is wider, or no operand of the cube, is in fractals of 16 x 16."""
    return 2 * FRACTAL if element == i8 else FRACTAL


def tensor_type(value: SSAValue) -> TensorType[Attribute]:
    """The type of a value that is a tensor `te` can compile.

    Raises `VerifyException` for other types, for dynamic sizes and for foreign element types.
    """
    type_ = value.type
    if not isa(type_, TensorType):
        raise VerifyException(f"te ops work on ranked tensors, got {type_}")
    check_tensor(type_)
    return type_


def check_tensor(type_: TensorType[Attribute]) -> None:
    """Raise `VerifyException` unless sizes are static and the element type is known."""
    if any(size < 0 for size in type_.get_shape()):
        raise VerifyException(
            f"{type_} has a dynamic size; te ops need static shapes: give every '?' a number"
        )
    if 0 in type_.get_shape():
        raise VerifyException(f"{type_} has no elements; te ops need sizes of at least 1")
    if math.prod(type_.get_shape()) > MOST_ELEMENTS:
        raise VerifyException(f"{type_} is too large; te takes at most 2^40 elements")
    if type_.element_type not in ELEMENTS:
        raise VerifyException(
            f"{type_} has element type {type_.element_type}; te takes {names(ELEMENTS)}"
        )


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The static shape of a tensor value."""
    return tensor_type(value).get_shape()


def element_of(value: SSAValue) -> Attribute:
    """The element type of a tensor value."""
    return tensor_type(value).element_type


def is_float(element: Attribute) -> bool:
    """Whether an element type is a floating-point type."""
    return isinstance(element, Float16Type | BFloat16Type | Float32Type)


def element_bytes(element: Attribute) -> int:
    """Bytes of one element in memory; i1 takes one byte."""
    return max(element_bits(element) // 8, 1)


def element_bits(element: Attribute) -> int:
    """Bits of one element."""
    if isinstance(element, FixedBitwidthType):
        return element.bitwidth
    raise VerifyException(f"element type {element} has no size; te takes {names(ELEMENTS)}")


def names(elements: Sequence[Attribute]) -> str:
    """`f16, bf16 or f32`."""
    texts = [str(e) for e in elements]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def shape_text(shape: Sequence[int]) -> str:
    """`128x768`, or `scalar` for rank 0."""
    return "x".join(str(size) for size in shape) if shape else "scalar"


def broadcast_shape(shapes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The shape numpy broadcasting gives. Raises `VerifyException` where sizes clash."""
    rank = max(len(shape) for shape in shapes)
    result: list[int] = []
    for axis in range(rank):
        sizes = {s[axis - rank + len(s)] for s in shapes if axis - rank + len(s) >= 0} - {1}
        if len(sizes) > 1:
            raise VerifyException(
                f"shapes {' and '.join(shape_text(s) for s in shapes)} do not broadcast: "
                f"sizes {' and '.join(str(s) for s in sorted(sizes))} meet; "
                "sizes must be equal or 1, aligned at the last dimension"
            )
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def broadcasts_to(shape: Sequence[int], target: Sequence[int]) -> bool:
    """Whether a tensor of `shape` can be read as one of `target`."""
    tail = target[len(target) - len(shape) :]
    return len(shape) <= len(target) and all(s in (1, t) for s, t in zip(shape, tail))


def normal_axis(axis: int, rank: int, what: str = "axis") -> int:
    """`axis` counted from the front. Raises `VerifyException` when there is no such axis."""
    if not -rank <= axis < rank:
        raise VerifyException(f"{what} {axis} is outside rank {rank}: {-rank} to {rank - 1}")
    return axis % rank


def ceil_div(value: int, by: int) -> int:
    """`value / by` rounded up."""
    return -(-value // by)

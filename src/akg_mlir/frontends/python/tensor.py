"""Tensors of a kernel while it is traced, and the types that parameters are declared with.

    x: akg.f16[128, 256]        a tensor of f16
    x: akg.f32[m, n]            sizes named by axes
    x: akg.i32[()]              one number

To a type checker `akg.f16[...]` is the class `akg.f16`, a `Tensor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeAlias

import numpy as np
from xdsl.dialects import builtin
from xdsl.ir import Attribute, Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import is_float
from akg_mlir.frontends.python.axes import Axis, Dim, Index
from akg_mlir.frontends.python.places import error
from akg_mlir.frontends.python.tracing import Trace, current

Number: TypeAlias = "float | np.generic"
"""A constant in an expression: it takes the element type of the tensor it meets."""

Operand: TypeAlias = "Tensor | Number"

Which: TypeAlias = "int | str | Axis"
"""A dimension of a tensor: by its number (negative from the end), its axis, or its axis' name."""

Subscript: TypeAlias = "int | slice | Index"

_ADVICE = "choose with akg.where; loops over sizes (`for i in range(x.shape[0])`) are unrolled"


@dataclass(frozen=True)
class Spec:
    """The type of a parameter: what `akg.f16[m, 256]` is when it runs."""

    dtype: type[Tensor]
    dims: tuple[Dim, ...]

    def __str__(self) -> str:
        dims = ", ".join(d.name if isinstance(d, Axis) else str(d) for d in self.dims)
        return f"{self.dtype.__name__}[{dims or '()'}]"


class Tensor:
    """A value of the kernel being traced. It has a shape and an element type, but no elements yet.

    Operators are element-wise, broadcast as numpy does, and take numbers; `@` is the product of
    matrices. `x[1:, ::2]` takes a part; in `akg.compute`, `x[i, 2 * j + k]` is one element.
    """

    ELEMENT: ClassVar[Attribute | None] = None

    def __init__(self, value: SSAValue, trace: Trace, axes: Sequence[Axis | None]) -> None:
        """`axes` names the dimensions, None where there is no name."""
        self.value = value
        self.trace = trace
        self.axes = tuple(axes)

    def __class_getitem__(cls, dims: Dim | tuple[Dim, ...]) -> Spec:
        if cls.ELEMENT is None:
            raise error("a tensor type needs an element type", hint="write akg.f32[64, 500]")
        sizes = dims if isinstance(dims, tuple) else (dims,)
        for size in sizes:
            if not isinstance(size, int | Axis) or (isinstance(size, int) and size < 1):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise error(
                    f"{size!r} is no size of a dimension",
                    hint='give integers of at least 1, or axes made by akg.axes("m n")',
                )
        return Spec(cls, sizes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the dimensions."""
        return te.shape_of(self.value)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def dtype(self) -> type[Tensor]:
        """The element type: akg.f16, akg.f32, ..."""
        from akg_mlir.frontends.python.dtypes import dtype_of

        return dtype_of(te.element_of(self.value))

    @property
    def T(self) -> Tensor:
        """The tensor with its dimensions in reverse order."""
        return self._moved(tuple(reversed(range(self.ndim))))

    def _moved(self, perm: tuple[int, ...]) -> Tensor:
        value = self.trace.emit(lambda: te.TransposeOp(self.value, perm))
        return Tensor(value, self.trace, [self.axes[p] for p in perm])

    def named(self, *axes: Axis | None) -> Tensor:
        """The same tensor with other names of its dimensions; None takes a name away."""
        if len(axes) != self.ndim:
            raise error(f"{len(axes)} names for {self.ndim} dimensions")
        for axis, size in zip(axes, self.shape):
            if axis is not None and self.trace.sizes.setdefault(axis, axis.size or size) != size:
                raise error(
                    f"axis {axis.name} has size {self.trace.size(axis)}, the dimension {size}"
                )
        return Tensor(self.value, self.trace, axes)

    def dim(self, which: Which) -> int:
        """A dimension counted from the front. Raises TraceError when there is none, or two."""
        if isinstance(which, int):
            if not -self.ndim <= which < self.ndim:
                raise error(f"there is no dimension {which} in {self}")
            return which % self.ndim
        by_name = isinstance(which, str)
        name = which if by_name else which.name
        found = [
            position
            for position, axis in enumerate(self.axes)
            if axis is which or (by_name and axis is not None and axis.name == name)
        ]
        if len(found) != 1:
            many = "no dimension" if not found else "more than one dimension"
            raise error(
                f"{many} of {self} is named {name}",
                hint="give the number of the dimension, or name it with .named(...)",
            )
        return found[0]

    def __repr__(self) -> str:
        dims = ", ".join(
            str(size) if axis is None else f"{axis.name}={size}"
            for size, axis in zip(self.shape, self.axes)
        )
        return f"{self.dtype.__name__}[{dims or '()'}]"

    # Arithmetic.

    def __add__(self, other: Operand) -> Tensor:
        return elementwise(te.AddOp, self, other)

    def __radd__(self, other: Number) -> Tensor:
        return elementwise(te.AddOp, other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return elementwise(te.SubOp, self, other)

    def __rsub__(self, other: Number) -> Tensor:
        return elementwise(te.SubOp, other, self)

    def __mul__(self, other: Operand) -> Tensor:
        return elementwise(te.MulOp, self, other)

    def __rmul__(self, other: Number) -> Tensor:
        return elementwise(te.MulOp, other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        return _quotient(self, other)

    def __rtruediv__(self, other: Number) -> Tensor:
        return _quotient(other, self)

    def __pow__(self, other: Operand) -> Tensor:
        return elementwise(te.PowOp, self, other)

    def __rpow__(self, other: Number) -> Tensor:
        return elementwise(te.PowOp, other, self)

    def __neg__(self) -> Tensor:
        return elementwise(te.NegOp, self)

    def __abs__(self) -> Tensor:
        return elementwise(te.AbsOp, self)

    def __matmul__(self, other: Tensor) -> Tensor:
        from akg_mlir.frontends.python.contractions import matmul

        return matmul(self, other)

    def __floordiv__(self, _: object) -> Tensor:
        raise error("// is not supported", hint="akg.div truncates integers towards zero")

    def __mod__(self, _: object) -> Tensor:
        raise error("% is not supported", hint="akg.rem has the sign of its first operand")

    # Comparisons and logic.

    def __eq__(self, other: Operand) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return compare("eq", self, other)

    def __ne__(self, other: Operand) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return compare("ne", self, other)

    def __lt__(self, other: Operand) -> Tensor:
        return compare("lt", self, other)

    def __le__(self, other: Operand) -> Tensor:
        return compare("le", self, other)

    def __gt__(self, other: Operand) -> Tensor:
        return compare("gt", self, other)

    def __ge__(self, other: Operand) -> Tensor:
        return compare("ge", self, other)

    def __and__(self, other: Operand) -> Tensor:
        return elementwise(te.AndOp, self, other)

    def __rand__(self, other: Number) -> Tensor:
        return elementwise(te.AndOp, other, self)

    def __or__(self, other: Operand) -> Tensor:
        return elementwise(te.OrOp, self, other)

    def __ror__(self, other: Number) -> Tensor:
        return elementwise(te.OrOp, other, self)

    def __xor__(self, other: Operand) -> Tensor:
        if te.element_of(self.value) == builtin.i1:
            return compare("ne", self, other)
        return elementwise(te.XorOp, self, other)

    def __lshift__(self, other: Operand) -> Tensor:
        return elementwise(te.ShiftLeftOp, self, other)

    def __rshift__(self, other: Operand) -> Tensor:
        return elementwise(te.ShiftRightOp, self, other)

    def __invert__(self) -> Tensor:
        return elementwise(te.NotOp, self)

    def __hash__(self) -> int:
        return id(self)

    # Elements.

    def __getitem__(self, key: Subscript | tuple[Subscript, ...]) -> Tensor:
        from akg_mlir.frontends.python.subscripts import subscript

        return subscript(self, key if isinstance(key, tuple) else (key,))

    def __setitem__(self, key: object, value: object) -> None:
        raise error(
            "tensors cannot be assigned to", hint="make a new one, with akg.where or akg.concat"
        )

    # What a tensor cannot be while it has no elements.

    def __bool__(self) -> bool:
        raise error("a tensor has no truth value while a kernel is traced", hint=_ADVICE)

    def __iter__(self) -> Iterator[Tensor]:
        raise error("tensors are not iterated over", hint=_ADVICE)

    def __int__(self) -> int:
        raise error("a tensor is no number while a kernel is traced", hint="akg.cast converts")

    def __float__(self) -> float:
        raise error("a tensor is no number while a kernel is traced", hint="akg.cast converts")

    def __index__(self) -> int:
        raise error(
            "a tensor is no index while a kernel is traced",
            hint="indices are numbers, slices, or axes in akg.compute",
        )

    def __array__(self, *_: object) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        raise error("numpy cannot compute with tensors of a kernel", hint="use functions of akg")

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *operands: Operand, **_: object
    ) -> Tensor:
        """`numpy.float32(2) * x` is a product as any other; functions of numpy are refused."""
        name = _DUNDER.get(ufunc.__name__)
        if name is not None and method == "__call__" and isinstance(operands[0], np.generic):
            return getattr(self, name)(operands[0])
        raise _not_for_numpy(ufunc.__name__)

    def __array_function__(self, function: Callable[..., object], *_: object) -> Tensor:
        raise _not_for_numpy(function.__name__)


def _not_for_numpy(name: str) -> Exception:
    return error(
        f"numpy.{name} cannot compute with tensors of a kernel",
        hint="use functions of akg on tensors; make arrays constants with akg.constant",
    )


_DUNDER = {
    "add": "__radd__",
    "subtract": "__rsub__",
    "multiply": "__rmul__",
    "divide": "__rtruediv__",
    "power": "__rpow__",
}


# Building ops.


def operands_of(*operands: Operand) -> tuple[Trace, list[Tensor]]:
    """The trace of an expression and its operands as tensors of it.

    Numbers become constants in the element type of the first tensor. Raises TraceError for other
    things, and when there is no tensor.
    """
    trace = current()
    tensors = [o for o in operands if isinstance(o, Tensor)]
    if not tensors:
        raise error("none of the operands is a tensor", hint="use Python's own arithmetic")
    element = te.element_of(tensors[0].value)
    return trace, [_operand(trace, operand, element) for operand in operands]


def _operand(trace: Trace, operand: Operand, element: Attribute) -> Tensor:
    if isinstance(operand, Tensor):
        return operand if operand.trace is trace else trace.adopt(operand)
    value = operand.item() if isinstance(operand, np.generic) else operand
    if not isinstance(value, int | float):
        raise error(
            f"a {type(operand).__name__} is no operand",
            hint="operands are tensors and numbers; make an array a constant with akg.constant",
        )
    if isinstance(value, float) and not is_float(element):
        raise error(
            f"the number {value} meets a tensor of {element}",
            hint="convert the tensor with akg.cast, or write an integer",
        )
    type_ = builtin.TensorType(element, [])
    return Tensor(trace.emit(lambda: te.ConstantOp.splat(type_, value)), trace, ())


def elementwise(op: Callable[..., Operation], *operands: Operand) -> Tensor:
    """An element-wise op on operands that broadcast."""
    trace, tensors = operands_of(*operands)
    axes = broadcast_axes(tensors)
    return Tensor(trace.emit(lambda: op(*(t.value for t in tensors))), trace, axes)


def compare(predicate: str, lhs: Operand, rhs: Operand) -> Tensor:
    """`lhs predicate rhs`, tensors of truth values."""
    return elementwise(partial(te.CompareOp, predicate), lhs, rhs)


def broadcast_axes(tensors: Sequence[Tensor], but_last: int = 0) -> tuple[Axis | None, ...]:
    """Names of the dimensions of a broadcast, without the last ones. Raises TraceError where two
    names meet."""
    rank = max(t.ndim for t in tensors)
    result: list[Axis | None] = []
    for position in range(-rank, -but_last):
        meeting = [
            t.axes[position]
            for t in tensors
            if t.ndim >= -position and t.shape[position] > 1 and t.axes[position] is not None
        ]
        named = list(dict.fromkeys(axis for axis in meeting if axis is not None))
        if len(named) > 1:
            raise error(
                f"axes {' and '.join(a.name for a in named)} meet in dimension {position + rank} "
                f"of {' and '.join(map(str, tensors))}",
                hint="transpose one side, or rename its dimensions with .named(...)",
            )
        result.append(named[0] if named else None)
    return tuple(result)


def _quotient(lhs: Operand, rhs: Operand) -> Tensor:
    for operand in (lhs, rhs):
        if isinstance(operand, Tensor) and not is_float(te.element_of(operand.value)):
            raise error(
                f"/ of {operand}: the quotient of integers is no integer",
                hint="akg.div truncates towards zero; akg.cast makes floats of integers",
            )
    return elementwise(te.DivOp, lhs, rhs)

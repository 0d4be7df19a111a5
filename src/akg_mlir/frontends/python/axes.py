"""Named axes, and sums of scaled axes as subscripts.

    m, n = akg.axes("m n")        # sizes come from the arrays
    k = akg.axis("k", 256)        # always 256

An axis names a dimension of a tensor (`x: akg.f32[m, n]`), says what a reduction is over
(`akg.sum(x, over=n)`) and is an index in `akg.compute`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from akg_mlir.frontends.python.places import error


class Index:
    """A subscript: `offset` plus axes times integers."""

    def __init__(self, terms: Mapping[Axis, int], offset: int = 0) -> None:
        self.terms = {axis: factor for axis, factor in terms.items() if factor}
        self.offset = offset

    def __add__(self, other: Index | int) -> Index:
        if isinstance(other, int):
            return Index(self.terms, self.offset + other)
        axes = self.terms.keys() | other.terms.keys()
        terms = {a: self.terms.get(a, 0) + other.terms.get(a, 0) for a in axes}
        return Index(terms, self.offset + other.offset)

    __radd__ = __add__

    def __neg__(self) -> Index:
        return self * -1

    def __sub__(self, other: Index | int) -> Index:
        return self + -other

    def __rsub__(self, other: int) -> Index:
        return -self + other

    def __mul__(self, factor: int) -> Index:
        if not isinstance(factor, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise _not_affine("a product of indices")
        return Index({a: f * factor for a, f in self.terms.items()}, self.offset * factor)

    __rmul__ = __mul__

    def __floordiv__(self, _: object) -> Index:
        raise _not_affine("a quotient")

    def __mod__(self, _: object) -> Index:
        raise _not_affine("a remainder")

    def __truediv__(self, _: object) -> Index:
        raise _not_affine("a quotient")

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        raise _no_value()

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        raise _no_value()

    def __repr__(self) -> str:
        parts = [a.name if f == 1 else f"{f} * {a.name}" for a, f in self.terms.items()]
        if self.offset or not parts:
            parts.append(str(self.offset))
        return " + ".join(parts)


def _no_value() -> Exception:
    return error(
        "an index has no value while a kernel is traced",
        hint="indices only subscript tensors; axes are compared with `is`",
    )


def _not_affine(what: str) -> Exception:
    return error(
        f"{what} is no subscript",
        hint="subscripts are sums of axes times integers, such as 2 * i + k - 1; reshape the "
        "tensor to split a dimension",
    )


class Axis(Index):
    """A named dimension. Two axes are the same only if they are one object."""

    def __init__(self, name: str, size: int | None = None) -> None:
        """`size` None: whatever the arrays have."""
        super().__init__({self: 1})
        if size is not None and size < 1:
            raise error(f"axis {name} has size {size}, sizes are at least 1")
        self.name = name
        self.size = size


Dim: TypeAlias = "int | Axis"
"""A dimension of a tensor type: a size, or an axis."""


def axis(name: str, size: int | None = None) -> Axis:
    """A named axis; without `size` it has that of the arrays a kernel is called on."""
    return Axis(name, size)


def axes(names: str) -> tuple[Axis, ...]:
    """An axis per word."""
    return tuple(map(Axis, names.split()))

"""Layouts of the cube unit: fractals, NC1HWC0 and img2col, in closed form.

Every layout is a function from where an element is to where it goes, and layouts are composed
forward (by pullback). Recovering such a function from a relation, or projecting one with large
floor and mod terms, takes isl minutes for a 7x7 window of stride 2. For the same reason spaces
stay multi-dimensional: output points are (row, column), contraction indices are (channel block,
kernel row, kernel column, channel), and flat numbers appear in `Img2Col.flat` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

import islpy as isl

from akg_mlir.polyhedral.context import context

FRACTAL = 16
"""Rows and columns of a fractal of 2-byte elements; also C0, the channels of a block."""

Kind = Literal["whole", "padded", "block", "lane"]


@dataclass(frozen=True)
class Part:
    """One dimension of a buffer: dimension `dim` of a box, perhaps padded to 16, or the number of
    its block of 16, or the position in that block. `dim` is None for a lane that nothing varies
    along: element 0 of 16."""

    dim: int | None
    kind: Kind = "whole"


@dataclass(frozen=True)
class Rows:
    """Dimensions of a box of `sizes` walked as one, padded to whole fractals, and to `spare` more:
    the rest of the last one where whole fractals are put in the middle."""

    dims: tuple[int, ...]
    sizes: tuple[int, ...]
    spare: int = 0


@dataclass(frozen=True)
class Arrangement:
    """How a box lies in a buffer, outermost part first."""

    parts: tuple[Part | Rows, ...]

    def shape(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """The buffer's shape for a box of these sizes."""
        return tuple(_extent(part, sizes) for part in self.parts)

    def index(self, local: Sequence[isl.Aff]) -> tuple[isl.Aff, ...]:
        """Where the element at `local` (counted from the corner of the box) lies.

        `local` may not be empty.
        """
        return tuple(_place(part, local) for part in self.parts)


def whole(dims: Sequence[int]) -> tuple[Part, ...]:
    """The dimensions as they are."""
    return tuple(Part(dim) for dim in dims)


def blocked(dims: Sequence[int], sizes: Sequence[int]) -> tuple[tuple[Part, ...], Part]:
    """Some dimensions in blocks of 16 along the last of them: the outer parts, and the lane.

    A last dimension of at most 16 elements is the lane itself.
    """
    if not dims:
        return (), Part(None, "lane")
    *outer, last = dims
    if sizes[last] <= FRACTAL:
        return whole(outer), Part(last, "padded")
    return (*whole(outer), Part(last, "block")), Part(last, "lane")


def _place(part: Part | Rows, local: Sequence[isl.Aff]) -> isl.Aff:
    row = isl.Aff.zero_on_domain(local[0].get_domain_local_space())
    if isinstance(part, Rows):
        for dim, size in zip(part.dims, part.sizes):
            row = row.scale_val(_val(size)).add(local[dim])
        return row
    return row if part.dim is None else _select(local[part.dim], part.kind)


def _extent(part: Part | Rows, sizes: Sequence[int]) -> int:
    if isinstance(part, Rows):
        return (-(-prod(part.sizes) // FRACTAL) + part.spare) * FRACTAL
    if part.dim is None or part.kind in ("padded", "lane"):
        return FRACTAL
    return sizes[part.dim] if part.kind == "whole" else -(-sizes[part.dim] // FRACTAL)


def _select(index: isl.Aff, kind: Kind) -> isl.Aff:
    match kind:
        case "whole" | "padded":
            return index
        case "block":
            return index.scale_down_val(_val(FRACTAL)).floor()
        case "lane":
            return index.mod_val(_val(FRACTAL))


# ----------------------------------------------------------------------------------------- fractals

ZZ = Arrangement((Part(0, "block"), Part(1, "block"), Part(0, "lane"), Part(1, "lane")))
"""[m, k] -> [m1, k1, m0, k0]: L0A."""
NZ = Arrangement((Part(1, "block"), Part(0, "block"), Part(0, "lane"), Part(1, "lane")))
"""[m, k] -> [k1, m1, m0, k0]: L1, and with n for k L0C."""
ZN = Arrangement((Part(0, "block"), Part(1, "block"), Part(1, "lane"), Part(0, "lane")))
"""[k, n] -> [k1, n1, n0, k0]: L0B."""
NC1HWC0 = Arrangement((Part(0), Part(1, "block"), Part(2), Part(3), Part(1, "lane")))
"""[n, c, h, w] -> [n, c1, h, w, c0]."""


# ------------------------------------------------------------------------------------------ img2col


@dataclass(frozen=True)
class Window:
    """Where a window meets one axis of the image: `stride * point + dilation * tap - padding`."""

    stride: int = 1
    dilation: int = 1
    padding: int = 0

    def at(self, point: isl.Aff, tap: isl.Aff) -> isl.Aff:
        """The image coordinate of a tap of the window at an output point."""
        moved = point.scale_val(_val(self.stride)).add(tap.scale_val(_val(self.dilation)))
        return moved.add_constant_val(_val(-self.padding))


@dataclass(frozen=True)
class Img2Col:
    """A convolution's image as the left matrix of a product (AKG, PLDI 2021, equation 1).

    The image is `I[n, c1, y, x, c0]` (NC1HWC0), the kernel has `kernel` = (KH, KW) taps, and a
    row of the output has `columns` points.
    """

    kernel: tuple[int, int]
    columns: int
    rows: Window = Window()
    across: Window = Window()

    def structured(self) -> isl.MultiAff:
        """`X[n, c1, kh, kw, h, w, c0] -> I[n, c1, y, x, c0]`: the taps of the point (h, w)."""
        space = isl.Space.create_from_names(
            context(), set=["n", "c1", "kh", "kw", "h", "w", "c0"]
        ).set_tuple_name(isl.dim_type.set, "X")
        n, c1, kh, kw, h, w, c0 = _dims(space)
        return _function("I", [n, c1, self.rows.at(h, kh), self.across.at(w, kw), c0])

    def flat(self) -> isl.MultiAff:
        """`X[n, mo, ko, mi, ki] -> X[n, c1, kh, kw, h, w, c0]`: matrix fractals to taps.

        Row 16 mo + mi of the matrix is the output point h * columns + w; column block ko is
        (c1 * KH + kh) * KW + kw.
        """
        space = isl.Space.create_from_names(
            context(), set=["n", "mo", "ko", "mi", "ki"]
        ).set_tuple_name(isl.dim_type.set, "X")
        n, mo, ko, mi, ki = _dims(space)
        kh, kw = self.kernel
        row = mo.scale_val(_val(FRACTAL)).add(mi)
        return _function(
            "X",
            [
                n,
                ko.scale_down_val(_val(kh * kw)).floor(),
                ko.scale_down_val(_val(kw)).floor().mod_val(_val(kh)),
                ko.mod_val(_val(kw)),
                row.scale_down_val(_val(self.columns)).floor(),
                row.mod_val(_val(self.columns)),
                ki,
            ],
        )

    def fractal(self) -> isl.MultiAff:
        """`X[n, mo, ko, mi, ki] -> I[n, c1, y, x, c0]`, equation 1. The paper prints `+ stride`
        where the stride is a factor."""
        return self.structured().pullback_multi_aff(self.flat())


def _dims(space: isl.Space) -> list[isl.Aff]:
    local = isl.LocalSpace.from_space(space)
    return [
        isl.Aff.var_on_domain(local, isl.dim_type.set, k)
        for k in range(space.dim(isl.dim_type.set))
    ]


def _function(name: str, results: Sequence[isl.Aff]) -> isl.MultiAff:
    domain = results[0].get_domain_space()
    space = domain.from_domain().add_dims(isl.dim_type.out, len(results))
    result = isl.MultiAff.zero(space.set_tuple_name(isl.dim_type.out, name))
    for k, expression in enumerate(results):
        result = result.set_aff(k, expression)
    return result


def _val(value: int) -> isl.Val:
    return isl.Val(value, context())

"""Named linalg ops as loop nests: what each name means, whatever its region or attributes print.

One line per op. `n c y:i x:j, f c i j -> n f y x` reads operand by operand which loop runs over
each dimension; `y:i` is a window, the index `y * stride + i * dilation`, with the strides and
dilations of the op in the order of windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.dialects.builtin import DenseIntElementsAttr
from xdsl.ir import Attribute, Operation
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.linalg.subscripts import Access, Subscript, along

Kind = Literal["product", "add", "max", "min"]

_PRODUCTS = {
    "batch_matmul": "b m k, b k n -> b m n",
    "batch_matmul_transpose_a": "b k m, b k n -> b m n",
    "batch_matmul_transpose_b": "b m k, b n k -> b m n",
    "batch_matvec": "b m k, b k -> b m",
    "batch_reduce_matmul": "b m k, b k n -> m n",
    "batch_vecmat": "b k, b k n -> b n",
    "dot": "k, k ->",
    "matmul": "m k, k n -> m n",
    "matmul_transpose_a": "k m, k n -> m n",
    "matmul_transpose_b": "m k, n k -> m n",
    "matvec": "m k, k -> m",
    "vecmat": "k, k n -> n",
    "conv_1d": "x:j, j -> x",
    "conv_1d_ncw_fcw": "n c x:j, f c j -> n f x",
    "conv_1d_nwc_wcf": "n x:j c, j c f -> n x f",
    "conv_2d": "y:i x:j, i j -> y x",
    "conv_2d_nchw_fchw": "n c y:i x:j, f c i j -> n f y x",
    "conv_2d_ngchw_fgchw": "n g c y:i x:j, f g c i j -> n g f y x",
    "conv_2d_ngchw_gfchw": "n g c y:i x:j, g f c i j -> n g f y x",
    "conv_2d_nhwc_fhwc": "n y:i x:j c, f i j c -> n y x f",
    "conv_2d_nhwc_hwcf": "n y:i x:j c, i j c f -> n y x f",
    "conv_2d_nhwgc_gfhwc": "n y:i x:j g c, g f i j c -> n y x g f",
    "depthwise_conv_1d_ncw_cw": "n c x:j, c j -> n c x",
    "depthwise_conv_1d_nwc_wc": "n x:j c, j c -> n x c",
    "depthwise_conv_1d_nwc_wcm": "n x:j c, j c m -> n x c m",
    "depthwise_conv_2d_nchw_chw": "n c y:i x:j, c i j -> n c y x",
    "depthwise_conv_2d_nhwc_hwc": "n y:i x:j c, i j c -> n y x c",
    "depthwise_conv_2d_nhwc_hwcm": "n y:i x:j c, i j c m -> n y x c m",
}
_POOLS = {
    "ncw": "n c x:j, j -> n c x",
    "nwc": "n x:j c, j -> n x c",
    "nchw": "n c y:i x:j, i j -> n c y x",
    "nhwc": "n y:i x:j c, i j -> n y x c",
    "ndhwc": "n z:k y:i x:j c, k i j -> n z y x c",
}
_POOLINGS: dict[str, Kind] = {"sum": "add", "max": "max", "min": "min"}


def _named() -> dict[str, tuple[str, Kind]]:
    found: dict[str, tuple[str, Kind]] = {
        name: (spec, "product") for name, spec in _PRODUCTS.items()
    }
    for layout, spec in _POOLS.items():
        for name, kind in _POOLINGS.items():
            if kind != "min" or layout.endswith("c"):
                found[f"pooling_{layout}_{name}"] = spec, kind
    return found


NAMED = _named()


@dataclass(frozen=True)
class NamedNest:
    """The loops of a named op: an access per operand, the loops reduced, and what is computed."""

    accesses: tuple[Access, ...]
    count: int
    reductions: frozenset[int]
    kind: Kind


def attribute_of(op: Operation, *names: str) -> Attribute | None:
    """The first of these properties or attributes that an op has."""
    found = (table.get(name) for name in names for table in (op.properties, op.attributes))
    return next((value for value in found if value is not None), None)


def named_nest(op: Operation, name: str) -> NamedNest | None:
    """The nest of `linalg.<name>`, or None where the name is not one of a contraction, convolution
    or pooling.

    Raises CompileError for a cast other than the signed one, and for malformed strides.
    """
    found = NAMED.get(name)
    if found is None:
        return None
    spec, kind = found
    cast = attribute_of(op, "cast")
    if cast is not None and "unsigned" in str(cast):
        raise CompileError("casts integers as unsigned", op, hint="use the signed cast")
    operands = [part.split() for part in spec.replace("->", ",").split(",")]
    windows = spec.count(":")
    strides, dilations = (_steps(op, what, windows) for what in ("strides", "dilations"))
    # Loops are numbered as MLIR does: those of the result, then those that are reduced.
    order = list(operands[-1])
    for word in (word for operand in reversed(operands) for word in operand):
        order += [part for part in word.split(":") if part not in order]
    steps = iter(zip(strides, dilations))

    def subscript(word: str) -> Subscript:
        if ":" not in word:
            return along(order.index(word))
        (outer, inner), (stride, dilation) = word.split(":"), next(steps)
        return Subscript(0, {order.index(outer): stride, order.index(inner): dilation})

    accesses = tuple(tuple(map(subscript, operand)) for operand in operands)
    reduced = frozenset(range(len(operands[-1]), len(order)))
    return NamedNest(accesses, len(order), reduced, kind)


def _steps(op: Operation, what: str, windows: int) -> tuple[int, ...]:
    value = attribute_of(op, what)
    if value is None or not windows:
        return (1,) * windows
    if not isa(value, DenseIntElementsAttr) or len(value) != windows:
        raise CompileError(f"{what} are {value}", op, hint=f"{windows} integers are expected")
    steps = tuple(value.get_values())
    if min(steps) < 1:
        raise CompileError(f"{what} are {list(steps)}", op, hint="take integers of at least 1")
    return steps

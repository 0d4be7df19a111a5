"""Affine kernels as text: convolutions, and accesses with floor and mod that make isl explode.

The flattened forms are what a scheduler sees when index spaces are not kept: reshapes through one
flat dimension, and convolutions as matrix products over flat rows and depths (img2col).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

GM = "#npu<space gm>"


class Kernel:
    """Writes one affine function: arguments and intermediate buffers, then loop nests."""

    def __init__(self) -> None:
        self._types: dict[str, str] = {}
        self._arguments: list[str] = []
        self._lines: list[str] = []

    def argument(self, name: str, *shape: int) -> None:
        """Declare `%name`, of f32."""
        self._types[name] = f"memref<{''.join(f'{size}x' for size in shape)}f32, {GM}>"
        self._arguments.append(f"%{name}: {self._types[name]}")

    def buffer(self, name: str, *shape: int) -> None:
        """Allocate `%name`, of f32."""
        self._types[name] = f"memref<{''.join(f'{size}x' for size in shape)}f32, {GM}>"
        self._lines.append(f"%{name} = memref.alloc() : {self._types[name]}")

    def nest(
        self, loops: Mapping[str, int], store: str, loads: Sequence[str], reduction: str = ""
    ) -> None:
        """`store = combination of loads` (`A[i, j + 1]`) at all points of `loops` (name: size).

        One value is negated, none is zero, several are added; with `reduction` (`add`), the
        product of the loads after the first is added to the first.
        """
        text = [f"affine.for %{loop} = 0 to {size} {{" for loop, size in loops.items()]
        values: list[str] = []
        for load in loads:
            values.append(f"%l{len(values)}")
            text.append(f"{values[-1]} = affine.load {self._access(load, loops)}")
        if not values:
            text.append("%v = arith.constant 0.0 : f32")
        elif len(values) == 1:
            text.append(f"%v = arith.negf {values[0]} : f32")
        else:
            first, *others = values
            total = others[0]
            for k, other in enumerate(others[1:]):
                verb = "mulf" if reduction else "addf"
                text.append(f"%p{k} = arith.{verb} {total}, {other} : f32")
                total = f"%p{k}"
            text.append(f"%v = arith.addf {first}, {total} : f32")
        text.append(f"affine.store %v, {self._access(store, loops)}")
        kept = len(loops) if not reduction else _shared(loops, store)
        for depth in reversed(range(len(loops))):
            marked = reduction and depth == kept
            text.append(f'}} {{poly.reduction = "{reduction}"}}' if marked else "}")
        self._lines.append("\n".join(text))

    def _access(self, access: str, loops: Mapping[str, int]) -> str:
        name, indices = access.split("[", 1)
        for loop in loops:
            indices = re.sub(rf"\b{loop}\b", f"%{loop}", indices)
        return f"%{name}[{indices} : {self._types[name]}"

    def finish(self) -> str:
        """The function `@main`, a kernel."""
        body = "\n".join(self._lines)
        arguments = ", ".join(self._arguments)
        return f"func.func @main({arguments}) attributes {{npu.kernel}} {{\n{body}\nreturn\n}}\n"


def _shared(loops: Mapping[str, int], store: str) -> int:
    """How many outer loops the stored element depends on."""
    used = [bool(re.search(rf"\b{loop}\b", store.split("[", 1)[1])) for loop in loops]
    return max((k + 1 for k, u in enumerate(used) if u), default=0)


def convolution(
    channels: int, size: int, window: int, stride: int = 1, *, produced: bool = False
) -> str:
    """Convolution, bias and relu (as a negation) on CHW; `produced`: the input is computed."""
    k, rows = Kernel(), (size - window) // stride + 1
    k.argument("X", channels, size, size)
    k.argument("F", channels, channels, window, window)
    k.argument("b", channels)
    k.argument("Y", channels, rows, rows)
    source = "X"
    if produced:
        source = "Q"
        k.buffer("Q", channels, size, size)
        k.nest({"c": channels, "h": size, "w": size}, "Q[c, h, w]", ["X[c, h, w]"])
    for name in ("C", "D"):
        k.buffer(name, channels, rows, rows)
    points = {"o": channels, "h": rows, "w": rows}
    window_points = {"c": channels, "r": window, "s": window}
    at = f"{source}[c, h * {stride} + r, w * {stride} + s]"
    k.nest(points, "C[o, h, w]", [])
    k.nest(points | window_points, "C[o, h, w]", ["C[o, h, w]", at, "F[o, c, r, s]"], "add")
    k.nest(points, "D[o, h, w]", ["C[o, h, w]", "b[o]"])
    k.nest(points, "Y[o, h, w]", ["D[o, h, w]"])
    return k.finish()


def blocked_convolution(size: int = 58, blocks: int = 4, window: int = 3) -> str:
    """Convolution on NC1HWC0 of a computed input, bias, negation."""
    k, rows = Kernel(), size - window + 1
    k.argument("X", blocks, size, size, 16)
    k.argument("F", blocks, window, window, blocks, 16, 16)
    k.argument("b", blocks, 16)
    k.argument("Y", blocks, rows, rows, 16)
    k.buffer("Q", blocks, size, size, 16)
    for name in ("C", "D"):
        k.buffer(name, blocks, rows, rows, 16)
    inputs = {"c": blocks, "h": size, "w": size, "z": 16}
    points = {"o": blocks, "h": rows, "w": rows, "i": 16}
    window_points = {"c": blocks, "r": window, "s": window, "z": 16}
    operands = ["C[o, h, w, i]", "Q[c, h + r, w + s, z]", "F[c, r, s, o, i, z]"]
    k.nest(inputs, "Q[c, h, w, z]", ["X[c, h, w, z]"])
    k.nest(points, "C[o, h, w, i]", [])
    k.nest(points | window_points, "C[o, h, w, i]", operands, "add")
    k.nest(points, "D[o, h, w, i]", ["C[o, h, w, i]", "b[o, i]"])
    k.nest(points, "Y[o, h, w, i]", ["D[o, h, w, i]"])
    return k.finish()


def flat_convolution(
    size: int, blocks: int, window: int, stride: int = 1, *, produced: bool = True
) -> str:
    """The matrix product form of a convolution: rows and depth flat, so that the input is read
    with floor and mod."""
    k, rows = Kernel(), (size - window) // stride + 1
    m, n, depth = rows * rows, 64, blocks * window * window * 16
    k.argument("X", blocks, size, size, 16)
    k.argument("F", depth, n)
    k.argument("b", n)
    k.argument("Y", m, n)
    source = "X"
    if produced:
        source = "Q"
        k.buffer("Q", blocks, size, size, 16)
        every = {"c": blocks, "h": size, "w": size, "z": 16}
        k.nest(every, "Q[c, h, w, z]", ["X[c, h, w, z]"])
    for name in ("C", "D"):
        k.buffer(name, m, n)
    area, line = window * window * 16, window * 16
    at = (
        f"{source}[k floordiv {area}, "
        f"(i floordiv {rows}) * {stride} + (k mod {area}) floordiv {line}, "
        f"(i mod {rows}) * {stride} + (k mod {line}) floordiv 16, k mod 16]"
    )
    points = {"i": m, "j": n}
    k.nest(points, "C[i, j]", [])
    k.nest(points | {"k": depth}, "C[i, j]", ["C[i, j]", at, "F[k, j]"], "add")
    k.nest(points, "D[i, j]", ["C[i, j]", "b[j]"])
    k.nest(points, "Y[i, j]", ["D[i, j]"])
    return k.finish()


def flat_reshape(channels: int = 64, size: int = 56, row: int = 96) -> str:
    """CHW through one flat dimension to rows that are not aligned with it."""
    k, area = Kernel(), size * size
    total = channels * area
    k.argument("X", channels, size, size)
    k.argument("Y", total // row, row)
    k.buffer("A", channels, size, size)
    k.buffer("B", total)
    k.buffer("D", total // row, row)
    every = {"c": channels, "h": size, "w": size}
    at = f"A[x floordiv {area}, (x mod {area}) floordiv {size}, x mod {size}]"
    k.nest(every, "A[c, h, w]", ["X[c, h, w]"])
    k.nest({"x": total}, "B[x]", [at])
    rows = {"a": total // row, "e": row}
    k.nest(rows, "D[a, e]", [f"B[a * {row} + e]"])
    k.nest(rows, "Y[a, e]", ["D[a, e]"])
    return k.finish()


def blocked_reshape(channels: int = 256, pixels: int = 3136) -> str:
    """Channels into blocks of 16, computed there, and back."""
    k, blocks = Kernel(), channels // 16
    k.argument("X", channels, pixels)
    k.argument("Y", channels, pixels)
    k.buffer("A", channels, pixels)
    for name in ("B", "D"):
        k.buffer(name, blocks, pixels, 16)
    plain, blocked = {"c": channels, "x": pixels}, {"d": blocks, "x": pixels, "z": 16}
    k.nest(plain, "A[c, x]", ["X[c, x]"])
    k.nest(blocked, "B[d, x, z]", ["A[d * 16 + z, x]"])
    k.nest(blocked, "D[d, x, z]", ["B[d, x, z]"])
    k.nest(plain, "Y[c, x]", ["D[c floordiv 16, x, c mod 16]"])
    return k.finish()


CONVOLUTIONS: dict[str, str] = {
    "conv_bias_relu": convolution(64, 58, 3),
    "producer_conv_bias_relu": convolution(64, 58, 3, produced=True),
}
EXPLOSIVE: dict[str, str] = {
    "reshape_flat": flat_reshape(),
    "reshape_blocked": blocked_reshape(),
    "conv_nc1hwc0_producer": blocked_convolution(),
    "img2col_3x3_producer": flat_convolution(58, 4, 3),
    "img2col_7x7_stride2": flat_convolution(230, 1, 7, 2),
}
"""Cases for which isl's scheduler or projections take from seconds to for ever."""

"""Sizes of PolyBench/C 4.2.1, and the scalar parameters of its kernels."""

from __future__ import annotations

import math
from collections.abc import Callable

Sizes = dict[str, int | float]


def _sizes(
    names: str, mini: tuple[int, ...], small: tuple[int, ...], scalars: Callable[[Sizes], Sizes]
) -> dict[str, Sizes]:
    found = dict[str, Sizes]()
    for size, values in (("MINI", mini), ("SMALL", small)):
        extents: Sizes = dict(zip(names.split(), values, strict=True))
        found[size] = extents | scalars(extents)
    return found


def _none(_: Sizes) -> Sizes:
    return {}


def _alpha(_: Sizes) -> Sizes:
    return {"alpha": 1.5}


def _alpha_beta(_: Sizes) -> Sizes:
    return {"alpha": 1.5, "beta": 1.2}


def _statistics(sizes: Sizes) -> Sizes:
    n = float(sizes["N"])
    return {"n": n, "n_1": n - 1.0, "sqrt_n": math.sqrt(n)}


def _adi(sizes: Sizes) -> Sizes:
    """Coefficients of the two implicit half steps."""
    dx, dt = 1.0 / sizes["N"], 1.0 / sizes["TSTEPS"]
    mul1, mul2 = 2.0 * dt / (dx * dx), 1.0 * dt / (dx * dx)
    a, d = -mul1 / 2.0, -mul2 / 2.0
    b, e = 1.0 + mul1, 1.0 + mul2
    return {
        "a": a,
        "b": b,
        "c": a,
        "d": d,
        "e": e,
        "f": d,
        "one_2a": 1.0 + 2.0 * a,
        "one_2d": 1.0 + 2.0 * d,
    }


def _deriche(_: Sizes) -> Sizes:
    """Coefficients of the recursive filter with alpha = 0.25."""
    alpha = 0.25
    decay = math.exp(-alpha)
    k = (1.0 - decay) ** 2 / (1.0 + 2.0 * alpha * decay - math.exp(2.0 * alpha))
    return {
        "a1": k,
        "a2": k * decay * (alpha - 1.0),
        "a3": k * decay * (alpha + 1.0),
        "a4": -k * math.exp(-2.0 * alpha),
        "b1": 2.0 ** (-alpha),
        "b2": -math.exp(-2.0 * alpha),
    }


SIZES: dict[str, dict[str, Sizes]] = {
    "2mm": _sizes("NI NJ NK NL", (16, 18, 22, 24), (40, 50, 70, 80), _alpha_beta),
    "3mm": _sizes("NI NJ NK NL NM", (16, 18, 20, 22, 24), (40, 50, 60, 70, 80), _none),
    "adi": _sizes("TSTEPS N", (20, 20), (40, 60), _adi),
    "atax": _sizes("M N", (38, 42), (116, 124), _none),
    "bicg": _sizes("M N", (38, 42), (116, 124), _none),
    "cholesky": _sizes("N", (40,), (120,), _none),
    "correlation": _sizes("M N", (28, 32), (80, 100), _statistics),
    "covariance": _sizes("M N", (28, 32), (80, 100), _statistics),
    "deriche": _sizes("W H", (64, 64), (192, 128), _deriche),
    "doitgen": _sizes("NQ NR NP", (8, 10, 12), (20, 25, 30), _none),
    "durbin": _sizes("N", (40,), (120,), _none),
    "fdtd-2d": _sizes("TMAX NX NY", (20, 20, 30), (40, 60, 80), _none),
    "floyd-warshall": _sizes("N", (60,), (180,), _none),
    "gemm": _sizes("NI NJ NK", (20, 25, 30), (60, 70, 80), _alpha_beta),
    "gemver": _sizes("N", (40,), (120,), _alpha_beta),
    "gesummv": _sizes("N", (30,), (90,), _alpha_beta),
    "gramschmidt": _sizes("M N", (20, 30), (60, 80), _none),
    "heat-3d": _sizes("TSTEPS N", (20, 10), (40, 20), _none),
    "jacobi-1d": _sizes("TSTEPS N", (20, 30), (40, 120), _none),
    "jacobi-2d": _sizes("TSTEPS N", (20, 30), (40, 90), _none),
    "lu": _sizes("N", (40,), (120,), _none),
    "ludcmp": _sizes("N", (40,), (120,), _none),
    "mvt": _sizes("N", (40,), (120,), _none),
    "nussinov": _sizes("N", (60,), (180,), _none),
    "seidel-2d": _sizes("TSTEPS N", (20, 40), (40, 120), _none),
    "symm": _sizes("M N", (20, 30), (60, 80), _alpha_beta),
    "syr2k": _sizes("M N", (20, 30), (60, 80), _alpha_beta),
    "syrk": _sizes("M N", (20, 30), (60, 80), _alpha_beta),
    "trisolv": _sizes("N", (40,), (120,), _none),
    "trmm": _sizes("M N", (20, 30), (60, 80), _alpha),
}

"""The standard initial values of PolyBench/C 4.2.1, in f64.

Each function maps the sizes to the arrays that have initial values; `i`, `j`, `k` are index grids.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .sizes import Sizes

Arrays = dict[str, Any]


def _grid(*extents: int | float) -> Any:
    """Index grids of a shape, as integers (so that % and * are exact)."""
    grids = np.ogrid[tuple(slice(int(extent)) for extent in extents)]
    return grids[0] if len(extents) == 1 else grids


def _two_mm(s: Sizes) -> Arrays:
    ni, nj, nk, nl = s["NI"], s["NJ"], s["NK"], s["NL"]
    (ai, ak), (bi, bj), (ci, cj), (di, dj) = (
        _grid(ni, nk),
        _grid(nk, nj),
        _grid(nj, nl),
        _grid(ni, nl),
    )
    return {
        "A": (ai * ak + 1) % ni / ni,
        "B": bi * (bj + 1) % nj / nj,
        "C": (ci * (cj + 3) + 1) % nl / nl,
        "D": di * (dj + 2) % nk / nk,
    }


def _three_mm(s: Sizes) -> Arrays:
    ni, nj, nk, nl, nm = s["NI"], s["NJ"], s["NK"], s["NL"], s["NM"]
    (ai, ak), (bi, bj), (ci, cj), (di, dj) = (
        _grid(ni, nk),
        _grid(nk, nj),
        _grid(nj, nm),
        _grid(nm, nl),
    )
    return {
        "A": (ai * ak + 1) % ni / (5 * ni),
        "B": (bi * (bj + 1) + 2) % nj / (5 * nj),
        "C": ci * (cj + 3) % nl / (5 * nl),
        "D": (di * (dj + 2) + 2) % nk / (5 * nk),
    }


def _adi(s: Sizes) -> Arrays:
    i, j = _grid(s["N"], s["N"])
    return {"u": (i + s["N"] - j) / s["N"]}


def _atax(s: Sizes) -> Arrays:
    m, n = s["M"], s["N"]
    i, j = _grid(m, n)
    return {"A": (i + j) % n / (5 * m), "x": 1 + _grid(n) / n}


def _bicg(s: Sizes) -> Arrays:
    m, n = s["M"], s["N"]
    i, j = _grid(n, m)
    return {"A": i * (j + 1) % n / n, "p": _grid(m) % m / m, "r": _grid(n) % n / n}


def _positive_definite(s: Sizes) -> Arrays:
    n = int(s["N"])
    i, j = _grid(n, n)
    lower = np.where(j < i, 1 - j % n / n, np.where(i == j, 1.0, 0.0))
    # The sums run in the order of the original program.
    product = np.zeros((n, n))
    for t in range(n):
        product += lower[:, t, None] * lower[None, :, t]
    return {"A": product}


def _correlation(s: Sizes) -> Arrays:
    i, j = _grid(s["N"], s["M"])
    return {"data": i * j / s["M"] + i}


def _covariance(s: Sizes) -> Arrays:
    i, j = _grid(s["N"], s["M"])
    return {"data": i * j / s["M"]}


def _deriche(s: Sizes) -> Arrays:
    i, j = _grid(s["W"], s["H"])
    # The original computes in f32 here.
    return {"imgIn": ((313 * i + 991 * j) % 65536).astype(np.float32) / np.float32(65535)}


def _doitgen(s: Sizes) -> Arrays:
    i, j, k = _grid(s["NR"], s["NQ"], s["NP"])
    p, q = _grid(s["NP"], s["NP"])
    return {"A": (i * j + k) % s["NP"] / s["NP"], "C4": p * q % s["NP"] / s["NP"]}


def _durbin(s: Sizes) -> Arrays:
    return {"r": s["N"] + 1 - _grid(s["N"])}


def _fdtd_2d(s: Sizes) -> Arrays:
    nx, ny = s["NX"], s["NY"]
    i, j = _grid(nx, ny)
    return {
        "fict": _grid(s["TMAX"]),
        "ex": i * (j + 1) / nx,
        "ey": i * (j + 2) / ny,
        "hz": i * (j + 3) / nx,
    }


def _floyd_warshall(s: Sizes) -> Arrays:
    i, j = _grid(s["N"], s["N"])
    absent = ((i + j) % 13 == 0) | ((i + j) % 7 == 0) | ((i + j) % 11 == 0)
    return {"path": np.where(absent, 999, i * j % 7 + 1)}


def _gemm(s: Sizes) -> Arrays:
    ni, nj, nk = s["NI"], s["NJ"], s["NK"]
    (ai, ak), (bi, bj), (ci, cj) = _grid(ni, nk), _grid(nk, nj), _grid(ni, nj)
    return {
        "A": ai * (ak + 1) % nk / nk,
        "B": bi * (bj + 2) % nj / nj,
        "C": (ci * cj + 1) % ni / ni,
    }


def _gemver(s: Sizes) -> Arrays:
    n = s["N"]
    i, j = _grid(n, n)
    k = _grid(n)
    return {
        "A": i * j % n / n,
        "u1": k,
        "u2": (k + 1) / n / 2,
        "v1": (k + 1) / n / 4,
        "v2": (k + 1) / n / 6,
        "y": (k + 1) / n / 8,
        "z": (k + 1) / n / 9,
    }


def _gesummv(s: Sizes) -> Arrays:
    n = s["N"]
    i, j = _grid(n, n)
    return {"A": (i * j + 1) % n / n, "B": (i * j + 2) % n / n, "x": _grid(n) % n / n}


def _gramschmidt(s: Sizes) -> Arrays:
    i, j = _grid(s["M"], s["N"])
    return {"A": i * j % s["M"] / s["M"] * 100 + 10}


def _heat_3d(s: Sizes) -> Arrays:
    n = s["N"]
    i, j, k = _grid(n, n, n)
    values = (i + j + (n - k)) * 10 / n
    return {"A": values, "B": values}


def _jacobi_1d(s: Sizes) -> Arrays:
    n = s["N"]
    return {"A": (_grid(n) + 2) / n, "B": (_grid(n) + 3) / n}


def _jacobi_2d(s: Sizes) -> Arrays:
    n = s["N"]
    i, j = _grid(n, n)
    return {"A": (i * (j + 2) + 2) / n, "B": (i * (j + 3) + 3) / n}


def _ludcmp(s: Sizes) -> Arrays:
    return _positive_definite(s) | {"b": (_grid(s["N"]) + 1) / s["N"] / 2 + 4}


def _mvt(s: Sizes) -> Arrays:
    n = s["N"]
    i, j = _grid(n, n)
    k = _grid(n)
    return {
        "x1": k % n / n,
        "x2": (k + 1) % n / n,
        "y1": (k + 3) % n / n,
        "y2": (k + 4) % n / n,
        "A": i * j % n / n,
    }


def _nussinov(s: Sizes) -> Arrays:
    return {"seq": (_grid(s["N"]) + 1) % 4}


def _seidel_2d(s: Sizes) -> Arrays:
    i, j = _grid(s["N"], s["N"])
    return {"A": (i * (j + 2) + 2) / s["N"]}


def _symm(s: Sizes) -> Arrays:
    m, n = s["M"], s["N"]
    (ai, aj), (bi, bj) = _grid(m, m), _grid(m, n)
    return {
        "A": np.where(aj <= ai, (ai + aj) % 100 / m, -999.0),
        "B": (n + bi - bj) % 100 / m,
        "C": (bi + bj) % 100 / m,
    }


def _syr2k(s: Sizes) -> Arrays:
    m, n = s["M"], s["N"]
    (ai, aj), (ci, cj) = _grid(n, m), _grid(n, n)
    return {
        "A": (ai * aj + 1) % n / n,
        "B": (ai * aj + 2) % m / m,
        "C": (ci * cj + 3) % n / m,
    }


def _syrk(s: Sizes) -> Arrays:
    m, n = s["M"], s["N"]
    (ai, aj), (ci, cj) = _grid(n, m), _grid(n, n)
    return {"A": (ai * aj + 1) % n / n, "C": (ci * cj + 2) % m / m}


def _trisolv(s: Sizes) -> Arrays:
    n = s["N"]
    i, j = _grid(n, n)
    return {"L": np.where(j <= i, (i + n - j + 1) * 2 / n, 0.0), "b": _grid(n), "x": -999.0}


def _trmm(s: Sizes) -> Arrays:
    m, n = s["M"], s["N"]
    (ai, aj), (bi, bj) = _grid(m, m), _grid(m, n)
    return {
        "A": np.where(aj < ai, (ai + aj) % m / m, np.where(ai == aj, 1.0, 0.0)),
        "B": (n + (bi - bj)) % n / n,
    }


INITIAL: dict[str, Callable[[Sizes], Arrays]] = {
    "2mm": _two_mm,
    "3mm": _three_mm,
    "adi": _adi,
    "atax": _atax,
    "bicg": _bicg,
    "cholesky": _positive_definite,
    "correlation": _correlation,
    "covariance": _covariance,
    "deriche": _deriche,
    "doitgen": _doitgen,
    "durbin": _durbin,
    "fdtd-2d": _fdtd_2d,
    "floyd-warshall": _floyd_warshall,
    "gemm": _gemm,
    "gemver": _gemver,
    "gesummv": _gesummv,
    "gramschmidt": _gramschmidt,
    "heat-3d": _heat_3d,
    "jacobi-1d": _jacobi_1d,
    "jacobi-2d": _jacobi_2d,
    "lu": _positive_definite,
    "ludcmp": _ludcmp,
    "mvt": _mvt,
    "nussinov": _nussinov,
    "seidel-2d": _seidel_2d,
    "symm": _symm,
    "syr2k": _syr2k,
    "syrk": _syrk,
    "trisolv": _trisolv,
    "trmm": _trmm,
}

"""Weights of ONNX's Resize along one dimension: each result is a combination of few elements.

Nothing here depends on data: `taps` says which elements a result combines, with which weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from akg_mlir.frontends.elements import Array

Kernel = Callable[[float], float]
"""The weight of an element by its distance; 0 from `reach` on."""

Taps = dict[int, float]
"""Elements that a result combines, and their weights. Those in front of the first element count as
that one, those behind the last one as that."""

# Less than f32 sees beside the other weights: what rounding positions leaves of 0.
LEAST_WEIGHT = 1e-9


@dataclass(frozen=True)
class Axis:
    """A dimension of `elements` from which `results` are made, `scale` of them per element;
    `region` are the ends of the part that is seen, in shares of the whole (tf_crop_and_resize)."""

    elements: int
    results: int
    scale: float
    region: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Method:
    """How elements are combined: attributes of Resize under ONNX's names."""

    mode: str
    coordinates: str
    nearest_mode: str
    cubic_coefficient: float
    antialias: bool
    exclude_outside: bool


def positions(axis: Axis, coordinates: str) -> list[float]:
    """Where each result lies among the elements. Raises `ValueError` for unknown coordinates."""
    n, scale, count = axis.elements, axis.scale, axis.results
    whole = scale * n
    start, end = axis.region
    match coordinates:
        case "align_corners":
            step = 0.0 if whole == 1 else (n - 1) / (whole - 1)
            return [k * step for k in range(count)]
        case "asymmetric":
            return [k / scale for k in range(count)]
        case "tf_crop_and_resize" if whole == 1:
            return [(start + (end - start) / 2) * (n - 1)] * count
        case "tf_crop_and_resize":
            step = (end - start) * (n - 1) / (whole - 1)
            return [start * (n - 1) + k * step for k in range(count)]
        case "pytorch_half_pixel" if whole == 1:
            return [-0.5] * count
        case "half_pixel" | "pytorch_half_pixel":
            return [(k + 0.5) / scale - 0.5 for k in range(count)]
        case "half_pixel_symmetric":
            offset = n / 2 * (1 - count / whole)
            return [offset + (k + 0.5) / scale - 0.5 for k in range(count)]
        case _:
            raise ValueError(f"coordinate_transformation_mode '{coordinates}' is not known")


def outside(axis: Axis, coordinates: str) -> Array:
    """Which results lie outside of the elements and are extrapolated."""
    places = np.array(positions(axis, coordinates))
    return (coordinates == "tf_crop_and_resize") & ((places < 0) | (places > axis.elements - 1))


def taps(axis: Axis, method: Method) -> list[Taps]:
    """What each result combines. Raises `ValueError` for a mode that is not known."""
    places = positions(axis, method.coordinates)
    if method.mode == "nearest":
        return [{place: 1.0} for place in map(_rounding(method), places)]
    kernel, reach = _kernel(method)
    shrink = min(axis.scale, 1.0) if method.antialias else 1.0
    return [_weighed(axis, method, place, kernel, reach, shrink) for place in places]


def _weighed(
    axis: Axis, method: Method, place: float, kernel: Kernel, reach: int, shrink: float
) -> Taps:
    first, last = math.floor(place - reach / shrink), math.ceil(place + reach / shrink)
    found = {k: kernel(abs(k - place) * shrink) for k in range(first, last + 1)}
    if method.exclude_outside:
        found = {k: weight for k, weight in found.items() if 0 <= k < axis.elements}
    total = sum(found.values()) or 1.0
    return {k: w / total for k, w in found.items() if abs(w / total) > LEAST_WEIGHT}


def _rounding(method: Method) -> Callable[[float], int]:
    rounded: dict[str, Callable[[float], int]] = {
        "round_prefer_floor": lambda x: math.ceil(x - 0.5),
        "round_prefer_ceil": lambda x: math.floor(x + 0.5),
        "floor": math.floor,
        "ceil": math.ceil,
    }
    if method.nearest_mode not in rounded:
        raise ValueError(f"nearest_mode '{method.nearest_mode}' is not known")
    return rounded[method.nearest_mode]


def _kernel(method: Method) -> tuple[Kernel, int]:
    """The kernel and its reach. (Cubic: R. Keys, Cubic convolution interpolation, 1981.)"""
    a = method.cubic_coefficient

    def linear(x: float) -> float:
        return max(1 - x, 0.0)

    def cubic(x: float) -> float:
        if x <= 1:
            return ((a + 2) * x - (a + 3)) * x * x + 1
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a if x < 2 else 0.0

    if method.mode == "linear":
        return linear, 1
    if method.mode == "cubic":
        return cubic, 2
    raise ValueError(f"mode '{method.mode}' is none of nearest, linear and cubic")

"""Reductions of linalg that leave out what is no number, and the places of the best elements."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.reference import te as reference
from akg_mlir.sources import load

NAN, INF = np.nan, np.inf
X = np.array(
    [
        [1, 3, 2, 3, 0, -1, 3],
        [NAN, 1, 2, 0, NAN, 2, 5],
        [2, 1, NAN, 7, 7, 8, 9],
        [-INF] * 7,
        [NAN] * 7,
        [-INF, NAN, -INF, 1, -INF, INF, INF],
    ],
    np.float32,
)
TEXT = """
func.func @f(%x: tensor<6x7xf32>) -> (tensor<6xf32>, tensor<6xi64>) {{
  %start = arith.constant {start} : f32
  %nowhere = arith.constant 5 : i64
  %e = tensor.empty() : tensor<6xf32>
  %v = linalg.fill ins(%start : f32) outs(%e : tensor<6xf32>) -> tensor<6xf32>
  %g = tensor.empty() : tensor<6xi64>
  %w = linalg.fill ins(%nowhere : i64) outs(%g : tensor<6xi64>) -> tensor<6xi64>
  %r:2 = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
                                           affine_map<(i, j) -> (i)>],
                          iterator_types = ["parallel", "reduction"]}}
    ins(%x : tensor<6x7xf32>) outs(%v, %w : tensor<6xf32>, tensor<6xi64>) {{
  ^bb0(%a: f32, %best: f32, %place: i64):
    %j = linalg.index 1 : index
    %n = arith.index_cast %j : index to i64
    {body}
    linalg.yield %m, %s : f32, i64
  }} -> (tensor<6xf32>, tensor<6xi64>)
  func.return %r#0, %r#1 : tensor<6xf32>, tensor<6xi64>
}}"""
STARTS = {"0xFF800000": -INF, "1.5": 1.5, "0x7F800000": INF}
TAKE = "%s = arith.select %c, %n, %place : i64"

Step = Callable[[float, float], tuple[float, bool]]
"""An element and the best one so far: the best one now, and whether the place is taken."""
BODIES: dict[str, tuple[str, Step]] = {
    "torch-mlir's maximum": (
        f"%m = arith.maximumf %a, %best : f32\n%c = arith.cmpf ogt, %a, %best : f32\n{TAKE}",
        lambda a, best: (np.maximum(a, best), a > best),
    ),
    "the last minimum": (
        f"%m = arith.minimumf %best, %a : f32\n%c = arith.cmpf oge, %best, %a : f32\n{TAKE}",
        lambda a, best: (np.minimum(a, best), a <= best),
    ),
    "the largest number": (
        f"%m = arith.maxnumf %a, %best : f32\n%c = arith.cmpf ogt, %a, %best : f32\n{TAKE}",
        lambda a, best: (np.fmax(a, best), a > best),
    ),
    "selected": (
        f"%c = arith.cmpf olt, %best, %a : f32\n%m = arith.select %c, %a, %best : f32\n{TAKE}",
        lambda a, best: (a, True) if a > best else (best, False),
    ),
    "kept unless better or equal": (
        "%c = arith.cmpf ult, %a, %best : f32\n%m = arith.select %c, %best, %a : f32\n"
        "%s = arith.select %c, %place, %n : i64",
        lambda a, best: (a, True) if a >= best else (best, False),
    ),
}


def one_by_one(step: Step, start: float) -> tuple[np.ndarray, np.ndarray]:
    best, places = np.full(len(X), start, np.float32), np.full(len(X), 5)
    for i, j in np.ndindex(X.shape):
        best[i], taken = step(X[i, j], best[i])
        places[i] = j if taken else places[i]
    return best, places


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", BODIES)
def test_places_of_the_best_are_those_of_one_element_after_the_other(name: str, start: str):
    body, step = BODIES[name]
    source = load(TEXT.format(body=body, start=start))
    got = reference.run(source.module, source.entry, [X])
    for one, other in zip(got, one_by_one(step, STARTS[start]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_places_on_the_machine():
    body, step = BODIES["torch-mlir's maximum"]
    got = akg_mlir.compile(TEXT.format(body=body, start="0xFF800000"))(X)
    for one, other in zip(got, one_by_one(step, -INF), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("body", "start", "message"),
    [
        (BODIES["selected"][0], "0x7FC00000", "may start from no number"),
        (BODIES["selected"][0].replace("olt", "ult"), "1.5", "not a reduction"),
        (BODIES["kept unless better or equal"][0].replace("ult", "olt"), "1.5", "not a reduction"),
        (BODIES["torch-mlir's maximum"][0].replace("ogt", "olt"), "1.5", "not a reduction"),
        (BODIES["selected"][0].replace("%n,", "%nowhere,"), "1.5", "not a reduction"),
    ],
)
def test_what_depends_on_the_order_is_refused(body: str, start: str, message: str):
    with pytest.raises(CompileError, match=message):
        load(TEXT.format(body=body, start=start))

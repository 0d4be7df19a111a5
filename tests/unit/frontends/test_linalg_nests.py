"""Nests of linalg.generic and of named ops, in text that MLIR printed, mean the same in te.

Expected values are computed point by point from the access maps and bodies that MLIR prints.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from xdsl.dialects.func import FuncOp

from akg_mlir.diagnostics import CompileError, name_of
from akg_mlir.frontends.linalg import import_linalg
from akg_mlir.frontends.linalg.named import NAMED
from akg_mlir.parsing import parse_module
from akg_mlir.reference import te as reference
from akg_mlir.verification import verify_module

PRINTED = parse_module(
    (Path(__file__).parent / "linalg_as_printed" / "named_nests.mlir").read_text()
)
FUNCTIONS = {op.sym_name.data: op for op in PRINTED.ops if isinstance(op, FuncOp)}
COMBINE = {"arith.addf": np.add, "arith.maximumf": np.maximum, "arith.minimumf": np.minimum}
OLDER = ("matmul_transpose_a", "matmul_transpose_b")
"""Ops of MLIR 19 and 20 that the printing version has as maps of others."""
random = np.random.default_rng(3)


def array(*shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


def imported(text):
    module = import_linalg(parse_module(text))
    verify_module(module)
    return module


def run(text, *inputs):
    return reference.run(imported(text), "f", inputs)


def ops_of(module):
    return [op.name for op in module.walk() if op.name.startswith("te.")]


def test_every_named_nest_is_covered():
    covered = {*FUNCTIONS, *OLDER, *(f"batch_{name}" for name in OLDER)}
    assert covered == set(NAMED)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_named_ops_mean_what_mlir_prints_of_them(name):
    function = FUNCTIONS[name]
    op = next(op for op in function.body.block.ops if name_of(op).startswith("linalg."))
    maps = op.properties.get("indexing_maps") or op.attributes["linalg.memoized_indexing_maps"]
    maps = [attribute.data for attribute in maps]
    inputs = [array(*kind.get_shape()) for kind in function.function_type.inputs]
    expected = _by_points(maps, op.regions[0].block, inputs)
    (result,) = reference.run(import_linalg(PRINTED), name, inputs)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)


def _by_points(maps, body, inputs):
    sizes = {}
    for map_, value in zip(maps, inputs):
        for expr, size in zip(map_.results, value.shape):
            if hasattr(expr, "position"):
                sizes[expr.position] = size
    names = [inner.name for inner in body.ops]
    combine = COMBINE[names[-2]]
    result = inputs[2].astype(np.float64)
    for point in product(*(range(sizes[d]) for d in range(maps[0].num_dims))):
        a, b, out = (map_.eval(point, ()) for map_ in maps)
        value = float(inputs[0][tuple(a)])
        if "arith.mulf" in names:
            value *= float(inputs[1][tuple(b)])
        result[tuple(out)] = combine(result[tuple(out)], value)
    return result


GENERIC = """
func.func @f(%a: tensor<{a}xf32>) -> tensor<{r}xf32> {{
  %z = arith.constant {start} : f32
  %e = tensor.empty() : tensor<{r}xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<{r}xf32>) -> tensor<{r}xf32>
  %w = tensor.empty() : tensor<{w}xf32>
  %r = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}
    ins(%a, %w : tensor<{a}xf32>, tensor<{w}xf32>) outs(%i : tensor<{r}xf32>) {{
    ^bb0(%x: f32, %y: f32, %o: f32):
      {body}
      linalg.yield %s : f32
  }} -> tensor<{r}xf32>
  func.return %r : tensor<{r}xf32>
}}"""


def generic(a, r, w, maps, reductions, body, start="0.0"):
    parallel = len(r.split("x"))
    kinds = ", ".join(['"parallel"'] * parallel + ['"reduction"'] * reductions)
    loops = ", ".join(f"d{k}" for k in range(parallel + reductions))
    maps = ", ".join(f"affine_map<({loops}) -> ({m})>" for m in maps)
    return GENERIC.format(a=a, r=r, w=w, maps=maps, kinds=kinds, body=body, start=start)


def test_strides_and_offsets_are_slices():
    text = generic(
        "9x8", "3x2", "1", ["d0 * 2 + 1, d1 * -3 + 7", "0", "d0, d1"], 0, "%s = arith.negf %x : f32"
    )
    x = array(9, 8)
    np.testing.assert_array_equal(run(text, x)[0], -x[1:6:2, 7:3:-3])
    assert ops_of(imported(text)) == ["te.slice", "te.neg"]


def test_an_index_of_mixed_radix_reads_a_dimension_as_two():
    text = generic("12", "3x4", "1", ["d0 * 4 + d1", "0", "d0, d1"], 0, "%s = arith.negf %x : f32")
    x = array(12)
    np.testing.assert_array_equal(run(text, x)[0], -x.reshape(3, 4))


def test_a_window_over_a_dimension_in_the_middle_needs_no_transpose():
    text = generic(
        "2x9x3", "2x4x3", "3", ["d0, d1 * 2 + d3, d2", "d3", "d0, d1, d2"], 1,
        "%s = arith.addf %x, %o : f32",
    )  # fmt: skip
    x = array(2, 9, 3)
    expected = np.stack([x[:, 2 * k : 2 * k + 3].sum(1) for k in range(4)], 1)
    np.testing.assert_allclose(run(text, x)[0], expected, rtol=1e-5)
    assert "te.transpose" not in ops_of(imported(text))


def test_a_window_that_is_the_whole_image_is_a_reduction():
    text = generic(
        "2x5x7", "2x1x1", "5x7", ["d0, d1 + d3, d2 + d4", "d3, d4", "d0, d1, d2"], 2,
        "%s = arith.maximumf %x, %o : f32", "0xFF800000",
    )  # fmt: skip
    x = array(2, 5, 7)
    np.testing.assert_array_equal(run(text, x)[0], x.max((1, 2), keepdims=True))
    assert "te.pool2d" not in ops_of(imported(text))


def test_windows_of_other_computations_are_refused():
    body = "%v = math.exp %x : f32\n %s = arith.addf %v, %o : f32"
    text = generic("9", "7", "3", ["d0 + d1", "d1", "d0"], 1, body)
    with pytest.raises(CompileError, match="reads windows of an operand in a way"):
        imported(text)


def test_maxnum_ignores_what_is_no_number():
    text = generic(
        "2x3", "2x3", "3", ["d0, d1", "d1", "d0, d1"], 0, "%s = arith.maxnumf %x, %k : f32"
    )
    text = text.replace("%e =", "%k = arith.constant 0.5 : f32\n  %e =", 1)
    x = np.array([[np.nan, 1, 0], [-np.inf, np.inf, np.nan]], np.float32)
    np.testing.assert_array_equal(run(text, x)[0], np.fmax(x, np.float32(0.5)))


@pytest.mark.parametrize(
    ("predicate", "numpy"),
    [
        ("one", lambda x, y: (x < y) | (x > y)),
        ("ueq", lambda x, y: ~((x < y) | (x > y))),
        ("ord", lambda x, y: ~(np.isnan(x) | np.isnan(y))),
        ("uno", lambda x, y: np.isnan(x) | np.isnan(y)),
        ("ult", lambda x, y: ~(x >= y)),
        ("une", lambda x, y: x != y),
    ],
)
def test_predicates_on_what_is_no_number(predicate, numpy):
    body = f"%c = arith.cmpf {predicate}, %x, %k : f32\n %s = arith.select %c, %x, %k : f32"
    text = generic("4", "4", "4", ["d0", "d0", "d0"], 0, body)
    text = text.replace("%e =", "%k = arith.constant 0.5 : f32\n  %e =", 1)
    x = np.array([np.nan, 0.25, 0.5, 2], np.float32)
    np.testing.assert_array_equal(run(text, x)[0], np.where(numpy(x, np.float32(0.5)), x, 0.5))


LOOKUP = """
func.func @f(%t: tensor<6x5xf32>, %i: tensor<4xi64>) -> tensor<4x5xf32> {{
  %e = tensor.empty() : tensor<4x5xf32>
  {constant}
  %r = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                        iterator_types = ["parallel", "parallel"]}}
    ins(%{index} : tensor<4xi64>) outs(%e : tensor<4x5xf32>) {{
    ^bb0(%n: i64, %o: f32):
      %row = arith.index_cast %n : i64 to index
      %column = linalg.index 1 : index
      %v = tensor.extract %t[%row, %column] : tensor<6x5xf32>
      linalg.yield %v : f32
  }} -> tensor<4x5xf32>
  func.return %r : tensor<4x5xf32>
}}"""


def test_lookups_at_computed_places():
    table, places = array(6, 5), np.array([5, 0, 3, 3])
    text = LOOKUP.format(constant="", index="i")
    (result,) = run(text, table, places)
    np.testing.assert_array_equal(result, table[places])
    found = ops_of(imported(text))
    assert "te.gather" in found
    assert "te.transpose" not in found


def test_lookups_that_follow_a_loop_of_their_index_are_sums():
    """Element [i, j] is [places[i, j], j] of the table."""
    text = """
func.func @f(%t: tensor<6x5xf32>, %i: tensor<4x5xi64>) -> tensor<4x5xf32> {
  %e = tensor.empty() : tensor<4x5xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
    ins(%i : tensor<4x5xi64>) outs(%e : tensor<4x5xf32>) {
    ^bb0(%n: i64, %o: f32):
      %row = arith.index_cast %n : i64 to index
      %column = linalg.index 1 : index
      %v = tensor.extract %t[%row, %column] : tensor<6x5xf32>
      linalg.yield %v : f32
  } -> tensor<4x5xf32>
  func.return %r : tensor<4x5xf32>
}"""
    table, places = array(6, 5), np.arange(20).reshape(4, 5) % 6
    (result,) = run(text, table, places)
    np.testing.assert_array_equal(result, np.take_along_axis(table, places, 0))
    assert "te.gather" not in ops_of(imported(text))


def test_lookups_in_the_middle_and_across():
    """Element [k, i, j] is [j, places[k], i] of the table."""
    text = """
func.func @f(%t: tensor<5x6x4xf32>, %i: tensor<3xi64>) -> tensor<3x4x5xf32> {
  %e = tensor.empty() : tensor<3x4x5xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(k, i, j) -> (k)>,
                                        affine_map<(k, i, j) -> (k, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%i : tensor<3xi64>) outs(%e : tensor<3x4x5xf32>) {
    ^bb0(%n: i64, %o: f32):
      %place = arith.index_cast %n : i64 to index
      %row = linalg.index 1 : index
      %column = linalg.index 2 : index
      %v = tensor.extract %t[%column, %place, %row] : tensor<5x6x4xf32>
      linalg.yield %v : f32
  } -> tensor<3x4x5xf32>
  func.return %r : tensor<3x4x5xf32>
}"""
    table, places = array(5, 6, 4), np.array([5, 0, 3])
    (result,) = run(text, table, places)
    np.testing.assert_array_equal(result, table[:, places].transpose(1, 2, 0))


def test_lookups_at_places_that_count_are_slices():
    constant = "%c = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi64>"
    text = LOOKUP.format(constant=constant, index="c")
    table = array(6, 5)
    (result,) = run(text, table, np.zeros(4, np.int64))
    np.testing.assert_array_equal(result, table[1:5])
    assert ops_of(imported(text)) == ["te.slice"]


TENSORS = """
func.func @f(%x: tensor<4x6xf32>, %y: tensor<2x3xf32>) -> ({results}) {{
  %one = arith.constant 1.0 : f32
  {body}
  func.return %r : {results}
}}"""


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (
            "%r = tensor.extract_slice %x[1, 0] [2, 3] [2, 2] : tensor<4x6xf32> to tensor<2x3xf32>",
            "2x3",
            lambda x, y: x[1:4:2, 0:6:2],
        ),
        (
            "%r = tensor.insert_slice %y into %x[1, 2] [2, 3] [1, 1] : "
            "tensor<2x3xf32> into tensor<4x6xf32>",
            "4x6",
            lambda x, y: np.block(
                [[x[:1]], [x[1:3, :2], y, x[1:3, 5:]], [x[3:]]],
            ),
        ),
        (
            "%s = tensor.extract_slice %x[0, 0][2, 6][1, 1] : tensor<4x6xf32> to tensor<2x6xf32>\n"
            '%r = "tensor.concat"(%s, %y) <{dim = 1 : i64}> : '
            "(tensor<2x6xf32>, tensor<2x3xf32>) -> tensor<2x9xf32>",
            "2x9",
            lambda x, y: np.concatenate([x[:2], y], 1),
        ),
        (
            "%r = tensor.splat %one : tensor<2x3xf32>",
            "2x3",
            lambda x, y: np.ones_like(y),
        ),
        (
            '%r = "tensor.generate"() ({\n^bb0(%i: index, %j: index):\n'
            "%n = arith.constant 6 : index\n %k = arith.muli %i, %n : index\n"
            "%l = arith.addi %k, %j : index\n %m = arith.index_cast %l : index to i32\n"
            "%v = arith.sitofp %m : i32 to f32\n"
            '"tensor.yield"(%v) : (f32) -> ()\n}) : () -> tensor<2x6xf32>',
            "2x6",
            lambda x, y: np.arange(12, dtype=np.float32).reshape(2, 6),
        ),
    ],
)
def test_tensor_ops(body, kind, expected):
    text = TENSORS.format(results=f"tensor<{kind}xf32>", body=body)
    x, y = array(4, 6), array(2, 3)
    np.testing.assert_array_equal(run(text, x, y)[0], expected(x, y))


def test_ops_that_xdsl_does_not_know_are_read_in_generic_form_only():
    text = "func.func @f(%x: tensor<4xf32>) {\n  linalg.tanh ins(%x : tensor<4xf32>)\n}"
    with pytest.raises(Exception, match=r"'linalg.tanh' can be read in generic form only"):
        parse_module(text)

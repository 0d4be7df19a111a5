"""linalg programs, as mlir-opt prints them, mean in te what they mean in linalg."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from xdsl.parser import Parser

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.linalg import import_linalg, is_linalg
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.reference import te as reference
from akg_mlir.verification import verify_module

TEXTS = Path(__file__).parent / "linalg_text"
NAMES = ["named", "generic", "contraction", "unknown_to_xdsl"]
MLIR_OPT = shutil.which("mlir-opt-19")
random = np.random.default_rng(0)


def array(*shape, dtype=np.float32):
    return random.standard_normal(shape).astype(dtype)


def parse(text):
    context = make_context()
    context.allow_unregistered = True
    return Parser(context, text).parse_module()


def imported(name):
    module = import_linalg(parse((TEXTS / f"{name}.generic_form.mlir").read_text()))
    verify_module(module)
    assert not is_linalg(module)
    return module


def ops_of(module):
    return [op.name for op in module.walk() if op.name.startswith("te.")]


@pytest.mark.skipif(MLIR_OPT is None, reason="mlir-opt-19 is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_the_committed_text_is_what_mlir_opt_prints(name):
    printed = subprocess.run(
        [MLIR_OPT, "--mlir-print-op-generic", TEXTS / f"{name}.mlir"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert printed.stdout == (TEXTS / f"{name}.generic_form.mlir").read_text()


def test_named_ops():
    module = imported("named")
    a, b, v = array(4, 8, dtype=np.float16), array(8, 16, dtype=np.float16), array(16)
    result, sums = reference.run(module, "main", [a, b, v])
    expected = np.exp((a.astype(float) @ b.astype(float) + v).T)
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    np.testing.assert_allclose(sums, expected.sum(1), rtol=1e-5)
    assert "te.matmul" in ops_of(module)
    assert "te.constant" not in ops_of(module), "the fill is the neutral element of the matmul"


def test_generic_nests():
    module = imported("generic")
    x, y, row, start = array(6, 10), array(10, 6), array(1, 10), array(6)
    result, largest, sums = reference.run(module, "main", [x, y, row, start])
    total = x + y.T
    leaky = np.where(total > 0, total, total * row).astype(np.float16).astype(np.float32)
    np.testing.assert_allclose(result, leaky, rtol=1e-6)
    np.testing.assert_allclose(largest, leaky.max(1), rtol=1e-6)
    expected = start + np.exp(leaky - leaky.max(1, keepdims=True)).sum(1)
    np.testing.assert_allclose(sums, expected, rtol=1e-6)


def test_any_product_of_matrices_is_a_matmul():
    module = imported("contraction")
    a, b = array(7, 2, 3, dtype=np.float16), array(4, 2, 5, 7, dtype=np.float16)
    (result,) = reference.run(module, "main", [a, b])
    expected = np.einsum("kbi,hbjk->bhij", a.astype(float), b.astype(float))
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    assert ops_of(module).count("te.batch_matmul") == 1
    assert "te.reduce" not in ops_of(module)


def test_named_ops_that_xdsl_does_not_know():
    module = imported("unknown_to_xdsl")
    a, b = array(2, 4, 8, dtype=np.float16), array(2, 8, 16, dtype=np.float16)
    (result,) = reference.run(module, "main", [a, b])
    np.testing.assert_array_equal(result, np.ones((2, 4, 16), np.float32))
    assert "te.batch_matmul" in ops_of(module)


def test_the_custom_syntax_of_matmul_means_the_same():
    text = """
func.func @f(%a: tensor<4x8xf16>, %b: tensor<8x4xf16>, %c: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %r = linalg.matmul ins(%a, %b : tensor<4x8xf16>, tensor<8x4xf16>)
       outs(%c : tensor<4x4xf32>) -> tensor<4x4xf32>
  func.return %r : tensor<4x4xf32>
}"""
    module = import_linalg(parse_module(text))
    a, b, c = array(4, 8, dtype=np.float16), array(8, 4, dtype=np.float16), array(4, 4)
    (result,) = reference.run(module, "f", [a, b, c])
    np.testing.assert_allclose(result, c + a.astype(float) @ b.astype(float), rtol=1e-5)


def test_names_and_attributes_of_functions_stay():
    text = """
func.func public @f(%a: tensor<4xf32> {te.resource = "w"}) -> tensor<4xf32> attributes {note = 1} {
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}"""
    printed = str(import_linalg(parse_module(text)))
    assert 'func.func public @f(%a: tensor<4xf32> {te.resource = "w"})' in printed
    assert "note = 1" in printed


def body(element: str, lines: str) -> str:
    """A nest over one tensor whose body computes `%r` of `%x` in those lines."""
    return f"""
func.func @f(%a: tensor<4x{element}>) -> tensor<4x{element}> {{
  %e = tensor.empty() : tensor<4x{element}>
  %k = arith.constant 3 : i32
  %y = linalg.generic {{indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                       iterator_types = ["parallel"]}}
    ins(%a : tensor<4x{element}>) outs(%e : tensor<4x{element}>) {{
    ^bb0(%x: {element}, %o: {element}):
{lines}
      linalg.yield %r : {element}
  }} -> tensor<4x{element}>
  func.return %y : tensor<4x{element}>
}}"""


def test_functions_and_bits_in_bodies():
    floats = """
      %s = math.sin %x : f32
      %f = math.floor %x : f32
      %t = arith.addf %s, %f : f32
      %u = math.roundeven %x : f32
      %r = arith.addf %t, %u : f32"""
    x = np.array([-2.5, 0.5, 1.5, 7.25], np.float32)
    (found,) = reference.run(import_linalg(parse_module(body("f32", floats))), "f", [x])
    np.testing.assert_allclose(found, np.sin(x) + np.floor(x) + np.rint(x), rtol=1e-6)
    integers = """
      %s = arith.remsi %x, %k : i32
      %l = arith.shli %x, %k : i32
      %b = arith.xori %s, %l : i32
      %r = arith.andi %b, %x : i32"""
    n = np.array([-7, 5, 100, 2**30], np.int32)
    (found,) = reference.run(import_linalg(parse_module(body("i32", integers))), "f", [n])
    np.testing.assert_array_equal(found, (np.fmod(n, 3) ^ (n << 3)) & n)


@pytest.mark.parametrize(
    ("predicate", "picked", "ops"),
    [
        ("ugt", "%x, %c", ["te.max"]),
        ("olt", "%c, %x", ["te.max"]),
        ("ult", "%x, %c", ["te.min"]),
        ("oge", "%c, %x", ["te.min"]),
        ("ult", "%c, %x", ["te.compare", "te.select"]),
        ("ogt", "%x, %c", ["te.compare", "te.select"]),
    ],
)
def test_a_selection_of_the_larger_or_smaller_is_one_op_where_nan_means_the_same(
    predicate, picked, ops
):
    lines = f"""
      %c = arith.constant 2.0 : f32
      %m = arith.cmpf {predicate}, %x, %c : f32
      %r = arith.select %m, {picked} : f32"""
    module = import_linalg(parse_module(body("f32", lines)))
    assert [op for op in ops_of(module) if op != "te.constant"] == ops
    x = np.array([-1.0, 2.0, 5.0, np.nan], np.float32)
    chosen = np.less(x, 2) if predicate[1] == "l" else np.greater(x, 2)
    chosen |= np.isnan(x) & (predicate[0] == "u")
    first, second = (x, 2.0) if picked[1] == "x" else (2.0, x)
    (found,) = reference.run(module, "f", [x])
    np.testing.assert_array_equal(found, np.where(chosen, first, second))


def test_the_second_bound_of_a_clamp_sees_no_nan():
    lines = """
      %c = arith.constant 0.0 : f32
      %d = arith.constant 6.0 : f32
      %m = arith.cmpf ult, %x, %c : f32
      %y = arith.select %m, %c, %x : f32
      %n = arith.cmpf ugt, %y, %d : f32
      %r = arith.select %n, %d, %y : f32"""
    module = import_linalg(parse_module(body("f32", lines)))
    expected = ["te.compare", "te.select", "te.min"]
    assert [op for op in ops_of(module) if op != "te.constant"] == expected
    x = np.array([-1.0, 2.0, 7.0, np.nan], np.float32)
    np.testing.assert_array_equal(reference.run(module, "f", [x])[0], [0, 2, 6, 0])


def test_what_a_product_starts_from_stays_as_small_as_it_is():
    text = """
func.func @f(%a: tensor<4x8xf32>, %b: tensor<8x3xf32>) -> tensor<4x3xf32> {
  %row = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %e = tensor.empty() : tensor<4x3xf32>
  %s = linalg.broadcast ins(%row : tensor<3xf32>) outs(%e : tensor<4x3xf32>) dimensions = [0]
  %r = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x3xf32>)
                     outs(%s : tensor<4x3xf32>) -> tensor<4x3xf32>
  func.return %r : tensor<4x3xf32>
}"""
    module = import_linalg(parse_module(text))
    assert "(tensor<1x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>" in str(module)


NEST = """
func.func @f(%a: tensor<{0}>, %b: tensor<4xf32>) -> tensor<4xf32> {{
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.generic {{indexing_maps = [{1}], iterator_types = [{2}]}}
    ins(%a : tensor<{0}>) outs(%{3} : tensor<4xf32>) {{
    ^bb0(%x: f32, %o: f32):
      {4}
  }} -> tensor<4xf32>
  func.return %r : tensor<4xf32>
}}"""
LINE = "affine_map<(i) -> (i)>, affine_map<(i) -> (i)>"
ROWS = "affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>"


@pytest.mark.parametrize(
    ("shape", "maps", "iterators", "out", "body", "message"),
    [
        (
            "8xf32",
            "affine_map<(i) -> (i + 5)>, affine_map<(i) -> (i)>",
            '"parallel"',
            "e",
            "linalg.yield %x : f32",
            "reads elements 5 to 8 of dimension 0, which has 8",
        ),
        (
            "8xf32",
            LINE,
            '"parallel"',
            "e",
            "linalg.yield %x : f32",
            "loop d0 runs over dimensions of 8 and 4 elements",
        ),
        (
            "4x3xf32",
            "affine_map<(i, j) -> (i floordiv 2, j)>, affine_map<(i, j) -> (i)>",
            '"parallel", "reduction"',
            "b",
            "%s = arith.addf %o, %x : f32\n linalg.yield %s : f32",
            "is not supported",
        ),
        (
            "6xf32",
            "affine_map<(i) -> (i)>, affine_map<(i, j) -> (i)>",
            '"parallel", "parallel"',
            "e",
            "linalg.yield %x : f32",
            "has access maps of different loops",
        ),
        (
            "4x4xf32",
            "affine_map<(i) -> (i, i)>, affine_map<(i) -> (i)>",
            '"parallel"',
            "e",
            "linalg.yield %x : f32",
            "reads a diagonal",
        ),
        (
            "4xf32",
            LINE,
            '"parallel"',
            "e",
            "%s = math.cbrt %x : f32\n linalg.yield %s : f32",
            "math.cbrt at <string>:8:7: has no tensor operation",
        ),
        (
            "4xf32",
            LINE,
            '"parallel"',
            "e",
            "%s = arith.addf %x, %o : f32\n linalg.yield %s : f32",
            "reads a tensor that nothing has written",
        ),
        (
            "4x3xf32",
            ROWS,
            '"parallel", "reduction"',
            "b",
            "%s = arith.subf %o, %x : f32\n linalg.yield %s : f32",
            "not a reduction that is supported",
        ),
        (
            "4x3xf32",
            ROWS,
            '"parallel", "reduction"',
            "b",
            "%t = arith.mulf %o, %x : f32\n %s = arith.addf %o, %t : f32\n linalg.yield %s : f32",
            "not a reduction that is supported",
        ),
        (
            "4x3xf32",
            ROWS,
            '"parallel", "parallel"',
            "e",
            "linalg.yield %x : f32",
            "exactly the parallel loops",
        ),
    ],
)
def test_nests_without_a_counterpart_are_refused(shape, maps, iterators, out, body, message):
    text = NEST.format(shape, maps, iterators, out, body)
    with pytest.raises(CompileError) as error:
        import_linalg(parse_module(text))
    assert message in str(error.value)
    assert "help:" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "func.func @f(%a: tensor<?xf32>) -> tensor<?xf32> {\n"
            "  %r = linalg.exp ins(%a : tensor<?xf32>) outs(%a : tensor<?xf32>)"
            " -> tensor<?xf32>\n  func.return %r : tensor<?xf32>\n}",
            "dynamic sizes",
        ),
        (
            "func.func @f(%a: memref<4xf32>) {\n"
            "  linalg.exp ins(%a : memref<4xf32>) outs(%a : memref<4xf32>)\n"
            "  func.return\n}",
            "takes an argument of type memref<4xf32>",
        ),
        (
            "func.func @f(%a: tensor<4xf32>) -> tensor<4xf32> {\n"
            '  %r = "tensor.gather"(%a, %a) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>\n'
            "  func.return %r : tensor<4xf32>\n}",
            "'tensor.gather' is not supported",
        ),
        (
            "func.func @f() -> tensor<4xf32> {\n"
            "  %r = tensor.empty() : tensor<4xf32>\n"
            "  func.return %r : tensor<4xf32>\n}",
            "reads a tensor that nothing has written",
        ),
        ("func.func private @f(tensor<4xf32>) -> tensor<4xf32>", "cannot be imported"),
    ],
)
def test_functions_without_a_counterpart_are_refused(text, message):
    with pytest.raises(CompileError) as error:
        import_linalg(parse_module(text))
    assert message in str(error.value)

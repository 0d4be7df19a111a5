"""Reductions of the same values share one chunk band, where neither needs the other."""

from __future__ import annotations

import pytest
from poly_kernels import apply, assert_same_results, scop_of, violations
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral import tree

TO_TREES = "poly-raise,poly-schedule,poly-tile,poly-fuse,poly-assign-units,poly-promote,poly-verify"


def statistics(n: int, c: int, s: int, *, shifted: bool) -> str:
    """Sum `S1` and sum of squares `S4` of every channel of `n x c x s`; with `shifted` the squares
    are of elements less a thousandth of the first sum."""
    x, v = f"memref<{n}x{c}x{s}xf32>", f"memref<{c}xf32>"
    around = f"affine.for %i = 0 to {n} {{ affine.for %j = 0 to {c} {{ affine.for %k = 0 to {s} {{"
    squared = "%e = arith.mulf %a, %a : f32"
    if shifted:
        squared = f"""%m = affine.load %p[%j] : {v}
    %f = arith.constant 1.0e-3 : f32
    %h = arith.mulf %m, %f : f32
    %d = arith.subf %a, %h : f32
    %e = arith.mulf %d, %d : f32"""
    return f"""
func.func @k(%x: {x}, %p: {v}, %q: {v}) {{
  %t = memref.alloc() : {x}
  affine.for %j = 0 to {c} {{
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %p[%j] : {v}
  }}
  {around}
    %a = affine.load %x[%i, %j, %k] : {x}
    %b = affine.load %p[%j] : {v}
    %d = arith.addf %b, %a : f32
    affine.store %d, %p[%j] : {v}
  }} }} }} {{poly.reduction = "add"}}
  {around}
    %a = affine.load %x[%i, %j, %k] : {x}
    {squared}
    affine.store %e, %t[%i, %j, %k] : {x}
  }} }} }}
  affine.for %j = 0 to {c} {{
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %q[%j] : {v}
  }}
  {around}
    %a = affine.load %t[%i, %j, %k] : {x}
    %b = affine.load %q[%j] : {v}
    %d = arith.addf %b, %a : f32
    affine.store %d, %q[%j] : {v}
  }} }} }} {{poly.reduction = "add"}}
  func.return
}}"""


def chunk_bands(module: ModuleOp) -> list[set[str]]:
    """The originals of the reductions in each chunk band of the tree."""
    original = {s.name: s.clone_of or s.name for s in read_scop(scop_of(module)).statements}
    return [
        {original[n] for n in tree.statement_names(node.schedule.domain())}
        for node in tree.walk(read_tree(scop_of(module).tree))
        if isinstance(node, tree.Band) and node.tile is not None and not any(node.coincident)
    ]


SHAPES = [(4, 16, 120), (3, 5, 700), (5, 9, 333), (2, 3, 2500), (40, 7, 97)]


@pytest.mark.parametrize("shape", SHAPES)
def test_reductions_of_the_same_values_share_a_chunk_band(shape: tuple[int, int, int]) -> None:
    module, _ = apply(statistics(*shape, shifted=False), TO_TREES)
    assert chunk_bands(module) == [{"S1", "S4"}]
    assert violations(module) == []
    assert_same_results(module)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_reduction_that_needs_another_has_a_pass_of_its_own(shape: tuple[int, int, int]) -> None:
    module, _ = apply(statistics(*shape, shifted=True), TO_TREES)
    assert chunk_bands(module) == [{"S1"}, {"S4"}]
    assert violations(module) == []
    assert_same_results(module)


@pytest.mark.parametrize(
    ("policy", "bands"),
    [
        ("S1: 16@UB, _, 24@UB; S4: 16@UB, _, 24@UB", [{"S1", "S4"}]),
        ("S1: 16@UB, _, 24@UB; S4: 16@UB, _, 30@UB", [{"S1"}, {"S4"}]),
    ],
)
def test_policies_decide_by_their_sizes(policy: str, bands: list[set[str]]) -> None:
    passes = TO_TREES.replace("poly-tile", f'poly-tile{{policy="{policy}"}}')
    module, _ = apply(statistics(4, 16, 120, shifted=False), passes)
    assert chunk_bands(module) == bands
    assert violations(module) == []
    assert_same_results(module)

"""Dependences, clusters and schedules of small kernels."""

from __future__ import annotations

import islpy as isl
import pytest
from poly_kernels import NAMES, apply, load, scop_of
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.clustering import clusters_of
from akg_mlir.polyhedral.context import maps_of, union_map
from akg_mlir.polyhedral.dependence import analyse
from akg_mlir.polyhedral.legality import verify
from akg_mlir.polyhedral.scop import Scop


def tree_of(module: ModuleOp) -> tuple[Scop, tree.Domain]:
    op = scop_of(module)
    return read_scop(op), read_tree(op.tree)


def scheduled(name: str) -> tuple[Scop, tree.Domain]:
    return tree_of(apply(load(name), "poly-raise,poly-schedule")[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("paper", "S0 | S1 S2 S3 S4"),
        ("softmax", "S0 S1 | S2 | S3 S4 | S5"),
        ("layer_norm", "S0 S1 S2 | S3 S4 | S5 S6 S7 | S8 S9"),
        ("matmul_bias_relu", "S0 S1 S2 S3 S4"),
        ("stencil_chain", "S0 | S1 | S2"),
        ("two_outputs", "S0 S1 S2"),
        ("sum_of_squares", "S0 | S1 S2"),
        ("column_sum", "S0 S1 | S2"),
    ],
)
def test_clusters(name: str, expected: str) -> None:
    _, root = scheduled(name)
    assert " | ".join(" ".join(c.names) for c in clusters_of(root)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_schedule_is_legal(name: str) -> None:
    scop, root = scheduled(name)
    assert verify(scop, root) == []


def test_reduction_members_are_tilable_but_not_parallel() -> None:
    scop, root = scheduled("matmul_bias_relu")
    (cluster,) = clusters_of(root)
    assert cluster.band is not None
    assert cluster.band.coincident == (True,) * 4
    reduction = cluster.parts[1].child
    assert isinstance(reduction, tree.Band)
    assert reduction.permutable
    assert reduction.coincident == (False, False)
    assert scop.by_name["S1"].reduction == "add"


def test_the_contiguous_dimension_of_the_output_is_innermost() -> None:
    _, root = scheduled("transpose")
    (cluster,) = clusters_of(root)
    assert cluster.band is not None
    assert str(cluster.band.schedule.get_at(1)) == "{ S0[i, j] -> [(i)]; S1[j, i] -> [(i)] }"


def test_dependences_of_the_paper_example() -> None:
    found = analyse(read_scop(scop_of(apply(load("paper"), "poly-raise")[0])))
    pairs = {
        (m.get_tuple_name(isl.dim_type.in_), m.get_tuple_name(isl.dim_type.out))
        for m in maps_of(found.raw)
    }
    assert pairs == {("S0", "S2"), ("S1", "S2"), ("S2", "S3"), ("S3", "S4")}
    self_pairs = found.validity.intersect(union_map("{ S2[h, w, kh, kw] -> S2[h, w, kh', kw'] }"))
    assert self_pairs.is_empty()
    assert union_map(
        "{ S2[h, w, kh, kw] -> S3[h, w] : 0 <= h, w < 32 and 0 <= kh, kw < 3 }"
    ).is_subset(found.validity)


TOTAL = """
func.func @k(%x: memref<100xf32>, %y: memref<1xf32>) {
  affine.for %i = 0 to 1 {
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %y[%i] : memref<1xf32>
  }
  affine.for %i = 0 to 100 {
    %a = affine.load %x[%i] : memref<100xf32>
    %b = affine.load %y[0] : memref<1xf32>
    %c = arith.addf %b, %a : f32
    affine.store %c, %y[0] : memref<1xf32>
  } {poly.reduction = "add"}
  func.return
}
"""


def test_a_cluster_without_a_band_is_read_back_as_one() -> None:
    scop, root = tree_of(apply(TOTAL, "poly-raise,poly-schedule")[0])
    (cluster,) = clusters_of(root)
    assert cluster.names == ("S0", "S1")
    assert cluster.band is None
    assert verify(scop, root) == []


SEIDEL = """
func.func @k(%x: memref<20x20xf32>) {
  affine.for %i = 1 to 19 {
    affine.for %j = 1 to 19 {
      %a = affine.load %x[%i - 1, %j] : memref<20x20xf32>
      %b = affine.load %x[%i, %j + 1] : memref<20x20xf32>
      %c = arith.addf %a, %b : f32
      affine.store %c, %x[%i, %j] : memref<20x20xf32>
    }
  }
  func.return
}
"""


def test_self_dependent_statements_lose_their_parallel_members() -> None:
    scop, root = tree_of(apply(SEIDEL, "poly-raise,poly-schedule")[0])
    (cluster,) = clusters_of(root)
    assert cluster.parallel != (0, 1)
    assert verify(scop, root) == []


def test_independent_statements_keep_the_textual_order() -> None:
    text = """
func.func @k(%x: memref<4xf32>, %y: memref<4xf32>, %z: memref<4xf32>) {
  affine.for %i = 0 to 4 {
    %a = affine.load %x[%i] : memref<4xf32>
    affine.store %a, %z[%i] : memref<4xf32>
  }
  affine.for %i = 0 to 4 {
    %a = affine.load %x[%i] : memref<4xf32>
    affine.store %a, %y[%i] : memref<4xf32>
  }
  func.return
}
"""
    _, root = tree_of(apply(text, "poly-raise,poly-schedule")[0])
    clusters = clusters_of(root)
    assert [c.names for c in clusters] == [("S0",), ("S1",)]


def test_out_of_budget_the_textual_order_remains() -> None:
    raised = apply(load("softmax"), "poly-raise")[0]
    module, remarks = apply(str(raised), "poly-schedule{budget=10}")
    assert str(module) == str(raised)
    (remark,) = remarks
    assert remark.kind == "missed"
    assert remark.message.startswith("kept the textual order")
    assert len(clusters_of(scheduled("softmax")[1])) == 4  # and the next schedule has its own


@pytest.mark.parametrize("name", ["softmax", "paper", "lu", "stencil_chain"])
@pytest.mark.parametrize(
    "options",
    ["algorithm=feautrier", "algorithm=textual", "cluster=false", "cluster=false group=false"],
)
def test_every_option_gives_a_legal_schedule(name: str, options: str) -> None:
    module, _ = apply(load(name), f"poly-raise,poly-schedule{{{options}}}")
    assert verify(*tree_of(module)) == []


def test_clusters_can_stay_apart() -> None:
    _, root = tree_of(apply(load("softmax"), "poly-raise,poly-schedule{cluster=false}")[0])
    assert [c.names for c in clusters_of(root)] == [(f"S{k}",) for k in range(6)]


def test_remarks_say_what_merged_and_why_not() -> None:
    messages = [r.message for r in apply(load("softmax"), "poly-raise,poly-schedule")[1]]
    assert "merged {S0} and {S1}" in messages
    assert "kept apart {S0, S1} and {S2}: 1 parallel dimensions against 2" in messages
    assert "scheduled {S2} below a permutable band of 2 members, 2 of them coincident" in messages

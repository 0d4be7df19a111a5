"""Dependences by value and in memory, and how far declared reductions relax them."""

from __future__ import annotations

import pytest
from poly_kernels import NAMES, apply, load, scop_of

from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral.context import union_map
from akg_mlir.polyhedral.dependence import Dependences, analyse, memory_based
from akg_mlir.polyhedral.legality import verify
from akg_mlir.polyhedral.scop import Scop


def scop_from(body: str) -> Scop:
    arguments = "%x: memref<6x4xf32>, %y: memref<6xf32>, %z: memref<6xf32>"
    text = f"func.func @f({arguments}) {{\n{body}\nreturn\n}}"
    return read_scop(scop_of(apply(text, "poly-raise")[0]))


def update(op: str, reduction: str | None) -> str:
    """`y[i] = y[i] op x[i, j]` for all i and j; the loop over j is the declared reduction."""
    declared = f' {{poly.reduction = "{reduction}"}}' if reduction else ""
    return f"""
    affine.for %i = 0 to 6 {{
      affine.for %j = 0 to 4 {{
        %a = affine.load %y[%i] : memref<6xf32>
        %b = affine.load %x[%i, %j] : memref<6x4xf32>
        %c = arith.{op} %a, %b : f32
        affine.store %c, %y[%i] : memref<6xf32>
      }}{declared}
    }}"""


READ = """
    affine.for %i = 0 to 6 {
      %a = affine.load %y[%i] : memref<6xf32>
      affine.store %a, %z[%i] : memref<6xf32>
    }"""
ALL = "0 <= i < 6 and 0 <= j < 4 and 0 <= j' < 4"


def holds(found: Dependences, relation: str) -> bool:
    return union_map(relation).is_subset(found.validity)


def self_order(found: Dependences, name: str) -> bool:
    """Whether updates of one cell must keep their order."""
    return holds(found, f"{{ {name}[i, j] -> {name}[i, j + 1] : 0 <= i < 6 and 0 <= j < 3 }}")


def test_updates_keep_their_order_unless_they_are_a_declared_reduction() -> None:
    assert self_order(analyse(scop_from(update("addf", None))), "S0")
    found = analyse(scop_from(update("addf", "add")))
    assert not self_order(found, "S0")
    assert union_map(f"{{ S0[i, j] -> S0[i, j'] : {ALL} and j < j' }}").is_equal(
        found.reduction_self
    )
    assert found.reduction_self.is_subset(found.coincidence)


@pytest.mark.parametrize(("second", "kind"), [("addf", "add"), ("mulf", "mul")])
def test_two_reductions_into_one_array_do_not_mix(second: str, kind: str) -> None:
    """Neither sums after products nor two sums: each is relaxed inside itself only."""
    found = analyse(scop_from(update("addf", "add") + update(second, kind)))
    assert not self_order(found, "S0")
    assert not self_order(found, "S1")
    assert holds(found, f"{{ S0[i, j] -> S1[i, j'] : {ALL} }}")


def test_a_sum_then_an_ordinary_product() -> None:
    found = analyse(scop_from(update("addf", "add") + update("mulf", None)))
    assert not self_order(found, "S0")
    assert self_order(found, "S1")
    assert holds(found, f"{{ S0[i, j] -> S1[i, j'] : {ALL} }}")


def test_a_read_between_reductions_sees_all_of_the_first_and_none_of_the_second() -> None:
    found = analyse(scop_from(update("addf", "add") + READ + update("addf", "add")))
    assert holds(found, "{ S0[i, j] -> S1[i] : 0 <= i < 6 and 0 <= j < 4 }")
    assert holds(found, "{ S1[i] -> S2[i, j] : 0 <= i < 6 and 0 <= j < 4 }")


INTERLEAVED = """
    affine.for %i = 0 to 6 {
      affine.for %j = 0 to 4 {
        %a = affine.load %y[%i] : memref<6xf32>
        %b = affine.load %x[%i, %j] : memref<6x4xf32>
        %c = arith.addf %a, %b : f32
        affine.store %c, %y[%i] : memref<6xf32>
        %d = affine.load %y[%i] : memref<6xf32>
        affine.store %d, %x[%i, %j] : memref<6x4xf32>
      }
    }"""


def test_partial_sums_that_are_read_keep_their_order() -> None:
    """A running sum: every read must see exactly the updates in front of it."""
    scop = scop_from(INTERLEAVED)
    for found in (analyse(scop), memory_based(scop)):
        assert self_order(found, "S0")
        assert holds(found, "{ S0[i, j] -> S1[i, j] : 0 <= i < 6 and 0 <= j < 4 }")
        assert holds(found, "{ S1[i, j] -> S0[i, j + 1] : 0 <= i < 6 and 0 <= j < 3 }")


@pytest.mark.parametrize(
    "body",
    [
        update("addf", "add") + update("mulf", "mul"),
        update("addf", "add") + update("addf", "add"),
        update("addf", "add") + READ + update("mulf", "mul"),
        INTERLEAVED,
    ],
)
def test_schedules_of_such_programs_are_right(body: str) -> None:
    arguments = "%x: memref<6x4xf32>, %y: memref<6xf32>, %z: memref<6xf32>"
    text = f"func.func @f({arguments}) {{\n{body}\nreturn\n}}"
    op = scop_of(apply(text, "poly-raise,poly-schedule")[0])
    assert verify(read_scop(op), read_tree(op.tree)) == []


def test_a_nest_that_moves_values_of_the_array_it_initialises_keeps_its_order() -> None:
    moved = """
    affine.for %i = 0 to 5 {
      %a = affine.load %y[%i + 1] : memref<6xf32>
      affine.store %a, %y[%i] : memref<6xf32>
    }"""
    found = analyse(scop_from(moved + update("addf", "add")))
    assert holds(found, "{ S0[i] -> S0[i + 1] : 0 <= i < 4 }")


@pytest.mark.parametrize("name", NAMES)
def test_values_flow_through_pairs_that_touch_one_element(name: str) -> None:
    scop = read_scop(scop_of(apply(load(name), "poly-raise")[0]))
    value, memory = analyse(scop), memory_based(scop)
    assert value.raw.is_subset(memory.raw)
    assert value.waw.is_subset(memory.waw)
    assert value.reduction_self.is_equal(memory.reduction_self)
    assert value.validity.is_subset(memory.validity)

"""Dataflow of random affine programs against running them: every dependence, and no other.

All instances of a program are executed in the order of its text, with what was last written, and
read since, kept for every element.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import islpy as isl
from hypothesis import Phase, assume, given, note, settings
from poly_kernels import apply, scop_of
from random_affine import Program, programs, text_of

from akg_mlir.dialects import poly
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral.context import maps_of
from akg_mlir.polyhedral.dependence import analyse
from akg_mlir.polyhedral.origins import Origins
from akg_mlir.polyhedral.scop import Scop

Point = tuple[int, ...]
Instance = tuple[str, Point]
Cell = tuple[str, Point]


@dataclass
class Execution:
    """What a run of a program shows."""

    raw: set[tuple[Instance, Instance]] = field(default_factory=set[tuple[Instance, Instance]])
    war: set[tuple[Instance, Instance]] = field(default_factory=set[tuple[Instance, Instance]])
    waw: set[tuple[Instance, Instance]] = field(default_factory=set[tuple[Instance, Instance]])
    origins: dict[tuple[str, int], dict[Point, str]] = field(
        default_factory=dict[tuple[str, int], dict[Point, str]]
    )
    last: dict[Cell, Instance] = field(default_factory=dict[Cell, Instance])


def execute(scop: Scop) -> Execution:
    found = Execution()
    readers: dict[Cell, set[Instance]] = {}
    accessed = {
        (s.name, k): dict(_pairs(access.relation.intersect_domain(s.domain)))
        for s in scop.originals
        for k, access in enumerate(s.accesses)
    }
    instances = [
        (time, (s.name, point))
        for s in scop.originals
        for point, time in _pairs(isl.Map.intersect_domain(s.order, s.domain))
    ]
    for _, instance in sorted(instances):
        name, point = instance
        accesses = list(enumerate(scop.by_name[name].accesses))
        for k, access in accesses:
            if not access.is_write:
                cell = (access.array, accessed[name, k][point])
                source = found.last.get(cell)
                found.origins.setdefault((name, k), {})[point] = source[0] if source else ""
                if source:
                    found.raw.add((source, instance))
                readers.setdefault(cell, set()).add(instance)
        for k, access in accesses:
            if access.is_write:
                cell = (access.array, accessed[name, k][point])
                if cell in found.last:
                    found.waw.add((found.last[cell], instance))
                found.war |= {(r, instance) for r in readers.pop(cell, ()) if r != instance}
                found.last[cell] = instance
    return found


def _pairs(relation: isl.Map) -> Iterator[tuple[Point, Point]]:
    """The pairs of a bounded relation."""
    count = relation.dim(isl.dim_type.in_)
    for point in _points(relation.wrap()):
        yield point[:count], point[count:]


def _points(domain: isl.Set) -> list[Point]:
    found: list[Point] = []
    # Flat: coordinates of wrapped spaces are counted over both sides.
    flat = domain.flatten()

    def add(point: isl.Point) -> None:
        count = flat.dim(isl.dim_type.set)
        values = (point.get_coordinate_val(isl.dim_type.set, k) for k in range(count))
        found.append(tuple(int(value.to_python()) for value in values))

    flat.foreach_point(add)
    return found


def instance_pairs(relation: isl.UnionMap) -> set[tuple[Instance, Instance]]:
    found: set[tuple[Instance, Instance]] = set()
    for part in maps_of(relation):
        source, sink = (part.get_tuple_name(d) for d in (isl.dim_type.in_, isl.dim_type.out))
        found |= {((source, a), (sink, b)) for a, b in _pairs(part)}
    return found


def instances_of(domain: isl.UnionSet) -> set[Instance]:
    sets = domain.get_set_list()
    parts = [sets.get_at(k) for k in range(sets.n_set())]
    return {(part.get_tuple_name(), point) for part in parts for point in _points(part)}


def check(scop: Scop) -> None:
    """`analyse` and `Origins` say what a run shows."""
    # Declared reductions relax dependences; what happens is the same without the declaration.
    plain = replace(scop, statements=tuple(replace(s, reduction=None) for s in scop.statements))
    run, found, origins = execute(plain), analyse(plain), Origins(plain)
    assert instance_pairs(found.raw) == run.raw
    assert instance_pairs(found.war) == run.war
    assert instance_pairs(found.waw) == run.waw
    for array in plain.arrays:
        for (name, k), origin in origins.of_reads(array).items():
            sources = {
                point: writer
                for writer, instances in {**origin.by_writer, "": origin.before}.items()
                for _, point in instances_of(instances)
            }
            assert sources == run.origins.get((name, k), {})
        if origins.accessors(array, writes=True):
            last = {i for (cell_array, _), i in run.last.items() if cell_array == array}
            assert instances_of(origins.survivors(array)) == last


@settings(phases=[Phase.explicit, Phase.generate])
@given(programs())
def test_dataflow_is_what_a_run_shows(program: Program) -> None:
    text = text_of(program)
    note(text)
    module = apply(text, "poly-raise")[0]
    # A program without a single instance has no scop.
    assume(any(isinstance(op, poly.ScopOp) for op in module.walk()))
    check(read_scop(scop_of(module)))


def test_several_writers_whose_subscripts_divide() -> None:
    check(read_scop(scop_of(apply(DIVIDED, "poly-raise")[0])))


DIVIDED = """
func.func @f(%x: memref<12xf32>, %y: memref<8xf32>) {
  affine.for %t = 0 to 2 {
    affine.for %i = 0 to 12 {
      %a = affine.load %x[%i] : memref<12xf32>
      affine.store %a, %y[%i floordiv 2] : memref<8xf32>
      %b = affine.load %y[%i mod 3 + %t] : memref<8xf32>
      affine.store %b, %x[(%i * 5 + %t) mod 12] : memref<12xf32>
      affine.if affine_set<(d0) : (d0 mod 4 == 0)>(%i) {
        affine.store %b, %y[%i floordiv 4 + 1] : memref<8xf32>
      }
    }
  }
  return
}
"""

"""Where values come from in the original program: the sources of reads, and what survives it."""

from __future__ import annotations

from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral.context import maps_of, union_map, union_set
from akg_mlir.polyhedral.scop import Scop

DIM = isl.dim_type
AccessKey = tuple[str, int]
"""A statement's name and the position of one of its accesses."""


@dataclass(frozen=True)
class Origin:
    """Reading instances of one access, by the statement whose value they read.

    `before` are those that read a value from before the program.
    """

    by_writer: dict[str, isl.UnionSet]
    before: isl.UnionSet

    def outside(self, writers: set[str]) -> isl.UnionSet:
        """Instances that read what none of the `writers` wrote."""
        result = self.before
        for name, instances in self.by_writer.items():
            if name not in writers:
                result = result.union(instances)
        return result

    def comes_from(self, writers: set[str]) -> bool:
        """Whether any instance reads what one of the `writers` wrote."""
        return any(name in writers for name in self.by_writer)


class Origins:
    """Value-based flow of a program, one array at a time and only where it is asked for."""

    def __init__(self, scop: Scop) -> None:
        self.scop = scop
        self._reads: dict[str, dict[AccessKey, Origin]] = {}
        self._survivors: dict[str, isl.UnionSet] = {}
        self._accessors: dict[tuple[str, bool], set[str]] = {}
        for statement in scop.originals:
            for access in statement.accesses:
                key = (access.array, access.is_write)
                self._accessors.setdefault(key, set()).add(statement.name)

    def accessors(self, array: str, *, writes: bool) -> set[str]:
        """Statements that write (or read) an array."""
        return self._accessors.get((array, writes), set())

    def of_reads(self, array: str) -> dict[AccessKey, Origin]:
        """The origin of every read of an array."""
        if array not in self._reads:
            self._reads[array] = self._flow_to_reads(array)
        return self._reads[array]

    def survivors(self, array: str) -> isl.UnionSet:
        """The instances whose values are in the array when the program ends."""
        if array not in self._survivors:
            writers = self._writes(array)
            # Not by isl's flow analysis, which fails where subscripts divide.
            order = self.scop.textual_order().intersect_domain(writers.domain())
            times = writers.reverse().apply_range(order)
            last = times.lexmax().apply_range(order.reverse())
            surviving = last.intersect(writers.reverse())
            self._survivors[array] = surviving.range()
        return self._survivors[array]

    def _writes(self, array: str) -> isl.UnionMap:
        result = union_map()
        for statement in self.scop.originals:
            for access in statement.writes:
                if access.array == array:
                    relation = access.relation.intersect_domain(statement.domain)
                    result = result.union(isl.UnionMap.from_map(relation))
        return result

    def _flow_to_reads(self, array: str) -> dict[AccessKey, Origin]:
        writers = self._writes(array)
        order = self.scop.textual_order()
        schedule = order.intersect_domain(writers.domain())
        sink, tags, keys = union_map(), union_map(), dict[str, AccessKey]()
        for statement in self.scop.originals:
            for k, access in enumerate(statement.accesses):
                if access.is_write or access.array != array:
                    continue
                tag = f"{statement.name}__{k}"
                keys[tag] = (statement.name, k)
                lift = isl.UnionMap.from_map(
                    statement.domain.identity().set_tuple_name(DIM.out, tag)
                )
                relation = isl.UnionMap.from_map(access.relation)
                sink = sink.union(relation.apply_domain(lift))
                schedule = schedule.union(order.apply_domain(lift))
                tags = tags.union(lift.reverse())
        info = isl.UnionAccessInfo.from_sink(sink).set_must_source(writers)
        flow = info.set_schedule_map(schedule).compute_flow()
        found = {key: Origin({}, union_set()) for key in keys.values()}
        for relation in maps_of(flow.get_must_dependence()):
            writer, tag = relation.get_tuple_name(DIM.in_), relation.get_tuple_name(DIM.out)
            reading = isl.UnionSet.from_set(relation.range()).apply(tags)
            origin = found[keys[tag]].by_writer
            origin[writer] = origin.get(writer, union_set()).union(reading)
        for relation in maps_of(flow.get_must_no_source()):
            tag = relation.get_tuple_name(DIM.in_)
            key, old = keys[tag], found[keys[tag]]
            reading = isl.UnionSet.from_set(relation.domain()).apply(tags)
            found[key] = Origin(old.by_writer, old.before.union(reading))
        return found

"""Where values come from in the original program: the sources of reads, and what survives it."""

from __future__ import annotations

from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral.context import maps_of
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.writes import Writes

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
            self._survivors[array] = Writes.of(self.scop.originals, array).surviving()
        return self._survivors[array]

    def _flow_to_reads(self, array: str) -> dict[AccessKey, Origin]:
        written = Writes.of(self.scop.originals, array)
        found: dict[AccessKey, Origin] = {}
        for statement in self.scop.originals:
            for k, access in enumerate(statement.accesses):
                if access.is_write or access.array != array:
                    continue
                last = written.last_before(statement, access)
                by_writer = {
                    relation.get_tuple_name(DIM.out): isl.UnionSet.from_set(relation.domain())
                    for relation in maps_of(written.instances(last))
                }
                before = written.unwritten_before(statement, access)
                found[statement.name, k] = Origin(by_writer, isl.UnionSet.from_set(before))
        return found

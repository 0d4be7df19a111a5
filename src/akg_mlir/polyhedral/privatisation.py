"""Which accesses of fused tiles need storage that is private to the tile.

Recomputation executes writes more often than the program does, and later. That changes what other
instances read when an array also holds values that recomputed instances do not make: the old value
of an update in place, a result that the tile stores into the same array, or anything that another
tile band keeps there. The recomputed values then go to storage of their own, and every read that
takes its value from them follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import islpy as isl

from akg_mlir.polyhedral.context import union_map
from akg_mlir.polyhedral.origins import AccessKey, Origins
from akg_mlir.polyhedral.scop import Scop

DIM = isl.dim_type


class Conflict(Exception):
    """Why `statements` must not be recomputed."""

    def __init__(self, message: str, statements: set[str]) -> None:
        self.statements = statements
        super().__init__(message)


@dataclass(frozen=True)
class TileContent:
    """What executes below one tile band: tile -> instance of the roots and of the producers.

    `outside` are the statements that execute elsewhere.
    """

    roots: isl.UnionMap
    producers: isl.UnionMap
    root_names: set[str]
    producer_names: set[str]
    outside: set[str]

    @property
    def names(self) -> set[str]:
        return self.root_names | self.producer_names


def private_accesses(scop: Scop, origins: Origins, content: TileContent) -> frozenset[AccessKey]:
    """The accesses that go to private storage, all accesses of one array to one storage.

    Raises `Conflict` with the reason when a tile would read what another tile has overwritten.
    """
    return _Privatiser(scop, origins, content).run()


class _Privatiser:
    def __init__(self, scop: Scop, origins: Origins, content: TileContent) -> None:
        self.scop, self.origins, self.content = scop, origins, content

    def run(self) -> frozenset[AccessKey]:
        found: set[AccessKey] = set()
        recomputed = {
            a.array for n in self.content.producer_names for a in self.scop.by_name[n].writes
        }
        for array in sorted(recomputed):
            if self.holds_other_values(array):
                found |= self.accesses_of_recomputed(array)
        self.check_inputs(found)
        return frozenset(found)

    def holds_other_values(self, array: str) -> bool:
        """Whether recomputing writes of an array may destroy values that somebody needs."""
        readers = self.origins.accessors(array, writes=False)
        writers = self.origins.accessors(array, writes=True)
        if (readers | writers) & self.content.outside:
            return True
        if writers & self.content.root_names and not self.meets_in_one_tile(array):
            return True
        if not self.scop.arrays[array].live_in:
            return False
        written = self.elements(self.content.producers, array, writes=True).range()
        return any(
            not self.read_elsewhere(key, array).intersect(written).is_empty()
            for key in self.origins.of_reads(array)
            if key[0] in self.content.names
        )

    def meets_in_one_tile(self, array: str) -> bool:
        """Whether every element that both producers and roots write belongs to one tile."""
        return self.same_tile(
            self.elements(self.content.producers, array, writes=True),
            self.elements(self.content.roots, array, writes=True),
        )

    def accesses_of_recomputed(self, array: str) -> set[AccessKey]:
        """Writes of producers, and the reads that take their values. Raises `Conflict`."""
        producers = self.content.producer_names
        found: set[AccessKey] = set()
        for name in producers:
            for k, access in enumerate(self.scop.by_name[name].accesses):
                if access.is_write and access.array == array:
                    found.add((name, k))
        for key, origin in self.origins.of_reads(array).items():
            if key[0] not in self.content.names or not origin.comes_from(producers):
                continue
            if not origin.outside(producers).is_empty():
                raise Conflict(
                    f"{key[0]} reads {array} both from recomputed instances and from others",
                    producers & self.origins.accessors(array, writes=True),
                )
            found.add(key)
        return found

    def check_inputs(self, private: set[AccessKey]) -> None:
        """A recomputed instance must find its inputs as they were: no root of an earlier tile may
        have written them. Raises `Conflict`."""
        stored = {
            a.array
            for n in self.content.root_names
            for k, a in enumerate(self.scop.by_name[n].accesses)
            if a.is_write and (n, k) not in private
        }
        for name in sorted(self.content.producer_names):
            for k, access in enumerate(self.scop.by_name[name].accesses):
                if access.is_write or access.array not in stored or (name, k) in private:
                    continue
                reads = self.content.producers.intersect_range(
                    isl.UnionSet.from_set(self.scop.by_name[name].domain)
                ).apply_range(isl.UnionMap.from_map(access.relation))
                writes = self.elements(self.content.roots, access.array, writes=True)
                if not self.same_tile(reads, writes):
                    message = f"{name} reads {access.array}, which the tile overwrites"
                    raise Conflict(message, {name})

    # ---------------------------------------------------------------------------------- relations

    def elements(self, instances: isl.UnionMap, array: str, *, writes: bool) -> isl.UnionMap:
        """Tile -> elements of an array that the instances write (or read)."""
        relation = union_map()
        for name in self.content.names:
            for access in self.scop.by_name[name].accesses:
                if access.array == array and access.is_write == writes:
                    relation = relation.union(isl.UnionMap.from_map(access.relation))
        return instances.apply_range(relation)

    def read_elsewhere(self, key: AccessKey, array: str) -> isl.UnionSet:
        """Elements that a read takes from instances outside the tile band."""
        name, k = key
        origin = self.origins.of_reads(array)[key]
        access = isl.UnionMap.from_map(self.scop.by_name[name].accesses[k].relation)
        return origin.outside(self.content.names).apply(access)

    @staticmethod
    def same_tile(first: isl.UnionMap, second: isl.UnionMap) -> bool:
        """Whether no element of one tile in `first` belongs to another tile in `second`."""
        pairs = first.apply_range(second.reverse())
        return pairs.is_subset(first.domain().identity())

"""Chunk bands: rows too long for a tile pass through it in chunks, several times where needed.

Below the tile band of a group, a reduction may hold a tile band over its own loops, and a root one
over loops that the outer band leaves whole: their chunk bands. A reduction accumulates in the tile
while its chunks pass; whoever needs the result re-reads the row in the chunks of its own band. A
producer that only chunk bands use is recomputed in each of them (reverse fusion, once more, with
tile and chunk as the coordinates), so a row of it never exists as a whole.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace

import islpy as isl

from akg_mlir.polyhedral.clustering import Cluster
from akg_mlir.polyhedral.context import union_map
from akg_mlir.polyhedral.fusion import Fuser
from akg_mlir.polyhedral.fusion_groups import Group
from akg_mlir.polyhedral.tree import Band, Filter, Node, Sequence
from akg_mlir.polyhedral.tree_times import range_dims


@dataclass(frozen=True, eq=False)
class Piece:
    """What executes at one place of a tile: a filter of the tile's sequence, over originals.

    `producer` says that it belongs to recomputed clusters only.
    """

    filter: Filter
    producer: bool

    @property
    def chunks(self) -> Band | None:
        """The chunk band, if the piece holds one."""
        band = self.filter.child
        return band if isinstance(band, Band) and band.tile is not None else None

    @property
    def cluster(self) -> Cluster:
        """The piece as a cluster without a band of its own."""
        return Cluster((self.filter,))

    @property
    def names(self) -> tuple[str, ...]:
        return self.cluster.names


@dataclass(frozen=True)
class Placement:
    """The pieces that stay in the tile's sequence, in order; `inner` has, for each that holds a
    chunk band with producers below it, the group of that band."""

    pieces: tuple[Piece, ...]
    inner: dict[Piece, Group]

    @property
    def sunk(self) -> set[str]:
        """The statements that only execute below chunk bands."""
        return {n for group in self.inner.values() for c in group.producers for n in c.names}


def pieces_of(group: Group, clusters: Seq[Cluster]) -> list[Piece]:
    """The pieces of a group's tile, given its clusters in execution order."""
    result: list[Piece] = []
    for cluster in clusters:
        producer = cluster not in group.roots
        node = (cluster if producer else replace(cluster, band=None)).to_node()
        result += [Piece(f, producer) for f in as_filters(cluster.instances, node)]
    return result


def as_filters(instances: isl.UnionSet, node: Node | None) -> list[Filter]:
    """A node as filters of an enclosing sequence."""
    if isinstance(node, Sequence) and node.ordered:
        return list(node.filters)
    return [Filter(node, filter=instances)]


def place(fuser: Fuser, group: Group, pieces: Seq[Piece], closed: Collection[str]) -> Placement:
    """Which producers move below the chunk bands that use them.

    `closed` names statements whose chunk bands take no producers.
    """
    return _Placer(fuser, group, pieces, closed).run()


class _Placer:
    def __init__(
        self, fuser: Fuser, group: Group, pieces: Seq[Piece], closed: Collection[str]
    ) -> None:
        self.fuser, self.group, self.pieces, self.closed = fuser, group, pieces, closed
        self.inner: dict[Piece, Group] = {}
        self.kept: list[Piece] = []

    def run(self) -> Placement:
        for position in reversed(range(len(self.pieces))):
            piece = self.pieces[position]
            if piece.chunks is not None and not set(piece.names) & set(self.closed):
                self.open(piece, piece.chunks)
            elif piece.chunks is None and self.sink(position):
                continue
            self.kept.insert(0, piece)
        inner = {piece: group for piece, group in self.inner.items() if group.producers}
        return Placement(tuple(self.kept), inner)

    def open(self, piece: Piece, band: Band) -> None:
        """A group of the piece's own, with tile and chunk as coordinates."""
        tiles = self.tiles(piece).flat_range_product(band.relation)
        need = tiles.reverse().apply_range(self.fuser.reads).coalesce()
        self.inner[piece] = Group([piece.cluster], tiles, need)

    def tiles(self, piece: Piece) -> isl.UnionMap:
        """Instance of the piece -> tiles that execute it."""
        return self.group.executed.intersect_domain(piece.filter.filter)

    def sink(self, position: int) -> bool:
        """Move a piece below every chunk band that uses it, if it can be recomputed there."""
        piece = self.pieces[position]
        if not piece.producer or self.is_used(piece, self.kept_names()):
            return False
        users = [group for group in self.inner.values() if self.is_used(piece, group.names)]
        if not users or not self.is_repeatable(position):
            return False
        needed: list[tuple[Group, isl.UnionMap]] = []
        for group in users:
            extension = self.fuser.extension(group, piece.cluster)
            if extension is None:
                return False
            needed.append((group, extension))
        if not any(self.varies(piece, extension) for _, extension in needed):
            return False
        for group, extension in needed:
            group.producers.insert(0, piece.cluster)
            group.extension = group.extension.union(extension)
            group.need = group.need.union(extension.apply_range(self.fuser.reads)).coalesce()
        return True

    def kept_names(self) -> set[str]:
        """Statements that execute in the tile itself."""
        return {n for piece in self.kept if piece not in self.inner for n in piece.names}

    def is_used(self, piece: Piece, names: set[str]) -> bool:
        return any((s, t) in self.fuser.edges for s in piece.names for t in names)

    def is_repeatable(self, position: int) -> bool:
        """Whether executing a piece later, and more than once, writes the same values.

        So it is if nothing else writes what it writes, and nothing from its place on writes what it
        reads.
        """
        own = self.pieces[position]
        writes = {p: self.arrays(p, writes=True) for p in self.pieces}
        reads = self.arrays(own, writes=False)
        others = [p for p in self.pieces if p is not own]
        return not (
            any(writes[own] & writes[p] for p in others)
            or any(reads & writes[p] for p in self.pieces[position + 1 :])
            or self.updates_in_place(own)
        )

    def updates_in_place(self, piece: Piece) -> bool:
        """Whether some statement reads an array that it or a later one of the piece writes."""
        statements = [s for s in self.fuser.scop.originals if s.name in piece.names]
        for k, statement in enumerate(statements):
            reads = {a.array for a in statement.reads}
            if any(reads & {a.array for a in later.writes} for later in statements[k:]):
                return True
        return False

    def arrays(self, piece: Piece, *, writes: bool) -> set[str]:
        return {
            access.array
            for name in piece.names
            for access in self.fuser.scop.by_name[name].accesses
            if access.is_write == writes
        }

    def varies(self, piece: Piece, extension: isl.UnionMap) -> bool:
        """Whether a chunk needs less of a piece than its tile does."""
        dims = range_dims(self.group.tiles)
        total = range_dims(extension.reverse())
        names = [f"t{k}" for k in range(total)]
        outer = union_map(f"{{ [{', '.join(names)}] -> [{', '.join(names[:dims])}] }}")
        whole = self.group.extension.intersect_range(piece.filter.filter)
        whole = outer.intersect_domain(extension.domain()).apply_range(whole)
        return not whole.is_subset(extension)

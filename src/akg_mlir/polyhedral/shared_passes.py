"""Reductions of the same values in one pass: their chunk bands become one.

Statistics such as a sum and a sum of squares read the same rows. In chunk bands of their own each
of them would load every chunk; below one band a chunk is loaded once. What executes between them
moves in front of the pass or behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from collections.abc import Sequence as Seq
from dataclasses import replace

from akg_mlir.polyhedral.chunks import Piece, as_filters
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tiling import member_ranges
from akg_mlir.polyhedral.tree import Band, Filter, Sequence


def share_passes(
    scop: Scop, pieces: Seq[Piece], closed: Collection[str], alike: Callable[[Piece, Piece], bool]
) -> list[Piece]:
    """The pieces of a tile, in order, with the chunk bands of reductions united where possible.

    Two can share a pass that read something in common, if neither needs the other and `alike` says
    that their chunks are the same. `closed` names updates that stay alone (contractions).
    """
    return _Uniter(scop, closed, alike).run(pieces)


def same_chunks(scop: Scop, a: Piece, b: Piece) -> bool:
    """Whether the chunk bands of two pieces have equally many chunks of the same sizes."""

    def chunks(piece: Piece) -> tuple[object, ...]:
        band = piece.chunks
        assert band is not None
        statements = tuple(scop.by_name[n] for n in piece.names)
        return band.tile, member_ranges(band, scop.domain(statements))

    return chunks(a) == chunks(b)


class _Uniter:
    def __init__(
        self, scop: Scop, closed: Collection[str], alike: Callable[[Piece, Piece], bool]
    ) -> None:
        self.scop, self.closed, self.alike = scop, set(closed), alike
        self._arrays: dict[Piece, tuple[set[str], set[str]]] = {}

    def run(self, pieces: Seq[Piece]) -> list[Piece]:
        result: list[Piece] = []
        for piece in pieces:
            result = self.joined(result, piece) or [*result, piece]
        return result

    def joined(self, earlier: list[Piece], piece: Piece) -> list[Piece] | None:
        """The pieces with the last one in the pass of an earlier one, None if there is no such."""
        if not self.is_reduction(piece):
            return None
        common = self.sources(earlier, piece)
        for place in reversed(range(len(earlier))):
            other = earlier[place]
            if not self.is_reduction(other) or not self.alike(other, piece):
                continue
            before, after = self.around(other, earlier[place + 1 :])
            if any(self.conflict(piece, p) for p in [other, *after]):
                continue
            if common & self.sources(earlier[:place], other):
                return [*earlier[:place], *before, _united(other, piece), *after]
        return None

    def is_reduction(self, piece: Piece) -> bool:
        """Whether a piece is a reduction that passes in chunks, open to others."""
        band = piece.chunks
        return band is not None and not any(band.coincident) and not self.closed & set(piece.names)

    def around(self, piece: Piece, later: list[Piece]) -> tuple[list[Piece], list[Piece]]:
        """What may execute in front of a piece although it came later, and what may not."""
        before: list[Piece] = []
        after: list[Piece] = []
        for each in later:
            stays = any(self.conflict(each, p) for p in [piece, *after])
            (after if stays else before).append(each)
        return before, after

    def conflict(self, a: Piece, b: Piece) -> bool:
        """Whether one writes an array that the other accesses."""
        reads_a, writes_a = self.arrays(a)
        reads_b, writes_b = self.arrays(b)
        return bool(writes_a & (reads_b | writes_b) or reads_a & writes_b)

    def sources(self, earlier: list[Piece], piece: Piece) -> set[str]:
        """The arrays that a piece reads, and those which they are made of."""
        found = set(self.arrays(piece)[0])
        for producer in reversed(earlier):
            reads, writes = self.arrays(producer)
            if writes & found:
                found |= reads
        return found

    def arrays(self, piece: Piece) -> tuple[set[str], set[str]]:
        """What a piece reads and what it writes; every pair of pieces asks for it."""
        known = self._arrays.get(piece)
        if known is None:
            accesses = [a for n in piece.names for a in self.scop.by_name[n].accesses]
            reads = {a.array for a in accesses if not a.is_write}
            known = self._arrays[piece] = reads, {a.array for a in accesses if a.is_write}
        return known


def _united(a: Piece, b: Piece) -> Piece:
    """Both below one chunk band, the first of them first."""
    band, other = a.chunks, b.chunks
    assert band is not None
    assert other is not None
    filters = [*as_filters(a.filter.filter, band.child), *as_filters(b.filter.filter, other.child)]
    united: Band = replace(
        band,
        schedule=band.schedule.union_add(other.schedule),
        child=Sequence(filters=tuple(filters)),
    )
    both = a.filter.filter.union(b.filter.filter)
    return Piece(Filter(united, filter=both), a.producer and b.producer)

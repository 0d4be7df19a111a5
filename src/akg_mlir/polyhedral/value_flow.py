"""Where every read takes its value from: exact dataflow of statements under a given order.

The judge's own analysis. Most arrays have one writer per element and iteration of the loops that
writer and readers share; then the source is the instance that shares the iteration, and a few
subset tests prove it. For all others the last write before the read is searched in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import islpy as isl

from akg_mlir.polyhedral.execution_order import DIM, Timed

_READ = "read_by_"


@dataclass(frozen=True)
class Reader:
    """One read: `elements` maps the reading instance (or the element read at exit) to the element.

    `ignored`: statements whose updates this read may see in any number: those of its own
    reduction, when it reads the cell that it accumulates into.
    """

    key: str
    array: str
    elements: isl.Map
    timed: Timed | None
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Writer:
    """One write: a plain one overwrites, an update of a declared reduction only adds to a value."""

    elements: isl.Map
    timed: Timed
    update: bool

    @property
    def name(self) -> str:
        return self.timed.name


@dataclass(frozen=True)
class Origin:
    """Where a read takes its values from.

    `sources`: by statement, reading instance -> writing instance. `live_in`: reading instance ->
    element that nobody wrote before, by array. `shared`: so many band members have equal values
    at the read and at each of its sources.
    """

    sources: dict[str, isl.Map] = field(default_factory=dict[str, isl.Map])
    live_in: dict[str, isl.Map] = field(default_factory=dict[str, isl.Map])
    shared: int = 0


def origins(readers: Sequence[Reader], writers: Sequence[Writer]) -> dict[str, Origin]:
    """The origin of every read of one array. Reader keys are distinct."""
    if not writers:
        return {r.key: Origin(live_in={r.array: r.elements}) for r in readers}
    result: dict[str, Origin] = {}
    left: list[Reader] = []
    whole = _Iteration.of((*[r.timed for r in readers if r.timed], *[w.timed for w in writers]))
    for reader in readers:
        shared = whole if reader.timed is not None else _Iteration(0, 0)
        origin = None if shared is None else shared.origin(reader, writers)
        if origin is None:
            left.append(reader)
        else:
            result[reader.key] = origin
    return result | {reader.key: _last_written(reader, writers) for reader in left}


@dataclass(frozen=True)
class _Iteration:
    """One iteration of the loops that all accesses share: the first `depth` dimensions of time,
    `members` of them band members. The next dimension is a place in a sequence for all of them."""

    depth: int
    members: int

    @staticmethod
    def of(timed: Iterable[Timed]) -> _Iteration | None:
        layouts = {t.layout for t in timed}
        depth = 0
        for column in zip(*layouts):
            if len(set(column)) > 1:
                if None in column:
                    return None
                break
            depth += 1
        if any(len(layout) <= depth for layout in layouts):
            return None
        first = next(iter(layouts))[:depth]
        return _Iteration(depth, sum(position is None for position in first))

    def origin(self, reader: Reader, writers: Sequence[Writer]) -> Origin | None:
        """The origin where it is proved to lie in the same iteration, else None."""
        before = [w for w in writers if w.name not in reader.ignored and not self._after(w, reader)]
        plain = [w for w in before if not w.update]
        if len(plain) != 1 or len({w.name for w in before}) != len(before):
            return None
        last = plain[0]
        written = self._cells(last.elements, last.timed)
        read = self._cells(reader.elements, reader.timed)
        candidates = read.apply_range(written.reverse())
        if not (
            reader.elements.domain().is_subset(candidates.domain())
            and written.is_injective()
            and self._ordered(candidates, last.timed, reader.timed)
        ):
            return None
        sources = {last.name: candidates}
        for update in before:
            if update is last:
                continue
            cells = self._cells(update.elements, update.timed)
            reset = cells.apply_range(written.reverse())
            reaching = read.apply_range(cells.reverse())
            if not (
                self._ordered(reset, last.timed, update.timed)
                and self._ordered(reaching, update.timed, reader.timed)
            ):
                return None
            sources[update.name] = reaching
        return Origin(sources, shared=self.members)

    def _after(self, writer: Writer, reader: Reader) -> bool:
        """Whether the write comes after the read in every iteration."""
        if reader.timed is None:
            return False
        own, other = self._place(reader.timed), self._place(writer.timed)
        return own is not None and other is not None and own < other

    def _place(self, timed: Timed) -> int | None:
        """The place in the sequence inside the iteration, where there is one."""
        return timed.layout[self.depth] if self.depth < len(timed.layout) else None

    def _cells(self, elements: isl.Map, timed: Timed | None) -> isl.Map:
        """Instance -> iteration and element."""
        elements = elements.reset_tuple_id(DIM.out) if elements.has_tuple_id(DIM.out) else elements
        if timed is None or self.members == 0:
            return elements
        return timed.outer(self.members).flat_range_product(elements)

    def _ordered(self, pairs: isl.Map, first: Timed, second: Timed | None) -> bool:
        """Whether in all pairs (later -> earlier) of one iteration `first` executes before."""
        if second is None:
            return True
        early, late = self._place(first), self._place(second)
        if early is not None and late is not None and early != late:
            return early < late
        length = max(len(first.layout), len(second.layout))
        times = pairs.apply_domain(second.time(length)).apply_range(first.time(length))
        return times.is_subset(isl.Map.lex_gt(times.get_space().domain()))


def _last_written(reader: Reader, writers: Sequence[Writer]) -> Origin:
    """The origin of any read: of the earlier plain writes of its element the last one in time, and
    the updates since then.

    Not by isl's flow analysis, which loses instances where subscripts divide.
    """
    length = max(len(w.timed.layout) for w in writers)
    if reader.timed is not None:
        length = max(length, len(reader.timed.layout))
    earlier = {w: _earlier(reader, w, length) for w in writers if w.name not in reader.ignored}
    last: isl.Map | None = None
    for writer, pairs in earlier.items():
        if not writer.update:
            times = pairs.apply_range(writer.timed.time(length))
            last = times if last is None else last.union(times)
    if last is not None:
        last = last.lexmax().coalesce()
    sources: dict[str, isl.Map] = {}
    for writer, pairs in earlier.items():
        if last is not None:
            at_or_since = last
            if writer.update:
                order = isl.Map.lex_lt(last.get_space().range())
                at_or_since = last.apply_range(order)
            kept = at_or_since.apply_range(writer.timed.time(length).reverse())
            if writer.update:
                never = reader.elements.domain().subtract(last.domain())
                kept = pairs.intersect(kept).union(pairs.intersect_domain(never))
            pairs = pairs.intersect(kept)
        _add(sources, writer.name, pairs)
    unwritten = reader.elements
    if last is not None:
        unwritten = unwritten.subtract_domain(last.domain())
    live_in: dict[str, isl.Map] = {}
    _add(live_in, reader.array, unwritten)
    return Origin(sources, live_in)


def _earlier(reader: Reader, writer: Writer, length: int) -> isl.Map:
    """Reading instance -> instances that write its element before."""
    pairs = reader.elements.apply_range(writer.elements.reverse())
    if reader.timed is None:
        return pairs
    read, written = reader.timed.time(length), writer.timed.time(length)
    order = isl.Map.lex_gt(read.get_space().range())
    return pairs.intersect(read.apply_range(order).apply_range(written.reverse()))


def through_copies(
    found: dict[str, Origin], copies: dict[str, str], rounds: int
) -> dict[str, Origin] | None:
    """The origins with every copy replaced by what it read itself, or None when `rounds` copies
    of copies were not enough. `copies`: copying statement -> key of its read."""
    result: dict[str, Origin] = {}
    for key, origin in found.items():
        pending, live_in = dict(origin.sources), origin.live_in
        sources: dict[str, isl.Map] = {}
        for _ in range(rounds):
            copied = {n: pending.pop(n) for n in list(pending) if n in copies}
            for name, relation in pending.items():
                _add(sources, name, relation)
            pending.clear()
            if not copied:
                break
            live_in = dict(live_in)
            for name, relation in copied.items():
                beyond = found[copies[name]]
                for source, further in beyond.sources.items():
                    _add(pending, source, relation.apply_range(further))
                for array, elements in beyond.live_in.items():
                    _add(live_in, array, relation.apply_range(elements))
        if pending:
            return None
        result[key] = Origin(sources, live_in)
    return result


def _add(table: dict[str, isl.Map], name: str, relation: isl.Map) -> None:
    if not relation.is_empty():
        table[name] = table[name].union(relation) if name in table else relation

"""Groups of loop nests that share tiles: what they hold, move and compute, and what a nest adds.

A group grows from its results to their producers, one nest at a time. What a nest needs follows
from the group's own needs in closed form (`tile_spans`), so growing costs the same whatever the
size of the group: nests that look alike to a tile are counted, not listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, prod

from akg_mlir.polyhedral.tile_group_parts import (
    BLOCK_BYTES,
    Estimate,
    Moment,
    Piece,
    Rates,
    Refused,
    Step,
    Task,
    Tensor,
)
from akg_mlir.polyhedral.tile_spans import Box, Span, everything, hull, moving, volume

REREADING = 1.25
"""Traffic over least traffic beyond which it pays to look for other tile sizes."""


@dataclass
class TileGroup:
    """Nests that share tiles. `need` has the boxes of tensors that come from outside so far, one
    for each way in which they move with the tiles; those in `pending` may still be computed
    inside. `rows` are the instances of reductions; `uncut` says that a row is a result that nests
    inside read, too, so that chunks of it cannot be computed again."""

    rates: Rates
    steps: list[Step] = field(default_factory=list[Step])
    extents: dict[int, int] = field(default_factory=dict[int, int])
    least: dict[int, int] = field(default_factory=dict[int, int])
    whole: set[int] = field(default_factory=set[int])
    results: int = 0
    stored: int = 0
    need: dict[Tensor, tuple[Box, ...]] = field(default_factory=dict[Tensor, tuple[Box, ...]])
    pending: set[Tensor] = field(default_factory=set[Tensor])
    tasks: Counter[Task] = field(default_factory=Counter[Task])
    moments: dict[tuple[str, Moment], None] = field(default_factory=dict[tuple[str, Moment], None])
    sizes: dict[int, int] = field(default_factory=dict[int, int])
    rows: list[Box] = field(default_factory=list[Box])
    uncut: bool = False

    def copy(self) -> TileGroup:
        """An independent copy."""
        return TileGroup(
            self.rates,
            list(self.steps),
            dict(self.extents),
            dict(self.least),
            set(self.whole),
            self.results,
            self.stored,
            dict(self.need),
            set(self.pending),
            self.tasks.copy(),
            dict(self.moments),
            dict(self.sizes),
            list(self.rows),
            self.uncut,
        )

    # ------------------------------------------------------------------------------------- growing

    def open(self, step: Step, first_dim: int) -> None:
        """Start with a result: every loop of it that is not reduced is a tile dimension."""
        nest = step.nest
        written = {k for e in nest.write for k, _ in e.terms}
        box: list[Span] = []
        for k, bound in enumerate(nest.bounds):
            if k in written and k not in nest.coarse and bound > 1:
                dim = first_dim + k
                self.extents[dim] = bound
                box.append(Span(((dim, 1.0),), 0, 0, bound))
            else:
                box.append(everything(bound))
        last = nest.write[-1].terms if nest.write else ()
        for k, factor in last:
            if first_dim + k in self.extents and factor == 1:
                block = max(1, BLOCK_BYTES // step.result.element_bytes)
                self.least[first_dim + k] = min(block, nest.bounds[k])
        self._compute(step, tuple(box), live_out=True)

    def add(self, step: Step, *, live_out: bool) -> None:
        """Compute a needed tensor inside the tiles. Raises `Refused` for a result that tiles
        would not divide among them."""
        box = step.nest.instances(hull(self.need[step.result]))
        if live_out:
            self._divide(box)
            self.uncut |= any(not span.slopes and span.whole > 1 for span in box)
        self._compute(step, box, live_out=live_out)

    def settle(self, tensor: Tensor) -> None:
        """The tensor comes from outside for good."""
        self.pending.discard(tensor)

    def absorb(self, other: TileGroup, names: Mapping[int, int]) -> None:
        """Take in another group whose tile dimensions `names` renames to this group's; dimensions
        that only one of them has stay whole."""
        shared = set(names.values())
        self.whole |= set(self.extents) - shared
        for dim, extent in other.extents.items():
            if dim not in names:
                self.extents[dim] = extent
                self.whole.add(dim)
        for dim, least in other.least.items():
            name = names.get(dim, dim)
            self.least[name] = max(self.least.get(name, 1), least)
        self.whole |= {names.get(dim, dim) for dim in other.whole}
        self.results += other.results
        self.stored += other.stored
        for tensor, boxes in other.need.items():
            for box in boxes:
                self._require(tensor, _renamed(box, names))
        self.pending |= other.pending
        for task, count in other.tasks.items():
            self.tasks[Task(_renamed(task.box, names), task.original, task.cycles)] += count
        for memory, moment in other.moments:
            pieces = frozenset(
                (Piece(_renamed(p.box, names), p.element_bytes), n) for p, n in moment
            )
            self.moments[memory, pieces] = None
        self.rows += [_renamed(row, names) for row in other.rows]
        self.uncut |= other.uncut
        self.steps += other.steps
        self.sizes.clear()
        self._note(())

    def _divide(self, box: Box) -> None:
        """Make tiles own disjoint parts of a result's instances."""
        owned: set[int] = set()
        for span in box:
            if len(span.slopes) == 1 and span.slopes[0][1] == 1 and span.low == span.high:
                owned.add(span.slopes[0][0])
            elif set(dim for dim, _ in span.slopes) - self.whole:
                raise Refused("tiles overlap in it, and it is a result of the kernel")
        missing = set(self.extents) - owned - self.whole
        if missing:
            self.whole |= missing
            self.sizes.clear()

    def _compute(self, step: Step, box: Box, *, live_out: bool) -> None:
        self.steps.append(step)
        needed = self.need.pop(step.result, None)
        self.pending.discard(step.result)
        if live_out:
            self.results += step.instances
            self.stored += step.result.bytes
        if needed is None:
            result = step.nest.written(box, step.result.shape)
        else:
            result = hull(needed)
        self.tasks[Task(box, step.instances, step.cycles)] += 1
        if step.reduces:
            self.rows.append(box)
        pieces = [Piece(result, step.result.element_bytes)]
        if step.cube:
            self.moments["l0c", frozenset([(pieces[0], 1)])] = None
        reads = [(k, t) for k, t in enumerate(step.operands) if t is not None]
        parts = step.nest.parts(box)
        for k, tensor in reads:
            if not step.cube and tensor not in self.pending:
                pieces.append(Piece(step.nest.read(k, parts, tensor.shape), tensor.element_bytes))
        self._note(pieces)
        for k, tensor in reads:
            self._require(tensor, step.nest.read(k, box, tensor.shape))
            if not tensor.given:
                self.pending.add(tensor)

    def _note(self, pieces: Iterable[Piece]) -> None:
        """Remember what is in the unified buffer now, beside what waits for its users."""
        held = Counter(pieces)
        held.update(Piece(b, t.element_bytes) for t in self.pending for b in self.need[t])
        self.moments["ub", frozenset(held.items())] = None

    def _require(self, tensor: Tensor, box: Box) -> None:
        """Boxes that move alike become one."""
        boxes = list(self.need.get(tensor, ()))
        for k, known in enumerate(boxes):
            if all(a.slopes == b.slopes for a, b in zip(known, box)):
                boxes[k] = hull((known, box))
                break
        else:
            boxes.append(box)
        self.need[tensor] = tuple(boxes)

    # ------------------------------------------------------------------------------------- judging

    def estimate(self) -> Estimate:
        """The cheapest tiles that fit. Raises `Refused` if none does."""
        found: list[Estimate] = []
        reason: Refused | None = None
        for start in (self.sizes, self.extents):
            if not start.keys() >= self.extents.keys():
                continue
            try:
                found.append(self._search(dict(start)))
            except Refused as error:
                reason = error
            if found and not self._repeats(found[0].sizes):
                break
        if not found:
            assert reason is not None
            raise reason
        best = min(found, key=lambda estimate: estimate.cycles)
        self.sizes = dict(best.sizes)
        return best

    def _search(self, sizes: dict[int, int]) -> Estimate:
        """Halve tiles until one fits, and on while cores have none and that is faster."""
        while (held := self._pressure(sizes))[0] > 1:
            smaller = self._halved(sizes)
            if smaller is None:
                _, memory, need = held
                raise Refused(
                    f"a minimal tile holds {need} bytes of {memory.upper()}, "
                    f"it may hold {self.rates.capacity[memory]}"
                )
            sizes = smaller
        if excess := self._excess(sizes):
            raise Refused(excess)
        while self._tiles(sizes) < self.rates.cores and (smaller := self._halved(sizes)):
            if self._excess(smaller) or self.cycles(smaller) >= self.cycles(sizes):
                break
            sizes = smaller
        return Estimate(sizes, self.cycles(sizes), self._pressure(sizes)[2])

    def _halved(self, sizes: dict[int, int]) -> dict[int, int] | None:
        """Tiles of half the size along the dimension where that costs least; None for minimal
        tiles."""
        smaller = [
            sizes | {dim: max(self.least.get(dim, 1), _half(size))}
            for dim, size in sizes.items()
            if dim not in self.whole and size > self.least.get(dim, 1)
        ]
        if not smaller:
            return None
        return min(smaller, key=lambda s: (self._excess(s) is not None, self.cycles(s)))

    def _pressure(self, sizes: Mapping[int, int]) -> tuple[float, str, int]:
        """Of the fullest memory: need over capacity, its name, the need in bytes."""
        needs = [
            (sum(p.bytes(sizes) * n for p, n in moment), memory) for memory, moment in self.moments
        ]
        return max((need / self.rates.capacity[memory], memory, need) for need, memory in needs)

    def _excess(self, sizes: Mapping[int, int]) -> str | None:
        """What would be computed too often. As `Fuser.limit`: with as many more instances as those
        that tiles divide among them."""
        counts = {task: self.executed(task, sizes) for task in self.tasks}
        divided = sum(t.original * n for t, n in self.tasks.items() if counts[t] <= t.original)
        for task, executed in counts.items():
            limit = task.original + max(task.original, self.results, divided)
            if executed > limit:
                return (
                    f"{executed:.0f} instances would be computed instead of {task.original}, "
                    f"more than {limit}"
                )
        return None

    def executed(self, task: Task, sizes: Mapping[int, int]) -> float:
        """Instances over all tiles."""
        moved = moving(task.box)
        tiles = 1.0
        for dim, extent in self.extents.items():
            count = extent / sizes[dim]
            tiles *= count if dim in moved else ceil(count)
        return volume(task.box, sizes) * tiles

    def _repeats(self, sizes: Mapping[int, int]) -> bool:
        """Whether other tile sizes could save much."""
        total, unique = self._traffic(sizes)
        return total > REREADING * unique or self.recomputed(sizes) > 0

    def recomputed(self, sizes: Mapping[int, int]) -> float:
        """Instances over all tiles beyond those of the program."""
        return sum((self.executed(t, sizes) - t.original) * n for t, n in self.tasks.items())

    def cycles(self, sizes: Mapping[int, int]) -> float:
        """Cycles of the whole group: GM traffic and computing, on all cores that have tiles."""
        active = min(self.rates.cores, self._tiles(sizes))
        total, unique = self._traffic(sizes)
        gm = unique / min(self.rates.dram, self.rates.core_port * active)
        gm += (total - unique) / (self.rates.l2 * active)
        work = sum(self.executed(t, sizes) * t.cycles * n for t, n in self.tasks.items())
        return gm + work / active + self.rates.launch

    def _tiles(self, sizes: Mapping[int, int]) -> int:
        return prod(ceil(extent / sizes[dim]) for dim, extent in self.extents.items())

    def _traffic(self, sizes: Mapping[int, int]) -> tuple[int, int]:
        """Bytes from and to GM, and those of them that move for the first time."""
        tiles = self._tiles(sizes)
        total, unique = self.stored, self.stored
        needs = ((t, box) for t, boxes in self.need.items() for box in boxes)
        for piece, count in Counter(Piece(box, t.element_bytes) for t, box in needs).items():
            times = tiles if moving(piece.box) else min(self.rates.cores, tiles)
            read = times * volume(piece.box, sizes) * piece.element_bytes
            once = prod(span.whole for span in piece.box) * piece.element_bytes
            total += count * read
            unique += count * min(read, once)
        return total, unique


def _half(size: int) -> int:
    """The largest power of two below."""
    return 1 << ((size - 1).bit_length() - 1)


def _renamed(box: Box, names: Mapping[int, int]) -> Box:
    return tuple(span.renamed(names) for span in box)

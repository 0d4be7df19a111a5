"""The judge: does the final tree compute what the textual program computes?

It sees the statements and the tree alone and shares no code with the steps that made the tree.
The core is one comparison: the exact dataflow of the transformed program, seen through clones and
copies, equals the dataflow of the original program, modulo the order inside declared reductions.
By induction over reads, every executed instance then computes its original's value, and every
live-out element holds what it must. (Form of the check: PolyCheck-style dataflow equality.)

On top of that, accesses stay inside their arrays, the instances that a tree leaves unordered
(below a unit mark the instances of a tile execute as one box) do not touch each other's elements,
and what bands claim about themselves is true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral import counterexample
from akg_mlir.polyhedral.band_claims import broken_claims
from akg_mlir.polyhedral.conflicts import unordered_conflicts
from akg_mlir.polyhedral.execution_order import DIM, OrderError
from akg_mlir.polyhedral.judged_program import Program, Touch, accumulator, exit_key, read_key
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tree import Domain
from akg_mlir.polyhedral.value_flow import Origin, through_copies

_COPIES_OF_COPIES = 64
_SHOWN = 3


@dataclass(frozen=True)
class Violation:
    """One broken property. `kind` is order, bounds, unordered, reduction, dataflow, live-out,
    uninitialised or claim; the message holds a concrete counter-example."""

    kind: str
    message: str


def verify(scop: Scop, root: Domain) -> list[Violation]:
    """What is wrong with the tree, the earliest wrong instance of each kind first; nothing when
    the tree is proved."""
    for statement in scop.statements:
        if len(statement.writes) != 1:
            text = f"@{statement.name} stores {len(statement.writes)} times, and not once"
            return [Violation("order", text)]
    try:
        program = Program.of_tree(scop, root)
    except OrderError as error:
        return [Violation("order", str(error))]
    judge = _Judge(scop, program)
    disorder = list(judge.disorder())
    return disorder or judge.broken()


@dataclass(frozen=True)
class _Difference:
    """A read that does not get what it should. `time`: of the first such instance; None at exit."""

    array: str
    time: tuple[int, ...] | None
    violation: Violation


class _Judge:
    def __init__(self, scop: Scop, program: Program) -> None:
        self.scop = scop
        self.new = program
        self.old = Program.textual(scop)

    def disorder(self) -> Iterator[Violation]:
        """What keeps the tree from being a program at all."""
        seen: dict[str, isl.Set] = {}
        for timed in self.new.timed:
            statement = self.scop.by_name.get(timed.name)
            if statement is None:
                yield Violation("order", f"the tree schedules an unknown statement @{timed.name}")
                return
            before = seen.get(timed.name)
            if not timed.members.is_single_valued() or not (
                before is None or before.is_disjoint(timed.instances)
            ):
                yield Violation("order", f"instances of @{timed.name} execute more than once")
            seen[timed.name] = timed.instances if before is None else before.union(timed.instances)

    def broken(self) -> list[Violation]:
        """The violations of the first property that is broken: others would be its echoes."""
        for check in (
            self.out_of_bounds,
            self.accumulating_elsewhere,
            self.unordered,
            self.wrong_values,
            self.false_claims,
        ):
            violations = list(check())
            if violations:
                return violations
        return []

    # ------------------------------------------------------------------------------- properties

    def out_of_bounds(self) -> Iterator[Violation]:
        for touch in self.new.touches:
            array = self.scop.arrays[touch.access.array]
            if not touch.elements.range().is_subset(array.bounds):
                outside = touch.elements.subtract_range(array.bounds)
                text = counterexample.out_of_bounds(touch, outside, array.shape)
                yield Violation("bounds", text)

    def accumulating_elsewhere(self) -> Iterator[Violation]:
        """An update that does not read the cell that it writes."""
        for touch in self.new.touches:
            if self.new.accumulates(touch) and accumulator(touch.statement) != touch.read:
                text = f"@{touch.statement.name} reads another cell than the one it adds to"
                yield Violation("reduction", text)

    def unordered(self) -> Iterator[Violation]:
        for conflict in unordered_conflicts(self.new):
            yield Violation("unordered", counterexample.unordered(self.new, conflict))

    def false_claims(self) -> Iterator[Violation]:
        for broken in broken_claims(self.new, self.computed):
            text = counterexample.broken_claim(self.new, broken.claim, broken.conflict)
            yield Violation("claim", text)

    def wrong_values(self) -> Iterator[Violation]:
        if self.followed is None:
            yield Violation("dataflow", "values pass through too many copies to be followed")
            return
        yield from self.differences()
        yield from self.updated_twice(self.followed)

    @cached_property
    def followed(self) -> dict[str, Origin] | None:
        """Where each read gets its value from, behind all copies."""
        return through_copies(self.new.origins, self.new.copies, _COPIES_OF_COPIES)

    @cached_property
    def computed(self) -> dict[str, Origin]:
        """The same, by instances of originals."""
        return {key: self.in_originals(o) for key, o in (self.followed or {}).items()}

    def differences(self) -> Iterator[Violation]:
        """The first wrong read of each array that is read wrongly."""
        found: dict[str, list[_Difference]] = {}
        for difference in self.wrong_reads():
            found.setdefault(difference.array, []).append(difference)
        firsts: list[_Difference] = []
        for group in found.values():
            firsts.append(min(group, key=_when))
        firsts.sort(key=_when)
        for difference in firsts[:_SHOWN]:
            yield difference.violation
        if len(firsts) > _SHOWN:
            names = ", ".join(d.array for d in firsts[_SHOWN:])
            yield Violation("dataflow", f"more wrong reads, of {names}")

    def wrong_reads(self) -> Iterator[_Difference]:
        for touch in self.new.touches:
            if touch.is_write or touch.statement.copy:
                continue
            expected = self.expected(touch)
            got = self.computed[touch.key]
            wrong = _wrong(expected, got)
            if wrong is not None:
                point = counterexample.first_executed(touch.timed, wrong, self.new.length)
                original = self.new.to_original(touch.statement).intersect_domain(point).range()
                reader = counterexample.reading(touch, point, original)
                time = touch.timed.time(self.new.length).intersect_domain(point).range()
                yield self.difference(
                    touch.access.array, reader, expected, got, point, _values(time)
                )
        for array in sorted(self.scop.live_out):
            expected, got = self.old.origins[exit_key(array)], self.computed[exit_key(array)]
            wrong = _wrong(expected, got)
            if wrong is not None:
                point = wrong.lexmin()
                element = f"{array}{list(_values(point))}"
                reader = f"at the end {element} is live-out"
                yield self.difference(array, reader, expected, got, point, None)

    def difference(
        self,
        array: str,
        reader: str,
        expected: Origin,
        got: Origin,
        point: isl.Set,
        time: tuple[int, ...] | None,
    ) -> _Difference:
        text = counterexample.wrong_value(
            reader, (expected.sources, expected.live_in), (got.sources, got.live_in), point
        )
        kind = "live-out" if time is None else "dataflow"
        for name, elements in got.live_in.items():
            reached = not elements.intersect_domain(point).is_empty()
            if reached and not self.scop.arrays[name].live_in:
                kind = "uninitialised"
        return _Difference(array, time, Violation(kind, text))

    def updated_twice(self, got: Mapping[str, Origin]) -> Iterator[Violation]:
        """A value that contains one update of a declared reduction more than once."""
        for origin in got.values():
            seen: dict[str, isl.Map] = {}
            for name, relation in origin.sources.items():
                statement = self.scop.by_name[name]
                if not self.new.is_update(statement):
                    continue
                back = self.new.to_original(statement)
                original = back.get_tuple_name(DIM.out)
                # Reading instance -> original instance, for every update that reaches it.
                reached = relation.range_map().apply_range(back)
                pairs = relation.domain_map().range_product(reached)
                twice = None if pairs.is_injective() else _images_of_several(pairs)
                updates = relation.apply_range(back)
                if original in seen and not seen[original].is_disjoint(updates):
                    twice = seen[original].intersect(updates)
                if twice is not None:
                    update = twice.range().lexmin()
                    readers = twice.intersect_range(update).domain()
                    sources = relation.intersect_domain(readers)
                    sources = sources.intersect_range(
                        back.reverse().intersect_domain(update).range()
                    )
                    text = counterexample.updated_twice(sources, update)
                    yield Violation("reduction", text)
                    return
                seen[original] = updates.union(seen[original]) if original in seen else updates

    # ------------------------------------------------------------------------------ projections

    def in_originals(self, origin: Origin) -> Origin:
        """Sources as instances of originals."""
        sources: dict[str, isl.Map] = {}
        for name, relation in origin.sources.items():
            statement = self.scop.by_name[name]
            original = self.new.specification(statement)
            if original is not statement:
                relation = relation.project_out(DIM.out, 0, statement.rank - original.rank)
                relation = relation.set_tuple_name(DIM.out, original.name)
            known = sources.get(original.name)
            sources[original.name] = relation if known is None else known.union(relation)
        return Origin(sources, origin.live_in)

    def expected(self, touch: Touch) -> Origin:
        """What the original reads, for the instances that execute."""
        original = self.new.specification(touch.statement)
        origin = self.old.origins[read_key(original.name, touch.read)]
        if original is touch.statement:
            executed = touch.timed.instances
            return Origin(
                {n: r.intersect_domain(executed) for n, r in origin.sources.items()},
                {n: r.intersect_domain(executed) for n, r in origin.live_in.items()},
            )

        def executed_by(relation: isl.Map) -> isl.Map:
            relation = relation.insert_dims(DIM.in_, 0, touch.statement.rank - original.rank)
            relation = relation.set_tuple_name(DIM.in_, touch.statement.name)
            return relation.intersect_domain(touch.timed.instances)

        return Origin(
            {n: executed_by(r) for n, r in origin.sources.items()},
            {n: executed_by(r) for n, r in origin.live_in.items()},
        )


def _wrong(expected: Origin, got: Origin) -> isl.Set | None:
    """The reading instances that do not get exactly what they should."""
    wrong: isl.Set | None = None
    for want, have in ((expected.sources, got.sources), (expected.live_in, got.live_in)):
        for name in {**want, **have}:
            left, right = want.get(name), have.get(name)
            if left is not None and right is not None:
                if left.is_equal(right):
                    continue
                part = left.subtract(right).union(right.subtract(left)).domain()
            else:
                only = left if right is None else right
                assert only is not None
                part = only.domain()
            if not part.is_empty():
                wrong = part if wrong is None else wrong.union(part)
    return wrong


def _images_of_several(relation: isl.Map) -> isl.Map:
    """The images (themselves pairs) that several elements share."""
    same = relation.apply_range(relation.reverse())
    several = same.subtract(relation.domain().identity()).domain()
    return relation.intersect_domain(several).range().unwrap()


def _values(points: isl.Set) -> tuple[int, ...]:
    """The coordinates of a set of one point."""
    point = points.sample_point()
    return tuple(
        point.get_coordinate_val(DIM.set, k).to_python() for k in range(points.dim(DIM.set))
    )


def _when(difference: _Difference) -> tuple[bool, tuple[int, ...]]:
    """Sorts by time, the exit last."""
    return difference.time is None, difference.time or ()

"""The judge: does the final tree compute what the textual program computes?

It sees the statements and the tree alone and shares no code with the steps that made the tree.
The core is one comparison: the exact dataflow of the transformed program, seen through clones and
copies, equals the dataflow of the original program, modulo the order inside declared reductions.
By induction over reads, every executed instance then computes its original's value, and every
live-out element holds what it must. (Form of the check: PolyCheck-style dataflow equality by
`isl_union_access_info_compute_flow`.)

Below a unit mark the instances of a tile execute as one box, in no order: bands there contribute
nothing to time, so a dependence inside a box shows up as a difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context, union_map, union_set
from akg_mlir.polyhedral.scop import Scop, Statement

UNIT_MARK_PREFIX = "npu."
_EXIT = "exit_"
_READ = "__read"


@dataclass(frozen=True)
class Violation:
    """One broken property: `kind` is bounds, uninitialised, dataflow, live-out or reduction."""

    kind: str
    message: str


@dataclass(frozen=True)
class _Flow:
    """`sources`: source instance -> reading access; `live_in`: reading access -> element."""

    sources: isl.UnionMap
    live_in: isl.UnionMap


def verify(scop: Scop, root: tree.Domain) -> list[Violation]:
    """All violations found, none when the tree is proved. Cost: two isl flow analyses."""
    return _Judge(scop, root).run()


def scheduled_time(root: tree.Domain) -> isl.UnionMap:
    """Executed instance -> time; instances below one unit mark share their tile's time."""

    def forget_points(node: tree.Node) -> tree.Node:
        if isinstance(node, tree.Mark) and node.name.startswith(UNIT_MARK_PREFIX):
            return tree.Mark(_without_bands(node.child), name=node.name)
        return node

    return tree.flat_schedule(tree.rewrite(root, forget_points))


def _without_bands(node: tree.Node | None) -> tree.Node | None:
    if node is None:
        return None

    def drop(inner: tree.Node) -> tree.Node:
        if inner.child is not None and isinstance(inner.child, tree.Band):
            below = inner.child.child
            return replace(inner, child=below)
        return inner

    wrapper = tree.rewrite(tree.Mark(node, name=""), drop)
    return wrapper.child


class _Judge:
    def __init__(self, scop: Scop, root: tree.Domain) -> None:
        self.scop = scop
        self.time = scheduled_time(root)
        self.instances = self.time.domain()
        names = set(tree.statement_names(self.instances))
        self.executed = tuple(s for s in scop.statements if s.name in names)
        self.unknown = names - {s.name for s in self.executed}

    def run(self) -> list[Violation]:
        if self.unknown:
            names = ", ".join(sorted(self.unknown))
            return [Violation("dataflow", f"the tree schedules unknown statements: {names}")]
        if not self.time.is_single_valued():
            return [Violation("dataflow", "an instance is scheduled more than once")]
        violations = [*self.out_of_bounds()]
        original = _flow(self.scop, self.scop.originals, self.scop.textual_order(), None)
        new = _flow(self.scop, self.executed, self.time, self.instances)
        new = _resolve_copies(new, [s.name for s in self.executed if s.copy])
        violations += self.uninitialised(new)
        violations += self.compare(original, new)
        violations += self.updated_twice(new)
        return violations

    # ------------------------------------------------------------------------------- properties

    def out_of_bounds(self) -> list[Violation]:
        found: list[Violation] = []
        for statement in self.executed:
            for access in statement.accesses:
                relation = isl.UnionMap.from_map(access.relation)
                relation = relation.intersect_domain(self.instances)
                bounds = isl.UnionSet.from_set(self.scop.arrays[access.array].bounds)
                outside = relation.subtract_range(bounds)
                if not outside.is_empty():
                    found.append(
                        Violation("bounds", f"access outside {access.array}: {_sample(outside)}")
                    )
        return found

    def uninitialised(self, flow: _Flow) -> list[Violation]:
        private = union_set()
        for array in self.scop.arrays.values():
            if not array.live_in:
                private = private.union(isl.UnionSet.from_set(array.bounds))
        missing = flow.live_in.intersect_range(private).intersect_domain(self.compared_reads())
        if missing.is_empty():
            return []
        return [Violation("uninitialised", f"read before any write: {_sample(missing)}")]

    def compare(self, original: _Flow, new: _Flow) -> list[Violation]:
        executed_reads = self.compared_reads()
        back = self.projection(reads=True)
        to_original = self.projection(reads=False)
        expected = original.sources.apply_range(back)
        got = new.sources.apply_domain(to_original).intersect_range(executed_reads)
        expected = expected.intersect_range(executed_reads)
        expected_in = back.reverse().apply_range(original.live_in)
        expected_in = expected_in.intersect_domain(executed_reads)
        got_in = new.live_in.intersect_domain(executed_reads)
        found: list[Violation] = []
        for kind, text, difference in (
            ("dataflow", "reads a wrong value", got.subtract(expected)),
            ("dataflow", "misses a value", expected.subtract(got)),
        ):
            if not difference.is_empty():
                found.append(Violation(_kind(difference, kind), f"{text}: {_sample(difference)}"))
        for text, difference in (
            ("reads a wrong input element", got_in.subtract(expected_in)),
            ("does not read an input element", expected_in.subtract(got_in)),
        ):
            if not difference.is_empty():
                found.append(Violation("dataflow", f"{text}: {_sample(difference)}"))
        return found

    def updated_twice(self, flow: _Flow) -> list[Violation]:
        """A value that contains one update of a declared reduction more than once."""
        updates = union_set()
        for statement in self.executed:
            if self.specification(statement).reduction is not None:
                updates = updates.union(_universe(statement.domain))
        sources = flow.sources.intersect_domain(updates).reverse()
        pairs = sources.domain_map().range_product(
            sources.range_map().apply_range(self.projection(reads=False))
        )
        if pairs.is_injective():
            return []
        return [Violation("reduction", "an update reaches one value more than once")]

    # ------------------------------------------------------------------------------ projections

    def specification(self, statement: Statement) -> Statement:
        """The original that a clone executes; the statement itself otherwise."""
        if statement.clone_of is None:
            return statement
        return self.scop.by_name[statement.clone_of]

    def compared_reads(self) -> isl.UnionSet:
        """Reading accesses that are compared: executed ones that are no copies, and the exit."""
        result = union_set()
        for statement in self.executed:
            if not statement.copy:
                for k in _compared_reads(self.specification(statement)):
                    result = result.union(_universe(_reading(statement, k)))
        for name in self.scop.live_out:
            result = result.union(_universe(_exit(self.scop, name)))
        return result

    def projection(self, *, reads: bool) -> isl.UnionMap:
        """reads=False: executed instance -> original instance.
        reads=True: reading access of the original -> reading access that executes."""
        result = union_map()
        for statement in self.executed:
            if statement.copy:
                continue
            original = self.specification(statement)
            trailing = _trailing(statement, original)
            executed = trailing.intersect_domain(
                isl.Set.from_union_set(self.instances.intersect(_universe(statement.domain)))
            )
            if not reads:
                result = result.union(isl.UnionMap.from_map(executed))
                continue
            for k in range(len(original.reads)):
                renamed = executed.set_tuple_name(isl.dim_type.in_, f"{statement.name}{_READ}{k}")
                renamed = renamed.set_tuple_name(isl.dim_type.out, f"{original.name}{_READ}{k}")
                result = result.union(isl.UnionMap.from_map(renamed.reverse()))
        if reads:
            for name in self.scop.live_out:
                identity = _exit(self.scop, name).identity()
                result = result.union(isl.UnionMap.from_map(identity))
        return result


def _flow(
    scop: Scop,
    statements: tuple[Statement, ...],
    time: isl.UnionMap,
    instances: isl.UnionSet | None,
) -> _Flow:
    """Exact flow: every value that reaches every read. Updates of declared reductions may be
    sources (all of them since the last plain write), plain writes must be."""
    reads, must, may, schedule = union_map(), union_map(), union_map(), union_map()
    length = tree.range_dims(time)
    for statement in statements:
        domain = isl.UnionSet.from_set(statement.domain)
        if instances is not None:
            domain = instances.intersect(domain.universe())
        spec = scop.by_name[statement.clone_of] if statement.clone_of else statement
        for access in statement.writes:
            write = isl.UnionMap.from_map(access.relation).intersect_domain(domain)
            if spec.reduction is not None:
                may = may.union(write)
            else:
                must = must.union(write)
        kept = range(len(statement.reads)) if statement.copy else _compared_reads(spec)
        mine = time.intersect_domain(domain)
        schedule = schedule.union(_before_exit(mine))
        for k in kept:
            lift = _lift(statement, k)
            relation = isl.UnionMap.from_map(statement.reads[k].relation)
            reads = reads.union(relation.intersect_domain(domain).apply_domain(lift))
            schedule = schedule.union(_before_exit(mine.apply_domain(lift)))
    for name in scop.live_out:
        elements = _exit(scop, name)
        relation = elements.identity().set_tuple_name(isl.dim_type.out, name)
        reads = reads.union(isl.UnionMap.from_map(relation))
        end = isl.UnionSet(f"{{ [{', '.join(['1', *['0'] * length])}] }}", context())
        schedule = schedule.union(
            isl.UnionMap.from_domain_and_range(isl.UnionSet.from_set(elements), end)
        )
    info = isl.UnionAccessInfo.from_sink(reads).set_must_source(must).set_may_source(may)
    flow = info.set_schedule_map(schedule).compute_flow()
    return _Flow(flow.get_may_dependence().coalesce(), flow.get_may_no_source().coalesce())


def _compared_reads(statement: Statement) -> tuple[int, ...]:
    """Reads whose source is compared: all but the accumulator of a declared reduction."""
    if statement.reduction is None:
        return tuple(range(len(statement.reads)))
    cell = statement.writes[0].relation
    return tuple(
        k
        for k, access in enumerate(statement.reads)
        if access.array != statement.writes[0].array or not access.relation.is_equal(cell)
    )


def _resolve_copies(flow: _Flow, copies: list[str]) -> _Flow:
    """Replace every copy that is a source by what the copy itself read."""
    sources, live_in = flow.sources, flow.live_in
    for _ in range(len(copies) + 1):
        from_copy = union_map()
        for name in copies:
            from_copy = from_copy.union(_with_source(sources, name))
        if from_copy.is_empty():
            break
        executing = union_map()
        maps = from_copy.domain().get_set_list()
        for k in range(maps.n_set()):
            space = maps.get_at(k)
            identity = isl.Set.universe(space.get_space()).identity()
            reading = identity.set_tuple_name(isl.dim_type.in_, f"{space.get_tuple_name()}{_READ}0")
            executing = executing.union(isl.UnionMap.from_map(reading))
        through = executing.apply_range(from_copy)  # the copy's reading access -> final reader
        plain = sources.subtract(from_copy)
        sources = plain.union(sources.apply_range(through)).coalesce()
        live_in = live_in.union(through.reverse().apply_range(live_in)).coalesce()
    return _Flow(sources, live_in)


def _with_source(sources: isl.UnionMap, name: str) -> isl.UnionMap:
    result = union_map()
    maps = sources.get_map_list()
    for k in range(maps.n_map()):
        if maps.get_at(k).get_tuple_name(isl.dim_type.in_) == name:
            result = result.union(isl.UnionMap.from_map(maps.get_at(k)))
    return result


# ------------------------------------------------------------------------------- spaces and samples


def _reading(statement: Statement, k: int) -> isl.Set:
    """The space of the k-th reading access of a statement."""
    return statement.domain.set_tuple_name(f"{statement.name}{_READ}{k}")


def _universe(points: isl.Set) -> isl.UnionSet:
    """The whole space that a set lives in."""
    return isl.UnionSet.from_set(isl.Set.universe(points.get_space()))


def _lift(statement: Statement, k: int) -> isl.UnionMap:
    """Instance -> its k-th reading access."""
    identity = isl.Set.universe(statement.domain.get_space()).identity()
    return isl.UnionMap.from_map(
        identity.set_tuple_name(isl.dim_type.out, f"{statement.name}{_READ}{k}")
    )


def _exit(scop: Scop, array: str) -> isl.Set:
    return scop.arrays[array].bounds.set_tuple_name(f"{_EXIT}{array}")


def _trailing(statement: Statement, original: Statement) -> isl.Map:
    """Clone instance -> original instance: the trailing dimensions."""
    names = [f"d{k}" for k in range(statement.rank)]
    kept = names[statement.rank - original.rank :]
    text = f"{{ {statement.name}[{', '.join(names)}] -> {original.name}[{', '.join(kept)}] }}"
    return isl.Map(text, context())


def _before_exit(time: isl.UnionMap) -> isl.UnionMap:
    """Prepend a 0 to the time vector; the exit has a 1 there."""
    constant = isl.UnionSet("{ [0] }", context())
    return isl.UnionMap.from_domain_and_range(time.domain(), constant).flat_range_product(time)


def _sample(relation: isl.UnionMap) -> str:
    """One point of a relation, as a counter-example."""
    return str(relation.sample())


def _kind(difference: isl.UnionMap, default: str) -> str:
    names = tree.statement_names(difference.range())
    return "live-out" if any(n.startswith(_EXIT) for n in names) else default

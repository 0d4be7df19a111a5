"""A schedule tree of clusters for the original statements: isl's scheduler, then our merging."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import islpy as isl

from akg_mlir.polyhedral.budget import BudgetExceeded, ChildFailed, within
from akg_mlir.polyhedral.clustering import (
    Cluster,
    Merge,
    clusters_of,
    contiguous_innermost,
    merge_clusters,
    to_root,
)
from akg_mlir.polyhedral.context import context, maps_of, operations
from akg_mlir.polyhedral.dependence import Dependences, analyse
from akg_mlir.polyhedral.grouping import Grouped, group_statements
from akg_mlir.polyhedral.isl_trees import from_isl
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tree import Domain, TreeError

DIM = isl.dim_type


Algorithm = Literal["pluto", "feautrier"]
OPERATIONS = 20_000_000
"""isl operations a schedule may take. Kernels of ours need some ten thousand."""


SECONDS = 1.0
"""Processor time for components that are known to be hard."""
HARD_RANK = 3
"""Several statements of so many loops that depend on each other make a component hard."""


class SchedulingError(Exception):
    """No schedule was found, or not within the budget; the textual order remains."""


@dataclass(frozen=True)
class Options:
    """How to schedule: isl's algorithm within a component, whether point-wise chains are scheduled
    as one statement, whether clusters merge, and what it may take: isl operations, and seconds
    where a component is hard."""

    algorithm: Algorithm = "pluto"
    group: bool = True
    cluster: bool = True
    operations: int = OPERATIONS
    seconds: float = SECONDS


@dataclass(frozen=True)
class Scheduled:
    """The tree, the groups that were one statement, and what was decided about clusters."""

    root: Domain
    groups: tuple[tuple[str, ...], ...]
    merges: tuple[Merge, ...]


def schedule(scop: Scop, options: Options = Options()) -> Scheduled:
    """Domain over a sequence of clusters, in textual order as far as dependences allow.

    Reduction members come out as members of a permutable band that are not coincident, because
    the order of updates is relaxed in validity and kept in coincidence. Raises `SchedulingError`.
    """
    grouped = group_statements(scop) if options.group else Grouped(scop, {}, scop)
    program, dependences = grouped.scop, analyse(grouped.scop)
    validity = dependences.validity
    try:
        with operations(options.operations):
            root = _serialised(program, dependences, options)
    except (isl.Error, TreeError, BudgetExceeded, ChildFailed) as error:
        raise SchedulingError(str(error)) from error
    merged = _textual(clusters_of(root), program, validity)
    merges: list[Merge] = []
    if options.cluster:
        merged, merges = merge_clusters(merged, validity)
    root = to_root(program.domain(), [contiguous_innermost(c, program) for c in merged])
    groups = tuple(grouped.members.values())
    return Scheduled(grouped.ungroup(root), groups, tuple(merges))


def _serialised(scop: Scop, dependences: Dependences, options: Options) -> Domain:
    """isl's schedule with strongly connected components one after the other.

    Raises `isl.Error` where there is none or the operations have run out, and what
    `budget.within` raises.
    """
    constraints = isl.ScheduleConstraints.on_domain(scop.domain())
    constraints = constraints.set_validity(dependences.validity)
    constraints = constraints.set_coincidence(dependences.coincidence)
    isl_algorithms = {"pluto": 0, "feautrier": 1}
    ctx = context()
    before = ctx.get_schedule_algorithm()
    ctx.set_schedule_algorithm(isl_algorithms[options.algorithm])
    try:
        if _is_hard(scop, dependences.validity):
            text = within(
                options.seconds, lambda: str(_computed(constraints, dependences.proximity))
            )
            found = isl.Schedule.read_from_str(ctx, text)
        else:
            found = _computed(constraints, dependences.proximity)
    finally:
        ctx.set_schedule_algorithm(before)
    root = from_isl(found)
    assert isinstance(root, Domain)
    return root


def _computed(constraints: isl.ScheduleConstraints, proximity: isl.UnionMap) -> isl.Schedule:
    """The schedule; without proximity where isl finds none with it."""
    try:
        return constraints.set_proximity(proximity).compute_schedule()
    except isl.Error:
        return constraints.compute_schedule()


def _is_hard(scop: Scop, validity: isl.UnionMap) -> bool:
    """Whether statements of `HARD_RANK` loops and more depend on each other in a circle.

    Stencils over time are of this kind. isl schedules most of them in milliseconds and some in
    minutes, and nothing that is cheap to compute tells which.
    """
    place = {s.name: k for k, s in enumerate(scop.originals)}
    later: dict[str, set[str]] = {name: set() for name in place}
    backward = False
    for part in maps_of(validity):
        source, sink = (part.get_tuple_name(side) for side in (DIM.in_, DIM.out))
        later[source].add(sink)
        backward |= place[sink] < place[source]
    if not backward:
        return False
    reached = {s.name: _reached(s.name, later) for s in scop.originals if s.rank >= HARD_RANK}
    return any(b in reached[a] and a in reached[b] for a, b in combinations(reached, 2))


def _reached(start: str, later: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        for name in later[pending.pop()] - found:
            found.add(name)
            pending.append(name)
    return found


def _textual(clusters: Seq[Cluster], scop: Scop, validity: isl.UnionMap) -> Seq[Cluster]:
    """Topological order of the clusters, the textually first one first where there is a choice."""
    place = {s.name: k for k, s in enumerate(scop.originals)}
    home = {name: c for c in clusters for name in c.names}
    sources: dict[Cluster, set[Cluster]] = {c: set() for c in clusters}
    for part in maps_of(validity):
        source, sink = (home[part.get_tuple_name(side)] for side in (DIM.in_, DIM.out))
        if source is not sink:
            sources[sink].add(source)
    waiting = sorted(clusters, key=lambda c: min(place[n] for n in c.names))
    ordered: list[Cluster] = []
    while waiting:
        ready = next((c for c in waiting if sources[c].isdisjoint(waiting)), None)
        if ready is None:
            raise SchedulingError("the components depend on each other in a circle")
        waiting.remove(ready)
        ordered.append(ready)
    return ordered

"""Statement groups: chains of point-wise statements that are scheduled as one.

The statements of a group have one domain, follow each other in the text, each alone in its loop
nest, and touch what they share at the same elements: executing them one after the other at each
point is legal, and every dependence between them has distance zero. What a statement shares with
others in front of the group, the group has shared with them before, at the same elements. So the
group merges with another cluster exactly where its statements would have.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.scop import Access, Scop, Statement

DIM = isl.dim_type


@dataclass(frozen=True)
class Grouped:
    """`scop` has one statement per group, named like the group's first; `members` are all of
    them in order, by that name."""

    scop: Scop
    members: dict[str, tuple[str, ...]]
    source: Scop

    def ungroup(self, root: tree.Domain) -> tree.Domain:
        """The schedule tree of the original statements for one of the groups."""
        if not self.members:
            return root
        below = tree.pullback(root.child, self._to_group())
        if below is None:  # An only cluster without a band; a sequence alone would be clusters.
            below = tree.Sequence(filters=(tree.Filter(filter=self.source.domain().universe()),))
        names = tree.statement_names(root.domain)
        if isinstance(below, tree.Sequence):  # Each filter is a cluster.
            filters = (replace(f, child=self._below(f, names)) for f in below.filters)
            below = replace(below, filters=tuple(filters))
        else:
            below = self._expanded(below, names)
        return tree.Domain(below, domain=self.source.domain())

    def _below(self, node: tree.Filter, active: tuple[str, ...]) -> tree.Node | None:
        selected = set(tree.statement_names(node.filter))
        return self._expanded(node.child, tuple(name for name in active if name in selected))

    def _to_group(self) -> isl.UnionPwMultiAff:
        """Every original instance -> the instance that stands for it."""
        result: isl.UnionPwMultiAff | None = None
        first = {name: key for key, names in self.members.items() for name in names}
        for statement in self.source.originals:
            space = statement.domain.get_space()
            target = space.set_tuple_name(DIM.set, first.get(statement.name, statement.name))
            identity = isl.MultiAff.identity(space.map_from_domain_and_range(target))
            part = isl.UnionPwMultiAff.from_multi_aff(identity)
            result = part if result is None else result.union_add(part)
        assert result is not None
        return result

    def _expanded(self, node: tree.Node | None, active: tuple[str, ...]) -> tree.Node | None:
        """Leaves of groups become sequences, joined to one they are in; `active` are statements
        of the grouped scop."""
        match node:
            case None:
                (name,) = active if len(active) == 1 else ("",)
                return tree.Sequence(filters=self._filters(name)) if name in self.members else None
            case tree.Sequence():
                filters: list[tree.Filter] = []
                for child in node.filters:
                    below = self._below(child, active)
                    if child.child is None and isinstance(below, tree.Sequence):
                        filters += below.filters
                    else:
                        filters.append(replace(child, child=below))
                return replace(node, filters=tuple(filters))
            case _:
                return replace(node, child=self._expanded(node.child, active))

    def _filters(self, name: str) -> tuple[tree.Filter, ...]:
        spaces = [self.source.by_name[m].domain.get_space() for m in self.members[name]]
        return tuple(
            tree.Filter(filter=isl.UnionSet.from_set(isl.Set.universe(space))) for space in spaces
        )


@dataclass
class _Group:
    """Statements so far; `uses` are their references as the first statement would have them."""

    members: list[Statement] = field(default_factory=list[Statement])
    uses: dict[str, list[Access]] = field(default_factory=dict[str, list[Access]])

    def takes(self, statement: Statement, outside: dict[str, bool]) -> bool:
        """Whether the statement belongs to the group. `outside`: arrays that statements in front
        of the group touch, and whether they write them."""
        if not self.members or not self._same_domain(statement):
            return False
        depends = False
        for access in statement.accesses:
            before, uses = outside.get(access.array), self.uses.get(access.array)
            conflicts = before is not None and (before or access.is_write)
            if uses is None:
                if conflicts:
                    return False
                continue
            written = any(use.is_write for use in uses)
            if (conflicts or written or access.is_write) and not self._same_element(access, uses):
                return False
            if access.is_write and conflicts and not written:
                return False
            depends = depends or written or access.is_write
        return depends

    def _same_domain(self, statement: Statement) -> bool:
        first = self.members[0]
        if statement.rank != first.rank:
            return False
        return statement.domain.set_tuple_name(first.name).is_equal(first.domain)

    def _same_element(self, access: Access, uses: list[Access]) -> bool:
        relation = access.relation.set_tuple_name(DIM.in_, self.members[0].name)
        return all(use.relation.is_equal(relation) for use in uses)

    def add(self, statement: Statement) -> None:
        name = (self.members or [statement])[0].name
        self.members.append(statement)
        for access in statement.accesses:
            relation = access.relation.set_tuple_name(DIM.in_, name)
            self.uses.setdefault(access.array, []).append(replace(access, relation=relation))

    def as_statement(self, shared: set[str]) -> Statement:
        """One statement with the references that others can see: the last write, and what is in
        arrays that others use too, without reads of what the group itself has written."""
        if len(self.members) == 1:
            return self.members[0]
        last = self.members[-1].writes[-1].array
        accesses: list[Access] = []
        for array, uses in self.uses.items():
            if array in shared and array != last:
                accesses += _visible(uses)
        return replace(self.members[0], accesses=(*accesses, *_visible(self.uses[last])))


def _visible(uses: list[Access]) -> list[Access]:
    """References to one array up to its first write, each element once."""
    found: list[Access] = []
    for use in uses:
        if not any(f.is_write == use.is_write and f.relation.is_equal(use.relation) for f in found):
            found.append(use)
        if use.is_write:
            break
    return found


def group_statements(scop: Scop) -> Grouped:
    """The program with every chain of point-wise statements as one statement."""
    nests = Counter(s.nest for s in scop.originals)
    groups: list[_Group] = []
    outside: dict[str, bool] = {}
    for statement in scop.originals:
        joins = statement.nest is not None and nests[statement.nest] == 1
        joins = joins and _is_point_wise(statement)
        if not (joins and groups and groups[-1].takes(statement, outside)):
            if groups:
                _touch(outside, groups[-1])
            groups.append(_Group())
        groups[-1].add(statement)
        if not joins:
            _touch(outside, groups[-1])
            groups.append(_Group())
    groups = [g for g in groups if g.members]
    users = Counter(array for g in groups for array in g.uses)
    shared = {array for array, count in users.items() if count > 1}
    members = {
        g.members[0].name: tuple(s.name for s in g.members) for g in groups if len(g.members) > 1
    }
    statements = tuple(g.as_statement(shared) for g in groups)
    return Grouped(Scop(statements, scop.arrays), members, scop)


def _is_point_wise(statement: Statement) -> bool:
    """Whether no two instances touch an element that one of them writes."""
    if statement.reduction is not None or not statement.writes:
        return False
    for write in statement.writes:
        if not write.relation.intersect_domain(statement.domain).is_injective():
            return False
        for other in statement.accesses:
            if other.array == write.array and not other.relation.is_equal(write.relation):
                return False
    return True


def _touch(outside: dict[str, bool], group: _Group) -> None:
    for array, uses in group.uses.items():
        outside[array] = outside.get(array, False) or any(use.is_write for use in uses)

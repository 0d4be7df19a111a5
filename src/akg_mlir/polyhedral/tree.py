"""Schedule trees as plain immutable data, lossless to and from isl.

isl's own node interface cannot answer prefix questions below an extension node, nor remove,
reorder or copy subtrees; this mirror can, and isl keeps doing the mathematics.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace
from functools import cached_property

import islpy as isl


class TreeError(Exception):
    """A schedule tree that isl cannot represent or that is malformed."""


@dataclass(frozen=True, eq=False)
class Node:
    """Base: `child` is None at a leaf."""

    child: Node | None = None

    @property
    def children(self) -> tuple[Node, ...]:
        return () if self.child is None else (self.child,)


@dataclass(frozen=True, eq=False, kw_only=True)
class Domain(Node):
    domain: isl.UnionSet


@dataclass(frozen=True, eq=False, kw_only=True)
class Context(Node):
    context: isl.Set


@dataclass(frozen=True, eq=False, kw_only=True)
class Band(Node):
    """`tile` is set on a tile band; `chunks` are its tiles per core along each member where that
    is decided; `options` (isl AST options) are for code generation."""

    schedule: isl.MultiUnionPwAff
    coincident: tuple[bool, ...]
    permutable: bool = False
    tile: tuple[int, ...] | None = None
    options: isl.UnionSet | None = None
    chunks: tuple[int, ...] | None = None

    @property
    def members(self) -> int:
        return len(self.coincident)

    @cached_property
    def relation(self) -> isl.UnionMap:
        """Instance -> member values. A band without members maps to the 0-dimensional point."""
        return isl.UnionMap.from_multi_union_pw_aff(self.schedule)


@dataclass(frozen=True, eq=False, kw_only=True)
class Filter(Node):
    filter: isl.UnionSet


@dataclass(frozen=True, eq=False, kw_only=True)
class Extension(Node):
    extension: isl.UnionMap


@dataclass(frozen=True, eq=False, kw_only=True)
class Mark(Node):
    name: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Sequence(Node):
    """Filters in order. `ordered=False` is isl's set node: any order."""

    filters: tuple[Filter, ...]
    ordered: bool = True

    @property
    def children(self) -> tuple[Node, ...]:
        return self.filters


def walk(node: Node | None) -> Iterator[Node]:
    """All nodes, parents first."""
    if node is not None:
        yield node
        for child in node.children:
            yield from walk(child)


def statement_names(instances: isl.UnionSet) -> tuple[str, ...]:
    """Tuple names of the spaces of a union set, sorted."""
    sets = instances.get_set_list()
    return tuple(sorted({sets.get_at(k).get_tuple_name() for k in range(sets.n_set())}))


def path_to(root: Node, target: Node) -> list[Node]:
    """Nodes from `root` to `target`, both included. Raises `TreeError` if it is not below."""
    found = _path(root, target)
    if found is None:
        raise TreeError("node is not in the tree")
    return found


def _path(node: Node, target: Node) -> list[Node] | None:
    if node is target:
        return [node]
    for child in node.children:
        below = _path(child, target)
        if below is not None:
            return [node, *below]
    return None


def replace_node(root: Node, target: Node, new: Node) -> Node:
    """`root` with the subtree `target` replaced."""
    path = path_to(root, target)
    for parent in reversed(path[:-1]):
        old = target
        if isinstance(parent, Sequence):
            kids = tuple(new if f is old else f for f in parent.filters)
            new = replace(parent, filters=filters_of(kids))
        else:
            new = replace(parent, child=new)
        target = parent
    return new


def filters_of(nodes: Seq[Node]) -> tuple[Filter, ...]:
    """The nodes as what a sequence holds. Raises `TreeError` for others."""
    if not all(isinstance(n, Filter) for n in nodes):
        raise TreeError("a sequence holds filters")
    return tuple(n for n in nodes if isinstance(n, Filter))


def pullback(node: Node | None, to_old: isl.UnionPwMultiAff) -> Node | None:
    """The subtree over new instances, where `to_old` maps each new instance to its old one."""
    if node is None:
        return None
    child = pullback(node.child, to_old)
    if isinstance(node, Filter):
        return Filter(child, filter=node.filter.preimage_union_pw_multi_aff(to_old))
    if isinstance(node, Band):
        return replace(
            node, schedule=node.schedule.pullback_union_pw_multi_aff(to_old), child=child
        )
    if isinstance(node, Sequence):
        filters = filters_of(tuple(n for f in node.filters if (n := pullback(f, to_old))))
        return replace(node, filters=filters)
    if isinstance(node, Mark):
        return replace(node, child=child)
    raise TreeError(f"cannot pull back a {type(node).__name__} node")

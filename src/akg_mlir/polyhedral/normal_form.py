"""Trees in the form that promotion works on: every scope of storage holds a sequence.

A scope is a tile band or, where nothing is tiled, a part of the tree that runs as one tile. Its
content becomes `[extension ->] sequence`; untiled parts beside tiled ones get a filter of their
own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.units import universe

Names = tuple[str, ...]


def has_tile(node: tree.Node | None) -> bool:
    """Whether a tile band is at or below a node."""
    return any(isinstance(n, tree.Band) and n.tile is not None for n in tree.walk(node))


def normalise(scop: Scop, root: tree.Domain) -> tree.Domain:
    """The same schedule in normal form.

    Raises `tree.TreeError` for an extension elsewhere than below a tile band or an untiled root.
    """
    return replace(root, child=_outer(scop, root.child, tree.statement_names(root.domain)))


def _outer(scop: Scop, node: tree.Node | None, active: Names) -> tree.Node:
    """Above the scopes: bands here run one after the other and belong to the coordinates."""
    if node is None or not has_tile(node):
        return _content(scop, node, active)
    match node:
        case tree.Band() if node.tile is not None:
            return replace(node, child=_content(scop, node.child, active))
        case tree.Sequence():
            return replace(node, filters=tuple(_parts(scop, node, active)))
        case tree.Extension():
            raise tree.TreeError("an extension must be directly below a tile band")
        case _:
            return replace(node, child=_outer(scop, node.child, active))


def _parts(scop: Scop, node: tree.Sequence, active: Names) -> Iterator[tree.Filter]:
    """The filters of a sequence; neighbours without tile bands become one part."""
    run: list[tree.Filter] = []

    def part() -> Iterator[tree.Filter]:
        if run:
            common = run[0].filter
            for child in run[1:]:
                common = common.union(child.filter)
            yield tree.Filter(
                _content(scop, replace(node, filters=tuple(run)), active), filter=common
            )
            run.clear()

    for child in node.filters:
        if has_tile(child):
            yield from part()
            yield replace(child, child=_outer(scop, child.child, _selected(child, active)))
        else:
            run.append(child)
    yield from part()


def _content(scop: Scop, node: tree.Node | None, active: Names) -> tree.Node:
    if isinstance(node, tree.Extension):
        names = (*active, *tree.statement_names(node.extension.range()))
        return replace(node, child=_content(scop, node.child, names))
    if isinstance(node, tree.Sequence):
        return replace(
            node,
            filters=tuple(
                replace(f, child=_inner(scop, f.child, _selected(f, active))) for f in node.filters
            ),
        )
    inner = _inner(scop, node, active)
    return tree.Sequence(filters=(tree.Filter(inner, filter=universe(scop, active)),))


def _inner(scop: Scop, node: tree.Node | None, active: Names) -> tree.Node | None:
    """Inside a scope only the contents of further tile bands change."""
    if node is None or not has_tile(node):
        return node
    match node:
        case tree.Band() if node.tile is not None:
            return replace(node, child=_content(scop, node.child, active))
        case tree.Sequence():
            return _content(scop, node, active)
        case tree.Extension():
            raise tree.TreeError("an extension must be directly below a tile band")
        case _:
            return replace(node, child=_inner(scop, node.child, active))


def _selected(child: tree.Filter, active: Names) -> Names:
    selected = tree.statement_names(child.filter)
    return tuple(name for name in active if name in selected)

"""Schedule trees of ours as isl's, and back."""

from __future__ import annotations

import islpy as isl

from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.tree import (
    Band,
    Context,
    Domain,
    Extension,
    Filter,
    Mark,
    Node,
    Sequence,
    TreeError,
    filters_of,
)


def to_isl(root: Node) -> isl.Schedule:
    """The tree as an isl schedule, for AST generation."""
    return isl.Schedule.read_from_str(context(), to_yaml(root))


def to_yaml(node: Node) -> str:
    """isl's flow-style YAML; leaves below marks and extensions are spelled out (isl's reader
    rejects what its printer writes there)."""

    def quote(obj: object) -> str:
        return f'"{obj}"'

    below = "" if node.child is None else f", child: {to_yaml(node.child)}"
    match node:
        case Sequence():
            kids = ", ".join(to_yaml(f) for f in node.filters)
            return f"{{ {'sequence' if node.ordered else 'set'}: [ {kids} ] }}"
        case Domain():
            return f"{{ domain: {quote(node.domain)}{below} }}"
        case Context():
            return f"{{ context: {quote(node.context)}{below or ', child: { leaf }'} }}"
        case Filter():
            return f"{{ filter: {quote(node.filter)}{below} }}"
        case Mark():
            return f"{{ mark: {quote(node.name)}{below or ', child: { leaf }'} }}"
        case Extension():
            return f"{{ extension: {quote(node.extension)}{below or ', child: { leaf }'} }}"
        case Band():
            flags = ", permutable: 1" if node.permutable else ""
            if any(node.coincident):
                flags += f", coincident: [ {', '.join(str(int(c)) for c in node.coincident)} ]"
            if node.options is not None:
                flags += f", options: {quote(node.options)}"
            return f"{{ schedule: {quote(node.schedule)}{flags}{below} }}"
        case _:
            raise TreeError(f"cannot print a {type(node).__name__} node")


def from_isl(source: isl.Schedule | isl.ScheduleNode) -> Node:
    """The tree of an isl schedule (or of a node and what is below it)."""
    node = source.get_root() if isinstance(source, isl.Schedule) else source
    result = _from_isl(node)
    if result is None:
        raise TreeError("a schedule cannot be a leaf")
    return result


def _from_isl(node: isl.ScheduleNode) -> Node | None:
    kind = isl.schedule_node_type(node.get_type())
    types = isl.schedule_node_type
    if kind == types.leaf:
        return None
    if kind in (types.sequence, types.set):
        parts = tuple(from_isl(node.child(k)) for k in range(node.n_children()))
        return Sequence(filters=filters_of(parts), ordered=kind == types.sequence)
    child = _from_isl(node.child(0)) if node.n_children() else None
    if kind == types.domain:
        return Domain(child, domain=node.domain_get_domain())
    if kind == types.context:
        return Context(child, context=node.context_get_context())
    if kind == types.filter:
        return Filter(child, filter=node.filter_get_filter())
    if kind == types.mark:
        return Mark(child, name=str(node.mark_get_id().name))
    if kind == types.extension:
        return Extension(child, extension=node.extension_get_extension())
    if kind == types.band:
        members = node.band_n_member()
        return Band(
            child,
            schedule=node.band_get_partial_schedule(),
            permutable=bool(node.band_get_permutable()),
            coincident=tuple(bool(node.band_member_get_coincident(k)) for k in range(members)),
        )
    raise TreeError(f"cannot represent isl node type {kind}")

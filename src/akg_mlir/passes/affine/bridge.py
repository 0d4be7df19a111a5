"""Between `poly` ops and isl objects: the one place where isl text is parsed and checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

import islpy as isl
from xdsl.ir import Operation

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import poly
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context

T = TypeVar("T")


_parsed: WeakKeyDictionary[Operation, dict[tuple[object, str], object]] = WeakKeyDictionary()
"""By module, kind and text: passes read all statements again, most of which none changes."""


def parse_isl(kind: Callable[[str, isl.Context], T], text: str, op: Operation) -> T:
    """Parse isl text that an op holds. Raises `CompileError` naming the op.

    A text that the module held before gives the same object (isl objects never change).
    """
    module = op
    while (parent := module.parent_op()) is not None:
        module = parent
    known = _parsed.setdefault(module, {})
    if (kind, text) not in known:
        try:
            known[kind, text] = kind(text, context())
        except isl.Error as error:
            raise CompileError(
                f"not valid isl text for {kind.__name__}: {text}", op, hint=str(error)
            ) from error
    return cast(T, known[kind, text])


def read_tree(root: poly.DomainOp) -> tree.Domain:
    """The schedule tree below (and with) a `poly.domain`. Raises `CompileError`."""
    node = _read(root)
    assert isinstance(node, tree.Domain)
    return node


def _child(op: poly.TreeOp) -> tree.Node | None:
    children = op.children
    return _read(children[0]) if children else None


def _read(op: Operation) -> tree.Node:
    match op:
        case poly.DomainOp():
            return tree.Domain(_child(op), domain=parse_isl(isl.UnionSet, op.domain.data, op))
        case poly.ContextOp():
            return tree.Context(_child(op), context=parse_isl(isl.Set, op.context.data, op))
        case poly.FilterOp():
            return tree.Filter(_child(op), filter=parse_isl(isl.UnionSet, op.filter.data, op))
        case poly.ExtensionOp():
            return tree.Extension(
                _child(op), extension=parse_isl(isl.UnionMap, op.extension.data, op)
            )
        case poly.MarkOp():
            return tree.Mark(_child(op), name=op.mark.data)
        case poly.SequenceOp() | poly.SetOp():
            return tree.Sequence(
                filters=tuple(_filter(c) for c in op.children),
                ordered=isinstance(op, poly.SequenceOp),
            )
        case poly.BandOp():
            return _read_band(op)
        case _:
            raise CompileError("not a schedule tree op", op)


def _filter(op: Operation) -> tree.Filter:
    node = _read(op)
    if not isinstance(node, tree.Filter):
        raise CompileError("a sequence holds poly.filter ops", op)
    return node


def _read_band(op: poly.BandOp) -> tree.Band:
    schedule = parse_isl(isl.MultiUnionPwAff, op.schedule.data, op)
    coincident = tuple(bool(c) for c in op.coincident.get_values())
    if schedule.dim(isl.dim_type.out) != len(coincident):
        raise CompileError(
            f"the schedule has {schedule.dim(isl.dim_type.out)} members, "
            f"coincident has {len(coincident)}",
            op,
        )
    tile = None if op.tile is None else tuple(int(t) for t in op.tile.get_values())
    options = None if op.options is None else parse_isl(isl.UnionSet, op.options.data, op)
    chunks = None if op.chunks is None else tuple(int(n) for n in op.chunks.get_values())
    return tree.Band(
        _child(op),
        schedule=schedule,
        coincident=coincident,
        permutable=op.permutable is not None,
        tile=tile,
        options=options,
        chunks=chunks,
    )


def write_tree(root: tree.Domain) -> poly.DomainOp:
    """The schedule tree as ops."""
    op = _write(root)
    assert isinstance(op, poly.DomainOp)
    return op


def _write(node: tree.Node) -> Operation:
    children: Sequence[Operation] = [_write(child) for child in node.children]
    match node:
        case tree.Domain():
            return poly.DomainOp(str(node.domain), children)
        case tree.Context():
            return poly.ContextOp(str(node.context), children)
        case tree.Filter():
            return poly.FilterOp(str(node.filter), children)
        case tree.Extension():
            return poly.ExtensionOp(str(node.extension), children)
        case tree.Mark():
            return poly.MarkOp(node.name, children)
        case tree.Sequence():
            return poly.SequenceOp(children) if node.ordered else poly.SetOp(children)
        case tree.Band():
            return poly.BandOp(
                str(node.schedule),
                node.coincident,
                children,
                permutable=node.permutable,
                tile=node.tile,
                chunks=node.chunks,
                options=None if node.options is None else str(node.options),
            )
        case _:
            raise tree.TreeError(f"cannot write a {type(node).__name__} node")


def replace_tree(scop: poly.ScopOp, root: tree.Domain) -> None:
    """Make `root` the schedule tree of the scop."""
    block = scop.body.block
    for op in list(block.ops):
        if isinstance(op, poly.DomainOp):
            op.detach()
            op.erase()
    block.add_op(write_tree(root))

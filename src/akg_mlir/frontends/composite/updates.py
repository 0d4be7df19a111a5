"""Operators that write a tensor which exists already: an argument of the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.frontends.composite.translation import Handler, Node


def _assigned(node: Node) -> SSAValue:
    """Make operand 1 the new value of the tensor that operand 0 names."""
    target = node.mentioned(0)
    argument = node.graph.arguments.get(target.name)
    if argument is None:
        raise node.error(
            f"it assigns to '{target.name}', which is no input of the kernel",
            hint="only inputs can be updated in place",
        )
    value = node.conformed(node.operand(1), argument)
    node.graph.values[target.name] = node.graph.updated[target.name] = value
    return value


def _assign(node: Node) -> Sequence[SSAValue]:
    return [_assigned(node)]


def _inplace_assign(node: Node) -> Sequence[SSAValue]:
    """The result is the third operand, which the update precedes. With `fake_output` nobody reads
    the result: it stands for the updated buffer."""
    value = _assigned(node)
    return [value if node.flag("fake_output") else node.operand(2)]


HANDLERS: dict[str, Handler] = {"Assign": _assign, "InplaceAssign": _inplace_assign}

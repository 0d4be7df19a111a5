"""`import_composite`: a composite JSON kernel as a module whose function `@main` computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, IntegerAttr, ModuleOp, i64
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.frontends.composite import (
    contraction,
    elementwise,
    indexing,
    layout,
    reduction,
    updates,
)
from akg_mlir.frontends.composite.schema import Description
from akg_mlir.frontends.composite.translation import Graph, Handler, Node

BECOMES = "te.becomes"
"""Argument attribute: the number of the result that is the argument's new content."""

_HANDLERS: dict[str, Handler] = {
    name: handler
    for group in (contraction, elementwise, indexing, layout, reduction, updates)
    for name, handler in group.HANDLERS.items()
}


@dataclass(frozen=True)
class ImportedComposite:
    """A translated kernel.

    `module` holds one function `@main` from `inputs` to `outputs` (tensor names). An argument that
    the kernel updates in place carries `te.becomes = N`: result `N` is its new content. Such
    results that are no declared outputs come last, under the name of the argument.
    """

    module: ModuleOp
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def handlers() -> dict[str, Handler]:
    """The translation of each operator."""
    return dict(_HANDLERS)


def supported_operators() -> frozenset[str]:
    """The operators that have a translation."""
    return frozenset(_HANDLERS)


def import_composite(description: Description) -> ImportedComposite:
    """Translate a composite kernel into `te`.

    Raises CompileError for whatever is not supported, naming the operator and its place.
    """
    _check_operators(description)
    graph = Graph(Block())
    for tensor in description.inputs:
        if tensor.value is None:
            graph.add_argument(tensor)
        else:
            graph.values[tensor.name] = graph.constant(tensor)
    for operation in description.operations:
        _translate(Node(graph, operation))
    module, outputs = _module(graph, description)
    inputs = tuple(tensor.name for tensor in description.inputs if tensor.value is None)
    return ImportedComposite(module, inputs, outputs)


def _check_operators(description: Description) -> None:
    for operation in description.operations:
        if operation.name not in _HANDLERS:
            raise Node(Graph(Block()), operation).error(
                "this operator is not supported",
                hint=f"supported are {', '.join(sorted(_HANDLERS))}",
            )


def _translate(node: Node) -> None:
    try:
        values = _HANDLERS[node.operation.name](node)
    except (VerifyException, ValueError) as error:
        raise node.error(str(error)) from error
    results = node.operation.results
    if len(results) != len(values):
        raise node.error(f"it declares {len(results)} results, gives {len(values)}")
    for tensor, value in zip(results, values):
        node.graph.values[tensor.name] = node.conformed(value, tensor)


def _module(graph: Graph, description: Description) -> tuple[ModuleOp, tuple[str, ...]]:
    """The module, and the names of its results."""
    results: dict[str, SSAValue] = {}
    for tensor in description.outputs:
        if tensor.name not in graph.values:
            raise CompileError(f"output '{tensor.name}' is computed by no operation")
        results[tensor.name] = graph.values[tensor.name]
    known = list(results.values())
    results |= {name: value for name, value in graph.updated.items() if value not in known}
    found = list(results.values())
    attributes = [_attributes(graph.updated.get(name), found) for name in graph.arguments]
    copies = {value: _copied(graph, value) for value in found if _is_given(value)}
    outputs = [copies.get(value, value) for value in found]
    graph.block.add_op(ReturnOp(*outputs))
    kind = [a.type for a in graph.block.args], [value.type for value in outputs]
    function = FuncOp("main", kind, Region(graph.block), arg_attrs=ArrayAttr(attributes))
    return ModuleOp([function]), tuple(results)


def _is_given(value: SSAValue) -> bool:
    """Whether a value is an argument, a constant or a view of one."""
    while isinstance(value.owner, te.ReshapeOp):
        value = value.owner.operand
    return isinstance(value.owner, Block | te.ConstantOp)


def _copied(graph: Graph, value: SSAValue) -> SSAValue:
    """The value in a buffer of its own, as all results are."""
    return graph.append(te.BroadcastToOp(value, te.shape_of(value)), value.name_hint or "copy")


def _attributes(update: SSAValue | None, outputs: list[SSAValue]) -> DictionaryAttr:
    if update is None:
        return DictionaryAttr({})
    found: Mapping[str, Attribute] = {BECOMES: IntegerAttr(outputs.index(update), i64)}
    return DictionaryAttr(found)

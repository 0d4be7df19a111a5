"""`import_composite`: a composite JSON kernel as a module whose function `@main` computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, IntegerAttr, ModuleOp, i64
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from akg_mlir.diagnostics import CompileError
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
    for tensor, value in zip(node.operation.results, values, strict=True):
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
    outputs = list(results.values())
    graph.block.add_op(ReturnOp(*outputs))
    kind = [a.type for a in graph.block.args], [value.type for value in outputs]
    attributes = [_attributes(graph.updated.get(name), outputs) for name in graph.arguments]
    function = FuncOp("main", kind, Region(graph.block), arg_attrs=ArrayAttr(attributes))
    return ModuleOp([function]), tuple(results)


def _attributes(update: SSAValue | None, outputs: list[SSAValue]) -> DictionaryAttr:
    if update is None:
        return DictionaryAttr({})
    found: Mapping[str, Attribute] = {BECOMES: IntegerAttr(outputs.index(update), i64)}
    return DictionaryAttr(found)

"""`import_model`: an ONNX model as a module whose function `@main` computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.frontends.elements import Array, element_type, tensor_of
from akg_mlir.frontends.onnx.model import load_model, opset_of, require_onnx
from akg_mlir.frontends.onnx.translation import (
    Graph,
    Handler,
    Node,
    shape_of,
    tensor_type,
)
from akg_mlir.frontends.onnx.unsigned import translated

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, ValueInfoProto


@dataclass(frozen=True)
class ImportedModel:
    """A translated model.

    `module` holds one function `@main`. Its arguments are the graph inputs in order (`inputs` are
    their ONNX names), without those that are initialisers, in `constants` or empty, then the
    weights: those carry `te.resource = "name"` and have their value in `weights`. `outputs` are
    the names of the results. `folded` are the tensors that were computed while importing from the
    values in `constants` and that the program uses as data.
    """

    module: ModuleOp
    weights: dict[str, Array]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    folded: tuple[str, ...]


# What comes of operands and attributes that do not belong together.
MISFITS = (
    VerifyException,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    ArithmeticError,
    MemoryError,
)

# Modules of this package; each has HANDLERS, by operator.
_GROUPS = (
    "activation",
    "arithmetic",
    "attention",
    "channels",
    "constants",
    "contraction",
    "convolution",
    "einsum",
    "elementwise",
    "geometry",
    "indexing",
    "integer_products",
    "layout",
    "loss",
    "normalization",
    "norms",
    "order",
    "padding",
    "pooling",
    "positions",
    "quantization",
    "recurrent",
    "reduction",
    "resize",
    "rotary",
    "scans",
    "scatter",
    "training",
    "transposed",
    "window",
)


def handlers() -> dict[str, Handler]:
    """The translation of each ONNX operator that has one of its own."""
    require_onnx()
    groups = (import_module(f"akg_mlir.frontends.onnx.{name}") for name in _GROUPS)
    return {name: handler for group in groups for name, handler in group.HANDLERS.items()}


def supported_operators() -> frozenset[str]:
    """The ONNX operators that have a translation of their own."""
    return frozenset(handlers())


def import_model(
    source: str | Path | bytes | ModelProto, *, constants: Mapping[str, Array] | None = None
) -> ImportedModel:
    """Translate an ONNX model (a path, serialised bytes or a ModelProto) into `te`.

    `constants` gives the values of graph inputs that must be known when compiling, such as the
    shape operand of a Reshape. Raises CompileError for whatever is not supported, naming the node,
    and its subclass MissingConstant when an operand would have to be in `constants`.
    """
    translations = handlers()
    model = load_model(source, constants or {}, translations)
    graph = Graph(Block(), opset_of(model), given=frozenset(constants or ()))
    inputs = _declare_inputs(model.graph, graph)
    _translate_nodes(model.graph, graph, translations)
    try:
        outputs = [_result(graph, entry.name) for entry in model.graph.output]
    except MISFITS as error:
        raise CompileError(f"the results of the ONNX model do not translate: {error}") from error
    for entry, value in zip(model.graph.output, outputs, strict=True):
        _check_output(entry, value)
    graph.block.add_op(ReturnOp(*outputs))
    module = ModuleOp([_function(graph, len(inputs), outputs)])
    try:
        module.verify()
    except VerifyException as error:
        raise CompileError(f"the ONNX model does not translate: {error}") from error
    names = tuple(entry.name for entry in model.graph.output)
    return ImportedModel(module, dict(graph.weights), inputs, names, tuple(graph.folded))


def _declare_inputs(proto: GraphProto, graph: Graph) -> tuple[str, ...]:
    from onnx import numpy_helper

    for tensor in proto.initializer:
        graph.values[tensor.name] = numpy_helper.to_array(tensor)
    inputs = list[str]()
    for entry in proto.input:
        if entry.name in graph.values:
            continue
        shape, dtype = _input_type(entry)
        element = element_type(dtype, f"input '{entry.name}'")
        if 0 in shape:
            graph.values[entry.name] = np.zeros(shape, dtype)
            continue
        graph.values[entry.name] = graph.add_argument(entry.name, tensor_of(element, shape))
        inputs.append(entry.name)
    return tuple(inputs)


def _input_type(entry: ValueInfoProto) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    from onnx import helper

    what = f"input '{entry.name}'"
    if not entry.type.HasField("tensor_type"):
        kind = entry.type.WhichOneof("value") or "no type"
        raise CompileError(f"{what} is not a tensor ({kind})", hint="only tensors are supported")
    tensor = entry.type.tensor_type
    if not tensor.HasField("shape"):
        raise CompileError(f"{what} has no shape", hint="give it a static shape")
    sizes = list[int]()
    for axis, dimension in enumerate(tensor.shape.dim):
        if not dimension.HasField("dim_value"):
            raise CompileError(
                f"dimension {axis} of {what} is dynamic ('{dimension.dim_param or '?'}')",
                hint="shapes must be static; fix it with "
                "`python -m onnxruntime.tools.make_dynamic_shape_fixed`",
            )
        sizes.append(dimension.dim_value)
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    return tuple(sizes), dtype


def _translate_nodes(proto: GraphProto, graph: Graph, handlers: Mapping[str, Handler]) -> None:
    from akg_mlir.frontends.onnx.constants import fold

    empty = _empty_tensors(proto)
    for node_proto in proto.node:
        node = Node(graph, node_proto)
        if set(node_proto.output) <= set(empty):
            graph.values |= {name: empty[name] for name in node_proto.output}
            continue
        try:
            folded = fold(node)
            handler = handlers[node_proto.op_type]
            results = translated(node, handler) if folded is None else folded
        except MISFITS as error:
            raise node.error(str(error) or f"takes other operands ({error!r})") from error
        graph.define(node_proto, results)


def _empty_tensors(proto: GraphProto) -> dict[str, Array]:
    """The tensors without elements, by shape inference: however computed, they are known."""
    from onnx import helper

    empty = dict[str, Array]()
    for entry in (*proto.value_info, *proto.output):
        tensor = entry.type.tensor_type
        sizes = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in tensor.shape.dim]
        if 0 in sizes and min(sizes) == 0:
            dtype = helper.tensor_dtype_to_np_dtype(tensor.elem_type)
            empty[entry.name] = np.zeros(sizes, dtype)
    return empty


def _result(graph: Graph, name: str) -> SSAValue:
    """A result, in a buffer of its own: arguments and constants, and views of them, are copied."""
    source = value = graph.materialise(name)
    while isinstance(source.owner, te.ReshapeOp):
        source = source.owner.operand
    if not isinstance(source.owner, Block | te.ConstantOp):
        return value
    return graph.append(te.BroadcastToOp(value, shape_of(value)), name)


def _check_output(entry: ValueInfoProto, value: SSAValue) -> None:
    """The model's own claim about a result is a check of the translation."""
    from onnx import helper

    declared = entry.type.tensor_type
    kind = tensor_type(value)
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(declared.elem_type))
    sizes = [dim.dim_value if dim.HasField("dim_value") else None for dim in declared.shape.dim]
    agrees = element_type(dtype, f"output '{entry.name}'") == kind.element_type
    if declared.HasField("shape"):
        shape = kind.get_shape()
        agrees &= len(sizes) == len(shape)
        agrees &= all(size in (None, found) for size, found in zip(sizes, shape))
    if not agrees:
        raise CompileError(
            f"output '{entry.name}' is declared as {dtype.name}{sizes} but computed as {kind}"
        )


def _function(graph: Graph, inputs: int, outputs: list[SSAValue]) -> FuncOp:
    arguments = list(graph.block.args)
    kind = ([a.type for a in arguments], [value.type for value in outputs])
    resources = [DictionaryAttr({"te.resource": StringAttr(name)}) for name in graph.weights]
    attributes = ArrayAttr([DictionaryAttr({})] * inputs + resources) if resources else None
    return FuncOp("main", kind, Region(graph.block), arg_attrs=attributes)

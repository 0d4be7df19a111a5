"""The host's part of a run: buffers, views, constants and calls of kernels, in program order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import func, memref
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.inputs import argument_names, check_array
from akg_mlir.reference.te import evaluate, shaped
from akg_mlir.sources import Array, Source, function_named

KernelCall = Callable[[func.FuncOp, Sequence[Array | None]], Mapping[int, Array]]
"""Runs one kernel on an array per argument (None where nothing was written yet) and returns the
arrays of the arguments that it writes, by position."""


def run_graph(
    module: ModuleOp, entry: str, arrays: Sequence[Array], call: KernelCall
) -> tuple[Array, ...]:
    """The results of the entry function on one array per argument.

    A function of memrefs that returns nothing is one kernel: its results are the arrays that it
    writes and that live on (no `poly.dead_out`). Raises CompileError for ops that only a kernel
    could do.
    """
    graph = function_named(module, entry)
    if not graph.function_type.outputs.data:
        written = call(graph, arrays)
        return tuple(array for k, array in sorted(written.items()) if lives_on(graph, k))
    return _GraphCall(module, call).run(graph, arrays)


def kernel_calls(module: ModuleOp, entry: str) -> tuple[func.FuncOp, ...]:
    """The kernels that the entry function calls, in order: itself where it is one."""
    graph = function_named(module, entry)
    if not graph.function_type.outputs.data:
        return (graph,)
    calls = (op for op in graph.body.block.ops if isinstance(op, func.CallOp))
    return tuple(function_named(module, call.callee.string_value()) for call in calls)


def lives_on(function: func.FuncOp, position: int) -> bool:
    """Whether what a function writes to an argument may be read after it."""
    if function.arg_attrs is None:
        return True
    return "poly.dead_out" not in function.arg_attrs.data[position].data


def with_weights(source: Source, inputs: Sequence[Array]) -> list[Array]:
    """One array per argument of the entry, checked: weights from the source unless all are given.

    Raises CompileError when the arrays do not fit the arguments.
    """
    function = source.function()
    weights = source.weights
    names = argument_names(function)
    free = [name for name in names if name not in weights]
    given = names if len(inputs) == len(names) else free
    if len(inputs) != len(given):
        raise CompileError(
            f"the program takes {len(free)} arrays, {len(inputs)} were given",
            hint=f"they are {', '.join(free)}",
        )
    values = {**weights, **dict(zip(given, inputs))}
    arrays = [values[name] for name in names]
    for name, array, argument in zip(names, arrays, function.body.block.args):
        check_array(name, array, argument)
    return arrays


@dataclass
class _Buffer:
    """GM of the graph: an array once something was written. (Tensors of the host are such, too.)"""

    array: Array | None


@dataclass(frozen=True)
class _View:
    """A value of the graph: a contiguous buffer under a shape."""

    buffer: _Buffer
    shape: tuple[int, ...]

    def read(self) -> Array | None:
        array = self.buffer.array
        return None if array is None else array.reshape(self.shape)


class _GraphCall:
    """One run of the graph function, op by op on the host."""

    def __init__(self, module: ModuleOp, call: KernelCall) -> None:
        self._call_kernel = call
        self._functions = {op.sym_name.data: op for op in module.ops if isinstance(op, func.FuncOp)}

    def run(self, graph: func.FuncOp, arrays: Sequence[Array]) -> tuple[Array, ...]:
        values: dict[SSAValue, _View] = {
            argument: _View(_Buffer(array), array.shape)
            for argument, array in zip(graph.body.block.args, arrays, strict=True)
        }
        for op in graph.body.block.ops:
            if isinstance(op, func.ReturnOp):
                return tuple(_written(values[value], op) for value in op.operands)
            self._op(op, values)
        raise CompileError("the graph does not return", graph)

    def _op(self, op: Operation, values: dict[SSAValue, _View]) -> None:
        match op:
            case memref.AllocOp():
                shape, _ = shaped(op.memref)
                values[op.memref] = _View(_Buffer(None), shape)
            case memref.ReinterpretCastOp():
                shape, _ = shaped(op.result)
                values[op.result] = _View(values[op.source].buffer, shape)
            case te.ToTensorOp() | te.ToBufferOp():
                array = _written(values[op.operands[0]], op)
                values[op.results[0]] = _View(_Buffer(array), array.shape)
            case _ if isinstance(op, te.HostOp):
                result = evaluate(op, [_written(values[value], op) for value in op.operands])
                values[op.results[0]] = _View(_Buffer(result), result.shape)
            case func.CallOp():
                self._call(op, [values[value] for value in op.operands])
            case _:
                raise CompileError(
                    "a graph calls kernels and cannot do this itself",
                    op,
                    hint='the pipeline "akg" puts every computation into a kernel',
                )

    def _call(self, op: func.CallOp, views: Sequence[_View]) -> None:
        function = self._functions[op.callee.string_value()]
        written = self._call_kernel(function, [view.read() for view in views])
        for position, output in written.items():
            views[position].buffer.array = output


def _written(view: _View, op: Operation) -> Array:
    array = view.read()
    if array is None:
        raise CompileError("reads a buffer that nothing has written", op)
    return np.asarray(array, order="C")

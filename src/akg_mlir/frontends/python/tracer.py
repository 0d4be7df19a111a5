"""Running a kernel function on tensors without elements gives its module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from xdsl.dialects.builtin import FileLineColLoc, ModuleOp, UnknownLoc
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region

from akg_mlir.frontends.python.axes import Axis
from akg_mlir.frontends.python.places import TraceError, definition
from akg_mlir.frontends.python.signature import Signature
from akg_mlir.frontends.python.tensor import Tensor
from akg_mlir.frontends.python.tracing import Trace


def trace(
    function: Callable[..., object],
    signature: Signature,
    sizes: Mapping[Axis, int],
    constants: Mapping[str, object],
) -> ModuleOp:
    """A module with one function, named as the Python function, on tensors of these sizes.

    Raises TraceError for what cannot be traced; other exceptions of the function pass through.
    """
    place = definition(function)
    block = Block(arg_types=signature.types(sizes))
    tracing = Trace(block, sizes)
    tensors: dict[str, Tensor] = {}
    for argument, (name, spec) in zip(block.args, signature.tensors.items()):
        argument.name_hint = name
        axes = [dim if isinstance(dim, Axis) else None for dim in spec.dims]
        tensors[name] = Tensor(argument, tracing, axes)
    with tracing.active():
        result = function(**tensors, **constants)
    results = _results(result, tracing, signature.name, place)
    finish = ReturnOp(*(tensor.value for tensor in results))
    block.add_op(finish)
    inputs, outputs = [a.type for a in block.args], [t.value.type for t in results]
    made = FuncOp(signature.name, (inputs, outputs), Region(block))
    made.location = finish.location = place or UnknownLoc()
    return ModuleOp([made])


def _results(
    result: object, tracing: Trace, name: str, place: FileLineColLoc | None
) -> Sequence[Tensor]:
    several = cast("tuple[object, ...]", result) if isinstance(result, tuple) else (result,)
    for value in several:
        if not isinstance(value, Tensor):
            raise TraceError(
                f"{name} returns a {type(value).__name__}",
                place,
                "return a tensor, or a tuple of tensors",
            )
        if value.trace is not tracing:
            tracing.adopt(value)
    if not several:
        raise TraceError(f"{name} returns nothing", place, "return a tensor")
    return [value for value in several if isinstance(value, Tensor)]

"""linalg ops on sliding windows, and tensor.pad, into te."""

from __future__ import annotations

from math import prod

from xdsl.dialects import tensor
from xdsl.dialects.builtin import DenseIntElementsAttr, TensorType, UnregisteredOp
from xdsl.ir import Operation, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import shape_of
from akg_mlir.frontends.linalg.nests import combined
from akg_mlir.frontends.linalg.scalar import constant_of
from akg_mlir.frontends.linalg.translation import Emitter, Function

_POOLING = {"linalg.pooling_nchw_max": "max", "linalg.pooling_nchw_sum": "add"}
_PLAIN = "linalg.conv_2d_nchw_fchw"
_GROUPED = "linalg.conv_2d_ngchw_gfchw"
_DEPTHWISE = "linalg.depthwise_conv_2d_nchw_chw"


def translate_window(op: Operation, function: Function) -> bool:
    """Emit a convolution or pooling, combined with what its output held before.

    Returns whether the op is one.
    """
    name = op.op_name.data if isinstance(op, UnregisteredOp) else op.name
    if name not in (*_POOLING, _PLAIN, _GROUPED, _DEPTHWISE):
        return False
    image, kernel, initial = op.operands
    emit = function.emitter(op)
    x, result = function.value(image, op), op.results[0].type
    assert isa(result, TensorType)
    assert isa(kernel.type, TensorType)
    if name in _POOLING:
        kind = _POOLING[name]
        value = emit(te.Pool2dOp(kind, x, kernel.type.get_shape(), *_steps(op)))
    else:
        kind = "add"
        x, weights, groups = _operands(name, x, function.value(kernel, op), emit)
        convolution = te.Conv2dOp(
            x, weights, *_steps(op), groups=groups, element_type=result.element_type
        )
        value = emit.reshape(emit(convolution), result.get_shape())
    function.values[op.results[0]] = combined(function.value(initial, op), value, kind, emit)
    return True


def _operands(
    name: str, x: SSAValue, weights: SSAValue, emit: Emitter
) -> tuple[SSAValue, SSAValue, int]:
    """Image and weights of rank 4, and the number of groups."""
    if name == _PLAIN:
        return x, weights, 1
    shape = shape_of(weights)
    if name == _DEPTHWISE:
        return x, emit.reshape(weights, (shape[0], 1, *shape[1:])), shape[0]
    batch, *channels, height, width = shape_of(x)
    x = emit.reshape(x, (batch, prod(channels), height, width))
    return x, emit.reshape(weights, (shape[0] * shape[1], *shape[2:])), shape[0]


def _steps(op: Operation) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return _pair(op, "strides"), _pair(op, "dilations")


def _pair(op: Operation, name: str) -> tuple[int, ...]:
    value = op.properties.get(name) or op.attributes.get(name)
    if value is None:
        return (1, 1)
    if not isa(value, DenseIntElementsAttr) or len(value) != 2:
        raise CompileError(f"{name} are {value}", op, hint="two integers are expected")
    return tuple(value.get_values())


def translate_pad(op: tensor.PadOp, function: Function) -> None:
    """Emit a padding with one constant by amounts that are known."""
    last = op.region.block.last_op
    yielded = None if last is None or not last.operands else last.operands[0]
    value = None
    if yielded is not None and isinstance(yielded.owner, Operation):
        value = constant_of(yielded.owner)
    if value is None:
        raise CompileError("does not pad with a constant", op, hint="yield an arith.constant")
    if op.low or op.high:
        raise CompileError("pads by dynamic amounts", op, hint="use constants")
    low, high = op.static_low.get_values(), op.static_high.get_values()
    padded = te.PadOp(function.value(op.source, op), low, high, value)
    function.values[op.result] = function.emitter(op)(padded)

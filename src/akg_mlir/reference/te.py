"""What tensor programs mean: one numpy definition per `te` op, and functions of them run on arrays.

Floating-point ops are computed in f64 and rounded once to the element type of the result, so the
definitions here are the mathematics; nothing is taken from a decomposition or a lowering.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import BFloat16Type, MemRefType, ModuleOp, TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.reference import bodies, layouts, windows
from akg_mlir.reference.scalar_source import numpy_type, saturated

Array = np.ndarray[Any, np.dtype[Any]]


def run(module: ModuleOp, name: str, inputs: Sequence[Array]) -> list[Array]:
    """Call function `name` on one array per argument; functions it calls are followed.

    Raises `CompileError` for arrays that do not fit the arguments and for ops without a
    definition here.
    """
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, func.FuncOp)}
    if name not in functions:
        raise CompileError(f"no function @{name}", module, hint=f"there are {sorted(functions)}")
    with np.errstate(all="ignore"):
        return _call(functions, functions[name], inputs)


def dtype_of(element: Attribute) -> np.dtype[Any]:
    """numpy's type of an element type. bf16 needs the package ml_dtypes."""
    if not isinstance(element, BFloat16Type):
        return np.dtype(numpy_type(element))
    if find_spec("ml_dtypes") is None:
        raise CompileError("numpy has no bf16", hint="install the package ml_dtypes, or use f16")
    import ml_dtypes  # pyright: ignore[reportMissingImports]

    return np.dtype(ml_dtypes.bfloat16)  # pyright: ignore


def shaped(value: SSAValue) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and numpy type of a tensor or memref value."""
    type_ = value.type
    if not isa(type_, TensorType) and not isa(type_, MemRefType):
        raise CompileError(f"{type_} has no numpy counterpart")
    return type_.get_shape(), dtype_of(type_.element_type)


def evaluate(op: Operation, arguments: Sequence[Array]) -> Array:
    """The result of one `te` op on arrays of its operands' shapes."""
    definition = _DEFINITIONS.get(type(op))
    if definition is None:
        raise CompileError("no reference semantics for this op", op)
    shape, dtype = shaped(op.results[0])
    with np.errstate(all="ignore"):
        result = np.asarray(definition(op, *arguments)).astype(dtype)
    if result.shape != shape:
        raise CompileError(f"the reference gives shape {result.shape}, the type {shape}", op)
    return result


def _call(
    functions: dict[str, func.FuncOp], op: func.FuncOp, inputs: Sequence[Array]
) -> list[Array]:
    values: dict[SSAValue, Array] = {}
    arguments = op.body.block.args
    if len(inputs) != len(arguments):
        raise CompileError(f"takes {len(arguments)} arrays, got {len(inputs)}", op)
    for position, (argument, array) in enumerate(zip(arguments, inputs)):
        expected = shaped(argument)
        if (array.shape, array.dtype) != expected:
            raise CompileError(
                f"argument {position} is {array.dtype}{list(array.shape)}, "
                f"takes {expected[1]}{list(expected[0])}",
                op,
            )
        values[argument] = array
    for inner in op.body.block.ops:
        operands = [values[v] for v in inner.operands]
        match inner:
            case func.ReturnOp():
                return operands
            case func.CallOp():
                callee = functions[inner.callee.string_value()]
                values |= zip(inner.results, _call(functions, callee, operands))
            case _:
                values[inner.results[0]] = evaluate(inner, operands)
    raise CompileError("the function does not return", op)


def _wide(array: Array) -> Array:
    """The array in the type it is computed in: f64 for floats, itself otherwise."""
    return array if array.dtype.kind in "biu" else array.astype(np.float64)


def _plain(function: Callable[..., Any]) -> Callable[..., Array]:
    def definition(op: Operation, *arrays: Array) -> Array:
        return function(*(_wide(a) for a in arrays))

    return definition


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _erf(x: Array) -> Array:
    return np.vectorize(math.erf, otypes=[np.float64])(x)


def _places(x: Array, by: Array) -> tuple[Array, Array]:
    """The numbers of places, and where everything is moved out."""
    out = (by < 0) | (by >= 8 * x.dtype.itemsize)
    return np.where(out, 0, by), out


def _shift_left(x: Array, by: Array) -> Array:
    places, out = _places(x, by)
    return np.where(out, 0, x << places)


def _shift_right(x: Array, by: Array) -> Array:
    places, out = _places(x, by)
    return np.where(out, -(x < 0).astype(x.dtype), x >> places)


def _power(lhs: Array, rhs: Array) -> Array:
    if lhs.dtype.kind == "f":
        return np.power(lhs, rhs)
    lhs, rhs = np.broadcast_arrays(lhs, rhs)
    negative = np.where(np.abs(lhs) == 1, np.where(rhs % 2 == 0, lhs * lhs, lhs), 0)
    return np.where(rhs < 0, negative, np.power(lhs, np.maximum(rhs, 0)))


_COMPARE: dict[te.Predicate, Callable[[Array, Array], Array]] = {
    te.Predicate.EQ: np.equal,
    te.Predicate.NE: np.not_equal,
    te.Predicate.LT: np.less,
    te.Predicate.LE: np.less_equal,
    te.Predicate.GT: np.greater,
    te.Predicate.GE: np.greater_equal,
}
_REDUCE: dict[te.Reduction, Callable[..., Array]] = {
    te.Reduction.ADD: np.sum,
    te.Reduction.MAX: np.max,
    te.Reduction.MIN: np.min,
    te.Reduction.MUL: np.prod,
}


def _compare(op: te.CompareOp, lhs: Array, rhs: Array) -> Array:
    return _COMPARE[op.predicate.data](lhs, rhs)


def _cast(op: te.CastOp, x: Array) -> Array:
    dtype = shaped(op.results[0])[1]
    return saturated(x, dtype) if x.dtype.kind == "f" and dtype.kind in "iu" else x


def constant_array(op: te.ConstantOp) -> Array:
    """The value of a constant; true, which has all bits in an attribute, is 1 in an array."""
    value = op.value
    shape, dtype = value.get_shape(), dtype_of(value.get_element_type())
    if dtype == np.bool_:
        return np.frombuffer(value.data.data, dtype=np.uint8).reshape(shape) != 0
    return np.frombuffer(value.data.data, dtype=dtype).reshape(shape)


def _select(op: te.SelectOp, condition: Array, on_true: Array, on_false: Array) -> Array:
    return np.where(condition, on_true, on_false)


def _transpose(op: te.TransposeOp, x: Array) -> Array:
    return np.transpose(x, op.permutation)


def _depth_to_space(op: te.DepthToSpaceOp, x: Array) -> Array:
    """Parts in front of all else, then each place of a block behind its dimension."""
    places = [dim for dim, size in enumerate(op.block) if size > 1]
    parts = [op.block[dim] for dim in places]
    kept = x.shape[op.dim] // math.prod(parts)
    split = (*parts, kept) if op.inner is None else (kept, *parts)
    apart = np.reshape(x, (*x.shape[: op.dim], *split, *x.shape[op.dim + 1 :]))
    first = op.dim if op.inner is None else op.dim + 1
    apart = np.moveaxis(apart, range(first, first + len(parts)), range(len(parts)))
    behind = [dim + count for count, dim in enumerate(places, 1)]
    moved = np.moveaxis(apart, range(len(parts)), behind)
    return np.reshape(moved, shaped(op.results[0])[0])


def _broadcast_to(op: te.BroadcastToOp, x: Array) -> Array:
    return np.broadcast_to(x, shaped(op.results[0])[0])


def _reshape(op: te.ReshapeOp, x: Array) -> Array:
    return np.reshape(x, shaped(op.results[0])[0])


def _reduce(op: te.ReduceOp, x: Array) -> Array:
    keepdims = op.keepdims is not None
    return _REDUCE[op.kind.data](_wide(x), axis=tuple(op.dims), keepdims=keepdims)


def _matmul(op: te.ContractionOp, a: Array, b: Array) -> Array:
    a = a if op.transpose_a is None else np.swapaxes(a, -1, -2)
    b = b if op.transpose_b is None else np.swapaxes(b, -1, -2)
    return _accumulate(np.matmul(_summand(a), _summand(b)), op.a)


def _fractal_matmul(op: te.FractalMatmulOp, a: Array, b: Array) -> Array:
    product = np.einsum("...kmac,...knbc->...nmab", _summand(a), _summand(b), optimize=True)
    return _accumulate(product, op.a)


def _summand(x: Array) -> Array:
    return x.astype(np.int64) if x.dtype.kind == "i" else _wide(x)


def _accumulate(total: Array, operand: SSAValue) -> Array:
    """A sum rounded to the accumulator of the operand's element type."""
    element = te.element_of(operand)
    return total.astype(dtype_of(te.accumulator(element)))


def _softmax(op: te.SoftmaxOp, x: Array) -> Array:
    x = _wide(x)
    exponential = np.exp(x - np.max(x, axis=op.dim, keepdims=True))
    return exponential / np.sum(exponential, axis=op.dim, keepdims=True)


def _layer_norm(op: te.LayerNormOp, x: Array, scale: Array, bias: Array | None = None) -> Array:
    x = _wide(x)
    mean = np.mean(x, axis=op.dims, keepdims=True)
    variance = np.mean(np.square(x - mean), axis=op.dims, keepdims=True)
    normal = (x - mean) / np.sqrt(variance + op.epsilon.value.data) * _wide(scale)
    return normal if bias is None else normal + _wide(bias)


def _batch_norm(
    op: te.BatchNormOp, x: Array, scale: Array, bias: Array, mean: Array, variance: Array
) -> Array:
    each = (-1, *[1] * (x.ndim - 2))
    scale, bias, mean, variance = (_wide(a).reshape(each) for a in (scale, bias, mean, variance))
    return (_wide(x) - mean) / np.sqrt(variance + op.epsilon.value.data) * scale + bias


def _conv2d(op: te.Conv2dOp, image: Array, weights: Array) -> Array:
    return _accumulate(windows.conv2d(op, _summand(image), _summand(weights)), op.image)


def _fractal_conv2d(op: te.FractalConv2dOp, image: Array, weights: Array) -> Array:
    return _accumulate(windows.fractal_conv2d(op, _summand(image), _summand(weights)), op.image)


def _max_pool2d(op: te.MaxPool2dOp, x: Array) -> Array:
    return windows.max_pool2d(op, x if x.dtype.kind == "i" else _wide(x))


def _avg_pool2d(op: te.AvgPool2dOp, x: Array) -> Array:
    return windows.avg_pool2d(op, _wide(x))


def _pool2d(op: te.Pool2dOp, x: Array) -> Array:
    return windows.pool2d(op, _wide(x), _REDUCE[op.kind.data])


def _concat(op: te.ConcatOp, *parts: Array) -> Array:
    return np.concatenate(parts, op.dim)


def _gather(op: te.GatherOp, x: Array, indices: Array) -> Array:
    batch = x.shape[: op.batches]
    result = np.empty(te.shape_of(op.result), x.dtype)
    for place in np.ndindex(batch):
        part, dim = indices[place], op.dim - len(batch)
        if op.from_end is not None:
            part = np.where(part < 0, part + x.shape[op.dim], part)
        inside = (part >= 0) & (part < x.shape[op.dim])
        taken = np.take(x[place], np.where(inside, part, 0), dim)
        column = [1] * (x.ndim - op.dim - 1)
        result[place] = np.where(inside.reshape((*inside.shape, *column)), taken, 0)
    return result


def _slice(op: te.SliceOp, x: Array) -> Array:
    return x[np.ix_(*op.ranges)]


def _pad(op: te.PadOp, x: Array) -> Array:
    return windows.padded(x, op.amounts, op.value.value.data)


def _gelu(op: te.GeluOp, x: Array) -> Array:
    x = _wide(x)
    if op.approximate.data == te.Approximate.TANH:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def _one_hot(op: te.OneHotOp, x: Array) -> Array:
    places = np.arange(op.depth.value.data)
    equal = np.moveaxis(x[..., None] == places, -1, op.dim)
    return np.where(equal, op.on.value.data, op.off.value.data)


_DEFINITIONS: dict[type[Operation], Callable[..., Array]] = {
    te.AbsOp: _plain(np.abs),
    te.AcosOp: _plain(np.arccos),
    te.AcoshOp: _plain(np.arccosh),
    te.AddOp: _plain(np.add),
    te.AndOp: _plain(np.bitwise_and),
    te.AsinOp: _plain(np.arcsin),
    te.AsinhOp: _plain(np.arcsinh),
    te.AtanOp: _plain(np.arctan),
    te.AtanhOp: _plain(np.arctanh),
    te.AvgPool2dOp: _avg_pool2d,
    te.BatchMatmulOp: _matmul,
    te.BatchNormOp: _batch_norm,
    te.BroadcastToOp: _broadcast_to,
    te.CastOp: _cast,
    te.CeilOp: _plain(np.ceil),
    te.CompareOp: _compare,
    te.ComputeOp: bodies.compute,
    te.ConcatOp: _concat,
    te.ConstantOp: constant_array,
    te.Conv2dOp: _conv2d,
    te.CosOp: _plain(np.cos),
    te.CoshOp: _plain(np.cosh),
    te.DepthToSpaceOp: _depth_to_space,
    te.DivOp: _plain(bodies.quotient),
    te.ErfOp: _plain(_erf),
    te.ExpOp: _plain(np.exp),
    te.FloorOp: _plain(np.floor),
    te.FractalConv2dOp: _fractal_conv2d,
    te.FractalMatmulOp: _fractal_matmul,
    te.GatherOp: _gather,
    te.GeluOp: _gelu,
    te.LayerNormOp: _layer_norm,
    te.LogOp: _plain(np.log),
    te.MatmulOp: _matmul,
    te.MaxOp: _plain(np.maximum),
    te.MaxPool2dOp: _max_pool2d,
    te.MinOp: _plain(np.minimum),
    te.MulOp: _plain(np.multiply),
    te.NegOp: _plain(np.negative),
    te.NotOp: _plain(np.invert),
    te.OneHotOp: _one_hot,
    te.OrOp: _plain(np.bitwise_or),
    te.PackOp: layouts.pack,
    te.PadOp: _pad,
    te.Pool2dOp: _pool2d,
    te.PowOp: _plain(_power),
    te.ReciprocalOp: _plain(np.reciprocal),
    te.ReduceOp: _reduce,
    te.ReluOp: _plain(_relu),
    te.RemOp: _plain(bodies.remainder),
    te.ReshapeOp: _reshape,
    te.RoundOp: _plain(np.rint),
    te.RsqrtOp: _plain(_rsqrt),
    te.SelectOp: _select,
    te.ShiftLeftOp: _plain(_shift_left),
    te.ShiftRightOp: _plain(_shift_right),
    te.SigmoidOp: _plain(_sigmoid),
    te.SinOp: _plain(np.sin),
    te.SinhOp: _plain(np.sinh),
    te.SliceOp: _slice,
    te.SoftmaxOp: _softmax,
    te.SqrtOp: _plain(np.sqrt),
    te.SubOp: _plain(np.subtract),
    te.TanOp: _plain(np.tan),
    te.TanhOp: _plain(np.tanh),
    te.TransposeOp: _transpose,
    te.UnpackOp: layouts.unpack,
    te.XorOp: _plain(np.bitwise_xor),
}

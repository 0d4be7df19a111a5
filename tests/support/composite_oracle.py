"""What composite JSON kernels compute, in numpy: written from the format's description alone.

`evaluate` runs a document on arrays; each operation is computed in f64 (or in the operand's
integer type) and rounded once to its declared type. Nothing of the compiler is used here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Attributes = Mapping[str, Any]
Operation = Mapping[str, Any]
NZ = "FRACTAL_NZ"


def tensors(groups: Any) -> list[dict[str, Any]]:
    """The tensors of an `input_desc`: lists of lists, or null."""
    return [tensor for group in groups or () for tensor in group]


def attributes(operation: Operation) -> dict[str, Any]:
    """The attributes of an operation by name."""
    given = operation.get("attr") or {}
    return dict(given) if isinstance(given, dict) else {a["name"]: a["value"] for a in given}


def arguments(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tensors that a caller passes."""
    return [tensor for tensor in tensors(document["input_desc"]) if "value" not in tensor]


def updates(document: Mapping[str, Any]) -> dict[str, str]:
    """The arguments that are updated in place -> the operation that does it last."""
    names = {tensor["tensor_name"] for tensor in arguments(document)}
    found = dict[str, str]()
    for operation in document["op_desc"]:
        target = tensors(operation["input_desc"])[:1]
        if operation["name"] in ("Assign", "InplaceAssign") and target[0]["tensor_name"] in names:
            found[target[0]["tensor_name"]] = operation["name"]
    return found


def evaluate(document: Mapping[str, Any], given: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs by name, and the new contents of updated arguments under `name:updated`."""
    known: dict[str, Array] = dict(given)
    with np.errstate(all="ignore"):
        for tensor in tensors(document["input_desc"]):
            if "value" in tensor:
                known[tensor["tensor_name"]] = _constant(tensor)
        for operation in document["op_desc"]:
            _step(operation, known)
    results = {t["tensor_name"]: known[t["tensor_name"]] for t in document["output_desc"]}
    return results | {f"{name}:updated": known[name] for name in updates(document)}


def _step(operation: Operation, known: dict[str, Array]) -> None:
    operands = tensors(operation["input_desc"])
    arrays = [_constant(t) if "value" in t else known[t["tensor_name"]] for t in operands]
    name, declared = operation["name"], operation["output_desc"]
    if name in ("Assign", "InplaceAssign"):
        target = operands[0]
        known[target["tensor_name"]] = arrays[1].reshape(known[target["tensor_name"]].shape)
        real = name == "InplaceAssign" and not attributes(operation).get("fake_output")
        results = [arrays[2] if real else arrays[1]]
    else:
        results = _DEFINITIONS[name](operation, *map(_wide, arrays))
        results = results if isinstance(results, list) else [results]
    for tensor, result in zip(declared, results, strict=True):
        rounded = np.asarray(result).astype(tensor["data_type"])
        known[tensor["tensor_name"]] = rounded.reshape(tensor["shape"])


def _constant(tensor: Mapping[str, Any]) -> Array:
    value = np.asarray(tensor["value"]).astype(tensor["data_type"])
    return np.full(tensor["shape"], value.item(), value.dtype) if value.size == 1 else value


def _wide(array: Array) -> Array:
    return array.astype(np.float64) if array.dtype.kind == "f" else array


# ------------------------------------------------------------------------------------ definitions


def _elementwise(function: Callable[..., Array]) -> Callable[..., Array]:
    def definition(operation: Operation, *arrays: Array) -> Array:
        return function(*_in_one_form(operation, arrays))

    return definition


def _in_one_form(operation: Operation, arrays: tuple[Array, ...]) -> list[Array]:
    """Operands beside one in FRACTAL_NZ: a plain `[.., M, N]` is `[.., N/16, M/16, 16, 16]`."""
    formats = [tensor.get("format") for tensor in tensors(operation["input_desc"])]
    if NZ not in formats:
        return list(arrays)
    return [a if f == NZ or a.size == 1 else _to_nz(a) for f, a in zip(formats, arrays)]


def _to_nz(plain: Array) -> Array:
    matrix = np.atleast_2d(plain)
    m, n = matrix.shape[-2:]
    split = (*matrix.shape[:-2], *((1, 1) if m == 1 else (m // 16, 16)))
    split += (1, 1) if n == 1 else (n // 16, 16)
    return np.moveaxis(matrix.reshape(split), -2, -4)


def _from_nz(stored: Array) -> Array:
    *batch, n1, m1, m0, n0 = stored.shape
    return np.moveaxis(stored, -4, -2).reshape(*batch, m1 * m0, n1 * n0)


def _cast(operation: Operation, x: Array) -> Array:
    target = np.dtype(
        attributes(operation).get("dst_type", operation["output_desc"][0]["data_type"])
    )
    return x != 0 if target == np.bool_ else x.astype(target)


def _total(_: Operation, *arrays: Array) -> Array:
    result = arrays[0]
    for array in arrays[1:]:
        result = result + array
    return result


def _divide(a: Array, b: Array) -> Array:
    return a / b if a.dtype.kind == "f" else np.trunc(a / np.where(b == 0, 1, b)) * (b != 0)


def _reduction(function: Callable[..., Array]) -> Callable[..., Array]:
    def definition(operation: Operation, x: Array) -> Array:
        given = attributes(operation)
        axes = tuple(np.atleast_1d(given.get("axis") or []).astype(int).tolist())
        if isinstance(given.get("axis"), int):
            axes = (given["axis"],)
        keep = bool(given.get("keep_dims", False))
        return function(x, axis=axes or tuple(range(x.ndim)), keepdims=keep)

    return definition


def _reshape(operation: Operation, x: Array) -> Array:
    return x.reshape(operation["output_desc"][0]["shape"])


def _broadcast(operation: Operation, x: Array) -> Array:
    shape = operation["output_desc"][0]["shape"]
    return np.broadcast_to(x.reshape(()) if x.size == 1 else x, shape)


def _transpose(operation: Operation, x: Array) -> Array:
    return np.transpose(x, attributes(operation).get("perm"))


def _pad(operation: Operation, x: Array) -> Array:
    given = attributes(operation)
    amounts = list(zip(given["head"], given["tail"]))
    return np.pad(x, amounts, constant_values=given.get("pad_val", 0))


def _unpad(operation: Operation, x: Array) -> Array:
    cut = attributes(operation)["tail"]
    return x[tuple(slice(size - tail) for size, tail in zip(x.shape, cut))]


def _strided_slice(operation: Operation, x: Array, *rest: Array) -> Array:
    given = attributes(operation)
    names = ("begin", "end", "strides")
    parts = [given[n] for n in names] if "begin" in given else [r.tolist() for r in rest]
    return x[tuple(slice(*map(int, part)) for part in zip(*parts))]


def _split(operation: Operation, x: Array) -> list[Array]:
    axis = int(attributes(operation).get("axis", 0))
    sizes = [tensor["shape"][axis] for tensor in operation["output_desc"]]
    return np.split(x, np.cumsum(sizes)[:-1].tolist(), axis)


def _concat(operation: Operation, *arrays: Array) -> Array:
    return np.concatenate(arrays, int(attributes(operation).get("axis", 0)))


def _gather(operation: Operation, x: Array, indices: Array) -> Array:
    return np.take(x, indices, int(attributes(operation).get("axis", 0)))


def _segment_sum(operation: Operation, x: Array, indices: Array) -> Array:
    rest = x.shape[indices.ndim :]
    result = np.zeros((int(attributes(operation)["num_segments"]), *rest), x.dtype)
    for place in np.ndindex(*indices.shape):
        result[indices[place]] += x[place]
    return result


def _one_hot(operation: Operation, x: Array, *rest: Array) -> Array:
    given = attributes(operation)
    depth = int(given["depth"]) if "depth" in given else int(rest[0].item())
    hit = x[..., None] == np.arange(depth)
    chosen = np.where(hit, rest[-2].ravel()[0], rest[-1].ravel()[0])
    return np.moveaxis(chosen, -1, int(given.get("axis", -1)))


def _matmul(operation: Operation, a: Array, b: Array, *bias: Array) -> Array:
    given, operands = attributes(operation), tensors(operation["input_desc"])
    a, b = (_from_nz(x) if t.get("format") == NZ else x for x, t in zip((a, b), operands))
    a = a.swapaxes(-1, -2) if given.get("transpose_a") else a
    b = b.swapaxes(-1, -2) if given.get("transpose_b") else b
    product = a @ b
    product = product + bias[0] if bias else product
    return _to_nz(product) if operation["output_desc"][0].get("format") == NZ else product


def _conv2d(operation: Operation, image: Array, weights: Array) -> Array:
    """Images NHWC, weights `[O, KH, KW, C / groups]`."""
    given = attributes(operation)
    top, bottom, left, right = given.get("pad_list", given.get("pad", [0] * 4))
    image = np.pad(image, ((0, 0), (top, bottom), (left, right), (0, 0)))
    strides, dilations = given["stride"][-2:], given.get("dilation", [1, 1])[-2:]
    outputs, kh, kw, _ = weights.shape
    groups = int(given.get("group", 1))
    rows, columns = (
        range(0, size - dilation * (taps - 1), stride)
        for size, taps, stride, dilation in zip(image.shape[1:3], (kh, kw), strides, dilations)
    )
    parts = list[Array]()
    for x, w in zip(np.split(image, groups, 3), np.split(weights, groups, 0)):
        total = np.zeros((len(image), len(rows), len(columns), outputs // groups))
        for i in range(kh):
            for j in range(kw):
                taps = x[:, [r + i * dilations[0] for r in rows]]
                taps = taps[:, :, [c + j * dilations[1] for c in columns]]
                total += taps @ w[:, i, j].T
        parts.append(total)
    return np.concatenate(parts, 3)


_erf = np.vectorize(math.erf, otypes=[np.float64])
_BY_ELEMENT: dict[str, Callable[..., Array]] = {
    "ACos": np.arccos,
    "Abs": np.abs,
    "Add": np.add,
    "Div": _divide,
    "Equal": np.equal,
    "Erf": _erf,
    "Exp": np.exp,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "IsFinite": np.isfinite,
    "IsInf": np.isinf,
    "IsNan": np.isnan,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "Log": np.log,
    "LogicalAnd": np.logical_and,
    "LogicalNot": np.logical_not,
    "LogicalOr": np.logical_or,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Mul": np.multiply,
    "Neg": np.negative,
    "NotEqual": np.not_equal,
    "Pow": np.power,
    "RealDiv": _divide,
    "Reciprocal": lambda x: 1 / x,
    "Relu": lambda x: np.maximum(x, 0),
    "Rsqrt": lambda x: 1 / np.sqrt(x),
    "Select": np.where,
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Sqrt": np.sqrt,
    "Square": lambda x: x * x,
    "Sub": np.subtract,
    "Tanh": np.tanh,
    "TensorAdd": np.add,
}
_DEFINITIONS: dict[str, Callable[..., Any]] = {
    **{name: _elementwise(function) for name, function in _BY_ELEMENT.items()},
    "AddN": _total,
    "BatchMatMul": _matmul,
    "BroadcastTo": _broadcast,
    "Cast": _cast,
    "Concat": _concat,
    "Conv2D": _conv2d,
    "ElemAny": _reduction(np.any),
    "ExpandDims": _reshape,
    "Flatten": _reshape,
    "Gather": _gather,
    "MatMul": _matmul,
    "OneHot": _one_hot,
    "PadAkg": _pad,
    "ReduceAll": _reduction(np.all),
    "ReduceAny": _reduction(np.any),
    "ReduceMax": _reduction(np.max),
    "ReduceMean": _reduction(np.mean),
    "ReduceMin": _reduction(np.min),
    "ReduceProd": _reduction(np.prod),
    "ReduceSum": _reduction(np.sum),
    "Reshape": _reshape,
    "Split": _split,
    "Squeeze": _reshape,
    "StridedSlice": _strided_slice,
    "Transpose": _transpose,
    "UnPadAkg": _unpad,
    "UnsortedSegmentSum": _segment_sum,
}
OPERATORS = frozenset({*_DEFINITIONS, "Assign", "InplaceAssign"})

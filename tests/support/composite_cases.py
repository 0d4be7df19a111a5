"""Running one composite kernel: compiled, executed on the machine, judged by the numpy oracle."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import akg_mlir
from akg_mlir.compiler import Kernel
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.graph import kernel_calls
from tests.support import composite_oracle as oracle
from tests.support.composite_scaling import MOST_UNSCALED, scaled
from tests.support.host_results import host_results

Array = oracle.Array
LONG = 1024
"""Summands of a sum whose rounding shows in f32."""
ROUNDED = frozenset("ACos Div Erf Exp Log Pow RealDiv Reciprocal Rsqrt Sigmoid Sqrt Tanh".split())
MOVING = frozenset(
    (
        "Assign BroadcastTo Cast Concat ExpandDims Flatten Gather InplaceAssign PadAkg Reshape "
        "Select Split Squeeze StridedSlice Transpose UnPadAkg"
    ).split()
)
"""Operators that compute nothing: f16 is storage there."""


def warm_up() -> None:
    """Import all of the compiler: it is not part of a kernel's compile time."""
    akg_mlir.compile(
        "func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {\n"
        "  %y = te.neg %x : tensor<8xf32>\n  func.return %y : tensor<8xf32>\n}"
    ).report()


def run(document: Mapping[str, Any], seed: int = 0) -> dict[str, Any]:
    """Status ("passed", "wrong", "unsupported" or "crashed"), detail and figures of a kernel."""
    smaller = scaled(document)
    if smaller is None:
        detail = f"more than {MOST_UNSCALED} elements, and no smaller sizes found"
        return {"status": "unsupported", "detail": detail}
    try:
        started = os.times()
        kernel = akg_mlir.compile(smaller)
        ended = os.times()
    except CompileError as error:
        return {"status": "unsupported", "detail": str(error).splitlines()[0]}
    spent = ended.user + ended.system - started.user - started.system
    figures = {"kernels": len(_calls(kernel)), "compile_seconds": round(spent, 3)}
    given = inputs(smaller, seed)
    execution = kernel.runner.run(list(given.values()), mode="timed")
    figures["cycles"] = sum(run.result.cycles for run in execution.kernels)
    figures["host_ops"] = host_results(kernel)
    wanted = oracle.evaluate(smaller, given)
    detail = _difference(smaller, kernel, execution.outputs, wanted)
    status = "wrong" if detail else "passed"
    if status == "passed" and figures["host_ops"]:
        status, detail = "unsupported", "the host made a result"
    return {"status": status, "detail": detail, **figures}


def inputs(document: Mapping[str, Any], seed: int) -> dict[str, Array]:
    """Numbers from 0.5 to 1.5, which divide and have logarithms; indices that exist."""
    random, bounds = np.random.default_rng(seed), _index_bounds(document)
    found = dict[str, Array]()
    for tensor in oracle.arguments(document):
        name, shape, kind = tensor["tensor_name"], tensor["shape"], np.dtype(tensor["data_type"])
        if kind.kind == "f":
            found[name] = random.uniform(0.5, 1.5, shape).astype(kind)
        else:
            most = 2 if kind == np.bool_ else bounds.get(name, 8)
            found[name] = random.integers(0, most, shape).astype(kind)
    return found


def _index_bounds(document: Mapping[str, Any]) -> dict[str, int]:
    bounds = dict[str, int]()
    for operation in document["op_desc"]:
        operands, given = oracle.tensors(operation["input_desc"]), oracle.attributes(operation)
        match operation["name"]:
            case "Gather":
                axis = int(given.get("axis", 0))
                bounds[operands[1]["tensor_name"]] = operands[0]["shape"][axis]
            case "UnsortedSegmentSum":
                bounds[operands[1]["tensor_name"]] = int(given["num_segments"])
            case "OneHot" if "depth" in given:
                bounds[operands[0]["tensor_name"]] = int(given["depth"])
            case _:
                pass
    return bounds


def tolerance(document: Mapping[str, Any]) -> float:
    """Of the largest result: 2e-2 where f16 is computed with, 5e-3 where it is stored, in f32 1e-3
    for long sums and functions that are approximated, else 1e-4."""
    value, tensors = 1e-4, oracle.tensors
    for operation in document["op_desc"]:
        operands = tensors(operation["input_desc"])
        half = "float16" in {t["data_type"] for t in (*operands, *operation["output_desc"])}
        if half:
            value = max(value, 5e-3 if operation["name"] in MOVING else 2e-2)
        sizes = [np.prod(t["shape"]) for t in (operands[0], operation["output_desc"][0])]
        long = operation["name"].startswith("Reduce") and sizes[0] >= LONG * sizes[1]
        if long or operation["name"] in ROUNDED:
            value = max(value, 1e-3)
    return value


def _calls(kernel: Kernel) -> tuple[object, ...]:
    compilation = kernel.compilation
    return kernel_calls(compilation.module, compilation.source.entry)


def _difference(
    document: Mapping[str, Any],
    kernel: Kernel,
    outputs: Sequence[Array],
    wanted: dict[str, Array],
) -> str:
    """What is wrong with the first result that is, updated arguments included."""
    found = dict(zip((t["tensor_name"] for t in document["output_desc"]), outputs))
    attributes = kernel.compilation.source.function().arg_attrs
    for tensor, attribute in zip(oracle.arguments(document), attributes or ()):
        if "te.becomes" in attribute.data:
            place = attribute.data["te.becomes"].value.data
            found[f"{tensor['tensor_name']}:updated"] = outputs[place]
    limit = tolerance(document)
    for name, array in wanted.items():
        detail = disagreement(found[name], array, limit)
        if detail:
            return f"{name}: {detail}"
    return ""


def disagreement(found: Array, wanted: Array, limit: float) -> str:
    """Why two arrays do not agree; empty if they do.

    Floats: no difference above `limit` times the largest value (at least 1e-6), and 99.9 % of the
    elements within 10 times `limit` of themselves. Others: 99.9 % equal (a rounded value may fall
    on the other side of a comparison).
    """
    if (found.dtype, found.shape) != (wanted.dtype, wanted.shape):
        return f"is {found.dtype}{found.shape}, not {wanted.dtype}{wanted.shape}"
    if found.dtype.kind != "f":
        different = np.count_nonzero(found != wanted)
        return f"{different} of {found.size} differ" if different > found.size / 1000 else ""
    a, b = found.astype(np.float64), wanted.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if not np.isfinite(b[~same]).all() or not np.isfinite(a[~same]).all():
        return "infinities or NaN differ"
    finite = np.isfinite(b)
    largest = max(np.max(np.abs(b), where=finite, initial=0), 1e-6)
    error = np.where(same, 0, np.abs(np.subtract(a, b, where=~same, out=np.zeros_like(a))))
    worst = float(np.max(error, initial=0)) / largest
    if worst > limit:
        return f"off by {worst:.1e} of the largest value, allowed are {limit:g}"
    near = error <= 10 * limit * np.abs(np.where(finite, b, 0))
    if np.count_nonzero(~(near | same)) > found.size / 1000:
        return f"{np.count_nonzero(~(near | same))} of {found.size} off by more than {10 * limit:g}"
    return ""

"""Whole networks, as ONNX and as linalg text: compiled, executed and compared with onnxruntime.

A folder holds `NAME.onnx`, `NAME.mlir` and perhaps `NAME.npz`, inputs (`in:`) and results (`out:`)
that were recorded. Weights that the ONNX file leaves out are drawn by the folder's own
`fill_weights.py`. In the text the initialisers of more than `LIFTED` f32 elements are arguments
behind the inputs, in the order of the model: it is compiled with their values, as the model is.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import ModelProto, TensorProto, numpy_helper

import akg_mlir
from akg_mlir.compiler import Kernel
from akg_mlir.diagnostics import CompileError, location_of
from akg_mlir.dialects import te
from akg_mlir.judging import judge_all, tolerance_of
from akg_mlir.reference import te as reference
from akg_mlir.report.boundaries import boundaries_of
from akg_mlir.sources import Source, function_named
from tests.support.host_results import host_results

Array = np.ndarray[Any, np.dtype[Any]]
FORMATS = ("onnx", "mlir")
LIFTED = 64
MOST_ON_MACHINE = 50_000_000
"""Points of all loop nests of a program that the simulated machine executes; the kernels of what
has more are executed as C++ on this computer, and timed without data."""
WEAK = 1e-3
"""Of the largest result: what results vary by at least, among themselves and with the input."""


@dataclass(frozen=True)
class Network:
    """A model with weights, the inputs it is run on and what it must give."""

    model: ModelProto
    inputs: tuple[Array, ...]
    expected: tuple[Array, ...]
    weakness: str
    """Why the results would not tell right from wrong; empty if they do."""

    def weights(self) -> dict[str, Array]:
        """The arrays that the text takes as arguments, which its printer calls `argN`."""
        lifted = (
            numpy_helper.to_array(tensor)
            for tensor in self.model.graph.initializer
            if tensor.data_type == TensorProto.FLOAT and prod(tensor.dims) > LIFTED
        )
        return {f"arg{k}": array for k, array in enumerate(lifted, len(self.inputs))}


def network(folder: Path, name: str, seed: int = 0) -> Network:
    """Read a model, fill it, and compute what it must give."""
    filler = _filler(folder)
    model = filler.fill(onnx.load(folder / f"{name}.onnx", load_external_data=False), seed)
    drawn = filler.rand_inputs(model, seed + 1)
    inputs, results = dict(drawn), None
    recorded = folder / f"{name}.npz"
    if recorded.exists():
        with np.load(recorded) as arrays:
            inputs = {key: arrays[f"in:{key}"] for key in drawn}
            results = [arrays[f"out:{output.name}"] for output in model.graph.output]
    computed = _onnxruntime(model, inputs)
    others = _onnxruntime(model, filler.rand_inputs(model, seed + 2))
    if results is not None:
        for one, other in zip(results, computed, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
    expected = computed if results is None else results
    weakness = next(filter(None, map(_weakness, expected, others)), "")
    return Network(model, tuple(inputs.values()), tuple(expected), weakness)


def _filler(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("fill_weights", folder / "fill_weights.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _onnxruntime(model: ModelProto, inputs: dict[str, Array]) -> list[Array]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, inputs)


def _weakness(expected: Array, other: Array) -> str:
    largest = np.abs(expected).max()
    if not np.isfinite(expected).all():
        return "the expected result has infinities or NaN"
    if expected.std() <= WEAK * largest:
        return "the expected result is constant"
    if np.abs(expected - other).max() <= WEAK * largest:
        return "the expected result does not depend on the input"
    return ""


def run(folder: Path, name: str, form: str, bisect: bool = False) -> dict[str, Any]:
    """Status ("passed", "wrong" or "unsupported"), detail and figures of one model in one form."""
    net = network(folder, name)
    if net.weakness:
        return {"status": "wrong", "detail": net.weakness}
    started = os.times()
    try:
        if form == "onnx":
            kernel = akg_mlir.compile(net.model)
        else:
            kernel = akg_mlir.compile(folder / f"{name}.mlir", weights=net.weights())
    except CompileError as error:
        return {"status": "unsupported", "detail": str(error).splitlines()[0]}
    ended = os.times()
    outputs, figures = _execute(kernel, net.inputs)
    figures |= {
        "compile_seconds": round(ended.user + ended.system - started.user - started.system, 2),
        "host_ops": host_results(kernel),
        "boundary_bytes": boundaries_of(kernel.compilation.graph).bytes,
    }
    verdict = judge_all(outputs, net.expected, tolerance_of(kernel.compilation.source.module))
    detail = "" if verdict.ok else f"off by {verdict.error:.1e}, allowed are {verdict.tolerance}"
    if bisect:
        found = first_difference(kernel, net)
        detail = "; ".join(filter(None, (detail, found)))
    status = "passed" if verdict.ok else "wrong"
    if verdict.ok and figures["host_ops"]:
        status, detail = "unsupported", "the host made a result"
    return {"status": status, "detail": detail, "max_error": float(verdict.error), **figures}


def _execute(kernel: Kernel, arguments: Sequence[Array]) -> tuple[Sequence[Array], dict[str, Any]]:
    source = kernel.compilation.source
    if points_of(source) <= MOST_ON_MACHINE:
        execution = kernel.runner.run(arguments, mode="timed")
        cycles = sum(call.result.cycles for call in execution.kernels)
        return execution.outputs, _figures("machine", len(execution.kernels), cycles)
    timed = kernel.runner.time()
    outputs = kernel.build_host().run(arguments)
    return outputs, _figures("host", len(timed), sum(call.timing.cycles for call in timed))


def _figures(engine: str, kernels: int, cycles: int) -> dict[str, Any]:
    return {"engine": engine, "kernels": kernels, "cycles": cycles}


def _all(source: Source, arguments: Sequence[Array]) -> list[Array]:
    return [*arguments, *source.weights.values()]


def points_of(source: Source) -> int:
    """Iterations of all loop nests of a tensor program."""
    nests = (op for op in source.module.walk() if isinstance(op, te.StructuredOp))
    return sum(prod(op.bounds) for op in nests)


def first_difference(kernel: Kernel, net: Network) -> str:
    """Where the result first goes wrong: on import, or in which kernel, made of which ops."""
    compilation = kernel.compilation
    source, arguments = compilation.source, net.inputs
    tolerance = tolerance_of(source.module)
    imported = reference.run(source.module, source.entry, _all(source, arguments))
    if not judge_all(imported, net.expected, tolerance).ok:
        return "the imported program differs, op by op, before anything is compiled"
    if points_of(source) > MOST_ON_MACHINE:
        return "the imported program is right; kernels were not executed by the machine"
    for call in kernel.runner.run(arguments, mode="timed").kernels:
        wanted = reference.run(compilation.graph, call.name, call.inputs)
        if not judge_all(call.result.outputs, wanted, tolerance).ok:
            return f"{call.name} is the first kernel that differs: {_ops_of(kernel, call.name)}"
    return "no kernel differs"


def _ops_of(kernel: Kernel, name: str) -> str:
    """The te ops of a kernel, with the nodes or lines that they come from."""
    function = function_named(kernel.compilation.graph, name)
    return ", ".join(
        f"{op.name}{location_of(op)}"
        for op in function.walk()
        if op.name.startswith("te.") and not isinstance(op, te.ConstantOp)
    )

"""ONNX's own backend node tests: which ones count, and running one of them.

The denominator is fixed: the tests of the operators below whose inputs and outputs are all f16,
f32, i32, i64 or bool tensors. Of a test named `X_expanded` (the function body in place of the
operator) the operator is that of `X`; expanded tests of other operators count when only
operators below are left in them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from onnx import ModelProto, TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from onnx.backend.test.case.test_case import TestCase

from akg_mlir.diagnostics import CompileError

OPERATORS = frozenset(
    "Abs Add AveragePool BatchNormalization Cast Constant Conv Div Erf Exp Gelu Gemm "
    "GlobalAveragePool GlobalMaxPool LayerNormalization Log MatMul Max MaxPool Min Mul Neg Pad Pow "
    "ReduceMax ReduceMean ReduceSum Relu Reshape Sigmoid Softmax Sqrt Sub Tanh Transpose".split()
)
ELEMENTS = frozenset(
    (
        TensorProto.FLOAT16,
        TensorProto.FLOAT,
        TensorProto.INT32,
        TensorProto.INT64,
        TensorProto.BOOL,
    )
)


@dataclass(frozen=True)
class Outcome:
    """PASS, WRONG (another result), CRASH, UNSUPPORTED (a clear error) or TIMEOUT, and why."""

    verdict: str
    reason: str = ""


def load(modules: Iterable[str] | None = None) -> dict[str, TestCase]:
    """The node tests by name: all, or those of the named modules of onnx (`relu`, `reducesum`)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if modules is None:
            cases = collect_testcases()
        else:
            for name in modules:
                import_module(f"onnx.backend.test.case.node.{name}")
            from onnx.backend.test.case.node import _NodeTestCases as cases
    return {case.name: case for case in cases}


def select(cases: dict[str, TestCase]) -> dict[str, TestCase]:
    """The tests that count."""
    return {name: case for name, case in cases.items() if _counts(case, cases)}


def operator_of(case: TestCase, cases: dict[str, TestCase]) -> str:
    """The operator a test is about."""
    twin = cases.get(re.sub(r"_expanded.*$", "", case.name), case)
    nodes = twin.model.graph.node
    return nodes[0].op_type if nodes else ""


def _counts(case: TestCase, cases: dict[str, TestCase]) -> bool:
    graph = case.model.graph
    for entry in (*graph.input, *graph.output):
        kind = entry.type
        if not kind.HasField("tensor_type") or kind.tensor_type.elem_type not in ELEMENTS:
            return False
    left = {node.op_type for node in graph.node}
    return operator_of(case, cases) in OPERATORS or left <= OPERATORS


def run(case: TestCase, backend: type) -> Outcome:
    """Run one test through a backend, judged by ONNX's own tolerances."""
    try:
        model: ModelProto = case.model
        prepared = backend.prepare(model, "CPU")
        for inputs, expected in case.data_sets:
            found = prepared.run([_array(value) for value in inputs])
            reason = _difference([_array(value) for value in expected], found, case)
            if reason:
                return Outcome("WRONG", reason)
    except CompileError as error:
        return Outcome("UNSUPPORTED", str(error).splitlines()[0])
    except Exception as error:
        text = str(error).strip().splitlines()
        return Outcome("CRASH", f"{type(error).__name__}: {text[0] if text else ''}"[:300])
    return Outcome("PASS")


def _array(value: object) -> np.ndarray:
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def _difference(expected: list[np.ndarray], found: tuple[np.ndarray, ...], case: TestCase) -> str:
    if len(expected) != len(found):
        return f"{len(found)} outputs instead of {len(expected)}"
    for number, (want, have) in enumerate(zip(expected, found)):
        if (want.dtype, want.shape) != (have.dtype, have.shape):
            return f"output {number} is {have.dtype}{have.shape}, not {want.dtype}{want.shape}"
        close = np.isclose(have, want, rtol=case.rtol, atol=case.atol, equal_nan=True)
        if not close.all():
            worst = tuple(int(i) for i in np.argwhere(~close)[0])
            return (
                f"{np.count_nonzero(~close)} of {close.size} elements differ, first "
                f"output {number}{list(worst)}: {have[worst]} instead of {want[worst]}"
            )
    return ""

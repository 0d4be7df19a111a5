"""ONNX's own backend node tests: their groups, and running one of them.

A test named `X_expanded` (the function body in place of the operator) is about the operator of `X`.
`onnx_priorities.json` lists operators by priority, those that most models use first; the operators
of no list (sequences, strings, data-dependent sizes, control flow) are priority "X".
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from onnx import ModelProto, TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from onnx.backend.test.case.test_case import TestCase

from akg_mlir.diagnostics import CompileError

PRIORITIES = ("P0", "P1", "P2", "P3", "X")
ELEMENTS = frozenset(
    (
        TensorProto.FLOAT16,
        TensorProto.FLOAT,
        TensorProto.INT32,
        TensorProto.INT64,
        TensorProto.BOOL,
    )
)


class Prepared(Protocol):
    """What a backend makes of a model."""

    def run(self, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]: ...


@dataclass(frozen=True)
class Outcome:
    """passed, wrong (another result), crashed or unsupported (a clear error), and why."""

    status: str
    detail: str = ""


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


def operator_of(case: TestCase, cases: dict[str, TestCase]) -> str:
    """The operator a test is about."""
    twin = cases.get(re.sub(r"_expanded.*$", "", case.name), case)
    nodes = twin.model.graph.node
    return nodes[0].op_type if nodes else ""


@cache
def _priorities() -> dict[str, str]:
    lists = json.loads(Path(__file__).with_name("onnx_priorities.json").read_text())
    return {name: priority for priority, names in lists.items() for name in names.split()}


def priority_of(case: TestCase, cases: dict[str, TestCase]) -> str:
    """The priority of the operator a test is about."""
    return _priorities().get(operator_of(case, cases), "X")


def groups_of(case: TestCase, cases: dict[str, TestCase]) -> tuple[str, ...]:
    """The groups that count a test: "P0" and, where all its tensors are f16, f32, i32, i64 or
    bool, "P0_core"; expanded tests are counted apart, as "P0_expanded"."""
    priority = priority_of(case, cases)
    if "_expanded" in case.name:
        return (f"{priority}_expanded",)
    return (priority, f"{priority}_core") if is_core(case) else (priority,)


def is_core(case: TestCase) -> bool:
    """Whether all inputs and outputs are tensors of f16, f32, i32, i64 or bool."""
    graph = case.model.graph
    return all(
        entry.type.HasField("tensor_type") and entry.type.tensor_type.elem_type in ELEMENTS
        for entry in (*graph.input, *graph.output)
    )


def run(case: TestCase, prepare: Callable[[ModelProto], Prepared]) -> Outcome:
    """Run one test through a backend's `prepare`, judged by ONNX's own tolerances."""
    try:
        prepared = prepare(case.model)
        for inputs, expected in case.data_sets:
            found = prepared.run([array_of(value) for value in inputs])
            reason = _difference([array_of(value) for value in expected], found, case)
            if reason:
                return Outcome("wrong", reason)
    except CompileError as error:
        return Outcome("unsupported", str(error).splitlines()[0])
    except Exception as error:
        text = str(error).strip().splitlines()
        return Outcome("crashed", f"{type(error).__name__}: {text[0] if text else ''}"[:300])
    return Outcome("passed")


def array_of(value: object) -> np.ndarray:
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

"""Damaged ONNX models yield a diagnostic or a program that verifies, never anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import onnx_mutants
import onnx_suite
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx.backend.test.case.test_case import TestCase

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.onnx import MissingConstant, import_model
from akg_mlir.verification import verify_module

MODULES = (
    "argmax attention averagepool batch_normalization cast clip concat constantofshape conv cumsum "
    "dropout einsum expand gather gemm layernormalization lrn matmul maxpool mul onehot pad pow "
    "reducesum resize reshape shape slice softmax split squeeze tile transpose where"
).split()


@cache
def node_tests() -> tuple[TestCase, ...]:
    """Node tests of many operators, with models that are right."""
    known = {module.replace("_", "") for module in MODULES}
    cases = sorted(onnx_suite.load(MODULES).items())
    return tuple(
        case
        for _, case in cases
        if len(case.model.graph.node) == 1 and case.model.graph.node[0].op_type.lower() in known
    )


def is_refused(case: TestCase, seed: int) -> bool:
    """Import a mutant of the model of a node test; what must be known is damaged, too."""
    inputs = [onnx_suite.array_of(value) for value in case.data_sets[0][0]]
    given = dict(zip((entry.name for entry in case.model.graph.input), inputs))
    model, constants = onnx_mutants.damaged(case.model, seed), {}
    while True:
        try:
            module = import_model(model, constants=constants).module
        except MissingConstant as missing:
            if missing.name in constants or missing.name not in given:
                return True
            constants[missing.name] = onnx_mutants.damaged_array(given[missing.name], seed)
        except CompileError:
            return True
        else:
            verify_module(module)
            return False


def test_damaged_models(record_property: Callable[[str, object], None]) -> None:
    cases, counts = node_tests(), Counter[str]()

    @settings(max_examples=settings.default.max_examples * 8)
    @given(st.integers(0, (1 << 32) - 1))
    def sweep(seed: int) -> None:
        counts["refused" if is_refused(cases[seed % len(cases)], seed) else "imported"] += 1

    sweep()
    record_property("counts", dict(counts))

"""Programs written as linalg and read again compute what they did.

Where `mlir-opt-19` or `iree-opt` is installed, MLIR itself must read the text, and what it prints
of it must mean the same.
"""

from __future__ import annotations

import shutil
import subprocess
from io import StringIO

import numpy as np
import pytest
from hypothesis import given, settings
from shaped_ops import KINDS, Case, cases
from te_programs import Program, build, inputs, programs, relative_error
from te_text import apply
from xdsl.dialects.builtin import ModuleOp
from xdsl.printer import Printer

from akg_mlir.inputs import prepare
from akg_mlir.judging import judge_all, tolerance_of
from akg_mlir.parsing import parse_module
from akg_mlir.reference import te as reference
from akg_mlir.sources import from_module, load

EXAMPLES = max(settings.default.max_examples // 10, 1)
OPTIMISERS = [path for name in ("mlir-opt-19", "iree-opt") if (path := shutil.which(name))]
HOSTED = ("pack",)
"""Kinds of ops that are layouts of this machine."""


def exported(module: ModuleOp) -> str:
    """A program as linalg, in generic form."""
    text = StringIO()
    Printer(text, print_generic_format=True).print_op(apply(module.clone(), "te-to-linalg"))
    return text.getvalue()


def reprinted(text: str, optimiser: str) -> str:
    command = [optimiser, "--mlir-print-op-generic", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@given(programs())
def test_random_programs_come_back(program: Program) -> None:
    module = build(program)
    text = exported(module)
    assert '"te.' not in text
    arrays = inputs(program)
    expected = reference.run(module, "main", arrays)
    again = from_module(parse_module(text), "again")
    for got, want in zip(reference.run(again.module, "main", arrays), expected, strict=True):
        assert relative_error(got, want) <= program.tolerance


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in HOSTED])
def test_every_kind_of_op_comes_back(kind: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(cases(kind))
    def check(case: Case) -> None:
        source = load(case.text)
        again = from_module(parse_module(exported(source.module)), "again")
        arrays = prepare(source, {}, 0)
        expected = reference.run(source.module, source.entry, arrays)
        results = reference.run(again.module, again.entry, arrays)
        assert judge_all(results, expected, tolerance_of(source.module)).ok

    check()


@pytest.mark.skipif(not OPTIMISERS, reason="neither mlir-opt-19 nor iree-opt is installed")
@settings(max_examples=EXAMPLES)
@given(programs())
def test_mlir_reads_what_is_written(program: Program) -> None:
    module = build(program)
    arrays = inputs(program)
    expected = reference.run(module, "main", arrays)
    text = reprinted(exported(module), OPTIMISERS[0])
    again = from_module(parse_module(text), "again")
    for got, want in zip(reference.run(again.module, "main", arrays), expected, strict=True):
        assert np.shape(got) == np.shape(want)
        assert relative_error(got, want) <= program.tolerance

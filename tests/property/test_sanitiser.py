"""The checks of finished kernels kill mutants: every changed kernel that is wrong is refused.

Kernels of examples, of affine programs and of random tensor programs are changed by the mutators of
`npu_mutants.py`. A mutant counts when it breaks a rule of the machine or when its result differs
in one of 200 orders (in any order, where the kernel has at most eight instructions). `npu-verify`
must refuse all that count, and 20 runs in other random orders must show at least 99 % of them by
their results or errors, the race detector aside. What no run shows are races that few orders decide
wrongly, or that exchange equal values only: they are counted by name. The table of counts is
printed and in the JSON of `--counts`. `make deep` makes more than 500 mutants, `make test` a few.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable
from itertools import product
from random import Random

from hypothesis import settings
from npu_finished import broken_rule, finished_kernels, may_differ, outcome, program_of
from npu_mutants import MUTATORS
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.diagnostics import CompileError
from akg_mlir.parsing import make_context
from akg_mlir.passes.npu.npu_verify import NpuVerify

DEEP = settings.default.max_examples >= 1000
RANDOM_PROGRAMS = 40 if DEEP else 1
NAMES = () if DEEP else ("relu", "layer_norm", "matmul_bias_relu", "sum_of_squares")
ATTEMPTS = 2 if DEEP else 1
RUNS = range(20)
ORDERS = range(1000, 1200 if DEEP else 1020)
Record = Callable[[str, object], None]


def refused(module: ModuleOp) -> bool:
    try:
        NpuVerify().apply(make_context(), module)
    except CompileError:
        return True
    return False


def test_every_mutant_that_matters_is_refused(record_property: Record) -> None:
    counts: Counter[str] = Counter()
    accepted: list[str] = []
    unseen: list[str] = []
    for name, module in finished_kernels(RANDOM_PROGRAMS, NAMES):
        expected = outcome(program_of(module), 0)
        assert not isinstance(expected, str), f"{name}: {expected}"
        assert not refused(module), name
        counts["kernels"] += 1
        for mutate, attempt in product(MUTATORS, range(ATTEMPTS)):
            kind, mutant = mutate.__name__, module.clone()
            if not mutate(mutant, Random(zlib.crc32(f"{name} {kind} {attempt}".encode()))):
                continue
            program = program_of(mutant)
            rule = broken_rule(program)
            wrong = rule is not None or may_differ(program, expected, ORDERS)
            killed = refused(mutant)
            counts[f"{kind}: made"] += 1
            counts[f"{kind}: refused, though every order is right"] += killed and not wrong
            if not wrong:
                continue
            seen = any(outcome(program, seed) != expected for seed in RUNS)
            counts[f"{kind}: counted"] += 1
            counts[f"{kind}: refused"] += killed
            counts[f"{kind}: seen by runs"] += seen
            if not killed:
                accepted.append(f"{name}: {kind} {attempt}: {rule}")
            if not seen:
                unseen.append(f"{name}: {kind} {attempt}: {rule}")
    record_property("counts", dict(counts) | {"unseen": unseen})
    print("\n".join(f"{number:6} {what}" for what, number in sorted(counts.items())))
    print("not seen by runs:", *unseen, sep="\n  ")
    assert accepted == []
    assert len(unseen) * 100 <= sum(counts[f"{m.__name__}: counted"] for m in MUTATORS)
    if DEEP:
        assert sum(counts[f"{m.__name__}: made"] for m in MUTATORS) >= 500
        assert all(counts[f"{m.__name__}: counted"] >= 20 for m in MUTATORS)

"""PolyBench/C 4.2.1 on every floor: loops and trees against the golden dumps, and the machine.

`f64 MINI` and `f64 SMALL` pass when the loops print what the published program prints and the
final tree, which the judge has accepted, computes exactly what the loops do; a kernel whose
smallest tile is larger than the target's memory stays untiled there. `f32 MINI` passes
when the compiled kernel computes on the machine, in three orders, what the loops do in f32.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from akg_mlir.diagnostics import CompileError
from akg_mlir.machine import MachineError
from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_tree_order
from bench.isolated import run_isolated
from tests.support import polybench

PRINTED = 0.005001
"""Half of the last digit of the dumps, and rounding."""
ORDERS = ("program", "timed", "adversarial")
Case = tuple[str, str, float]
"""Verdict, reason, and seconds of compiling and proving."""


def run_suite(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run all kernels; every verdict but PASS is a regression."""
    root = Path(arguments.cases) / "polybench"
    if not root.is_dir():
        print(f"polybench: no folder {root}; nothing was run", file=sys.stderr)
        return {"ok": True, "missing": str(root), "total": 0}
    tasks = dict[str, Any]()
    for name in polybench.NAMES:
        for size in ("MINI", "SMALL"):
            dump = (root / f"{name}.{size}.txt").read_text()
            tasks[f"{name} f64 {size}"] = partial(_direct, name, size, dump)
        tasks[f"{name} f32 MINI"] = partial(_machine, name)
    chosen = {name: task for name, task in tasks.items() if re.search(arguments.include, name)}
    cases = dict[str, dict[str, Any]]()
    for done in run_isolated(chosen, arguments.jobs, arguments.timeout):
        if isinstance(done.value, tuple):
            verdict, reason, seconds = done.value
        else:
            verdict = "TIMEOUT" if done.failure == "timeout" else "CRASH"
            reason, seconds = str(done.failure), done.seconds
        cases[done.name] = {"verdict": verdict, "reason": reason, "compile_seconds": seconds}
        print(f"{verdict:12} {done.name:26} {reason}", flush=True)
    counts = Counter(case["verdict"] for case in cases.values())
    print(f"polybench: {dict(counts)} of {len(cases)}")
    return {
        "ok": counts["PASS"] == len(cases),
        "total": len(cases),
        "passed": counts["PASS"],
        "wrong": counts["WRONG"],
        "crashed": counts["CRASH"],
        "unsupported": counts["UNSUPPORTED"],
        "timeout": counts["TIMEOUT"],
        "cases": dict(sorted(cases.items())),
    }


def _direct(name: str, size: str, dump: str) -> Case:
    started = time.process_time()
    reason = ""
    try:
        tree = polybench.transformed(name, size)
    except CompileError as error:
        if "needs" not in str(error) or "the limit is" not in str(error):
            return "UNSUPPORTED", str(error), 0.0
        tree = polybench.transformed(name, size, passes=polybench.UNTILED)
        reason = f"untiled: {str(error).splitlines()[0]}"
    seconds = round(time.process_time() - started, 3)
    loops, actual = polybench.arguments(name, size), polybench.arguments(name, size)
    affine.run(polybench.module(name, size), polybench.function_name(name), loops)
    affine.run(tree, polybench.function_name(name), actual, write_tree_order)
    error = float(np.max(np.abs(polybench.dumped(name, loops) - polybench.golden(name, dump))))
    if not error <= PRINTED:
        return "WRONG", f"the loops are {error:g} from the published results", seconds
    if not all(np.array_equal(a, b) for a, b in zip(actual, loops, strict=True)):
        return "WRONG", "the tree does not compute what the loops do", seconds
    return "PASS", reason, seconds


def _machine(name: str) -> Case:
    started = time.process_time()
    try:
        polybench.transformed(name, "MINI", "f32", polybench.NPU)
    except CompileError as error:
        return "UNSUPPORTED", str(error), 0.0
    seconds = round(time.process_time() - started, 3)
    for order in ORDERS:
        try:
            error = polybench.machine_error(name, order)
        except (MachineError, AssertionError) as failure:
            return "WRONG", f"{order} order: {failure}", seconds
        if not error <= polybench.F32_TOLERANCE:
            return "WRONG", f"{order} order: {error:g} from the loops", seconds
    return "PASS", "", seconds

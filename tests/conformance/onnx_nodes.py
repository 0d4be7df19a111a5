"""The suite of ONNX's backend node tests, compared with what is expected to fail."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from onnx.backend.test.case.test_case import TestCase

from akg_mlir.onnx_backend import Backend
from bench.isolated import run_isolated
from tests.support import onnx_suite
from tests.support.onnx_suite import Outcome

EXPECTED = Path(__file__).with_name("onnx_expected.json")
VERDICTS = ("PASS", "WRONG", "CRASH", "UNSUPPORTED", "TIMEOUT")


def run_suite(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the tests that count; prints a table and what changed, returns the counts."""
    every = onnx_suite.load()
    counted = onnx_suite.select(every)
    chosen = {name: case for name, case in counted.items() if re.search(arguments.include, name)}
    started = time.monotonic()
    outcomes = _run(chosen, arguments.jobs, arguments.timeout)
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else _nothing_expected()
    print(_table(outcomes, {name: onnx_suite.operator_of(c, every) for name, c in chosen.items()}))
    changes = _changes(outcomes, expected, len(counted))
    print("\n".join(changes) or "as expected")
    if arguments.update and len(chosen) == len(counted):
        _write_expected(outcomes)
    counts = Counter(outcome.verdict for outcome in outcomes.values())
    return {
        "ok": arguments.update or not any(line.startswith("REGRESSION") for line in changes),
        "denominator": len(counted),
        "run": len(chosen),
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "pass_rate": round(counts["PASS"] / max(len(chosen), 1), 4),
        "seconds": round(time.monotonic() - started, 1),
        "not_passing": _not_passing(outcomes),
    }


def _run(cases: Mapping[str, TestCase], jobs: int, timeout: float) -> dict[str, Outcome]:
    tasks = {name: partial(onnx_suite.run, case, Backend) for name, case in cases.items()}
    outcomes: dict[str, Outcome] = {}
    for finished in run_isolated(tasks, jobs, timeout):
        if isinstance(finished.value, Outcome):
            outcome = finished.value
        elif finished.failure == "timeout":
            outcome = Outcome("TIMEOUT", f"more than {timeout:g} s")
        else:
            outcome = Outcome("CRASH", str(finished.failure))
        outcomes[finished.name] = outcome
        if outcome.verdict != "PASS":
            print(f"{outcome.verdict:12} {finished.name}: {outcome.reason}", flush=True)
    return dict(sorted(outcomes.items()))


def _nothing_expected() -> dict[str, Any]:
    return {"denominator": None, "not_passing": {}}


def _not_passing(outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, str]]:
    return {
        name: {"verdict": outcome.verdict, "reason": outcome.reason}
        for name, outcome in outcomes.items()
        if outcome.verdict != "PASS"
    }


def _changes(outcomes: Mapping[str, Outcome], expected: dict[str, Any], counted: int) -> list[str]:
    lines = list[str]()
    if expected["denominator"] not in (None, counted):
        lines.append(f"REGRESSION: {counted} tests count, expected {expected['denominator']}")
    for name, outcome in outcomes.items():
        was = expected["not_passing"].get(name, {"verdict": "PASS"})["verdict"]
        if outcome.verdict == was:
            continue
        word = "progress" if outcome.verdict == "PASS" else "REGRESSION"
        lines.append(f"{word}: {name} was {was}, is {outcome.verdict} {outcome.reason}")
    return lines


def _write_expected(outcomes: Mapping[str, Outcome]) -> None:
    content = {"denominator": len(outcomes), "not_passing": _not_passing(outcomes)}
    EXPECTED.write_text(json.dumps(content, indent=1) + "\n")
    print(f"wrote {EXPECTED}")


def _table(outcomes: Mapping[str, Outcome], operators: Mapping[str, str]) -> str:
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for name, outcome in outcomes.items():
        for row in (operators[name], "all"):
            rows[row][outcome.verdict] += 1
    total = rows.pop("all", Counter[str]())
    lines = [f"{'operator':22}{'tests':>7}" + "".join(f"{v:>13}" for v in VERDICTS)]
    for operator, counts in [*sorted(rows.items()), ("all", total)]:
        cells = "".join(f"{counts[verdict] or '':>13}" for verdict in VERDICTS)
        lines.append(f"{operator:22}{counts.total():>7}{cells}")
    lines.append(f"{100 * total['PASS'] / max(total.total(), 1):.1f} % pass")
    return "\n".join(lines)

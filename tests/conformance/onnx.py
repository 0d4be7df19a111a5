"""ONNX's backend node tests, all of them: compiled, executed on the machine, compared.

    python -m tests.conformance.onnx --json counts.json
    python -m tests.conformance.onnx --priority P0,P1 --core --include 'pool'

Groups are those of `tests/support/onnx_suite.py`. What does not pass is listed in
`onnx_expected.json`; wrong, crashed, timed out or newly unsupported tests are regressions.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from onnx import ModelProto
from onnx.backend.test.case.test_case import TestCase

from akg_mlir.execution.graph import kernel_calls
from akg_mlir.frontends.onnx import import_model
from akg_mlir.onnx_backend import Backend, CompiledModel
from bench.isolated import Finished, run_isolated
from tests.conformance import engines
from tests.conformance.outcomes import STATUSES, by_group, counts, record, write_json
from tests.support import onnx_suite
from tests.support.composite_cases import warm_up
from tests.support.host_results import host_results

EXPECTED = Path(__file__).with_name("onnx_expected.json")


def run_suite(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the tests whose name matches `arguments.include`."""
    every = onnx_suite.load()
    chosen = {name: case for name, case in every.items() if re.search(arguments.include, name)}
    return run(chosen, every, arguments.jobs, arguments.timeout, update=arguments.update)


def run(
    chosen: Mapping[str, TestCase],
    every: dict[str, TestCase],
    jobs: int,
    timeout: float,
    *,
    update: bool = False,
) -> dict[str, Any]:
    """Counts, by group too, and one record per test; differences from the expectation on stderr."""
    started = time.monotonic()
    warm_up()
    tasks = {name: partial(run_case, case) for name, case in chosen.items()}
    found = {finished.name: finished for finished in run_isolated(tasks, jobs, timeout)}
    # on a busy machine time runs out for other reasons: once more, one at a time
    late = {name: tasks[name] for name, one in found.items() if one.failure == "timeout"}
    found |= {finished.name: finished for finished in run_isolated(late, 1, timeout)}
    cases = [_record(finished, timeout) for _, finished in sorted(found.items())]
    grouped = {case["name"]: onnx_suite.groups_of(chosen[case["name"]], every) for case in cases}
    result = {
        **counts(cases),
        "groups": by_group(cases, lambda name: grouped[name]),
        "seconds": round(time.monotonic() - started, 1),
    }
    print(_table(result), file=sys.stderr)
    regressions = _regressions(cases)
    print("\n".join(regressions) or "as expected", file=sys.stderr)
    if update:
        _write_expected(cases)
    return {**result, "ok": update or not regressions, "cases": cases}


def run_case(case: TestCase) -> dict[str, Any]:
    """Status, detail and figures of one test."""
    made = list[CompiledModel]()

    def prepare(model: ModelProto) -> CompiledModel:
        made.append(Backend.prepare(model))
        return made[-1]

    outcome = onnx_suite.run(case, prepare)
    status, detail = outcome.status, outcome.detail
    figures = _figures(case.model, made[-1]) if status in ("passed", "wrong") else {}
    if status == "passed" and figures["host_ops"]:
        status, detail = "unsupported", "not all of the result is computed by kernels"
    return {"status": status, "detail": detail, **figures}


def _figures(model: ModelProto, prepared: CompiledModel) -> dict[str, Any]:
    """Kernel calls, seconds in passes, cycles, and what the host computed: values of the inputs
    that were folded while compiling, and results that no kernel wrote."""
    constants, kernel = list(prepared.compiled())[-1]
    compilation = kernel.compilation
    entry = compilation.source.entry
    return {
        "kernels": len(kernel_calls(compilation.module, entry)),
        "compile_seconds": round(sum(compilation.seconds().values()), 3),
        "cycles": sum(call.timing.cycles for call in kernel.runner.time()),
        "host_ops": len(import_model(model, constants=constants).folded) + host_results(kernel),
    }


def _record(finished: Finished, timeout: float) -> dict[str, Any]:
    none = {"kernels": 0, "compile_seconds": None, "cycles": 0, "host_ops": 0}
    case = {"name": finished.name, **none, **record(finished, timeout)}
    if case["status"] not in ("passed", "unsupported"):
        print(f"{case['status']:12} {case['name']}: {case['detail']}", file=sys.stderr)
    return case


def _regressions(cases: Iterable[Mapping[str, Any]]) -> list[str]:
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    return [
        f"{case['status'].upper()} {case['name']}: {case['detail']}"
        for case in cases
        if case["status"] != "passed"
        and (case["status"] != "unsupported" or case["name"] not in expected)
    ]


def _write_expected(cases: Iterable[Mapping[str, Any]]) -> None:
    """The tests that do not pass, with the reason: of those that ran; others stay listed."""
    known = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    for case in cases:
        known.pop(case["name"], None)
        if case["status"] != "passed":
            known[case["name"]] = case["detail"]
    EXPECTED.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    print(f"wrote {EXPECTED}", file=sys.stderr)


def _table(result: Mapping[str, Any]) -> str:
    lines = [f"{'group':14}{'tests':>7}" + "".join(f"{s:>13}" for s in STATUSES) + "       %"]
    for name, found in [*result["groups"].items(), ("all", result)]:
        cells = "".join(f"{found[status] or '':>13}" for status in STATUSES)
        rate = 100 * found["passed"] / max(found["total"], 1)
        lines.append(f"{name:14}{found['total']:>7}{cells}{rate:8.1f}")
    return "\n".join(lines)


def main() -> int:
    """Run the suite by itself."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.onnx")
    add = parser.add_argument
    add("--json", nargs="?", const="-", metavar="FILE", help="write counts and cases (stdout)")
    add("--include", default="", metavar="RE", help="only tests whose name matches this")
    add("--priority", default="", help="only operators of these priorities, such as P0,P1")
    add("--core", action="store_true", help="only tests of f16, f32, i32, i64 and bool tensors")
    add("--direct", action="store_true", help="without the tests of expanded operators")
    add("--jobs", type=int, default=2, help="processes at a time (2)")
    add("--timeout", type=float, default=60, help="seconds per test (60)")
    add("--update", action="store_true", help="rewrite what is expected not to pass")
    engines.add_option(parser)
    options = parser.parse_args()
    engines.apply(options)
    every = onnx_suite.load()
    priorities = options.priority.split(",") if options.priority else onnx_suite.PRIORITIES
    chosen = {
        name: case
        for name, case in every.items()
        if re.search(options.include, name)
        and onnx_suite.priority_of(case, every) in priorities
        and (not options.core or onnx_suite.is_core(case))
        and not (options.direct and "_expanded" in name)
    }
    result = run(chosen, every, options.jobs, options.timeout, update=options.update)
    write_json(result, options.json)
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

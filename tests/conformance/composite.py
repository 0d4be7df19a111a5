"""Composite JSON kernels that others wrote: compiled, executed on the machine, compared.

    python -m tests.conformance.composite ../shared/cases/composite --json counts.json

Kernels of more than 4 million elements are made smaller (`tests/support/composite_scaling.py`).
Some at a time: `--include '/[0-3]'`, or `--sample N`; what passed in an earlier `--json FILE` is
not run again with `--resume FILE`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.isolated import run_isolated
from tests.conformance import engines
from tests.conformance.outcomes import STATUSES, by_group, counts, record, write_json
from tests.support import composite_cases


def run_suite(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the kernels below `arguments.cases`/composite; wrong and crashed ones are regressions."""
    root = Path(arguments.cases) / "composite"
    if not root.is_dir():
        print(f"composite: no folder {root}; nothing was run", file=sys.stderr)
        return {"ok": True, "missing": str(root), "total": 0}
    return run(_files(root, arguments.include), root, arguments.jobs, arguments.timeout, {})


def run(
    files: list[Path], root: Path, jobs: int, timeout: float, known: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """Counts and verdicts of files; those of which `known` has a case are not run."""
    composite_cases.warm_up()
    tasks = {str(path.relative_to(root)): partial(_case, path) for path in files}
    cases = {name: known[name] for name in tasks if name in known}
    for finished in run_isolated({n: t for n, t in tasks.items() if n not in known}, jobs, timeout):
        case = cases[finished.name] = record(finished, timeout)
        if case["status"] != "passed":
            print(f"{case['status']:12} {finished.name}: {case['detail']}", file=sys.stderr)
    found = counts(cases.values())
    result = {**found, "ok": not found["wrong"] + found["crashed"]}
    result["groups"] = by_group(cases.values(), lambda name: [str(Path(name).parent)])
    result["cases"] = [cases[name] for name in sorted(cases)]
    print(_summary(result), file=sys.stderr)
    return result


def _case(path: Path) -> dict[str, Any]:
    return composite_cases.run(json.loads(path.read_text()))


def _summary(result: Mapping[str, Any]) -> str:
    seconds = [case["compile_seconds"] for case in result["cases"] if "compile_seconds" in case]
    single = sum(case.get("kernels") == 1 for case in result["cases"])
    parts = [f"{result[status]} {status}" for status in ("total", *STATUSES) if result[status]]
    if seconds:
        parts.append(f"median compile time {median(seconds):.2f} s CPU, most {max(seconds):.1f}")
    return f"composite: {', '.join(parts)}; {single} are one kernel"


def _files(root: Path, include: str) -> list[Path]:
    def found() -> Iterator[Path]:
        for suffix in (".json", ".info"):
            yield from root.rglob(f"*{suffix}")

    return [p for p in sorted(found()) if re.search(include, str(p.relative_to(root)))]


def main() -> int:
    """Run a folder of kernels by itself."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.composite")
    add = parser.add_argument
    add("folder", type=Path, help="a folder of .json or .info files")
    add("--json", nargs="?", const="-", metavar="FILE", help="write counts and verdicts (stdout)")
    add("--resume", type=Path, metavar="FILE", help="an earlier --json: passed cases are kept")
    add("--include", default="", help="only files whose path matches this")
    add("--sample", type=int, metavar="N", help="N of them, drawn at random")
    add("--seed", type=int, default=0, help="seed of the sample (0)")
    add("--jobs", type=int, default=2, help="processes at a time (2)")
    add("--timeout", type=float, default=120, help="seconds per kernel (120)")
    engines.add_option(parser)
    options = parser.parse_args()
    engines.apply(options)
    files = _files(options.folder, options.include)
    if options.sample is not None and options.sample < len(files):
        files = sorted(random.Random(options.seed).sample(files, options.sample))
    known = dict[str, dict[str, Any]]()
    if options.resume is not None and options.resume.exists():
        cases = json.loads(options.resume.read_text())["cases"]
        known = {case["name"]: case for case in cases if case["status"] == "passed"}
    result = run(files, options.folder, options.jobs, options.timeout, known)
    write_json(result, options.json)
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

"""Whole networks, as ONNX and as linalg text: compiled, executed, compared with onnxruntime.

    python -m tests.conformance.models ../shared/cases/models --json counts.json
    python -m tests.conformance.models ../shared/cases/models --include vgg --bisect

Small networks run on the simulated machine. Large ones are timed there, and their kernels run as
C++ on this computer: `engine` says which.
`--bisect` names the first kernel that differs from the reference, with its ops and where they come
from. A network whose two forms become different numbers of kernels, or whose traffic across their
boundaries differs by more than 5 %, is listed under `forms`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.isolated import run_isolated
from tests.conformance import engines
from tests.conformance.outcomes import STATUSES, by_group, counts, record, write_json
from tests.support import model_cases
from tests.support.model_cases import FORMATS

MOST_TRAFFIC = 1.05
"""Of the form that moves less across boundaries of kernels, what the other may move."""


def run_suite(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run the networks below `arguments.cases`/models; all must pass."""
    root = Path(arguments.cases) / "models"
    if not root.is_dir():
        print(f"models: no folder {root}; nothing was run", file=sys.stderr)
        return {"ok": True, "missing": str(root), "total": 0}
    return run(root, arguments.include, arguments.jobs, arguments.timeout)


def run(
    folder: Path, include: str, jobs: int, timeout: float, bisect: bool = False
) -> dict[str, Any]:
    """Counts and one record per network and form."""
    paths = [path for form in FORMATS for path in sorted(folder.glob(f"*.{form}"))]
    chosen = [path for path in paths if re.search(include, path.name)]
    tasks = {
        path.name: partial(model_cases.run, folder, path.stem, path.suffix[1:], bisect)
        for path in chosen
    }
    cases = list[dict[str, Any]]()
    for finished in run_isolated(tasks, jobs, timeout):
        cases.append(record(finished, timeout))
        print(_line(cases[-1]), file=sys.stderr, flush=True)
    cases.sort(key=lambda case: case["name"])
    found = counts(cases)
    print("models:", ", ".join(f"{found[s]} {s}" for s in STATUSES if found[s]), file=sys.stderr)
    forms = _forms(cases)
    print("\n".join(forms), file=sys.stderr)
    return {
        **found,
        "ok": found["passed"] == found["total"],
        "groups": by_group(cases, lambda name: [Path(name).suffix[1:]]),
        "forms": forms,
        "cases": cases,
    }


def _line(case: Mapping[str, Any]) -> str:
    figures = (
        f"{key} {case[key]}"
        for key in ("engine", "kernels", "compile_seconds", "cycles", "max_error")
        if key in case
    )
    return f"{case['status']:12} {case['name']}: {', '.join(figures)} {case['detail']}"


def _forms(cases: Sequence[Mapping[str, Any]]) -> list[str]:
    """Networks whose forms become different programs."""
    found = dict[str, list[Mapping[str, Any]]]()
    for case in cases:
        if "kernels" in case:
            found.setdefault(Path(case["name"]).stem, []).append(case)
    lines = list[str]()
    for name, pair in found.items():
        numbers, moved = ([case[key] for case in pair] for key in ("kernels", "boundary_bytes"))
        if len({*numbers}) > 1 or max(moved) > MOST_TRAFFIC * min(moved):
            lines.append(f"{name}: {' and '.join(case['name'] for case in pair)} become "
                         f"{numbers} kernels that exchange {moved} bytes")  # fmt: skip
    return lines


def main() -> int:
    """Run a folder of networks by itself."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.models")
    add = parser.add_argument
    add("folder", type=Path, help="a folder of .onnx and .mlir files")
    add("--json", nargs="?", const="-", metavar="FILE", help="write counts and verdicts (stdout)")
    add("--include", default="", help="only files whose name matches this")
    add("--bisect", action="store_true", help="name the first kernel that differs")
    add("--jobs", type=int, default=2, help="processes at a time (2)")
    add("--timeout", type=float, default=3600, help="seconds per network (3600)")
    engines.add_option(parser)
    options = parser.parse_args()
    engines.apply(options)
    result = run(options.folder, options.include, options.jobs, options.timeout, options.bisect)
    write_json(result, options.json)
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

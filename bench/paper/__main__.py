"""`python -m bench.paper [--json [FILE]] [--ablations [NAMES]]`: the AKG paper's shapes, timed.

Cycles are those of the timing model without data. Every operator class is also executed at reduced
size and compared with numpy, in all orders of execution.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import akg_mlir
from bench.isolated import Finished, run_isolated
from bench.paper import graphs, shapes, summary
from bench.paper.cases import ABLATIONS, Entry, measure_case
from bench.paper.functional import Check, check
from bench.paper.shapes import Case
from bench.paper.variants import TARGET


def main() -> int:
    arguments = _arguments()
    try:
        cases = shapes.read(arguments.shapes)
    except OSError as error:
        print(f"bench.paper: {error}; --shapes names the table of shapes", file=sys.stderr)
        return 2
    classes = arguments.class_ or shapes.CLASSES
    chosen = [
        case
        for case in cases
        if case.class_ in classes and (not arguments.case or case.name in arguments.case)
    ]
    started = time.monotonic()
    _load_everything()
    checks = [] if arguments.case or arguments.no_checks else _check(classes, arguments)
    entries: list[Entry] = []
    for entry in _measure(chosen, arguments):
        entries = _in_order([*entries, entry], chosen)
        if arguments.json not in (None, "-"):
            _replace(Path(arguments.json), _as_json(entries))
    print(summary.table(entries), file=sys.stderr)
    wrong = [finished.name for finished in checks if not _is_right(finished)]
    right = len(checks) - len(wrong)
    print(f"functional checks: {right} right, wrong: {', '.join(wrong) or 'none'}", file=sys.stderr)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    if arguments.json == "-":
        sys.stdout.write(_as_json(entries))
    return 1 if wrong or any("error" in entry for entry in entries) else 0


def _in_order(entries: Sequence[Entry], cases: Sequence[Case]) -> list[Entry]:
    names = [case.name for case in cases]
    return sorted(entries, key=lambda entry: names.index(str(entry["case"])))


def _as_json(entries: Sequence[Entry]) -> str:
    return json.dumps(entries, indent=2) + "\n"


def _replace(file: Path, text: str) -> None:
    """Write a file at once: a run that is killed leaves what it has measured so far."""
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


def _load_everything() -> None:
    """Modules load when they are needed: once here, not in the process of every case."""
    akg_mlir.compile(graphs.program(graphs.small("relu")[0]), target=TARGET).report()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.paper", description=__doc__)
    parser.add_argument(
        "--json",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write the list of figures, a file after every case",
    )
    parser.add_argument(
        "--ablations",
        type=_names,
        nargs="?",
        const=ABLATIONS,
        default=(),
        metavar="NAMES",
        help=f"time the variants, too: {', '.join(ABLATIONS)} (default all)",
    )
    parser.add_argument("--case", action="append", help="only this case; may be repeated")
    parser.add_argument(
        "--class", dest="class_", action="append", choices=shapes.CLASSES, help="only this class"
    )
    parser.add_argument("--no-checks", action="store_true", help="without the functional checks")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time (default 2)")
    parser.add_argument(
        "--budget", type=float, metavar="SECONDS", help="per case (default 120, ablations 600)"
    )
    table = Path(os.environ.get("AKG_PAPER_SHAPES", shapes.DEFAULT))
    parser.add_argument("--shapes", type=Path, default=table, help="the paper's table of shapes")
    arguments = parser.parse_args()
    arguments.budget = arguments.budget or (600 if arguments.ablations else 120)
    return arguments


def _names(text: str) -> tuple[str, ...]:
    """The ablations of a list with commas. Raises `ArgumentTypeError` for others."""
    names = tuple(text.split(","))
    for name in names:
        if name not in ABLATIONS:
            raise argparse.ArgumentTypeError(f"no {name!r} among {', '.join(ABLATIONS)}")
    return names


def _check(classes: Sequence[str], arguments: argparse.Namespace) -> list[Finished]:
    small = [case for class_ in classes for case in graphs.small(class_)]
    tasks = {case.name: partial(check, case) for case in small}
    return list(_run("check", tasks, arguments))


def _is_right(finished: Finished) -> bool:
    return isinstance(finished.value, Check) and finished.value.ok


def _measure(cases: Sequence[Case], arguments: argparse.Namespace) -> Iterator[Entry]:
    """One entry per case, in the order in which they finish."""
    classes = {case.name: case.class_ for case in cases}
    tasks = {case.name: partial(measure_case, case, arguments.ablations) for case in cases}
    for finished in _run("case", tasks, arguments):
        failed = {
            "case": finished.name,
            "class": classes[finished.name],
            "error": str(finished.failure),
        }
        yield finished.value if isinstance(finished.value, dict) else failed


def _run(
    what: str, tasks: Mapping[str, Callable[[], object]], arguments: argparse.Namespace
) -> Iterator[Finished]:
    """Run tasks with progress on standard error."""
    for count, finished in enumerate(run_isolated(tasks, arguments.jobs, arguments.budget), 1):
        outcome = finished.failure or _outcome(finished.value)
        line = f"[{count}/{len(tasks)}] {what} {finished.name} {finished.seconds:.1f} s {outcome}"
        print(line, file=sys.stderr, flush=True)
        yield finished


def _outcome(value: object) -> str:
    match value:
        case Check():
            return "right" if value.ok else f"WRONG, error {value.max_error}"
        case {"error": error}:
            return str(error)
        case {"cycles": cycles, "utilisation": utilisation}:
            return f"{cycles} cycles, {utilisation:.0%}"
        case _:
            return ""


if __name__ == "__main__":
    sys.exit(main())

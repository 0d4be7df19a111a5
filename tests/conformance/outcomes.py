"""What every runner makes of cases that ran each in a process of its own: records and counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.isolated import Finished

STATUSES = ("passed", "wrong", "crashed", "unsupported", "timeout")


def record(finished: Finished, timeout: float) -> dict[str, Any]:
    """The record of a case: what it returned, or how its process ended."""
    if isinstance(finished.value, dict):
        return {"name": finished.name, **finished.value}
    if finished.failure == "timeout":
        status, detail = "timeout", f"more than {timeout:g} s"
    else:
        status, detail = "crashed", str(finished.failure)
    return {"name": finished.name, "status": status, "detail": detail}


def counts(cases: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many cases there are, and how many of each status."""
    found = Counter(case["status"] for case in cases)
    return {"total": found.total(), **{status: found[status] for status in STATUSES}}


def by_group(
    cases: Iterable[Mapping[str, Any]], groups_of: Callable[[str], Iterable[str]]
) -> dict[str, dict[str, int]]:
    """The counts of each group; a case may be in several, by its name."""
    grouped = dict[str, list[Mapping[str, Any]]]()
    for case in cases:
        for group in groups_of(case["name"]):
            grouped.setdefault(group, []).append(case)
    return {group: counts(grouped[group]) for group in sorted(grouped)}


def write_json(result: Mapping[str, Any], where: str | None) -> None:
    """Write what a runner found to a file, `-` for stdout; None for nowhere."""
    text = json.dumps(result, indent=1) + "\n"
    if where == "-":
        print(text)
    elif where:
        Path(where).write_text(text)

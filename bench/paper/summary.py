"""Geometric means per class against the figures that are asked for, as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akg_mlir.report.table import render
from bench.paper.shapes import OPERATORS

LARGE = 10_000
"""Cycles of a lower bound from which a case is large: filling and draining no longer count."""

Entry = Mapping[str, Any]
"""A case as the JSON has it; one that failed has `error` instead of figures."""

_STREAMING = ("relu", "cast", "add")


@dataclass(frozen=True)
class Goal:
    """A figure of some classes' cases and the least that its geometric mean should be."""

    name: str
    classes: tuple[str, ...]
    figure: Callable[[Entry], float | None]
    least: float
    large_only: bool = False


def _utilisation(entry: Entry) -> float | None:
    return entry["utilisation"]


def _over(ablation: str) -> Callable[[Entry], float | None]:
    """How many times faster a case is than one of its variants."""

    def speedup(entry: Entry) -> float | None:
        cycles = entry["ablations"].get(ablation)
        return cycles / entry["cycles"] if isinstance(cycles, int) else None

    return speedup


GOALS = (
    Goal("large products: utilisation", ("matmul", "gemm", "conv"), _utilisation, 0.85, True),
    Goal("streaming, large: utilisation", _STREAMING, _utilisation, 0.88, True),
    Goal("streaming, all: utilisation", _STREAMING, _utilisation, 0.88),
    Goal("batch norm, large: utilisation", ("bn_reduce", "bn_update"), _utilisation, 0.75, True),
    Goal("batch norm, all: utilisation", ("bn_reduce", "bn_update"), _utilisation, 0.75),
    Goal("transpose, large: utilisation", ("transpose",), _utilisation, 0.60, True),
    Goal("transpose, all: utilisation", ("transpose",), _utilisation, 0.60),
    Goal("sub-graphs: utilisation", ("subgraph",), _utilisation, 0.80),
    Goal("sub-graphs over unfused", ("subgraph",), _over("unfused"), 4.0),
    Goal("41 products over template", ("gemm",), _over("template"), 1.05),
    Goal("ten operators over template", OPERATORS, _over("template"), 1.3),
)


def geometric_mean(values: Sequence[float]) -> float | None:
    """None of nothing."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def goals(entries: Iterable[Entry]) -> list[dict[str, object]]:
    """Per goal: the mean reached, the least asked for and how many cases count."""
    done = [entry for entry in entries if "error" not in entry]
    result: list[dict[str, object]] = []
    for goal in GOALS:
        found = [
            goal.figure(entry)
            for entry in done
            if entry["class"] in goal.classes
            and (not goal.large_only or entry["lower_bound"] >= LARGE)
        ]
        values = [value for value in found if value is not None]
        mean = geometric_mean(values)
        reached = None if mean is None else round(mean, 4)
        result.append(
            {"goal": goal.name, "reached": reached, "least": goal.least, "cases": len(values)}
        )
    return result


def table(entries: Sequence[Entry]) -> str:
    """All cases, then the goals, then the cases that failed."""
    columns = ("case", "class", "cycles", "bound", "util", "by", "loads", "traffic", "compile s")
    done = [entry for entry in entries if "error" not in entry]
    ablations = list(dict.fromkeys(name for entry in done for name in entry["ablations"]))
    lines = list(render((*columns, *ablations), [_row(entry, ablations) for entry in done]))
    lines += ["", *render(("goal", "reached", "asked", "cases"), map(_goal, goals(entries)))]
    lines += [f"FAILED {e['case']} ({e['class']}): {e['error']}" for e in entries if "error" in e]
    return "\n".join(lines)


def _row(entry: Entry, ablations: Sequence[str]) -> tuple[str, ...]:
    return (
        entry["case"],
        entry["class"],
        f"{entry['cycles']:,}",
        f"{entry['lower_bound']:,}",
        f"{entry['utilisation']:.0%}",
        entry["bound_by"],
        f"{entry['loads']:,}" if "loads" in entry else "",
        f"{entry['traffic_ratio']:.2f}",
        f"{entry['compile_seconds']:.1f}",
        *(_relative(entry, name) for name in ablations),
    )


def _relative(entry: Entry, name: str) -> str:
    """Cycles of a variant over those of the case; why there are none."""
    cycles = entry["ablations"].get(name)
    return f"{cycles / entry['cycles']:.2f}x" if isinstance(cycles, int) else "-"


def _goal(goal: Mapping[str, Any]) -> tuple[str, ...]:
    reached = goal["reached"]
    met = "" if reached is None else " ok" if reached >= goal["least"] else " MISSED"
    shown = "-" if reached is None else f"{reached:.3f}{met}"
    return goal["goal"], shown, f"{goal['least']}", str(goal["cases"])

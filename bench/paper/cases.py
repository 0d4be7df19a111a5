"""What is measured of one case: its figures, and the cycles of its variants on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from akg_mlir.diagnostics import CompileError
from akg_mlir.machine import MachineError
from bench.paper import graphs, split, variants
from bench.paper.measure import Figures, measure
from bench.paper.shapes import Case
from bench.paper.template import template_cycles


def measure_case(case: Case, ablations: bool) -> dict[str, object]:
    """The entry of a case in the JSON; `error` says why there are no figures."""
    name = {"case": case.name, "class": case.class_}
    text = graphs.program(case)
    try:
        figures = measure(text, variants.standard())
    except (CompileError, MachineError) as error:
        return {**name, "error": _headline(error)}
    measured, failed = _ablations(case, text) if ablations else ({}, {})
    entry = {**name, **as_dict(figures), "ablations": measured}
    return {**entry, "failed_ablations": failed} if failed else entry


def as_dict(figures: Figures) -> dict[str, object]:
    """The figures of an entry."""
    return {
        "cycles": figures.cycles,
        "lower_bound": figures.lower_bound,
        "utilisation": round(figures.utilisation, 4),
        "bound_by": figures.bound_by,
        "traffic_ratio": round(figures.traffic_ratio, 4),
        "compile_seconds": round(figures.compile_seconds, 3),
        "kernels": figures.kernels,
    }


def _ablations(case: Case, text: str) -> tuple[dict[str, int], dict[str, str]]:
    """Cycles of each variant, and why those that failed did."""
    variants_of: Mapping[str, Callable[[], int]] = {
        "unfused": partial(_unfused, text),
        **{name: partial(_ablated, text, name) for name in variants.ABLATIONS},
        "template": partial(template_cycles, case, text),
    }
    measured: dict[str, int] = {}
    failed: dict[str, str] = {}
    for name, cycles in variants_of.items():
        try:
            measured[name] = cycles()
        except (CompileError, MachineError) as error:
            failed[name] = _headline(error)
    return measured, failed


def _unfused(text: str) -> int:
    return sum(measure(alone, variants.standard()).cycles for alone in split.into_ops(text))


def _ablated(text: str, name: str) -> int:
    return measure(text, variants.ablated(name)).cycles


def _headline(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0]}"

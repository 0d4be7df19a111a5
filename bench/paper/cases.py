"""What is measured of one case: its figures, and the cycles of its variants on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from akg_mlir.diagnostics import CompileError
from akg_mlir.machine import MachineError
from akg_mlir.targets import load
from bench.paper import graphs, split, variants
from bench.paper.loads import least_load
from bench.paper.measure import Measured, measure
from bench.paper.shapes import Case
from bench.paper.template import template_cycles

Entry = dict[str, object]
"""A case as the JSON has it."""

ABLATIONS = ("unfused", *variants.ABLATIONS, "template")
"""The names of all variants."""


def measure_case(case: Case, ablations: Sequence[str]) -> Entry:
    """The entry of a case in the JSON, with the cycles of the variants named; `error` says why
    there are no figures."""
    name = {"case": case.name, "class": case.class_}
    text = graphs.program(case)
    try:
        measured = measure(text, variants.tuned())
    except (CompileError, MachineError) as error:
        return {**name, "error": _headline(error)}
    cycles, failed = _ablations(case, text, ablations)
    entry = {**name, **_figures(measured), **_loads(case), "ablations": cycles}
    return {**entry, "failed_ablations": failed} if failed else entry


def _figures(measured: Measured) -> Entry:
    report = measured.report
    return {
        "cycles": report.cycles,
        "lower_bound": report.lower_bound,
        "lower_bound_without_fill": report.lower_bound_without_fill,
        "utilisation": round(report.utilisation, 4),
        "bound_by": report.bound_by,
        "traffic_ratio": round(report.traffic_ratio, 4),
        "compile_seconds": round(measured.compile_seconds, 3),
        "kernels": len(report.kernels),
    }


def _loads(case: Case) -> Entry:
    """What the loads of a product take at least, beside its lower bound."""
    if case.class_ not in ("matmul", "gemm"):
        return {}
    (m, k), (_, n) = case.params["a"], case.params["b"]
    return {"loads": least_load(load(variants.TARGET), m, k, n)}


def _ablations(
    case: Case, text: str, names: Sequence[str]
) -> tuple[dict[str, int], dict[str, str]]:
    """Cycles of each variant, and why those that failed did."""
    variants_of: Mapping[str, Callable[[], int]] = {
        "unfused": partial(_unfused, text),
        **{name: partial(_ablated, text, name) for name in variants.ABLATIONS},
        "template": partial(template_cycles, case, text),
    }
    measured: dict[str, int] = {}
    failed: dict[str, str] = {}
    for name in names:
        try:
            measured[name] = variants_of[name]()
        except (CompileError, MachineError) as error:
            failed[name] = _headline(error)
    return measured, failed


def _unfused(text: str) -> int:
    return sum(measure(alone, variants.tuned()).cycles for alone in split.into_ops(text))


def _ablated(text: str, name: str) -> int:
    return measure(text, variants.ablated(name)).cycles


def _headline(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0]}"

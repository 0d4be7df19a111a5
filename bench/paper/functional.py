"""Every class of operators at reduced size, executed in all orders and compared with numpy."""

from __future__ import annotations

from dataclasses import dataclass

import akg_mlir
from bench.paper import graphs
from bench.paper.shapes import Case
from bench.paper.variants import TARGET


@dataclass(frozen=True)
class Check:
    """Whether a small case is right in program, timed and adversarial order, and its error
    relative to the largest value."""

    name: str
    ok: bool
    max_error: float | None


def check(case: Case) -> Check:
    """Compile, run and compare a case. Raises what compiling and running raise."""
    report = akg_mlir.compile(graphs.program(case), target=TARGET).report()
    return Check(case.name, report.ok, report.max_error)

"""The opponent: a schedule template written by hand, with the best of several tiles.

What a user of TVM would write per operator class (README): stages of one anchor with its point-wise
ops inlined, loops in the order of the text (which scheduling keeps within a stage), one level of
tiles whose sizes are powers of two, the same double buffering and instructions as ours, and a flag
wherever a pipe needs another one's data. Of all sizes those that the cost model likes best are
timed, and the fastest counts. Products take the tile that the paper's artifact gives by hand
instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

from xdsl.passes import ModulePass

from akg_mlir import targets
from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import poly
from akg_mlir.machine import MachineError
from akg_mlir.parsing import parse_module
from akg_mlir.passes.affine.poly_tile import PolyTile, machine_figures, tiler_of
from akg_mlir.polyhedral.tile_candidates import round_sizes
from bench.kernel_texts import apply, cycles, kernels
from bench.paper import split
from bench.paper.shapes import Case
from bench.paper.variants import TARGET, TIMED, standard, with_options

LEFT_OUT = ("te-turn-products", "te-split-reductions")
"""Passes for which a template has no counterpart: they change the loops that are tiled."""


def template_cycles(case: Case, text: str) -> int:
    """Cycles of the case by the template. Raises `CompileError` where no tile of a kernel works."""
    if case.manual_tile:
        return sum(_best(kernel, _manual(case)) for kernel in _kernels(text))
    programs = split.into_stages(text)
    return sum(_best(kernel, _ladder(kernel)) for text in programs for kernel in _kernels(text))


def _passes(policy: str | None = None) -> tuple[ModulePass, ...]:
    kept = [p for p in standard(policy) if p.name not in LEFT_OUT]
    return with_options(kept, "npu-insert-sync", {"scheme": "greedy"})


def _on_tensors(passes: Sequence[ModulePass]) -> tuple[ModulePass, ...]:
    return tuple(p for p in passes if not p.name.startswith(("poly-", "npu-")))


def _kernels(text: str) -> list[str]:
    return list(kernels(text, _on_tensors(_passes()), TARGET).values())


def _best(kernel: str, policies: Iterator[str]) -> int:
    """Cycles with the fastest policy. Raises `CompileError` when none works."""
    found: list[int] = []
    refusal: Exception = CompileError("no tile of the template fits")
    for policy in policies:
        passes = _passes(policy)
        try:
            found.append(cycles(kernel, passes[len(_on_tensors(passes)) :], TARGET))
        except (CompileError, MachineError) as error:
            refusal = error
    if not found:
        raise refusal
    return min(found)


def _manual(case: Case) -> Iterator[str]:
    """The artifact's tile of a product. It has sizes for L1 and L0; where they differ in rows or
    columns, which are tiled once here, both are tried."""
    columns, rows, *_, (outer, inner) = case.manual_tile
    below = f" / _, _, _, _, {inner}@L0A, _" if inner < outer else ""
    for n, m in dict.fromkeys(product(columns, rows)):
        yield f"S1: {n}@L0C, {m}@L0C, _, _, {outer}@L1, _{below}"


def _ladder(kernel: str) -> Iterator[str]:
    """Policies with powers of two, best estimates first."""
    passes = [p for p in _passes() if p.name in ("poly-raise", "poly-schedule")]
    module = apply(parse_module(kernel), passes)
    scop = next(op for op in module.walk() if isinstance(op, poly.ScopOp))
    tiler = tiler_of(scop, machine_figures(targets.load(TARGET)), PolyTile())
    yield from map(str, islice(round_sizes(tiler, tiler.choose()), TIMED))

"""Run a compiled program on the affine floor and compare it with the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.func import FuncOp

from akg_mlir.compilation import Progress, silent
from akg_mlir.dialects import poly
from akg_mlir.execution.trees import TreeRun, TreeRunner
from akg_mlir.inputs import prepare
from akg_mlir.judging import Judgement, judge_all, tolerance_of
from akg_mlir.passes.tensor.te_apply_precision import is_mixed
from akg_mlir.reference import te as reference
from akg_mlir.report.expected import expected_results
from akg_mlir.report.figures import rounded
from akg_mlir.report.table import render
from akg_mlir.sources import Array


@dataclass(frozen=True)
class TreeFigures:
    """One kernel: how many statements its tree executes (clones and copies included) and for how
    many of the program, what `poly-verify` proved of it, and its error where it was compared."""

    name: str
    ok: bool
    statements: int
    originals: int
    proved: tuple[str, ...]
    max_error: float | None


@dataclass(frozen=True)
class TreeReport:
    """A run of a whole program by its schedule trees; errors are relative to the largest value."""

    name: str
    ok: bool
    max_error: float
    tolerance: float
    compile_seconds: Mapping[str, float]
    kernels: tuple[TreeFigures, ...]

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `akg run --floor affine --json`."""
        return {
            "ok": self.ok,
            "name": self.name,
            "floor": "affine",
            "max_error": self.max_error,
            "compile_seconds": rounded(self.compile_seconds),
            "kernels": [
                {
                    "name": kernel.name,
                    "ok": kernel.ok,
                    "statements": kernel.statements,
                    "originals": kernel.originals,
                    "proved": list(kernel.proved),
                    "max_error": kernel.max_error,
                }
                for kernel in self.kernels
            ],
        }

    def __str__(self) -> str:
        count = f"{len(self.kernels)} schedule tree{'' if len(self.kernels) == 1 else 's'}"
        return "\n".join(
            [
                f"{self.name} by its schedule trees: {'ok' if self.ok else 'WRONG'}, {count}",
                *render(("kernel", "statements", "originals", "proved", "max error"), self._rows()),
                f"max error {self.max_error:.2e}, tolerance {self.tolerance:.0e}",
            ]
        )

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                kernel.name + ("" if kernel.ok else " WRONG"),
                str(kernel.statements),
                str(kernel.originals),
                ", ".join(kernel.proved) or "-",
                "-" if kernel.max_error is None else f"{kernel.max_error:.1e}",
            )
            for kernel in self.kernels
        ]


def run_trees(
    runner: TreeRunner,
    given: Mapping[str, Array],
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> TreeReport:
    """Execute on the inputs `given` by name, the rest random from `seed`, and compare the results
    and those of each kernel with the reference. Raises CompileError as `TreeRunner.run` does."""
    compilation = runner.compilation
    source = compilation.source
    arrays = prepare(source, given, seed)
    progress(f"{source.name}: execution of schedule trees")
    execution = runner.run(arrays)
    progress(f"{source.name}: reference")
    tolerance = tolerance_of(source.module, mixed_precision=is_mixed(compilation.passes))
    judgement = judge_all(execution.outputs, expected_results(source, arrays), tolerance)
    kernels: list[TreeFigures] = []
    for call in execution.kernels:
        verdict: Judgement | None = None
        if compilation.was_outlined(call.name):
            expected = reference.run(compilation.graph, call.name, call.inputs)
            verdict = judge_all(call.outputs, expected, tolerance)
        kernels.append(_figures(call, verdict))
    return TreeReport(
        source.name,
        judgement.ok and all(kernel.ok for kernel in kernels),
        judgement.error,
        judgement.tolerance,
        compilation.seconds(),
        tuple(kernels),
    )


def _figures(call: TreeRun, verdict: Judgement | None) -> TreeFigures:
    scops = _scops(call.function)
    statements = [s for scop in scops for s in scop.statements]
    originals = [s for s in statements if s.order is not None]
    clones = {s.clone_of.data for s in statements if s.clone_of is not None}
    replaced = sum(s.sym_name.data in clones for s in originals)
    proofs = [p.data for scop in scops if scop.proved is not None for p in scop.proved.data]
    return TreeFigures(
        call.name,
        verdict is None or verdict.ok,
        len(statements) - replaced,
        len(originals),
        tuple(dict.fromkeys(proofs)),
        None if verdict is None else verdict.error,
    )


def _scops(function: FuncOp) -> list[poly.ScopOp]:
    return [op for op in function.walk() if isinstance(op, poly.ScopOp)]

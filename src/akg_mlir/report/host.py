"""Run a compiled program as C++ on this computer and compare it with the reference."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from akg_mlir.compilation import Compilation, Progress, silent
from akg_mlir.execution.host import FAST, HostMode, HostProgram
from akg_mlir.execution.machine import Runner
from akg_mlir.inputs import prepare
from akg_mlir.judging import judge_all, same_bits, tolerance_of
from akg_mlir.passes.tensor.te_apply_precision import is_mixed
from akg_mlir.report.expected import expected_results
from akg_mlir.report.figures import rounded
from akg_mlir.sources import Array

ORDERS: Mapping[str, HostMode] = {
    "program": HostMode(check=True),
    **{f"seed {seed}": HostMode(check=True, seed=seed) for seed in range(5)},
}
"""Checked runs: program order, and five drawn orders."""


@dataclass(frozen=True)
class HostReport:
    """A run of a whole program as C++ on this computer.

    `modes` says of every checked run, and of the simulated machine where it ran too, whether its
    results are those of the fast run, bit for bit. `seconds` are those of the fast run, `machine`
    those of the simulated machine in program order (None where it did not run).
    """

    name: str
    ok: bool
    modes: Mapping[str, bool]
    max_error: float
    tolerance: float
    kernels: int
    compile_seconds: Mapping[str, float]
    build_seconds: float
    seconds: float
    machine_seconds: float | None

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `akg run --engine host --json`."""
        return {
            "ok": self.ok,
            "name": self.name,
            "engine": "host" if self.machine_seconds is None else "both",
            "max_error": self.max_error,
            "modes": dict(self.modes),
            "kernels": self.kernels,
            "compile_seconds": rounded(self.compile_seconds),
            "build_seconds": round(self.build_seconds, 3),
            "seconds": round(self.seconds, 6),
            "machine_seconds": self.machine_seconds,
        }

    def __str__(self) -> str:
        count = f"{self.kernels} kernel{'' if self.kernels == 1 else 's'}"
        modes = ", ".join(
            f"{m} {'same' if same else 'DIFFERENT'}" for m, same in self.modes.items()
        )
        took = f"{self.seconds * 1e3:.3g} ms"
        if self.machine_seconds is not None:
            took += f", the simulated machine {self.machine_seconds * 1e3:.3g} ms"
        lines = [
            f"{self.name} as C++ on this computer: {'ok' if self.ok else 'WRONG'}, {count}",
            f"max error {self.max_error:.2e}, tolerance {self.tolerance:.0e}",
            f"fast run {took}; built in {self.build_seconds:.2f} s",
        ]
        return "\n".join([*lines, f"bits of the fast run: {modes}"] if modes else lines)


def run_host(
    compilation: Compilation,
    given: Mapping[str, Array],
    *,
    seed: int = 0,
    check: bool = True,
    with_machine: bool = False,
    progress: Progress = silent,
) -> HostReport:
    """Run fast on the inputs `given` by name, the rest random from `seed`, and compare.

    With `check` the program also runs with all checks in program order and in five drawn ones;
    `with_machine`: on the simulated machine, too. Raises CompileError without a C++ compiler and
    MachineError for what a checked run refuses.
    """
    source = compilation.source
    arrays = prepare(source, given, seed)
    host = HostProgram(compilation)
    progress(f"{source.name}: build")
    started = time.perf_counter()
    kernels = host.build()
    build_seconds = time.perf_counter() - started
    progress(f"{source.name}: execution on this computer")
    started = time.perf_counter()
    outputs = host.run(arrays, FAST)
    seconds = time.perf_counter() - started
    modes: dict[str, bool] = {}
    for name, mode in ORDERS.items() if check else ():
        progress(f"{source.name}: execution on this computer, checked, {name}")
        modes[name] = same_bits(outputs, host.run(arrays, mode))
    machine_seconds: float | None = None
    if with_machine:
        progress(f"{source.name}: execution on the simulated machine")
        started = time.perf_counter()
        simulated = Runner(compilation).run(arrays).outputs
        machine_seconds = time.perf_counter() - started
        modes["simulated machine"] = same_bits(outputs, simulated)
    progress(f"{source.name}: reference")
    tolerance = tolerance_of(source.module, mixed_precision=is_mixed(compilation.passes))
    judgement = judge_all(outputs, expected_results(source, arrays), tolerance)
    return HostReport(
        name=source.name,
        ok=judgement.ok and all(modes.values()),
        modes=modes,
        max_error=judgement.error,
        tolerance=judgement.tolerance,
        kernels=kernels,
        compile_seconds=compilation.seconds(),
        build_seconds=build_seconds,
        seconds=seconds,
        machine_seconds=machine_seconds,
    )

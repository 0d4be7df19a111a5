"""`--engine host`: whatever a suite runs on the simulated machine runs as C++ here, too.

Results must have the same bits in a fast run and, with all checks, in program order and in five
drawn orders of the pipes. Kernels are compiled once per text; `XDG_CACHE_HOME` says where they are
kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from akg_mlir.execution.host import FAST, HostMode, HostProgram
from akg_mlir.execution.machine import Execution, Runner
from akg_mlir.machine import Mode
from akg_mlir.sources import Array

MODES = (FAST, HostMode(check=True), *(HostMode(check=True, seed=seed) for seed in range(5)))


class EnginesDiffer(AssertionError):
    """A result has other bits as C++ than on the simulated machine."""


def add_option(parser: argparse.ArgumentParser) -> None:
    """The option that `apply` looks at."""
    parser.add_argument(
        "--engine",
        choices=("machine", "host"),
        default="machine",
        help="host: run as C++ on this computer, too, and compare bits (machine)",
    )


def apply(arguments: argparse.Namespace) -> None:
    """From here on, in this process and its forks, runs of the machine are repeated as C++."""
    if arguments.engine == "machine":
        return
    on_machine = Runner.run

    def on_both(
        self: Runner, inputs: Sequence[Array], mode: Mode = "program", seed: int = 0
    ) -> Execution:
        execution = on_machine(self, inputs, mode, seed)
        if mode == "adversarial":  # the same again
            return execution
        host = HostProgram(self.compilation)
        for host_mode in MODES:
            found = host.run(inputs, host_mode)
            for number, (one, other) in enumerate(zip(execution.outputs, found, strict=True)):
                if not _same(one, other):
                    raise EnginesDiffer(f"{host_mode}: result {number} has other bits")
        return execution

    Runner.run = on_both


def _same(one: Array, other: Array) -> bool:
    """Equal bits, but for those of a NaN, which are not defined."""
    if one.dtype.kind != "f":
        return one.dtype == other.dtype and np.array_equal(one, other)
    signs = (np.signbit(one) == np.signbit(other)) | np.isnan(one)
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True) and signs.all()

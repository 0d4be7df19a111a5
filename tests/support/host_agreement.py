"""Whether kernels as C++ on this computer give the bits that the simulated machine gives."""

from __future__ import annotations

from collections.abc import Sequence

from akg_mlir.compiler import Kernel
from akg_mlir.execution.host import FAST, HostMode
from akg_mlir.inputs import prepare
from akg_mlir.judging import same_bits
from akg_mlir.sources import Array

SEEDS = range(5)


def differing_modes(
    kernel: Kernel, seeds: Sequence[int] = SEEDS, inputs: Sequence[Array] | None = None
) -> list[HostMode]:
    """The modes of a host run (fast, checked in program order, checked in drawn orders) in which a
    result has other bits than on the machine, for random inputs by default. Raises MachineError
    where a check refuses."""
    inputs = prepare(kernel.compilation.source, {}) if inputs is None else inputs
    expected = kernel.runner.run(inputs).outputs
    host = kernel.build_host()
    modes = [FAST, HostMode(check=True), *(HostMode(check=True, seed=seed) for seed in seeds)]
    return [mode for mode in modes if not same_bits(expected, host.run(inputs, mode))]

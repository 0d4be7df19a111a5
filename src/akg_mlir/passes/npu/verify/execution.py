"""A trial run of one core: what no look at single instructions finds, as undefined bytes that
travel through vectors and end up in a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from akg_mlir.diagnostics import CompileError
from akg_mlir.machine import MachineError, PoisonError
from akg_mlir.machine.execute import Executor, in_program_order
from akg_mlir.machine.isa import Core
from akg_mlir.machine.loading import load
from akg_mlir.machine.memory import Memory
from akg_mlir.machine.program import DTYPES, GM, Program
from akg_mlir.passes.npu.memory import structure
from akg_mlir.targets import Target

LONGEST = 1000
"""Instructions of one core up to which a kernel is tried: it takes a few percent of compiling."""
LARGEST = 1 << 22
"""Bytes of GM that a kernel may see for that."""


def check_execution(program: structure.Program, decoded: Program, target: Target) -> None:
    """Execute core 0 in program order, on arguments full of ones, unless that takes long.

    The machine accepts undefined bytes in the padding of vectors and refuses them in GM, in scalars
    and in reductions across lanes. Where bytes come from depends on no data; other errors of the
    run may, as an index out of range, and are not the kernel's. Raises `CompileError`.
    """
    if structure.executed(program.body) > LONGEST:
        return
    if sum(buffer.bytes for buffer in decoded.buffers if buffer.memory == GM) > LARGEST:
        return
    try:
        loaded = load(replace(decoded, cores=1), target)
        (stream,) = loaded.streams
    except MachineError as error:
        raise CompileError(str(error), program.kernel) from error
    on_chip = {name: Memory(target.memories[name]) for name in loaded.peak_bytes}
    core = Core(0, {**_arguments(decoded), **on_chip})
    try:
        with np.errstate(all="ignore"):
            in_program_order(Executor(core, stream, loaded.plans), stream)
    except PoisonError as error:
        raise CompileError(str(error), program.kernel) from error
    except MachineError:
        return


def _arguments(program: Program) -> Mapping[str | int, Memory]:
    """Memories of GM buffers: ones in the arguments, nothing in workspace."""
    found: dict[str | int, Memory] = {}
    for number, buffer in enumerate(program.buffers):
        if number in program.arguments:
            found[number] = Memory.holding(np.ones(buffer.shape, DTYPES[buffer.element]))
        elif buffer.memory == GM:
            found[number] = Memory(buffer.bytes)
    return found

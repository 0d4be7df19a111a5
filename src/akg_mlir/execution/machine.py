"""Running a compiled program with its kernels on the simulated machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects import func

from akg_mlir.compilation import Compilation
from akg_mlir.emit.cpp.module import target_of_module
from akg_mlir.emit.program import decode
from akg_mlir.execution.graph import kernel_calls, run_graph, with_weights
from akg_mlir.machine import Machine, MachineError, Mode, Recording, RunResult, Timing
from akg_mlir.machine.program import Program
from akg_mlir.sources import Array
from akg_mlir.targets import Target


@dataclass(frozen=True)
class KernelRun:
    """One kernel call: what it was given (inputs only), what it wrote, and how that went."""

    function: func.FuncOp
    inputs: tuple[Array, ...]
    result: RunResult

    @property
    def name(self) -> str:
        """The name of the kernel."""
        return self.function.sym_name.data


@dataclass(frozen=True)
class KernelTiming:
    """One kernel call that was timed, not executed."""

    function: func.FuncOp
    timing: Timing


@dataclass(frozen=True)
class Execution:
    """A run of a program: its results and its kernel calls in order."""

    outputs: tuple[Array, ...]
    kernels: tuple[KernelRun, ...]


def target_of(compilation: Compilation) -> Target:
    """The machine a program was compiled for. Raises CompileError when the module names none."""
    return target_of_module(compilation.module)


class Runner:
    """Runs one compiled program any number of times; kernels are decoded once."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self.target = target_of(compilation)
        self._machine = Machine(self.target)
        self._programs: dict[str, Program] = {}

    def run(self, inputs: Sequence[Array], mode: Mode = "program", seed: int = 0) -> Execution:
        """Run on one array per argument of the entry function; weights may be left out.

        `seed` chooses among the adversarial orders. Raises CompileError when arrays do not fit or
        when the pipeline stopped above the instructions, MachineError when a kernel breaks a rule
        of the machine.
        """
        source = self.compilation.source
        kernels: list[KernelRun] = []

        def call(function: func.FuncOp, arrays: Sequence[Array | None]) -> Mapping[int, Array]:
            program = self._program(function)
            result = self._run_kernel(program, function.sym_name.data, arrays, mode, seed)
            given = (a for k, a in enumerate(arrays) if k not in program.outputs)
            kernels.append(KernelRun(function, tuple(a for a in given if a is not None), result))
            return dict(zip(program.outputs, result.outputs, strict=True))

        arrays = with_weights(source, inputs)
        outputs = run_graph(self.compilation.module, source.entry, arrays, call)
        return Execution(outputs, tuple(kernels))

    def time(self) -> tuple[KernelTiming, ...]:
        """Cycles of every kernel call, in order, without data and without executing anything.

        Raises CompileError when the pipeline stopped above the instructions.
        """
        calls = kernel_calls(self.compilation.module, self.compilation.source.entry)
        timings = {kernel: self._machine.time(self._program(kernel)) for kernel in set(calls)}
        return tuple(KernelTiming(kernel, timings[kernel]) for kernel in calls)

    def record(self, kernel: func.FuncOp, *, whole: bool) -> Recording:
        """What the slowest core does when; not `whole`: with repetitions jumped over."""
        return self._machine.record(self._program(kernel), whole=whole)

    def _program(self, function: func.FuncOp) -> Program:
        name = function.sym_name.data
        if name not in self._programs:
            self._programs[name] = decode(function, self.target)
        return self._programs[name]

    def _run_kernel(
        self, program: Program, name: str, arrays: Sequence[Array | None], mode: Mode, seed: int
    ) -> RunResult:
        result = self._machine.run(program, arrays, mode, seed)
        if result.races:
            raise MachineError(f"{name}: {len(result.races)} races, first: {result.races[0]}")
        return result

"""Run a compiled program on the machine in every order and compare it with the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypedDict, get_args

from akg_mlir.compilation import Compilation, Progress, silent
from akg_mlir.execution.machine import Execution, KernelRun, KernelTiming, Runner
from akg_mlir.inputs import prepare
from akg_mlir.judging import Judgement, Tolerance, judge_all, same_bits, tolerance_of
from akg_mlir.machine import Mode
from akg_mlir.passes.tensor.te_apply_precision import is_mixed
from akg_mlir.reference import te as reference
from akg_mlir.report.expected import expected_results
from akg_mlir.report.figures import KernelFigures, RunReport
from akg_mlir.report.weights import element_bytes_read
from akg_mlir.report.workload import case_workload, products_of, workload_of
from akg_mlir.sources import Array, function_named
from akg_mlir.targets import least_traffic, lower_bound

MODES: tuple[Mode, ...] = get_args(Mode)


def run(
    runner: Runner,
    given: Mapping[str, Array],
    *,
    seed: int = 0,
    check: bool = True,
    progress: Progress = silent,
) -> RunReport:
    """Execute on the inputs `given` by name, the rest random from `seed`.

    With `check` the program runs in program, timed and adversarial order, and its results and
    those of each kernel are compared with the reference; without, it only runs timed. Raises
    `ImpossibleFigures` when a kernel beats a bound: then the bound or the machine is wrong.
    """
    compilation = runner.compilation
    source = compilation.source
    arrays = prepare(source, given, seed)
    executions = dict[Mode, Execution]()
    for mode in MODES if check else ("timed",):
        progress(f"{source.name}: execution in {mode} order")
        executions[mode] = runner.run(arrays, mode, seed)
    judgement: Judgement | None = None
    verdicts: Sequence[Judgement | None] = [None] * len(executions["timed"].kernels)
    if check:
        progress(f"{source.name}: reference")
        tolerance = tolerance_of(source.module, mixed_precision=is_mixed(compilation.passes))
        expected = expected_results(source, arrays)
        judgement = judge_all(executions["program"].outputs, expected, tolerance)
        verdicts = _judge_kernels(compilation, executions["program"], tolerance)
    calls = [_timed(call) for call in executions["timed"].kernels]
    modes = {
        mode: same_bits(e.outputs, executions["program"].outputs)
        for mode, e in executions.items()
        if check
    }
    right = judgement is None or judgement.ok
    report = RunReport(
        ok=right and all(modes.values()) and all(v is None or v.ok for v in verdicts),
        modes=modes,
        max_error=None if judgement is None else judgement.error,
        tolerance=None if judgement is None else judgement.tolerance,
        kernels=_kernels(runner, calls, verdicts),
        **_case(runner, calls),
    )
    report.check()
    return report


def time(runner: Runner, progress: Progress = silent) -> RunReport:
    """Cycles, bounds and traffic of the program without inputs: nothing is executed or compared.

    Raises `ImpossibleFigures` as `run` does.
    """
    progress(f"{runner.compilation.source.name}: timing")
    calls = runner.time()
    report = RunReport(
        ok=True,
        modes={},
        max_error=None,
        tolerance=None,
        kernels=_kernels(runner, calls, [None] * len(calls)),
        **_case(runner, calls),
    )
    report.check()
    return report


class _Case(TypedDict):
    name: str
    target: str
    lower_bound: int
    bound_by: str
    lower_bound_without_fill: int
    least_bytes: int
    compile_seconds: Mapping[str, float]


def _case(runner: Runner, calls: Sequence[KernelTiming]) -> _Case:
    """What a report says of the program as a whole, however it was run."""
    source = runner.compilation.source
    workloads = [workload_of(call.function, runner.target) for call in calls]
    graph = function_named(runner.compilation.graph, source.entry)
    workload = case_workload(source.function(), workloads, element_bytes_read(graph))
    bound = lower_bound(runner.target, workload)
    return _Case(
        name=source.name,
        target=runner.target.name,
        lower_bound=bound.cycles,
        bound_by=bound.bound_by,
        lower_bound_without_fill=bound.cycles_without_fill,
        least_bytes=least_traffic(runner.target, workload),
        compile_seconds=runner.compilation.seconds(),
    )


def _timed(call: KernelRun) -> KernelTiming:
    timing = call.result.timing
    assert timing is not None
    return KernelTiming(call.function, timing)


def _kernels(
    runner: Runner, calls: Sequence[KernelTiming], verdicts: Sequence[Judgement | None]
) -> tuple[KernelFigures, ...]:
    seconds = {k.function.sym_name.data: k.seconds for k in runner.compilation.kernels}
    return tuple(
        _figures(call, runner, seconds.get(call.function.sym_name.data, {}), verdict)
        for call, verdict in zip(calls, verdicts)
    )


def _figures(
    call: KernelTiming, runner: Runner, seconds: Mapping[str, float], verdict: Judgement | None
) -> KernelFigures:
    graph, target, name = runner.compilation.graph, runner.target, call.function.sym_name.data
    workload = workload_of(call.function, target)
    if runner.compilation.was_outlined(name):
        workload = replace(workload, products=products_of(function_named(graph, name)))
    bound = lower_bound(target, workload)
    timing = call.timing
    return KernelFigures(
        name=name,
        ok=verdict is None or verdict.ok,
        cycles=timing.cycles,
        busy=timing.busy,
        lower_bound=bound.cycles,
        bound_by=bound.bound_by,
        lower_bound_without_fill=bound.cycles_without_fill,
        gm_bytes=timing.gm_bytes_read + timing.gm_bytes_written,
        compulsory_bytes=workload.in_bytes + workload.out_bytes,
        least_bytes=least_traffic(target, workload),
        peak_bytes=timing.peak_bytes,
        instructions=timing.instructions,
        compile_seconds=seconds,
        max_error=None if verdict is None else verdict.error,
    )


def _judge_kernels(
    compilation: Compilation, execution: Execution, tolerance: Tolerance
) -> list[Judgement | None]:
    """Each call against the tensor program its kernel was outlined from, on what it was given.

    None for kernels that were never on the tensor floor.
    """

    def judgement(call: KernelRun) -> Judgement | None:
        if not compilation.was_outlined(call.name):
            return None
        expected = reference.run(compilation.graph, call.name, call.inputs)
        return judge_all(call.result.outputs, expected, tolerance)

    return [judgement(call) for call in execution.kernels]

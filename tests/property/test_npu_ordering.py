"""Random programs: planned, ordered, and run on the machine in orders that only flags restrain."""

from __future__ import annotations

from collections.abc import Sequence

import npu_programs as model
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import PipeBarrierOp, SetFlagOp, WaitFlagOp
from akg_mlir.emit.program import decode
from akg_mlir.machine import DeadlockError, FlagError, Machine
from akg_mlir.machine.program import Array, Program
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.passes.npu.npu_insert_sync import NpuInsertSync
from akg_mlir.passes.npu.npu_plan_memory import NpuPlanMemory
from akg_mlir.passes.npu.npu_verify import NpuVerify
from akg_mlir.targets import load

TARGET = load("ascend910")
MACHINE = Machine(TARGET)
Body = tuple[model.Node, ...]


def planned(body: Body, reuse: str) -> tuple[ModuleOp, list[model.Op]]:
    text, ops = model.to_text(body)
    module = parse_module(text)
    NpuPlanMemory(reuse=reuse).apply(make_context(), module)  # type: ignore[arg-type]
    return module, ops


def ordered(body: Body, reuse: str = "auto", events: int | None = None) -> ModuleOp:
    module, _ = planned(model.with_filled_buffers(body), reuse)
    NpuInsertSync(events=events).apply(make_context(), module)
    return module


def program_of(module: ModuleOp) -> Program:
    return decode(next(kernels(module)), TARGET)


def arrays(program: Program) -> list[Array]:
    numbers = np.random.default_rng(0)
    shapes = [program.buffers[i].shape for i in program.arguments]
    return [numbers.standard_normal(shape).astype(np.float32) for shape in shapes]


def same_in_any_order(program: Program, seeds: Sequence[int]) -> bool:
    inputs = arrays(program)
    expected = MACHINE.run(program, inputs).outputs
    runs = [MACHINE.run(program, inputs, "adversarial", seed).outputs for seed in seeds]
    return all(np.array_equal(a, b) for run in runs for a, b in zip(run, expected))


@given(
    body=model.programs(),
    reuse=st.sampled_from(["auto", "always"]),
    events=st.sampled_from([None, 0, 1, 2]),
    seed=st.integers(0, 999),
)
def test_ordered_programs_run_right_in_any_order(
    body: Body, reuse: str, events: int | None, seed: int
) -> None:
    module = ordered(body, reuse, events)
    NpuVerify().apply(make_context(), module)
    program = program_of(module)
    assert MACHINE.check(program) == ()
    assert same_in_any_order(program, range(seed, seed + 3))


@given(body=st.one_of(model.staged_programs(), model.staged_programs(), model.programs()))
def test_sharing_bytes_keeps_every_defined_result(body: Body) -> None:
    apart, shared = (
        model.results(model.run(model.trace(*planned(body, reuse)))) for reuse in ("auto", "always")
    )
    assert {cell: shared.get(cell) for cell in apart} == apart


@given(body=model.programs(), chosen=st.integers(0, 999))
def test_what_verify_accepts_without_one_sync_op_is_right(body: Body, chosen: int) -> None:
    module = ordered(body)
    syncs = _syncs(module)
    remove(syncs[chosen % len(syncs)])
    program = program_of(module)
    try:
        NpuVerify().apply(make_context(), module)
    except CompileError:
        return
    assert MACHINE.check(program) == ()
    assert same_in_any_order(program, range(3))


def remove(op: Operation) -> None:
    op.detach()
    op.erase()


def test_the_machine_needs_every_sync_op_of_a_pipeline() -> None:
    """No loop, no reuse: what is inserted there has no second purpose."""
    x, u0, u1, y = (model.Place(name, 0, ()) for name in ("x", "u0", "u1", "y"))
    body = (
        model.Op("copy", u0, (x,), 2),
        model.Op("vec", u1, (u0,), 2),
        model.Op("vec", u0, (u1,), 2),
        model.Op("copy", y, (u0,), 2),
    )
    count = len(_syncs(_ordered_as_is(body)))
    assert count == 5
    for position in range(count):
        module = _ordered_as_is(body)
        remove(_syncs(module)[position])
        try:
            assert MACHINE.check(program_of(module)) != ()
        except (DeadlockError, FlagError):
            continue


def _ordered_as_is(body: Body) -> ModuleOp:
    module, _ = planned(body, "auto")
    NpuInsertSync().apply(make_context(), module)
    return module


def _syncs(module: ModuleOp) -> list[Operation]:
    return [op for op in module.walk() if isinstance(op, SetFlagOp | WaitFlagOp | PipeBarrierOp)]


def test_flags_in_the_input_are_refused() -> None:
    module = ordered(())
    with pytest.raises(CompileError, match="flags or barriers already"):
        NpuInsertSync().apply(make_context(), module)

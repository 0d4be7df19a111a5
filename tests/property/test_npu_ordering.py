"""Random programs: planned, ordered, and then executed in every order the flags allow."""

from __future__ import annotations

import npu_programs as model
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import PipeBarrierOp, SetFlagOp, WaitFlagOp
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.npu_insert_sync import NpuInsertSync
from akg_mlir.passes.npu.npu_plan_memory import NpuPlanMemory
from akg_mlir.passes.npu.npu_verify import NpuVerify


def compiled(body: tuple[model.Node, ...], reuse: str) -> tuple[ModuleOp, list[model.Op]]:
    text, ops = model.to_text(body)
    module, context = parse_module(text), make_context()
    NpuPlanMemory(reuse=reuse).apply(context, module)  # type: ignore[arg-type]
    NpuInsertSync().apply(context, module)
    NpuVerify().apply(context, module)
    return module, ops


def in_program_order(module: ModuleOp, ops: list[model.Op]) -> model.Memory:
    events = model.trace(module, ops)
    return model.run(events, range(len(events)))


@given(body=model.programs())
def test_sharing_bytes_keeps_every_defined_result(body: tuple[model.Node, ...]) -> None:
    apart = model.results(in_program_order(*compiled(body, "auto")))
    shared = model.results(in_program_order(*compiled(body, "always")))
    assert {k: shared.get(k) for k in apart} == apart


@given(body=model.programs(), chosen=st.integers(0, 99))
def test_every_sync_op_is_needed_or_implied(body: tuple[model.Node, ...], chosen: int) -> None:
    module, ops = compiled(body, "auto")
    syncs = [op for op in module.walk() if isinstance(op, SetFlagOp | WaitFlagOp | PipeBarrierOp)]
    if not syncs:
        return
    remove(syncs[chosen % len(syncs)])
    try:
        NpuVerify().apply(make_context(), module)
    except CompileError:
        return
    events = model.trace(module, ops)
    assert model.races(events) == [], "npu-verify accepts a program with a race"


def remove(op: Operation) -> None:
    op.detach()
    op.erase()


@given(body=model.programs(), reuse=st.sampled_from(["auto", "always"]), seed=st.integers(0, 999))
def test_any_allowed_order_gives_the_program_order_result(
    body: tuple[model.Node, ...], reuse: str, seed: int
) -> None:
    module, ops = compiled(model.with_filled_buffers(body), reuse)
    events = model.trace(module, ops)
    assert model.races(events) == []
    expected = model.run(events, range(len(events)))
    for s in range(seed, seed + 5):
        assert model.run(events, model.shuffled(events, s)) == expected

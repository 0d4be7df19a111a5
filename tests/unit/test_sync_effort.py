"""How often the synchronisation analysis looks at an instruction: not more in larger kernels."""

from __future__ import annotations

import pytest

from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.memory.structure import kernels, program_of
from akg_mlir.passes.npu.npu_plan_memory import NpuPlanMemory
from akg_mlir.passes.npu.sync.dependence import requirements
from akg_mlir.passes.npu.sync.happens_before import Analysis
from akg_mlir.passes.npu.sync.placement import Plan, Planner

GM, UB = (f"memref<8x64xf32, #npu<space {space}>>" for space in ("gm", "ub"))
LOOP = "scf.for %i{0} = %c0 to %c8 step %c1 {{\n{1}\n}}"


def piece(k: int) -> str:
    """Load a buffer, compute in place: one flag there, and one back where a loop is around."""
    q = f"%q{k} : !npu.ptr<ub, f32>"
    return f"""
  %p{k} = npu.ptr %x[affine_map<() -> (0)>]() : {GM} -> !npu.ptr<gm, f32>
  %q{k} = npu.ptr %in{k}[affine_map<() -> (0)>]() : {UB} -> !npu.ptr<ub, f32>
  npu.copy %q{k}, %p{k} bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
  npu.vec vexp dst {q} src {q} repeat 8 mask 64 strides [1, 8], [1, 8]
"""


def visits(body: str, buffers: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many instructions are looked at until the flags of a kernel are placed."""
    lines = "\n".join(f"%in{k} = npu.buffer : {UB}" for k in range(buffers))
    module = parse_module(
        'builtin.module attributes {npu.target = "ascend910"} {\n'
        f"func.func @k(%x: {GM}) attributes {{npu.kernel}} {{\n"
        "%c0 = arith.constant 0 : index\n%c1 = arith.constant 1 : index\n"
        f"%c8 = arith.constant 8 : index\n{lines}\n{body}\nfunc.return }} }}"
    )
    NpuPlanMemory().apply(make_context(), module)
    (kernel,) = kernels(module)
    program = program_of(kernel)
    seen = list[object]()
    visit = Analysis._run_instruction

    def counting(self: Analysis, *arguments: object) -> None:
        seen.append(self)
        visit(self, *arguments)

    monkeypatch.setattr(Analysis, "_run_instruction", counting)
    Planner(program, requirements(program)).complete(Plan())
    monkeypatch.undo()
    return len(seen)


def test_loops_one_after_the_other_are_each_looked_at_as_often_as_one(monkeypatch):
    def loops(count: int) -> int:
        body = "\n".join(LOOP.format(k, piece(k)) for k in range(count))
        return visits(body, count, monkeypatch)

    assert loops(16) <= 17 * loops(1)

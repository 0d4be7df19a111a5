"""A machine whose cube and vector unit have cores of their own: results leave L0C for GM."""

from __future__ import annotations

import pytest

import akg_mlir
from akg_mlir.compiler import Kernel
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.targets import load
from bench.cases import Program

TARGET = "ascend910b"


def fractal_product(m: int, k: int, n: int, *results: str) -> str:
    """A product of packed matrices, returned in these element types."""
    p = Program()
    a = p.argument("%a", (k // 16, m // 16, 16, 16), "f16")
    b = p.argument("%b", (k // 16, n // 16, 16, 16), "f16")
    shape = (n // 16, m // 16, 16, 16)
    sums = p.op(f"fractal_matmul {a}, {b} m {m} k {k} n {n}", shape, "f32")
    values = {"f32": sums}
    if "f16" in results:
        values["f16"] = p.op(f"cast {sums}", shape, "f16")
    return p.finish(*(values[element] for element in results))


def copies(kernel: Kernel) -> list[tuple[str, str]]:
    """The element types on both sides of the moves out of L0C of the only kernel."""
    (function,) = kernels(kernel.compilation.module)
    found = [op for op in function.walk() if isinstance(op, npu.CopyOp)]
    out = [op for op in found if npu.space_of(op.src.type) is npu.Space.L0C]
    assert all(op.pipe is npu.Pipe.FIX for op in out)
    types = [(op.src.type, op.dst.type) for op in out]
    return [(str(s.element), str(d.element)) for s, d in types if isinstance(s, npu.PtrType)]


def test_the_machine_follows_from_its_paths() -> None:
    assert load(TARGET).is_split
    assert load(TARGET).drain == ("l0c", "gm")
    coupled = load("ascend910")
    assert not coupled.is_split
    assert coupled.drain == ("l0c", "ub")


@pytest.mark.parametrize("results", [("f32",), ("f16",), ("f32", "f16")])
def test_results_leave_l0c_for_gm(results: tuple[str, ...]) -> None:
    """Rounded on the way; in both types where both are asked for."""
    kernel = akg_mlir.compile(fractal_product(32, 64, 48, *results), target=TARGET)
    assert set(copies(kernel)) == {("f32", element) for element in results}
    assert kernel.report().ok


def test_tiles_of_a_core_take_turns_at_l0c() -> None:
    kernel = akg_mlir.compile(
        fractal_product(3072, 64, 128, "f32"), target=TARGET, policy="S1: 4@L0C, 4@L0C, _, _, _, _"
    )
    (function,) = kernels(kernel.compilation.module)
    buffers = [op for op in function.walk() if isinstance(op, npu.BufferOp)]
    accumulators = [b for b in buffers if npu.space_of(b.result.type) is npu.Space.L0C]
    assert len({b.address for b in accumulators}) == 2
    flags = {(f.src.data, f.dst.data) for f in function.walk() if isinstance(f, npu.SetFlagOp)}
    assert {(npu.Pipe.M, npu.Pipe.FIX), (npu.Pipe.FIX, npu.Pipe.M)} <= flags
    assert kernel.report().ok


def test_epilogues_are_kernels_of_their_own() -> None:
    p = Program()
    a, b = p.argument("%a", (64, 48), "f16"), p.argument("%b", (48, 80), "f16")
    y = p.op(f"relu {p.op(f'matmul {a}, {b}', (64, 80), 'f32')}")
    kernel = akg_mlir.compile(p.finish(y), target=TARGET)
    reasons = [r.message for r in kernel.compilation.remarks if r.pass_name == "te-partition"]
    assert "the cube and the vector unit have cores of their own, which meet in GM" in reasons
    for function in kernels(kernel.compilation.module):
        pipes = {op.pipe for op in function.walk() if isinstance(op, npu.PipeOp)}
        assert not (npu.Pipe.M in pipes and npu.Pipe.V in pipes)
    assert kernel.report().ok


LOOPS = """
func.func @main(
    %a: memref<2x1x16x16xf16>, %b: memref<2x1x16x16xf16>, %c: memref<1x1x16x16xf32>
) attributes {npu.kernel} {
  %s = memref.alloc() : memref<1x1x16x16xf32>
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 16 {
      %zero = arith.constant 0.0 : f32
      affine.store %zero, %s[0, 0, %i, %j] : memref<1x1x16x16xf32>
    }
  }
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 16 {
      affine.for %k1 = 0 to 2 {
        affine.for %k0 = 0 to 16 {
          %x = affine.load %a[%k1, 0, %i, %k0] : memref<2x1x16x16xf16>
          %y = affine.load %b[%k1, 0, %j, %k0] : memref<2x1x16x16xf16>
          %p = arith.extf %x : f16 to f32
          %q = arith.extf %y : f16 to f32
          %r = arith.mulf %p, %q : f32
          %t = affine.load %s[0, 0, %i, %j] : memref<1x1x16x16xf32>
          %u = arith.addf %t, %r : f32
          affine.store %u, %s[0, 0, %i, %j] : memref<1x1x16x16xf32>
        }
      }
    } {poly.reduction = "add"}
  }
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 16 {
      %t = affine.load %s[0, 0, %i, %j] : memref<1x1x16x16xf32>
      %e = math.absf %t : f32
      affine.store %e, %c[0, 0, %i, %j] : memref<1x1x16x16xf32>
    }
  }
  func.return
}
"""


def test_loops_that_need_both_units_run_on_the_vector_unit() -> None:
    kernel = akg_mlir.compile(LOOPS, target=TARGET)
    reasons = [r.message for r in kernel.compilation.remarks if r.pass_name == "poly-assign-units"]
    assert any("needs the vector unit, which has a core of its own" in r for r in reasons)
    (function,) = kernels(kernel.compilation.module)
    pipes = {op.pipe for op in function.walk() if isinstance(op, npu.PipeOp)}
    assert npu.Pipe.M not in pipes
    assert kernel.report().ok

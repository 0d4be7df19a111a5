"""C++ kernels on the host model: what it knows, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from host_agreement import differing_modes

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.emit import scalar_values
from akg_mlir.emit.cpp import scalar
from akg_mlir.execution import host_build
from akg_mlir.execution.host import HostKernel, HostMode
from akg_mlir.machine import MachineError
from akg_mlir.parsing import parse_module
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.targets import load

DOUBLE_HOP = """
builtin.module attributes {npu.target = "ascend910"} {
  func.func @main(%x: memref<8x64xf32, #npu<space gm>>, %y: memref<8x64xf32, #npu<space gm>>)
      attributes {npu.kernel} {
    %in = npu.buffer at 0 : memref<64xf32, #npu<space ub>>
    %out = npu.buffer at 256 : memref<64xf32, #npu<space ub>>
    %p = npu.ptr %in[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %q = npu.ptr %out[affine_map<() -> (0)>]() : memref<64xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c1 = arith.constant 1 : index
    npu.set_flag[v, mte2, 0]
    npu.set_flag[mte3, v, 0]
    scf.for %i = %c0 to %c8 step %c1 {
      %a = npu.ptr %x[affine_map<(d0) -> (d0 * 256)>](%i)
          : memref<8x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      %b = npu.ptr %y[affine_map<(d0) -> (d0 * 256)>](%i)
          : memref<8x64xf32, #npu<space gm>> -> !npu.ptr<gm, f32>
      npu.wait_flag[v, mte2, 0]
      npu.copy %p, %a bursts 1 x 8 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<gm, f32>
      npu.set_flag[mte2, v, 0]
      npu.wait_flag[mte3, v, 0]
      npu.wait_flag[mte2, v, 0]
      npu.vec vmuls dst %q : !npu.ptr<ub, f32> src %p : !npu.ptr<ub, f32> scalar 2.0 : f32
          repeat 1 mask 64 strides [1, 8], [1, 8]
      npu.set_flag[v, mte2, 0]
      npu.pipe_barrier v
      npu.vec vadds dst %q : !npu.ptr<ub, f32> src %q : !npu.ptr<ub, f32> scalar 1.0 : f32
          repeat 1 mask 64 strides [1, 8], [1, 8]
      npu.set_flag[v, mte3, 0]
      npu.wait_flag[v, mte3, 0]
      npu.copy %b, %q bursts 1 x 8 gaps 0, 0 : !npu.ptr<gm, f32>, !npu.ptr<ub, f32>
      npu.set_flag[mte3, v, 0]
    }
    npu.wait_flag[v, mte2, 0]
    npu.wait_flag[mte3, v, 0]
    func.return
  }
}
"""
X = np.arange(512, dtype=np.float32).reshape(8, 64)


def kernel_of(edit: Callable[[str], str] = str) -> HostKernel:
    """The double hop, its C++ text edited before it is built."""
    (function,) = kernels(parse_module(DOUBLE_HOP))
    kernel = HostKernel(function, load("ascend910"))
    (edited,) = kernel.variants([edit(kernel.kernel.text)])
    return edited


def test_the_double_hop_is_right_in_every_mode() -> None:
    kernel = kernel_of()
    for mode in (HostMode(), HostMode(check=True), *(HostMode(True, seed) for seed in range(5))):
        np.testing.assert_array_equal(kernel.run([X, None], mode)[1], 2 * X + 1)


@pytest.mark.parametrize(
    ("what", "by", "refusal"),
    [
        (
            r"    set_flag<Pipe::mte2, Pipe::v>\(0\);.*\n",
            "",
            "waits for a flag that nothing has set",
        ),
        (r"    pipe_barrier<Pipe::v>\(\);\n", "", "may start before vmuls of line"),
        (
            r"\.repeat = 1, \.mask = 64",
            ".repeat = 300, .mask = 64",
            "repeat is 300, allowed 0 to 255",
        ),
        (r"\.mask = 64", ".mask = 63", "which was never written, to gm"),
        (
            r"out = ub<f32, 64>\(256\)",
            "out = ub<f32, 64>(262144)",
            "are outside of ub of 262144 bytes",
        ),
        (
            r"out = ub<f32, 64>\(256\)",
            "out = ub<f32, 64>(260)",
            "byte 260 of ub is no multiple of 32",
        ),
        (
            r"set_flag<Pipe::v, Pipe::mte2>\(0\)",
            "set_flag<Pipe::v, Pipe::mte2>(4)",
            "event id is 4",
        ),
        (r"\.count = 1, \.length = 8", ".count = 1, .length = 9", "never written, to gm"),
        (r"  wait_flag<Pipe::mte3, Pipe::v>\(0\);.*\n  fin", "  fin", "is still set"),
    ],
)
def test_what_the_machine_would_not_accept_is_refused(what: str, by: str, refusal: str) -> None:
    """In program order already: the text is what is wrong, not one of its orders."""

    def edit(text: str) -> str:
        edited = re.sub(what, by, text)
        assert edited != text
        return edited

    with pytest.raises(MachineError, match=refusal):
        kernel_of(edit).run([X, None], HostMode(check=True))


def test_all_that_the_scalar_unit_computes_has_a_function() -> None:
    known = scalar_values.OPERATIONS
    assert known == scalar.FUNCTIONS.keys()


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    host_build.compiler.cache_clear()
    with pytest.raises(CompileError, match="no C\\+\\+ compiler found as no-such-compiler"):
        host_build.compiler()
    host_build.compiler.cache_clear()


@pytest.mark.parametrize("example", ["gelu_chain.mlir", "matmul_bias_relu.mlir"])
def test_examples_give_the_same_bits(example: str) -> None:
    assert not differing_modes(akg_mlir.compile(f"examples/{example}"), seeds=range(2))

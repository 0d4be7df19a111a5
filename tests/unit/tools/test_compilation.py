from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass
from xdsl.transforms.canonicalize import CanonicalizePass
from xdsl.utils.exceptions import VerifyException

from akg_mlir.compilation import compile_source
from akg_mlir.compiler import Kernel
from akg_mlir.diagnostics import remark
from akg_mlir.parsing import parse_module
from akg_mlir.sources import Source

KERNELS = """
func.func @main(%x : memref<4xf32>) {
  func.call @one(%x) : (memref<4xf32>) -> ()
  func.call @two(%x) : (memref<4xf32>) -> ()
  func.call @three(%x) : (memref<4xf32>) -> ()
  func.return
}
func.func private @one(%x : memref<4xf32>) attributes {npu.kernel} { func.return }
func.func private @two(%x : memref<4xf32>) attributes {npu.kernel} { func.return }
func.func private @three(%x : memref<4xf32>) attributes {npu.kernel, test.other} { func.return }
"""


@dataclass(frozen=True)
class Touch(ModulePass):
    """Mark every function and remember which modules were seen."""

    name = "npu-test-touch"
    run: int = 0
    seen: ClassVar[list[tuple[str, ...]]] = []

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        functions = [inner for inner in op.ops if isinstance(inner, FuncOp)]
        self.seen.append(tuple(f.sym_name.data for f in functions))
        for function in functions:
            function.attributes["test.touched"] = UnitAttr()
            remark(self.name, "passed", f"@{function.sym_name.data}", "touched")


@dataclass(frozen=True)
class Break(ModulePass):
    """Leave a function without a terminator."""

    name = "npu-test-break"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in op.ops:
            assert isinstance(function, FuncOp)
            last = function.body.block.last_op
            assert last is not None
            last.detach()


def source() -> Source:
    return Source(parse_module(KERNELS), "main", {}, "test")


def test_equal_kernels_are_compiled_once():
    Touch.seen.clear()
    result = compile_source(source(), (CanonicalizePass(), Touch(run=1)))
    assert Touch.seen == [("one",), ("three",)]
    functions = [op for op in result.module.ops if isinstance(op, FuncOp)]
    assert [f.sym_name.data for f in functions] == ["main", "one", "two", "three"]
    assert ["test.touched" in f.attributes for f in functions] == [False, True, True, True]
    assert [k.function.sym_name.data for k in result.kernels] == ["one", "two", "three"]
    assert set(result.graph_seconds) == {"canonicalize", "verify"}
    assert all(set(k.seconds) == {"npu-test-touch", "verify"} for k in result.kernels)


def test_compiled_kernels_are_kept_for_the_process():
    Touch.seen.clear()
    first = compile_source(source(), (Touch(run=2),))
    second = compile_source(source(), (Touch(run=2),))
    assert len(Touch.seen) == 2
    assert str(first.module) == str(second.module)
    assert first.module is not second.module


def test_remarks_name_the_kernel_they_are_about():
    for _ in range(2):
        result = compile_source(source(), (Touch(run=3),))
        assert [r.where for r in result.remarks] == ["@one", "@two", "@three"]


def test_a_pass_that_breaks_the_ir_is_caught():
    with pytest.raises(VerifyException):
        compile_source(source(), (Break(),))


def test_ir_by_pass_and_by_floor():
    kernel = Kernel(compile_source(source(), (CanonicalizePass(), Touch(run=4))))
    assert "test.touched" not in kernel.ir("canonicalize")
    assert "test.touched" not in kernel.ir("source")
    assert kernel.ir("npu") == kernel.ir("npu-test-touch") == kernel.ir()
    assert kernel.ir().count("test.touched") == 4
    with pytest.raises(ValueError, match="no stage 'affine'; there are source, te"):
        kernel.ir("affine")

"""C++ of the scalar unit: loops over boxes, and elements that they update in their place."""

from __future__ import annotations

import numpy as np
import pytest

from akg_mlir.execution.host import HostKernel, HostMode
from akg_mlir.parsing import parse_module
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.targets import load

SUMS = """
builtin.module attributes {{npu.target = "ascend910"}} {{
  func.func @main(%x: memref<5x9xf32, #npu<space gm>>, %y: memref<64xf32, #npu<space gm>>)
      attributes {{npu.kernel}} {{
    %from = npu.view %x[affine_map<() -> (0)>]() : memref<5x9xf32, #npu<space gm>>
        -> memref<5x3x3xf32, strided<[9, 3, 1], offset: ?>, #npu<space gm>>
    %sum = npu.view %y[affine_map<() -> (2)>]() : memref<64xf32, #npu<space gm>>
        -> memref<5x3x3xf32, strided<{strides}, offset: ?>, #npu<space gm>>
    npu.scalar [5, 3, 3]
        ins(%from : memref<5x3x3xf32, strided<[9, 3, 1], offset: ?>, #npu<space gm>>)
        outs(%sum : memref<5x3x3xf32, strided<{strides}, offset: ?>, #npu<space gm>>) {{
    ^bb0(%i: index, %j: index, %k: index,
         %a: memref<5x3x3xf32, strided<[9, 3, 1], offset: ?>, #npu<space gm>>,
         %s: memref<5x3x3xf32, strided<{strides}, offset: ?>, #npu<space gm>>):
      %0 = memref.load %a[%i, %j, %k]
          : memref<5x3x3xf32, strided<[9, 3, 1], offset: ?>, #npu<space gm>>
      %1 = memref.load %s[%i, %j, %k]
          : memref<5x3x3xf32, strided<{strides}, offset: ?>, #npu<space gm>>
      %2 = arith.addf %1, %0 : f32
      memref.store %2, %s[%i, %j, %k]
          : memref<5x3x3xf32, strided<{strides}, offset: ?>, #npu<space gm>>
    }}
    func.return
  }}
}}
"""


@pytest.mark.parametrize(
    ("strides", "held"),
    [
        ((0, 3, 1), True),  # sums over the outermost loop
        ((3, 0, 1), True),
        ((1, 0, 0), True),
        ((0, 1, 1), False),  # an element is reached from several places: its updates have an order
        ((9, 3, 1), False),  # nothing is summed
    ],
)
def test_sums_are_variables_where_that_keeps_their_order(
    strides: tuple[int, ...], held: bool
) -> None:
    (function,) = kernels(parse_module(SUMS.format(strides=list(strides))))
    kernel = HostKernel(function, load("ascend910"))
    assert ("kept" in kernel.kernel.text) == held

    random = np.random.default_rng(0)
    x = random.standard_normal((5, 9)).astype(np.float32)
    y = random.standard_normal(64).astype(np.float32)
    expected = y.copy()
    for i, j, k in np.ndindex(5, 3, 3):
        expected[2 + np.dot(strides, (i, j, k))] += x[i, 3 * j + k]
    for mode in (HostMode(), HostMode(check=True)):
        assert kernel.run([x, y], mode)[1].tobytes() == expected.tobytes()


def test_subscripts_that_may_leave_their_dimension_are_looked_at() -> None:
    (function,) = kernels(parse_module(SUMS.format(strides=[1, 0, 0])))
    assert "within" not in HostKernel(function, load("ascend910")).kernel.text
    larger = SUMS.replace("npu.scalar [5, 3, 3]", "npu.scalar [5, 4, 3]").format(strides=[1, 0, 0])
    (function,) = kernels(parse_module(larger))
    assert "within(j, 3)" in HostKernel(function, load("ascend910")).kernel.text

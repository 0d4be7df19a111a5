"""Random convolutions of few channels: rows of windows that became channels give the same sums."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

import akg_mlir
from akg_mlir.dialects import te
from akg_mlir.parsing import parse_module
from tests.support.te_text import apply, reference, relative_error


@st.composite
def cases(draw: st.DrawFn, most: int = 11) -> str:
    """Windows of up to `most` rows, as many of the image as there are or more, whose weights the
    host knows or not."""
    channels, outputs = draw(st.integers(1, 8)), draw(st.sampled_from((3, 16, 20)))
    kernel = draw(st.integers(2, most)), draw(st.integers(1, 3))
    strides, dilations = ([draw(st.integers(1, 4)), draw(st.integers(1, 2))] for _ in "sd")
    reach = [d * (k - 1) + 1 for d, k in zip(dilations, kernel)]
    pads = [draw(st.integers(0, reach[k % 2] - 1)) for k in range(4)]
    least = max(1, reach[0] - pads[0] - pads[2])
    sizes = least + draw(st.integers(0, 9)), draw(st.sampled_from((16, 32)))
    points = [(sizes[k] + pads[k] + pads[k + 2] - reach[k]) // strides[k] + 1 for k in (0, 1)]
    batch = draw(st.integers(1, 2))
    x = f"tensor<{batch}x{channels}x{sizes[0]}x{sizes[1]}xf16>"
    w = f"tensor<{outputs}x{channels}x{kernel[0]}x{kernel[1]}xf16>"
    y = f"tensor<{batch}x{outputs}x{points[0]}x{points[1]}xf32>"
    known = draw(st.sampled_from(("", '{te.resource = "w"}')))
    return f"""
func.func @main(%x: {x}, %w: {w} {known}) -> {y} {{
  %y = te.conv2d %x, %w strides {strides} dilations {dilations} pads {pads} groups 1
      : ({x}, {w}) -> {y}
  func.return %y : {y}
}}
"""


def _arrays(module: ModuleOp) -> list[np.ndarray]:
    """An image and weights whose sums are exact in any order."""
    (conv,) = (op for op in module.walk() if isinstance(op, te.Conv2dOp))
    rng = np.random.default_rng(0)
    return [rng.integers(-8, 9, te.shape_of(v)).astype(np.float16) for v in conv.operands]


@given(cases())
def test_folded_windows_compute_the_same(text: str) -> None:
    module = parse_module(text)
    arrays = _arrays(module)
    (wanted,) = reference(module, *arrays)
    apply(module, "te-propagate-layout")
    (conv,) = (op for op in module.walk() if isinstance(op, te.FractalConv2dOp))
    assume(conv.channels.value.data > arrays[0].shape[1])
    (got,) = reference(module, *arrays)
    assert relative_error(got, wanted) == 0


@settings(max_examples=settings().max_examples // 10)
@given(cases(most=5))
def test_folded_windows_on_the_machine(text: str) -> None:
    report = akg_mlir.compile(text, target="ascend910").report()
    assert report.ok, report.as_dict()

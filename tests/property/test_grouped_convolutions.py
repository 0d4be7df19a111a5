"""Random convolutions in groups, of f16 and f32: results are those of the reference in all three
orders of execution."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import akg_mlir


@st.composite
def cases(draw: st.DrawFn) -> str:
    """Groups of as many input as output channels or of others, whole blocks of them or parts."""
    inputs, outputs = draw(
        st.sampled_from([(1, 1), (2, 2), (4, 4), (8, 8), (16, 16), (1, 2), (3, 5)])
    )
    groups = draw(st.integers(2, 40 // inputs if inputs < 16 else 3))
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    strides, dilations = ([draw(st.integers(1, 2)) for _ in "hw"] for _ in "sd")
    reach = [d * (k - 1) + 1 for d, k in zip(dilations, kernel)]
    pads = [draw(st.integers(0, reach[k % 2] - 1)) for k in range(4)]
    sizes = [reach[k] + draw(st.integers(0, 12)) for k in (0, 1)]
    points = [
        (size + pads[k] + pads[k + 2] - reach[k]) // strides[k] + 1 for k, size in enumerate(sizes)
    ]
    element, given_ = draw(st.sampled_from(("f16", "f16", "f32"))), draw(st.booleans())
    x = f"tensor<{draw(st.integers(1, 2))}x{groups * inputs}x{sizes[0]}x{sizes[1]}x{element}>"
    w = f"tensor<{groups * outputs}x{inputs}x{kernel[0]}x{kernel[1]}x{element}>"
    y = f"tensor<{x[7]}x{groups * outputs}x{points[0]}x{points[1]}x{element}>"
    resource = '{te.resource = "w"}' if given_ else ""
    return f"""
func.func @main(%x: {x}, %w: {w} {resource}) -> {y} {{
  %c = te.conv2d %x, %w strides {strides} dilations {dilations} pads {pads} groups {groups}
      : ({x}, {w}) -> {y}
  %y = te.relu %c : {y}
  func.return %y : {y}
}}
"""


@settings(max_examples=settings().max_examples // 5)
@given(cases())
def test_convolutions_in_groups(text: str) -> None:
    report = akg_mlir.compile(text, target="ascend910").report()
    assert report.ok, report.as_dict()

"""Random convolutions on the cube in tiles that end inside rows of points: results are those of the
reference in all three orders of execution."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import akg_mlir
from akg_mlir.diagnostics import CompileError


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str]:
    """A convolution of a packed image, and tiles of its result."""
    kernel = draw(st.integers(2, 3)), draw(st.integers(2, 4))
    strides = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    dilations = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    reach = [d * (k - 1) + 1 for d, k in zip(dilations, kernel)]
    pads = [draw(st.integers(0, reach[k % 2] - 1)) for k in range(4)]
    points = draw(st.integers(2, 6)), draw(st.integers(17, 70))
    sizes = [
        max(2, (n - 1) * s + r - pads[k] - pads[k + 2])
        for k, (n, s, r) in enumerate(zip(points, strides, reach))
    ]
    rows, columns = (
        (size + pads[k] + pads[k + 2] - r) // s + 1
        for k, (size, s, r) in enumerate(zip(sizes, strides, reach))
    )
    # Of smaller images every point has its own taps, which is no product of the cube.
    assume(rows > 1 and columns > 16 and all(n >= r for n, r in zip(sizes, reach)))
    images, outputs = 2, 2
    x = f"tensor<{images}x1x{sizes[0]}x{sizes[1]}x16xf16>"
    w = f"tensor<1x{kernel[0]}x{kernel[1]}x{outputs}x16x16xf16>"
    c = f"tensor<{images}x{outputs}x{rows}x{columns}x16xf32>"
    y = c.replace("f32", "f16")
    text = f"""
func.func @main(%x: {x}, %w: {w}) -> {y} {{
  %c = te.fractal_conv2d %x, %w strides {list(strides)} dilations {list(dilations)} pads {pads}
      channels 16 outputs {outputs * 16} : ({x}, {w}) -> {c}
  %y = te.cast %c : {c} -> {y}
  func.return %y : {y}
}}
"""
    height = draw(st.integers(1, rows))
    width = draw(st.integers(8, columns) if height == 1 else st.sampled_from((16, 32, 48)))
    return text, f"S2: 1@UB, _, {height}@UB, {width}@UB, _"


@settings(max_examples=settings().max_examples // 8)
@given(cases())
def test_tiles_of_parts_of_rows(drawn: tuple[str, str]) -> None:
    text, policy = drawn
    try:
        kernel = akg_mlir.compile(text, target="ascend910", policy=policy)
    except CompileError as error:
        if "too many places" not in str(error):
            raise
        assume(False)
        return
    report = kernel.report()
    assert report.ok, report.as_dict()

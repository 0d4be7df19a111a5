"""Products and a convolution of fractals, as te text."""

from __future__ import annotations

EPILOGUE = """
  %d = te.add %c, %bias : ({c}, tensor<{n}x1x1x16xf32>) -> {c}
  %s = te.add %d, %r : ({c}, {c}) -> {c}
  %y = te.relu %s : {c}"""


def product(m: int, k: int, n: int, epilogue: str = "") -> str:
    """A product of fractals, sizes in fractals."""
    c = f"tensor<{n}x{m}x16x16xf32>"
    a, b = f"tensor<{k}x{m}x16x16xf16>", f"tensor<{k}x{n}x16x16xf16>"
    more = f", %bias: tensor<{n}x1x1x16xf32>, %r: {c}" if epilogue else ""
    result = "%y" if epilogue else "%c"
    return f"""
func.func @main(%a: {a}, %b: {b}{more}) -> {c} {{
  %c = te.fractal_matmul %a, %b m {16 * m} k {16 * k} n {16 * n} : ({a}, {b}) -> {c}
  {epilogue.format(c=c, n=n)}
  func.return {result} : {c}
}}
"""


CONVOLUTION = """
func.func @main(%x: tensor<1x6x13x13x16xf16>, %w: tensor<6x3x3x16x16x16xf16>) -> tensor<1x16x13x13x16xf16> {
  %c = te.fractal_conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] channels 96 outputs 256 : (tensor<1x6x13x13x16xf16>, tensor<6x3x3x16x16x16xf16>) -> tensor<1x16x13x13x16xf32>
  %y = te.cast %c : tensor<1x16x13x13x16xf32> -> tensor<1x16x13x13x16xf16>
  func.return %y : tensor<1x16x13x13x16xf16>
}
"""  # noqa: E501

"""Convolutions as affine loops, and how tests put them on the cube."""

# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp

from akg_mlir.dialects import poly
from akg_mlir.parsing import make_context
from akg_mlir.passes.pipelines import parse_pipeline
from tests.support.poly_kernels import apply


@dataclass(frozen=True)
class Nchw:
    """`Y[n, o, h, w] = relu(sum over c, kh, kw of A[n, c, ..] * B[o, c, kh, kw])`; f16 with f32
    sums. `image` is (rows, columns) of A."""

    images: int
    channels: int
    image: tuple[int, int]
    outputs: int
    kernel: tuple[int, int]
    stride: int = 1
    dilation: int = 1

    def text(self, neighbours: bool = False) -> str:
        """S0 zeroes the sums, S1 updates them, S2 is the ReLU; with `neighbours`, S3 takes the
        maximum of two points of a window."""
        (high, wide), (kh, kw) = self.image, self.kernel
        rows = (high - (kh - 1) * self.dilation - 1) // self.stride + 1
        columns = (wide - (kw - 1) * self.dilation - 1) // self.stride + 1
        a = f"memref<{self.images}x{self.channels}x{high}x{wide}xf16>"
        b = f"memref<{self.outputs}x{self.channels}x{kh}x{kw}xf16>"
        c = f"memref<{self.images}x{self.outputs}x{rows}x{columns}xf32>"
        y = c.replace("f32", "f16")
        points = "".join(
            f"affine.for %{name} = 0 to {size} {{ "
            for name, size in zip("nohw", (self.images, self.outputs, rows, columns))
        )
        z = f"memref<{self.outputs}x{rows - 1}x{columns - 1}xf16>"
        s, d = self.stride, self.dilation
        given = f"%Y: {y}) {{" if not neighbours else f"%Z: {z}) {{\n  %Y = memref.alloc() : {y}"
        last = (
            ""
            if not neighbours
            else f"""
  affine.for %o = 0 to {self.outputs} {{
    affine.for %h = 0 to {rows - 1} {{
      affine.for %w = 0 to {columns - 1} {{
        %x = affine.load %Y[0, %o, %h, %w] : {y}
        %z = affine.load %Y[0, %o, %h + 1, %w + 1] : {y}
        %m = arith.maximumf %x, %z : f16
        affine.store %m, %Z[%o, %h, %w] : {z}
      }}
    }}
  }}"""
        )
        return f"""
func.func @k(%A: {a}, %B: {b}, {given}
  %C = memref.alloc() : {c}
  %zero = arith.constant 0.0 : f32
  {points}
    affine.store %zero, %C[%n, %o, %h, %w] : {c}
    affine.for %c = 0 to {self.channels} {{
      affine.for %kh = 0 to {kh} {{ affine.for %kw = 0 to {kw} {{
        %x = affine.load %C[%n, %o, %h, %w] : {c}
        %a = affine.load %A[%n, %c, %h * {s} + %kh * {d}, %w * {s} + %kw * {d}] : {a}
        %b = affine.load %B[%o, %c, %kh, %kw] : {b}
        %ae = arith.extf %a : f16 to f32
        %be = arith.extf %b : f16 to f32
        %p = arith.mulf %ae, %be : f32
        %sum = arith.addf %x, %p : f32
        affine.store %sum, %C[%n, %o, %h, %w] : {c}
      }} }}
    }} {{poly.reduction = "add"}}
  }} }} }} }}
  {points}
    %x = affine.load %C[%n, %o, %h, %w] : {c}
    %p = arith.maximumf %x, %zero : f32
    %q = arith.truncf %p : f32 to f16
    affine.store %q, %Y[%n, %o, %h, %w] : {y}
  }} }} }} }}{last}
  return
}}
"""


def biased(rows: int, columns: int) -> str:
    """The paper's running example in f16 with `rows` x `columns` results, the biased image in a
    tensor of its own: S0 adds the bias, S1 and S2 convolve, S3 and S4 follow."""
    image, result = f"{rows + 2}x{columns + 2}xf16", f"{rows}x{columns}xf16"
    return f"""
func.func @k(%A: memref<{image}>, %B: memref<3x3xf16>, %bias: memref<1xf16>, %C: memref<{result}>) {{
  %X = memref.alloc() : memref<{image}>
  affine.for %h = 0 to {rows + 2} {{
    affine.for %w = 0 to {columns + 2} {{
      %a = affine.load %A[%h, %w] : memref<{image}>
      %b = affine.load %bias[0] : memref<1xf16>
      %s = arith.addf %a, %b : f16
      affine.store %s, %X[%h, %w] : memref<{image}>
    }}
  }}
  %zero = arith.constant 0.0 : f16
  affine.for %h = 0 to {rows} {{
    affine.for %w = 0 to {columns} {{
      affine.store %zero, %C[%h, %w] : memref<{result}>
      affine.for %kh = 0 to 3 {{
        affine.for %kw = 0 to 3 {{
          %c = affine.load %C[%h, %w] : memref<{result}>
          %a = affine.load %X[%h + %kh, %w + %kw] : memref<{image}>
          %b = affine.load %B[%kh, %kw] : memref<3x3xf16>
          %p = arith.mulf %a, %b : f16
          %s = arith.addf %c, %p : f16
          affine.store %s, %C[%h, %w] : memref<{result}>
        }}
      }} {{poly.reduction = "add"}}
    }}
  }}
  affine.for %h = 0 to {rows} {{
    affine.for %w = 0 to {columns} {{
      %c = affine.load %C[%h, %w] : memref<{result}>
      %p = math.absf %c : f16
      affine.store %p, %C[%h, %w] : memref<{result}>
    }}
  }}
  affine.for %h = 0 to {rows} {{
    affine.for %w = 0 to {columns} {{
      %c = affine.load %C[%h, %w] : memref<{result}>
      %p = arith.maximumf %c, %zero : f16
      affine.store %p, %C[%h, %w] : memref<{result}>
    }}
  }}
  return
}}
"""


PADDED = """
builtin.module attributes {npu.target = "ascend910"} {
func.func @k(%A: memref<6x7xf16>, %B: memref<3x3xf16>, %C: memref<6x7xf16>) {
  poly.scop {
    poly.stmt @S0(%h, %w) domain "{ S0[h, w] : 0 <= h < 6 and 0 <= w < 7 }"
        order "{ S0[h, w] -> [0, h, w, 0, 0] }" {
      %z = arith.constant 0.0 : f16
      affine.store %z, %C[%h, %w] : memref<6x7xf16>
    }
    poly.stmt @S1(%h, %w, %kh, %kw)
        domain "{ S1[h, w, kh, kw] : 0 <= h < 6 and 0 <= w < 7 and 0 <= kh < 3 and 0 <= kw < 3 and 0 <= h + kh - 1 < 6 and 0 <= w + kw - 1 < 7 }"
        order "{ S1[h, w, kh, kw] -> [1, h, w, kh, kw] }" reduction "add" {
      %c = affine.load %C[%h, %w] : memref<6x7xf16>
      %a = affine.load %A[%h + %kh - 1, %w + %kw - 1] : memref<6x7xf16>
      %b = affine.load %B[%kh, %kw] : memref<3x3xf16>
      %p = arith.mulf %a, %b : f16
      %s = arith.addf %c, %p : f16
      affine.store %s, %C[%h, %w] : memref<6x7xf16>
    }
    poly.domain "{ S0[h, w] : 0 <= h < 6 and 0 <= w < 7; S1[h, w, kh, kw] : 0 <= h < 6 and 0 <= w < 7 and 0 <= kh < 3 and 0 <= kw < 3 and 0 <= h + kh - 1 < 6 and 0 <= w + kw - 1 < 7 }" {
      poly.band "[{ S0[h, w] -> [(floor(h/4))]; S1[h, w, kh, kw] -> [(floor(h/4))] }, { S0[h, w] -> [(floor(w/4))]; S1[h, w, kh, kw] -> [(floor(w/4))] }]" permutable coincident [1, 1] tile [4, 4] {
        poly.sequence {
          poly.filter "{ S0[h, w]; S1[h, w, kh, kw] }" {
            poly.mark "npu.cube" {
              poly.sequence {
                poly.filter "{ S0[h, w] }" {
                  poly.band "[{ S0[h, w] -> [(h)] }, { S0[h, w] -> [(w)] }]" permutable coincident [1, 1] {}
                }
                poly.filter "{ S1[h, w, kh, kw] }" {
                  poly.band "[{ S1[h, w, kh, kw] -> [(kh)] }, { S1[h, w, kh, kw] -> [(kw)] }, { S1[h, w, kh, kw] -> [(h)] }, { S1[h, w, kh, kw] -> [(w)] }]" permutable coincident [0, 0, 1, 1] {}
                }
              }
            }
          }
        }
      }
    }
  }
  func.return
}
}
"""
"""A convolution that reads no further than its image: at the border taps are missing."""


def on_cube(text: str, policy: str) -> ModuleOp:
    """The program tiled and fused, with its convolution on the cube, before promotion."""
    steps = f'poly-raise,poly-schedule,poly-tile{{policy="{policy}"}},poly-fuse,poly-assign-units'
    module, _ = apply(text, steps, "ascend910")
    assert "npu.cube" in [m.mark.data for m in module.walk() if isinstance(m, poly.MarkOp)]
    return module


def run(module: ModuleOp, steps: str) -> None:
    for step in parse_pipeline(steps):
        step.apply(make_context(), module)
    module.verify()

"""Small affine programs as others would write them, one situation each."""

from __future__ import annotations

GM = "#npu<space gm>"


def kernel(arguments: str, body: str, target: str = "generic_tiny") -> str:
    """A kernel of these arguments (`%x: 4x8xf32, ...`) and this body; `TYPE[4x8xf32]` is a memref
    type in gm."""
    names = [a.split(":") for a in arguments.split(", ")]
    typed = ", ".join(f"{n.strip()}: memref<{t.strip()}, {GM}>" for n, t in names)
    while "TYPE[" in body:
        before, _, rest = body.partition("TYPE[")
        type_, _, after = rest.partition("]")
        body = f"{before}memref<{type_}, {GM}>{after}"
    return (
        f'builtin.module attributes {{npu.target = "{target}"}} {{\n'
        f"func.func @k({typed}) attributes {{npu.kernel}} {{\n{body}\n  func.return\n}}\n}}\n"
    )


IN_PLACE = kernel(
    "%x: 13x21xf32, %y: 13x21xf32",
    """
  affine.for %i = 0 to 13 {
    affine.for %j = 0 to 21 {
      %a = affine.load %x[%i, %j] : TYPE[13x21xf32]
      %b = affine.load %y[%i, %j] : TYPE[13x21xf32]
      %c = arith.addf %a, %b : f32
      affine.store %c, %y[%i, %j] : TYPE[13x21xf32]
    }
  }""",
)
"""y += x: what is read before it is written is copied in, and copied out again."""

PREFIX_SUM = kernel(
    "%x: 9x21xf32, %y: 9x21xf32",
    """
  affine.for %j = 0 to 21 {
    %a = affine.load %x[0, %j] : TYPE[9x21xf32]
    affine.store %a, %y[0, %j] : TYPE[9x21xf32]
  }
  affine.for %i = 1 to 9 {
    affine.for %j = 0 to 21 {
      %a = affine.load %x[%i, %j] : TYPE[9x21xf32]
      %b = affine.load %y[%i - 1, %j] : TYPE[9x21xf32]
      %c = arith.addf %a, %b : f32
      affine.store %c, %y[%i, %j] : TYPE[9x21xf32]
    }
  }""",
)
"""Sums down the columns: a loop carries values from row to row."""

SEIDEL = kernel(
    "%y: 10x12xf32",
    """
  %third = arith.constant 0.25 : f32
  affine.for %t = 0 to 3 {
    affine.for %i = 1 to 9 {
      affine.for %j = 1 to 11 {
        %a = affine.load %y[%i, %j - 1] : TYPE[10x12xf32]
        %b = affine.load %y[%i - 1, %j] : TYPE[10x12xf32]
        %c = affine.load %y[%i, %j + 1] : TYPE[10x12xf32]
        %d = arith.addf %a, %b : f32
        %e = arith.addf %d, %c : f32
        %f = arith.mulf %e, %third : f32
        affine.store %f, %y[%i, %j] : TYPE[10x12xf32]
      }
    }
  }""",
)
"""An in-place stencil: every loop carries a dependence."""

JACOBI = kernel(
    "%a: 12x20xf32, %b: 12x20xf32",
    """
  %half = arith.constant 0.5 : f32
  affine.for %t = 0 to 3 {
    affine.for %i = 1 to 11 {
      affine.for %j = 1 to 19 {
        %p = affine.load %a[%i, %j - 1] : TYPE[12x20xf32]
        %q = affine.load %a[%i + 1, %j] : TYPE[12x20xf32]
        %s = arith.addf %p, %q : f32
        %r = arith.mulf %s, %half : f32
        affine.store %r, %b[%i, %j] : TYPE[12x20xf32]
      }
    }
    affine.for %i = 1 to 11 {
      affine.for %j = 1 to 19 {
        %p = affine.load %b[%i, %j] : TYPE[12x20xf32]
        affine.store %p, %a[%i, %j] : TYPE[12x20xf32]
      }
    }
  }""",
)
"""Two arrays in turns: an outer loop over time around two nests."""

TRIANGLE = kernel(
    "%x: 18x18xf32, %y: 18x18xf32",
    """
  affine.for %i = 0 to 18 {
    affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
      %a = affine.load %x[%i, %j] : TYPE[18x18xf32]
      %b = arith.addf %a, %a : f32
      affine.store %b, %y[%i, %j] : TYPE[18x18xf32]
    }
  }""",
)
"""A domain that is no box."""

UPPER_IN_PLACE = kernel(
    "%x: 18x18xf32, %y: 18x18xf32",
    """
  affine.for %i = 0 to 18 {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to 18 {
      %a = affine.load %x[%i, %j] : TYPE[18x18xf32]
      %b = affine.load %y[%i, %j] : TYPE[18x18xf32]
      %c = arith.addf %a, %b : f32
      affine.store %c, %y[%i, %j] : TYPE[18x18xf32]
    }
  }""",
)
"""In place, with rows that start anywhere in a block."""

BOTH_WAYS = kernel(
    "%a: 40x40xf32, %x: 40xf32, %y: 40xf32",
    """
  affine.for %i = 0 to 40 {
    affine.for %j = 0 to 40 {
      %p = affine.load %a[%i, %j] : TYPE[40x40xf32]
      %q = affine.load %x[%i] : TYPE[40xf32]
      %r = arith.addf %p, %q : f32
      affine.store %r, %x[%i] : TYPE[40xf32]
    }
  }
  affine.for %i = 0 to 40 {
    affine.for %j = 0 to 40 {
      %p = affine.load %a[%j, %i] : TYPE[40x40xf32]
      %q = affine.load %y[%i] : TYPE[40xf32]
      %r = arith.addf %p, %q : f32
      affine.store %r, %y[%i] : TYPE[40xf32]
    }
  }""",
    "ascend910",
)
"""A footprint that is a cross: code below conditions fills one buffer."""

TRANSPOSE = kernel(
    "%x: 23x19xf32, %y: 19x23xf32",
    """
  affine.for %i = 0 to 19 {
    affine.for %j = 0 to 23 {
      %a = affine.load %x[%j, %i] : TYPE[23x19xf32]
      affine.store %a, %y[%i, %j] : TYPE[19x23xf32]
    }
  }""",
)
"""A reference that is contiguous along the other dimension."""

STRIDED = kernel(
    "%x: 7x64xf32, %y: 7x31xf32",
    """
  affine.for %i = 0 to 7 {
    affine.for %j = 0 to 31 {
      %a = affine.load %x[%i, %j * 2 + 1] : TYPE[7x64xf32]
      affine.store %a, %y[%i, %j] : TYPE[7x31xf32]
    }
  }""",
)
"""Every second element."""

CONVOLUTION = kernel(
    "%x: 5x40xf32, %w: 3xf32, %y: 5x38xf32",
    """
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 5 {
    affine.for %j = 0 to 38 {
      affine.store %zero, %y[%i, %j] : TYPE[5x38xf32]
    }
  }
  affine.for %i = 0 to 5 {
    affine.for %j = 0 to 38 {
      affine.for %k = 0 to 3 {
        %a = affine.load %x[%i, %j + %k] : TYPE[5x40xf32]
        %b = affine.load %w[%k] : TYPE[3xf32]
        %c = affine.load %y[%i, %j] : TYPE[5x38xf32]
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %c, %p : f32
        affine.store %s, %y[%i, %j] : TYPE[5x38xf32]
      }
    }
  } {poly.reduction = "add"}""",
)
"""A contraction whose operand starts inside a block for all but one step."""

SCALARS = kernel(
    "%x: 37xf32, %y: f32, %z: 1x1xf32",
    """
  %zero = arith.constant 0.0 : f32
  affine.store %zero, %y[] : TYPE[f32]
  affine.for %i = 0 to 37 {
    %a = affine.load %x[%i] : TYPE[37xf32]
    %b = affine.load %y[] : TYPE[f32]
    %c = arith.addf %a, %b : f32
    affine.store %c, %y[] : TYPE[f32]
  } {poly.reduction = "add"}
  affine.for %i = 0 to 1 {
    affine.for %j = 0 to 1 {
      %a = affine.load %y[] : TYPE[f32]
      %b = math.exp %a : f32
      affine.store %b, %z[%i, %j] : TYPE[1x1xf32]
    }
  }""",
)
"""A sum of everything, rank 0, and dimensions of one."""

RESHAPE = kernel(
    "%x: 6x10xf32, %y: 60xf32",
    """
  affine.for %i = 0 to 60 {
    %a = affine.load %x[%i floordiv 10, %i mod 10] : TYPE[6x10xf32]
    %b = arith.negf %a : f32
    affine.store %b, %y[%i] : TYPE[60xf32]
  }""",
)
"""Subscripts with divisions."""

IOTA = kernel(
    "%y: 5x9xi32",
    """
  affine.for %i = 0 to 5 {
    affine.for %j = 0 to 9 {
      %a = arith.index_cast %j : index to i32
      affine.store %a, %y[%i, %j] : TYPE[5x9xi32]
    }
  }""",
)
"""A loop counter as a value."""

MAX_I64 = kernel(
    "%x: 4x11xi64, %y: 4x11xi64",
    """
  affine.for %i = 0 to 4 {
    affine.for %j = 0 to 11 {
      %a = affine.load %x[%i, %j] : TYPE[4x11xi64]
      %b = affine.load %y[%i, %j] : TYPE[4x11xi64]
      %c = arith.addi %a, %b : i64
      affine.store %c, %y[%i, %j] : TYPE[4x11xi64]
    }
  }""",
)
"""An element type that the vector unit lacks."""

CONSTANTS = kernel(
    "%x: 11x13xf32, %y: 11x13xf32",
    """
  %one = arith.constant 1.0 : f32
  %two = arith.constant 2.0 : f32
  %three = arith.constant 3.0 : f32
  affine.for %i = 0 to 11 {
    affine.for %j = 0 to 13 {
      %a = affine.load %x[%i, %j] : TYPE[11x13xf32]
      %b = math.absf %a : f32
      %c = arith.addf %b, %one : f32
      %d = arith.divf %one, %c : f32
      %e = arith.subf %three, %d : f32
      %f = arith.divf %e, %two : f32
      %g = arith.divf %f, %three : f32
      %h = arith.subf %g, %one : f32
      %p = arith.cmpf olt, %h, %a : f32
      %q = arith.select %p, %h, %two : f32
      affine.store %q, %y[%i, %j] : TYPE[11x13xf32]
    }
  }""",
)
"""A body of many ops with constants on either side."""

MATMUL_F32 = kernel(
    "%a: 9x11xf32, %b: 11x21xf32, %c: 9x21xf32",
    """
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 9 {
    affine.for %j = 0 to 21 {
      affine.store %zero, %c[%i, %j] : TYPE[9x21xf32]
    }
  }
  affine.for %i = 0 to 9 {
    affine.for %j = 0 to 21 {
      affine.for %k = 0 to 11 {
        %p = affine.load %a[%i, %k] : TYPE[9x11xf32]
        %q = affine.load %b[%k, %j] : TYPE[11x21xf32]
        %r = arith.mulf %p, %q : f32
        %s = affine.load %c[%i, %j] : TYPE[9x21xf32]
        %t = arith.addf %s, %r : f32
        affine.store %t, %c[%i, %j] : TYPE[9x21xf32]
      }
    }
  } {poly.reduction = "add"}""",
)
"""A contraction on the vector unit."""

UNDECLARED = MATMUL_F32.replace(' {poly.reduction = "add"}', "")
"""The same, not declared as a reduction: k stays a loop."""

TWO_PARTS = kernel(
    "%x: 24x16xf32, %y: 16x24xf32, %z: 24xf32",
    """
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 24 {
    affine.store %zero, %z[%i] : TYPE[24xf32]
  }
  affine.for %i = 0 to 24 {
    affine.for %j = 0 to 16 {
      %a = affine.load %x[%i, %j] : TYPE[24x16xf32]
      %b = affine.load %z[%i] : TYPE[24xf32]
      %c = arith.maximumf %a, %b : f32
      affine.store %c, %z[%i] : TYPE[24xf32]
    }
  } {poly.reduction = "max"}
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 24 {
      %a = affine.load %z[%j] : TYPE[24xf32]
      %b = affine.load %x[%j, %i] : TYPE[24x16xf32]
      %c = arith.subf %b, %a : f32
      affine.store %c, %y[%i, %j] : TYPE[16x24xf32]
    }
  }""",
)
"""A live-out tensor that another live-out statement reads."""

COLUMN_PRODUCT = kernel(
    "%x: 6x10xf32, %y: 10xf32",
    """
  %one = arith.constant 1.0 : f32
  affine.for %j = 0 to 10 {
    affine.store %one, %y[%j] : TYPE[10xf32]
  }
  affine.for %j = 0 to 10 {
    affine.for %i = 0 to 6 {
      %a = affine.load %x[%i, %j] : TYPE[6x10xf32]
      %b = affine.load %y[%j] : TYPE[10xf32]
      %c = arith.mulf %a, %b : f32
      affine.store %c, %y[%j] : TYPE[10xf32]
    }
  } {poly.reduction = "mul"}""",
)
"""A reduction that the vector unit lacks."""

BROADCAST_ROWS = kernel(
    "%x: 7x1xf32, %y: 7x20xf32",
    """
  affine.for %i = 0 to 7 {
    affine.for %j = 0 to 20 {
      %a = affine.load %x[%i, 0] : TYPE[7x1xf32]
      %b = math.exp %a : f32
      affine.store %b, %y[%i, %j] : TYPE[7x20xf32]
    }
  }""",
)
"""One value per row."""


_MATMUL = """
  %zero = arith.constant 0.0 : f32
  affine.for %n1 = 0 to 2 {
    affine.for %m1 = 0 to 3 {
      affine.for %m0 = 0 to 16 {
        affine.for %n0 = 0 to 16 {
          affine.store %zero, %c[%n1, %m1, %m0, %n0] : TYPE[2x3x16x16xf32]
        }
      }
    }
  }
  affine.for %n1 = 0 to 2 {
    affine.for %m1 = 0 to 3 {
      affine.for %m0 = 0 to 16 {
        affine.for %n0 = 0 to 16 {
          affine.for %k1 = 0 to 2 {
            affine.for %k0 = 0 to 16 {
              %l = affine.load %a[%k1, %m1, %m0, %k0] : TYPE[2x3x16x16xf16]
              %r = affine.load %b[%k1, %n1, %n0, %k0] : TYPE[2x2x16x16xf16]
              %le = arith.extf %l : f16 to f32
              %re = arith.extf %r : f16 to f32
              %p = arith.mulf %le, %re : f32
              %o = affine.load %c[%n1, %m1, %m0, %n0] : TYPE[2x3x16x16xf32]
              %s = arith.addf %o, %p : f32
              affine.store %s, %c[%n1, %m1, %m0, %n0] : TYPE[2x3x16x16xf32]
            }
          }
        }
      }
    }
  } {poly.reduction = "add"}"""

MATMUL_F16 = kernel("%a: 2x3x16x16xf16, %b: 2x2x16x16xf16, %c: 2x3x16x16xf32", _MATMUL, "ascend910")
"""A fractal contraction whose result leaves the kernel as it is."""

CUBE_AFTER_VECTOR = kernel(
    "%x: 2x3x16x16xf32, %b: 2x2x16x16xf16, %c: 2x3x16x16xf32",
    """
  %a = memref.alloc() : TYPE[2x3x16x16xf16]
  affine.for %k1 = 0 to 2 {
    affine.for %m1 = 0 to 3 {
      affine.for %m0 = 0 to 16 {
        affine.for %k0 = 0 to 16 {
          %v = affine.load %x[%k1, %m1, %m0, %k0] : TYPE[2x3x16x16xf32]
          %h = arith.truncf %v : f32 to f16
          affine.store %h, %a[%k1, %m1, %m0, %k0] : TYPE[2x3x16x16xf16]
        }
      }
    }
  }"""
    + _MATMUL,
    "ascend910",
)
"""An operand of the cube that the vector unit makes."""

ONE_ELEMENT = kernel(
    "%x: 1xf16, %y: 1xf16",
    """
  affine.for %i = 0 to 1 {
    %a = affine.load %x[%i] : TYPE[1xf16]
    %b = arith.negf %a : f16
    affine.store %b, %y[%i] : TYPE[1xf16]
  }""",
)
"""A tile band without anything left to walk."""

LONG_ROWS = kernel(
    "%x: 6x2000xf32, %w: 2000xf32, %y: 6x2000xf32",
    """
  %e = memref.alloc() : TYPE[6x2000xf32]
  %s = memref.alloc() : TYPE[6xf32]
  affine.for %i = 0 to 6 {
    affine.for %j = 0 to 2000 {
      %a = affine.load %x[%i, %j] : TYPE[6x2000xf32]
      %b = affine.load %w[%j] : TYPE[2000xf32]
      %c = arith.mulf %a, %b : f32
      affine.store %c, %e[%i, %j] : TYPE[6x2000xf32]
    }
  }
  affine.for %i = 0 to 6 {
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %s[%i] : TYPE[6xf32]
  }
  affine.for %i = 0 to 6 {
    affine.for %j = 0 to 2000 {
      %a = affine.load %s[%i] : TYPE[6xf32]
      %b = affine.load %e[%i, %j] : TYPE[6x2000xf32]
      %c = arith.mulf %b, %b : f32
      %d = arith.addf %a, %c : f32
      affine.store %d, %s[%i] : TYPE[6xf32]
    }
  } {poly.reduction = "add"}
  affine.for %i = 0 to 6 {
    affine.for %j = 0 to 2000 {
      %a = affine.load %s[%i] : TYPE[6xf32]
      %b = affine.load %e[%i, %j] : TYPE[6x2000xf32]
      %c = arith.divf %b, %a : f32
      affine.store %c, %y[%i, %j] : TYPE[6x2000xf32]
    }
  }""",
)
"""Rows that do not fit on chip are summed in chunks, and read again in chunks to be scaled."""

STEPPED_ROWS = kernel(
    "%x: 41x50xf32, %y: 20x50xf32",
    """
  affine.for %i = 0 to 20 {
    affine.for %j = 0 to 50 {
      %a = affine.load %x[%i * 2 + 1, %j] : TYPE[41x50xf32]
      %b = affine.load %x[%i + 20, %j] : TYPE[41x50xf32]
      %c = arith.addf %a, %b : f32
      affine.store %c, %y[%i, %j] : TYPE[20x50xf32]
    }
  }""",
)
"""Every other row of a tensor, and rows far from them."""

PADDED_ROWS = kernel(
    "%x: 40x50xf32, %y: 60x50xf32",
    """
  %p = memref.alloc() : TYPE[60x50xf32]
  affine.for %i = 40 to 60 {
    affine.for %j = 0 to 50 {
      %c = arith.constant 1.0 : f32
      affine.store %c, %p[%i, %j] : TYPE[60x50xf32]
    }
  }
  affine.for %i = 0 to 40 {
    affine.for %j = 0 to 50 {
      %a = affine.load %x[%i, %j] : TYPE[40x50xf32]
      affine.store %a, %p[%i, %j] : TYPE[60x50xf32]
    }
  }
  affine.for %i = 0 to 60 {
    affine.for %j = 0 to 50 {
      %a = affine.load %p[%i, %j] : TYPE[60x50xf32]
      %b = arith.addf %a, %a : f32
      affine.store %b, %y[%i, %j] : TYPE[60x50xf32]
    }
  }""",
)
"""Two statements write parts of what a third reads: some tiles have the one, some the other."""

PARTLY_RESULTS = kernel(
    "%x: 40x24xf32, %y: 40x24xf32",
    """
  %t = memref.alloc() : TYPE[40x24xf32]
  affine.for %i = 0 to 40 {
    affine.for %j = 0 to 24 {
      %a = affine.load %x[%i, %j] : TYPE[40x24xf32]
      %b = math.exp %a : f32
      affine.store %b, %y[%i, %j] : TYPE[40x24xf32]
    }
  }
  affine.for %i = 8 to 40 {
    affine.for %j = 0 to 24 {
      %a = affine.load %y[%i, %j] : TYPE[40x24xf32]
      %b = affine.load %y[%i - 1, %j] : TYPE[40x24xf32]
      %c = arith.addf %a, %b : f32
      affine.store %c, %t[%i, %j] : TYPE[40x24xf32]
    }
  }
  affine.for %i = 8 to 40 {
    affine.for %j = 0 to 24 {
      %a = affine.load %t[%i, 23 - %j] : TYPE[40x24xf32]
      %b = arith.addf %a, %a : f32
      affine.store %b, %y[%i, %j] : TYPE[40x24xf32]
    }
  }""",
)
"""Eight rows of what the first nest computes are results, the others feed the tiles only."""

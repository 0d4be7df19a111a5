"""How tiles are dealt out to cores."""

from __future__ import annotations

from types import SimpleNamespace

import islpy as isl
import pytest
from xdsl.dialects.func import FuncOp
from xdsl.passes import PassPipeline

from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.generate.cores import choose_grid
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.polyhedral.context import context


@pytest.mark.parametrize(
    ("extents", "coincident", "load", "cores"),
    [
        ((33, 1), 2, 2, 17),
        ((4, 4, 14), 3, 7, 32),
        ((2, 3, 5, 7), 4, 7, 30),
        ((4, 4, 14), 2, 1, 16),
        ((5,), 0, 1, 1),
    ],
)
def test_busiest_core_has_few_tiles(
    extents: tuple[int, ...], coincident: int, load: int, cores: int
):
    """Loads count iterations of the parallel loops in front of the first other one."""
    dims = [f"p{k}" for k in range(len(extents))]
    limits = " and ".join(f"0 <= {d} < {e}" for d, e in zip(dims, extents))
    tiles = isl.Set(f"{{ [{', '.join(dims)}] : {limits} }}", context())
    flags = tuple(k < coincident for k in range(len(extents)))
    band, group = (
        SimpleNamespace(coincident=flags, chunks=None),
        SimpleNamespace(name="S", tiles=tiles),
    )
    grid = choose_grid(band, [group], 32)  # pyright: ignore
    assert (grid.load, grid.cores) == (load, cores)


@pytest.mark.parametrize(
    ("chunks", "counts"),
    [((1, 2), (8, 2)), ((2, 1), (4, 4)), ((8, 1), (1, 4)), ((1, 1), (8, 2))],
)
def test_a_band_says_how_many_tiles_a_core_takes(chunks: tuple[int, ...], counts: tuple[int, ...]):
    """Unless that takes more than the 16 cores there are."""
    tiles = isl.Set("{ [i, j] : 0 <= i < 8 and 0 <= j < 4 }", context())
    band = SimpleNamespace(coincident=(True, True), chunks=chunks)
    grid = choose_grid(band, [SimpleNamespace(name="S", tiles=tiles)], 16)  # pyright: ignore
    assert grid.counts == counts


HALVES = """
builtin.module attributes {{npu.target = "ascend910"}} {{
  func.func @k(%x: memref<64x512xf32>, %y: memref<64x1024xf32>) attributes {{npu.kernel}} {{
    affine.for %i = 0 to 64 {{
      affine.for %j = 0 to 512 {{
        %v = affine.load %x[%i, %j] : memref<64x512xf32>
        affine.store %v, %y[%i, %j] : memref<64x1024xf32>
      }}
    }}
    affine.for %i = 0 to 64 {{
      affine.for %j = 512 to 1024 {{
        %v = affine.load {source} : memref<64x{width}xf32>
        affine.store %v, %y[%i, %j] : memref<64x1024xf32>
      }}
    }}
    func.return
  }}
}}
"""


@pytest.mark.parametrize(
    ("source", "width", "cores"), [("%x[63 - %i, %j - 512]", 512, 32), ("%y[63 - %i, 0]", 1024, 1)]
)
def test_parts_that_share_no_element_run_on_all_cores(source: str, width: int, cores: int):
    module = parse_module(HALVES.format(source=source, width=width))
    PassPipeline(parse_pipeline("affine-to-npu")).apply(make_context(), module)
    (kernel,) = (op for op in module.walk() if isinstance(op, FuncOp))
    assert kernel.attributes["npu.cores"].value.data == cores  # pyright: ignore

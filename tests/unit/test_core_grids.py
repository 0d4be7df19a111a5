"""How tiles are dealt out to cores."""

from __future__ import annotations

from types import SimpleNamespace

import islpy as isl
import pytest

from akg_mlir.passes.npu.generate.cores import choose_grid
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
    band, group = SimpleNamespace(coincident=flags), SimpleNamespace(name="S", tiles=tiles)
    grid = choose_grid(band, [group], 32)  # pyright: ignore
    assert (grid.load, grid.cores) == (load, cores)

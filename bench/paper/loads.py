"""The least time in which a core can load the operands of its part of a product.

A core's loads pass one pipe (mte2): what it is the first to read comes at its share of DRAM, the
rest from L2, and these times add up. The lower bound of a kernel does not count that, since it
spreads all bytes over one DRAM. Results are dealt to cores in rectangles, and of all grids of cores
the best one counts.
"""

from __future__ import annotations

from math import ceil

from akg_mlir.targets import Target

FRACTAL_BYTES = 512
RESULT_BYTES = 1024
"""A fractal of operands in L1, and of an f32 result in L0C."""


def least_load(target: Target, m: int, k: int, n: int) -> int:
    """Cycles for an f16 product of these sizes, in elements."""
    rows, blocks, columns = (ceil(size / target.cube.m) for size in (m, k, n))
    grids = ((p, q) for p in range(1, target.cores + 1) for q in (target.cores // p,))
    return min(_on_grid(target, rows, blocks, columns, grid) for grid in grids)


def _on_grid(target: Target, rows: int, blocks: int, columns: int, grid: tuple[int, int]) -> int:
    """Sizes in fractals. Where L0C does not hold the part of a core, the shorter operand passes
    once per filling of L0C, but for what L1 may keep."""
    part = [ceil(size / cores) for size, cores in zip((rows, columns), grid)]
    active = ceil(rows / part[0]) * ceil(columns / part[1])
    operands = [side * blocks * FRACTAL_BYTES for side in part]
    fillings = ceil(part[0] * part[1] * RESULT_BYTES / target.memories["l0c"])
    again = (fillings - 1) * max(0, min(operands) - target.memories["l1"])
    first = (rows + columns) * blocks * FRACTAL_BYTES / active
    rest = max(0, sum(operands) + again - first)
    gm = target.gm
    return ceil(first / gm.dram_share(active) + rest / gm.l2_read)

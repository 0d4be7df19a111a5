"""Which tiles run on which core: the outermost parallel loops in contiguous chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context, union_set
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tile_statements import TileGroup, TileProgram

DIM = isl.dim_type


@dataclass(frozen=True)
class Grid:
    """How one part of a kernel is spread: per leading loop its first value, the values per core
    and the number of cores. Core `c` has position `c // prod(later counts) % count` in a loop."""

    groups: tuple[str, ...]
    lows: tuple[int, ...]
    chunks: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def cores(self) -> int:
        return prod(self.counts)

    @property
    def load(self) -> int:
        """Iterations of the leading loops that one core runs at most."""
        return prod(self.chunks)


def parts(program: TileProgram) -> list[tuple[tree.Band | None, tuple[str, ...]]]:
    """The outermost bands and the groups below each; None where there is no band."""
    found: list[tuple[tree.Band | None, tuple[str, ...]]] = []

    def visit(node: tree.Node | None, names: tuple[str, ...]) -> None:
        match node:
            case tree.Sequence():
                for child in node.filters:
                    visit(child.child, tree.statement_names(child.filter))
            case tree.Band():
                found.append((node, names))
            case tree.Mark() | tree.Context() | tree.Domain():
                visit(node.child, names)
            case _:
                found.append((None, names))

    visit(program.root, tuple(program.groups))
    return found


def choose_grid(band: tree.Band | None, groups: list[TileGroup], cores: int) -> Grid:
    """The grid over the leading coincident loops of a band whose busiest core has the fewest
    iterations, with as few cores as that takes."""
    names = tuple(group.name for group in groups)
    leading = 0 if band is None else _leading(band.coincident)
    ranges = [_range(groups, k) for k in range(leading)]
    extents = [high - low + 1 for low, high in ranges]
    lows = tuple(low for low, _ in ranges)
    best = Grid(names, lows, tuple(extents), (1,) * leading)
    for counts in _counts(extents, cores):
        chunks = tuple(-(-extent // count) for extent, count in zip(extents, counts))
        used = tuple(-(-extent // chunk) for extent, chunk in zip(extents, chunks))
        grid = Grid(names, lows, chunks, used)
        if (grid.load, grid.cores, grid.chunks) < (best.load, best.cores, best.chunks):
            best = grid
    return best


def _counts(extents: Sequence[int], cores: int) -> Iterator[tuple[int, ...]]:
    """All ways to give every loop a number of cores whose product is at most `cores`."""
    if not extents:
        yield ()
        return
    for count in range(1, min(extents[0], cores) + 1):
        for rest in _counts(extents[1:], cores // count):
            yield (count, *rest)


def _leading(coincident: tuple[bool, ...]) -> int:
    count = 0
    for flag in coincident:
        if not flag:
            break
        count += 1
    return count


def _range(groups: list[TileGroup], dim: int) -> tuple[int, int]:
    lows = [int(group.tiles.dim_min_val(dim).to_python()) for group in groups]
    highs = [int(group.tiles.dim_max_val(dim).to_python()) for group in groups]
    return min(lows), max(highs)


def communicates(scop: Scop, program: TileProgram, spread: list[tuple[str, ...]]) -> str | None:
    """A tensor in gm that one part writes and another one accesses, if there is one."""
    accessed: list[tuple[set[str], set[str]]] = []
    for names in spread:
        statements = {s.statement.name for n in names for s in program.groups[n].members}
        touched: set[str] = set()
        written: set[str] = set()
        for name in statements:
            for access in scop.by_name[name].accesses:
                if scop.arrays[access.array].space == "gm":
                    touched.add(access.array)
                    if access.is_write:
                        written.add(access.array)
        accessed.append((touched, written))
    for k, (_, written) in enumerate(accessed):
        for j, (touched, _) in enumerate(accessed):
            if j != k and written & touched:
                return min(written & touched)
    return None


def restrict(program: TileProgram, grids: list[Grid], names: list[tuple[str, ...]]) -> tree.Domain:
    """The tree with every part limited to its core's tiles; `names[k]` are the parameters of
    grid `k`, one per leading loop (or a single one that must be 0 where there is no loop)."""
    domain = union_set()
    for grid, parameters in zip(grids, names):
        for name in grid.groups:
            tiles = program.groups[name].tiles
            dims = [f"p{k}" for k in range(tiles.dim(DIM.set))]
            limits = [
                f"{chunk} {parameter} <= {dims[k]} - ({low}) < {chunk} {parameter} + {chunk}"
                for k, (chunk, low, parameter) in enumerate(zip(grid.chunks, grid.lows, parameters))
            ]
            if not grid.chunks:
                limits = [f"{parameter} = 0" for parameter in parameters]
            condition = " and ".join(limits) if parameters else "1 = 1"
            text = f"[{', '.join(parameters)}] -> {{ [{', '.join(dims)}] : {condition} }}"
            chunk = isl.Set(text, context()).intersect(tiles.reset_tuple_id())
            domain = domain.union(isl.UnionSet.from_set(chunk.set_tuple_name(name)))
    return tree.Domain(program.root.child, domain=domain)

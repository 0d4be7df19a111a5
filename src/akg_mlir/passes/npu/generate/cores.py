"""Which tiles run on which core: the outermost parallel loops in contiguous chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from math import prod

import islpy as isl
import numpy as np

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context, union_set
from akg_mlir.polyhedral.core_grid import deal
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
    """The grid over the leading coincident loops of a band that its chunks ask for, or if there
    are none, or not as many cores, the one whose busiest core has the fewest iterations, with as
    few cores as that takes."""
    names = tuple(group.name for group in groups)
    leading = 0 if band is None else _leading(band.coincident)
    ranges = [_range(groups, k) for k in range(leading)]
    extents = [high - low + 1 for low, high in ranges]
    asked = None if band is None or band.chunks is None else band.chunks[:leading]
    lows = tuple(low for low, _ in ranges)
    if asked is not None and prod(_counts(extents, asked)) <= cores:
        return Grid(names, lows, asked, _counts(extents, asked))
    chunks = tuple(int(n) for n in deal(np.array([extents], dtype=np.float64), cores)[0])
    return Grid(names, lows, chunks, _counts(extents, chunks))


def _counts(extents: Sequence[int], chunks: Sequence[int]) -> tuple[int, ...]:
    return tuple(-(-extent // chunk) for extent, chunk in zip(extents, chunks))


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
    """A tensor in gm of which one part writes elements that another one accesses, if any."""
    accessed = [_elements(scop, program, names) for names in spread]
    for first, second in permutations(accessed, 2):
        for array, written in first.written.items():
            if not written.is_disjoint(second.touched.get(array, written.empty(written.space))):
                return array
    return None


@dataclass
class _Elements:
    """What a part touches and writes of the tensors in gm."""

    touched: dict[str, isl.Set] = field(default_factory=dict[str, isl.Set])
    written: dict[str, isl.Set] = field(default_factory=dict[str, isl.Set])


def _elements(scop: Scop, program: TileProgram, names: tuple[str, ...]) -> _Elements:
    found = _Elements()
    for name in {s.statement.name for n in names for s in program.groups[n].members}:
        statement = scop.by_name[name]
        for access in statement.accesses:
            if scop.arrays[access.array].space == "gm":
                elements = access.relation.intersect_domain(statement.domain).range()
                for kind in (found.touched, *((found.written,) if access.is_write else ())):
                    known = kind.get(access.array, elements)
                    kind[access.array] = known.union(elements)
    return found


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

"""Contractions in fractal layout: which statement is a matrix product of the cube unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import permutations

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.point_bands import dimension_of
from akg_mlir.polyhedral.scop import Access, Scop, Statement
from akg_mlir.polyhedral.units import universe

DIM = isl.dim_type
FRACTAL = 16
"""Rows and columns of a fractal (f16): 16 x 16 elements, 512 bytes."""
DEPTHS = (16, 32)
"""Columns of a fractal of f16 and of i8."""
BLOCK = 32
"""Bytes of a row of a fractal."""


@dataclass(frozen=True)
class Contraction:
    """`C[.., n1, m1, m0, n0] += A[.., k1, m1, m0, k0] * B[.., k1, n1, n0, k0]`.

    The letters are dimensions of the statement; `batch` are the leading common ones, `depth` is how
    many values k0 has. `a`, `b` and `c` are the accesses (`c` is the write).
    """

    batch: tuple[int, ...]
    m1: int
    m0: int
    n1: int
    n0: int
    k1: int
    k0: int
    depth: int
    a: Access
    b: Access
    c: Access


def factors(statement: Statement) -> tuple[Access, Access] | None:
    """The two reads that an update of one cell multiplies; None for any other statement."""
    if len(statement.reads) != 3 or len(statement.writes) != 1:
        return None
    c = statement.writes[0]
    found = tuple(
        r for r in statement.reads if r.array != c.array or not r.relation.is_equal(c.relation)
    )
    return (found[0], found[1]) if len(found) == 2 else None


def find_contraction(statement: Statement) -> Contraction | None:
    """The contraction a statement's references describe, or None if they describe none."""
    operands = factors(statement)
    if operands is None:
        return None
    c = statement.writes[0]
    cell = _dimensions(c)
    for a, b in permutations(operands):
        left, right = _dimensions(a), _dimensions(b)
        if cell is None or left is None or right is None:
            return None
        if not len(cell) == len(left) == len(right) >= 4:
            return None
        batch, (n1, m1, m0, n0) = cell[:-4], cell[-4:]
        k1, k0 = left[-4], left[-1]
        matches = left == [*batch, k1, m1, m0, k0] and right == [*batch, k1, n1, n0, k0]
        if not matches or {k1, k0} & set(cell):
            continue
        depth = next((d for d in DEPTHS if _counts_to(statement, k0, d)), None)
        if depth is not None and is_fractal(statement, m0) and is_fractal(statement, n0):
            return Contraction(tuple(batch), m1, m0, n1, n0, k1, k0, depth, a, b, c)
    return None


def fills_blocks(scop: Scop, operand: Access, lanes: int) -> bool:
    """Whether so many elements of an operand of the cube are one block."""
    return scop.arrays[operand.array].element_bytes * lanes == BLOCK


def _dimensions(access: Access) -> list[int] | None:
    """The statement dimension each index is, or None if an index is anything else."""
    result: list[int] = []
    for index in access.index:
        dim = dimension_of(index)
        if dim is None:
            return None
        result.append(dim)
    return result if len(set(result)) == len(result) else None


def is_fractal(statement: Statement, dim: int) -> bool:
    """Whether a dimension goes over the lanes of a fractal."""
    return _counts_to(statement, dim, FRACTAL)


def _counts_to(statement: Statement, dim: int, lanes: int) -> bool:
    low, high = statement.domain.dim_min_val(dim), statement.domain.dim_max_val(dim)
    return low.is_zero() and high.eq(isl.Val(lanes - 1, context()))


def join(root: tree.Domain, scop: Scop, init: str, update: str, mark: str) -> tree.Domain | None:
    """Put the initialisation of a contraction into one filter with its update, below one mark.

    The update may be below a tile band over k: the initialisation then goes to the first tile.
    None when the two are not filters of one sequence (or the band is no such band).
    """
    for node in tree.walk(root):
        if not isinstance(node, tree.Sequence):
            continue
        first, second = _filter_of(node, {init}), _filter_of(node, {update})
        if first is None or second is None:
            continue
        joined = _joined(scop, first, second, init, update, mark)
        if joined is None:
            return None
        filters = tuple(joined if f is second else f for f in node.filters if f is not first)
        result = tree.replace_node(root, node, replace(node, filters=filters))
        assert isinstance(result, tree.Domain)
        return result
    return None


def _filter_of(sequence: tree.Sequence, names: set[str]) -> tree.Filter | None:
    for child in sequence.filters:
        if set(tree.statement_names(child.filter)) == names:
            return child
    return None


def _joined(
    scop: Scop, first: tree.Filter, second: tree.Filter, init: str, update: str, mark: str
) -> tree.Filter | None:
    """The common filter; `second` holds the update, perhaps below tile bands over k."""
    both = universe(scop, (init, update))
    below = second.child
    if isinstance(below, tree.Band) and below.tile is not None:
        schedule = _extended(below, scop.by_name[init])
        inner = below.child
        if schedule is None or not isinstance(inner, tree.Sequence):
            return None
        update_filter = _filter_of(inner, {update})
        if update_filter is None or len(inner.filters) != 1:
            return None
        common = _joined(scop, first, update_filter, init, update, mark)
        if common is None:
            return None
        sequence = replace(inner, filters=(common,))
        return tree.Filter(replace(below, schedule=schedule, child=sequence), filter=both)
    if not (isinstance(first.child, tree.Mark) and isinstance(below, tree.Mark)):
        return None
    pair = tree.Sequence(
        filters=(replace(first, child=first.child.child), replace(second, child=below.child))
    )
    return tree.Filter(tree.Mark(pair, name=mark), filter=both)


def _extended(band: tree.Band, init: Statement) -> isl.MultiUnionPwAff | None:
    """The band schedule with the initialisation at the first tile of every member."""
    values = band.relation.range()
    if values.is_empty():
        return None
    first = isl.Set.from_union_set(values)
    dims = ", ".join(f"i{k}" for k in range(init.rank))
    entries: list[str] = []
    for k in range(band.members):
        low = first.dim_min_val(k)
        if not low.is_int():
            return None
        entries.append(f"{{ {init.name}[{dims}] -> [({low})] }}")
    constant = isl.MultiUnionPwAff(f"[{', '.join(entries)}]", context())
    return band.schedule.union_add(constant)

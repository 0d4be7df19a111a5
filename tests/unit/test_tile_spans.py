"""Tiles in closed form against the relation that isl composes for the same nests."""

from __future__ import annotations

import islpy as isl
import pytest

from akg_mlir.polyhedral.tile_group_parts import Rates, Refused, Step, Tensor
from akg_mlir.polyhedral.tile_groups import TileGroup
from akg_mlir.polyhedral.tile_spans import Box, Expression, Nest, Span, hull, volume

RATES = Rates(
    cores=4,
    capacity={"ub": 4096, "l0c": 4096},
    dram=64,
    core_port=32,
    l2=64,
    launch=100,
)


def identity(rank: int) -> tuple[Expression, ...]:
    return tuple(Expression(((k, 1),)) for k in range(rank))


def window(bounds: tuple[int, int], stride: int, dilation: int, offset: int) -> Nest:
    """`out[i] = sum over j of in[stride * i + dilation * j + offset]`."""
    read = Expression(((0, stride), (1, dilation)), offset)
    return Nest(bounds, (Expression(((0, 1),)),), ((read,),), frozenset({1}), frozenset({1}))


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize(
    ("first", "second"), [((1, 1, 0), (1, 1, -1)), ((2, 1, 0), (1, 2, -2)), ((1, 3, 1), (3, 1, 0))]
)
def test_halos_of_a_chain_are_those_of_the_composed_relation(
    size: int, first: tuple[int, int, int], second: tuple[int, int, int]
):
    """Window after window: the length of the input box of an inner tile."""
    points: Box = (Span(((0, 1.0),), 0, 0, 1000),)
    outer, inner = window((1000, 3), *first), window((9000, 3), *second)
    middle = outer.read(0, outer.instances(points), (9000,))
    box = inner.read(0, inner.instances(middle), (90000,))
    steps = [f"{s}*i + {d}*j + {o}" for s, d, o in (first, second)]
    relation = isl.Map(f"{{ [t] -> [i] : {size}*t <= i < {size}*(t + 1) }}")
    for step in steps:
        reads = f"exists (j : o = {step} and 0 <= j <= 2)"
        relation = relation.apply_range(isl.Map(f"{{ [i] -> [o] : {reads} }}"))
    tile = relation.intersect_domain(isl.Set("{ [20] }")).range()
    low, high = (int(v.to_python()) for v in (tile.dim_min_val(0), tile.dim_max_val(0)))
    assert volume(box, {0: size}) == high - low + 1


def test_packing_needs_whole_fractals():
    """`packed[m1, m0] = plain[16 m1 + m0]`, read back by rows: blocks of the rows of a tile."""
    plain = (Expression(((0, 16), (1, 1))),)
    unpack = Nest((8, 16), plain, (identity(2),))
    rows: Box = (Span(((0, 1.0),), 0, 0, 128),)
    blocks, inside = unpack.instances(rows)
    assert [blocks.length({0: size}) for size in (1, 16, 17, 128)] == [1, 1, 2, 8]
    assert inside.length({0: 1}) == 16


def test_sides_that_move_apart_are_needed_whole():
    diagonal: Box = (Span(((0, 1.0),), 0, 0, 64), Span(((1, 1.0),), 0, 0, 64))
    transposed = diagonal[::-1]
    assert [s.length({0: 4, 1: 4}) for s in hull([diagonal, transposed])] == [64, 64]


def test_a_reduction_keeps_its_rows_whole_until_they_do_not_fit():
    """`y = x - sum(x)`: tiles are rows; rows longer than the memory are refused."""

    def group(columns: int) -> TileGroup:
        x, total = Tensor((64, columns), 4, True), Tensor((64, 1), 4, False)
        y = Tensor((64, columns), 4, False)
        broadcast = (Expression(((0, 1),)), Expression(()))
        subtract = Nest((64, columns), identity(2), (identity(2), broadcast))
        reduce = Nest((64, columns), broadcast, (identity(2),), frozenset({1}), frozenset({1}))
        result = TileGroup(RATES)
        result.open(Step(subtract, y, (x, total), 0.1, False), 0)
        result.add(Step(reduce, total, (x,), 0.1, False), live_out=False)
        return result

    assert group(64).estimate().sizes[1] == 64
    with pytest.raises(Refused, match=r"instances would be computed|minimal tile holds"):
        group(4096).estimate()

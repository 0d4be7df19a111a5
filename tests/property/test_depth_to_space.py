"""Parts of a dimension as blocks of places, in any dimensions: all orders of execution agree."""

from __future__ import annotations

from math import prod

from hypothesis import given, settings
from hypothesis import strategies as st

import akg_mlir

SIZES = {"f16": 2, "f32": 4, "i32": 4, "i64": 8}


@st.composite
def programs(draw: st.DrawFn) -> str:
    """With an op in front and one behind, which may share its kernel."""
    rank, element = draw(st.integers(2, 5)), draw(st.sampled_from(sorted(SIZES)))
    dim = draw(st.integers(0, rank - 1))
    blocks = [1 if k == dim else draw(st.integers(1, 3 if rank < 4 else 2)) for k in range(rank)]
    shape = [draw(st.sampled_from((1, 2, 3, 5, 8, 16))) for _ in range(rank)]
    if prod(shape) > 2048:
        shape[0] = 1
    result = [size * each for size, each in zip(shape, blocks)]
    result[dim] = shape[dim]
    shape[dim] *= prod(blocks)
    x, y = (f"tensor<{'x'.join(map(str, sizes))}x{element}>" for sizes in (shape, result))
    inner = draw(st.sampled_from(("", "inner")))
    before, behind = draw(st.booleans()), draw(st.booleans())
    first = f"%a = te.add %x, %x : ({x}, {x}) -> {x}" if before else ""
    last = f"%y = te.mul %d, %d : ({y}, {y}) -> {y}" if behind else ""
    return f"""
func.func @main(%x: {x}) -> {y} {{
  {first}
  %d = te.depth_to_space {"%a" if before else "%x"} axis {dim} blocks {blocks} {inner} : {x} -> {y}
  {last}
  func.return {"%y" if behind else "%d"} : {y}
}}
"""


@settings(max_examples=settings().max_examples // 2)
@given(programs(), st.sampled_from(("ascend910", "lite")))
def test_kernels_agree_in_all_orders(text: str, target: str) -> None:
    report = akg_mlir.compile(text, target=target).report()
    assert report.ok, report.as_dict()

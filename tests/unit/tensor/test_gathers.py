"""Which gathers look up, what shares their kernel, and what they take at least."""

from __future__ import annotations

import pytest
from te_text import apply, kernels, module_of

import akg_mlir

ROWS = ["tensor<100x16xf32>", "tensor<100xi32>"]
LOOK_UP = "te.gather {}, %b axis 0 : (tensor<100x16xf32>, tensor<100xi32>) -> tensor<100x16xf32>"


def partitioned(arguments: list[str], body: str, result: str) -> list[str]:
    return kernels(apply(module_of(arguments, body, [result]), "te-decompose,te-partition"))


def test_what_follows_on_rows_shares_their_kernel() -> None:
    body = f"""
      %x = {LOOK_UP.format("%a")}
      %r = te.add %x, %a : ({ROWS[0]}, {ROWS[0]}) -> {ROWS[0]}"""
    assert partitioned(ROWS, body, ROWS[0]) == ["gather add"]


@pytest.mark.parametrize("used", ["%x", "%t"])
def test_what_makes_a_table_does_not(used: str) -> None:
    """Also where the kernel reads the table, or what it is made of, elsewhere."""
    body = f"""
      %t = te.relu %a : {ROWS[0]}
      %x = te.neg %t : {ROWS[0]}
      %y = {LOOK_UP.format("%x")}
      %r = te.add %y, {used} : ({ROWS[0]}, {ROWS[0]}) -> {ROWS[0]}"""
    first, second = partitioned(ROWS, body, ROWS[0])
    assert ("neg" in first, "gather" in second) == (True, True)
    text = f"func.func @main(%a: {ROWS[0]}, %b: {ROWS[1]}) -> {ROWS[0]} {{{body}\n"
    assert akg_mlir.compile(f"{text} func.return %r : {ROWS[0]} }}").report().ok


def test_from_few_places_and_constants_of_one_value_a_sum_chooses() -> None:
    two, numbers = "tensor<2x3xf32>", "tensor<64xi32>"
    text = f"te.gather %a, %b axis 0 : ({two}, {numbers}) -> tensor<64x3xf32>"
    (few,) = partitioned([two, numbers], f"%r = {text}", "tensor<64x3xf32>")
    assert "gather" not in few
    (splat,) = partitioned(
        [numbers],
        "%t = te.constant dense<2.0> : tensor<100x3xf32>\n%r = te.gather %t, %a axis 0 : "
        f"(tensor<100x3xf32>, {numbers}) -> tensor<64x3xf32>",
        "tensor<64x3xf32>",
    )
    assert "gather" not in splat


def test_a_gather_takes_the_rows_and_not_the_table() -> None:
    rows, taken = "tensor<30522x64xf32>", "tensor<128x64xf32>"
    kernel = akg_mlir.compile(
        f"func.func @main(%t: {rows}, %i: tensor<128xi64>) -> {taken} {{ %r = te.gather %t, %i axis"
        f" 0 from_end : ({rows}, tensor<128xi64>) -> {taken}\n func.return %r : {taken} }}"
    )
    (figures,) = kernel.time().kernels
    moved = 128 * 64 * 4
    assert figures.gm_bytes == figures.least_bytes == 2 * moved + 128 * 8

"""Event ids where a kernel has many times more flags than there are ids."""

from __future__ import annotations

from akg_mlir.compiler import compile as compile_program
from akg_mlir.targets import load

TERMS = 40


def a_sum_of_scalars(terms: int) -> str:
    """x0 + x1 + ...: every addition on the vector unit waits for a value of the scalar unit."""
    arguments = ", ".join(f"%x{i} : tensor<1xf32>" for i in range(terms))
    kind = "(tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>"
    lines = [
        f"%s{i} = te.add %{f's{i - 1}' if i > 1 else 'x0'}, %x{i} : {kind}" for i in range(1, terms)
    ]
    body = "\n".join([*lines, f"func.return %s{terms - 1} : tensor<1xf32>"])
    return f"func.func @main({arguments}) -> tensor<1xf32> {{\n{body}\n}}"


def test_many_flags_use_the_ids_in_turn() -> None:
    """None is merged, none becomes a barrier, and each waits for the one before it with its id."""
    kernel = compile_program(a_sum_of_scalars(TERMS))
    told = {r.message: r.numbers for r in kernel.remarks if r.pass_name == "npu-insert-sync"}
    (counts,) = told.values()
    limit = load("ascend910").events_per_pair
    values = TERMS - 1
    assert counts["barriers"] == TERMS - 2, "one addition after the other, in the vector unit"
    assert counts["forward"] == values + (values - limit) + 1

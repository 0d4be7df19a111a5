"""Reverse fusion on programs of every kind: what fuses, what stays, and that nothing changes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from affine_programs import Program
from poly_kernels import apply, assert_same_results, scop_of, violations

from akg_mlir.diagnostics import Remark
from akg_mlir.parsing import parse_module
from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.clustering import clusters_of


def fused(policy: str) -> str:
    """Tiles of this policy; halos of small tiles may cost up to eight times the instances."""
    return (
        f'poly-raise,poly-schedule,poly-tile{{policy="{policy}" max-redundancy=8.0}},'
        "poly-fuse{max-redundancy=8.0}"
    )


@dataclass(frozen=True)
class Case:
    """A program, the outermost tile bands it must end with, and a decision that must be told.

    `policy` makes several tiles, also uneven ones.
    """

    program: Program
    bands: int
    policy: str
    says: str = ""


def _softmax_with_one_buffer() -> Program:
    """Upstream fusion moves the zero of the sum before the last use of the maximum."""
    return (
        Program("x 6x40, y 6x40", "m 6, e 6x40")
        .nest("i 6", "m[i] = 0 - 1000")
        .nest("i 6, j 40", "m[i] = max(m[i], x[i, j])", "max")
        .nest("i 6, j 40", "e[i, j] = exp(x[i, j] - m[i])")
        .nest("i 6", "m[i] = 0")
        .nest("i 6, j 40", "m[i] = m[i] + e[i, j]", "add")
        .nest("i 6, j 40", "y[i, j] = e[i, j] / m[i]")
    )


def _mean_in_place(out: str, then: str) -> Program:
    """`+=` followed by `*=` on one array; Polly loses the division."""
    arguments, temporaries = (f"x 12x40, {out}", "m 12") if then else ("x 12x40, m 12", "")
    program = (
        Program(arguments, temporaries)
        .nest("i 12", "m[i] = 0")
        .nest("i 12, j 40", "m[i] = m[i] + x[i, j]", "add")
        .nest("i 12", "m[i] = m[i] * 0.025")
    )
    return program.nest("i 12, j 40", then) if then else program


def _padded_convolution() -> Program:
    """Upstream fusion does not see that the copy into the padded image is a write."""
    return (
        Program("x 16x16, w 3x3, y 16x16", "p 18x18")
        .nest("i 18, j 18", "p[i, j] = 0")
        .nest("i 16, j 16", "p[i + 1, j + 1] = x[i, j]")
        .nest("h 16, v 16", "y[h, v] = 0")
        .nest(
            "h 16, v 16, a 3, b 3", "y[h, v] = y[h, v] + p[h + a, v + b] * w[a, b]", reduction="add"
        )
    )


def _norm_through_views() -> Program:
    """Rows are read through a flat view of the same values."""
    return (
        Program("x 6x40, y 6x40", "m 6, v 240")
        .nest("i 240", "v[i] = exp(x[i // 40, i % 40])")
        .nest("i 6", "m[i] = 0")
        .nest("i 6, j 40", "m[i] = m[i] + v[40 * i + j]", "add")
        .nest("i 6, j 40", "y[i, j] = v[40 * i + j] / m[i]")
    )


def _producer_initialised_in_the_loop() -> Program:
    """One cell, initialised again for every row."""
    return (
        Program("x 12x40, y 12x40", "s 1")
        .open("i 12")
        .nest("", "s[0] = 0")
        .nest("j 40", "s[0] = s[0] + x[i, j]", "add")
        .nest("j 40", "y[i, j] = x[i, j] / s[0]")
        .close()
    )


WRONG_ELSEWHERE = {
    "one buffer for maximum and sum": Case(_softmax_with_one_buffer(), 1, "S5: 4@UB, _"),
    "sum then scale in place": Case(
        _mean_in_place("y 12x40", "y[i, j] = x[i, j] - m[i]"), 1, "S3: 5@UB, _"
    ),
    "sum then scale a result": Case(_mean_in_place("", ""), 1, "S2: 5@UB"),
    "pad then convolve": Case(_padded_convolution(), 1, "S3: 5@UB, 7@UB, _, _"),
    "rows through a flat view": Case(_norm_through_views(), 1, "S3: 4@UB, _"),
    "a producer initialised again per row": Case(_producer_initialised_in_the_loop(), 1, "auto"),
}


def _convolution_chain() -> Program:
    return (
        Program("x 20x24, w 3x3, b 1, y 8x10", "c 18x22, d 18x22, e 18x22")
        .nest("h 18, v 22", "c[h, v] = 0")
        .nest(
            "h 18, v 22, p 3, q 3", "c[h, v] = c[h, v] + x[h + p, v + q] * w[p, q]", reduction="add"
        )
        .nest("h 18, v 22", "d[h, v] = c[h, v] + b[0]")
        .nest("h 18, v 22", "e[h, v] = max(d[h, v], 0)")
        .nest("h 8, v 10", "y[h, v] = 0 - 1000")
        .nest(
            "h 8, v 10, p 3, q 3",
            "y[h, v] = max(y[h, v], e[2 * h + p, 2 * v + q])",
            reduction="max",
        )
    )


def _stencils_in_place() -> Program:
    return (
        Program("x 20x24, y 16x20", "t 18x22", dead="x")
        .nest("i 20, j 24", "x[i, j] = exp(x[i, j])")
        .nest("i 18, j 22", "t[i, j] = x[i, j] + x[i + 2, j + 2]")
        .nest("i 18, j 22", "t[i, j] = t[i, j] * 2")
        .nest("i 16, j 20", "y[i, j] = t[i, j] + t[i + 2, j + 1]")
    )


def _diamond() -> Program:
    return (
        Program("x 20x24, y 16x20", "a 20x24, b 18x24, c 20x22")
        .nest("i 20, j 24", "a[i, j] = exp(x[i, j])")
        .nest("i 18, j 24", "b[i, j] = a[i, j] + a[i + 2, j]")
        .nest("i 20, j 22", "c[i, j] = a[i, j] - a[i, j + 2]")
        .nest("i 16, j 20", "y[i, j] = b[i + 2, j] * c[i, j + 1]")
    )


def _two_halves() -> Program:
    """Two results use disjoint parts of a product whose sums nobody may repeat."""
    return (
        Program("x 32x24x5, y 16x24, z 24x16", "a 32x24")
        .nest("i 32, j 24", "a[i, j] = 0")
        .nest("i 32, j 24, k 5", "a[i, j] = a[i, j] + x[i, j, k]", "add")
        .nest("i 15, j 24", "y[i, j] = a[i, j] + a[i + 1, j]")
        .nest("j 24, i 15", "z[j, i] = a[i + 16, 23 - j] * a[31 - i, 23 - j]")
    )


def _batch_norm() -> Program:
    return (
        Program("x 24x8x5, g 8, y 24x8x5", "s 8, q 8, t 24x8x5")
        .nest("c 8", "s[c] = 0")
        .nest("c 8, n 24, k 5", "s[c] = s[c] + x[n, c, k]", "add")
        .nest("c 8", "s[c] = s[c] * 0.008")
        .nest("n 24, c 8, k 5", "t[n, c, k] = x[n, c, k] - s[c]")
        .nest("c 8", "q[c] = 0")
        .nest("c 8, n 24, k 5", "q[c] = q[c] + t[n, c, k] * t[n, c, k]", "add")
        .nest("n 24, c 8, k 5", "y[n, c, k] = t[n, c, k] * g[c] / (q[c] + 1)")
    )


def _batch_norm_with_statistics() -> Program:
    """Three results use the sums: only as one tile space are they computed once and kept."""
    return (
        Program("x 24x8x5, y 24x8x5, mean 8, var 8", "s 8, q 8, t 24x8x5")
        .nest("c 8", "s[c] = 0")
        .nest("c 8, n 24, k 5", "s[c] = s[c] + x[n, c, k]", "add")
        .nest("n 24, c 8, k 5", "t[n, c, k] = x[n, c, k] - s[c] * 0.008")
        .nest("c 8", "q[c] = 0")
        .nest("c 8, n 24, k 5", "q[c] = q[c] + t[n, c, k] * t[n, c, k]", "add")
        .nest("n 24, c 8, k 5", "y[n, c, k] = t[n, c, k] / (q[c] + 1)")
        .nest("c 8", "mean[c] = mean[c] * 0.9 + s[c]")
        .nest("c 8", "var[c] = var[c] * 0.9 + q[c]")
    )


def _prologue_and_epilogue() -> Program:
    return (
        Program("x 10x14, w 14x12, y 10x12", "a 10x14, c 10x12, d 10x12")
        .nest("i 10, k 14", "a[i, k] = exp(x[i, k])")
        .nest("i 10, j 12", "c[i, j] = 0")
        .nest("i 10, j 12, k 14", "c[i, j] = c[i, j] + a[i, k] * w[k, j]", "add")
        .nest("i 10, j 12", "d[i, j] = abs(c[i, j])")
        .nest("i 10, j 12", "y[i, j] = max(d[i, j], x[i, j])")
    )


def _overtaken() -> Program:
    """The result z comes after x has new values, which t must not see."""
    return (
        Program("x 12x16, y 16x12, z 11x16", "t 12x16")
        .nest("i 12, j 16", "t[i, j] = exp(x[i, j])")
        .nest("j 16, i 12", "x[11 - i, j] = y[j, i]")
        .nest("i 11, j 16", "z[i, j] = t[i, j] + t[i + 1, j]")
    )


def _borders_in_place() -> Program:
    """The last nest reads new values inside and old ones at both ends."""
    return (
        Program("A 34, y 32", "B 34", dead="A")
        .nest("i 34", "B[i] = exp(A[i])")
        .nest("i 1:33", "A[i] = B[i + 1] + B[i]")
        .nest("i 32", "y[i] = A[i] + A[i + 2]")
    )


def _result_in_place_with_halo() -> Program:
    return (
        Program("x 34x20, A 34x20", "B 34x20")
        .nest("i 34, j 20", "A[i, j] = exp(x[i, j])")
        .nest("i 1:33, j 20", "B[i, j] = A[i - 1, j] + A[i + 1, j]")
        .nest("i 1:33, j 20", "A[i, j] = B[i, j] * 2")
    )


def _result_that_hides_a_producer() -> Program:
    """Every value that the first nest leaves in A is replaced: it is intermediate, with halos."""
    return (
        Program("x 34x20, A 34x20", "B 34x20")
        .nest("i 34, j 20", "A[i, j] = exp(x[i, j])")
        .nest("i 33, j 20", "B[i, j] = A[i, j] + A[i + 1, j]")
        .nest("j 20", "B[33, j] = A[33, j]")
        .nest("i 34, j 20", "A[i, j] = B[i, j] * 2")
    )


def _first_rows_are_results() -> Program:
    """Rows 8 to 63 of A are replaced: what the first nest computes of them feeds the tiles only."""
    return (
        Program("x 64x24, A 64x24", "B 64x24")
        .nest("i 64, j 24", "A[i, j] = exp(x[i, j])")
        .nest("i 8:64, j 24", "B[i, j] = A[i, j] + A[i - 1, j]")
        .nest("i 8:64, j 24", "A[i, j] = B[i, 23 - j] * 2")
    )


def _partly_results_with_a_producer() -> Program:
    """The band of the rows that are results and the tiles both recompute t."""
    return (
        Program("x 40x24, A 40x24", "t 40x24, B 40x24")
        .nest("i 40, j 24", "t[i, j] = exp(x[i, j])")
        .nest("i 40, j 24", "A[i, j] = t[i, j] * t[i, 23 - j]")
        .nest("i 10:40, j 24", "B[i, j] = A[i, j] + A[i - 5, j]")
        .nest("i 10:40, j 24", "A[i, j] = B[i, 23 - j] * 2")
    )


def _results_in_three_steps() -> Program:
    """Rows of A come from three nests; two of them also feed the next."""
    return (
        Program("x 40x24, A 40x24", "B 40x24, C 40x24")
        .nest("i 40, j 24", "A[i, j] = exp(x[i, j])")
        .nest("i 10:40, j 24", "B[i, j] = A[i, j] + A[i - 5, j]")
        .nest("i 10:40, j 24", "A[i, j] = B[i, 23 - j] * 2")
        .nest("i 20:40, j 24", "C[i, j] = A[i, j] + A[i - 5, j]")
        .nest("i 20:40, j 24", "A[i, j] = C[i, 23 - j] * 2")
    )


def _sums_partly_results() -> Program:
    return (
        Program("x 32x64x5, A 32x64", "B 32x64")
        .nest("i 32, j 64", "A[i, j] = 0")
        .nest("i 32, j 64, k 5", "A[i, j] = A[i, j] + x[i, j, k]", "add")
        .nest("i 4:32, j 64", "B[i, j] = A[i, 63 - j] * 3")
        .nest("i 4:32, j 64", "A[i, j] = B[i, j]")
    )


def _borders_are_results() -> Program:
    """Two bands for the first and the last row pay only where a tile is slow."""
    return (
        Program("x 34x32, A 34x32", "B 34x32")
        .nest("i 34, j 32", "A[i, j] = exp(x[i, j])")
        .nest("i 1:33, j 32", "B[i, j] = A[i - 1, j] + A[i + 1, 31 - j]")
        .nest("j 32, i 1:33", "A[i, j] = B[i, j] * 2")
    )


KINDS = {
    "convolution, bias, relu, pooling": Case(_convolution_chain(), 1, "S5: 3@UB, 4@UB, _, _"),
    "two stencils, updates in place": Case(
        _stencils_in_place(), 1, "S3: 5@UB, 7@UB", "of m_x in private storage"
    ),
    "diamond": Case(_diamond(), 1, "S3: 5@UB, 7@UB"),
    "two results of disjoint halves": Case(
        _two_halves(), 2, "S2: 4@UB, 8@UB; S3: 5@UB, 4@UB", "in 2 tile bands"
    ),
    "batch norm": Case(_batch_norm(), 1, "S6: _, 3@UB, _"),
    "batch norm with statistics": Case(
        _batch_norm_with_statistics(), 1, "S5: _, 3@UB, _", "shares the tile band of"
    ),
    "prologue and epilogue": Case(_prologue_and_epilogue(), 1, "S4: 3@UB, 5@UB"),
    "input overwritten before use": Case(
        _overtaken(),
        3,
        "S1: 5@UB, _; S2: 4@UB, _",
        "S1 overwrites m_x before the tiles that use it run",
    ),
    "old and new values in one read": Case(
        _borders_in_place(),
        3,
        "S2: 7@UB",
        "S2 reads m_A both from recomputed instances and from others",
    ),
    "result updated in place": Case(_result_in_place_with_halo(), 1, "S2: _, 6@UB"),
    "result that hides a producer": Case(
        _result_that_hides_a_producer(), 1, "S3: 5@UB, 6@UB", "of m_A in private storage"
    ),
    "first rows are results": Case(
        _first_rows_are_results(), 2, "S2: 9@UB, _", "{S0} stays in GM for 192 of 1536 instances"
    ),
    "partly results, with a producer": Case(
        _partly_results_with_a_producer(),
        2,
        "S1: 3@UB, _; S3: 7@UB, _",
        "{S1} stays in GM for 240 of 960 instances",
    ),
    "results in three steps": Case(
        _results_in_three_steps(), 3, "S4: 7@UB, _", "{S2} stays in GM for 240 of 720 instances"
    ),
    "sums that are partly results": Case(
        _sums_partly_results(), 2, "S3: 3@UB, _", "stays in GM for"
    ),
    "borders are results": Case(
        _borders_are_results(),
        3,
        "S2: 3@UB, _",
        "tile bands for the part that is a result would take",
    ),
}


def outer_bands(node: tree.Node | None) -> int:
    """Tile bands that are below no other."""
    if node is None:
        return 0
    if isinstance(node, tree.Band) and node.tile is not None:
        return 1
    children = node.filters if isinstance(node, tree.Sequence) else (node.child,)
    return sum(outer_bands(child) for child in children)


def decisions(remarks: list[Remark]) -> str:
    return "\n".join(r.message for r in remarks if r.pass_name in ("poly-tile", "poly-fuse"))


CASES = WRONG_ELSEWHERE | KINDS


@pytest.mark.parametrize("name", CASES)
def test_automatic_tiles(name: str) -> None:
    case = CASES[name]
    module, _ = apply(case.program.text(), fused("auto"))
    assert violations(module) == []
    assert_same_results(module)
    assert outer_bands(read_tree(scop_of(module).tree)) == case.bands


@pytest.mark.parametrize("name", CASES)
def test_several_tiles(name: str) -> None:
    case = CASES[name]
    for rest in ("", ",poly-assign-units,poly-promote"):
        module, remarks = apply(case.program.text(), fused(case.policy) + rest, "ascend910")
        assert violations(module) == []
        assert_same_results(module)
        assert case.says in decisions(remarks)
        assert outer_bands(read_tree(scop_of(module).tree)) == case.bands


def test_reserved_parts_have_bands_of_their_own() -> None:
    """Before fusion the tree computes every instance once: the rest, and each part in its band."""
    text = _borders_are_results().text()
    module, _ = apply(text, "poly-raise,poly-schedule,poly-tile")
    assert violations(module) == []
    clusters = clusters_of(read_tree(scop_of(module).tree))
    assert [c.names for c in clusters] == [("S0",), ("S0",), ("S0",), ("S1",), ("S2",)]
    twice = str(module).replace('"{ S0[i, j] : 0 < i', '"{ S0[i, j] : 0 <= i')
    assert [v.message for v in violations(parse_module(twice))] == [
        "instances of @S0 execute more than once"
    ]
    module, remarks = apply(text, "poly-raise,poly-schedule,poly-tile,poly-fuse")
    partly = [r.numbers for r in remarks if "stays in GM for" in r.message]
    assert partly == [{"reserved": 32, "original": 1088}] * 2
    fused = next(r.numbers for r in remarks if r.message.startswith("{S0} recomputed"))
    assert fused["saved_bytes"] == 2 * 32 * 32 * 4

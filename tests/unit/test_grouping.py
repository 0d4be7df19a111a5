"""Statement groups: what joins one, and that scheduling a group is scheduling its statements."""

from __future__ import annotations

import re

import pytest
from poly_kernels import NAMES, apply, load, scop_of

from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral.grouping import group_statements
from bench import affine_cases, cases

AFFINE = {name: load(name) for name in NAMES}
AFFINE |= affine_cases.CONVOLUTIONS | affine_cases.EXPLOSIVE
TENSOR = dict(cases.SMALL)
TENSOR |= {
    "elementwise": cases.elementwise_chain(17, (2, 3, 4, 16)),
    "reductions": cases.reduction_chain(23, (2, 3, 4, 16)),
}
LOWER = "te-to-affine,poly-raise"


def without_piece_order(text: str) -> str:
    """isl prints the pieces of a union in hash order, which tells how it was made."""
    return re.sub(
        r"\{ ([^{}]*) \}", lambda m: "{ " + "; ".join(sorted(m[1].split("; "))) + " }", text
    )


@pytest.mark.parametrize("name", [*AFFINE, *TENSOR])
def test_the_tree_is_the_same_with_and_without_groups(name: str) -> None:
    text = AFFINE.get(name) or TENSOR[name]
    head = "poly-raise" if name in AFFINE else LOWER
    raised, _ = apply(text, head)
    grouped, _ = apply(str(raised), "poly-schedule")
    single, remarks = apply(str(raised), "poly-schedule{group=false}")
    assert without_piece_order(str(grouped)) == without_piece_order(str(single))
    assert not any("as one statement" in r.message for r in remarks)


def groups(body: str, arguments: str = "%x: memref<8x16xf32>, %y: memref<8x16xf32>") -> list[str]:
    """The groups of a function with this body, as `S0 S1`."""
    module, _ = apply(f"func.func @f({arguments}) {{\n{body}\nreturn\n}}", "poly-raise")
    return [" ".join(m) for m in group_statements(read_scop(scop_of(module))).members.values()]


def nest(target: str, *sources: str, rows: int = 8) -> str:
    """`target = sum of sources` at all points, one loop nest."""
    lines = [f"affine.for %i = 0 to {rows} {{", "affine.for %j = 0 to 16 {"]
    for k, source in enumerate(sources):
        lines.append(f"%l{k} = affine.load {source} : memref<8x16xf32>")
    total = "%l0"
    for k in range(1, len(sources)):
        lines.append(f"%s{k} = arith.addf {total}, %l{k} : f32")
        total = f"%s{k}"
    lines.append(f"affine.store {total}, {target} : memref<8x16xf32>")
    return "\n".join((*lines, "}", "}"))


def at(name: str, row: str = "%i") -> str:
    return f"{name}[{row}, %j]"


T = "%t = memref.alloc() : memref<8x16xf32>\n%u = memref.alloc() : memref<8x16xf32>\n"


def test_a_chain_is_one_group() -> None:
    body = T + "\n".join(
        (nest(at("%t"), at("%x")), nest(at("%u"), at("%t")), nest(at("%y"), at("%u"), at("%t")))
    )
    assert groups(body) == ["S0 S1 S2"]


def test_updates_in_place_join() -> None:
    body = "\n".join((nest(at("%y"), at("%x")), nest(at("%y"), at("%y"), at("%x"))))
    assert groups(body) == ["S0 S1"]


def test_a_shifted_read_does_not_join() -> None:
    body = T + "\n".join((nest(at("%t"), at("%x")), nest(at("%y"), at("%t", "%i + 1"), rows=7)))
    assert groups(body) == []


def test_a_shifted_read_of_the_same_domain_does_not_join() -> None:
    body = T + "\n".join(
        (nest(at("%t"), at("%x"), rows=7), nest(at("%y"), at("%t", "%i + 1"), rows=7))
    )
    assert groups(body) == []


def test_independent_statements_do_not_join() -> None:
    body = T + "\n".join((nest(at("%t"), at("%x")), nest(at("%y"), at("%x"))))
    assert groups(body) == []


def test_what_an_outside_statement_gives_at_a_distance_keeps_a_statement_out() -> None:
    """S1 could follow S0 alone; S2 also needs what S0 makes elsewhere."""
    body = T + "\n".join(
        (
            nest(at("%t"), at("%x")),
            nest(at("%u", "%i + 1"), at("%x"), rows=7),
            nest(at("%y"), at("%t"), at("%u", "%i + 1"), rows=7),
        )
    )
    assert groups(body) == []


def test_statements_that_share_a_loop_nest_are_no_group() -> None:
    """Another statement of the nest could come between them."""
    body = (
        T
        + """
    affine.for %i = 0 to 7 {
      affine.for %j = 0 to 16 {
        %a = affine.load %x[%i, %j] : memref<8x16xf32>
        affine.store %a, %t[%i, %j] : memref<8x16xf32>
        %b = affine.load %t[%i + 1, %j] : memref<8x16xf32>
        affine.store %b, %u[%i, %j] : memref<8x16xf32>
      }
    }
    """
        + nest(at("%y"), at("%t", "%i + 1"), at("%u"), rows=7)
    )
    assert groups(body) == []


def test_initialisation_and_update_of_a_reduction_do_not_join() -> None:
    assert groups_of("softmax") == []
    assert groups_of("paper") == ["S3 S4"]


def groups_of(name: str) -> list[str]:
    scop = read_scop(scop_of(apply(load(name), "poly-raise")[0]))
    return [" ".join(m) for m in group_statements(scop).members.values()]


def test_a_group_shows_what_others_use() -> None:
    body = T + "\n".join(
        (
            nest(at("%t"), at("%x")),
            nest(at("%u"), at("%t")),
            nest(at("%y"), at("%u", "7 - %i")),
        )
    )
    module, _ = apply(
        f"func.func @f(%x: memref<8x16xf32>, %y: memref<8x16xf32>) {{\n{body}\nreturn\n}}",
        "poly-raise",
    )
    first, _ = group_statements(read_scop(scop_of(module))).scop.statements
    assert [(a.array, a.is_write) for a in first.accesses] == [("m_u", True)]

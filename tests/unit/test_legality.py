"""The judge accepts right trees and refuses each kind of wrong one."""

from __future__ import annotations

import ast
from pathlib import Path

import islpy as isl
import pytest

from akg_mlir.polyhedral import legality, tree
from akg_mlir.polyhedral.context import context, union_map, union_set
from akg_mlir.polyhedral.legality import Violation, verify
from akg_mlir.polyhedral.scop import Access, Array, Scop, Statement


def imports(module: str) -> dict[str, set[str]]:
    """What a module of the polyhedral package imports from its siblings: module -> names."""
    found: dict[str, set[str]] = {}
    path = Path(legality.__file__).with_name(f"{module}.py")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not any(a.name.startswith("akg_mlir") for a in node.names)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("akg_mlir"):
            package, _, last = str(node.module).rpartition(".")
            names = {a.name for a in node.names}
            if last == "polyhedral":
                found |= {name: set() for name in names}
            else:
                assert package == "akg_mlir.polyhedral"
                found.setdefault(last, set()).update(names)
    return found


def test_the_judge_shares_no_code_with_what_it_judges() -> None:
    """It knows statements and the nodes of trees as data; everything else in it is its own."""
    data = {"context", "scop", "tree"}
    nodes = {"Band", "Context", "Domain", "Extension", "Filter", "Mark", "Node", "Sequence"}
    seen: set[str] = set()
    pending = ["legality"]
    while pending:
        module = pending.pop()
        if module in seen:
            continue
        seen.add(module)
        used = imports(module)
        assert used.pop("tree", set()) <= nodes, module
        pending += [name for name in used if name not in data]
    own = seen - {"legality"}
    sources = Path(legality.__file__).parent.glob("*.py")
    for other in {path.stem for path in sources} - seen - {"__init__"}:
        assert not own & set(imports(other)), f"{other} uses the judge's own analyses"


def statement(name: str, domain: str, reads: list[str], write: str, **kinds: object) -> Statement:
    """`domain` like "[i, j] : 0 <= i < 8"; accesses like "x[i, j]" over the same dimensions."""
    dims = domain.split(":")[0].strip()
    points = isl.Set(f"{{ {name}{domain} }}", context())

    def access(text: str, is_write: bool) -> Access:
        relation = isl.Map(f"{{ {name}{dims} -> {text} }}", context())
        return Access(text.split("[")[0], relation, is_write)

    order = kinds.pop("order", None)
    return Statement(
        name,
        points,
        (*(access(r, False) for r in reads), access(write, True)),
        None if order is None else isl.Map(f"{{ {name}{dims} -> {order} }}", context()),
        **kinds,  # type: ignore[arg-type]
    )


def array(name: str, *shape: int, kind: str) -> Array:
    space = "ub" if kind == "private" else "gm"
    return Array(name, shape, 4, space, kind in ("in", "out"), kind == "out")


def band(text: str, child: tree.Node | None = None, *, coincident: bool = False) -> tree.Band:
    schedule = isl.MultiUnionPwAff(text, context())
    flags = (coincident,) * schedule.dim(isl.dim_type.out)
    return tree.Band(child, schedule=schedule, coincident=flags)


def filters(*parts: tuple[str, tree.Node | None]) -> tree.Sequence:
    return tree.Sequence(
        filters=tuple(
            tree.Filter(child, filter=union_set(f"{{ {text} }}")) for text, child in parts
        )
    )


def kinds(violations: list[Violation]) -> set[str]:
    return {v.kind for v in violations}


# t[i] = x[i]; y[i] = t[i] + t[i+1]: a producer with a halo.
CHAIN = (
    statement("P", "[i] : 0 <= i < 17", ["x[i]"], "t[i]", order="[0, i, 0]"),
    statement("Q", "[i] : 0 <= i < 16", ["t[i]", "t[i + 1]"], "y[i]", order="[1, i, 0]"),
)
ARRAYS = [array("x", 17, kind="in"), array("t", 17, kind="local"), array("y", 16, kind="out")]


def scop(*statements: Statement, arrays: list[Array] | None = None) -> Scop:
    return Scop(statements, {a.name: a for a in [*ARRAYS, *(arrays or [])]})


def textual(first: str, second: str) -> tree.Domain:
    domain = union_set("{ P[i] : 0 <= i < 17; Q[i] : 0 <= i < 16 }")
    return tree.Domain(filters((first, None), (second, None)), domain=domain)


def ordered(first: tuple[str, str], second: tuple[str, str]) -> tree.Domain:
    domain = union_set("{ P[i] : 0 <= i < 17; Q[i] : 0 <= i < 16 }")
    body = filters(*((f, band(f"[{{ {f} -> [({e})] }}]")) for f, e in (first, second)))
    return tree.Domain(body, domain=domain)


def test_textual_order_is_legal() -> None:
    assert verify(scop(*CHAIN), ordered(("P[i]", "i"), ("Q[i]", "i"))) == []


def test_swapped_producer_and_consumer_is_refused() -> None:
    found = verify(scop(*CHAIN), ordered(("Q[i]", "i"), ("P[i]", "i")))
    assert "dataflow" in kinds(found) or "uninitialised" in kinds(found)


def fused(extension: str, *, halo_read: str = "b[i - 4t + 1]", size: int = 5) -> list[Violation]:
    """Tiles of four outputs; the producer is recomputed per tile into a private buffer."""
    statements = (
        *CHAIN,
        statement("in_x", "[t, i]", ["x[i]"], "a[i - 4t]", copy=True),
        statement("P_t", "[t, i]", ["a[i - 4t]"], "b[i - 4t]", clone_of="P"),
        statement("Q_t", "[t, i]", ["b[i - 4t]", halo_read], "c[i - 4t]", clone_of="Q"),
        statement("out_y", "[t, i]", ["c[i - 4t]"], "y[i]", copy=True),
    )
    domain = "{ Q_t[t, i] : 0 <= t < 4 and 4t <= i < 4t + 4 }"
    ranges = f"""{{ [t] -> in_x[t, i] : 0 <= t < 4 and {extension};
                    [t] -> P_t[t, i] : 0 <= t < 4 and {extension};
                    [t] -> out_y[t, i] : 0 <= t < 4 and 4t <= i < 4t + 4 }}"""

    def unit(name: str, mark: str) -> tuple[str, tree.Node]:
        return f"{name}[t, i]", tree.Mark(band(f"[{{ {name}[t, i] -> [(i)] }}]"), name=mark)

    body = filters(
        unit("in_x", "npu.dma"),
        unit("P_t", "npu.vector"),
        unit("Q_t", "npu.vector"),
        unit("out_y", "npu.dma"),
    )
    tile = band("[{ Q_t[t, i] -> [(t)] }]", tree.Extension(body, extension=union_map(ranges)))
    root = tree.Domain(tile, domain=union_set(domain))
    buffers = [array(n, size, kind="private") for n in "abc"]
    return verify(scop(*statements, arrays=buffers), root)


def test_fused_halo_with_buffers_is_legal() -> None:
    assert fused("4t <= i < 4t + 5") == []


def test_halo_one_short_is_refused() -> None:
    assert fused("4t <= i < 4t + 4")


def test_wrong_element_in_the_buffer_is_refused() -> None:
    assert "dataflow" in kinds(fused("4t <= i < 4t + 5", halo_read="b[i - 4t]"))


def test_buffer_too_small_is_refused() -> None:
    assert "bounds" in kinds(fused("4t <= i < 4t + 5", size=4))


# s = sum of x[k]; y[0] = s
SUM = (
    statement("I", "[]", [], "s[]", order="[0, 0, 0]"),
    statement("U", "[k] : 0 <= k < 8", ["s[]", "x[k]"], "s[]", order="[1, k, 0]", reduction="add"),
    statement("V", "[]", ["s[]"], "y[]", order="[2, 0, 0]"),
)


def sum_tree(updates: str, schedule: str) -> list[Violation]:
    arrays = {
        a.name: a
        for a in (
            array("x", 8, kind="in"),
            array("s", kind="local"),
            array("y", kind="out"),
        )
    }
    domain = union_set(f"{{ I[]; {updates}; V[] }}")
    body = filters(("I[]", None), ("U[k]", band(f"[{{ U[k] -> [({schedule})] }}]")), ("V[]", None))
    return verify(Scop(SUM, arrays), tree.Domain(body, domain=domain))


@pytest.mark.parametrize("schedule", ["k", "-k", "0"])
def test_a_declared_reduction_may_run_in_any_order(schedule: str) -> None:
    assert sum_tree("U[k] : 0 <= k < 8", schedule) == []


def test_a_lost_update_is_refused() -> None:
    assert "dataflow" in kinds(sum_tree("U[k] : 0 <= k < 7", "k"))


def test_an_undeclared_recurrence_keeps_its_order() -> None:
    step = (statement("R", "[i] : 0 < i < 8", ["y[i - 1]"], "y[i]", order="[0, i, 0]"),)
    arrays = {"y": array("y", 8, kind="out")}
    domain = union_set("{ R[i] : 0 < i < 8 }")
    forward = tree.Domain(band("[{ R[i] -> [(i)] }]"), domain=domain)
    backward = tree.Domain(band("[{ R[i] -> [(-i)] }]"), domain=domain)
    box = tree.Domain(tree.Mark(band("[{ R[i] -> [(i)] }]"), name="npu.vector"), domain=domain)
    assert verify(Scop(step, arrays), forward) == []
    assert verify(Scop(step, arrays), backward)
    assert verify(Scop(step, arrays), box)


def test_an_update_applied_twice_is_refused() -> None:
    clone = statement("U_t", "[t, k]", ["s[]", "x[k]"], "s[]", clone_of="U")
    arrays = {
        a.name: a
        for a in (array("x", 8, kind="in"), array("s", kind="local"), array("y", kind="out"))
    }
    domain = union_set("{ I[]; U_t[t, k] : 0 <= t < 2 and 4t <= k <= 4t + 4 and k < 8; V[] }")
    body = filters(("I[]", None), ("U_t[t, k]", band("[{ U_t[t, k] -> [(t)] }]")), ("V[]", None))
    found = verify(Scop((*SUM, clone), arrays), tree.Domain(body, domain=domain))
    assert kinds(found) == {"reduction"}

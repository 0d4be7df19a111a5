"""The running example of the AKG paper: clusters, relations, counts and results."""

from __future__ import annotations

import numpy as np
import pytest
from example_files import EXAMPLES
from poly_kernels import apply, scop_of, violations
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.diagnostics import CompileError, Remark
from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.clustering import clusters_of
from akg_mlir.polyhedral.context import maps_of, union_map
from akg_mlir.polyhedral.counting import count_pairs
from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_tree_order

SCHEDULED = "poly-raise,poly-schedule"
FUSED = f'{SCHEDULED},poly-tile{{policy="S4: 32@UB, 32@UB"}},poly-fuse'
UNITS = f"{FUSED},poly-assign-units"
PROMOTED = f"{UNITS},poly-promote"
H = W = 70
KH = KW = 3
TILE = 32


def example(passes: str) -> tuple[ModuleOp, list[Remark]]:
    return apply((EXAMPLES / "paper_running_example.mlir").read_text(), passes, "ascend910")


def extension(module: ModuleOp) -> tree.Extension:
    nodes = tree.walk(read_tree(scop_of(module).tree))
    (found,) = (n for n in nodes if isinstance(n, tree.Extension))
    return found


def test_the_clusters_are_the_intermediate_and_the_live_out_space() -> None:
    module, _ = example(SCHEDULED)
    clusters = clusters_of(read_tree(scop_of(module).tree))
    assert [c.names for c in clusters] == [("S0",), ("S1", "S2", "S3", "S4")]
    assert [len(c.parallel) for c in clusters] == [2, 2]


def test_the_extension_relation_is_the_formula_of_the_paper() -> None:
    """Section 4.3: tile o needs S0(h, w) with T o0 <= h < T o0 + KH + T - 1, and so for w."""
    module, _ = example(FUSED)
    expected = union_map(
        f"{{ [o0, o1] -> S0_t[o0, o1, h, w] : 0 <= o0 < 3 and 0 <= o1 < 3 and "
        f"{TILE} o0 <= h < {TILE} o0 + {KH} + {TILE} - 1 and 0 <= h < {H} and "
        f"{TILE} o1 <= w < {TILE} o1 + {KW} + {TILE} - 1 and 0 <= w < {W} }}"
    )
    assert extension(module).extension.is_equal(expected)


def test_halos_cost_576_instances() -> None:
    module, remarks = example(FUSED)
    (relation,) = maps_of(extension(module).extension)
    assert count_pairs(relation) == 5476
    (fused,) = (r for r in remarks if r.pass_name == "poly-fuse")
    assert (fused.numbers["recomputed"], fused.numbers["original"]) == (5476, H * W)
    assert fused.numbers["saved_bytes"] == 2 * 2 * H * W


def test_the_update_in_place_is_renamed() -> None:
    """A keeps its old values for the halos of other tiles; tiles read their own new ones."""
    module, _ = example(FUSED)
    bodies = {s.sym_name.data: str(s) for s in scop_of(module).statements}
    assert "affine.load %A[" in bodies["S0_t"]
    assert "affine.store" in bodies["S0_t"]
    assert "%A_t[" in bodies["S0_t"]
    assert "affine.load %A_t[" in bodies["S2_t"]
    assert "affine.load %A[" not in bodies["S2_t"]


def test_the_tile_is_forked_into_vector_and_cube() -> None:
    module, remarks = example(UNITS)
    root = read_tree(scop_of(module).tree)
    filters = [n for n in tree.walk(root) if isinstance(n, tree.Filter)]
    units = {
        frozenset(tree.statement_names(f.filter)): f.child.name
        for f in filters
        if isinstance(f.child, tree.Mark)
    }
    assert units == {
        frozenset({"S0_t"}): "npu.vector",
        frozenset({"S1", "S2_t"}): "npu.cube",
        frozenset({"S3"}): "npu.vector",
        frozenset({"S4"}): "npu.vector",
    }
    messages = [r.message for r in remarks if r.pass_name == "poly-assign-units"]
    assert messages == ["@S2_t with @S1 on the cube", "@S0_t, @S3, @S4 on the vector unit"]


def test_a_convolution_can_be_kept_off_the_cube() -> None:
    _, remarks = example(f"{UNITS}{{convolutions=vector}}")
    assert any("asked to run on the vector unit" in r.message for r in remarks)
    with pytest.raises(CompileError, match="on the cube or the vector unit, not on 'scalar'"):
        example(f"{UNITS}{{convolutions=scalar}}")


def test_every_stage_computes_what_numpy_does() -> None:
    rng = np.random.default_rng(0)
    a, b, bias = (
        np.asarray(rng.integers(-4, 5, size=shape), dtype=np.float16)
        for shape in ((H, W), (KH, KW), (1,))
    )
    image = a.astype(np.float32) + bias.astype(np.float32)
    expected = np.zeros((H - KH + 1, W - KW + 1), dtype=np.float32)
    for kh in range(KH):
        for kw in range(KW):
            window = image[kh : kh + H - KH + 1, kw : kw + W - KW + 1]
            expected += window * b.astype(np.float32)[kh, kw]
    expected = np.abs(expected)
    for passes in (
        "poly-raise",
        SCHEDULED,
        FUSED.removesuffix(",poly-fuse"),
        FUSED,
        UNITS,
        PROMOTED,
    ):
        module, _ = example(passes)
        assert violations(module) == []
        result = np.full(expected.shape, np.nan, dtype=np.float16)
        affine.run(module, "running_example", [a.copy(), bias, b, result], write_tree_order)
        np.testing.assert_array_equal(result.astype(np.float32), expected)

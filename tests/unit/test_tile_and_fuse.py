"""poly-tile and poly-fuse: policies, automatic sizes, recomputation, and what they refuse."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from poly_kernels import NAMES, apply, assert_same_results, load, scop_of, violations
from xdsl.passes import PassPipeline

import akg_mlir
from akg_mlir import targets
from akg_mlir.diagnostics import CompileError, Remark
from akg_mlir.dialects import poly
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.passes.affine.poly_tile import machine_figures
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.clustering import clusters_of
from akg_mlir.polyhedral.context import union_map
from akg_mlir.polyhedral.dependence import analyse
from akg_mlir.polyhedral.tile_choice import Tiler
from akg_mlir.polyhedral.tile_grid import grid_of
from akg_mlir.polyhedral.tile_model import Footprint, Kernel, Loop, Side, TileModel, Work
from akg_mlir.polyhedral.tile_plan import DoesNotFit
from akg_mlir.polyhedral.tile_search import search
from bench import affine_cases

TO_FUSED = "poly-raise,poly-schedule,poly-tile,poly-fuse"


def with_policy(policy: str, fuse: bool = True) -> str:
    steps = f'poly-raise,poly-schedule,poly-tile{{policy="{policy}"}}'
    return f"{steps},poly-fuse" if fuse else steps


def messages(remarks: list[Remark], name: str) -> list[str]:
    return [r.message for r in remarks if r.pass_name == name]


def tile_bands(op: poly.ScopOp) -> list[tuple[int, ...]]:
    nodes = tree.walk(read_tree(op.tree))
    return [n.tile for n in nodes if isinstance(n, tree.Band) and n.tile is not None]


def test_single_rows_are_candidates_whatever_their_number() -> None:
    """20 rows: no round number of parts has one row each."""
    sides = Side(1, (1.0,), 20), Side(1000, (0.0,), 1000)
    model = TileModel(
        (Loop(20),),
        (Footprint("x", 4, "ub", sides, (20, 1000), True, True, 0, 1),),
        (Work("S0", "vector", sides, 20_000, 1, 4, False),),
    )
    machine = replace(machine_figures(targets.load("generic_tiny")), capacity={"ub": 6000})
    found = search(model, machine, 1.0, 2.0)
    assert found.best is not None
    assert found.best.sizes == (1,)


def test_rows_that_end_inside_a_block_are_stored_with_those_that_follow_them() -> None:
    """Rows of 56 two-byte elements, 28 of them one after the other: the ends of rows that are not
    followed by the next one in the same tile are elements for the scalar unit."""
    sides = Side(1, (1.0, 0.0), 64), Side(1, (0.0, 1.0), 28), Side(56, (0.0, 0.0), 56)
    y = Footprint("y", 2, "ub", sides, (64, 28, 56), True, True, 0, 1)
    work = Work("S0", "vector", sides, 64 * 28 * 56, 1, 2, False)
    machine = machine_figures(targets.load("ascend910"))
    found = search(TileModel((Loop(64), Loop(28)), (y,), (work,)), machine, 0.5, 2.0)
    assert found.best is not None
    assert found.best.sizes[1] >= 14


def test_tiles_cut_rows_of_subscripts_evenly() -> None:
    """Rows of 28 in a flat loop of 7 * 28: tiles are parts of a row or whole rows."""
    model = TileModel((Loop(196, periods=frozenset({28})),), (), ())
    sizes = {int(size) for (size,) in grid_of(model)}
    assert {1, 28, 56, 196} <= sizes
    assert all(28 % size == 0 or size % 28 == 0 for size in sizes)


def test_of_very_many_loops_the_shorter_ones_stay_whole() -> None:
    """Two sizes of each of 18 loops would be 262,144 choices."""
    model = TileModel(tuple(Loop(3 + k) for k in range(18)), (), ())
    grid = grid_of(model)
    assert len(grid) == 4096
    assert [len(set(column)) for column in grid.T] == [1] * 6 + [2] * 12
    assert grid[:, :6].tolist() == [[3, 4, 5, 6, 7, 8]] * 4096


def test_tiles_of_a_flat_convolution_are_parts_of_its_rows() -> None:
    """17 rows of 17 points, 9 taps of 16 channels."""
    kernel = affine_cases.flat_convolution(19, 1, 3)
    module = parse_module(f'module attributes {{npu.target = "ascend910"}} {{\n{kernel}}}')
    steps = "poly-raise,poly-schedule,poly-tile"
    PassPipeline(parse_pipeline(steps)).apply(make_context(), module)
    rows = [size for sizes in tile_bands(scop_of(module)) for size in sizes[:1]]
    assert all(17 % size == 0 or size % 17 == 0 for size in rows)


def test_values_between_the_ops_of_a_statement_must_fit() -> None:
    """f16 factors are extended in boxes of all iterations of a tile, which are larger than both."""
    x, w, y = "tensor<1x64x56x56xf16>", "tensor<256x64x1x1xf16>", "tensor<1x256x56x56xf32>"
    text = f"""module attributes {{npu.target = "ascend910"}} {{
func.func @main(%x: {x}, %w: {w}) -> {y} {{
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1
      : ({x}, {w}) -> {y}
  func.return %y : {y}
}} }}"""
    module = parse_module(text)
    steps = (
        "te-partition,te-collapse-dims,convert-te-to-affine,poly-raise,poly-schedule,"
        "poly-tile{convolutions=vector},poly-fuse,poly-assign-units{convolutions=vector},"
        "poly-promote,npu-generate,npu-legalise,npu-plan-memory"
    )
    PassPipeline(parse_pipeline(steps)).apply(make_context(), module)


def test_values_between_the_ops_of_a_statement_have_rows_along_the_lanes() -> None:
    """The two channels are lanes, so that these boxes have rows of 2, not of the window's 3."""
    x, w, y = "tensor<1x2x15x31xf16>", "tensor<2x1x4x3xf16>", "tensor<1x2x14x16xf32>"
    akg_mlir.compile(
        f"""func.func @main(%x: {x}, %w: {w}) -> {y} {{
  %y = te.conv2d %x, %w strides [1, 2] dilations [1, 1] pads [2, 0, 0, 2] groups 2
      : ({x}, {w}) -> {y}
  func.return %y : {y}
}}""",
        target="lite",
    )


# ----------------------------------------------------------------------------------------- meaning


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", ["generic_tiny", "ascend910"])
def test_automatic_tiles_compute_the_same(name: str, target: str) -> None:
    module, _ = apply(load(name), TO_FUSED, target)
    assert violations(module) == []
    assert_same_results(module)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("softmax", "S5: 5@UB, _"),
        ("softmax", "S5: 5@UB, 16@UB"),
        ("softmax", "S5: 5@UB, _ / _, 16@UB; S1: _, 7@UB; S4: _, 16@UB"),
        ("softmax", "S5: 5@UB, _; S4: _, 16@UB"),
        ("softmax", "S5: _, 13@UB / 5@UB, _"),
        ("layer_norm", "S9: 7@UB, _ / _, 24@UB; S1: _, 16@UB; S6: _, 24@UB"),
        ("layer_norm", "S9: 7@UB, 24@UB"),
        ("stencil_chain", "S2: 5@UB, 13@UB"),
        ("stencil_chain", "S2: 4@UB, _"),
        ("paper", "S4: 7@UB, 16@UB; S0: 9@UB, _"),
        ("two_outputs", "S2: 5@UB, 8@UB"),
        ("transpose", "S1: 8@UB, 5@UB"),
        ("column_sum", "S2: _, 16@UB"),
        ("sum_of_squares", "S2: 5@UB, 7@UB"),
        ("matmul_bias_relu", "S4: 1@UB, 3@UB, _, _; S1: _, _, _, _, 2@L0A, _"),
    ],
)
def test_given_tiles_compute_the_same(name: str, policy: str) -> None:
    module, _ = apply(load(name), with_policy(policy), "ascend910")
    assert violations(module) == []
    assert_same_results(module)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_round_trips(name: str) -> None:
    for steps in ("poly-raise,poly-schedule,poly-tile", TO_FUSED):
        module, _ = apply(load(name), steps)
        assert parse_module(str(module)).is_structurally_equivalent(module)


@pytest.mark.parametrize("other", ["S_2: 4@UB, 16@UB", "S2: j: 16@UB, i: 4@UB", "S_2: 4@UB,16@UB;"])
def test_statements_of_the_paper_and_named_axes(other: str) -> None:
    wanted, _ = apply(load("stencil_chain"), with_policy("S2: 4@UB, 16@UB"))
    module, _ = apply(load("stencil_chain"), with_policy(other))
    assert str(module) == str(wanted)


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_policy_gives_the_same_tree(name: str) -> None:
    module, _ = apply(load(name), TO_FUSED)
    chosen = scop_of(module).policy
    assert chosen is not None
    again, _ = apply(load(name), with_policy(chosen.data))
    assert str(again) == str(module)


# ------------------------------------------------------------------------------------------ shapes


def test_a_contraction_gets_a_band_over_its_k_tiles() -> None:
    module, _ = apply(
        load("matmul_bias_relu"),
        with_policy("S4: 1@UB, 2@UB, _, _; S1: _, _, _, _, 2@L0A, _", fuse=False),
    )
    root = read_tree(scop_of(module).tree)
    outer = root.child
    assert isinstance(outer, tree.Band)
    assert outer.tile == (1, 2)
    sequence = outer.child
    assert isinstance(sequence, tree.Sequence)
    names = [tree.statement_names(f.filter) for f in sequence.filters]
    assert names == [("S0", "S1"), ("S2", "S3", "S4")]
    k_tiles = sequence.filters[0].child
    assert isinstance(k_tiles, tree.Band)
    assert (k_tiles.tile, k_tiles.coincident) == ((2,), (False,))
    init = k_tiles.relation.intersect_domain(read_scop(scop_of(module)).domain()).intersect_domain(
        union_map("{ S0[a, b, c, d] -> [] }").domain()
    )
    assert init.range().is_subset(union_map("{ [0] -> [] }").domain())
    points = k_tiles.child
    assert isinstance(points, tree.Band)
    assert points.tile is None


def test_the_extension_is_the_overlapped_tile_of_the_stencil() -> None:
    module, _ = apply(load("stencil_chain"), with_policy("S2: 6@UB, 16@UB"))
    extension = next(
        n for n in tree.walk(read_tree(scop_of(module).tree)) if isinstance(n, tree.Extension)
    ).extension
    expected = union_map(
        "{ [t, u] -> S0_t[t, u, i, j] : 0 <= t < 3 and 0 <= u < 3 and "
        "6t <= i < 6t + 8 and 16u <= j < 16u + 18; "
        "[t, u] -> S1_t[t, u, i, j] : 0 <= t < 3 and 0 <= u < 3 and "
        "6t <= i < 6t + 8 and 16u <= j < 16u + 16 }"
    )
    assert extension.is_equal(expected)


def test_rows_needed_whole_by_a_reduction_are_not_split() -> None:
    module, _ = apply(
        load("layer_norm")
        .replace("x40x", "x512x")
        .replace("<40x", "<512x")
        .replace("to 40 ", "to 512 ")
        .replace("2.5e-02", "1.953125e-03"),
        TO_FUSED,
    )
    assert [len(t) for t in tile_bands(scop_of(module))] == [1]


# ------------------------------------------------------------------------------------------- fusion

USED_TWICE = """
func.func @k(%x: memref<16x16xf32>, %y: memref<16x16xf32>, %z: memref<14x16xf32>) {
  %t = memref.alloc() : memref<16x16xf32>
  affine.for %i = 0 to 16 { affine.for %j = 0 to 16 {
    %a = affine.load %x[%i, %j] : memref<16x16xf32>
    %b = math.exp %a : f32
    affine.store %b, %t[%i, %j] : memref<16x16xf32>
  } }
  affine.for %i = 0 to 16 { affine.for %j = 0 to 16 {
    %a = affine.load %t[%i, -%j + 15] : memref<16x16xf32>
    affine.store %a, %y[%i, %j] : memref<16x16xf32>
  } }
  affine.for %i = 0 to 14 { affine.for %j = 0 to 16 {
    %a = affine.load %t[%i, %j] : memref<16x16xf32>
    %b = affine.load %t[%i + 2, %j] : memref<16x16xf32>
    %c = arith.addf %a, %b : f32
    affine.store %c, %z[%i, %j] : memref<14x16xf32>
  } }
  func.return
}
"""


def test_a_cheap_producer_is_recomputed_in_every_tile_band_that_uses_it() -> None:
    module, remarks = apply(USED_TWICE, with_policy("S2: 7@UB, _; S1: 8@UB, _"))
    assert violations(module) == []
    assert_same_results(module)
    assert len(tile_bands(scop_of(module))) == 2
    assert {s.sym_name.data for s in scop_of(module).statements if s.clone_of} >= {"S0_t", "S0_t_t"}
    assert any("in 2 tile bands" in m for m in messages(remarks, "poly-fuse"))


def test_a_reduction_of_two_tile_bands_keeps_its_tensor() -> None:
    summed = """  affine.for %i = 0 to 16 { affine.for %j = 0 to 16 {
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %t[%i, %j] : memref<16x16xf32>
  } }
  affine.for %i = 0 to 16 { affine.for %j = 0 to 16 { affine.for %k = 0 to 5 {
    %o = affine.load %t[%i, %j] : memref<16x16xf32>
    %a = affine.load %x[%i, %j] : memref<16x16xf32>
    %b = arith.addf %o, %a : f32
    affine.store %b, %t[%i, %j] : memref<16x16xf32>
  } } } {poly.reduction = "add"}
"""
    first = USED_TWICE.index("  affine.for")
    text = USED_TWICE[:first] + summed + USED_TWICE[USED_TWICE.index("  affine.for", first + 9) :]
    module, remarks = apply(text, with_policy("S3: 7@UB, _; S2: 8@UB, _"))
    assert violations(module) == []
    assert_same_results(module)
    assert len(tile_bands(scop_of(module))) == 3
    assert not any(s.clone_of for s in scop_of(module).statements)
    assert any("each would repeat its reduction" in m for m in messages(remarks, "poly-tile"))


def test_outputs_with_the_same_tiles_share_a_band() -> None:
    text = """
func.func @k(%x: memref<12x40xf32>, %y: memref<12x40xf32>, %z: memref<12x40xf32>) {
  affine.for %i = 0 to 12 { affine.for %j = 0 to 40 {
    %a = affine.load %x[%i, %j] : memref<12x40xf32>
    %b = math.exp %a : f32
    affine.store %b, %y[%i, %j] : memref<12x40xf32>
  } }
  affine.for %i = 0 to 12 { affine.for %j = 0 to 40 {
    %a = affine.load %x[%i, %j] : memref<12x40xf32>
    %b = math.absf %a : f32
    affine.store %b, %z[%i, %j] : memref<12x40xf32>
  } }
  func.return
}
"""
    module, _ = apply(text, TO_FUSED)
    assert len(tile_bands(scop_of(module))) == 1
    assert violations(module) == []
    assert_same_results(module)


RESIDUAL_MEAN = """
func.func @k(%x: memref<12x40xf32>, %r: memref<12x40xf32>, %y: memref<12x40xf32>) {
  %s = memref.alloc() : memref<12xf32>
  affine.for %i = 0 to 12 { affine.for %j = 0 to 40 {
    %a = affine.load %x[%i, %j] : memref<12x40xf32>
    %b = math.exp %a : f32
    affine.store %b, %r[%i, %j] : memref<12x40xf32>
  } }
  affine.for %i = 0 to 12 {
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %s[%i] : memref<12xf32>
  }
  affine.for %i = 0 to 12 { affine.for %j = 0 to 40 {
    %a = affine.load %s[%i] : memref<12xf32>
    %b = affine.load %r[%i, %j] : memref<12x40xf32>
    %c = arith.addf %a, %b : f32
    affine.store %c, %s[%i] : memref<12xf32>
  } } {poly.reduction = "add"}
  affine.for %i = 0 to 12 { affine.for %j = 0 to 40 {
    %a = affine.load %s[%i] : memref<12xf32>
    %b = affine.load %r[%i, %j] : memref<12x40xf32>
    %c = arith.divf %b, %a : f32
    affine.store %c, %y[%i, %j] : memref<12x40xf32>
  } }
  func.return
}
"""


def test_a_result_that_others_reduce_shares_their_rows() -> None:
    module, _ = apply(RESIDUAL_MEAN, TO_FUSED)
    op = scop_of(module)
    assert [len(t) for t in tile_bands(op)] == [1]
    assert {s.sym_name.data for s in op.statements if s.clone_of} == {"S1_t", "S2_t"}
    assert violations(module) == []
    assert_same_results(module)


IN_PLACE = """
func.func @k(%x: memref<18xf32>, %y: memref<16xf32>) {
  %t = memref.alloc() : memref<18xf32>
  affine.for %i = 0 to 18 {
    %a = affine.load %x[%i] : memref<18xf32>
    affine.store %a, %t[%i] : memref<18xf32>
  }
  affine.for %i = 0 to 16 {
    %a = affine.load %t[%i] : memref<18xf32>
    %b = affine.load %t[%i + 2] : memref<18xf32>
    %c = arith.addf %a, %b : f32
    affine.store %c, %y[%i] : memref<16xf32>
  }
  affine.for %i = 0 to 18 {
    %k = arith.constant 2.0 : f32
    %a = affine.load %x[%i] : memref<18xf32>
    %b = arith.mulf %a, %k : f32
    affine.store %b, %x[%i] : memref<18xf32>
  }
  func.return
}
"""


def test_an_input_that_is_overwritten_later_is_read_before() -> None:
    module, _ = apply(IN_PLACE, with_policy("S1: 8@UB; S2: 9@UB"))
    assert violations(module) == []
    assert_same_results(module)


def test_too_much_recomputation_is_refused() -> None:
    wide = load("stencil_chain")
    module, remarks = apply(
        wide,
        'poly-raise,poly-schedule,poly-tile{policy="S2: 1@UB, _" max-redundancy=8.0},'
        "poly-fuse{max-redundancy=2.0}",
        "ascend910",
    )
    found = [r for r in remarks if r.pass_name == "poly-fuse" and r.kind == "missed"]
    assert any("it would compute 2592 instances instead of 960" in r.message for r in found)
    assert violations(module) == []
    assert_same_results(module)


def test_poly_tile_gives_a_wasteful_producer_tiles_of_its_own() -> None:
    module, remarks = apply(load("stencil_chain"), with_policy("S2: 1@UB, _"), "ascend910")
    assert len(tile_bands(scop_of(module))) > 1
    reason = "not fused: tiles that fit would compute it more than 2 times"
    assert any(reason in m for m in messages(remarks, "poly-tile"))
    assert violations(module) == []


def test_dead_statements_leave_the_domain() -> None:
    text = load("two_outputs").replace(
        "  func.return",
        "  %d = memref.alloc() : memref<4xf32>\n"
        "  affine.for %i = 0 to 4 {\n"
        "    %a = affine.load %x[%i, 0] : memref<12x40xf32>\n"
        "    affine.store %a, %d[%i] : memref<4xf32>\n  }\n  func.return",
    )
    module, remarks = apply(text, TO_FUSED)
    assert "{S3} removed: nothing reads what it computes" in messages(remarks, "poly-fuse")
    assert violations(module) == []


def test_without_tiles_nothing_is_fused() -> None:
    module, remarks = apply(load("softmax"), "poly-raise,poly-schedule,poly-fuse")
    assert messages(remarks, "poly-fuse") == ["nothing is tiled: run poly-tile first"]
    assert str(module) == str(apply(load("softmax"), "poly-raise,poly-schedule")[0])


# ------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("S5: 8@UB", "S5 has 2 loops, the policy gives 1"),
        ("S7: 8@UB, _", "no statement S7; there are S0, S1, S2, S3, S4, S5"),
        ("S2: 8@UB, _", "loop 0 of S2 is not a tile loop"),
        ("S5 8@UB", "column 4: expected ':' after statement S5, got '8'"),
        ("S5: 8@UB, 0@UB", "column 11: a tile size is at least 1, got 0"),
        ("S5: 8@L2, _", "expected one of the buffers UB, L1, L0A, L0B, L0C, got 'L2'"),
        ("S5: 8@UB, _; S5: 4@UB, _", "two entries for statement S5"),
        ("S5: 8@UB, _; S_5: 4@UB, _", "two entries for statement S5"),
        ("S5: k: 8@UB", "S5 has no loop along k; there are i, j"),
        ("S5: _, _ / _, _ / _, _", "S5 has 3 levels, at most"),
    ],
)
def test_a_policy_that_does_not_match_is_an_error(policy: str, message: str) -> None:
    with pytest.raises(CompileError, match=message.replace("?", r"\?")):
        apply(load("softmax"), with_policy(policy))


def resized(name: str, rows: int, columns: int) -> str:
    text = load(name).replace("12x40", f"{rows}x{columns}")
    return text.replace("to 12 ", f"to {rows} ").replace("to 40 ", f"to {columns} ")


def test_a_policy_that_does_not_fit_names_the_buffer_the_need_the_limit_and_what_fits() -> None:
    text = resized("two_outputs", 512, 512)
    with pytest.raises(CompileError) as caught:
        apply(text, with_policy("S2: 512@UB, 512@UB"))
    message = str(caught.value)
    found = re.search(r"needs (\d+) bytes of UB, the limit is (\d+)", message)
    assert found is not None
    assert int(found[1]) == 3 * 512 * 512 * 4  # what comes in, and both results
    assert int(found[2]) == targets.load("generic_tiny").memories["ub"]
    fits = re.search(r"tiles of (\d+) x (\d+) fit", message)
    assert fits is not None
    apply(text, with_policy(f"S2: {fits[1]}@UB, {fits[2]}@UB"))


def test_a_program_that_fits_in_no_tile_names_its_smallest_tile() -> None:
    tiny = replace(
        machine_figures(targets.load("generic_tiny")),
        capacity={**targets.load("generic_tiny").memories, "ub": 32},
    )
    module, _ = apply(load("transpose"), "poly-raise,poly-schedule")
    op = scop_of(module)
    scop = read_scop(op)
    clusters = clusters_of(read_tree(op.tree))
    kernel = Kernel(scop, {}, {}, frozenset(), 32)
    with pytest.raises(DoesNotFit, match=r"needs \d+ bytes of UB, the limit is 16") as caught:
        Tiler(kernel, analyse(scop), clusters, {}, tiny, 2.0).choose()
    assert caught.value.need > caught.value.limit
    assert "is the smallest tile there is" in caught.value.advice


def test_a_choice_says_what_bounds_it_and_why_the_next_one_lost() -> None:
    _, remarks = apply(resized("two_outputs", 512, 512), TO_FUSED)
    (choice,) = [r for r in remarks if r.pass_name == "poly-tile" and r.kind == "analysis"]
    assert re.fullmatch(
        r"\{S0, S1, S2\} in tiles of \d+ x \d+: \d+ cycles, most of them \w+.*; "
        r"the cheapest tiles of all overfill UB; \d+ x \d+ (takes \d+ more, mainly .*|is as good)",
        choice.message,
    )
    numbers = choice.numbers
    assert numbers["ub_bytes"] <= numbers["limit"]
    assert numbers["cycles"] <= numbers["runner_up_cycles"]
    assert 0 < numbers["fitting"] < numbers["candidates"]


def long_rows(name: str, columns: int) -> str:
    text = load(name).replace("x40x", f"x{columns}x").replace("<40x", f"<{columns}x")
    return text.replace("to 40 ", f"to {columns} ").replace("2.5e-02", f"{1 / columns:e}")


@pytest.mark.parametrize("name", ["softmax", "layer_norm", "sum_of_squares"])
@pytest.mark.parametrize("target", ["generic_tiny", "ascend910"])
def test_rows_longer_than_ub_pass_through_one_tile_band_in_chunks(name: str, target: str) -> None:
    columns = 1300 if target == "generic_tiny" else 50_000
    module, _ = apply(long_rows(name, columns), TO_FUSED, target)
    assert violations(module) == []
    root = read_tree(scop_of(module).tree)
    assert isinstance(root.child, tree.Band)
    assert root.child.tile is not None
    assert len(tile_bands(scop_of(module))) > 1
    if target == "generic_tiny":
        assert_same_results(module)


def test_a_producer_of_two_chunk_bands_is_computed_in_both() -> None:
    policy = "S5: 4@UB, _ / _, 300@UB; S1: _, 300@UB; S4: _, 300@UB"
    module, remarks = apply(long_rows("softmax", 1300), with_policy(policy))
    clones = {s.sym_name.data for s in scop_of(module).statements if s.clone_of}
    assert clones == {"S0_t", "S1_t", "S2_t", "S2_t_t", "S3_t", "S4_t"}
    assert violations(module) == []
    assert_same_results(module)
    found = [r for r in remarks if r.message.startswith("{S2} ")]
    assert [r.numbers["recomputed"] for r in found] == [2 * 12 * 1300]


def test_a_chunk_needs_no_more_than_its_own_part_of_a_row() -> None:
    policy = "S5: 4@UB, _ / _, 300@UB; S1: _, 300@UB; S4: _, 300@UB"
    module, _ = apply(long_rows("softmax", 1300), with_policy(policy))
    extensions = [
        n.extension
        for n in tree.walk(read_tree(scop_of(module).tree))
        if isinstance(n, tree.Extension)
    ]
    expected = union_map(
        "{ [t, c] -> S2_t[t, c, i, j] : 0 <= t < 3 and 0 <= c < 5 and 0 <= j < 1300 and "
        "4t <= i < 4t + 4 and 300c <= j < 300c + 300 }"
    )
    assert any(e.is_equal(expected) for e in extensions)


def test_the_module_needs_a_target() -> None:
    with pytest.raises(CompileError, match="unknown target 'none'"):
        apply(load("softmax"), TO_FUSED, "none")


def test_tiles_end_inside_blocks_where_nothing_else_fits() -> None:
    """32 columns of one byte are a block; 32 columns of f32 with all 16 x 33 rows do not fit."""
    text = """
func.func @k(%x: memref<16x325x33xf32>, %y: memref<16x325x33xf32>, %z: memref<325xi8>) {
  %m = memref.alloc() : memref<325xf32>
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 325 {
      affine.for %k = 0 to 33 {
        %a = affine.load %x[%i, %j, %k] : memref<16x325x33xf32>
        %b = math.absf %a : f32
        affine.store %b, %y[%i, %j, %k] : memref<16x325x33xf32>
      }
    }
  }
  affine.for %j = 0 to 325 {
    %c = arith.constant 0.0 : f32
    affine.store %c, %m[%j] : memref<325xf32>
  }
  affine.for %j = 0 to 325 {
    affine.for %i = 0 to 16 {
      affine.for %k = 0 to 33 {
        %a = affine.load %y[%i, %j, %k] : memref<16x325x33xf32>
        %b = affine.load %m[%j] : memref<325xf32>
        %c = arith.maximumf %b, %a : f32
        affine.store %c, %m[%j] : memref<325xf32>
      }
    }
  } {poly.reduction = "max"}
  affine.for %j = 0 to 325 {
    %a = affine.load %m[%j] : memref<325xf32>
    %b = arith.fptosi %a : f32 to i8
    affine.store %b, %z[%j] : memref<325xi8>
  }
  func.return
}
"""
    module, _ = apply(text, TO_FUSED)
    assert violations(module) == []
    (size,) = {size for tiles in tile_bands(scop_of(module)) for size in tiles}
    assert 1 <= size < 32

"""Convolutions on the cube: recognition, hops by img2col, zeros, and what executes."""

from __future__ import annotations

from dataclasses import replace

import islpy as isl
import pytest
from xdsl.dialects import affine
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu, poly
from akg_mlir.parsing import parse_module
from akg_mlir.passes.affine.bridge import read_tree, replace_tree
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.convolution import find_convolution
from akg_mlir.polyhedral.layouts import Img2Col, Window
from tests.support.convolutions import PADDED, Nchw, biased, on_cube, run
from tests.support.poly_kernels import apply, assert_same_results, scop_of, violations

PROMOTE = "poly-promote,poly-verify"


def buffers(module: ModuleOp) -> dict[str, tuple[int, ...]]:
    return {
        str(op.result.name_hint): npu.memref_type(op.result).get_shape()
        for op in module.walk()
        if isinstance(op, npu.BufferOp)
    }


def path(module: ModuleOp, copy: str) -> list[str]:
    """The memories a copy moves between."""
    body = next(s for s in scop_of(module).statements if s.sym_name.data == copy).body
    ends = [op.memref for op in body.ops if isinstance(op, affine.LoadOp | affine.StoreOp)]
    return [npu.space_of(npu.memref_type(end)).value for end in ends]


def copies(module: ModuleOp) -> list[str]:
    return [s.sym_name.data for s in scop_of(module).statements if s.copy is not None]


# -------------------------------------------------------------------------------------- recognition


def test_windows_strides_and_dilations_are_recognised() -> None:
    module, _ = apply(Nchw(2, 5, (9, 11), 3, (3, 2), 2, 3).text(), "poly-raise")
    found = find_convolution(read_scop(scop_of(module)).by_name["S1"])
    assert found is not None
    assert (found.points, found.outputs) == ((0, 2, 3), (1,))
    assert (found.channels, found.taps) == ((4,), (5, 6))
    assert [axis.window for axis in found.axes[2:]] == [Window(2, 3), Window(2, 3)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("%h * 1 + %kh * 1, %w * 1 + %kw * 1]", "%h, %w]"),  # no window
        ("%h * 1 + %kh * 1", "%h * 1 + %kh * 1 + %c"),  # three dimensions in one index
        ("%B[%o, %c, %kh, %kw]", "%B[%o, %c, %kh, %kh]"),  # a tap twice
        ("%A[%n, %c,", "%A[%n, %c floordiv 2,"),
    ],
)
def test_what_is_no_convolution(old: str, new: str) -> None:
    text = Nchw(2, 2, (9, 9), 2, (2, 2)).text()
    assert old in text
    module, _ = apply(text.replace(old, new), "poly-raise")
    assert find_convolution(read_scop(scop_of(module)).by_name["S1"]) is None


# -------------------------------------------------------------------------------------------- hops


def test_a_producer_on_the_vector_unit_feeds_the_cube() -> None:
    module = on_cube(biased(28, 28), "S4: 8@UB, 20@UB")
    run(module, PROMOTE)
    assert buffers(module) == {
        "A_ub": (10, 32),
        "bias_ub": (16,),
        "X_ub": (10, 32),
        "X_l1": (10, 22, 16),
        "X_l0a": (2, 2, 3, 3, 16, 16),
        "B_l1": (3, 3, 16, 16),
        "B_l0b": (3, 3, 16, 16),
        "C_l0c": (2, 2, 16, 16),
        "C_ub": (8, 32),
    }
    assert path(module, "in_A") == ["gm", "ub"]
    assert path(module, "in_X_l1") == ["ub", "l1"]
    assert path(module, "in_X_l0a") == ["l1", "l0a"]
    assert path(module, "in_B_l1") == ["gm", "l1"]
    assert path(module, "in_B_l0b") == ["l1", "l0b"]
    assert path(module, "out_C_l0c") == ["l0c", "ub"]
    assert path(module, "out_C") == ["ub", "gm"]
    again = parse_module(str(module))
    assert str(again) == str(parse_module(str(again)))
    assert_same_results(again)


CASES = {
    "channels in one block": (Nchw(2, 5, (9, 11), 3, (3, 3)), "S2: 1@UB, _, 4@UB, 5@UB"),
    "stride and two blocks": (Nchw(1, 19, (9, 11), 20, (3, 2), 2), "S2: _, 3@UB, 4@UB"),
    "dilation, whole blocks": (Nchw(1, 16, (8, 24), 4, (2, 3), 1, 2), "S2: _, 4@UB, 20@UB"),
    "tiles of channels": (
        Nchw(1, 40, (5, 7), 20, (3, 2)),
        "S2: _, 2@UB, 4@UB; S1: _, _, _, 16@L0A, _, _",
    ),
    "clipped tiles of output channels": (Nchw(2, 16, (3, 2), 16, (2, 1)), "S2: _, 3@UB, _, _"),
    "tiles of output channels": (Nchw(1, 3, (6, 6), 18, (2, 2)), "S2: 16@UB, 2@UB, 5@UB"),
}


@pytest.mark.parametrize("name", CASES)
def test_convolutions_compute_the_same(name: str) -> None:
    case, policy = CASES[name]
    module = on_cube(case.text(), policy)
    run(module, "poly-promote")
    assert "npu.cube" in [m.mark.data for m in module.walk() if isinstance(m, poly.MarkOp)]
    assert violations(module) == []
    assert_same_results(module)


def test_the_reduction_loops_of_a_convolution_have_one_level() -> None:
    policy = "S2: _, 2@UB, 4@UB; S1: _, _, _, 32@L1, _, _ / _, _, _, 16@L0A, _, _"
    with pytest.raises(CompileError, match="S1: loop 3 has a second level, 16@L0A; of reduction"):
        on_cube(Nchw(1, 40, (5, 7), 20, (3, 2)).text(), policy)


def test_a_convolution_that_is_itself_a_producer() -> None:
    module = on_cube(Nchw(1, 5, (8, 9), 3, (3, 3)).text(neighbours=True), "S3: _, 3@UB, 4@UB")
    run(module, PROMOTE)
    assert buffers(module)["C_l0c"] == (1, 4, 16, 16)
    assert_same_results(module)


def test_points_are_tiled_again_where_the_matrix_overfills_l0a() -> None:
    """Half of L0A (64 KB) holds 2 rows of 2 fractals with 9 taps; L1 keeps the image for all."""
    module = on_cube(biased(28, 28), "S4: 8@UB, 20@UB")
    run(module, PROMOTE)
    bands = [op.tile for op in module.walk() if isinstance(op, poly.BandOp) and op.tile]
    assert [band.get_values() for band in bands] == [(8, 20), (2,)]
    domains = {s.sym_name.data: s.domain.data for s in scop_of(module).statements}
    assert domains["in_X_l1"].startswith("{ in_X_l1[i0, i1, i2, i3]")
    assert domains["in_X_l0a"].startswith("{ in_X_l0a[i0, i1, i2, ")


def test_windows_that_never_fit_are_an_error() -> None:
    module = on_cube(Nchw(1, 512, (4, 6), 2, (4, 4)).text(), "S2: _, 3@UB")
    with pytest.raises(CompileError, match=r"windows of @S1 need 262144 bytes of l0a .* 65536"):
        run(module, "poly-promote")


def test_blocks_are_filled_with_zeros_where_channels_do_not_fill_them() -> None:
    whole, partial = (Nchw(1, c, (6, 6), 16, (2, 2)) for c in (32, 24))
    for case, expected in ((whole, []), (partial, ["zero_A_l1", "zero_B_l1"])):
        module = on_cube(case.text(), "S2: _, 2@UB, 5@UB")
        run(module, PROMOTE)
        assert [c for c in copies(module) if c.startswith("zero")] == expected


def test_missing_taps_of_a_padded_image_are_zeros_in_l0a() -> None:
    module = parse_module(PADDED)
    run(module, PROMOTE)
    assert "zero_A_l0a" in copies(module)
    assert_same_results(module)


def test_zeros_written_over_the_image_are_no_convolution() -> None:
    module = on_cube(biased(28, 28), "S4: 8@UB, 20@UB")
    run(module, PROMOTE)
    op = scop_of(module)
    root = read_tree(op.tree)
    sequence = next(node for node in tree.walk(root) if isinstance(node, tree.Sequence))
    filters = list(sequence.filters)
    names = [tree.statement_names(f.filter) for f in filters]
    zeros, image = names.index(("zero_X_l1",)), names.index(("in_X_l1",))
    filters[zeros], filters[image] = filters[image], filters[zeros]
    swapped = replace(sequence, filters=tuple(filters))
    replace_tree(op, tree.replace_node(root, sequence, swapped))
    assert violations(module) != []


def test_the_hops_to_l0a_are_img2col() -> None:
    """From the image in L1 to the matrix in L0A, in one tile of everything, is the closed form."""
    case = Nchw(1, 19, (9, 11), 20, (3, 2), 2)
    module = on_cube(case.text(), "S2: _, 4@UB, 5@UB")
    run(module, PROMOTE)
    statement = read_scop(scop_of(module)).by_name["in_A_l0a"]
    read, write = (a.relation.intersect_domain(statement.domain) for a in statement.accesses)
    found = write.reverse().apply_range(read)
    closed = Img2Col((3, 2), 5, Window(2), Window(2)).structured()
    points = "0 <= h < 4 and 0 <= w < 5 and 0 <= kh < 3 and 0 <= kw < 2"
    taps = isl.Set(
        f"{{ X[0, c1, kh, kw, h, w, c0] : 0 <= c1 < 2 and 0 <= c0 < 16 and {points} }}", context()
    )
    matrix = isl.Map(
        "{ X[n, c1, kh, kw, h, w, c0] -> m_A_l0a[n, h, c1, kh, kw, w, c0] }", context()
    )
    expected = isl.Map.from_multi_aff(closed).intersect_domain(taps).apply_domain(matrix)
    assert found.is_equal(expected.set_tuple_name(isl.dim_type.out, "m_A_l1"))


def test_a_stem_of_7x7_windows_with_stride_2() -> None:
    """Relations that divide flat indices take isl minutes here; nothing is flat."""
    module = on_cube(Nchw(1, 3, (229, 229), 64, (7, 7), 2).text(), "S2: 16@UB, 8@UB, 16@UB")
    run(module, PROMOTE)
    assert buffers(module)["A_l1"] == (1, 21, 37, 16)
    assert buffers(module)["A_l0a"] == (1, 1, 7, 7, 16, 16)


CONV2D = """
func.func @main(%x: tensor<1x16x9x9xf16>, %w: tensor<8x16x3x3xf16>) -> tensor<1x8x9x9xf16> {
  %c = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1
      : (tensor<1x16x9x9xf16>, tensor<8x16x3x3xf16>) -> tensor<1x8x9x9xf16>
  %r = te.relu %c : tensor<1x8x9x9xf16>
  func.return %r : tensor<1x8x9x9xf16>
}
"""


def test_convolutions_of_te_are_proved_on_the_cube() -> None:
    steps = "poly-raise,poly-schedule,poly-tile,poly-fuse,poly-assign-units"
    module, remarks = apply(CONV2D, f"te-to-affine,{steps},{PROMOTE}", "ascend910")
    assert "npu.cube" in [m.mark.data for m in module.walk() if isinstance(m, poly.MarkOp)]
    told = [r.message for r in remarks if r.pass_name == "poly-promote"]
    assert sum("gm -> l1 as" in m for m in told) == 2


def test_code_for_windows_is_refused_by_name() -> None:
    module = on_cube(biased(28, 28), "S4: 8@UB, 20@UB")
    run(module, PROMOTE)
    with pytest.raises(
        CompileError, match=r"@S2_t on the cube reads windows .* cannot be generated"
    ):
        run(module, "npu-generate")

"""poly-assign-units and poly-promote on hand-written tiled trees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import PassPipeline

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu, poly
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.affine import poly_promote
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_textual_order, write_tree_order
from akg_mlir.targets import load
from bench.affine_cases import EXPLOSIVE
from tests.support import tiled_scops
from tests.support.poly_kernels import apply, assert_same_results

PROMOTE = "poly-assign-units,poly-promote,poly-verify"
KERNELS = [name for name in dir(tiled_scops) if name.isupper()]


def lower(text: str, pipeline: str = PROMOTE) -> ModuleOp:
    module = parse_module(text)
    PassPipeline(parse_pipeline(pipeline)).apply(make_context(), module)
    module.verify()
    return module


def buffers(module: ModuleOp) -> dict[str, tuple[int, ...]]:
    return {
        str(op.result.name_hint): npu.memref_type(op.result).get_shape()
        for op in module.walk()
        if isinstance(op, npu.BufferOp)
    }


def marks(module: ModuleOp) -> list[str]:
    return [op.mark.data for op in module.walk() if isinstance(op, poly.MarkOp)]


def inputs(module: ModuleOp) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    function = next(op for op in module.walk() if op.name == "func.func")
    types = [npu.memref_type(a) for a in function.regions[0].block.args]
    return [
        rng.standard_normal(t.get_shape()).astype(f"float{t.element_type.bitwidth}") for t in types
    ]


@pytest.mark.parametrize("name", KERNELS)
def test_tree_computes_what_the_text_does(name: str) -> None:
    text = getattr(tiled_scops, name)
    module = lower(text)
    arrays = inputs(module)
    want = [a.copy() for a in arrays]
    affine.run(parse_module(text), "k", want, write_textual_order)
    affine.run(module, "k", arrays, write_tree_order)
    for got, expected in zip(arrays, want):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", KERNELS)
def test_round_trip(name: str) -> None:
    module = lower(getattr(tiled_scops, name))
    again = parse_module(str(module))
    assert str(again) == str(parse_module(str(again)))


def test_intermediates_stay_on_chip() -> None:
    module = lower(tiled_scops.ADD_RELU)
    found = buffers(module)
    assert found == {"x_ub": (8, 16), "b_ub": (16,), "t_ub": (8, 16), "y_ub": (8, 16)}
    copies = [s.sym_name.data for s in module.walk() if isinstance(s, poly.StmtOp) and s.copy]
    assert copies == ["in_x", "in_b", "out_y"]


def test_rows_are_padded_to_blocks() -> None:
    assert buffers(lower(tiled_scops.SOFTMAX))["e_ub"] == (8, 32)


def test_references_at_other_positions_in_a_block_get_their_own_copy() -> None:
    module = lower(tiled_scops.STENCIL)
    copies = [s.sym_name.data for s in module.walk() if isinstance(s, poly.StmtOp) and s.copy]
    assert copies == ["in_x", "in_x_1", "in_x_2", "out_y"]
    assert "npu.scalar" not in marks(module)


def test_contraction_goes_through_the_cube_memories() -> None:
    module = lower(tiled_scops.MATMUL)
    found = buffers(module)
    assert found["a_l1"] == (2, 2, 16, 16)
    assert found["c_l0c"] == (1, 2, 16, 16)
    assert marks(module).count("npu.cube") == 1


def test_unmarked_statement_is_an_error() -> None:
    with pytest.raises(CompileError, match="unit mark"):
        lower(tiled_scops.ADD_RELU, "poly-promote")


# ---------------------------------------------------------------------------- references and steps

TWO_REFERENCES = """
func.func @k(%x: memref<90x64xf32>, %y: memref<20x64xf32>) {{
  affine.for %i = 0 to 20 {{
    affine.for %j = 0 to 64 {{
      %a = affine.load %x[{first}, %j] : memref<90x64xf32>
      %b = affine.load %x[{second}, %j] : memref<90x64xf32>
      %s = arith.addf %a, %b : f32
      affine.store %s, %y[%i, %j] : memref<20x64xf32>
    }}
  }}
  return
}}
"""


@pytest.mark.parametrize(
    ("first", "second", "shapes"),
    [
        ("%i * 2", "%i * 2", [(5, 32)]),  # every other row
        ("%i * 2 + 1", "%i * 2 + 5", [(7, 32)]),  # of the same parity, overlapping
        ("%i * 2", "%i * 2 + 1", [(10, 32)]),  # all rows
        ("%i * 4", "%i * 4 + 1", [(5, 32), (5, 32)]),  # two of four rows
        ("%i", "%i + 3", [(8, 32)]),  # overlapping
        ("%i", "%i + 60", [(5, 32), (5, 32)]),  # far apart
        ("%i * 2", "%i", [(5, 32), (5, 32)]),
    ],
)
def test_references_share_a_box_where_it_is_no_larger(
    first: str, second: str, shapes: list[tuple[int, ...]]
) -> None:
    text = TWO_REFERENCES.format(first=first, second=second)
    steps = 'poly-raise,poly-schedule,poly-tile{policy="S0: 5@UB, 32@UB"},poly-assign-units'
    module, remarks = apply(text, f"{steps},poly-promote,poly-verify", "ascend910")
    inputs_ = [b.result for b in module.walk() if isinstance(b, npu.BufferOp)][:-1]
    assert [npu.memref_type(b).get_shape() for b in inputs_] == shapes
    assert_same_results(module)
    told = [r for r in remarks if r.pass_name == "poly-promote" and r.message.startswith("x ")]
    assert [r.numbers["bytes"] for r in told] == [4 * rows * columns for rows, columns in shapes]
    assert all(r.message.startswith("x gm -> ub as x_ub") for r in told)
    if len(shapes) > 1:
        assert all("one of 2 boxes" in r.message for r in told)


def test_references_that_step_along_rows_share_what_they_move_alone() -> None:
    text = TWO_REFERENCES.format(first="%i", second="%i").replace(
        "%j] : memref<90x64xf32>", "%j * 2] : memref<90x64xf32>"
    )
    text = text.replace("to 64", "to 32").replace("20x64", "20x32")
    steps = 'poly-raise,poly-schedule,poly-tile{policy="S0: 5@UB, 16@UB"},poly-assign-units'
    module, _ = apply(text, f"{steps},poly-promote,poly-verify", "ascend910")
    assert buffers(module) == {"x_ub": (5, 16), "y_ub": (5, 16)}
    assert_same_results(module)


def test_a_path_the_target_does_not_have_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    target = load("ascend910")
    paths = {path: figures for path, figures in target.paths.items() if path != ("gm", "l1")}
    monkeypatch.setattr(poly_promote, "target_of", lambda _: replace(target, paths=paths))
    with pytest.raises(CompileError, match="@in_a_l1 moves from gm to l1, and ascend910 has no"):
        lower(tiled_scops.MATMUL)


@pytest.mark.parametrize(
    "name", ["reshape_flat", "reshape_blocked", "conv_nc1hwc0_producer", "img2col_3x3_producer"]
)
def test_accesses_that_divide_flat_indices_are_proved(name: str) -> None:
    """Their expressions are taken from the bodies: isl recovers none from these relations."""
    steps = "poly-raise,poly-schedule,poly-tile,poly-fuse,poly-assign-units,poly-promote"
    module, _ = apply(EXPLOSIVE[name], f"{steps},poly-verify", "ascend910")
    assert buffers(module)


def test_parts_of_a_tensor_that_one_band_writes_far_apart_have_buffers_of_their_own() -> None:
    """The last rows and columns of a packed matrix: one box around both is the whole matrix."""
    plain, packed = "tensor<230x230xf16>", "tensor<15x15x16x16xf16>"
    text = f"""func.func @main(%x: {plain}) -> {packed} {{
  %y = te.pack %x zn : {plain} -> {packed}
  func.return %y : {packed}
}}"""
    assert akg_mlir.compile(text, target="generic_tiny").report().ok


def test_a_box_is_loaded_as_far_as_its_buffer_has_room() -> None:
    """Eight of every 32 numbers start inside a block of f16: the buffer starts at the block, and
    the box around strided elements would start before it."""
    wide, x = "tensor<1x1024xf32>", "tensor<1x1024xf16>"
    text = f"""func.func @main(%x: {x}) -> tensor<32xf32> {{
  %0 = te.cast %x : {x} -> {wide}
  %1 = te.compute reduce add %0 bounds [32, 32] maps [affine_map<(l, k) -> (0, 32 * k + l)>] :
    ({wide}) -> tensor<32xf32> {{
  ^bb0(%e: f32):
    te.yield %e : f32
  }}
  func.return %1 : tensor<32xf32>
}}"""
    kernel = akg_mlir.compile(text, target="ascend910", policy="S2: 8@UB, 8@UB")
    assert kernel.report().ok

"""Reduction loops of contractions in two levels: tiles for L1, cut into tiles for L0."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from tests.support.poly_kernels import apply, load, scop_of, violations
from tests.unit.test_affine_on_machine import assert_machine_agrees

TO_PROMOTED = "poly-fuse,poly-assign-units,poly-promote"


def contraction(k: int) -> str:
    """bias and relu of a product with `k` fractals to sum."""
    text = (
        load("matmul_bias_relu").replace("@kernel", "@k").replace("%k1 = 0 to 3", f"%k1 = 0 to {k}")
    )
    return text.replace("<3x4x16x16xf16>", f"<{k}x4x16x16xf16>").replace(
        "<3x2x16x16xf16>", f"<{k}x2x16x16xf16>"
    )


def on_ascend(kernel: str) -> str:
    return f'builtin.module attributes {{npu.target = "ascend910"}} {{{kernel}}}'


def buffers(module: ModuleOp) -> dict[str, tuple[int, ...]]:
    return {
        str(op.result.name_hint): npu.memref_type(op.result).get_shape()
        for op in module.walk()
        if isinstance(op, npu.BufferOp)
    }


def tiled(l1: str, l0: str) -> str:
    """poly-tile with tiles of one by three fractals of the result."""
    policy = f"S4: 1@UB, 3@UB, _, _; S1: _, _, _, _, {l1}, _ / _, _, _, _, {l0}, _"
    return f'poly-raise,poly-schedule,poly-tile{{policy="{policy}"}}'


@pytest.mark.parametrize(
    ("k", "l1", "l0"),
    [
        (8, "4@L1", "2@L0A"),
        (7, "4@L1", "2@L0A"),
        (7, "4@L1", "1@L0A"),
        (7, "6@L1", "3@L0A"),
        (5, "_", "2@L0A"),
        (3, "8@L1", "2@L0A"),
        (6, "4@L1", "_"),
    ],
)
def test_the_machine_sums_all_of_k_once(k: int, l1: str, l0: str) -> None:
    steps = f"{tiled(l1, l0)},{TO_PROMOTED},poly-verify,npu-generate"
    assert_machine_agrees(on_ascend(contraction(k)), steps)


DOUBLED = """
  %d = memref.alloc() : memref<6x4x16x16xf16>
  affine.for %k1 = 0 to 6 {
    affine.for %m1 = 0 to 4 {
      affine.for %m0 = 0 to 16 {
        affine.for %k0 = 0 to 16 {
          %v = affine.load %a[%k1, %m1, %m0, %k0] : memref<6x4x16x16xf16>
          %w = arith.addf %v, %v : f16
          affine.store %w, %d[%k1, %m1, %m0, %k0] : memref<6x4x16x16xf16>
        }
      }
    }
  }
"""


def test_an_operand_made_in_the_tile_comes_to_l1_in_parts() -> None:
    text = contraction(6).replace("%d", "%sum").replace("affine.load %a[", "affine.load %d[")
    start = text.index("  %c = memref.alloc")
    text = text[:start] + DOUBLED + text[start:]
    policy = "S5: 1@UB, 3@UB, _, _; S2: _, _, _, _, 4@L1, _ / _, _, _, _, 2@L0A, _"
    steps = f'poly-raise,poly-schedule,poly-tile{{policy="{policy}"}},{TO_PROMOTED}'
    module, _ = apply(text, steps, "ascend910")
    shapes = buffers(module)
    assert (shapes["d_ub"], shapes["d_l1"]) == ((6, 3, 16, 16), (4, 3, 16, 16))
    assert_machine_agrees(on_ascend(text), f"{steps},poly-verify,npu-generate")


@given(st.integers(2, 9), st.integers(1, 5), st.integers(1, 3))
def test_the_judge_accepts_all_nested_tiles(k: int, parts: int, l0: int) -> None:
    steps = f"{tiled(f'{parts * l0}@L1', f'{l0}@L0A')},{TO_PROMOTED}"
    module, _ = apply(contraction(k), steps, "ascend910")
    assert violations(module) == []


def test_l1_keeps_what_several_tiles_of_l0_take() -> None:
    module, _ = apply(contraction(8), f"{tiled('4@L1', '2@L0A')},{TO_PROMOTED}", "ascend910")
    shapes = buffers(module)
    assert (shapes["a_l1"], shapes["b_l1"]) == ((4, 3, 16, 16), (4, 1, 16, 16))
    assert shapes["c_l0c"] == (1, 3, 16, 16)


def test_the_printed_policy_gives_the_same_tree() -> None:
    module, _ = apply(contraction(8), tiled("_", "2@L0A"), "ascend910")
    chosen = scop_of(module).policy
    assert chosen is not None
    assert chosen.data.endswith("S1: _, _, _, _, 8@L1, _ / _, _, _, _, 2@L0A, _")
    again, _ = apply(
        contraction(8), f'poly-raise,poly-schedule,poly-tile{{policy="{chosen.data}"}}', "ascend910"
    )
    assert str(again) == str(module)


def test_operands_stream_through_l0() -> None:
    """96 fractals of k times 3 of m are more than L0A has: they come in steps."""
    steps = f"{tiled('_', '_')},{TO_PROMOTED},poly-verify,npu-generate"
    assert_machine_agrees(on_ascend(contraction(96)), steps)


def test_longer_tiles_for_l1_wait_less_often_and_need_more_of_l1_alone() -> None:
    short, long = (
        next(r.numbers for r in remarks if r.pass_name == "poly-tile" and r.kind == "analysis")
        for remarks in (
            apply(contraction(8), tiled(f"{size}@L1", "2@L0A"), "ascend910")[1] for size in (2, 4)
        )
    )
    assert long["cycles"] < short["cycles"]
    assert long["l1_bytes"] == 2 * short["l1_bytes"]
    assert [long[m] for m in ("l0a_bytes", "l0b_bytes", "l0c_bytes")] == [
        short[m] for m in ("l0a_bytes", "l0b_bytes", "l0c_bytes")
    ]


@pytest.mark.parametrize(
    ("name", "policy", "message"),
    [
        (
            "matmul_bias_relu",
            "S1: _, _, _, _, 2@L1, _ / _, _, _, _, 3@L0A, _",
            "S1: 3@L0A does not cut the tiles 2@L1 of loop 4 in equal parts",
        ),
        (
            "matmul_bias_relu",
            "S1: _, _, _, _, 2@L1, _ / _, 1@L0A, _, _, 1@L0A, _",
            "S1: beside reduction loops in tiles, parallel loops have one level",
        ),
        (
            "softmax",
            "S5: 4@UB, _; S1: _, 16@UB / _, 8@UB",
            "S1: loop 1 has a second level, 8@UB; of reduction loops only those of contractions",
        ),
        (
            "softmax",
            "S5: 4@UB, _; S2: _, _ / _, 8@UB",
            "S2 is computed in the tiles of its users: its parallel loops have no second level",
        ),
    ],
)
def test_a_second_level_that_cannot_be_is_refused(name: str, policy: str, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        apply(load(name), f'poly-raise,poly-schedule,poly-tile{{policy="{policy}"}}', "ascend910")

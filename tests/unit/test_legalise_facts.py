"""What legalisation knows about offsets, padding and layouts before it writes anything."""

from __future__ import annotations

from math import prod

import pytest
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.diagnostics import collect_remarks
from akg_mlir.dialects import npu
from akg_mlir.parsing import parse_module
from akg_mlir.passes.npu.legalise.addresses import Fact, fact_of
from akg_mlir.passes.npu.legalise.emitter import SCRATCH_SHARE
from akg_mlir.passes.npu.legalise.issue import Planner, cycles
from akg_mlir.passes.npu.legalise.padding import Writers
from akg_mlir.passes.npu.legalise.views import box_of, normalise, resolve
from akg_mlir.passes.npu.npu_legalise import NpuLegalise
from akg_mlir.targets import load


def kernel(body: str, arguments: str = "", cores: int = 4, target: str = "ascend910") -> ModuleOp:
    return parse_module(
        f'builtin.module attributes {{npu.target = "{target}"}} {{\n'
        f"func.func @k({arguments}) attributes {{npu.kernel, npu.cores = {cores} : i64}} {{\n"
        f"{body}\nfunc.return\n}}\n}}"
    )


def views(module: ModuleOp) -> list[npu.ViewOp]:
    return [op for op in module.walk() if isinstance(op, npu.ViewOp)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("d0 * 16", Fact(16, 96, 16, 0)),
        ("d0 * 16 + d1 * 8 + 3", Fact(19, 123, 8, 3)),
        ("(d0 + d1) mod 2", Fact(0, 1, 1, 0)),
        ("d0 floordiv 2", Fact(0, 3, 1, 0)),
        ("(d0 * 32) floordiv 4", Fact(8, 48, 8, 0)),
        ("(d0 * 32 + 2) mod 16", Fact.constant(2)),
        ("(d1 * 4) ceildiv 2", Fact(0, 6, 2, 0)),
        ("d0 * -2", Fact(-12, -2, 2, 0)),
    ],
)
def test_facts_of_offsets(expression: str, expected: Fact) -> None:
    """d0 is a loop from 1 by 1 to 6 and d1 the core, 0 to 3."""
    module = kernel(
        f"""
        %1 = arith.constant 1 : index
        %7 = arith.constant 7 : index
        %b = npu.buffer : memref<999xf16, #npu<space ub>>
        %c = npu.core_id
        scf.for %i = %1 to %7 step %1 {{
          %v = npu.view %b[affine_map<(d0, d1) -> ({expression})>](%i, %c) :
            memref<999xf16, #npu<space ub>>
            -> memref<4xf16, strided<[1], offset: ?>, #npu<space ub>>
          npu.vunary exp %v -> %v : memref<4xf16, strided<[1], offset: ?>, #npu<space ub>>
            -> memref<4xf16, strided<[1], offset: ?>, #npu<space ub>>
        }}"""
    )
    (view,) = views(module)
    assert resolve(view.result).offset.fact == expected


def test_facts_follow_steps_and_arithmetic() -> None:
    module = kernel(
        """
        %0 = arith.constant 0 : index
        %5 = arith.constant 5 : index
        %16 = arith.constant 16 : index
        %100 = arith.constant 100 : index
        %c = npu.core_id
        %start = arith.muli %c, %16 : index
        %odd = arith.addi %start, %5 : index
        %end = arith.minsi %odd, %100 : index
        scf.for %i = %0 to %100 step %16 {
          %s = arith.subi %i, %start : index
        }"""
    )
    names = {r.name_hint: r for op in module.walk() for r in op.results}
    assert fact_of(names["start"]) == Fact(0, 48, 16, 0)
    assert fact_of(names["odd"]) == Fact(5, 53, 16, 5)
    assert fact_of(names["end"]) == Fact(5, 53, 1, 0)
    assert fact_of(names["s"]) == Fact(-48, 96, 16, 0)


def test_chained_views_add_up() -> None:
    module = kernel(
        """
        %b = npu.buffer : memref<64x32xf16, #npu<space ub>>
        %v = npu.view %b[affine_map<() -> (64)>]() : memref<64x32xf16, #npu<space ub>>
          -> memref<8x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
        %w = npu.view %v[affine_map<() -> (5)>]() :
          memref<8x32xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
          -> memref<8x2xf16, strided<[32, 16], offset: ?>, #npu<space ub>>"""
    )
    operand = resolve(views(module)[1].result)
    assert isinstance(operand.base.owner, npu.BufferOp)
    assert operand.offset.fact == Fact.constant(69)
    assert operand.strides == (32, 16)


PADDED = """
    %b = npu.buffer : memref<4x32xf16, #npu<space ub>>
    %v = npu.view %b[affine_map<() -> (0)>]() : memref<4x32xf16, #npu<space ub>>
      -> memref<4x20xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
    npu.dma %x -> %v : memref<4x20xf16, #npu<space gm>>
      -> memref<4x20xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
    %w = npu.view %b[affine_map<() -> ({offset})>]() : memref<4x32xf16, #npu<space ub>>
      -> memref<4x{size}xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
    npu.vfill 0.0 : f16 -> %w : memref<4x{size}xf16, strided<[32, 1], offset: ?>, #npu<space ub>>
"""


@pytest.mark.parametrize(
    ("offset", "size", "free"), [(0, 20, True), (0, 16, True), (0, 21, False), (16, 16, False)]
)
def test_padding_is_free_unless_somebody_writes_it(offset: int, size: int, free: bool) -> None:
    text = PADDED.format(offset=offset, size=size)
    module = kernel(text, "%x: memref<4x20xf16, #npu<space gm>>")
    function = next(op for op in module.walk() if isinstance(op, func.FuncOp))
    dma = next(op for op in module.walk() if isinstance(op, npu.DmaOp))
    operand = resolve(dma.dst)
    assert Writers(function).leaves_free(dma, operand, (4, 20)) is free


def test_the_planner_avoids_bank_conflicts() -> None:
    """[16, 64] of a buffer with rows of 2 KB: blocks along the lanes, not along the rows."""
    module = kernel(
        """
        %b = npu.buffer : memref<16x512xf32, #npu<space ub>>
        %v = npu.view %b[affine_map<() -> (0)>]() : memref<16x512xf32, #npu<space ub>>
          -> memref<16x64xf32, strided<[512, 1], offset: ?>, #npu<space ub>>"""
    )
    box = normalise(box_of(views(module)[0].result, views(module)[0].result))
    target = load("ascend910")
    (issue,) = Planner(box, target).best()
    assert issue.fields.strides == ((1, 64), (1, 64))
    assert cycles(box, target) == target.vector.startup + 16


def test_fallbacks_are_remarked() -> None:
    module = kernel(
        """
        %b = npu.buffer : memref<64xi64, #npu<space ub>>
        npu.vunary neg %b -> %b : memref<64xi64, #npu<space ub>> -> memref<64xi64, #npu<space ub>>
        """
    )
    with collect_remarks() as remarks:
        NpuLegalise().apply(None, module)  # pyright: ignore
    assert [(r.kind, r.pass_name) for r in remarks] == [("missed", "npu-legalise")]
    assert "scalar unit" in remarks[0].message
    assert "npu.vunary at" in remarks[0].where


def test_scratch_of_a_refused_form_is_not_left_behind() -> None:
    """The splats of one operand are written before another operand turns out not to fit."""
    module = kernel(
        """
        %b = npu.buffer : memref<600xf32, #npu<space ub>>
        %c = npu.buffer : memref<16xf32, #npu<space ub>>
        %v = npu.view %b[affine_map<() -> (0)>]() : memref<600xf32, #npu<space ub>>
          -> memref<16x20xf32, strided<[33, 1], offset: ?>, #npu<space ub>>
        %w = npu.view %c[affine_map<() -> (0)>]() : memref<16xf32, #npu<space ub>>
          -> memref<16x20xf32, strided<[1, 0], offset: ?>, #npu<space ub>>
        npu.vbinary add %v, %w -> %v :
          memref<16x20xf32, strided<[33, 1], offset: ?>, #npu<space ub>>,
          memref<16x20xf32, strided<[1, 0], offset: ?>, #npu<space ub>>
          -> memref<16x20xf32, strided<[33, 1], offset: ?>, #npu<space ub>>"""
    )
    NpuLegalise().apply(None, module)  # pyright: ignore
    names = [op.name for op in module.walk()]
    assert names.count("npu.buffer") == 2
    assert names.count("npu.scalar") == 1
    assert "npu.vnchwconv" not in names


PRODUCT = "npu.vmuladd %a, %b -> %d", ((56, 7, 1, 0), (128, 16, 0, 1), (112, 0, 16, 1))
ROWS = (896, 112, 16, 1)


@pytest.mark.parametrize(
    ("op", "strides", "element"),
    [
        (*PRODUCT, "f32"),
        (*PRODUCT, "i32"),
        ("npu.vbinary add %a, %b -> %d", (ROWS, ROWS, (64, 8, 1, 0)), "f32"),
        ("npu.vbinary add %a, %b -> %d", (ROWS, ROWS, (8, 64, 512, 0)), "f32"),
    ],
    ids=["products", "products of integers", "splats", "splats of columns"],
)
def test_scratch_keeps_its_share(
    op: str, strides: tuple[tuple[int, ...], ...], element: str
) -> None:
    """9 x 8 x 7 x 16 elements: no axis is long, cutting several of them makes the parts fit."""
    lines, types = list[str](), list[str]()
    for name, steps in zip("dab", strides):
        type_ = f"memref<9x8x7x16x{element}, strided<{list(steps)}, offset: ?>, #npu<space ub>>"
        types.append(type_)
        buffer = f"memref<16384x{element}, #npu<space ub>>"
        lines += [
            f"%{name}0 = npu.buffer : {buffer}",
            f"%{name} = npu.view %{name}0[affine_map<() -> (0)>]() : {buffer} -> {type_}",
        ]
    module = kernel(
        "\n".join([*lines, f"{op} : {types[1]}, {types[2]} -> {types[0]}"]), target="generic_tiny"
    )
    NpuLegalise().apply(None, module)  # pyright: ignore
    names = [o.name for o in module.walk()]
    assert "npu.scalar" not in names
    buffers = [npu.memref_type(o.result) for o in module.walk() if isinstance(o, npu.BufferOp)]
    scratch = [prod(t.get_shape()) * 4 for t in buffers if t.get_shape() != (16384,)]
    assert scratch
    assert max(scratch) <= load("generic_tiny").memories["ub"] // SCRATCH_SHARE


def test_factors_that_follow_the_sum_are_multiplied_as_they_lie() -> None:
    """Rows of 64 elements each, whose products are summed: turned, lanes would be 8 results."""
    lines, types = list[str](), list[str]()
    for name, steps in zip("dab", ((8, 1, 0), (64, 0, 1), (0, 64, 1))):
        types.append(f"memref<8x8x64xf32, strided<{list(steps)}, offset: ?>, #npu<space ub>>")
        buffer = "memref<512xf32, #npu<space ub>>"
        lines += [
            f"%{name}0 = npu.buffer : {buffer}",
            f"%{name} = npu.view %{name}0[affine_map<() -> (0)>]() : {buffer} -> {types[-1]}",
        ]
    lines.append(f"npu.vmuladd %a, %b -> %d : {types[1]}, {types[2]} -> {types[0]}")
    module = kernel("\n".join(lines))
    NpuLegalise().apply(None, module)  # pyright: ignore
    names = [op.name for op in module.walk()]
    assert "npu.scalar" not in names
    assert names.count("npu.vnchwconv") <= 1, "sums are brought together, factors are not turned"

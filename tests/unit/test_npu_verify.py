"""npu-verify names the op and the field of everything a target cannot do."""

from __future__ import annotations

import poly_kernels
import pytest
from xdsl.dialects.builtin import StringAttr

from akg_mlir.diagnostics import CompileError, collect_remarks
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.npu_verify import NpuVerify
from akg_mlir.passes.pipelines import parse_pipeline

GOOD = """
builtin.module attributes {npu.target = "ascend910"} {
  func.func @k(%x: memref<4096xf16, #npu<space gm>>, %y: memref<4096xf16, #npu<space gm>>) attributes {npu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %a = npu.buffer at 0 : memref<1024xf16, #npu<space ub>>
    %b = npu.buffer at 2048 : memref<1024xf16, #npu<space ub>>
    npu.set_flag[v, mte2, 0]
    npu.set_flag[mte3, v, 0]
    scf.for %i = %c0 to %c4 step %c1 {
      %g = npu.ptr %x[affine_map<(d0) -> (d0 * 2048)>](%i) : memref<4096xf16, #npu<space gm>> -> !npu.ptr<gm, f16>
      %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<1024xf16, #npu<space ub>> -> !npu.ptr<ub, f16>
      %pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<1024xf16, #npu<space ub>> -> !npu.ptr<ub, f16>
      npu.wait_flag[v, mte2, 0]
      npu.copy %pa, %g bursts 1 x 64 gaps 0, 0 : !npu.ptr<ub, f16>, !npu.ptr<gm, f16>
      npu.set_flag[mte2, v, 0]
      npu.wait_flag[mte2, v, 0]
      npu.wait_flag[mte3, v, 0]
      npu.vec vabs dst %pb : !npu.ptr<ub, f16> src %pa : !npu.ptr<ub, f16> repeat 8 mask 128 strides [1, 8], [1, 8]
      npu.set_flag[v, mte2, 0]
      npu.set_flag[v, mte3, 0]
      %o = npu.ptr %y[affine_map<(d0) -> (d0 * 2048)>](%i) : memref<4096xf16, #npu<space gm>> -> !npu.ptr<gm, f16>
      npu.wait_flag[v, mte3, 0]
      npu.copy %o, %pb bursts 1 x 64 gaps 0, 0 : !npu.ptr<gm, f16>, !npu.ptr<ub, f16>
      npu.set_flag[mte3, v, 0]
    }
    npu.wait_flag[v, mte2, 0]
    npu.wait_flag[mte3, v, 0]
    func.return
  }
}
"""  # noqa: E501
VABS = "repeat 8 mask 128 strides [1, 8], [1, 8]"


def verify(text: str) -> None:
    module = parse_module(text)
    NpuVerify().apply(make_context(), module)


def test_a_good_kernel_passes_with_a_remark() -> None:
    with collect_remarks() as remarks:
        verify(GOOD)
    assert [(r.kind, r.where, r.numbers["instructions"]) for r in remarks] == [("passed", "k", 3)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("%b = npu.buffer at 2048", "%b = npu.buffer", "field address is not set"),
        ("at 2048", "at 2056", "field address is 2056, ub needs a multiple of 32"),
        ("at 2048", "at 262144", "ends at byte 264192 of ub, ascend910 has 262144"),
        ("at 2048", "at 1024", "occupies bytes 1024 to 3072 while bytes 0 to 2048"),
        (VABS, VABS.replace("repeat 8", "repeat 256"), "field repeat is 256, not in 0..255"),
        (VABS, VABS.replace("mask 128", "mask 129"), "field mask is 129, not in 1..128"),
        (VABS, VABS.replace("[1, 8], [", "[1, 256], ["), "field dst_stride: repeat stride 256"),
        (VABS, VABS.replace("[1, 8], [1, 8]", "[1, 8], [1, 9]"), r"operand 1 \(read\) reaches"),
        ("bursts 1 x 64", "bursts 4096 x 64", "field n_burst is 4096, not in 1..4095"),
        ("bursts 1 x 64", "bursts 1 x 65", "reaches bytes"),
        ("bursts 1 x 64", "bursts 1 x 65536", "field len_burst is 65536"),
        ("d0 * 2048", "d0 * 2048 + 32", "reaches bytes 32 to 8224 of 8192 bytes in gm"),
        ("%a[affine_map<() -> (0)>]", "%a[affine_map<() -> (-32)>]", "reaches bytes -32"),
        ("set_flag[mte2, v, 0]", "set_flag[mte2, v, 4]", "field event is 4, ascend910 has 4"),
        ("npu.set_flag[mte2, v, 0]", "", "waited for without a set"),
        ("npu.wait_flag[mte2, v, 0]", "", "set twice|still set|may be set|on one way"),
        ("npu.wait_flag[v, mte3, 0]\n", "npu.pipe_barrier v\n", "is set"),
        ("npu.set_flag[mte2, v, 0]", "npu.set_flag[mte2, mte2, 0]", "from one pipe to another"),
        ("npu.set_flag[mte2, v, 0]", "npu.pipe_barrier s", "the scalar pipe has no barrier"),
        ('npu.target = "ascend910"', 'npu.target = "tpu"', "unknown target 'tpu'"),
        (' attributes {npu.target = "ascend910"}', "", 'no string attribute "npu.target"'),
    ],
)
def test_bad_kernels_are_refused(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(CompileError, match=message):
        verify(GOOD.replace(old, new))


def test_a_misaligned_operand_is_named() -> None:
    text = GOOD.replace("%a[affine_map<() -> (0)>]", "%a[affine_map<() -> (16)>]")
    text = text.replace("bursts 1 x 64", "bursts 1 x 63").replace("repeat 8", "repeat 7")
    with pytest.raises(CompileError, match=r"operand 0 \(written\) is at 16 modulo 32 bytes in ub"):
        verify(text)


def test_types_are_checked_against_the_target() -> None:
    text = GOOD.replace("f16", "f32").replace("4096xf32", "2048xf32").replace("1024xf32", "512xf32")
    verify(text.replace("mask 128", "mask 64"))
    with pytest.raises(CompileError, match="ascend910 has no vrelu on f32"):
        verify(text.replace("mask 128", "mask 64").replace("vabs", "vrelu"))
    with pytest.raises(CompileError, match=r"field mask is 128, not in 1\.\.64"):
        verify(text)


def test_a_pointer_says_how_far_instructions_go() -> None:
    text = GOOD.replace("%a[affine_map<() -> (0)>]()", "%a[affine_map<() -> (0)>]() within 2048")
    verify(text)
    with pytest.raises(CompileError, match=r"operand 1 .* reaches byte 2048 from its pointer"):
        verify(text.replace("within 2048", "within 2016").replace("1 x 64", "1 x 63"))


def test_tile_ops_are_refused() -> None:
    copy = "npu.vec vabs dst %pb : !npu.ptr<ub, f16> src %pa : !npu.ptr<ub, f16> " + VABS
    tile = "npu.vunary abs %a -> %b : memref<1024xf16, #npu<space ub>> -> memref<1024xf16, #npu<space ub>>"  # noqa: E501
    with pytest.raises(CompileError, match="is a tile op, the machine has no such instruction"):
        verify(GOOD.replace(copy, tile))


def test_a_missing_order_names_both_instructions() -> None:
    text = GOOD.replace("npu.set_flag[mte2, v, 0]", "").replace("npu.wait_flag[mte2, v, 0]", "")
    with pytest.raises(CompileError, match=r"npu\.vec .*may start before npu\.copy"):
        verify(text)


def test_a_flag_that_may_be_set_twice_is_refused() -> None:
    """Nothing keeps the second set from overtaking the first wait on the other pipe."""
    once = "npu.set_flag[m, mte1, 0]\nnpu.wait_flag[m, mte1, 0]\n"
    text = GOOD.replace("npu.set_flag[v, mte2, 0]\n", once + once + "npu.set_flag[v, mte2, 0]\n", 1)
    with pytest.raises(CompileError, match=r"flag \[m, mte1, 0\] may be set while it still is"):
        verify(text)


def test_an_operand_that_an_earlier_repeat_overwrites_is_refused() -> None:
    """Repeat i writes the 256 bytes that repeat i + 1 reads."""
    shifted = GOOD.replace(
        "%pb = npu.ptr %b[affine_map<() -> (0)>]", "%pb = npu.ptr %a[affine_map<() -> (256)>]"
    )
    with pytest.raises(CompileError, match="source 1 partly overlaps the destination"):
        verify(shifted.replace("repeat 8", "repeat 7").replace("bursts 1 x 64", "bursts 1 x 56"))
    with pytest.raises(CompileError, match="destination repeats overlap"):
        verify(GOOD.replace(VABS, VABS.replace("[1, 8], [", "[1, 4], [")))


def test_a_store_of_bytes_that_nothing_writes_is_refused() -> None:
    with pytest.raises(CompileError, match="256 of 2048 elements read from ub were never written"):
        verify(GOOD.replace("repeat 8", "repeat 7"))


def test_steps_that_start_at_a_maximum_are_known_exactly() -> None:
    """Every third column from the larger of two: any column there would leave the tensor."""
    module = parse_module(poly_kernels.load("bounds"))
    module.attributes["npu.target"] = StringAttr("ascend910")
    for step in parse_pipeline("affine-to-npu,npu-to-instructions"):
        step.apply(make_context(), module)

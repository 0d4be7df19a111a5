"""How long buffers live over the loops around their uses."""

from __future__ import annotations

import pytest

from akg_mlir.diagnostics import CompileError
from akg_mlir.parsing import parse_module
from akg_mlir.passes.npu.memory.byteset import overlaps, subtract, union
from akg_mlir.passes.npu.memory.lifetime import Lifetime, lifetimes
from akg_mlir.passes.npu.memory.structure import kernels, program_of

UB = "!npu.ptr<ub, f32>"


def buffer(name: str) -> str:
    return f"%{name} = npu.buffer : memref<512xf32, #npu<space ub>>\n"


def at(name: str, buffer: str, offset: str = "0", index: str = "") -> str:
    dims = "d0" if index else ""
    return (
        f"%{name} = npu.ptr %{buffer}[affine_map<({dims}) -> ({offset})>]({index}) : "
        f"memref<512xf32, #npu<space ub>> -> {UB}\n"
    )


def vabs(dst: str, src: str, repeat: int = 8) -> str:
    strides = "strides [1, 8], [1, 8]"
    return f"npu.vec vabs dst %{dst} : {UB} src %{src} : {UB} repeat {repeat} mask 64 {strides}\n"


def fill(dst: str, repeat: int = 8) -> str:
    return (
        f"npu.vec vector_dup dst %{dst} : {UB} scalar 0.0 : f32 repeat {repeat} mask 64 "
        "strides [1, 8], []\n"
    )


def live(body: str) -> dict[str, Lifetime]:
    """Lifetimes by buffer name. Positions count instructions, loop entries and loop exits."""
    text = (
        "func.func @k() attributes {npu.kernel} {\n"
        "%c0 = arith.constant 0 : index\n%c1 = arith.constant 1 : index\n"
        f"%c8 = arith.constant 8 : index\n%core = npu.core_id\n{body}func.return\n}}"
    )
    module = parse_module(text)
    found = lifetimes(program_of(next(kernels(module))))
    return {str(value.name_hint): life for value, life in found.items()}


def loop(body: str, index: str = "i", bound: str = "c8") -> str:
    return f"scf.for %{index} = %c0 to %{bound} step %c1 {{\n{body}}}\n"


AB = buffer("a") + buffer("b") + at("pa", "a") + at("pb", "b")


def test_straight_line() -> None:
    assert live(AB + fill("pa") + vabs("pb", "pa") + fill("pb")) == {
        "a": Lifetime(1, 2),
        "b": Lifetime(2, 3),
    }


def test_written_before_read_in_every_iteration() -> None:
    assert live(AB + loop(fill("pa") + vabs("pb", "pa")))["a"] == Lifetime(2, 3)


def test_read_before_written_lives_through_the_loop() -> None:
    assert live(AB + loop(vabs("pb", "pa") + fill("pa")))["a"] == Lifetime(1, 4)


def test_defined_outside_lives_through_the_loop() -> None:
    assert live(AB + fill("pa") + loop(vabs("pb", "pa")))["a"] == Lifetime(1, 4)


def test_used_after_the_loop() -> None:
    found = live(AB + loop(fill("pa")) + vabs("pb", "pa"))
    assert found["a"] == Lifetime(1, 4)


def test_half_written_then_read_whole_is_carried() -> None:
    """The second half comes from the iteration before."""
    half = AB + at("pa2", "a", "1024")
    body = fill("pa", 4) + vabs("pb", "pa") + fill("pa2", 4)
    assert live(half + loop(body))["a"] == Lifetime(1, 5)


def test_rows_written_one_by_one_cover_a_read_of_all() -> None:
    row = at("r", "a", "d0 * 256", "%j")
    body = loop(row + fill("r", 1), "j") + vabs("pb", "pa")
    assert live(AB + loop(body))["a"] == Lifetime(2, 5)


def test_rows_read_one_by_one_need_all_of_them_written() -> None:
    row = at("r", "a", "d0 * 256", "%j")
    rows = loop(row + vabs("pb", "r", 1), "j")
    assert live(AB + loop(fill("pa") + rows))["a"] == Lifetime(2, 5)
    assert live(AB + at("pa2", "a", "256") + loop(fill("pa", 1) + rows + fill("pa2", 7)))[
        "a"
    ] == Lifetime(1, 7)


def test_rows_rewritten_in_place_after_a_write_of_all() -> None:
    row = at("r", "a", "d0 * 256", "%j")
    rows = loop(row + vabs("r", "r", 1), "j")
    assert live(AB + loop(fill("pa") + rows + vabs("pb", "pa")))["a"] == Lifetime(2, 6)


def test_rows_of_a_loop_that_may_not_run_cover_nothing() -> None:
    row = at("r", "a", "d0 * 256", "%j")
    body = loop(row + fill("r", 1), "j", "core") + vabs("pb", "pa")
    assert live(AB + loop(body))["a"] == Lifetime(1, 6)


def test_a_slot_per_iteration_is_not_carried_unless_read_later() -> None:
    here, before = at("h", "a", "d0 * 128 + 1024", "%i"), at("o", "a", "d0 * 128", "%i")
    assert live(AB + loop(here + fill("h", 1) + vabs("pb", "h", 1)))["a"] == Lifetime(2, 3)
    assert live(AB + loop(here + before + fill("h", 1) + vabs("pb", "o", 1)))["a"] == Lifetime(1, 4)


MAD = """
%a = npu.buffer : memref<256xf16, #npu<space l0a>>
%b = npu.buffer : memref<256xf16, #npu<space l0b>>
%c = npu.buffer : memref<256xf32, #npu<space l0c>>
%u = npu.buffer : memref<256xf32, #npu<space ub>>
%pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<256xf16, #npu<space l0a>> -> !npu.ptr<l0a, f16>
%pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<256xf16, #npu<space l0b>> -> !npu.ptr<l0b, f16>
%pc = npu.ptr %c[affine_map<() -> (0)>]() : memref<256xf32, #npu<space l0c>> -> !npu.ptr<l0c, f32>
%pu = npu.ptr %u[affine_map<() -> (0)>]() : memref<256xf32, #npu<space ub>> -> !npu.ptr<ub, f32>
scf.for %i = %c0 to %c8 step %c1 {
  scf.for %k = %c0 to %c8 step %c1 {
    %first = arith.cmpi eq, %k, %START : index
    npu.mad %pc, %pa, %pb init %first m 16 k 16 n 16 : !npu.ptr<l0c, f32>, !npu.ptr<l0a, f16>, !npu.ptr<l0b, f16>
  }
  npu.copy %pu, %pc bursts 1 x 1 gaps 0, 0 : !npu.ptr<ub, f32>, !npu.ptr<l0c, f32>
}
"""  # noqa: E501


def test_an_accumulator_that_is_initialised_in_time_is_fresh_in_every_outer_iteration() -> None:
    assert live(MAD.replace("%START", "%c0"))["c"] == Lifetime(2, 5)
    assert live(MAD.replace("%START", "%c1"))["c"] == Lifetime(1, 6)


def test_memory_ops_without_a_pipe_are_refused() -> None:
    body = "%m = memref.alloc() : memref<4xf32, #npu<space gm>>\n%v = memref.load %m[%c0] : memref<4xf32, #npu<space gm>>\n"  # noqa: E501
    with pytest.raises(CompileError, match=r"memref\.load.* no pipe is known to run it"):
        live(body)


def test_byte_sets() -> None:
    assert union([(4, 6), (0, 2), (2, 3), (5, 9)]) == ((0, 3), (4, 9))
    assert subtract(((0, 10),), ((2, 3), (8, 12))) == ((0, 2), (3, 8))
    assert not overlaps(((0, 3), (4, 9)), ((3, 4),))

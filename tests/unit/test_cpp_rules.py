"""What a checked run of C++ refuses in one instruction, whatever order it is executed in."""

from __future__ import annotations

import ctypes

import pytest

from akg_mlir.emit.cpp.accepted import HEADER, accepted_header
from akg_mlir.execution.host import Argument, Options
from akg_mlir.execution.host_build import Text, build

# The statement, and what is said of it.
REFUSED = [
    ("vadd(f16s, f16s.at(32), f16s.at(8192), Binary{1, 128, {1, 8}, {1, 8}, {1, 8}})",
     "vadd on core 0: reads byte 32 of ub, which it also writes"),
    ("vadd(f16s.at(512), f16s.at(256), f16s.at(8192), Binary{2, 128, {1, 8}, {1, 8}, {1, 8}})",
     "reads byte 512 of ub, which it also writes"),
    ("vadd(f16s, f16s, f16s.at(8192), Binary{2, 128, {1, 4}, {1, 4}, {1, 8}})",
     "byte 128 of ub is written twice"),
    ("vadd(f16s, f16s.at(4096), f16s.at(8192), Binary{2, 128, {1, 0}, {1, 8}, {1, 8}})",
     "repeats write the same bytes and no source accumulates there"),
    ("vconv(f32s, f16s, Unary{1, 64, {1, 8}, {1, 4}})", "which it also writes"),
    ("vsel(f16s, f16s.at(32), f16s.at(8192), Binary{1, 128, {1, 8}, {1, 8}, {1, 8}})",
     "vsel on core 0: reads byte 32 of ub, which it also writes"),
    ("vcadd(f16s, f16s, Reduce{1, 128, 1, {1, 8}})", "reads byte 0 of ub, which it also writes"),
    ("vcgadd(f16s, f16s.at(4096), Reduce{2, 128, 0, {1, 8}})", "byte 0 of ub is written twice"),
    ("vnchwconv(f16s, f16s, Transpose{1, {1, 16}, {1, 16}})", "which it also writes"),
    ("vnchwconv(f16s, f16s.at(4096), Transpose{2, {1, 8}, {1, 16}})", "is written twice"),
    ("copy(f16s.at(32), f16s, Bursts{1, 4, 0, 0})", "reads byte 32 of ub, which it also writes"),
    ("vrelu(f32s, f32s, Unary{1, 64, {1, 8}, {1, 8}})", "ascend910 has no vrelu for f32"),
    ("vadds(i32s, i32s, 1, Unary{1, 64, {1, 8}, {1, 8}})", "ascend910 has no vadds for i32"),
    ("vcmax(f32s, f32s.at(4096), Reduce{1, 64, 1, {1, 8}})", "ascend910 has no vcmax for f32"),
    ("vcmp_lt(i32s, i32s, Compare{1, 64, {1, 8}, {1, 8}})", "ascend910 has no vcmp for i32"),
    ("vconv(ub<i8>(0), f32s.at(4096), Unary{1, 64, {1, 8}, {1, 8}})",
     "ascend910 has no vconv for f32->i8"),
    ("mad(l0c<f32>(0), l0a<i8>(0), l0b<i8>(0), Product{16, 32, 16, true})",
     "ascend910 has no mad for i8->f32"),
    ("copy(l1<f16>(0), l1<f16>(4096), Bursts{1, 1, 0, 0})",
     "ascend910 has no copy for l1->l1"),
    ("vcmp_lt(f16s, f16s, Compare{2, 128, {1, 8}, {1, 8}})", "repeat is 2, allowed 1 to 1"),
    ("vcadd(f16s, f16s.at(4096), Reduce{1, 128, 1, {256, 8}})", "block stride is 256"),
    ("load3d(l0a<f16>(0), l1<f16>(0), windows(3, 256, 1))", "pads is 256, allowed 0 to 255"),
    ("load3d(l0a<f16>(0), l1<f16>(0), windows(256, 0, 1))", "kernel is 256, allowed 1 to 255"),
    ("load3d(l0a<f16>(0), l1<f16>(0), windows(3, 0, 64))", "strides is 64, allowed 1 to 63"),
]  # fmt: skip
ACCEPTED = [
    "vadd(f16s, f16s, f16s.at(8192), Binary{2, 128, {1, 8}, {1, 8}, {1, 8}})",
    "vadd(f16s, f16s, f16s.at(8192), Binary{2, 128, {1, 0}, {1, 0}, {1, 8}})",
    # later repeats write what earlier ones have read
    "vadd(f16s, f16s.at(256), f16s.at(8192), Binary{2, 128, {1, 8}, {1, 8}, {1, 8}})",
    "vconv(f32s, f16s.at(4096), Unary{1, 64, {1, 8}, {1, 4}})",
]
TEXT = """
#include "akg_npu.hpp"
using namespace akg;
constexpr Target target{.name = "ascend910", .cores = 2, .l1 = 65536, .l0a = 65536, .l0b = 65536,
                        .l0c = 65536, .ub = 65536, .events = 4};
Windows windows(int kernel, int pad, int stride) {
  return {{8, 8}, {pad, pad, pad, pad}, {kernel, kernel}, {stride, stride}, {1, 1}, {0, 0}, 1, 1};
}
"""
PROBE = """
AKG_KERNEL probe%d(AKG_GM out) {
  const auto f16s = ub<f16>(0);
  const auto f32s = ub<f32>(0);
  const auto i32s = ub<i32>(0);
  %s;
}
AKG_ENTRY(probe%d, target, 1, &tensors[0])
"""
SHARED = """
AKG_KERNEL shared(AKG_GM out) { store(gm<f32>(out).at(core_id() * STEP), 1.0f); }
AKG_ENTRY(shared, target, 2, &tensors[0])
"""


def launch(library: ctypes.CDLL, name: str) -> str:
    """What a checked run of a kernel on one array says; empty if it accepts it."""
    data = (ctypes.c_float * 2)()
    argument = Argument(ctypes.cast(data, ctypes.c_void_p), 8, False)
    message = ctypes.create_string_buffer(4096)
    options = Options(True, False, 0)
    library[f"{name}_check"](
        ctypes.byref(argument), 1, ctypes.byref(options), message, ctypes.c_int64(4096)
    )
    return message.value.decode()


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    statements = [*(statement for statement, _ in REFUSED), *ACCEPTED]
    probes = "".join(PROBE % (k, s, k) for k, s in enumerate(statements))
    return build(Text(TEXT + probes, checked=True))


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_instructions_that_break_a_rule_are_refused(library: ctypes.CDLL, number: int) -> None:
    assert REFUSED[number][1] in launch(library, f"probe{number}")


@pytest.mark.parametrize("number", range(len(ACCEPTED)))
def test_instructions_that_break_none_are_accepted(library: ctypes.CDLL, number: int) -> None:
    assert launch(library, f"probe{len(REFUSED) + number}") == ""


@pytest.mark.parametrize(("step", "refused"), [(4, False), (0, True)])
def test_cores_may_not_touch_what_others_write(step: int, refused: bool) -> None:
    text = TEXT + SHARED.replace("STEP", str(step))
    said = launch(build(Text(text, checked=True)), "shared")
    assert ("core 0 touches byte 0 of gm, too, and nothing orders cores" in said) == refused


def test_the_table_of_types_is_that_of_the_targets() -> None:
    assert HEADER.read_text() == accepted_header()

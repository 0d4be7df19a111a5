"""The timing model's formulas on small programs (figures of ascend910)."""

from __future__ import annotations

import numpy as np
import pytest
from npu_text import Kernel

from akg_mlir.machine import Machine, Timing
from akg_mlir.machine.loading import load
from akg_mlir.targets import Workload, lower_bound


def time(kernel: Kernel) -> Timing:
    return Machine(kernel.target).time(kernel.program())


def spans(kernel: Kernel, pipe: str) -> list[int]:
    """Occupancy of a pipe's instructions."""
    return [s.end - s.start for s in time(kernel).timeline.spans if s.pipe == pipe]


def loading(
    offset: int, bursts: int = 1, blocks: int = 64, gap: int = 0, cores: int = 32
) -> Kernel:
    kernel = Kernel(cores=cores)
    x = kernel.gm("65536")
    a = kernel.buffer("ub", 0, "65536")
    kernel.copy(kernel.ptr(a), kernel.ptr(x, offset), blocks, bursts=bursts, gaps=(gap, 0))
    return kernel


def test_transfer_of_a_miss() -> None:
    """One core: 64 B/cycle of DRAM."""
    assert spans(loading(0, cores=1), "mte2") == [20 + 2048 // 64]


def test_transfer_shared_by_all_cores_hits_l2() -> None:
    """32 cores read the same 2 KB: one reads it from DRAM at 32 B/cycle, on average."""
    per_byte = 31 / 32 / 110 + 1 / 32 / 32
    assert spans(loading(0), "mte2") == [20 + -(-2048 * per_byte // 1)]


def test_unaligned_transfers_reach_70_percent() -> None:
    assert spans(loading(32, cores=1), "mte2") == [20 + -(-32 / 0.7 // 1)]
    # Half of the rows start on 512 B.
    half = loading(0, bursts=4, blocks=8, gap=0, cores=1)
    assert spans(half, "mte2") == [20 + -(-(2 * 4 + 2 * 4 / 0.7) // 1)]


def test_short_bursts_have_a_least_time() -> None:
    kernel = loading(0, bursts=64, blocks=1, gap=15, cores=1)
    assert spans(kernel, "mte2") == [20 + 64 * 4]


def vector(
    opcode: str, second: int, repeat: int = 64, strides: object = None, **fields: object
) -> Kernel:
    kernel = Kernel()
    a = kernel.buffer("ub", 0, "131072")
    srcs = [kernel.ptr(a, 0), kernel.ptr(a, second)]
    kernel.vec(opcode, kernel.ptr(a, 131072), srcs, repeat=repeat, mask=128, strides=strides)  # type: ignore[arg-type]
    return kernel


def test_bank_groups_of_two_sources() -> None:
    """The vendor measured 88.4 and 154.2 cycles for 64 repeats (machine reference 1.3)."""
    assert spans(vector("vadd", 65536 + 256), "v") == [24 + 64]
    assert spans(vector("vadd", 65536), "v") == [24 + 128]


def test_strided_destination() -> None:
    strides = [(16, 128), (1, 8), (1, 8)]
    assert spans(vector("vadd", 65536 + 256, 4, strides), "v") == [24 + 4 * 8]
    strides = [(17, 136), (1, 8), (1, 8)]
    assert spans(vector("vadd", 65536 + 256, 4, strides), "v") == [24 + 4]


def test_slopes() -> None:
    assert spans(vector("vdiv", 65536 + 256), "v") == [24 + 4 * 64]
    tiny = Kernel("generic_tiny")
    a = tiny.buffer("ub", 0, "1024")
    tiny.vec("vexp", tiny.ptr(a), [tiny.ptr(a)], repeat=4, mask=128)
    assert spans(tiny, "v") == [24 + 4 * 2 * 8]


def test_on_chip_instructions() -> None:
    kernel = Kernel()
    a, b = kernel.buffer("l1", 0, "8192"), kernel.buffer("l0a", 0, "8192")
    dst, src = kernel.ptr(b), kernel.ptr(a)
    kernel.line(
        f"npu.load2d {dst}, {src} repeat 16 stride 1 gap 0 : {kernel.types[dst]}, "
        f"{kernel.types[src]}"
    )
    c, l0b = kernel.buffer("l0c", 0, "8192", "f32"), kernel.buffer("l0b", 0, "8192")
    kernel.line("%t = arith.constant true")
    out, rhs = kernel.ptr(c), kernel.ptr(l0b)
    kernel.line(
        f"npu.mad {out}, {dst}, {rhs} init %t m 64 k 60 n 33 : {kernel.types[out]}, "
        f"{kernel.types[dst]}, {kernel.types[rhs]}"
    )
    ub = kernel.buffer("ub", 0, "8192", "f32")
    kernel.copy(kernel.ptr(ub), out, 12)
    assert spans(kernel, "mte1") == [24 + 16 * 512 // 512]
    assert spans(kernel, "m") == [10 + 4 * 3 * 4]
    assert spans(kernel, "v") == [16 + 12 * 1024 // 256]


def test_the_fixpipe_does_not_wait_for_dram() -> None:
    """24 cores write 48 KB each for the first time: 72 B/cycle of f16, which L2 takes; all of it is
    in DRAM, at 32 B/cycle, when the kernel ends."""
    kernel = Kernel("ascend910b", cores=24)
    out = kernel.gm("24x48x512")
    kernel.line("%core = npu.core_id")
    place = kernel.ptr(out, "d0 * 49152", ["%core"])
    result = kernel.ptr(kernel.buffer("l0c", 0, "3x8192", "f32"))
    kernel.copy(place, result, 512, bursts=3)
    assert spans(kernel, "fix") == [16 + -(-49152 // 72)]
    assert time(kernel).cycles >= 49152 // 32


def test_issue_flags_and_latency() -> None:
    kernel = Kernel()
    x = kernel.gm("1024")
    a = kernel.buffer("ub", 0, "1024")
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 64)
    kernel.flag("set", "mte2", "v")
    kernel.flag("wait", "mte2", "v")
    kernel.vec("vabs", kernel.ptr(a), [kernel.ptr(a)], repeat=8, mask=128)
    load, _, wait, compute = time(kernel).timeline.spans
    assert (load.start, load.end, load.done) == (1, 1 + 52, 1 + 52 + 300)
    assert (wait.start, compute.start) == (353 + 4, 358)
    assert time(kernel).cycles == 358 + 24 + 8
    assert time(kernel).busy["mte2"] == 52


def test_barrier_waits_for_completion() -> None:
    kernel = Kernel()
    a = kernel.buffer("l0c", 0, "256", "f32")
    ub = kernel.buffer("ub", 0, "256", "f32")
    kernel.copy(kernel.ptr(ub), kernel.ptr(a), 1)
    kernel.barrier("v")
    kernel.vec("vabs", kernel.ptr(ub), [kernel.ptr(ub)], repeat=4, mask=64)
    copy, _, compute = time(kernel).timeline.spans
    assert compute.start == copy.done + 1


def test_reads_and_writes_share_dram() -> None:
    kernel = Kernel("generic_tiny")
    x, y = kernel.gm("8192"), kernel.gm("4096")
    a, b = kernel.buffer("ub", 0, "4096"), kernel.buffer("ub", 8192, "4096")
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 256)
    kernel.barrier()
    kernel.copy(kernel.ptr(y), kernel.ptr(a), 256)
    kernel.copy(kernel.ptr(b), kernel.ptr(x, 8192), 256)
    first, _, store, second = time(kernel).timeline.spans
    assert first.end - first.start == 20 + 8192 // 32
    # Both need DRAM at the same time: one of them ends a whole transfer later.
    assert abs(store.end - second.end) >= 8192 // 32


def test_a_full_queue_holds_the_front_end() -> None:
    kernel = Kernel()
    a = kernel.buffer("ub", 0, "128")
    for _ in range(40):
        kernel.vec("vector_dup", kernel.ptr(a), mask=128, scalar="0.0 : f16")
    kernel.line("%r = npu.scalar_load %last : !npu.ptr<ub, f16> -> f16")
    kernel.lines.insert(
        1, f"%last = npu.ptr {a}[affine_map<() -> (0)>]() : {kernel.types[a]} -> !npu.ptr<ub, f16>"
    )
    scalar = next(s for s in time(kernel).timeline.spans if s.pipe == "s")
    # Issued after the 8th of 40 instructions left the queue of 32.
    assert scalar.start == pytest.approx(1 + 7 * 25, abs=2)


@pytest.mark.parametrize("cores", [1, 4, 32])
def test_streaming_stays_above_the_bound(cores: int) -> None:
    elements = 32 * 16384
    share = elements // cores
    tiles = share // 16384
    kernel = Kernel(cores=cores)
    x, y = kernel.gm(str(elements)), kernel.gm(str(elements))
    slots = [kernel.buffer("ub", 32768 * i, "16384") for i in range(2)]
    for name, value in (("core", None), ("c0", 0), ("c1", 1), ("n", max(tiles // 2, 1))):
        kernel.line(
            f"%{name} = npu.core_id"
            if value is None
            else f"%{name} = arith.constant {value} : index"
        )
    kernel.line("%t = arith.constant 0 : index")
    for slot in (0, 1):
        kernel.flag("set", "mte3", "mte2", slot)
    kernel.line("scf.for %i = %c0 to %n step %c1 {")
    for slot in (0, 1) if tiles > 1 else (0,):
        offset = f"d0 * {share * 2} + d1 * 65536 + {slot * 32768}"
        ub = kernel.ptr(slots[slot])
        kernel.flag("wait", "mte3", "mte2", slot)
        kernel.copy(ub, kernel.ptr(x, offset, ["%core", "%i"]), 1024)
        kernel.flag("set", "mte2", "v", slot)
        kernel.flag("wait", "mte2", "v", slot)
        kernel.vec("vexp", ub, [ub], repeat=128, mask=128)
        kernel.flag("set", "v", "mte3", slot)
        kernel.flag("wait", "v", "mte3", slot)
        kernel.copy(kernel.ptr(y, offset, ["%core", "%i"]), ub, 1024)
        kernel.flag("set", "mte3", "mte2", slot)
    kernel.line("}")
    for slot in (0, 1):
        kernel.flag("wait", "mte3", "mte2", slot)
    values = np.random.default_rng(0).random(elements).astype(np.float16)
    result = kernel.run(values, mode="timed")
    assert not result.races
    assert (result.gm_bytes_read, result.gm_bytes_written) == (2 * elements, 2 * elements)
    bound = lower_bound(
        kernel.target, Workload(2 * elements, 2 * elements, vector_cycles=2 * elements // 128)
    )
    assert bound.cycles <= result.cycles
    if cores == 1:
        # 64 B/cycle both ways together: a single core is bound by its own port.
        assert result.cycles >= 4 * elements / 64


def test_cycles_do_not_need_data() -> None:
    kernel = loading(0)
    assert Machine(kernel.target).time(kernel.program()).cycles > 0


@pytest.mark.parametrize("instructions", range(1, 9))
def test_jumps_carry_flags_that_are_still_to_come(instructions: int) -> None:
    """Loads wait for the vector unit, the front end is iterations ahead of both."""
    kernel = Kernel()
    x = kernel.gm("65536")
    a = kernel.buffer("ub", 0, "65536")
    for name, value in (("c0", 0), ("c1", 1), ("n", 20)):
        kernel.line(f"%{name} = arith.constant {value} : index")
    kernel.flag("set", "v", "mte2")
    kernel.line("scf.for %i = %c0 to %n step %c1 {")
    kernel.flag("wait", "v", "mte2")
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 512)
    kernel.flag("set", "mte2", "v")
    kernel.flag("wait", "mte2", "v")
    for _ in range(instructions):
        kernel.vec("vexp", kernel.ptr(a), [kernel.ptr(a)], repeat=128, mask=128)
        kernel.barrier("v")
    kernel.flag("set", "v", "mte2")
    kernel.line("}")
    kernel.flag("wait", "v", "mte2")
    loaded = load(kernel.program(), kernel.target)
    assert loaded.shortened[0].jumps
    assert loaded.shortened[0].cycles == loaded.timelines[0].cycles

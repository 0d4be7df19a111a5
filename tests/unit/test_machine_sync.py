"""Flags, barriers, races, deadlocks, and the orders in which pipes may run."""

from __future__ import annotations

import numpy as np
import pytest
from npu_text import MODES, Kernel

from akg_mlir.machine import (
    DeadlockError,
    FieldError,
    FlagError,
    Machine,
    MachineError,
    PoisonError,
)
from akg_mlir.machine.program import Array, Program

VALUES = np.arange(2048, dtype=np.float16)


def pipeline(missing: str = "") -> Kernel:
    """y = 2 x in four tiles through two slots of UB; one kind of hand-over may be missing."""
    kernel = Kernel()
    x, y = kernel.gm("2048"), kernel.gm("2048")
    slots = [kernel.buffer("ub", 1024 * i, "512") for i in range(2)]

    def order(what: str, src: str, dst: str, event: int) -> None:
        if what != missing:
            kernel.flag("set", src, dst, event)
            kernel.flag("wait", src, dst, event)

    for tile in range(4):
        buffer = kernel.ptr(slots[tile % 2])
        if tile >= 2 and missing != "back":
            kernel.flag("wait", "mte3", "mte2", tile % 2)
        kernel.copy(buffer, kernel.ptr(x, tile * 1024), 32)
        order("in", "mte2", "v", tile)
        kernel.vec("vmuls", buffer, [buffer], repeat=4, mask=128, scalar="2.0 : f16")
        order("out", "v", "mte3", tile)
        kernel.copy(kernel.ptr(y, tile * 1024), buffer, 32)
        if tile < 2 and missing != "back":
            kernel.flag("set", "mte3", "mte2", tile % 2)
    return kernel


def test_all_orders_agree_on_a_synchronised_program() -> None:
    program = pipeline().program()
    machine = Machine(pipeline().target)
    expected = (VALUES * np.float16(2)).tobytes()
    for mode in MODES:
        result = machine.run(program, [VALUES], mode)
        assert result.outputs[0].tobytes() == expected
        assert not result.races
    for seed in range(20):
        outputs = machine.run(program, [VALUES], "adversarial", seed).outputs
        assert outputs[0].tobytes() == expected


@pytest.mark.parametrize("missing", ["in", "out", "back"])
def test_a_missing_flag_is_a_race_and_shows_in_some_order(missing: str) -> None:
    kernel = pipeline(missing)
    program, machine = kernel.program(), Machine(kernel.target)
    assert machine.check(program)
    # Program order does not notice.
    assert np.array_equal(machine.run(program, [VALUES]).outputs[0], VALUES * np.float16(2))
    assert any(differs(machine, program, seed) for seed in range(20))


def differs(machine: Machine, program: Program, seed: int, values: Array = VALUES) -> bool:
    """From what program order computes."""
    expected = machine.run(program, [values]).outputs
    try:
        outputs = machine.run(program, [values], "adversarial", seed).outputs
    except PoisonError:
        return True
    return not np.array_equal(outputs[0], expected[0])


def every_outcome(kernel: Kernel, values: Array) -> set[bytes | str]:
    """Bytes of the output, or names of errors, over all legal orders."""
    outcomes = Machine(kernel.target).every_outcome(kernel.program(), [values])
    return {type(o).__name__ if isinstance(o, MachineError) else o[0].tobytes() for o in outcomes}


def test_a_race_names_both_instructions() -> None:
    race = Machine(pipeline().target).check(pipeline("in").program())[0]
    assert "npu.vec vmuls" in str(race)
    assert "npu.copy" in str(race)
    assert "bytes of ub" in str(race)


def test_dependent_vector_instructions_need_a_barrier() -> None:
    def chain(barrier: bool) -> Kernel:
        kernel = Kernel()
        x, y = kernel.gm("128"), kernel.gm("128")
        a, b = kernel.buffer("ub", 0, "128"), kernel.buffer("ub", 256, "128")
        kernel.load(x, a, 8)
        kernel.vec("vector_dup", kernel.ptr(b), mask=128, scalar="0.0 : f16")
        kernel.vec("vmuls", kernel.ptr(a), [kernel.ptr(a)], mask=128, scalar="2.0 : f16")
        if barrier:
            kernel.barrier("v")
        kernel.vec("vmuls", kernel.ptr(b), [kernel.ptr(a)], mask=128, scalar="2.0 : f16")
        kernel.store(b, y, 8)
        return kernel

    values = VALUES[:128]
    assert np.array_equal(chain(True).run_all(values), values * np.float16(4))
    assert every_outcome(chain(True), values) == {(values * np.float16(4)).tobytes()}
    kernel = chain(False)
    assert len(kernel.run(values).races) == 2  # reads a too early, and b is written twice
    # While a is written it is poison.
    assert "PoisonError" in every_outcome(kernel, values)
    assert any(differs(Machine(kernel.target), kernel.program(), s, values) for s in range(30))


def test_write_after_read_in_one_pipe_needs_nothing() -> None:
    kernel = Kernel()
    x, y = kernel.gm("128"), kernel.gm("128")
    a, b = kernel.buffer("ub", 0, "128"), kernel.buffer("ub", 256, "128")
    kernel.load(x, a, 8)
    kernel.vec("vmuls", kernel.ptr(b), [kernel.ptr(a)], mask=128, scalar="2.0 : f16")
    kernel.vec("vector_dup", kernel.ptr(a), mask=128, scalar="9.0 : f16")
    kernel.store(b, y, 8)
    assert np.array_equal(kernel.run_all(VALUES[:128]), VALUES[:128] * np.float16(2))


def test_overlapping_transfers_of_one_pipe_need_a_barrier() -> None:
    kernel = Kernel()
    x, y = kernel.gm("256"), kernel.gm("128")
    a = kernel.buffer("ub", 0, "128")
    kernel.load(x, a, 8)
    kernel.copy(kernel.ptr(y), kernel.ptr(a), 8)
    kernel.copy(kernel.ptr(y, 64), kernel.ptr(a), 2)
    (race,) = kernel.run(VALUES[:256]).races
    assert race.memory == "gm"
    kernel.lines.insert(-1, "npu.pipe_barrier mte3")
    assert not kernel.run(VALUES[:256]).races


def test_accesses_to_different_bytes_do_not_race() -> None:
    """Two-byte results in one block: the granule is an element, not a block."""
    kernel = Kernel()
    x, y = kernel.gm("256"), kernel.gm("16")
    a, out = kernel.buffer("ub", 0, "256"), kernel.buffer("ub", 512, "16")
    kernel.load(x, a, 16)
    strides = [(1, 1), (1, 8)]
    for i in range(16):
        kernel.vec(
            "vcmax", kernel.ptr(out, 2 * i), [kernel.ptr(a, 32 * i)], mask=16, strides=strides
        )
    kernel.store(out, y, 1)
    assert kernel.run_all(VALUES[:256]).tolist() == VALUES[15:256:16].tolist()


def test_cores_may_not_share_what_they_write() -> None:
    def kernel(step: int) -> Kernel:
        kernel = Kernel(cores=2)
        x, y = kernel.gm("256"), kernel.gm("256")
        a = kernel.buffer("ub", 0, "128")
        kernel.line("%core = npu.core_id")
        kernel.copy(kernel.ptr(a), kernel.ptr(x, "d0 * 256", ["%core"]), 8)
        kernel.barrier()
        kernel.copy(kernel.ptr(y, f"d0 * {step}", ["%core"]), kernel.ptr(a), 8)
        return kernel

    assert np.array_equal(kernel(256).run_all(VALUES[:256]), VALUES[:256])
    (race,) = Machine(kernel(256).target).check(kernel(224).program())
    assert "on core 0" in race.earlier
    assert "on core 1" in race.later


def test_flag_set_twice() -> None:
    kernel = Kernel()
    kernel.flag("set", "v", "mte3")
    kernel.flag("set", "v", "mte3")
    with pytest.raises(FlagError, match=r"\[v, mte3, 0\]: the flag is already set"):
        kernel.run()


def test_flag_that_may_be_set_twice() -> None:
    """The wait comes in between in program order, but nothing orders the second set after it."""
    kernel = Kernel()
    for _ in range(2):
        kernel.flag("set", "v", "mte3")
        kernel.flag("wait", "v", "mte3")
    with pytest.raises(FlagError, match="may be set while it still is"):
        kernel.run()


def test_flag_left_set() -> None:
    kernel = Kernel()
    kernel.flag("set", "v", "mte3", 2)
    with pytest.raises(FlagError, match=r"flag \[v, mte3, 2\] is still set at the end"):
        kernel.run()


def test_unknown_event() -> None:
    kernel = Kernel()
    kernel.flag("set", "v", "mte3", 4)
    kernel.flag("wait", "v", "mte3", 4)
    with pytest.raises(FieldError, match="event id is 4, allowed 0 to 3"):
        kernel.run()


def test_wait_that_never_ends() -> None:
    kernel = Kernel()
    kernel.flag("wait", "v", "mte3")
    with pytest.raises(DeadlockError, match=r"npu.wait_flag .*\[v, mte3, 0\] on pipe mte3"):
        kernel.run()


def test_crossed_waits() -> None:
    kernel = Kernel()
    kernel.flag("wait", "v", "mte2")
    kernel.flag("set", "mte2", "v")
    kernel.flag("wait", "mte2", "v")
    kernel.flag("set", "v", "mte2")
    with pytest.raises(DeadlockError, match=r"on pipe v; .*on pipe mte2"):
        kernel.run()


def test_a_full_queue_can_deadlock() -> None:
    """The front end cannot reach the set behind a queue full of instructions that wait."""

    def kernel(instructions: int) -> Kernel:
        kernel = Kernel()
        kernel.gm("128")
        a = kernel.buffer("ub", 0, "128")
        kernel.flag("wait", "mte3", "v")
        for _ in range(instructions):
            kernel.vec("vector_dup", kernel.ptr(a), mask=128, scalar="0.0 : f16")
            kernel.barrier("v")
        kernel.flag("set", "mte3", "v")
        return kernel

    kernel(15).run(VALUES[:128])
    with pytest.raises(DeadlockError):
        kernel(16).run(VALUES[:128])


def test_scalar_work_orders_what_is_issued_after_it() -> None:
    kernel = Kernel()
    x, y = kernel.gm("16"), kernel.gm("16")
    a = kernel.buffer("ub", 0, "16")
    view = kernel.types[a]
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 1)
    kernel.flag("set", "mte2", "s")
    kernel.flag("wait", "mte2", "s")
    kernel.line(
        f"npu.scalar [16] outs({a} : {view}) {{\n"
        f"  ^bb0(%i: index, %v: {view}):\n"
        f"    %e = memref.load %v[%i] : {view}\n"
        f"    %d = arith.addf %e, %e : f16\n"
        f"    memref.store %d, %v[%i] : {view}\n  }}"
    )
    kernel.copy(kernel.ptr(y), kernel.ptr(a), 1)
    assert np.array_equal(kernel.run_all(VALUES[:16]), VALUES[:16] * np.float16(2))
    kernel.lines = [line for line in kernel.lines if "_flag" not in line]
    assert kernel.run(VALUES[:16]).races


def test_slots_swapped_by_iteration_arguments() -> None:
    """Double buffering with the slot as a value that the loop carries."""
    kernel = Kernel()
    x, y = kernel.gm("512"), kernel.gm("512")
    a = kernel.buffer("ub", 0, "256")
    for name, value in (("c0", 0), ("c1", 1), ("c4", 4)):
        kernel.line(f"%{name} = arith.constant {value} : index")
    kernel.line("%last = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %c0) -> (index) {")
    slot = kernel.ptr(a, "d0 * 256", ["%s"])
    kernel.copy(slot, kernel.ptr(x, "d0 * 256", ["%i"]), 8)
    kernel.barrier()
    kernel.copy(kernel.ptr(y, "d0 * 256", ["%i"]), slot, 8)
    kernel.line("%t = arith.subi %c1, %s : index")
    kernel.line("scf.yield %t : index")
    kernel.line("}")
    assert np.array_equal(kernel.run_all(VALUES[:512]), VALUES[:512])
    assert kernel.run(VALUES[:512]).peak_bytes == {"ub": 512}

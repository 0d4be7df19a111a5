"""The machine against slow, independent models: lanes one by one, and orders against races."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from npu_text import Kernel

from akg_mlir.machine import FieldError, FlagError, Machine, PoisonError

BYTES = 8192
OPERATIONS: dict[str, Callable[..., object]] = {
    "vadd": lambda a, b: a + b,
    "vmax": max,
    "vabs": abs,
    "vmla": lambda a, b, acc: acc + a * b,
}


@dataclass(frozen=True)
class Vector:
    """One instruction on one buffer: (block address, block stride, repeat stride) per operand."""

    opcode: str
    element: str
    repeat: int
    mask: int
    operands: tuple[tuple[int, int, int], ...]


@st.composite
def vectors(draw: st.DrawFn) -> Vector:
    opcode = draw(st.sampled_from(sorted(OPERATIONS)))
    element = draw(st.sampled_from(["f16", "f32"]))
    operand = st.tuples(st.integers(0, 64), st.sampled_from([1, 1, 0, 2, 3]), st.integers(0, 12))
    dst = draw(operand)
    source = st.one_of(operand, st.just(dst))
    return Vector(
        opcode,
        element,
        draw(st.integers(1, 5)),
        draw(st.integers(1, {"f16": 128, "f32": 64}[element])),
        (dst, *(draw(source) for _ in range(1 if opcode == "vabs" else 2))),
    )


def expected(vector: Vector, memory: np.ndarray) -> np.ndarray | None:
    """Lane by lane in order; None where repeats depend on one another or bytes are written twice.

    What one repeat reads it reads before it writes.
    """
    dtype = {"f16": np.float16, "f32": np.float32}[vector.element]
    result = memory.view(dtype).copy()
    per_block = 32 // result.itemsize
    written: set[int] = set()

    def at(operand: tuple[int, int, int], repeat: int, lane: int) -> int:
        block, stride, step = operand
        block += repeat * step + lane // per_block * stride
        return block * per_block + lane % per_block

    dst, *srcs = vector.operands
    if vector.opcode == "vmla":
        srcs = [*srcs, dst]
    accumulates = vector.repeat > 1 and dst[2] == 0 and dst in srcs
    for repeat in range(vector.repeat):
        targets = [at(dst, repeat, lane) for lane in range(vector.mask)]
        if len(set(targets)) < len(targets) or (written & set(targets) and not accumulates):
            return None
        for src in srcs:
            reads = {at(src, repeat, lane) for lane in range(vector.mask)}
            if src != dst and reads & (written | set(targets)):
                return None
        written |= set(targets)
        values = [
            OPERATIONS[vector.opcode](*(result[at(src, repeat, lane)] for src in srcs))
            for lane in range(vector.mask)
        ]
        result[targets] = values
    return result


@given(vectors(), st.integers(0, 2**16))
def test_lanes_one_by_one(vector: Vector, seed: int) -> None:
    size = {"f16": 2, "f32": 4}[vector.element]
    kernel = Kernel()
    x, y = (kernel.gm(str(BYTES // size), vector.element) for _ in range(2))
    buffer = kernel.buffer("ub", 0, str(BYTES // size), vector.element)
    kernel.load(x, buffer, BYTES // 32)
    pointers = [kernel.ptr(buffer, block * 32) for block, _, _ in vector.operands]
    kernel.vec(
        vector.opcode,
        pointers[0],
        pointers[1:],
        repeat=vector.repeat,
        mask=vector.mask,
        strides=[(stride, step) for _, stride, step in vector.operands],
    )
    kernel.store(buffer, y, BYTES // 32)
    dtype = {"f16": np.float16, "f32": np.float32}[vector.element]
    memory = (np.random.default_rng(seed).random(BYTES // size) - 0.5).astype(dtype)
    model = expected(vector, memory)
    try:
        result = kernel.run_all(memory)
    except FieldError:
        # Refused: a model that needs no order must not be.
        assert model is None
        return
    assert model is not None
    assert np.array_equal(result, model)


@dataclass(frozen=True)
class Step:
    """An instruction on slots of UB, GM tiles, or an ordering between two pipes."""

    kind: str
    first: int
    second: int


STEPS = st.builds(
    Step,
    st.sampled_from(["load", "store", "double", "add", "order", "barrier"]),
    st.integers(0, 2),
    st.integers(0, 2),
)
PIPES = ("mte2", "v", "mte3")


def straight_line(steps: list[Step]) -> Kernel:
    kernel = Kernel()
    x, y = kernel.gm("384"), kernel.gm("384")
    slots = [kernel.buffer("ub", 256 * i, "128") for i in range(3)]
    for slot in slots:
        kernel.vec("vector_dup", kernel.ptr(slot), mask=128, scalar="0.5 : f16")
    kernel.barrier()
    for tile in range(3):
        kernel.copy(kernel.ptr(y, 256 * tile), kernel.ptr(slots[tile]), 8)
    kernel.barrier()
    for step in steps:
        a, b = kernel.ptr(slots[step.first]), kernel.ptr(slots[step.second])
        match step.kind:
            case "load":
                kernel.copy(a, kernel.ptr(x, 256 * step.second), 8)
            case "store":
                kernel.copy(kernel.ptr(y, 256 * step.second), a, 8)
            case "double":
                kernel.vec("vmuls", a, [a], mask=128, scalar="2.0 : f16")
            case "add":
                kernel.vec("vadd", a, [a, b], mask=128)
            case "order" if step.first != step.second:
                kernel.flag("set", PIPES[step.first], PIPES[step.second])
                kernel.flag("wait", PIPES[step.first], PIPES[step.second])
            case _:
                kernel.barrier(PIPES[step.first])
    return kernel


@given(st.lists(STEPS, min_size=2, max_size=12), st.integers(0, 2**16))
def test_without_races_all_orders_agree(steps: list[Step], seed: int) -> None:
    kernel = straight_line(steps)
    program, machine = kernel.program(), Machine(kernel.target)
    try:
        races = machine.check(program)
    except FlagError:
        return
    if races:
        return
    values = np.random.default_rng(seed).random(384).astype(np.float16)
    result = machine.run(program, [values]).outputs[0].tobytes()
    assert machine.run(program, [values], "timed").outputs[0].tobytes() == result
    for order in range(4):
        outputs = machine.run(program, [values], "adversarial", seed + order).outputs
        assert outputs[0].tobytes() == result


@given(st.lists(STEPS, min_size=2, max_size=8), st.integers(0, 2**16))
def test_what_differs_in_some_order_was_reported(steps: list[Step], seed: int) -> None:
    """The other direction: no order may change the result of a program without reports."""
    kernel = straight_line([step for step in steps if step.kind not in ("order", "barrier")])
    program, machine = kernel.program(), Machine(kernel.target)
    values = np.random.default_rng(seed).random(384).astype(np.float16)
    result = machine.run(program, [values])
    for order in range(4):
        try:
            outputs = machine.run(program, [values], "adversarial", seed + order).outputs
        except PoisonError:
            assert result.races
            continue
        if outputs[0].tobytes() != result.outputs[0].tobytes():
            assert result.races

"""Kernels timed in columns and with repetitions jumped over, against one instruction at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from akg_mlir import targets
from akg_mlir.machine.issue import issue
from akg_mlir.machine.loading import load
from akg_mlir.machine.program import (
    Barrier,
    Buffer,
    Copy,
    If,
    Instruction,
    Let,
    Loop,
    Node,
    Operand,
    Program,
    SetFlag,
    Vec,
    WaitFlag,
)
from akg_mlir.machine.unroll import control_flow

TARGET = targets.load("ascend910")
GM_BYTES = 1 << 20
BUFFERS = (
    Buffer("%x", "gm", 0, GM_BYTES, "f16", (GM_BYTES // 2,)),
    Buffer("%y", "gm", 0, GM_BYTES, "f16", (GM_BYTES // 2,)),
    Buffer("%a", "ub", 0, 65536, "f16", (32768,)),
)
PIPES = ("mte2", "v", "mte3")


def operand(buffer: int, address: str) -> Operand:
    return Operand(buffer, BUFFERS[buffer].memory, "f16", address)


@st.composite
def addresses(draw: st.DrawFn, names: Sequence[str], unit: int) -> str:
    """A sum of scaled variables, sometimes wrapped."""
    terms = [str(draw(st.integers(0, 64)) * unit)]
    for name in names:
        if draw(st.booleans()):
            terms.append(f"{name} * {draw(st.sampled_from([1, 2, 5, 16, 63])) * unit}")
    text = " + ".join(terms)
    wrap = draw(st.sampled_from(["", "", f" % {8 * unit}", f" // 3 * {unit}"]))
    return f"({text}){wrap}"


@st.composite
def work(draw: st.DrawFn, names: Sequence[str]) -> Instruction:
    gm, ub = draw(addresses(names, 2)), draw(addresses(names, 32))
    blocks = draw(st.sampled_from([1, 4, 64]))
    kind = draw(st.sampled_from(["load", "store", "vector"]))
    if kind == "vector":
        return Vec(
            label="vadd",
            pipe="v",
            opcode="vadd",
            dst=operand(2, draw(addresses(names, 32))),
            srcs=(operand(2, ub), operand(2, draw(addresses(names, 32)))),
            scalar=None,
            register=None,
            repeat=draw(st.sampled_from([1, 20])),
            mask=128,
            dst_stride=(1, 8),
            src_strides=((1, 8), (1, 8)),
        )
    near, far = operand(2, ub), operand(0 if kind == "load" else 1, gm)
    return Copy(
        label=kind,
        pipe="mte2" if kind == "load" else "mte3",
        dst=near if kind == "load" else far,
        src=far if kind == "load" else near,
        n_burst=draw(st.sampled_from([1, 3])),
        len_burst=blocks,
        src_gap=draw(st.sampled_from([0, 3])),
        dst_gap=0,
    )


def one_burst(label: str, pipe: str, dst: Operand, src: Operand) -> Copy:
    return Copy(
        label=label, pipe=pipe, dst=dst, src=src, n_burst=1, len_burst=1, src_gap=0, dst_gap=0
    )


@st.composite
def order(draw: st.DrawFn) -> list[Node]:
    if draw(st.booleans()):
        return [Barrier(label="barrier", pipe=draw(st.sampled_from([*PIPES, "all"])))]
    setter, waiter = draw(st.permutations(PIPES))[:2]
    event = draw(st.integers(0, 1))
    return [
        SetFlag(label="set", pipe=setter, waiter=waiter, event=event),
        WaitFlag(label="wait", pipe=waiter, setter=setter, event=event),
    ]


@st.composite
def carrying_a_flag(draw: st.DrawFn, loop: Loop, event: int) -> list[Node]:
    """Iterations wait for what another pipe did in the one before, as with rotating buffers."""
    setter, waiter = draw(st.permutations(PIPES))[:2]
    done = SetFlag(label="set", pipe=setter, waiter=waiter, event=event)
    wait = WaitFlag(label="wait", pipe=waiter, setter=setter, event=event)
    return [done, replace(loop, body=(wait, *loop.body, done)), wait]


@st.composite
def blocks(draw: st.DrawFn, names: tuple[str, ...], depth: int, trips: int) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["work", "work", "order", "loop", "if", "let"]))
        inner = f"{'iv'[depth % 2]}{depth}_{len(nodes)}"
        if kind == "order":
            nodes += draw(order())
        elif kind == "let":
            value = draw(addresses(names, 1))
            nodes.append(Let((f"w{inner}",), (f"min({value}, 40) if core < 2 else {value}",)))
        elif kind == "loop" and depth < 3:
            upper = draw(st.sampled_from([str(trips), f"{trips} - core", "6", *names]))
            step = draw(st.sampled_from(["1", "2"]))
            body = draw(blocks((*names, inner), depth + 1, 6))
            if draw(st.booleans()):
                nodes.append(Let((f"c{inner}",), ("0",)))
                body = (*body, draw(work((f"c{inner}",))))
                body = (*body, Let((f"c{inner}",), (f"(c{inner} + 1) % 3",)))
            loop = Loop(inner, "0", f"min({upper}, {trips})", step, body)
            nodes += draw(carrying_a_flag(loop, 2 + depth % 2)) if draw(st.booleans()) else [loop]
        elif kind == "if" and depth < 3:
            condition = f"{draw(st.sampled_from(names))} % 3 {draw(st.sampled_from(['==', '<']))} 1"
            arms = [draw(blocks(names, depth + 1, 4)) for _ in range(2)]
            results = tuple((*arm, Let((f"r{inner}",), (str(k),))) for k, arm in enumerate(arms))
            nodes.append(If(condition, *results))
            nodes.append(draw(work((*names, f"r{inner}"))))
        else:
            nodes.append(draw(work(names)))
    return tuple(nodes)


PROGRAMS = st.builds(
    lambda body, cores: Program("kernel", cores, BUFFERS, (0, 1), (1,), body),
    blocks(("core",), 0, 40),
    st.sampled_from([1, 3]),
)


@given(PROGRAMS)
def test_columns_hold_the_streams(program: Program) -> None:
    issues = issue(program)
    streams = [control_flow(program)(core) for core in range(program.cores)]
    assert issues.lengths.tolist() == [len(stream) for stream in streams]
    seen = 0
    for found in issues.issues:
        columns = [np.broadcast_to(a, found.core.shape).tolist() for a in found.addresses]
        for core, position, *at in zip(found.core.tolist(), found.position.tolist(), *columns):
            assert streams[core][position] == (found.number, *at)
            seen += 1
    assert seen == sum(map(len, streams))


AFTER_BARRIERS = Program(
    "kernel",
    1,
    BUFFERS,
    (0, 1),
    (1,),
    (
        Loop(
            "i",
            "0",
            "40",
            "1",
            (
                Barrier(label="barrier", pipe="all"),
                *[one_burst("load", "mte2", operand(2, "(0)"), operand(0, "(0)"))] * 3,
            ),
        ),
        one_burst("store", "mte3", operand(1, "(0)"), operand(2, "(0)")),
    ),
)
"""Barriers let the pipes finish before an iteration; the store after the last one does not."""


@given(PROGRAMS)
@example(AFTER_BARRIERS)
def test_jumps_change_no_cycle(program: Program) -> None:
    loaded = load(program, TARGET)
    whole = loaded.timelines
    short = loaded.schedule.timelines(TARGET, whole=False)
    for one, other in zip(whole, short):
        assert one.cycles == other.cycles
        assert one.busy == other.busy
        assert len(one.spans) == len(other.spans) + sum(
            jump.times * jump.instructions for jump in other.jumps
        )

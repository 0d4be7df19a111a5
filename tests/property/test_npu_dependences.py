"""What an instruction must wait for, against the definition: every pair of accesses, one by one."""

from __future__ import annotations

from itertools import product

import npu_programs as model
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.dialects.npu import BufferOp, MadOp, Pipe, Space
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.memory import distance
from akg_mlir.passes.npu.memory.byteset import subtract, union
from akg_mlir.passes.npu.memory.footprint import MASK_REGISTER, Access, locate, relocate
from akg_mlir.passes.npu.memory.iterations import Iterations
from akg_mlir.passes.npu.memory.linear import trip_count
from akg_mlir.passes.npu.memory.overlap import Overlaps, byte_range
from akg_mlir.passes.npu.memory.structure import (
    Instruction,
    Program,
    divergence,
    kernels,
    program_of,
)
from akg_mlir.passes.npu.npu_plan_memory import NpuPlanMemory
from akg_mlir.passes.npu.sync.dependence import requirements

Facts = set[tuple[int, int]]
"""(instruction, level)"""


def by_definition(program: Program) -> list[Facts]:
    needs: list[Facts] = [set() for _ in program.instructions]
    overlaps = Overlaps(program.iterations)
    for x in program.instructions:
        for y in program.instructions:
            for a in x.accesses:
                for b in y.accesses:
                    if not (a.writes or b.writes) or _ordered_by_pipe(x, a, y):
                        continue
                    if not _near(_placed(a), _placed(b), program.iterations):
                        continue
                    level = _level(x, _placed(a), y, _placed(b), overlaps)
                    if level is not None:
                        needs[y.index].add((x.index, level))
    return needs


def _placed(access: Access) -> Access:
    owner = getattr(access.root, "owner", None)
    if not isinstance(owner, BufferOp):
        return access
    assert owner.address is not None
    return relocate(access, owner.address.value.data)


def _ordered_by_pipe(x: Instruction, a: Access, y: Instruction) -> bool:
    if x.pipe is not y.pipe:
        return False
    return x.pipe is Pipe.S or not a.writes or _interlocked(x, y)


def _interlocked(x: Instruction, y: Instruction) -> bool:
    if not isinstance(x.op, MadOp) or not isinstance(y.op, MadOp):
        return False
    (m, n), other = ((op.m.value.data, op.n.value.data) for op in (x.op, y.op))
    large = (m > 64 and n > 16) or (m > 32 and n > 32)
    return large and (m, n) == other and locate(x.op.c) == locate(y.op.c)


def _level(x: Instruction, a: Access, y: Instruction, b: Access, overlaps: Overlaps) -> int | None:
    if _memory(a) != _memory(b):
        return None
    _, first, second = divergence(x, y)
    same_iteration = x.index < y.index and first is not second
    loops = [loop.op for loop in x.loops_around if loop in y.loops_around]
    places = overlaps.place(a), overlaps.place(b)
    if a.base.is_constant and b.base.is_constant:
        level = 0 if same_iteration else (len(loops) or None)
        return level if level is not None and overlaps.meet(*places, frozenset(), None) else None
    if same_iteration and overlaps.meet(*places, frozenset(loops), None):
        return 0
    carried = range(len(loops), 0, -1)
    return next(
        (n for n in carried if overlaps.meet(*places, frozenset(loops[: n - 1]), loops[n - 1])),
        None,
    )


def _memory(access: Access) -> object:
    apart = access.space is Space.GM or access.root == MASK_REGISTER
    return access.root if apart else access.space


def _near(a: Access, b: Access, iterations: Iterations) -> bool:
    (a_low, a_high), (b_low, b_high) = byte_range(a, iterations), byte_range(b, iterations)
    apart = (a_high is not None and b_low is not None and a_high <= b_low) or (
        b_high is not None and a_low is not None and b_high <= a_low
    )
    return not apart


def _never(instruction: Instruction, iterations: Iterations) -> bool:
    """Whether it is in a loop without iterations: what it needs does not matter."""
    ranges = (byte_range(access, iterations) for access in instruction.accesses)
    return any(low is not None and high is not None and high <= low for low, high in ranges)


def _check(module: ModuleOp) -> int:
    """Compare all kernels; returns the number of facts."""
    total = 0
    for kernel in kernels(module):
        program = program_of(kernel)
        found = requirements(program)
        executed = {i.index for i in program.instructions if not _never(i, program.iterations)}
        facts = [{f for f in found.facts(mask) if f[0] in executed} for mask in found.needs]
        expected = [{f for f in of if f[0] in executed} for of in by_definition(program)]
        assert all(facts[i] == expected[i] for i in executed)
        total += sum(map(len, facts))
    return total


@given(
    body=st.one_of(model.programs(), model.staged_programs()),
    reuse=st.sampled_from(["auto", "always"]),
)
def test_requirements_of_random_programs(body: tuple[model.Node, ...], reuse: str) -> None:
    module = parse_module(model.to_text(body)[0])
    NpuPlanMemory(reuse=reuse).apply(make_context(), module)  # type: ignore[arg-type]
    _check(module)


counters = st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 5)), max_size=4)


@given(total=st.integers(-60, 60), counters=counters)
def test_sums_of_counters(total: int, counters: list[tuple[int, int]]) -> None:
    sums = {sum(parts) for parts in product(*([s * k for k in range(n)] for s, n in counters))}
    assert distance.reaches(total, tuple(counters)) == (total in sums)


@given(body=st.one_of(model.programs(), model.staged_programs()))
def test_arithmetic_agrees_with_isl(body: tuple[model.Node, ...]) -> None:
    """Where it answers. It knows more of loops whose bounds are extremes."""
    module = parse_module(model.to_text(body)[0])
    NpuPlanMemory().apply(make_context(), module)
    for kernel in kernels(module):
        program = program_of(kernel)
        overlaps = Overlaps(program.iterations)
        executed = [i for i in program.instructions if not _never(i, program.iterations)]
        accesses = [(i, _placed(a)) for i in executed for a in i.accesses]
        for (x, a), (y, b) in product(accesses[:6], accesses[-6:]):
            around = (*x.loops_around, *y.loops_around)
            if _memory(a) != _memory(b) or any(trip_count(loop.op) is None for loop in around):
                continue
            places = overlaps.place(a), overlaps.place(b)
            loops = [loop.op for loop in x.loops_around if loop in y.loops_around]
            questions = [(loops, None), *((loops[:n], loops[n]) for n in range(len(loops)))]
            for shared, carrier in questions:
                question = (*places, frozenset(shared), carrier)
                found = overlaps.by_arithmetic(*question)
                assert found in (None, overlaps.by_isl(*question))


def _mads(sizes: list[tuple[int, int]]) -> str:
    """Mads into one block of L0C, twice in a loop."""
    mads = "\n".join(
        f"npu.mad %pc, %pa, %pb init %no m {m} k 16 n {n} "
        ": !npu.ptr<l0c, f32>, !npu.ptr<l0a, f16>, !npu.ptr<l0b, f16>"
        for m, n in sizes
    )
    return f"""
builtin.module attributes {{npu.target = "ascend910"}} {{
  func.func @k() attributes {{npu.kernel}} {{
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %no = arith.constant false
    %a = npu.buffer at 0 : memref<80x16xf16, #npu<space l0a>>
    %b = npu.buffer at 0 : memref<16x80xf16, #npu<space l0b>>
    %c = npu.buffer at 0 : memref<80x80xf32, #npu<space l0c>>
    %pa = npu.ptr %a[affine_map<() -> (0)>]() : memref<80x16xf16, #npu<space l0a>> -> !npu.ptr<l0a, f16>
    %pb = npu.ptr %b[affine_map<() -> (0)>]() : memref<16x80xf16, #npu<space l0b>> -> !npu.ptr<l0b, f16>
    %pc = npu.ptr %c[affine_map<() -> (0)>]() : memref<80x80xf32, #npu<space l0c>> -> !npu.ptr<l0c, f32>
    scf.for %i = %c0 to %c2 step %c1 {{
      {mads}
    }}
    func.return
  }}
}}"""  # noqa: E501


@given(sizes=st.lists(st.sampled_from([(16, 16), (80, 32), (48, 48), (80, 16)]), max_size=5))
def test_requirements_of_mads(sizes: list[tuple[int, int]]) -> None:
    """Those of one large size interlock; the others need a barrier."""
    facts = _check(parse_module(_mads(sizes)))
    assert (facts > 0) == (len(set(sizes)) > 1 or bool({(16, 16), (80, 16)} & set(sizes)))


ranges = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 6)).map(lambda r: (r[0], r[0] + r[1]))
)


@given(first=ranges, second=ranges)
def test_subtracting_bytes(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    def members(of: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> set[int]:
        return {byte for low, high in of for byte in range(low, high)}

    left = subtract(union(first), union(second))
    assert union(left) == left
    assert members(left) == members(first) - members(second)

"""`npu-insert-sync` against brute force, which tries every way to order a small loop by flags, and
against its greedy scheme on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import npu_programs as model
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from npu_finished import MACHINE, planned_kernels, program_of
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.memory.structure import Body, Instruction, Loop, Program, kernels
from akg_mlir.passes.npu.memory.structure import program_of as tree_of
from akg_mlir.passes.npu.npu_insert_sync import NpuInsertSync
from akg_mlir.passes.npu.npu_plan_memory import NpuPlanMemory
from akg_mlir.passes.npu.sync.dependence import requirements
from akg_mlir.passes.npu.sync.events import colour
from akg_mlir.passes.npu.sync.grouping import optimise
from akg_mlir.passes.npu.sync.placement import Order, Plan, Planner
from akg_mlir.passes.npu.sync.redundancy import eliminate
from akg_mlir.passes.npu.sync.timing import Timer
from akg_mlir.targets import load

DEEP = settings.default.max_examples >= 1000
TARGET = load("ascend910")
MOST_DEPENDENCES = 6


def program(ops: Sequence[model.Op]) -> Program:
    """The ops in a loop of four iterations."""
    text, _ = model.to_text((model.Repeat(4, False, tuple(ops)),))
    module = parse_module(text)
    NpuPlanMemory().apply(make_context(), module)
    return tree_of(next(kernels(module)))


def every_plan(planner: Planner, body: Body, most: int, limit: int) -> Iterator[Plan]:
    """Complete plans of at most so many flags, none of which holds all flags of another one."""
    items = [item for item in body.items if isinstance(item, Instruction)]
    orders = [Order(body, x, y, x.pipe, y.pipe) for x in items for y in items if x.pipe != y.pipe]
    complete: list[frozenset[Order]] = []
    for count in range(most + 1):
        for chosen in combinations(orders, count):
            if any(smaller <= set(chosen) for smaller in complete):
                continue
            plan = Plan()
            for order in chosen:
                plan.add(order)
            if planner.add_barriers(plan) and planner.proves(plan):
                if colour(planner.program, plan, limit) is None:
                    complete.append(frozenset(chosen))
                    yield plan


@settings(max_examples=300 if DEEP else 12, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    ops=st.lists(model.staged_ops(1), min_size=3, max_size=5 if DEEP else 4),
    limit=st.sampled_from([4, 2, 1]),
)
def test_no_other_flags_are_better(ops: list[model.Op], limit: int) -> None:
    small = program(ops)
    (loop,) = small.body.items
    assert isinstance(loop, Loop)
    planner = Planner(small, requirements(small))
    plan, timer = Plan(), Timer(small, TARGET)
    assume(2 <= sum(mask.bit_count() for mask in planner.required.needs) <= MOST_DEPENDENCES)
    planner.complete(plan)
    plan, _ = eliminate(planner, plan)
    assume(len(plan.orders) >= 2)
    found = optimise(planner, plan, limit, timer).plan
    assert planner.proves(found)
    worth = timer.worth(found.schedule)
    for other in every_plan(planner, loop.body, len(plan.orders), limit):
        assert timer.worth(other.schedule) >= worth


def test_no_example_is_slower_than_by_the_greedy_scheme() -> None:
    names = () if DEEP else ("gelu", "matmul", "layer_norm", "carried")
    kernels_seen = faster = 0
    for name, module in planned_kernels(40 if DEEP else 1, names):
        for events in (None, 2):
            greedy, optimal = module.clone(), module.clone()
            NpuInsertSync(scheme="greedy", events=events).apply(make_context(), greedy)
            NpuInsertSync(scheme="optimal", events=events).apply(make_context(), optimal)
            before, after = _cycles(greedy), _cycles(optimal)
            assert after <= before, name
            faster += after < before
            kernels_seen += 1
    assert kernels_seen >= 2 * len(names)
    print(f"{faster} of {kernels_seen} kernels faster")


def _cycles(module: ModuleOp) -> int:
    return MACHINE.time(program_of(module)).cycles

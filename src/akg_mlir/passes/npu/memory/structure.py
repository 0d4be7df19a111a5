"""A kernel as a tree of instructions, loops and branches: what lifetimes and ordering look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

from xdsl.dialects import func, scf
from xdsl.ir import Block, Operation
from xdsl.traits import MemoryReadEffect, MemoryWriteEffect

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import Pipe, PipeBarrierOp, PipeOp, SetFlagOp, WaitFlagOp
from akg_mlir.passes.npu.memory.footprint import Access, accesses
from akg_mlir.passes.npu.memory.iterations import Iterations
from akg_mlir.passes.npu.memory.linear import trip_count


@dataclass(eq=False)
class Body:
    """A block's instructions and compounds in order; `owner` is the compound it belongs to."""

    owner: Loop | Branch | None
    items: list[Item] = field(default_factory=list["Item"])


class _Located:
    """An item of a body knows its place in the kernel."""

    parent: Body

    @cached_property
    def path(self) -> tuple[tuple[Body, Item], ...]:
        """(body, item of that body) pairs from the kernel's body down to this item itself."""
        assert isinstance(self, Item)
        steps: list[tuple[Body, Item]] = [(self.parent, self)]
        while (owner := steps[-1][0].owner) is not None:
            steps.append((owner.parent, owner))
        return tuple(reversed(steps))

    @cached_property
    def loops_around(self) -> tuple[Loop, ...]:
        """Loops that enclose the item, outermost first, without the item itself."""
        owners = (body.owner for body, _ in self.path)
        return tuple(owner for owner in owners if isinstance(owner, Loop))


@dataclass(eq=False)
class Instruction(_Located):
    """One op executed by a pipe. `index` numbers instructions in program order."""

    op: PipeOp
    pipe: Pipe
    accesses: tuple[Access, ...]
    index: int
    parent: Body


@dataclass(eq=False)
class Loop(_Located):
    """An `scf.for`. `depth` counts from 1; `may_be_empty` unless it certainly iterates."""

    op: scf.ForOp
    parent: Body
    depth: int
    may_be_empty: bool
    body: Body = field(init=False)

    def __post_init__(self) -> None:
        self.body = Body(self)


@dataclass(eq=False)
class Branch(_Located):
    """An `scf.if` with both arms, the second possibly without items."""

    op: scf.IfOp
    parent: Body
    arms: tuple[Body, Body] = field(init=False)

    def __post_init__(self) -> None:
        self.arms = (Body(self), Body(self))


@dataclass(eq=False)
class Sync(_Located):
    """A flag operation or barrier that the input already holds."""

    op: SetFlagOp | WaitFlagOp | PipeBarrierOp
    parent: Body


Item = Instruction | Loop | Branch | Sync


@dataclass(eq=False)
class Program:
    """The tree of one kernel, its instructions in program order, and what its index values are."""

    kernel: func.FuncOp
    body: Body
    instructions: list[Instruction]
    iterations: Iterations


def kernels(module: Operation) -> Iterator[func.FuncOp]:
    """The kernels of a module, in order."""
    for op in module.walk():
        if isinstance(op, func.FuncOp) and "npu.kernel" in op.attributes:
            yield op


def program_of(kernel: func.FuncOp) -> Program:
    """The tree of a kernel.

    Raises `CompileError` for an op that touches memory without a pipe to run it and for control
    flow other than `scf.for` and `scf.if`.
    """
    program = Program(kernel, Body(None), [], Iterations())
    _fill(program, program.body, kernel.body.block, 0)
    return program


def _fill(program: Program, body: Body, block: Block, depth: int) -> None:
    for op in block.ops:
        if isinstance(op, PipeOp):
            index = len(program.instructions)
            instruction = Instruction(op, op.pipe, accesses(op), index, body)
            program.instructions.append(instruction)
            body.items.append(instruction)
        elif isinstance(op, scf.ForOp):
            loop = Loop(op, body, depth + 1, (trip_count(op) or 0) < 1)
            body.items.append(loop)
            _fill(program, loop.body, op.body.block, depth + 1)
        elif isinstance(op, scf.IfOp):
            branch = Branch(op, body)
            body.items.append(branch)
            for arm, region in zip(branch.arms, (op.true_region, op.false_region)):
                if region.blocks:
                    _fill(program, arm, region.block, depth)
        elif isinstance(op, SetFlagOp | WaitFlagOp | PipeBarrierOp):
            body.items.append(Sync(op, body))
        else:
            _check_harmless(op)


def executed(body: Body, iterations: float = inf) -> float:
    """Instructions that a body executes at most if no loop runs more often than `iterations`."""
    total = 0.0
    for item in body.items:
        if isinstance(item, Instruction):
            total += 1
        elif isinstance(item, Loop):
            trips = trip_count(item.op)
            times = iterations if trips is None else min(trips, iterations)
            total += times * executed(item.body, iterations)
        elif isinstance(item, Branch):
            total += max(executed(arm, iterations) for arm in item.arms)
    return total


def _check_harmless(op: Operation) -> None:
    if op.regions:
        raise CompileError(
            "control flow in a kernel must be scf.for or scf.if", op, hint="lower it first"
        )
    touches = op.has_trait(MemoryReadEffect) or op.has_trait(MemoryWriteEffect)
    if touches or op.name in ("affine.load", "affine.store"):
        raise CompileError(
            "touches memory, but no pipe is known to run it",
            op,
            hint="move it into an npu.scalar op",
        )


def divergence(first: Item, second: Item) -> tuple[Body, Item, Item]:
    """The innermost body that holds both, and the item of it that each one is in.

    The items differ unless the two are in different arms of one branch, or are the same.
    """
    common: tuple[Body, Item, Item] | None = None
    for (body, a), (other, b) in zip(first.path, second.path):
        if body is not other:
            break
        common = (body, a, b)
    assert common is not None, "items of one program share its body"
    return common

"""Flags and barriers placed around the items of a program, before they become ops."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from akg_mlir.dialects.npu import Pipe, PipeBarrierOp, SetFlagOp, WaitFlagOp
from akg_mlir.passes.npu.memory.structure import (
    Body,
    Branch,
    Instruction,
    Item,
    Loop,
    Program,
    Sync,
)

PIPES: tuple[Pipe, ...] = tuple(p for p in Pipe if p is not Pipe.ALL)
PipePair = tuple[Pipe, Pipe]


@dataclass(eq=False)
class Flag:
    """One flag of a (src, dst) pair; `event` is its id once ids are assigned."""

    src: Pipe
    dst: Pipe
    event: int | None = None


@dataclass(eq=False)
class Set:
    flag: Flag


@dataclass(eq=False)
class Wait:
    flag: Flag


@dataclass(eq=False)
class Barrier:
    on: Pipe


Node = Set | Wait | Barrier


@dataclass
class Schedule:
    """What is executed directly before and after every item, and around the whole kernel."""

    before: dict[Item, list[Node]] = field(default_factory=dict[Item, list[Node]])
    after: dict[Item, list[Node]] = field(default_factory=dict[Item, list[Node]])
    prologue: list[Node] = field(default_factory=list[Node])
    epilogue: list[Node] = field(default_factory=list[Node])

    def lists(self) -> Iterator[list[Node]]:
        """Every list of nodes, to count or to remove from."""
        yield from self.before.values()
        yield from self.after.values()
        yield self.prologue
        yield self.epilogue

    def nodes(self) -> Iterator[Node]:
        for nodes in self.lists():
            yield from nodes

    def remove(self, barrier: Barrier) -> None:
        """Drop a barrier."""
        for nodes in self.lists():
            nodes[:] = [n for n in nodes if n is not barrier]

    def remove_flags(self, flags: Collection[Flag], *places: list[Node]) -> None:
        """Drop every operation on flags in some places."""
        for nodes in places:
            nodes[:] = [n for n in nodes if isinstance(n, Barrier) or n.flag not in flags]

    def drop_barriers(self) -> None:
        """Drop the barriers on single pipes."""
        for nodes in self.lists():
            nodes[:] = [n for n in nodes if not isinstance(n, Barrier) or n.on is Pipe.ALL]

    def copy(self) -> Schedule:
        """An independent schedule of the same nodes."""
        return Schedule(
            {item: list(nodes) for item, nodes in self.before.items()},
            {item: list(nodes) for item, nodes in self.after.items()},
            list(self.prologue),
            list(self.epilogue),
        )


def once(nodes: Sequence[Node]) -> list[Node]:
    """Of a prologue or epilogue: tokens that share an event id are primed and drained together."""
    kept: dict[tuple[Pipe, Pipe, int | None], Node] = {}
    for node in nodes:
        assert not isinstance(node, Barrier), "only tokens live outside the kernel's items"
        kept.setdefault((node.flag.src, node.flag.dst, node.flag.event), node)
    return list(kept.values())


def textual(program: Program, schedule: Schedule) -> Iterator[Node | Instruction]:
    """Nodes and instructions in program order, loop bodies once, without prologue and epilogue."""
    yield from _textual(program.body, schedule)


def _textual(body: Body, schedule: Schedule) -> Iterator[Node | Instruction]:
    for item in body.items:
        yield from schedule.before.get(item, ())
        if isinstance(item, Instruction):
            yield item
        elif isinstance(item, Loop):
            yield from _textual(item.body, schedule)
        elif isinstance(item, Branch):
            for arm in item.arms:
                yield from _textual(arm, schedule)
        yield from schedule.after.get(item, ())


def existing(program: Program) -> Schedule:
    """The sync ops that the kernel already holds, as a schedule; flags are (src, dst, id)."""
    flags: dict[tuple[Pipe, Pipe, int], Flag] = {}
    schedule = Schedule()
    for item in _syncs(program.body):
        schedule.before[item] = [_node(item, flags)]
    return schedule


def _syncs(body: Body) -> Iterator[Sync]:
    for item in body.items:
        if isinstance(item, Sync):
            yield item
        elif isinstance(item, Loop):
            yield from _syncs(item.body)
        elif isinstance(item, Branch):
            for arm in item.arms:
                yield from _syncs(arm)


def _node(item: Sync, flags: dict[tuple[Pipe, Pipe, int], Flag]) -> Node:
    op = item.op
    if isinstance(op, PipeBarrierOp):
        return Barrier(op.on.data)
    key = (op.src.data, op.dst.data, op.event.value.data)
    flag = flags.setdefault(key, Flag(*key))
    return Set(flag) if isinstance(op, SetFlagOp) else Wait(flag)


def to_op(node: Node) -> SetFlagOp | WaitFlagOp | PipeBarrierOp:
    """The op of a node; flags must have their event id."""
    if isinstance(node, Barrier):
        return PipeBarrierOp(node.on)
    flag = node.flag
    assert flag.event is not None, "ids are assigned before emission"
    kind = SetFlagOp if isinstance(node, Set) else WaitFlagOp
    assert kind in (SetFlagOp, WaitFlagOp)
    return kind(flag.src, flag.dst, flag.event)

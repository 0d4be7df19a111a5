"""Seeded illegal changes of finished kernels: the mutators, each the likeness of a real bug.

A mutator changes a module of one kernel in place and says whether it found anything to change. It
does not try to be illegal: whether the change matters is for the machine to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from random import Random
from typing import TypeVar

from xdsl.dialects.builtin import IntegerAttr, MemRefType, ModuleOp, i64
from xdsl.ir import Operation
from xdsl.rewriter import Rewriter

from akg_mlir.dialects.npu import (
    BLOCK_BYTES,
    BufferOp,
    Load2dOp,
    SetFlagOp,
    VecOp,
    VnchwconvOp,
    WaitFlagOp,
    memref_type,
    space_of,
)
from akg_mlir.passes.npu.memory.footprint import bytes_of, reserved_bytes
from akg_mlir.passes.npu.memory.lifetime import lifetimes
from akg_mlir.passes.npu.memory.structure import kernels, program_of

Mutator = Callable[[ModuleOp, Random], bool]
FlagOp = SetFlagOp | WaitFlagOp
T = TypeVar("T")


def drop_flag_pair(module: ModuleOp, random: Random) -> bool:
    """A set and the wait next to it in its block: what follows it, else (a token) what precedes."""
    pairs: list[tuple[Operation, Operation]] = []
    for op in _all(module, SetFlagOp):
        waits = [w for w in _all(module, WaitFlagOp) if w.parent is op.parent and _same(op, w)]
        behind = [w for w in waits if op.is_before_in_block(w)]
        if waits:
            pairs.append((op, behind[0] if behind else waits[-1]))
    if not pairs:
        return False
    for op in random.choice(pairs):
        op.detach()
        op.erase()
    return True


def swap_events(module: ModuleOp, random: Random) -> bool:
    """Two sets, or two waits, each take the flag of the other; within one pair of pipes if any."""
    pairs = [
        pair
        for kind in (SetFlagOp, WaitFlagOp)
        for pair in combinations(_all(module, kind), 2)
        if not _same(*pair)
    ]
    near = [(a, b) for a, b in pairs if (a.src, a.dst) == (b.src, b.dst)]
    if not pairs:
        return False
    a, b = random.choice(near if near and random.random() < 0.7 else pairs)
    a.properties, b.properties = dict(b.properties), dict(a.properties)
    return True


def shrink_buffer(module: ModuleOp, random: Random) -> bool:
    """A buffer of more than one block ends one block earlier."""
    buffers = [b for b in _all(module, BufferOp) if reserved_bytes(b, BLOCK_BYTES) > BLOCK_BYTES]
    if not buffers:
        return False
    buffer = random.choice(buffers)
    type_ = memref_type(buffer.result)
    size = reserved_bytes(buffer, BLOCK_BYTES) - BLOCK_BYTES
    count = size // bytes_of(type_.element_type)
    smaller = MemRefType(type_.element_type, [count], memory_space=type_.memory_space)
    Rewriter.replace_value_with_new_type(buffer.result, smaller)
    return True


def overlap_buffers(module: ModuleOp, random: Random) -> bool:
    """A buffer moves onto the start, or the end, of another one that is needed at the same time."""
    program = program_of(next(kernels(module)))
    live = lifetimes(program)
    used = [b for b in _all(module, BufferOp) if b.result in live]
    pairs = [
        (a, b)
        for a, b in permutations(used, 2)
        if space_of(a.result.type) is space_of(b.result.type)
        and live[a.result].meets(live[b.result])
    ]
    if not pairs:
        return False
    moved, other = random.choice(pairs)
    assert moved.address is not None
    assert other.address is not None
    start = other.address.value.data
    last = start + reserved_bytes(other, BLOCK_BYTES) - BLOCK_BYTES
    moved.properties["address"] = IntegerAttr(random.choice([start, last]), i64)
    return True


def widen(module: ModuleOp, random: Random) -> bool:
    """A mask or a repeat count is one larger."""
    fields: list[tuple[Operation, str]] = [(op, "mask") for op in _all(module, VecOp)]
    fields += [(op, "repeat") for op in _all(module, VecOp | VnchwconvOp | Load2dOp)]
    if not fields:
        return False
    op, name = random.choice(fields)
    value = op.properties[name]
    assert isinstance(value, IntegerAttr)
    op.properties[name] = IntegerAttr(value.value.data + 1, i64)
    return True


MUTATORS: Sequence[Mutator] = (
    drop_flag_pair,
    swap_events,
    shrink_buffer,
    overlap_buffers,
    widen,
)


def _all(module: ModuleOp, kind: type[T]) -> list[T]:
    return [op for op in module.walk() if isinstance(op, kind)]


def _same(a: FlagOp, b: FlagOp) -> bool:
    return (a.src, a.dst, a.event) == (b.src, b.dst, b.event)

"""How many copies of its slots a kernel has room for: the least valuable are given up first.

A slot that gets none may still be kept from sharing its bytes inside the loop: with one buffer
for all iterations only the next use of the slot waits for the last, not what would share with it.
"""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects import scf
from xdsl.ir import SSAValue

from akg_mlir.dialects.npu import BufferOp, Space, space_of
from akg_mlir.passes.npu.memory.colouring import Request, Sharing, plan
from akg_mlir.passes.npu.memory.footprint import reserved_bytes
from akg_mlir.passes.npu.memory.lifetime import Lifetime, Positions, buffer_uses, lifetimes
from akg_mlir.passes.npu.memory.structure import Program
from akg_mlir.passes.npu.rotation.candidates import Rotation
from akg_mlir.passes.npu.rotation.stages import stages_of
from akg_mlir.targets import Target

Bytes = Mapping[Space, int]


def overflow(program: Program, target: Target) -> dict[Space, int]:
    """Bytes by which the buffers exceed each memory, in the memories that are too small."""
    sizes: dict[Space, dict[SSAValue, int]] = {}
    for buffer in buffer_uses(program):
        assert isinstance(buffer.owner, BufferOp)
        space = space_of(buffer.type)
        size = reserved_bytes(buffer.owner, target.alignments[space.value])
        sizes.setdefault(space, {})[buffer] = size
    full = {s: of for s, of in sizes.items() if sum(of.values()) > target.memories[s.value]}
    live = lifetimes(program) if full else {}
    found: dict[Space, int] = {}
    for space, buffers in full.items():
        capacity, alignment = target.memories[space.value], target.alignments[space.value]
        requests = [_request(buffer, live[buffer], alignment) for buffer in buffers]
        height = plan(requests, capacity, least=Sharing.ALL).height
        if height > capacity:
            found[space] = height - capacity
    return found


def affordable(
    program: Program,
    rotations: Mapping[scf.ForOp, Rotation],
    copies: int,
    target: Target,
    reserved: Bytes,
) -> dict[SSAValue, int]:
    """The buffers that every slot has for itself over the whole of its loop: `copies`, 1 or 0.

    `reserved` bytes of each memory are left to what the rewriting makes live longer.
    """
    positions, live = Positions(program), lifetimes(program)
    spans = {loop.op: Lifetime(*span) for loop, span in positions.span.items()}
    home = {slot: spans[op] for op, rotation in rotations.items() for slot in rotation.slots}
    values = _values(positions, rotations)
    found: dict[SSAValue, int] = {}
    for space in dict.fromkeys(space_of(buffer.type) for buffer in live):
        capacity, alignment = target.memories[space.value], target.alignments[space.value]
        capacity -= reserved.get(space, 0)
        buffers = [b for b in live if space_of(b.type) is space]
        slots = sorted((b for b in buffers if b in values), key=lambda b: values[b])
        count = dict.fromkeys(slots, copies)
        for less, slot in [(1, slot) for slot in slots] + [(0, slot) for slot in slots]:
            requests = [_request(b, live[b], alignment) for b in buffers if not count.get(b)]
            requests += [_request(b, home[b], alignment) for b in slots for _ in range(count[b])]
            if plan(requests, capacity, least=Sharing.ALL).height <= capacity:
                break
            count[slot] = less
        found |= count
    return found


def _request(buffer: SSAValue, lifetime: Lifetime, alignment: int) -> Request:
    assert isinstance(buffer.owner, BufferOp)
    return Request(reserved_bytes(buffer.owner, alignment), alignment, lifetime)


Value = tuple[bool, int, int]


def _values(positions: Positions, rotations: Mapping[scf.ForOp, Rotation]) -> dict[SSAValue, Value]:
    """What a copy of each slot is worth, to compare: whether it is filled an iteration ahead, how
    deep in loops it is, and how little it takes."""
    depth = {loop.op: loop.depth for loop in positions.span}
    values: dict[SSAValue, Value] = {}
    for op, rotation in rotations.items():
        filled = stages_of(op, rotation.slots).filled
        for slot in rotation.slots:
            assert isinstance(slot.owner, BufferOp)
            values[slot] = (slot in filled, depth[op], -reserved_bytes(slot.owner, 1))
    return values

"""Which copies a kernel has room for: the least valuable are given up first."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects import scf
from xdsl.ir import SSAValue

from akg_mlir.dialects.npu import BufferOp, space_of
from akg_mlir.passes.npu.memory.colouring import Request, Sharing, plan
from akg_mlir.passes.npu.memory.footprint import reserved_bytes
from akg_mlir.passes.npu.memory.lifetime import Lifetime, Positions, lifetimes
from akg_mlir.passes.npu.memory.structure import Program
from akg_mlir.passes.npu.rotation.candidates import Rotation
from akg_mlir.passes.npu.rotation.stages import stages_of
from akg_mlir.targets import Target


def affordable(
    program: Program, rotations: Mapping[scf.ForOp, Rotation], copies: int, target: Target
) -> set[SSAValue]:
    """The slots that fit, `copies` times over the whole of their loop, beside everything else."""
    positions, live = Positions(program), lifetimes(program)
    spans = {loop.op: Lifetime(*span) for loop, span in positions.span.items()}
    home = {slot: spans[op] for op, rotation in rotations.items() for slot in rotation.slots}
    values = _values(positions, rotations)
    found: set[SSAValue] = set()
    for space in dict.fromkeys(space_of(buffer.type) for buffer in live):
        capacity, alignment = target.memories[space.value], target.alignments[space.value]
        buffers = [b for b in live if space_of(b.type) is space]
        slots = sorted((b for b in buffers if b in values), key=lambda b: values[b])

        def once(buffer: SSAValue, lifetime: Lifetime, alignment: int = alignment) -> Request:
            assert isinstance(buffer.owner, BufferOp)
            return Request(reserved_bytes(buffer.owner, alignment), alignment, lifetime)

        while slots:
            requests = [once(b, live[b]) for b in buffers if b not in slots]
            requests += [once(b, home[b]) for b in slots] * copies
            if plan(requests, capacity, least=Sharing.ALL).height <= capacity:
                break
            del slots[0]
        found |= set(slots)
    return found


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

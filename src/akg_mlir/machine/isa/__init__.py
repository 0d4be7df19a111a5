"""Semantics of every instruction in numpy: `plan` once per instruction, execute many times."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from akg_mlir.machine.isa.cube import plan_mad
from akg_mlir.machine.isa.fields import check_fields
from akg_mlir.machine.isa.movement import (
    burst_units,
    plan_copy,
    plan_fetch,
    plan_load2d,
    plan_vnchwconv,
)
from akg_mlir.machine.isa.plan import Access, Core, Plan, Stores, place
from akg_mlir.machine.isa.reductions import GROUP, WHOLE, plan_compare, plan_group, plan_whole
from akg_mlir.machine.isa.scalar import plan_scalar_block, plan_scalar_load
from akg_mlir.machine.isa.vector import plan_lanes
from akg_mlir.machine.isa.windows import plan_load3d
from akg_mlir.machine.program import (
    Barrier,
    Copy,
    Fetch,
    Instruction,
    Load2d,
    Load3d,
    Mad,
    ScalarBlock,
    ScalarLoad,
    SetFlag,
    Vec,
    Vnchwconv,
    WaitFlag,
)

if TYPE_CHECKING:
    from akg_mlir.targets import Target

SYNCHRONISATION = (SetFlag, WaitFlag, Barrier)


@lru_cache(maxsize=1 << 14)
def plan(instruction: Instruction, target: Target) -> Plan:
    """The plan of an instruction, made once. Raises `FieldError` when the target has no such."""
    check_fields(instruction, target)
    match instruction:
        case Fetch():
            return plan_fetch(instruction)
        case Copy():
            return plan_copy(instruction)
        case Vec(repeat=0) | SetFlag() | WaitFlag() | Barrier():
            return Plan(instruction, (), lambda core, addresses, scalar: [])
        case Vec():
            return _plan_vector(instruction)
        case Load2d():
            return plan_load2d(instruction)
        case Load3d():
            return plan_load3d(instruction)
        case Vnchwconv():
            return plan_vnchwconv(instruction)
        case Mad():
            return plan_mad(instruction)
        case ScalarLoad():
            return plan_scalar_load(instruction)
        case ScalarBlock():
            return plan_scalar_block(instruction)
        case _:
            raise TypeError(f"not an instruction: {instruction}")


def _plan_vector(vec: Vec) -> Plan:
    if vec.opcode.startswith("vcmp"):
        return plan_compare(vec)
    if vec.opcode in WHOLE:
        return plan_whole(vec)
    return plan_group(vec) if vec.opcode in GROUP else plan_lanes(vec)


__all__ = [
    "GROUP",
    "SYNCHRONISATION",
    "WHOLE",
    "Access",
    "Core",
    "Plan",
    "Stores",
    "burst_units",
    "place",
    "plan",
]

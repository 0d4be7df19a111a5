"""Instructions that a device needs several of its own for, and the UB that these take.

The compare mask is a register of ours and 32 bytes of UB in Ascend C; some devices have no call for
an instruction, and the calls that do the same have intermediate results. The device body of
`akg_npu.hpp` keeps both at the end of UB.
"""

from __future__ import annotations

from xdsl.dialects import math
from xdsl.dialects.builtin import i32
from xdsl.ir import Attribute, Operation, SSAValue

from akg_mlir.dialects.npu.attributes import Opcode, PtrType
from akg_mlir.dialects.npu.instructions import VecOp, VnchwconvOp

DEVICE_SCRATCH_BYTES = 2048 + 32
"""`work_bytes` and `mask_bytes` of `akg_npu/ascendc/machine.hpp`."""

_COMPARISONS = frozenset(opcode for opcode in Opcode if opcode.name.startswith("VCMP_"))
_OPCODES = _COMPARISONS | {Opcode.VSEL, Opcode.VMLA, Opcode.VCMAX, Opcode.VCMIN}
_FUNCTIONS = (math.ExpOp, math.LogOp, math.SqrtOp, math.RsqrtOp)
"""What the scalar unit has computed by the vector unit."""


def needs_device_scratch(op: Operation) -> bool:
    """Whether some device executes an instruction, or an op of the scalar unit, by way of UB."""
    match op:
        case VecOp(opcode=opcode) if opcode.data is Opcode.VCONV:
            return any(_element(source) == i32 for source in op.srcs)
        case VecOp(opcode=opcode):
            return opcode.data in _OPCODES
        case VnchwconvOp():
            return str(_element(op.src)) in ("f32", "i32")
        case _:
            return isinstance(op, _FUNCTIONS)


def _element(pointer: SSAValue) -> Attribute | None:
    return pointer.type.element if isinstance(pointer.type, PtrType) else None

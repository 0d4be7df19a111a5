"""The `npu` dialect: what runs on one NPU core.

Two strata share the dialect.

*Tile ops* work on memref views that live in a memory space (`#npu<space ub>`): a whole box per op,
no addresses, no repeat counts. *Instructions* work on typed pointers and carry the fields that the
hardware has: repeat, mask, block and repeat strides, bursts, m/k/n. `npu-legalise` goes from the
first to the second.

Names follow CCE / Ascend C, so that people who know those feel at home.
"""

from __future__ import annotations

from xdsl.ir import Dialect

from akg_mlir.dialects.npu.attributes import (
    BLOCK_BYTES,
    PIPE_OF_PATH,
    Binary,
    BinaryAttr,
    Opcode,
    OpcodeAttr,
    Pipe,
    PipeAttr,
    Predicate,
    PredicateAttr,
    PtrType,
    Reduction,
    ReductionAttr,
    Space,
    SpaceAttr,
    Unary,
    UnaryAttr,
    memref_in,
    memref_type,
    space_of,
    strides_of,
)
from akg_mlir.dialects.npu.buffers import (
    BufferOp,
    CoreIdOp,
    PipeOp,
    PtrOp,
    ViewOp,
    view_type,
)
from akg_mlir.dialects.npu.cube import ConvOp, Load2dOp, Load3dOp, MadOp, MmadOp
from akg_mlir.dialects.npu.instructions import (
    CopyOp,
    PipeBarrierOp,
    ScalarLoadOp,
    SetFlagOp,
    VecOp,
    VnchwconvOp,
    WaitFlagOp,
)
from akg_mlir.dialects.npu.tile import (
    DmaOp,
    ScalarOp,
    VBinaryOp,
    VCastOp,
    VFillOp,
    VMulAddOp,
    VReduceOp,
    VScalarOp,
    VSelectOp,
    VUnaryOp,
)

NPU = Dialect(
    "npu",
    [
        CoreIdOp,
        BufferOp,
        ViewOp,
        DmaOp,
        VUnaryOp,
        VBinaryOp,
        VScalarOp,
        VFillOp,
        VCastOp,
        VSelectOp,
        VReduceOp,
        VMulAddOp,
        MmadOp,
        ConvOp,
        ScalarOp,
        PtrOp,
        CopyOp,
        VecOp,
        ScalarLoadOp,
        VnchwconvOp,
        Load2dOp,
        Load3dOp,
        MadOp,
        SetFlagOp,
        WaitFlagOp,
        PipeBarrierOp,
    ],
    [
        SpaceAttr,
        PipeAttr,
        UnaryAttr,
        BinaryAttr,
        ReductionAttr,
        PredicateAttr,
        OpcodeAttr,
        PtrType,
    ],
)

__all__ = [
    "BLOCK_BYTES",
    "NPU",
    "PIPE_OF_PATH",
    "Binary",
    "BinaryAttr",
    "BufferOp",
    "ConvOp",
    "CopyOp",
    "CoreIdOp",
    "DmaOp",
    "Load2dOp",
    "Load3dOp",
    "MadOp",
    "MmadOp",
    "Opcode",
    "OpcodeAttr",
    "Pipe",
    "PipeAttr",
    "PipeBarrierOp",
    "PipeOp",
    "Predicate",
    "PredicateAttr",
    "PtrOp",
    "PtrType",
    "Reduction",
    "ReductionAttr",
    "ScalarLoadOp",
    "ScalarOp",
    "SetFlagOp",
    "Space",
    "SpaceAttr",
    "Unary",
    "UnaryAttr",
    "VBinaryOp",
    "VCastOp",
    "VFillOp",
    "VMulAddOp",
    "VReduceOp",
    "VScalarOp",
    "VSelectOp",
    "VUnaryOp",
    "VecOp",
    "ViewOp",
    "VnchwconvOp",
    "WaitFlagOp",
    "memref_in",
    "memref_type",
    "space_of",
    "strides_of",
    "view_type",
]

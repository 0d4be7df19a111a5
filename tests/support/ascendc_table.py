"""The part of the public Ascend C API that the device body of akg_npu.hpp may use.

Facts of the public documentation, with sections of the project's reference on Ascend C (1: memories
and machines, 2.1 to 2.4: calls): names, how many arguments, the order of constructor arguments,
names of fields and enumerators. Calls that not all machines have name those that do.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL, UNIFIED, NOT_910A, SPLIT = (1001, 2002, 2201), (1001, 2002), (2002, 2201), (2201,)


@dataclass(frozen=True)
class Callable:
    """A function, method or constructor: the counts of arguments it takes, and the machines."""

    arguments: tuple[int, ...]
    section: str
    machines: tuple[int, ...] = ALL


_BINARY = Callable((6,), "2.4: dst, src0, src1, mask, repeat, BinaryRepeatParams")
_UNARY = Callable((5,), "2.4: dst, src, mask, repeat, UnaryRepeatParams")
_SCALAR = Callable((6,), "2.4: dst, src, scalar, mask, repeat, UnaryRepeatParams")
_WHOLE = Callable((7,), "2.4: dst, src, mask, repeat, dstRep, srcBlk, srcRep")
_BLOCKS = Callable((7,), "2.4: dst, src, repeat, mask, dstRep, srcBlk, srcRep")

FUNCTIONS = {
    "GetBlockIdx": Callable((0,), "2.1"),
    "InitSocState": Callable((0,), "2.1", NOT_910A),
    "SetFlag": Callable((1,), "2.2"),
    "WaitFlag": Callable((1,), "2.2"),
    "PipeBarrier": Callable((0,), "2.2"),
    "DataCopy": Callable((3, 4), "2.3: DataCopyParams; with DataCopyEnhancedParams where unified"),
    "LoadData": Callable((3,), "2.3: LoadData2DParams; LoadData3DParamsV1 where unified, V2 not"),
    "Mmad": Callable((4,), "2.3: c, a, b, MmadParams"),
    "Fixpipe": Callable((3,), "2.3: GM, L0C, FixpipeParamsV220", SPLIT),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Max", "Min", "And", "Or"), _BINARY),
    "MulAddDst": Callable((6,), "2.4, products of 1.3", NOT_910A),
    **dict.fromkeys(("Exp", "Ln", "Abs", "Not", "Reciprocal", "Sqrt", "Rsqrt", "Relu"), _UNARY),
    **dict.fromkeys(("Adds", "Muls", "Axpy"), _SCALAR),
    "Duplicate": Callable((6,), "2.4: dst, value, mask, repeat, dstBlk, dstRep"),
    "Cast": Callable((6,), "2.4: dst, src, RoundMode, mask, repeat, UnaryRepeatParams"),
    "Compare": Callable((7,), "2.4: dst, src0, src1, CMPMODE, mask, repeat, BinaryRepeatParams"),
    "Select": Callable((8,), "2.4: dst, mask, src0, src1, SELMODE, mask, repeat, params"),
    **dict.fromkeys(("WholeReduceSum", "WholeReduceMax", "WholeReduceMin"), _WHOLE),
    **dict.fromkeys(("BlockReduceSum", "BlockReduceMax", "BlockReduceMin"), _BLOCKS),
    "TransDataTo5HD": Callable((3,), "2.4: dst[16], src[16], TransDataTo5HDParams"),
}

CONSTRUCTORS = {
    "LocalTensor": Callable((3,), "2.1: position, address in bytes, elements"),
    "DataCopyParams": Callable((4,), "2.3: blockCount, blockLen, srcGap, dstGap"),
    "LoadData2DParams": Callable(
        (7,), "2.3: startIndex, repeatTimes, srcStride, sid, dstGap, ifTranspose, addrMode"
    ),
    "BinaryRepeatParams": Callable((6,), "2.4: block strides, then repeat strides; dst first"),
    "UnaryRepeatParams": Callable((4,), "2.4: block strides, then repeat strides; dst first"),
    "TransDataTo5HDParams": Callable((5,), "2.4: dstHigh, srcHigh, repeat, dstRep, srcRep"),
}

METHODS = {
    "SetGlobalBuffer": Callable((1, 2), "2.1"),
    "GetValue": Callable((1,), "2.1"),
    "SetValue": Callable((2,), "2.1"),
}

FIELDS = {
    "MmadParams": ("m", "n", "k", "isBias", "cmatrixInitVal"),
    "DataCopyEnhancedParams": ("blockMode",),
    "FixpipeParamsV220": (
        *("nSize", "mSize", "srcStride", "dstStride", "quantPre", "reluEn", "unitFlag"),
        "isChannelSplit",
    ),
    "LoadData3DParamsV1": (
        *("padList", "l1H", "l1W", "c1Index", "fetchFilterW", "fetchFilterH", "leftTopW"),
        *("leftTopH", "strideW", "strideH", "filterW", "filterH", "dilationFilterW"),
        *("dilationFilterH", "jumpStride", "repeatMode", "repeatTime", "cSize", "padValue"),
    ),
    "LoadData3DParamsV2": (
        *("padList", "l1H", "l1W", "channelSize", "kExtension", "mExtension", "kStartPt"),
        *("mStartPt", "strideW", "strideH", "filterW", "filterH", "dilationW", "dilationH"),
        *("enTranspose", "enSmallK", "padValue", "filterSizeW", "filterSizeH", "fMatrixCtrl"),
    ),
}
"""Structs that are filled field by field (2.3)."""

ENUMERATORS = {
    "TPosition": frozenset("A1 A2 B1 B2 CO1 VECIN VECCALC VECOUT".split()),
    "HardEvent": frozenset(
        "MTE2_MTE1 MTE1_MTE2 MTE1_M M_MTE1 MTE2_V V_MTE2 V_MTE3 MTE3_V M_V V_M MTE3_MTE2 MTE2_MTE3 "
        "V_S S_V MTE2_S S_MTE2 S_MTE3 MTE3_S MTE1_V V_MTE1 MTE3_MTE1 MTE1_MTE3 M_S".split()
    ),
    "RoundMode": frozenset(
        f"CAST_{mode}" for mode in "NONE RINT FLOOR CEIL ROUND TRUNC ODD".split()
    ),
    "CMPMODE": frozenset("LT GT GE LE EQ NE".split()),
    "SELMODE": frozenset(("VSEL_CMPMASK_SPR",)),
    "BlockMode": frozenset(("BLOCK_MODE_MATRIX", "BLOCK_MODE_VECTOR")),
    "QuantMode_t": frozenset("NoQuant F322F16 F322BF16 DEQF16".split()),
}
FIXPIPE_EVENTS = frozenset("M_FIX FIX_M FIX_MTE2 FIX_MTE3 FIX_MTE1 FIX_S".split())
"""Events of the 910B besides (2.2)."""
CONSTANTS = {"CFG_NZ": SPLIT}
"""Named values (2.3), and the machines that have them."""
PIPES = frozenset(f"PIPE_{pipe}" for pipe in "V M MTE1 MTE2 MTE3 FIX ALL".split())
"""Those that a barrier takes (2.2); FIX on the 910B."""


def events(machine: int) -> frozenset[str]:
    """The events of a machine."""
    return ENUMERATORS["HardEvent"] | (FIXPIPE_EVENTS if machine in SPLIT else frozenset())

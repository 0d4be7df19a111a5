"""Instructions: typed pointers and the fields that the hardware has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import (
    I64,
    AnyFloat,
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    UnitAttr,
    i64,
)
from xdsl.ir import (
    SSAValue,
)
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import (
    MemoryReadEffect,
    MemoryWriteEffect,
)
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.npu.attributes import (
    PIPE_OF_PATH,
    Opcode,
    OpcodeAttr,
    Pipe,
    PipeAttr,
    PtrType,
    Space,
    space_of,
)
from akg_mlir.dialects.npu.buffers import PipeOp


class MoveOp(IRDLOperation, PipeOp):
    """Base of instructions that read `src` and write `dst`."""

    dst = operand_def(PtrType)
    src = operand_def(PtrType)
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (self.src,)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return (self.dst,)


@irdl_op_definition
class CopyOp(MoveOp):
    """Burst copy between two memories.

    `n_burst` bursts of `len_burst` blocks; gaps are tail to head, in blocks (32 B). On the paths
    l0c -> ub and ub -> l0c bursts and the gap on the side of l0c count whole 16x16 fractals, on
    l0c -> gm rows of 16 elements (bursts start at fractals); the gap on the other side stays in
    blocks. What leaves l0c may become f16 from f32.
    """

    name = "npu.copy"
    n_burst = prop_def(IntegerAttr[I64])
    len_burst = prop_def(IntegerAttr[I64])
    src_gap = prop_def(IntegerAttr[I64])
    dst_gap = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$dst `,` $src `bursts` $n_burst `x` $len_burst `gaps` $src_gap `,` $dst_gap attr-dict "
        "`:` type($dst) `,` type($src)"
    )

    def __init__(
        self, dst: SSAValue, src: SSAValue, n_burst: int, len_burst: int, src_gap: int, dst_gap: int
    ) -> None:
        fields = {
            "n_burst": n_burst,
            "len_burst": len_burst,
            "src_gap": src_gap,
            "dst_gap": dst_gap,
        }
        super().__init__(
            operands=[dst, src],
            properties={k: IntegerAttr(v, i64) for k, v in fields.items()},
        )

    def verify_(self) -> None:
        path = (space_of(self.src.type), space_of(self.dst.type))
        if path not in PIPE_OF_PATH:
            raise VerifyException(f"no data path from {path[0]} to {path[1]}")

    @property
    def pipe(self) -> Pipe:
        return PIPE_OF_PATH[space_of(self.src.type), space_of(self.dst.type)]


@irdl_op_definition
class FetchOp(IRDLOperation, PipeOp):
    """Burst copy from GM of what lies at the place that a register says.

    `place` is an integer that `npu.scalar_load` filled: a number of `places`, which are `step`
    bytes apart from `src` on. With `from_end` negative numbers count from the last place back.
    Where there is no such place nothing is moved: `dst` keeps what it holds. Bursts and gaps are
    those of `npu.copy`.
    """

    name = "npu.fetch"
    dst = operand_def(PtrType)
    src = operand_def(PtrType)
    place = operand_def(IntegerType)
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    places = prop_def(IntegerAttr[I64])
    step = prop_def(IntegerAttr[I64])
    from_end = opt_prop_def(UnitAttr)
    n_burst = prop_def(IntegerAttr[I64])
    len_burst = prop_def(IntegerAttr[I64])
    src_gap = prop_def(IntegerAttr[I64])
    dst_gap = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$dst `,` $src `at` $place `of` $places `x` $step (`from_end` $from_end^)? "
        "`bursts` $n_burst `x` $len_burst `gaps` $src_gap `,` $dst_gap attr-dict "
        "`:` type($dst) `,` type($src) `,` type($place)"
    )

    def __init__(
        self,
        dst: SSAValue,
        src: SSAValue,
        place: SSAValue,
        *,
        places: int,
        step: int,
        from_end: bool,
        bursts: tuple[int, int, int, int],
    ) -> None:
        """`bursts`: their number, blocks of each, gaps in the source and in the destination."""
        fields = dict(zip(("n_burst", "len_burst", "src_gap", "dst_gap"), bursts))
        fields |= {"places": places, "step": step}
        super().__init__(
            operands=[dst, src, place],
            properties={
                **{k: IntegerAttr(v, i64) for k, v in fields.items()},
                "from_end": UnitAttr() if from_end else None,
            },
        )

    def verify_(self) -> None:
        path = (space_of(self.src.type), space_of(self.dst.type))
        if path != (Space.GM, Space.UB):
            raise VerifyException(f"moves gm to ub, not {path[0]} to {path[1]}")
        if self.places.value.data < 1 or self.step.value.data < 0:
            raise VerifyException("takes at least one place, and steps forward")

    @property
    def pipe(self) -> Pipe:
        return Pipe.MTE2

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (self.src, self.dst)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return (self.dst,)


@irdl_op_definition
class VecOp(IRDLOperation, PipeOp):
    """One vector instruction: `repeat` iterations over up to 8 blocks per operand.

    `mask` is the number of leading lanes that are active in every repeat. `dst_stride` is
    (block stride, repeat stride) in blocks, `src_stride` the same pair per source, flattened.
    `vcadd`, `vcmax`, `vcmin` write one element per repeat and count their repeat stride in
    elements; `vcg*` write one element per source block. `vcmp_*` writes the compare mask, which
    `vsel` reads: both have no memory operand for it. The scalar of `vadds`, `vmuls`, `vaxpy` and
    `vector_dup` is a constant (`scalar`) or a register that `npu.scalar_load` filled.
    """

    name = "npu.vec"
    opcode = prop_def(OpcodeAttr)
    dst = opt_operand_def(PtrType)
    srcs = var_operand_def(PtrType)
    register = opt_operand_def(AnyFloat)
    scalar = opt_prop_def(FloatAttr | IntegerAttr)
    repeat = prop_def(IntegerAttr[I64])
    mask = prop_def(IntegerAttr[I64])
    dst_stride = prop_def(DenseArrayBase.constr(i64))
    src_stride = prop_def(DenseArrayBase.constr(i64))
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    assembly_format = (
        "$opcode (`dst` $dst^ `:` type($dst))? (`src` $srcs^ `:` type($srcs))? "
        "(`scalar` $scalar^)? (`register` $register^ `:` type($register))? `repeat` $repeat "
        "`mask` $mask `strides` $dst_stride `,` $src_stride attr-dict"
    )

    ACCUMULATING: ClassVar = (Opcode.VAXPY, Opcode.VMLA)

    def __init__(
        self,
        opcode: Opcode,
        dst: SSAValue | None,
        srcs: Sequence[SSAValue],
        *,
        repeat: int,
        mask: int,
        dst_stride: tuple[int, int] = (1, 8),
        src_strides: Sequence[tuple[int, int]] | None = None,
        scalar: FloatAttr | IntegerAttr | None = None,
        register: SSAValue | None = None,
    ) -> None:
        strides = [(1, 8)] * len(srcs) if src_strides is None else src_strides
        super().__init__(
            operands=[
                [] if dst is None else [dst],
                list(srcs),
                [] if register is None else [register],
            ],
            properties={
                "opcode": OpcodeAttr(opcode),
                "repeat": IntegerAttr(repeat, i64),
                "mask": IntegerAttr(mask, i64),
                "dst_stride": DenseArrayBase.from_list(i64, list(dst_stride)),
                "src_stride": DenseArrayBase.from_list(i64, [x for pair in strides for x in pair]),
                "scalar": scalar,
            },
        )

    def verify_(self) -> None:
        if len(self.dst_stride) != 2 or len(self.src_stride) != 2 * len(self.srcs):
            raise VerifyException("npu.vec needs a (block, repeat) stride pair per operand")

    @property
    def pipe(self) -> Pipe:
        return Pipe.V

    @property
    def reads(self) -> Sequence[SSAValue]:
        extra = (self.dst,) if self.opcode.data in self.ACCUMULATING and self.dst else ()
        return (*self.srcs, *extra)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return () if self.dst is None else (self.dst,)


@irdl_op_definition
class ScalarLoadOp(IRDLOperation, PipeOp):
    """Load one element into a scalar register (pipe S waits for it before it issues more)."""

    name = "npu.scalar_load"
    src = operand_def(PtrType)
    result = result_def(AnyFloat | IntegerType)
    traits = traits_def(MemoryReadEffect())
    assembly_format = "$src attr-dict `:` type($src) `->` type($result)"

    def __init__(self, src: SSAValue) -> None:
        assert isinstance(src.type, PtrType)
        super().__init__(operands=[src], result_types=[src.type.element])

    @property
    def pipe(self) -> Pipe:
        return Pipe.S

    @property
    def reads(self) -> Sequence[SSAValue]:
        return (self.src,)

    @property
    def writes(self) -> Sequence[SSAValue]:
        return ()


@irdl_op_definition
class VnchwconvOp(MoveOp):
    """Transpose 16 source blocks into 16 destination blocks, `repeat` times.

    Block addresses are `src + i * src_stride` and `dst + i * dst_stride` (blocks), advanced by
    `src_repeat` and `dst_repeat` (blocks) per repeat. Two-byte elements: `dst[e][k] = src[k][e]`.
    Four-byte elements: 16 blocks of 8 become 8 rows of 16, row e in destination blocks 2e, 2e+1.
    """

    name = "npu.vnchwconv"
    repeat = prop_def(IntegerAttr[I64])
    dst_stride = prop_def(IntegerAttr[I64])
    src_stride = prop_def(IntegerAttr[I64])
    dst_repeat = prop_def(IntegerAttr[I64])
    src_repeat = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$dst `,` $src `repeat` $repeat `strides` $dst_stride `,` $src_stride `steps` "
        "$dst_repeat `,` $src_repeat attr-dict `:` type($dst) `,` type($src)"
    )

    def __init__(
        self,
        dst: SSAValue,
        src: SSAValue,
        *,
        repeat: int,
        dst_stride: int,
        src_stride: int,
        dst_repeat: int,
        src_repeat: int,
    ) -> None:
        fields = {
            "repeat": repeat,
            "dst_stride": dst_stride,
            "src_stride": src_stride,
            "dst_repeat": dst_repeat,
            "src_repeat": src_repeat,
        }
        super().__init__(
            operands=[dst, src],
            properties={k: IntegerAttr(v, i64) for k, v in fields.items()},
        )

    @property
    def pipe(self) -> Pipe:
        return Pipe.V


class _FlagOp(IRDLOperation):
    """`[from pipe, to pipe, event id]`: one flag per triple."""

    src = prop_def(PipeAttr)
    dst = prop_def(PipeAttr)
    event = prop_def(IntegerAttr[I64])
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    assembly_format = "`[` $src `,` $dst `,` $event `]` attr-dict"

    def __init__(self, src: Pipe, dst: Pipe, event: int) -> None:
        super().__init__(
            properties={
                "src": PipeAttr(src),
                "dst": PipeAttr(dst),
                "event": IntegerAttr(event, i64),
            }
        )


@irdl_op_definition
class SetFlagOp(_FlagOp):
    """Queued on `src`; fires once every earlier instruction of `src` has completed."""

    name = "npu.set_flag"


@irdl_op_definition
class WaitFlagOp(_FlagOp):
    """Queued on `dst`; blocks it until the flag is set, then clears the flag."""

    name = "npu.wait_flag"


@irdl_op_definition
class PipeBarrierOp(IRDLOperation):
    """Later instructions of the pipe start after its earlier ones completed; `all` drains all."""

    name = "npu.pipe_barrier"
    on = prop_def(PipeAttr)
    traits = traits_def(MemoryReadEffect(), MemoryWriteEffect())
    assembly_format = "$on attr-dict"

    def __init__(self, on: Pipe) -> None:
        super().__init__(properties={"on": PipeAttr(on)})

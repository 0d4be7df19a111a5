"""Buffers, views of them, pointers into them, and the interface of ops that a pipe executes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from xdsl.dialects.builtin import (
    I64,
    AffineMapAttr,
    ArrayAttr,
    IndexType,
    IntegerAttr,
    MemRefType,
    StridedLayoutAttr,
    StringAttr,
    i64,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import (
    Attribute,
    Operation,
    SSAValue,
)
from xdsl.ir.affine import AffineMap
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import (
    MemoryAllocEffect,
    Pure,
)
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from akg_mlir.dialects.npu.attributes import (
    Pipe,
    PtrType,
    memref_type,
    space_of,
)


@irdl_op_definition
class CoreIdOp(IRDLOperation):
    """Index of the executing core, 0 .. cores-1."""

    name = "npu.core_id"
    result = result_def(IndexType())
    traits = traits_def(Pure())
    assembly_format = "attr-dict"

    def __init__(self) -> None:
        super().__init__(result_types=[IndexType()])


def cores_of(op: Operation) -> int:
    """Cores of the kernel that `op` is, or is in; one without the attribute runs on one."""
    kernel: Operation | None = op
    while kernel is not None and not isinstance(kernel, FuncOp):
        kernel = kernel.parent_op()
    cores = None if kernel is None else kernel.attributes.get("npu.cores")
    return cores.value.data if isinstance(cores, IntegerAttr) else 1


def schedule_of(kernel: Operation) -> tuple[str, ...]:
    """What was scheduled, in words: a line on tiles, lines on cores, a line per statement."""
    lines = kernel.attributes.get("npu.schedule")
    return tuple(line.data for line in lines.data) if isa(lines, ArrayAttr[StringAttr]) else ()


@irdl_op_definition
class BufferOp(IRDLOperation):
    """A tile-private buffer. `address` (bytes from the start of its memory) is set by planning."""

    name = "npu.buffer"
    result = result_def(MemRefType)
    address = opt_prop_def(IntegerAttr[I64])
    traits = traits_def(MemoryAllocEffect())
    assembly_format = "(`at` $address^)? attr-dict `:` type($result)"

    def __init__(self, type_: MemRefType[Attribute], address: int | None = None) -> None:
        super().__init__(
            result_types=[type_],
            properties={"address": None if address is None else IntegerAttr(address, i64)},
        )


@irdl_op_definition
class ViewOp(IRDLOperation):
    """A strided box of a buffer: `sizes` and `strides` (elements; 0 repeats) are constants, the
    offset (elements) is an affine map of the surrounding loop indices.

        %v = npu.view %b[affine_map<(d0) -> (d0 * 64)>](%i) : memref<..> -> memref<8x8xf16, strided<[64, 1], offset: ?>, ..>
    """  # noqa: E501

    name = "npu.view"
    source = operand_def(MemRefType)
    indices = var_operand_def(IndexType())
    offset = prop_def(AffineMapAttr)
    result = result_def(MemRefType)
    traits = traits_def(Pure())
    assembly_format = (
        "$source `[` $offset `]` `(` $indices `)` attr-dict `:` type($source) `->` type($result)"
    )

    def __init__(
        self,
        source: SSAValue,
        offset: AffineMap,
        indices: Sequence[SSAValue],
        sizes: Sequence[int],
        strides: Sequence[int],
    ) -> None:
        super().__init__(
            operands=[source, list(indices)],
            properties={"offset": AffineMapAttr(offset)},
            result_types=[view_type(memref_type(source), sizes, strides)],
        )

    def verify_(self) -> None:
        source, result = memref_type(self.source), memref_type(self.result)
        if space_of(source) != space_of(result) or source.element_type != result.element_type:
            raise VerifyException("npu.view keeps the memory space and the element type")
        map_ = self.offset.data
        if map_.num_symbols or map_.num_dims != len(self.indices) or len(map_.results) != 1:
            raise VerifyException("npu.view needs one offset over as many dims as it has indices")


def view_type(
    source: MemRefType[Attribute], sizes: Sequence[int], strides: Sequence[int]
) -> MemRefType[Attribute]:
    """The type of a view of `source` with these sizes and strides and an offset set at run time."""
    layout = StridedLayoutAttr(list(strides), None)
    return MemRefType(source.element_type, list(sizes), layout, source.memory_space)


class PipeOp(Operation, ABC):
    """An op that one pipe executes; `reads` and `writes` are its memref or pointer operands."""

    @property
    @abstractmethod
    def pipe(self) -> Pipe: ...

    @property
    @abstractmethod
    def reads(self) -> Sequence[SSAValue]: ...

    @property
    @abstractmethod
    def writes(self) -> Sequence[SSAValue]: ...


@irdl_op_definition
class PtrOp(IRDLOperation):
    """Byte address inside a buffer: `offset` (bytes) is an affine map of loop indices.

    Instructions touch at most the `within` bytes from there, where that is given: what follows in
    the buffer belongs to something else. Sums and other accumulations have it, since one that went
    on to the next rows would be as legal as they are.
    """

    name = "npu.ptr"
    source = operand_def(MemRefType)
    indices = var_operand_def(IndexType())
    offset = prop_def(AffineMapAttr)
    within = opt_prop_def(IntegerAttr[I64])
    result = result_def(PtrType)
    traits = traits_def(Pure())
    assembly_format = (
        "$source `[` $offset `]` `(` $indices `)` (`within` $within^)? attr-dict `:` "
        "type($source) `->` type($result)"
    )

    def __init__(
        self,
        source: SSAValue,
        offset: AffineMap,
        indices: Sequence[SSAValue],
        type_: PtrType,
        within: int | None = None,
    ) -> None:
        super().__init__(
            operands=[source, list(indices)],
            properties={
                "offset": AffineMapAttr(offset),
                "within": None if within is None else IntegerAttr(within, i64),
            },
            result_types=[type_],
        )

"""Where instructions are written: insertion point, loops, scratch buffers, constants, fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from xdsl.builder import Builder
from xdsl.dialects import arith, func, scf
from xdsl.dialects.builtin import FloatAttr, IndexType, IntegerAttr
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.addresses import Offset
from akg_mlir.passes.npu.legalise.views import Index, Operand, byte_size
from akg_mlir.targets.model import Target

UNROLL = 8
"""Issues that are written out; more become an scf.for."""

SCRATCH_SHARE = 8
"""One step of one tile op may take 1/8 of UB as scratch: tiles are chosen to fill at most half."""

PASS = "npu-legalise"


class NoVectorForm(Exception):
    """The vector unit cannot do a box; the message says why."""


@dataclass
class _Top:
    """Ops made for the top of the function: index constants, buffers, constant blocks."""

    constants: list[Operation] = field(default_factory=list[Operation])
    buffers: list[Operation] = field(default_factory=list[Operation])
    fills: list[Operation] = field(default_factory=list[Operation])
    indices: dict[int, SSAValue] = field(default_factory=dict[int, SSAValue])
    blocks: dict[Attribute, Operand] = field(default_factory=dict[Attribute, Operand])
    halves: dict[tuple[npu.Space, Attribute], tuple[Operand, Operand]] = field(
        default_factory=dict[tuple[npu.Space, Attribute], tuple[Operand, Operand]]
    )
    next_half: dict[Block, int] = field(default_factory=dict[Block, int])

    def copy(self) -> _Top:
        return _Top(
            [*self.constants],
            [*self.buffers],
            [*self.fills],
            {**self.indices},
            {**self.blocks},
            {**self.halves},
            {**self.next_half},
        )


@dataclass
class Emitter:
    """Writes instructions that replace `op` inside `function`.

    What is written is kept aside until `commit`, so that a form which turns out not to fit can be
    dropped by starting again.
    """

    target: Target
    function: func.FuncOp
    op: Operation = field(init=False)
    builder: Builder = field(init=False)
    _block: Block = field(init=False)
    _pointers: dict[Any, SSAValue] = field(init=False)
    _top: _Top = field(default_factory=_Top)
    _committed: _Top = field(default_factory=_Top)

    def start(self, op: Operation) -> None:
        """Write what replaces `op` from now on; drops what was not committed."""
        self.op = op
        self._block = Block()
        self._pointers = {}
        self.builder = Builder(InsertPoint.at_end(self._block))
        self._top = self._committed.copy()

    def commit(self) -> None:
        """Put what was written in front of the op."""
        parent = self.op.parent_block()
        assert parent is not None
        ops = list(self._block.ops)
        for op in ops:
            op.location = self.op.location
            op.detach()
        parent.insert_ops_before(ops, self.op)
        self._committed = self._top

    def finish(self) -> None:
        """Put buffers and constants at the top of the function."""
        block = self.function.body.block
        assert block.first_op is not None
        top = self._committed
        block.insert_ops_before([*top.constants, *top.buffers, *top.fills], block.first_op)

    def remark(self, kind: str, message: str, **numbers: float | int | str) -> None:
        where = f"{self.function.sym_name.data}: {self.op.name}{location_of(self.op)}"
        remark(PASS, kind, where, message, **numbers)

    def has(self, opcode: npu.Opcode, element: Attribute) -> bool:
        """The target has this vector instruction for this element type."""
        return self.target.supports(opcode.value, str(element))

    @property
    def scratch_bytes(self) -> int:
        """UB that one scratch buffer may take."""
        return self.target.memories["ub"] // SCRATCH_SHARE

    # loops

    def index(self, value: int) -> SSAValue:
        """An index constant, made once at the top of the function."""
        if value not in self._top.indices:
            constant = arith.ConstantOp(IntegerAttr(value, IndexType()))
            self._top.constants.append(constant)
            self._top.indices[value] = constant.result
        return self._top.indices[value]

    def loop(self, count: int, body: Callable[[SSAValue], None]) -> None:
        """`scf.for` from 0 to `count`."""
        block = Block(arg_types=[IndexType()])
        bounds = (self.index(0), self.index(count), self.index(1))
        self.builder.insert(scf.ForOp(*bounds, [], Region(block)))
        outside, self.builder = self.builder, Builder(InsertPoint.at_end(block))
        body(block.args[0])
        self.builder.insert(scf.YieldOp())
        self.builder = outside

    def nest(self, counts: Sequence[int], body: Callable[[tuple[Index, ...]], None]) -> None:
        """Run `body` at every point, unrolled where at most `UNROLL` points are left."""
        if not counts:
            body(())
        elif prod(counts) <= UNROLL:
            for i in range(counts[0]):
                self._inner(i, counts, body)
        else:
            self.loop(counts[0], lambda i: self._inner(i, counts, body))

    def _inner(
        self, i: Index, counts: Sequence[int], body: Callable[[tuple[Index, ...]], None]
    ) -> None:
        self.nest(counts[1:], lambda rest: body((i, *rest)))

    # buffers

    def scratch(self, shape: Sequence[int], element: Attribute) -> Operand:
        """A row-major buffer in UB, declared at the top of the function."""
        buffer = npu.BufferOp(npu.memref_in(shape, element, npu.Space.UB))
        self._top.buffers.append(buffer)
        strides = [prod(shape[i + 1 :]) for i in range(len(shape))]
        return Operand(buffer.result, Offset.zero(), element, tuple(strides))

    @property
    def next_half(self) -> int | None:
        """The half of L0 at which the next product of this block begins, None for the first."""
        block = self.op.parent
        return None if block is None else self._top.next_half.get(block)

    def end_at(self, half: int) -> None:
        """Let the next product of this block begin at a half of L0."""
        block = self.op.parent
        assert block is not None
        self._top.next_half[block] = half

    def halves(self, space: npu.Space, element: Attribute) -> tuple[Operand, Operand]:
        """Two buffers that take half of a memory each, the same ones in the whole function."""
        if (space, element) not in self._top.halves:
            elements = self.target.memories[space.value] // 2 // byte_size(element)
            buffers = [npu.BufferOp(npu.memref_in([elements], element, space)) for _ in range(2)]
            self._top.buffers += buffers
            first, second = (Operand(b.result, Offset.zero(), element, (1,)) for b in buffers)
            self._top.halves[space, element] = first, second
        return self._top.halves[space, element]

    def constant(self, value: FloatAttr | IntegerAttr, rank: int) -> Operand:
        """A block whose lanes all hold `value`, filled once at the top of the function."""
        if value not in self._top.blocks:
            lanes = npu.BLOCK_BYTES // byte_size(value.type)
            buffer = self.scratch([lanes], value.type)
            type_ = npu.PtrType(npu.SpaceAttr(npu.Space.UB), value.type)
            ptr = npu.PtrOp(buffer.base, Offset.zero().map(), (), type_)
            fill = npu.VecOp(
                npu.Opcode.VECTOR_DUP, ptr.result, [], repeat=1, mask=lanes, scalar=value
            )
            self._top.fills += [ptr, fill]
            self._top.blocks[value] = buffer
        buffer = self._top.blocks[value]
        return Operand(buffer.base, buffer.offset, buffer.element, (0,) * rank, splat=True)

    # instructions

    def ptr(self, operand: Operand, within: int | None = None) -> SSAValue:
        """A pointer to the start of an operand, and to so many bytes; the same one for the same
        place in a block."""
        type_ = npu.PtrType(npu.SpaceAttr(operand.space), operand.element)
        used = _used(operand.offset)
        map_ = used.map(operand.size)
        key = (self.builder.insertion_point.block, operand.base, map_, used.values, type_, within)
        if key not in self._pointers:
            op = npu.PtrOp(operand.base, map_, used.values, type_, within)
            self._pointers[key] = self.builder.insert(op).result
        return self._pointers[key]

    def insert(self, op: Operation) -> None:
        self.builder.insert(op)

    def scalar_load(self, operand: Operand) -> SSAValue:
        return self.builder.insert(npu.ScalarLoadOp(self.ptr(operand))).result

    def view(self, operand: Operand, sizes: Sequence[int]) -> SSAValue:
        """The operand as a memref, for the scalar unit."""
        offset = _used(operand.offset)
        return self.builder.insert(
            npu.ViewOp(operand.base, offset.map(), offset.values, sizes, operand.strides)
        ).result


def _used(offset: Offset) -> Offset:
    """The offset over only those values that its expression mentions."""
    used = sorted(offset.expr.used_dims())
    dims = {d: AffineExpr.dimension(i) for i, d in enumerate(used)}
    renamed = [dims.get(d, AffineExpr.constant(0)) for d in range(len(offset.values))]
    return Offset(
        offset.expr.replace_dims_and_symbols(renamed, ()), tuple(offset.values[d] for d in used)
    )

"""An instruction as a row of parts that instructions of their own may do: bursts of a copy, or
pieces of the only one, and repeats of what the vector unit does lane by lane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.dialects.builtin import IntegerAttr, i64
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineMap

from akg_mlir.dialects.npu import BLOCK_BYTES, CopyOp, Opcode, PipeOp, PtrOp, Space, VecOp, space_of
from akg_mlir.passes.npu.memory.footprint import (
    FRACTAL_BYTES,
    FRACTAL_SIDE,
    ONE_PER_BLOCK,
    ONE_PER_REPEAT,
    Access,
    accesses,
    allocated_bytes,
    bytes_of,
    element_of,
)

_BLOCKS = FRACTAL_BYTES // BLOCK_BYTES
_WHOLE = (*ONE_PER_REPEAT, *ONE_PER_BLOCK, Opcode.VSEL)


@dataclass(frozen=True)
class Row:
    """The bytes of one access, part by part: `length` of them, `pitch` after those of the part
    before, from `start` on."""

    root: SSAValue | str
    writes: bool
    start: int
    length: int
    pitch: int

    def touching(self, low: int, high: int, count: int) -> range:
        """The parts, of `count`, that have bytes between two."""
        if self.pitch == 0:
            return range(count if low < self.start + self.length and self.start < high else 0)
        first = max(0, (low - self.start - self.length) // self.pitch + 1)
        return range(first, min(count, (high - 1 - self.start) // self.pitch + 1))

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Between which bytes the parts from `first` to before `end` lie."""
        return self.start + first * self.pitch, self.start + (end - 1) * self.pitch + self.length


@dataclass(frozen=True, eq=False)
class Parts:
    """An instruction in `count` parts."""

    op: PipeOp
    count: int
    rows: tuple[Row, ...]

    @property
    def size(self) -> int:
        """Bytes that a copy moves."""
        return self.count * min(row.length for row in self.rows)

    @property
    def filled(self) -> Row:
        """What a load writes."""
        (row,) = (row for row in self.rows if row.writes)
        return row

    @property
    def buffer(self) -> SSAValue:
        """The buffer that a load fills."""
        root = self.filled.root
        assert isinstance(root, SSAValue)
        return root


def parts_of(op: PipeOp) -> Parts:
    """An instruction in as many parts as it can be cut into; one if that is not known."""
    pitches: dict[SSAValue, int] = {}
    count = 1
    if isinstance(op, CopyOp):
        if (space_of(op.src.type), space_of(op.dst.type)) != (Space.L0C, Space.GM):
            count, pitches = _bursts(op)
    elif isinstance(op, VecOp) and op.dst is not None and op.opcode.data not in _WHOLE:
        count, pitches = op.repeat.value.data, _repeats(op)
    rows = list(_rows(op, count, pitches))
    known = len(pitches) == len({*op.reads, *op.writes})
    return Parts(op, count if known else 1, tuple(rows))


def _rows(op: PipeOp, count: int, pitches: dict[SSAValue, int]) -> Iterator[Row]:
    """What an instruction touches. Where a loop moves it, or nothing is known of its parts, all
    that it may touch is in each of them."""
    for access in accesses(op):
        low, high = extent(access)
        value, fixed = access.value, access.base.is_constant
        pitch = pitches.get(value, 0) if fixed and value is not None else 0
        yield Row(access.root, access.writes, low, high - low - pitch * (count - 1), pitch)


def extent(access: Access) -> tuple[int, int]:
    """Between which bytes of its root something is touched; all of them where a loop moves it."""
    low, high = access.span
    if access.base.is_constant:
        return access.base.const + low, access.base.const + high
    return 0, allocated_bytes(access.root) if isinstance(access.root, SSAValue) else high - low


def _bursts(copy: CopyOp) -> tuple[int, dict[SSAValue, int]]:
    """The number of bursts, or of pieces of the only one, and how far apart they are."""
    bursts, length = copy.n_burst.value.data, copy.len_burst.value.data
    pitches: dict[SSAValue, int] = {}
    for value, gap in ((copy.dst, copy.dst_gap), (copy.src, copy.src_gap)):
        unit = _burst_unit(copy, value)
        gap_unit = unit if space_of(value.type) is Space.L0C else BLOCK_BYTES
        piece = _piece(copy) if bursts == 1 else length
        pitches[value] = piece * unit + (gap.value.data * gap_unit if bursts > 1 else 0)
    return (bursts if bursts > 1 else length // _piece(copy)), pitches


def _burst_unit(copy: CopyOp, value: SSAValue) -> int:
    """Bytes of what the length of bursts counts."""
    if Space.L0C in (space_of(copy.src.type), space_of(copy.dst.type)):
        return FRACTAL_SIDE * FRACTAL_SIDE * bytes_of(element_of(value))
    return BLOCK_BYTES


def _piece(copy: CopyOp) -> int:
    """The length of pieces of a single burst."""
    if _burst_unit(copy, copy.src) != BLOCK_BYTES:
        return 1
    length = copy.len_burst.value.data
    return _BLOCKS if length % _BLOCKS == 0 else length


def _repeats(op: VecOp) -> dict[SSAValue, int]:
    """How far apart the repeats of each operand are; empty where one operand is several."""
    assert op.dst is not None
    operands = [op.dst, *op.srcs]
    steps = [*op.dst_stride.get_values()[1::2], *op.src_stride.get_values()[1::2]]
    found = dict(zip(operands, (step * BLOCK_BYTES for step in steps)))
    return found if all(found[v] == s * BLOCK_BYTES for v, s in zip(operands, steps)) else {}


def emit(builder: Builder, parts: Parts, first: int, end: int) -> None:
    """The instruction for the parts from `first` to before `end` alone."""
    op, count = parts.op, end - first
    if count == parts.count:
        builder.insert(op.clone())
        return
    if isinstance(op, CopyOp):
        _, pitches = _bursts(op)
        names = {v: _moved(builder, v, first * pitch) for v, pitch in pitches.items()}
        gaps = op.src_gap.value.data, op.dst_gap.value.data
        length = op.len_burst.value.data
        sizes = (1, count * _piece(op)) if op.n_burst.value.data == 1 else (count, length)
        builder.insert(CopyOp(names[op.dst], names[op.src], *sizes, *gaps))
        return
    assert isinstance(op, VecOp)
    names = {v: _moved(builder, v, first * pitch) for v, pitch in _repeats(op).items()}
    clone = op.clone(names)
    clone.properties["repeat"] = IntegerAttr(count, i64)
    builder.insert(clone)


def _moved(builder: Builder, pointer: SSAValue, by: int) -> SSAValue:
    """A pointer `by` bytes further on."""
    op = pointer.owner
    assert isinstance(op, PtrOp)
    if by == 0:
        return pointer
    map_ = op.offset.data
    offset = AffineMap(map_.num_dims, map_.num_symbols, (map_.results[0] + by,))
    within = None if op.within is None else op.within.value.data - by
    return builder.insert(PtrOp(op.source, offset, op.indices, op.result.type, within)).result


@dataclass(frozen=True)
class Slice:
    """The parts from `first` to before `end` of an instruction, and the number of what first needs
    one of them."""

    parts: Parts
    first: int
    end: int
    needed: int


def emit_in_order(builder: Builder, slices: Sequence[Slice]) -> None:
    """Replace instructions by their slices, in the order in which those are needed."""
    for part in sorted(slices, key=lambda part: part.needed):
        emit(builder, part.parts, part.first, part.end)
    for op in dict.fromkeys(part.parts.op for part in slices):
        op.detach()
        op.erase()

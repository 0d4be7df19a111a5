"""The bytes an instruction reads and writes, as strided boxes at affine offsets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod

from xdsl.dialects import memref
from xdsl.dialects.builtin import FixedBitwidthType, IndexType, IntegerType
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import (
    BLOCK_BYTES,
    BufferOp,
    CopyOp,
    FetchOp,
    Load2dOp,
    Load3dOp,
    MadOp,
    Opcode,
    PipeOp,
    PtrOp,
    PtrType,
    ScalarOp,
    Space,
    VecOp,
    ViewOp,
    VnchwconvOp,
    memref_type,
    space_of,
    strides_of,
)
from akg_mlir.passes.npu.memory.linear import Linear, evaluate, linear_of

FRACTAL_BYTES = 512
FRACTAL_SIDE = 16


@dataclass(frozen=True)
class Box:
    """`length` bytes at `offset + sum of stride * index` for every index in `dims`.

    `dims` holds (count, stride in bytes) with positive strides, sorted by stride; what is
    contiguous is folded into `length`.
    """

    offset: int
    dims: tuple[tuple[int, int], ...]
    length: int

    @property
    def extent(self) -> int:
        """Bytes from the first to the last one touched."""
        return self.length + sum((n - 1) * s for n, s in self.dims)


def box(dims: Iterable[tuple[int, int]], length: int, offset: int = 0) -> Box | None:
    """Canonical box of (count, stride) dims over runs of `length` bytes; None if it is empty."""
    dims = list(dims)
    if length <= 0 or any(n <= 0 for n, _ in dims):
        return None
    kept: list[tuple[int, int]] = []
    for count, stride in dims:
        offset += (count - 1) * stride if stride < 0 else 0
        if count > 1 and stride != 0:
            kept.append((count, abs(stride)))
    outer: list[tuple[int, int]] = []
    for count, stride in sorted(kept, key=lambda d: d[1]):
        if stride <= length and not outer:
            length += (count - 1) * stride
        elif outer and stride == outer[-1][0] * outer[-1][1]:
            outer[-1] = (outer[-1][0] * count, outer[-1][1])
        else:
            outer.append((count, stride))
    return Box(offset, tuple(outer), length)


@dataclass(frozen=True)
class Access:
    """One operand's bytes: `boxes`, relative to byte `base` of the buffer or tensor `root`.

    `value` is the operand itself. A write is `certain` when it leaves no byte of its boxes as it
    was. The mask register of the vector pipe is a root of its own.
    """

    root: SSAValue | str
    space: Space
    base: Linear
    boxes: tuple[Box, ...]
    writes: bool
    value: SSAValue | None = None
    certain: bool = True

    @property
    def span(self) -> tuple[int, int]:
        """First and last-plus-one byte relative to `base`."""
        return (
            min(b.offset for b in self.boxes),
            max(b.offset + b.extent for b in self.boxes),
        )


MASK_REGISTER = "compare mask"
_MASK_WRITERS = tuple(o for o in Opcode if o.name.startswith("VCMP_"))
ONE_PER_REPEAT = (Opcode.VCADD, Opcode.VCMAX, Opcode.VCMIN)
ONE_PER_BLOCK = (Opcode.VCGADD, Opcode.VCGMAX, Opcode.VCGMIN)


def bytes_of(type_: Attribute) -> int:
    """Bytes of one element. Raises `CompileError` for types without a fixed width."""
    if isinstance(type_, IndexType):
        return 8
    if isinstance(type_, IntegerType):
        return -(-type_.bitwidth // 8)
    if isinstance(type_, FixedBitwidthType):
        return type_.size
    raise CompileError(f"elements of type {type_} have no size in memory")


def reserved_bytes(buffer: BufferOp, alignment: int) -> int:
    """Bytes a buffer takes: up to its last element, rounded up to its memory's alignment."""
    type_ = memref_type(buffer.result)
    last = sum((n - 1) * s for n, s in zip(type_.get_shape(), strides_of(type_)))
    size = (last + 1) * bytes_of(type_.element_type)
    return -(-size // alignment) * alignment


def allocated_bytes(root: SSAValue) -> int:
    """Bytes that belong to a buffer or tensor; on chip, whole blocks."""
    if isinstance(root.owner, BufferOp):
        return reserved_bytes(root.owner, BLOCK_BYTES)
    type_ = memref_type(root)
    return prod(type_.get_shape()) * bytes_of(type_.element_type)


def element_of(value: SSAValue) -> Attribute:
    """Element type of a memref or pointer value."""
    if isinstance(value.type, PtrType):
        return value.type.element
    return memref_type(value).element_type


def locate(value: SSAValue) -> tuple[SSAValue, Linear]:
    """The buffer or tensor behind a pointer or view, and the byte offset inside it.

    Raises `CompileError` when the value comes from anything but `npu.ptr`, `npu.view`,
    `npu.buffer`, `memref.alloc`, `memref.cast` or a function argument.
    """
    op = value.owner
    if isinstance(op, PtrOp | ViewOp):
        root, base = locate(op.source)
        map_ = op.offset.data
        offset = evaluate(map_.results[0], [linear_of(i) for i in op.indices], map_.num_dims)
        if offset is None:
            raise CompileError(f"the offset {map_} is not an affine map", op)
        scale = bytes_of(element_of(op.source)) if isinstance(op, ViewOp) else 1
        return root, base + offset * scale
    if isinstance(op, memref.CastOp):
        return locate(op.source)
    if isinstance(value, BlockArgument) or isinstance(op, BufferOp | memref.AllocOp):
        return value, Linear()
    raise CompileError(
        "cannot tell which bytes this points to",
        op if isinstance(op, Operation) else None,
        hint="take pointers with npu.ptr and npu.view from npu.buffer, memref.alloc or arguments",
    )


def accesses(op: PipeOp) -> tuple[Access, ...]:
    """Every read and write of an instruction or tile op, one entry per operand and direction."""
    if isinstance(op, ScalarOp):
        return _scalar_accesses(op)
    found: list[Access] = []
    for value in _unique(op.reads):
        found += _access(op, value, False)
    for value in _unique(op.writes):
        found += _access(op, value, True)
    if isinstance(op, VecOp):
        found += _mask_access(op)
    if isinstance(op, FetchOp):  # what is no place leaves the destination as it is
        found = [replace(access, certain=not access.writes) for access in found]
    return tuple(found)


def _scalar_accesses(op: ScalarOp) -> tuple[Access, ...]:
    """The whole view of every operand that the body loads from or stores to."""
    found: list[Access] = []
    arguments = op.body.block.args
    operands = (*op.inputs, *op.outputs)
    for argument, value in zip(arguments[len(arguments) - len(operands) :], operands):
        users = [use.operation for use in argument.uses]
        if any(isinstance(user, memref.LoadOp) for user in users):
            found += _access(op, value, False)
        stores = [user for user in users if isinstance(user, memref.StoreOp)]
        certain = any(_stores_everything(op, store) for store in stores)
        found += [replace(a, certain=certain) for a in _access(op, value, True) if stores]
    return tuple(found)


def _stores_everything(op: ScalarOp, store: memref.StoreOp) -> bool:
    """Whether the store's subscripts are indices of the walk that together cover the operand."""
    sizes: dict[SSAValue, int] = dict(zip(op.body.block.args, op.sizes.get_values()))
    shape = memref_type(store.memref).get_shape()
    return (
        store.parent is op.body.block
        and len(set(store.indices)) == len(store.indices)
        and all(sizes.get(i) == n for i, n in zip(store.indices, shape) if n != 1)
    )


def _unique(values: Sequence[SSAValue]) -> list[SSAValue]:
    return list(dict.fromkeys(values))


def _access(op: PipeOp, value: SSAValue, writes: bool) -> list[Access]:
    root, base = locate(value)
    if not isinstance(value.type, PtrType):
        boxes = [_view_box(value)]
    else:
        boxes = _boxes(op, value, writes)
    kept = tuple(b for b in boxes if b is not None)
    return [Access(root, space_of(value.type), base, kept, writes, value)] if kept else []


def _mask_access(op: VecOp) -> list[Access]:
    opcode = op.opcode.data
    if opcode not in (*_MASK_WRITERS, Opcode.VSEL):
        return []
    register = Box(0, (), FRACTAL_SIDE)
    return [Access(MASK_REGISTER, Space.UB, Linear(), (register,), opcode is not Opcode.VSEL)]


def _view_box(value: SSAValue) -> Box | None:
    type_ = memref_type(value)
    size = bytes_of(type_.element_type)
    return box(zip(type_.get_shape(), (s * size for s in strides_of(type_))), size)


def _boxes(op: PipeOp, value: SSAValue, writes: bool) -> list[Box | None]:
    match op:
        case CopyOp():
            return [_copy_box(op, writes)]
        case FetchOp():
            return [_fetch_box(op, value)]
        case VecOp():
            return _vector_boxes(op, value, writes)
        case VnchwconvOp():
            stride = op.dst_stride if writes else op.src_stride
            step = op.dst_repeat if writes else op.src_repeat
            dims = [
                (op.repeat.value.data, step.value.data * BLOCK_BYTES),
                (16, stride.value.data * BLOCK_BYTES),
            ]
            return [box(dims, BLOCK_BYTES)]
        case Load2dOp():
            step = 1 + op.dst_gap.value.data if writes else op.src_stride.value.data
            return [box([(op.repeat.value.data, step * FRACTAL_BYTES)], FRACTAL_BYTES)]
        case Load3dOp() if writes:
            return [
                box([(op.repeat.value.data, op.jump.value.data * FRACTAL_BYTES)], FRACTAL_BYTES)
            ]
        case Load3dOp():
            return [box([], prod(op.image.get_values()) * BLOCK_BYTES)]
        case MadOp():
            return [box([], _mad_bytes(op, value))]
        case _:
            return [box([], bytes_of(element_of(value)))]


def _copy_box(op: CopyOp, writes: bool) -> Box | None:
    """Bursts are blocks; between L0C and UB bursts, and gaps on the side of L0C, are fractals, from
    L0C to GM rows of them."""
    value, gap = (op.dst, op.dst_gap) if writes else (op.src, op.src_gap)
    burst_unit = gap_unit = BLOCK_BYTES
    if Space.L0C in (space_of(op.src.type), space_of(op.dst.type)):
        rows = 1 if space_of(op.dst.type) is Space.GM else FRACTAL_SIDE
        burst_unit = rows * FRACTAL_SIDE * bytes_of(element_of(value))
        gap_unit = burst_unit if space_of(value.type) is Space.L0C else BLOCK_BYTES
    length = op.len_burst.value.data * burst_unit
    return box([(op.n_burst.value.data, length + gap.value.data * gap_unit)], length)


def _fetch_box(op: FetchOp, value: SSAValue) -> Box | None:
    """Of the source everything from the first place to the end of the last one."""
    gap = op.dst_gap if value is op.dst else op.src_gap
    length = op.len_burst.value.data * BLOCK_BYTES
    bursts = box([(op.n_burst.value.data, length + gap.value.data * BLOCK_BYTES)], length)
    if bursts is None or value is op.dst:
        return bursts
    return box([], (op.places.value.data - 1) * op.step.value.data + bursts.extent)


def _vector_boxes(op: VecOp, value: SSAValue, writes: bool) -> list[Box | None]:
    """One strided box per distinct use of `value` as an operand (an instruction may repeat it)."""
    size, repeat, lanes = bytes_of(element_of(value)), op.repeat.value.data, op.mask.value.data
    result: list[Box | None] = []
    if op.dst is value and (writes or op.opcode.data in VecOp.ACCUMULATING):
        result += _destination_boxes(op, size, repeat, lanes)
    if not writes:
        strides = list(op.src_stride.get_values())
        for i, src in enumerate(op.srcs):
            if src is value:
                result += _lane_boxes(lanes * size, repeat, strides[2 * i], strides[2 * i + 1])
    return result


def _destination_boxes(op: VecOp, size: int, repeat: int, lanes: int) -> list[Box | None]:
    block_stride, repeat_stride = op.dst_stride.get_values()
    if op.opcode.data in ONE_PER_REPEAT:
        return [box([(repeat, repeat_stride * size)], size)]
    if op.opcode.data in ONE_PER_BLOCK:
        blocks = -(-lanes * bytes_of(element_of(op.srcs[0])) // BLOCK_BYTES)
        return [box([(repeat, repeat_stride * BLOCK_BYTES)], blocks * size)]
    return _lane_boxes(lanes * size, repeat, block_stride, repeat_stride)


def _lane_boxes(
    active: int, repeat: int, block_stride: int, repeat_stride: int
) -> list[Box | None]:
    """`active` leading bytes of the lanes: whole blocks and what is left of the last one."""
    blocks, rest = divmod(active, BLOCK_BYTES)
    step = (repeat, repeat_stride * BLOCK_BYTES)
    stride = block_stride * BLOCK_BYTES
    return [
        box([step, (blocks, stride)], BLOCK_BYTES),
        box([step], rest, offset=blocks * stride),
    ]


def _mad_bytes(op: MadOp, value: SSAValue) -> int:
    size = bytes_of(element_of(value))
    k0 = BLOCK_BYTES // bytes_of(element_of(op.a))
    m, k, n = (
        -(-op.m.value.data // FRACTAL_SIDE),
        -(-op.k.value.data // k0),
        -(-op.n.value.data // FRACTAL_SIDE),
    )
    if value is op.a:
        return m * k * FRACTAL_SIDE * k0 * size
    if value is op.b:
        return k * n * FRACTAL_SIDE * k0 * size
    return m * n * FRACTAL_SIDE * FRACTAL_SIDE * size


def relocate(access: Access, address: int) -> Access:
    """The access with `base` counted from the start of the memory instead of the buffer."""
    return replace(access, base=access.base + Linear(const=address))

"""Boxes whose sources are contiguous along another axis than the result: 16 x 16 transposes."""

from __future__ import annotations

from akg_mlir.dialects.npu import Opcode
from akg_mlir.passes.npu.legalise.elementwise import apply_normal, in_parts, write_vec
from akg_mlir.passes.npu.legalise.emitter import SCRATCH_BYTES, Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.issue import Write
from akg_mlir.passes.npu.legalise.scalar import number
from akg_mlir.passes.npu.legalise.transpose import ROWS, vnchwconv
from akg_mlir.passes.npu.legalise.views import Box, Index, Operand, normalise


def is_permuted(box: Box, operand: Operand) -> bool:
    """A source of a normalised box is contiguous along another axis than the lanes."""
    return box.sizes[-1] > 1 and operand.strides[-1] not in (0, 1) and 1 in operand.strides[:-1]


def apply(emitter: Emitter, box: Box, write: Write, max_repeat: int | None = None) -> None:
    """Issue a box in any axis order; permuted sources are transposed into scratch first.

    Raises `NoVectorForm` where an operand's layout does not fit the vector unit.
    """
    box = normalise(box)
    permuted = [o for o in box.operands[1:] if is_permuted(box, o)]
    if permuted:
        row = _up(box.sizes[-1], permuted[0].block)
        need = box.volume // box.sizes[-1] * row * sum(o.size for o in permuted)
        axis = max(range(len(box.sizes)), key=lambda a: box.sizes[a])
        step = max(ROWS, box.sizes[axis] * SCRATCH_BYTES // need // ROWS * ROWS)
        if need > SCRATCH_BYTES and step < box.sizes[axis]:
            in_parts(emitter, box, axis, step, lambda part: apply(emitter, part, write, max_repeat))
            return
        for operand in dict.fromkeys(permuted):
            straight = emitter.scratch([*box.sizes[:-1], row], operand.element)
            permuted_copy(emitter, normalise(Box(box.sizes, (straight, operand))))
            box = box.map(lambda o, old=operand, new=straight: new if o == old else o)
    apply_normal(emitter, box, write, max_repeat=max_repeat)


def permuted_copy(emitter: Emitter, box: Box) -> None:
    """`dst = src` for a box that `is_permuted`. Raises `NoVectorForm` off block boundaries."""
    rank = len(box.sizes)
    near = box.operands[1].strides.index(1)
    others = [a for a in range(rank - 1) if a != near]
    ordered = box.take([*others, near, rank - 1])

    def plane(at: tuple[Index, ...]) -> None:
        operands = (o.at_all(range(len(at)), at) for o in ordered.operands)
        kept = tuple(o.with_strides(o.strides[-2:]) for o in operands)
        _plane(emitter, Box(ordered.sizes[-2:], kept))

    emitter.nest(ordered.sizes[:-2], plane)


def _up(size: int, step: int) -> int:
    return -(-size // step) * step


def _plane(emitter: Emitter, box: Box) -> None:
    """[n, m] with the source contiguous along n, the result along m."""
    dst, src = box.operands
    if not dst.is_aligned([0]) or not src.is_aligned([1]):
        raise NoVectorForm("a transposed row does not start on a 32-byte block")
    need = _up(box.sizes[0], ROWS) * _up(box.sizes[1], ROWS) * dst.size
    if need > SCRATCH_BYTES:
        axis = 0 if box.sizes[0] >= box.sizes[1] else 1
        step = max(ROWS, box.sizes[axis] * SCRATCH_BYTES // need // ROWS * ROWS)
        in_parts(emitter, box, axis, step, lambda part: _plane(emitter, part))
        return
    whole = box.sizes[0] % src.block == 0 and box.sizes[1] % ROWS == 0
    if whole and dst.size == 2:
        _whole(emitter, box)
    else:
        _through_scratch(emitter, box, whole)


def _whole(emitter: Emitter, box: Box) -> None:
    """Two-byte elements in whole squares: straight into the result."""
    (n, m), (dst, src) = box.sizes, box.operands
    down, across = dst.strides[0] // dst.block, src.strides[1] // src.block
    along = 0 if n >= m else 1
    steps = (1, ROWS * down) if along == 0 else (ROWS * across, 1)

    def squares(at: tuple[Index, ...]) -> None:
        to, of = (o.moved(o.strides[1 - along] * ROWS, at[0]) for o in box.operands)
        vnchwconv(
            emitter,
            to,
            of,
            repeat=box.sizes[along] // ROWS,
            src_stride=across,
            src_repeat=steps[0],
            dst_stride=down,
            dst_repeat=steps[1],
        )

    emitter.nest([box.sizes[1 - along] // ROWS], squares)


def _through_scratch(emitter: Emitter, box: Box, whole: bool) -> None:
    """Squares one after another in scratch ([m / 16, n, 16]), then copied to their places."""
    (n, m), (dst, src) = box.sizes, box.operands
    if not whole:
        src = _padded(emitter, box, src)
    blocks, squares = -(-n // src.block), -(-m // ROWS)
    turned = emitter.scratch([squares, blocks * src.block, ROWS], src.element)

    def square(at: tuple[Index, ...]) -> None:
        of = src.moved(src.strides[1] * ROWS, at[0])
        across = src.strides[1] // src.block
        vnchwconv(emitter, turned.at(0, at[0]), of, repeat=blocks, src_stride=across, src_repeat=1)

    emitter.nest([squares], square)
    full, tail = divmod(m, ROWS)
    spread = Box((full + 1, n, ROWS), (dst.with_strides((ROWS, dst.strides[0], 1)), turned))
    if full:
        move(emitter, spread.slice(0, 0, full))
    if tail:
        move(emitter, spread.drop(0, full).slice(1, 0, tail))


def _padded(emitter: Emitter, box: Box, src: Operand) -> Operand:
    """A copy of the source with whole blocks and a multiple of 16 rows of storage."""
    n, m = box.sizes
    room = emitter.scratch([_up(m, ROWS), _up(n, src.block)], src.element)
    rows = Box((m, n), (room, src.with_strides((src.strides[1], 1))))
    move(emitter, rows)
    return room.with_strides((1, room.strides[0]))


def move(emitter: Emitter, box: Box) -> None:
    """Copy a box lane by lane. Raises `NoVectorForm` for element types without arithmetic."""
    box = normalise(box)
    dst, src = box.operands
    if emitter.has(Opcode.VMULS, dst.element):
        apply_normal(emitter, box, write_vec(emitter, Opcode.VMULS, number(1, dst.element)))
    elif emitter.has(Opcode.VMAX, dst.element):
        both = box.with_operands((dst, src, src))
        apply_normal(emitter, both, write_vec(emitter, Opcode.VMAX))
    else:
        raise NoVectorForm(f"no lane-wise instruction moves {dst.element}")

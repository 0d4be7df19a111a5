"""Sources that are contiguous along another axis, or off block boundaries: 16 x 16 transposes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from akg_mlir.dialects.npu import Opcode
from akg_mlir.passes.npu.legalise.elementwise import (
    apply_normal,
    cycles_with_splats,
    in_boxes,
    in_parts,
    write_vec,
)
from akg_mlir.passes.npu.legalise.emitter import Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.issue import Write
from akg_mlir.passes.npu.legalise.parts import parts
from akg_mlir.passes.npu.legalise.scalar import number
from akg_mlir.passes.npu.legalise.transpose import ROWS, floor_to_block, lanes_to_rows, vnchwconv
from akg_mlir.passes.npu.legalise.views import Box, Index, Operand, normalise

LANES = 128
"""Parts of long rows are whole repeats, so that they keep their alignment."""


def is_permuted(box: Box, operand: Operand) -> bool:
    """A source of a normalised box is contiguous along another axis than the lanes, or none."""
    if box.sizes[-1] == 1 or operand.strides[-1] in (0, 1):
        return False
    return 1 in operand.strides[:-1] or operand.strides[-1] % operand.block == 0


def is_shifted(box: Box, operand: Operand) -> bool:
    """A source of a normalised box is contiguous, but starts at a known lane inside a block."""
    outer = range(len(box.sizes) - 1)
    on_blocks = all(operand.strides[a] % operand.block == 0 for a in outer)
    lane = operand.offset.fact.residue(operand.block)
    return not operand.splat and operand.strides[-1] == 1 and on_blocks and bool(lane)


def apply(emitter: Emitter, box: Box, write: Write, max_repeat: int | None = None) -> None:
    """Issue a box in any axis order; crooked sources are straightened into scratch first.

    Raises `NoVectorForm` where an operand's layout does not fit the vector unit.
    """
    apply_arranged(emitter, normalise(box), write, max_repeat=max_repeat)


def apply_arranged(
    emitter: Emitter,
    box: Box,
    write: Write,
    *,
    max_repeat: int | None = None,
    reduces: bool = False,
) -> None:
    """`apply` for a box whose last axis is its lanes; `reduces` as for `apply_normal`."""
    crooked = [o for o in box.operands[1:] if is_permuted(box, o) or is_shifted(box, o)]
    if crooked:
        sizes = parts(
            box,
            _grains(box, crooked),
            lambda part: sum(_room(part, o) * o.size for o in crooked) <= emitter.scratch_bytes,
            lambda part: cycles_with_splats(_straightened(part, crooked), emitter.target),
        )
        if sizes != box.sizes:

            def again(part: Box) -> None:
                apply_arranged(emitter, part, write, max_repeat=max_repeat, reduces=reduces)

            in_boxes(emitter, box, sizes, again)
            return
        straight = {o: _straighten(emitter, box, o) for o in dict.fromkeys(crooked)}
        box = box.with_sources(straight)
    apply_normal(emitter, box, write, max_repeat=max_repeat, reduces=reduces)


def _grains(box: Box, crooked: Sequence[Operand]) -> dict[int, int]:
    """The axes along which crooked operands move, and what parts of them must be multiples of, so
    that squares and rows stay whole."""
    walked = {axis for operand in crooked for axis in _walked(operand)}
    grains = {a: ROWS if any(o.strides[a] == 1 for o in crooked) else 1 for a in walked}
    return {**grains, len(box.sizes) - 1: LANES}


def _room(box: Box, operand: Operand) -> int:
    """Elements of the largest scratch buffer that straightening takes."""
    lanes = _up(box.sizes[-1], ROWS)
    if is_shifted(box, operand):
        rows = [box.sizes[a] for a in _walked(operand)]
        return (lanes + ROWS) * _up(max(rows, default=1), ROWS)
    return prod(box.sizes[a] for a in _walked(operand)) * lanes


def _straightened(box: Box, crooked: Sequence[Operand]) -> Box:
    """The box with the strides that its crooked operands will have, before they are straight."""

    def straight(operand: Operand) -> Operand:
        strides, step = [0] * len(box.sizes), _up(box.sizes[-1], ROWS)
        for axis in reversed(_walked(operand)):
            strides[axis], step = step, step * box.sizes[axis]
        return operand.with_strides([*strides[:-1], 1])

    return box.with_sources({operand: straight(operand) for operand in crooked})


def _straighten(emitter: Emitter, box: Box, operand: Operand) -> Operand:
    """The operand in scratch, with its lanes contiguous from a block boundary on."""
    if is_shifted(box, operand):
        return _realigned(emitter, box, operand)
    walked = _walked(operand)
    row = _up(box.sizes[-1], operand.block)
    straight = emitter.scratch([*(box.sizes[a] for a in walked), row], operand.element)
    own = Box(box.sizes, (operand,)).take([*walked, len(box.sizes) - 1])
    permuted_copy(emitter, normalise(Box(own.sizes, (straight, own.dst))))
    strides = dict(zip(walked, straight.strides))
    return straight.with_strides([*(strides.get(a, 0) for a in range(len(box.sizes) - 1)), 1])


def _walked(operand: Operand) -> list[int]:
    """The axes beside the lanes along which an operand moves."""
    return [a for a, stride in enumerate(operand.strides[:-1]) if stride]


def _realigned(emitter: Emitter, box: Box, operand: Operand) -> Operand:
    """Transposed, lanes are rows: they start at any row, and are transposed back from there."""
    floor = floor_to_block(operand)
    assert floor is not None
    start, lane = floor
    walked = _walked(operand)
    walked.sort(key=lambda a: box.sizes[a])
    lanes, rows = box.sizes[-1], box.sizes[walked[-1]] if walked else 1
    pitch = operand.strides[walked[-1]] if walked else operand.block
    outer = [box.sizes[a] for a in walked[:-1]]
    wide, high = _up(lanes, ROWS), _up(rows, ROWS)
    out = emitter.scratch([*outer, rows, wide], operand.element)
    turned = emitter.scratch([_up(lane + wide, ROWS), high], operand.element)

    def plane(at: tuple[Index, ...]) -> None:
        source = start.at_all(walked, at).with_strides((1, pitch))
        result = out.at_all(range(len(at)), at).with_strides((wide, 1))
        there = Box((_up(lane + lanes, operand.block), rows), (turned, source))
        transpose(emitter, there)
        back = turned.at(0, lane).with_strides((1, high))
        transpose(emitter, Box((rows, lanes), (result, back)))

    emitter.nest(outer, plane)
    strides = [0] * len(box.sizes)
    for axis, stride in zip((*walked, len(box.sizes) - 1), _inner(out.strides, len(walked) + 1)):
        strides[axis] = stride
    return out.with_strides(strides)


def _inner(strides: Sequence[int], count: int) -> Sequence[int]:
    return strides[len(strides) - count :]


def permuted_copy(emitter: Emitter, box: Box) -> None:
    """`dst = src` for a box that `is_permuted`. Raises `NoVectorForm` off block boundaries."""
    rank = len(box.sizes)
    near = [a for a in range(rank - 1) if box.operands[1].strides[a] == 1][:1]
    others = [a for a in range(rank - 1) if a not in near]
    ordered = box.take([*others, *near, rank - 1])
    inner = ordered.sizes[len(others) :]
    if near and _is_squares(ordered):
        _squares(emitter, ordered)
        return

    def plane(at: tuple[Index, ...]) -> None:
        operands = (o.at_all(range(len(at)), at) for o in ordered.operands)
        part = Box(inner, tuple(o.with_strides(o.strides[len(at) :]) for o in operands))
        if near:
            transpose(emitter, part)
        else:
            _column(emitter, part)

    emitter.nest(ordered.sizes[: len(others)], plane)


def _column(emitter: Emitter, box: Box) -> None:
    """Elements that are each in a block of their own, to one contiguous row."""
    (rows,), (dst, src) = box.sizes, box.operands
    floor = floor_to_block(src)
    if floor is None:
        raise NoVectorForm("a column starts at a lane that only run time knows")
    lanes = lanes_to_rows(emitter, floor[0], rows, src.strides[0])
    packed = lanes.at(1, floor[1]).with_strides((lanes.strides[0], 1))
    full, tail = divmod(rows, ROWS)
    whole = Box((full + 1, ROWS), (dst.with_strides((ROWS, 1)), packed))
    if full:
        move(emitter, whole.slice(0, 0, full))
    if tail:
        move(emitter, whole.drop(0, full).slice(0, 0, tail))


def _up(size: int, step: int) -> int:
    return -(-size // step) * step


def transpose(emitter: Emitter, box: Box) -> None:
    """Copy [n, m] with the source contiguous along n, the result along m.

    Raises `NoVectorForm` off block boundaries.
    """
    dst, src = box.operands
    if not dst.is_aligned([0]) or not src.is_aligned([1]):
        raise NoVectorForm("a transposed row does not start on a 32-byte block")
    if _is_squares(box):
        _squares(emitter, box)
        return
    need = _up(box.sizes[0], ROWS) * _up(box.sizes[1], ROWS) * dst.size
    if need > emitter.scratch_bytes:
        axis = 0 if box.sizes[0] >= box.sizes[1] else 1
        step = max(ROWS, box.sizes[axis] * emitter.scratch_bytes // need // ROWS * ROWS)
        in_parts(emitter, box, axis, step, lambda part: transpose(emitter, part))
        return
    whole = box.sizes[0] % src.block == 0 and box.sizes[1] % ROWS == 0
    _through_scratch(emitter, box, whole)


def _is_squares(box: Box) -> bool:
    """[.., n, m] of two-byte elements in whole squares on block boundaries."""
    dst, src = box.operands
    *outer, n, m = range(len(box.sizes))
    squares = all(box.sizes[axis] % ROWS == 0 for axis in (n, m))
    aligned = dst.is_aligned([*outer, n]) and src.is_aligned([*outer, m])
    return dst.size == 2 and squares and aligned


def _squares(emitter: Emitter, box: Box) -> None:
    """Transpose a box that `_is_squares` straight into the result. The most squares that follow
    each other along one axis are the repeats of one instruction."""
    dst, src = box.operands
    *outer, n, m = box.sizes
    sizes = (*outer, n // ROWS, m // ROWS)
    steps = Box(sizes, tuple(o.with_strides(_of_squares(o.strides)) for o in box.operands))
    along = max(range(len(sizes)), key=lambda axis: sizes[axis])
    loops = [axis for axis in range(len(sizes)) if axis != along]

    def squares(at: tuple[Index, ...]) -> None:
        to, of = (o.at_all(loops, at) for o in steps.operands)
        vnchwconv(
            emitter,
            to,
            of,
            repeat=sizes[along],
            src_stride=src.strides[-1] // src.block,
            src_repeat=of.strides[along] // src.block,
            dst_stride=dst.strides[-2] // dst.block,
            dst_repeat=to.strides[along] // dst.block,
        )

    emitter.nest([sizes[axis] for axis in loops], squares)


def _of_squares(strides: Sequence[int]) -> tuple[int, ...]:
    *outer, n, m = strides
    return (*outer, n * ROWS, m * ROWS)


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
    dst, src = box.operands
    if emitter.has(Opcode.VMULS, dst.element):
        apply(emitter, box, write_vec(emitter, Opcode.VMULS, number(1, dst.element)))
    elif emitter.has(Opcode.VMAX, dst.element):
        both = box.with_operands((dst, src, src))
        apply(emitter, both, write_vec(emitter, Opcode.VMAX))
    else:
        raise NoVectorForm(f"no lane-wise instruction moves {dst.element}")

"""One vector instruction over a whole box: splats first, in parts that scratch allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import gcd, prod

from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.broadcast import (
    is_lane_broadcast,
    planned,
    splat,
    splat_bytes,
    splat_cycles,
)
from akg_mlir.passes.npu.legalise.emitter import UNROLL, Emitter, NoVectorForm
from akg_mlir.passes.npu.legalise.issue import Fields, Write, cycles, fits, issue
from akg_mlir.passes.npu.legalise.parts import parts
from akg_mlir.passes.npu.legalise.transpose import ROWS
from akg_mlir.passes.npu.legalise.views import Box, Operand
from akg_mlir.targets.model import Target


def require(emitter: Emitter, opcode: npu.Opcode, element: Attribute) -> None:
    """Raises `NoVectorForm` unless the target has `opcode` on this element type."""
    if not emitter.has(opcode, element):
        raise NoVectorForm(f"{opcode.value} does not take {element}")


def write_vec(
    emitter: Emitter,
    opcode: npu.Opcode,
    scalar: FloatAttr | IntegerAttr | None = None,
    register: SSAValue | None = None,
) -> Write:
    """Writes one `npu.vec` per issue: the first pointer is the result, the others the sources."""

    def write(pointers: Sequence[SSAValue], fields: Fields) -> None:
        op = npu.VecOp(
            opcode,
            pointers[0],
            pointers[1:],
            repeat=fields.repeat,
            mask=fields.mask,
            dst_stride=fields.strides[0],
            src_strides=fields.strides[1:],
            scalar=scalar,
            register=register,
        )
        emitter.insert(op)

    return write


def in_parts(
    emitter: Emitter,
    box: Box,
    axis: int,
    step: int,
    lower: Callable[[Box], None],
    *,
    compound: bool = False,
) -> None:
    """Lower a box `step` entries of one axis at a time. A `compound` part takes many instructions:
    they are written once."""
    full, rest = divmod(box.sizes[axis], step)
    if full > 1 and compound:
        emitter.loop(full, lambda i: lower(box.part(axis, i, step, step)))
    elif full:
        emitter.nest([full], lambda i: lower(box.part(axis, i[0], step, step)))
    if rest:
        lower(box.slice(axis, full * step, rest))


def in_boxes(
    emitter: Emitter, box: Box, sizes: Sequence[int], lower: Callable[[Box], None]
) -> None:
    """Lower a box in parts of at most `sizes`; many of them are written once."""
    axis = next((a for a, (n, size) in enumerate(zip(box.sizes, sizes)) if n > size), None)
    if axis is None:
        lower(box)
        return
    count = prod(-(-n // size) for n, size in zip(box.sizes, sizes))
    in_parts(
        emitter,
        box,
        axis,
        sizes[axis],
        lambda part: in_boxes(emitter, part, sizes, lower),
        compound=count > UNROLL,
    )


def cut(box: Box, grains: Mapping[int, int], need: int, limit: int) -> tuple[int, int] | None:
    """An axis and how many entries of it to take at a time, where a box needs more than `limit`.

    `grains` has the axes that the need grows along and what the entries must be a multiple of.
    None when the whole fits or when no axis is left to cut.
    """
    axes = [axis for axis, grain in grains.items() if box.sizes[axis] > grain]
    if need <= limit or not axes:
        return None
    axis = max(axes, key=lambda a: box.sizes[a])
    step = box.sizes[axis] * limit // need
    return axis, max(grains[axis], step - step % grains[axis])


def apply_normal(
    emitter: Emitter,
    box: Box,
    write: Write,
    *,
    max_repeat: int | None = None,
    reduces: bool = False,
) -> None:
    """Issue a box whose last axis is its lanes, with lane-broadcast sources turned into splats.

    `reduces` says that the instruction adds to its result, which may then have stride 0. Raises
    `NoVectorForm` where an operand's layout does not fit the vector unit.
    """
    broadcast = _lane_broadcasts(box)
    sizes = parts(
        box,
        _grains(box, broadcast),
        lambda part: sum(splat_bytes(part, o) for o in broadcast) <= emitter.scratch_bytes,
        lambda part: cycles_with_splats(part, emitter.target),
    )
    if sizes != box.sizes:

        def again(part: Box) -> None:
            apply_normal(emitter, part, write, max_repeat=max_repeat, reduces=reduces)

        in_boxes(emitter, box, sizes, again)
        return
    splats = {o: splat(emitter, box, o) for o in broadcast}
    ready = box.with_sources(splats)
    if not fits(ready, reduces):
        raise NoVectorForm("an operand does not start on a 32-byte block with stride 1")
    issue(emitter, ready, write, max_repeat)


def cycles_with_splats(box: Box, target: Target) -> int:
    """What a box costs whose last axis is its lanes: splats, and the instructions that read
    them."""
    broadcast = _lane_broadcasts(box)
    ready = box.with_sources({o: planned(box, o) for o in broadcast})
    return sum(splat_cycles(box, o, target) for o in broadcast) + cycles(ready, target)


def _lane_broadcasts(box: Box) -> list[Operand]:
    """The different sources that become splats."""
    return [*dict.fromkeys(o for o in box.operands[1:] if is_lane_broadcast(box, o))]


def _grains(box: Box, broadcast: Sequence[Operand]) -> dict[int, int]:
    """The axes that splats vary along, and what parts of them must be multiples of: they start
    where blocks do."""
    return {
        axis: max(ROWS // gcd(o.strides[axis], ROWS) for o in broadcast)
        for axis in range(len(box.sizes) - 1)
        if any(o.strides[axis] for o in broadcast)
    }

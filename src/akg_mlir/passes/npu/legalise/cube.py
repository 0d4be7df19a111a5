"""The cube's tile ops: L1 -> L0 fractal loads, L0C -> UB, matrix multiply-accumulate."""

from __future__ import annotations

from math import prod

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.emitter import Emitter
from akg_mlir.passes.npu.legalise.views import Box, Index, Operand, arrange, box_of

FRACTAL_BYTES = 512
"""One fractal of L0A and L0B (machine reference 2.4); of L0C it is 16 x 16 f32."""

SIDE = 16


def _fractals(emitter: Emitter, box: Box, elements: int, what: str) -> Box:
    """The box in units of whole fractals: last axis is a run of contiguous fractals.

    Raises `CompileError` unless both sides are made of contiguous, aligned fractals.
    """
    lane = next((a for a, s in enumerate(box.dst.strides) if s == 1 and box.sizes[a] > 1), None)
    normal = arrange(box, lane)
    whole = normal.sizes[-1] % elements == 0 and all(
        o.strides[-1] == 1
        and o.offset.fact.residue(_alignment(o, elements)) == 0
        and all(s % elements == 0 for s in o.strides[:-1])
        for o in normal.operands
    )
    if not whole:
        raise CompileError(
            f"{what} moves whole fractals of {elements} elements, got a box of {box.sizes} "
            f"with strides {[o.strides for o in box.operands]}",
            emitter.op,
            hint="lay both sides out as [.., .., 16, 16] with contiguous fractals",
        )
    return Box(
        (*normal.sizes[:-1], normal.sizes[-1] // elements),
        tuple(
            o.with_strides((*(s // elements for s in o.strides[:-1]), 1)) for o in normal.operands
        ),
    )


def _alignment(operand: Operand, elements: int) -> int:
    """Elements between legal starts: UB and L1 need whole blocks only."""
    on_chip = operand.space in (npu.Space.UB, npu.Space.L1)
    return operand.block if on_chip else elements


def lower_load2d(emitter: Emitter, op: npu.DmaOp) -> None:
    """L1 -> L0A / L0B: the longest encodable axis becomes the repeats, the others loops."""
    box = box_of(op.dst, op.src)
    elements = FRACTAL_BYTES // box.dst.size
    box = _fractals(emitter, box, elements, "load2d")
    limits = emitter.target.limits
    possible = [
        a
        for a in range(len(box.sizes))
        if 1 <= box.dst.strides[a] and 0 <= box.operands[1].strides[a] <= limits.burst_gap
    ]
    axis = max(possible, key=lambda a: box.sizes[a])
    loops = [a for a in range(len(box.sizes)) if a != axis]
    in_elements = box.map(lambda o: o.with_strides([s * elements for s in o.strides]))

    def body(indices: tuple[Index, ...]) -> None:
        for start in range(0, box.sizes[axis], limits.load2d_repeat):
            dst, src = (o.at_all(loops, indices).at(axis, start) for o in in_elements.operands)
            repeat = min(limits.load2d_repeat, box.sizes[axis] - start)
            stride, gap = box.operands[1].strides[axis], box.dst.strides[axis] - 1
            emitter.insert(npu.Load2dOp(emitter.ptr(dst), emitter.ptr(src), repeat, stride, gap))

    emitter.nest([box.sizes[a] for a in loops], body)


def lower_drain(emitter: Emitter, op: npu.DmaOp) -> None:
    """Between L0C and UB in bursts of whole 16 x 16 fractals; out of L0C, f32 may become f16."""
    box = box_of(op.dst, op.src)
    dst, src = box.operands
    narrows = (src.space, str(src.element), str(dst.element)) == (npu.Space.L0C, "f32", "f16")
    if dst.element != src.element and not narrows:
        raise CompileError(
            f"moving between l0c and ub cannot convert {src.element} to {dst.element}",
            op,
            hint="cast in ub with npu.vcast",
        )
    box = _fractals(emitter, box, SIDE * SIDE, "a move from or to l0c")
    length = box.sizes[-1]
    units = [1 if o.space == npu.Space.L0C else SIDE * SIDE // o.block for o in (box.dst, src)]

    def gaps(axis: int) -> list[int]:
        return [(o.strides[axis] - length) * unit for o, unit in zip(box.operands, units)]

    limits = emitter.target.limits
    possible = [
        a for a in range(len(box.sizes) - 1) if all(0 <= g <= limits.burst_gap for g in gaps(a))
    ]
    axis = max(possible, key=lambda a: box.sizes[a], default=None)
    loops = [a for a in range(len(box.sizes) - 1) if a != axis]
    bursts, (dst_gap, src_gap) = (1, [0, 0]) if axis is None else (box.sizes[axis], gaps(axis))
    if bursts > limits.bursts or length > limits.burst_blocks:
        raise CompileError(f"{bursts} bursts of {length} fractals do not fit the fields", op)
    in_elements = box.map(lambda o: o.with_strides([s * SIDE * SIDE for s in o.strides]))

    def body(indices: tuple[Index, ...]) -> None:
        to, of = (emitter.ptr(o.at_all(loops, indices)) for o in in_elements.operands)
        emitter.insert(npu.CopyOp(to, of, bursts, length, src_gap, dst_gap))

    emitter.nest([box.sizes[a] for a in loops], body)


def lower_mmad(emitter: Emitter, op: npu.MmadOp) -> None:
    """mmad -> mad; raises `CompileError` unless the fractals of m, k, n are contiguous in L0."""
    m, k, n = (attr.value.data for attr in (op.m, op.k, op.n))
    a, b, c = (box_of(v) for v in (op.a, op.b, op.c))
    m1, n1 = -(-m // SIDE), -(-n // SIDE)
    k0 = a.dst.block
    k1 = -(-k // k0)
    for box, shape in (
        (a, (m1, k1, SIDE, k0)),
        (b, (k1, n1, SIDE, k0)),
        (c, (n1, m1, SIDE, SIDE)),
    ):
        strides = [prod(shape[i + 1 :]) for i in range(4)]
        contiguous = all(s == t or d == 1 for s, t, d in zip(box.dst.strides, strides, shape))
        if box.sizes != shape or not contiguous:
            raise CompileError(
                f"m {m}, k {k}, n {n} need a contiguous {list(shape)} in "
                f"{box.dst.space.value}, got {list(box.sizes)} with strides "
                f"{list(box.dst.strides)}",
                op,
                hint="give each L0 tile a buffer of its own shape",
            )
    to, left, right = (emitter.ptr(box.dst) for box in (c, a, b))
    emitter.insert(npu.MadOp(to, left, right, op.init, m, k, n))

"""Products of the cube: operands in L1 stream through halves of L0A and L0B into L0C.

The contraction is cut into steps of as many fractals as fit half of L0A and half of L0B; steps
take turns at the halves, so that the loads of one overlap with the mad of the one before. Columns
that overfill half of L0B are cut into parts; rows are not, since L0C holds all rows of a column
block beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Protocol

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerAttr, i1
from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.emitter import UNROLL, Emitter
from akg_mlir.passes.npu.legalise.fractals import FRACTAL_BYTES, SIDE, Fractals, fractals_of
from akg_mlir.passes.npu.legalise.views import Index, Operand, box_of


def lower_mmad(emitter: Emitter, op: npu.MmadOp) -> None:
    """A product of two matrices of fractals. Raises `CompileError` for other layouts."""
    m, k, n = (attr.value.data for attr in (op.m, op.k, op.n))
    left = fractals_of(op, op.a, -(-m // SIDE))
    right = fractals_of(op, op.b, -(-n // SIDE))
    _emit(emitter, op, _Matrix(left), right, (m, k, n))


def lower_conv(emitter: Emitter, op: npu.ConvOp) -> None:
    """A product of the windows of an image with a kernel. Raises `CompileError` for layouts other
    than NC1HWC0 and fractals."""
    image, shape = box_of(op.a).dst, npu.memref_type(op.a).get_shape()
    if image.strides[2:] != (shape[3], 1) or shape[3] != image.block:
        raise CompileError(
            f"an image for the cube is [c1, h, w, {image.block}] with columns beside each other, "
            f"got {list(shape)} with strides {list(image.strides)}",
            op,
        )
    windows = _Windows(image, op)
    if not windows.is_dense and op.sides[0] > 1 and op.pitch.value.data % SIDE:
        raise CompileError(
            f"{op.sides[0]} rows of points are {op.pitch.value.data} apart in l0c",
            op,
            hint=f"tiles hold whole rows, one row, or parts of rows in multiples of {SIDE} points",
        )
    right = fractals_of(op, op.b, npu.memref_type(op.b).get_shape()[-3])
    sizes = op.rows, right.blocks * shape[3], right.sides * SIDE
    _emit(emitter, op, windows, right, sizes)


@dataclass(frozen=True)
class _Position:
    """Block number `first + step * times` of k."""

    first: int
    step: int = 0
    times: Index = 0

    def plus(self, blocks: int) -> _Position:
        return replace(self, first=self.first + blocks)

    def of(self, source: Fractals) -> Operand:
        """Where this block of an operand starts; steps are whole periods of it."""
        return source.start.moved(source.at(self.first)).moved(source.at(self.step), self.times)


_Part = tuple[_Position, list[int]]
"""Consecutive steps from a position on: their blocks of k."""


class _Left(Protocol):
    """The left operand: what loads it looks alike after every `period` blocks of k."""

    @property
    def period(self) -> int: ...

    def load(self, emitter: Emitter, to: Operand, rows: int, at: _Position, count: int) -> None:
        """Bring `count` blocks of k to L0A as [rows, count, 16, k0], `rows` blocks of rows."""
        ...


@dataclass(frozen=True)
class _Matrix:
    source: Fractals

    period = 1

    def load(self, emitter: Emitter, to: Operand, rows: int, at: _Position, count: int) -> None:
        """One load per row or per block of k, whichever is sooner started for all."""
        start, sides = at.of(self.source), self.source.side_stride
        by_row = emitter.target.paths["l1", "l0a"].startup
        as_image = self._is_image(emitter, rows)
        by_block = min(by_row, emitter.target.cube.load3d_startup) if as_image else by_row
        if rows * by_row < count * by_block:
            for row in range(rows):
                target = to.moved(row * count * self.source.elements)
                _load2d(emitter, target, start.moved(row * sides), count, self.source.stride)
            return
        for block in range(count):
            target = to.moved(block * self.source.elements)
            source = start.moved(block * self.source.stride)
            if by_block < by_row:
                _load3d(emitter, target, source, _Image((1, rows * SIDE)), rows, count)
            else:
                _load2d(emitter, target, source, rows, sides, count)

    def _is_image(self, emitter: Emitter, rows: int) -> bool:
        """Whether the fractals of a block lie beside each other, as one row of an image does."""
        fits = rows * SIDE <= emitter.target.limits.load3d_image
        return fits and self.source.side_stride == self.source.elements


@dataclass(frozen=True)
class _Image:
    """How img2col takes windows from an image of `size` (rows, columns): by default its points."""

    size: tuple[int, ...]
    pads: tuple[int, ...] = (0, 0, 0, 0)
    kernel: tuple[int, ...] = (1, 1)
    strides: tuple[int, ...] = (1, 1)
    dilations: tuple[int, ...] = (1, 1)


@dataclass(frozen=True)
class _Windows:
    image: Operand
    op: npu.ConvOp

    @property
    def taps(self) -> tuple[int, int]:
        """Rows and columns of the kernel."""
        _, height, width, *_ = npu.memref_type(self.op.b).get_shape()
        return height, width

    @property
    def period(self) -> int:
        return prod(self.taps)

    def load(self, emitter: Emitter, to: Operand, rows: int, at: _Position, count: int) -> None:
        """One load by img2col per tap and block of channels, or as many as there are rows of points
        where these, or those of the image, are not beside each other."""
        stride, fractal = self.image.strides[0], FRACTAL_BYTES // to.size
        for block in range(count):
            channels, number = divmod(at.first + block, self.period)
            source = self.image.moved(channels * stride)
            source = source.moved(at.step // self.period * stride, at.times)
            target, tap = to.moved(block * fractal), divmod(number, self.taps[1])
            if self.is_dense:
                _load3d(emitter, target, source, self._whole, rows, count, tap)
                continue
            each = -(-self.op.pitch.value.data // SIDE)
            for row in range(self.op.sides[0]):
                y, image = self._row(row, tap[0])
                start, to_row = source.moved(y), target.moved(row * each * count * fractal)
                fractals = min(each, rows - row * each)
                _load3d(emitter, to_row, start, image, fractals, count, (0, tap[1]))

    @property
    def is_dense(self) -> bool:
        """Whether points, and rows of the image, lie beside each other without gaps."""
        (rows, columns), (_, height, width, block) = self.op.sides, self._shape
        image = height == 1 or self.image.strides[1] == width * block
        return image and (rows == 1 or self.op.pitch.value.data == columns)

    @property
    def _shape(self) -> tuple[int, ...]:
        return npu.memref_type(self.op.a).get_shape()

    @property
    def _whole(self) -> _Image:
        """The windows of all points."""
        fields = (self.op.pads, self.op.strides, self.op.dilations)
        pads, strides, dilations = (values.get_values() for values in fields)
        return _Image(self._shape[1:3], pads, self.taps, strides, dilations)

    def _row(self, row: int, tap: int) -> tuple[int, _Image]:
        """What a row of a kernel meets for a row of points: where it starts in the image, and the
        windows there, all of them above it where it is outside."""
        whole, (_, height, width, _) = self._whole, self._shape
        y = row * whole.strides[0] + tap * whole.dilations[0] - whole.pads[0]
        inside = 0 <= y < height
        pads = (0 if inside else 1, whole.pads[1], 0, whole.pads[3])
        kernel, strides = (1, self.taps[1]), (1, whole.strides[1])
        image = _Image((1, width), pads, kernel, strides, (1, whole.dilations[1]))
        return y * self.image.strides[1] if inside else 0, image


def _load3d(
    emitter: Emitter,
    to: Operand,
    source: Operand,
    image: _Image,
    rows: int,
    jump: int,
    tap: tuple[int, int] = (0, 0),
) -> None:
    """`rows` fractals of points of an image, of one tap, to every `jump`-th fractal of L0A."""
    load = npu.Load3dOp(
        emitter.ptr(to),
        emitter.ptr(source),
        image=image.size,
        pads=image.pads,
        kernel=image.kernel,
        strides=image.strides,
        dilations=image.dilations,
        tap=tap,
        repeat=rows,
        jump=jump,
    )
    emitter.insert(load)


def _load2d(
    emitter: Emitter, to: Operand, source: Operand, count: int, stride: int, step: int = 1
) -> None:
    """`count` fractals `stride` elements apart, to every `step`-th fractal of L0."""
    elements, limit = FRACTAL_BYTES // to.size, emitter.target.limits.load2d_repeat
    for first in range(0, count, limit):
        target = emitter.ptr(to.moved(first * step * elements))
        start = emitter.ptr(source.moved(first * stride))
        repeat = min(limit, count - first)
        emitter.insert(npu.Load2dOp(target, start, repeat, stride // elements, step - 1))


# -------------------------------------------------------------------------------------- the stream


def _emit(
    emitter: Emitter,
    op: npu.MmadOp | npu.ConvOp,
    left: _Left,
    right: Fractals,
    sizes: tuple[int, int, int],
) -> None:
    """The product, in parts of columns that fit half of L0B."""
    m, k, n = sizes
    rows, most = -(-m // SIDE), emitter.target.memories["l0b"] // 2 // FRACTAL_BYTES
    result = _result(op, rows, right.sides)
    for first in range(0, right.sides, most):
        count = min(most, right.sides - first)
        part = replace(right, start=right.start.moved(first * right.side_stride), sides=count)
        columns = min(count * SIDE, n - first * SIDE)
        to = result.moved(first * rows * SIDE * SIDE)
        stream = _Stream(emitter, op, left, part, to, (m, k, columns))
        stream.emit()
        emitter.end_at(stream.half)


def _result(op: npu.MmadOp | npu.ConvOp, rows: int, columns: int) -> Operand:
    box = box_of(op.c)
    shape = (columns, rows, SIDE, SIDE)
    strides = [prod(shape[i + 1 :]) for i in range(4)]
    contiguous = all(s == t or d == 1 for s, t, d in zip(box.dst.strides, strides, shape))
    if box.sizes != shape or not contiguous:
        raise CompileError(
            f"a product of {rows} by {columns} fractals needs a contiguous {list(shape)} in l0c, "
            f"got {list(box.sizes)} with strides {list(box.dst.strides)}",
            op,
            hint="give each product a buffer of its own shape",
        )
    return box.dst


class _Stream:
    """One product whose columns fit half of L0B."""

    def __init__(
        self,
        emitter: Emitter,
        op: npu.MmadOp | npu.ConvOp,
        left: _Left,
        right: Fractals,
        to: Operand,
        sizes: tuple[int, int, int],
    ) -> None:
        self.emitter, self.op, self.left, self.right, self.to = emitter, op, left, right, to
        self.m, self.k, self.n = sizes
        self.rows = -(-self.m // SIDE)
        self.follows = emitter.next_half is not None
        self.half = emitter.next_half or 0
        fractals = {
            space: emitter.target.memories[space] // 2 // FRACTAL_BYTES for space in ("l0a", "l0b")
        }
        self.most = min(fractals["l0a"] // self.rows, fractals["l0b"] // right.sides)
        if not self.most:
            raise CompileError(
                f"{self.m} rows of one block of k overfill half of l0a, which takes "
                f"{fractals['l0a'] * SIDE}",
                op,
                hint="give the result smaller tiles of rows",
            )

    def emit(self) -> None:
        """The first period by itself, since it may start from zero; the others in loops of two."""
        repeats = isinstance(self.op.parent_op(), scf.ForOp)
        if repeats and self.left.period == 1:
            count = -(-self.right.blocks // self.most)
            count += count % 2
            if count <= min(UNROLL, self.right.blocks):
                self.run([(_Position(0), _split(self.right.blocks, count))], starts=True)
                return
        period, steps = self.steps()
        partial = 1 if self.k % self.right.start.block else 0
        whole, rest = divmod(self.right.blocks - partial, period)
        rest += partial
        turns = 2 if len(steps) % 2 else 1
        pairs = max(0, whole - 1) // turns
        if pairs <= UNROLL:
            turns, pairs = 1, 0
        eased = steps if repeats or self.follows else _eased(steps)
        first = [(_Position(0), eased)] if whole else []
        tail = [(_Position(n * period), steps) for n in range(1 + pairs * turns, whole)]
        if rest:
            tail.append((_Position(whole * period), _even(rest, self.most)))
        if repeats:
            _pair(first or tail, tail or first)

        def body(index: SSAValue) -> None:
            turn = [_Position(period * (1 + t), period * turns, index) for t in range(turns)]
            self.run([(at, steps) for at in turn])

        if not pairs:
            self.run([*first, *tail], starts=True)
            return
        self.run(first, starts=True)
        self.emitter.loop(pairs, body)
        if tail:
            self.run(tail)

    def steps(self) -> tuple[int, list[int]]:
        """How many blocks of k a period has, and the blocks of its steps."""
        own = self.left.period
        if self.most >= own:
            count = -(-self.right.blocks // (self.most // own * own))
            period = -(-(self.right.blocks // own) // count) * own
            return period, [period]
        return own, _even(own, self.most)

    def run(self, parts: Sequence[_Part], *, starts: bool = False) -> None:
        """The steps of the parts, every load in front of the mad of the step before."""
        todo: list[tuple[_Position, int]] = []
        for at, steps in parts:
            for step in steps:
                todo.append((at, step))
                at = at.plus(step)
        halves = [self.load(*todo[0])]
        for number, (at, count) in enumerate(todo):
            if number + 1 < len(todo):
                halves.append(self.load(*todo[number + 1]))
            init = self.op.init if starts and not number else self.never()
            self.multiply(at, count, init, *halves[number])

    def load(self, at: _Position, count: int) -> tuple[Operand, Operand]:
        """Load `count` blocks of k of both operands to the next halves."""
        emitter, right = self.emitter, self.right
        a, b = (
            emitter.halves(space, right.start.element)[self.half]
            for space in (npu.Space.L0A, npu.Space.L0B)
        )
        self.half = 1 - self.half
        self.left.load(emitter, a, self.rows, at, count)
        for first, blocks in right.runs(at.first, count):
            target = b.moved((first - at.first) * right.sides * right.elements)
            source = replace(at, first=first).of(right)
            _load2d(emitter, target, source, blocks * right.sides, right.side_stride)
        return a, b

    def multiply(self, at: _Position, count: int, init: SSAValue, a: Operand, b: Operand) -> None:
        k = count * self.right.start.block
        if isinstance(at.times, int):
            k = min(k, self.k - (at.first + at.step * at.times) * self.right.start.block)
        to, left, columns = (self.emitter.ptr(o) for o in (self.to, a, b))
        self.emitter.insert(npu.MadOp(to, left, columns, init, self.m, k, self.n))

    def never(self) -> SSAValue:
        constant = arith.ConstantOp(IntegerAttr(0, i1))
        self.emitter.insert(constant)
        return constant.result


def _eased(steps: list[int]) -> list[int]:
    """The steps with a short one in front, so that the cube need not wait for a whole load."""
    first, *others = steps
    short = first // 4
    return [short, first - short, *others] if short else steps


def _pair(first: list[_Part], last: list[_Part]) -> None:
    """Make the steps of these parts an even number: the next iteration, which has the same code,
    then begins at the other half than the one that this one ends at."""
    parts = first if first is last else [*first, *last]
    if sum(len(steps) for _, steps in parts) % 2:
        at, steps = last[-1]
        if sum(steps) > len(steps):
            last[-1] = (at, _split(sum(steps), len(steps) + 1))


def _even(blocks: int, most: int) -> list[int]:
    """Numbers of about equal size, at most `most`, that sum to `blocks`."""
    return _split(blocks, -(-blocks // most))


def _split(blocks: int, count: int) -> list[int]:
    """`count` numbers of about equal size that sum to `blocks`."""
    least, more = divmod(blocks, count)
    return [least + 1] * more + [least] * (count - more)

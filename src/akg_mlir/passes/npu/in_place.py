"""Copies in UB of what could have been put together where they take it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

from xdsl.builder import Builder
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Unary
from akg_mlir.passes.npu.legalise.views import resolve
from akg_mlir.passes.npu.slices.axis import memrefs


def make_in_place(kernel: FuncOp) -> Iterator[npu.VUnaryOp]:
    """Let copies and fills of a buffer that one more copy alone reads write to where that takes it.
    Yields each such copy before it is erased."""
    order = {op: k for k, op in enumerate(kernel.walk())}
    copies = [op for op in order if _is_copy(op)]
    users = _users(order) if copies else {}
    for copy in copies:
        move = _move(copy)
        if move is None or users[move.source][-1] is not copy:
            continue
        *writers, _ = users[move.source]
        places = _places(move, writers)
        first = order[writers[0]] if writers else order[copy]
        between = [op for op in users[move.target] if first <= order[op] < order[copy]]
        if not places or any(move.meets(value) for op in between for value in memrefs(op)):
            continue
        for op, place in zip(writers, places):
            op.operands[len(op.operands) - 1] = Builder(InsertPoint.before(op)).insert(place).result
        yield move.copy
        kept = {*users[move.target], *writers} - {copy}
        users[move.target] = sorted(kept, key=order.__getitem__)
        Rewriter.erase_op(copy)


def _is_copy(op: Operation) -> TypeGuard[npu.VUnaryOp]:
    return isinstance(op, npu.VUnaryOp) and op.kind.data == Unary.COPY


def _users(ops: Iterable[Operation]) -> dict[SSAValue, list[Operation]]:
    """The ops that touch each buffer or tensor, in order."""
    users: dict[SSAValue, list[Operation]] = {}
    for op in ops:
        if isinstance(op, npu.PipeOp):
            for base in dict.fromkeys(resolve(value).base for value in memrefs(op)):
                users.setdefault(base, []).append(op)
    return users


@dataclass(frozen=True)
class _Move:
    """What a copy does to rows: `steps` are the sizes of its dimensions with their strides in the
    source and the target, the largest first; `starts` are the offsets of both, in elements."""

    copy: npu.VUnaryOp
    source: SSAValue
    target: SSAValue
    starts: tuple[int, int]
    steps: tuple[tuple[int, int, int], ...]

    def place_of(self, value: SSAValue) -> npu.ViewOp | None:
        """The elements of a view of the source, in the target; None where the copy does not take
        all of them, or not along the dimensions of the view."""
        view, shape = resolve(value), npu.memref_type(value).get_shape()
        start = view.offset.fact
        if start.mod:
            return None
        sizes = {s: n for n, s in zip(shape, view.strides) if n > 1}
        strides: dict[int, int] = {}
        rest, place = start.rem - self.starts[0], self.starts[1]
        for size, step, there in self.steps:
            index, rest = divmod(rest, step)
            if index < 0 or index + sizes.pop(step, 1) > size:
                return None
            strides[step], place = there, place + index * there
        if rest or sizes:
            return None
        map_ = AffineMap(0, 0, (AffineExpr.constant(place),))
        return npu.ViewOp(self.target, map_, [], shape, [strides.get(s, s) for s in view.strides])

    def meets(self, value: SSAValue) -> bool:
        """Whether a view may have elements between the first and the last that the copy writes."""
        view, shape = resolve(value), npu.memref_type(value).get_shape()
        if view.base is not self.target:
            return False
        first = view.offset.fact
        reach = sum((n - 1) * s for n, s in zip(shape, view.strides))
        end = self.starts[1] + sum((n - 1) * there for n, _, there in self.steps)
        before = first.hi is not None and first.hi + reach < self.starts[1]
        return not before and not (first.lo is not None and first.lo > end)


def _move(copy: npu.VUnaryOp) -> _Move | None:
    """What the copy does, if rows keep their places in blocks and the order of their elements."""
    source, target = resolve(copy.src), resolve(copy.dst)
    begin, end = source.offset.fact, target.offset.fact
    if source.base is target.base or begin.mod or end.mod:
        return None
    shape, block = npu.memref_type(copy.src).get_shape(), source.block
    steps = [step for step in zip(shape, source.strides, target.strides) if step[0] > 1]
    steps.sort(key=lambda step: -step[1])
    nested = all(n * s <= outer for (_, outer, _), (n, s, _) in pairwise(steps))
    rows = all(s == t == 1 or (s > 0 and s % block == t % block == 0) for _, s, t in steps)
    if not nested or not rows or (end.rem - begin.rem) % block:
        return None
    return _Move(copy, source.base, target.base, (begin.rem, end.rem), tuple(steps))


def _places(move: _Move, writers: Sequence[Operation]) -> list[npu.ViewOp]:
    """Where ops next to the copy put elements of its source in the target; empty where one of them
    does anything else."""
    places: list[npu.ViewOp] = []
    for op in writers:
        read = [resolve(value).base for value in op.operands[:-1]]
        moves = _is_copy(op) or isinstance(op, npu.VFillOp)
        place = move.place_of(op.operands[-1]) if moves else None
        if place is None or op.parent is not move.copy.parent or move.source in read:
            return []
        places.append(place)
    return places

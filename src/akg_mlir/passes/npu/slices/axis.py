"""One dimension of a tile through its tile ops: which dimension of each box runs along it.

A buffer has the dimension as one of its own, and every access starts at its first entry and takes
all of it. So the ops can be done for a part of the entries, on buffers that hold only this part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.builder import Builder
from xdsl.dialects.builtin import IntegerAttr, MemRefType, i64
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineConstantExpr
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects import npu
from akg_mlir.passes.npu.legalise.addresses import Offset
from akg_mlir.passes.npu.legalise.views import Index, Operand, byte_size, resolve

Product = npu.MmadOp | npu.ConvOp
Dims = tuple[int | None, ...]
"""Per memref operand of an op, the dimension along an axis; None where it has none."""


class NotAlong(Exception):
    """Some op does not run along the axis; the message says which and why."""


@dataclass(frozen=True)
class Part:
    """`size` entries of an axis, the first of them `at * step`."""

    size: int
    at: Index = 0
    step: int = 1

    @property
    def first(self) -> int:
        """The first of them, where it is known now."""
        assert isinstance(self.at, int)
        return self.at * self.step


def memrefs(op: Operation) -> list[SSAValue]:
    """The memref operands of a tile op."""
    return [v for v in op.operands if isinstance(v.type, MemRefType)]


def elements_of(value: SSAValue) -> int:
    """Elements of a buffer or view."""
    return prod(npu.memref_type(value).get_shape())


def bytes_of(values: Iterable[SSAValue]) -> int:
    """Bytes of the elements of buffers or views."""
    return sum(elements_of(v) * byte_size(npu.memref_type(v).element_type) for v in values)


@dataclass(frozen=True)
class Axis:
    """A dimension of `extent` entries: their distance in every buffer that has it, in elements,
    and the ops along it."""

    extent: int
    pitches: Mapping[SSAValue, int]
    ops: Mapping[Operation, Dims]

    def buffers(self, space: npu.Space) -> list[SSAValue]:
        """The buffers of a memory that have the dimension."""
        return [b for b in self.pitches if npu.space_of(b.type) is space]

    def buffer(self, of: SSAValue, size: int) -> SSAValue:
        """A new buffer like `of` for `size` entries."""
        assert isinstance(of.owner, npu.BufferOp)
        shape, place = list(npu.memref_type(of).get_shape()), self._place(of)
        if place is None:  # a partial tile, whose boxes are closer together
            shape = [size, self.pitches[of]]
        else:
            shape[place] = size
        element, space = npu.memref_type(of).element_type, npu.space_of(of.type)
        builder = Builder(InsertPoint.after(of.owner))
        buffer = builder.insert(npu.BufferOp(npu.memref_in(shape, element, space))).result
        buffer.name_hint = of.name_hint
        return buffer

    def emit(
        self, builder: Builder, op: Operation, part: Part, names: Mapping[SSAValue, SSAValue]
    ) -> None:
        """The op for a part. `names` are other values for those outside: indices, and buffers that
        hold this part alone."""
        views = {
            value: self.view(builder, value, dim, part, names)
            for value, dim in zip(memrefs(op), self.ops[op])
            if dim is not None
        }
        clone = op.clone({**names, **views})
        if isinstance(clone, npu.MmadOp):
            name = "k" if self.ops[op][2] is None else "n"
            whole = clone.properties[name]
            assert isinstance(whole, IntegerAttr)
            clone.properties[name] = IntegerAttr(whole.value.data // self.extent * part.size, i64)
        builder.insert(clone)

    def view(
        self,
        builder: Builder,
        value: SSAValue,
        dim: int,
        part: Part,
        names: Mapping[SSAValue, SSAValue],
    ) -> SSAValue:
        """A part of an operand whose dimension along the axis is `dim`; `names` as for `emit`."""
        operand = resolve(value)
        sizes, strides = list(npu.memref_type(value).get_shape()), list(operand.strides)
        sizes[dim] = part.size
        base, offset = operand.base, operand.offset
        if base in names:
            outer = self.pitches[base] * self.extent
            strides = [s // self.extent * part.size if s >= outer else s for s in strides]
            start = _constant(operand)
            inside = start // outer * (outer // self.extent * part.size) + start % outer
            offset, base = Offset.zero().plus(inside, 1), names[base]
        else:
            offset = offset.plus(part.at, part.step * strides[dim])
        indices = [names.get(v, v) for v in offset.values]
        view = npu.ViewOp(base, offset.map(), indices, sizes, strides)
        return builder.insert(view).result

    def _place(self, buffer: SSAValue) -> int | None:
        """Which dimension of a buffer it is, if it is one."""
        shape = npu.memref_type(buffer).get_shape()
        for k, size in enumerate(shape):
            if size == self.extent and prod(shape[k + 1 :]) == self.pitches[buffer]:
                return k
        return None

    def check(self) -> None:
        """Raises `NotAlong` where an op takes less than all entries of a buffer, or joins them."""
        for op, dims in self.ops.items():
            for value, dim in zip(memrefs(op), dims):
                base = resolve(value).base
                if base in self.pitches and not self._is_whole(value, dim):
                    raise NotAlong(f"{op.name} takes a part of %{base.name_hint}")
            if not isinstance(op, Product) and dims[-1] is None:
                raise NotAlong(f"{op.name} joins the entries")

    def _is_whole(self, value: SSAValue, dim: int | None) -> bool:
        operand = resolve(value)
        pitch, sizes = self.pitches[operand.base], npu.memref_type(value).get_shape()
        if dim is None or operand.strides[dim] != pitch or sizes[dim] != self.extent:
            return False
        if not isinstance(operand.offset.map().results[0], AffineConstantExpr):
            return False
        outer = pitch * self.extent
        around = outer if self._place(operand.base) is not None else None
        reach = _constant(operand) % outer
        for k, (size, stride) in enumerate(zip(sizes, operand.strides)):
            if k != dim and (around is None or stride % around):
                reach += (size - 1) * stride
        return reach < pitch


def trace(ops: Sequence[Operation], result: SSAValue, pitch: int, extent: int) -> Axis:
    """The axis of `extent` columns that are `pitch` apart in `result`, through the ops that are
    connected to it. Raises `NotAlong` if one of them cannot be done for a part of the columns."""
    pitches, found = {result: pitch}, dict[Operation, Dims]()
    count = -1
    while count != len(found):
        count = len(found)
        for op in ops:
            if op not in found and any(resolve(v).base in pitches for v in memrefs(op)):
                found[op] = _dims(op, pitches, extent)
                for value, dim in zip(memrefs(op), found[op]):
                    operand = resolve(value)
                    if dim is not None and isinstance(operand.base.owner, npu.BufferOp):
                        pitches.setdefault(operand.base, operand.strides[dim])
    axis = Axis(extent, pitches, {op: found[op] for op in ops if op in found})
    axis.check()
    return axis


def trace_summed(product: Product, ops: Iterable[Operation]) -> Axis:
    """The axis of the blocks that a product sums up, through the moves of its operands to L1.
    Raises `NotAlong`."""
    left, right = resolve(product.a), resolve(product.b)
    extent = npu.memref_type(product.a).get_shape()[0]
    pitches = {left.base: left.strides[0], right.base: right.strides[0]}
    found: dict[Operation, Dims] = {
        op: (0, 0, None) if op is product else _dims(op, pitches, extent) for op in ops
    }
    axis = Axis(extent, pitches, found)
    axis.check()
    return axis


def _dims(op: Operation, pitches: Mapping[SSAValue, int], extent: int) -> Dims:
    """The dimensions of an op that touches buffers with an axis."""
    if isinstance(op, Product):
        right = npu.memref_type(op.b)
        return (None, len(right.get_shape()) - 3, 0)
    if not isinstance(op, npu.BOX_OPS):
        raise NotAlong(f"{op.name} works element by element")
    values = memrefs(op)
    sizes = npu.memref_type(values[0]).get_shape()
    candidates = set(range(len(sizes)))
    for value in values:
        operand = resolve(value)
        pitch = pitches.get(operand.base)
        if pitch is not None:
            candidates &= {d for d, s in enumerate(operand.strides) if s == pitch}
    candidates = {d for d in candidates if sizes[d] == extent}
    if len(candidates) != 1:
        raise NotAlong(f"{op.name} has another box")
    dim = candidates.pop()
    return tuple(dim if resolve(v).strides[dim] else None for v in values)


def _constant(operand: Operand) -> int:
    expression = operand.offset.map().results[0]
    assert isinstance(expression, AffineConstantExpr)
    return expression.value

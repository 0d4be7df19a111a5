"""Which tensor ops may share a kernel: the question `te-partition` asks.

The test is that of reverse fusion. All dimensions of a kernel's values that its ops identify form
one *axis*. Axes along which something is reduced lie whole inside a tile; the others are tiled, and
every op must run along each of them, else tiles would compute its result more than once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, element_bytes
from akg_mlir.passes.tensor.rewriting import splat_of

Contraction = te.ContractionOp | te.FractalMatmulOp


def refusal(ops: Sequence[Operation], ub_bytes: int) -> str | None:
    """Why `ops`, in program order, may not be one kernel; None when they may.

    `ub_bytes` is the size of the unified buffer, half of which must hold one minimal tile of
    every value. A single op is always a kernel.
    """
    if len(ops) == 1:
        return None
    return _refused_alone(ops) or _refused_cube(ops) or _refused_axes(ops, ub_bytes)


def is_contraction(op: Operation) -> bool:
    """Whether the op multiplies matrices."""
    return isinstance(op, Contraction)


def whole_fractals(op: te.UnpackOp) -> bool:
    """Whether no fractal is partly padding, so that unpacking is one box of copies."""
    return all(size % FRACTAL == 0 for size in te.shape_of(op.result)[-2:])


def _refused_alone(ops: Sequence[Operation]) -> str | None:
    """Ops that share no kernel, or not with their users."""
    inside = {op.results[0] for op in ops if isinstance(op, te.UnpackOp)}
    for op in ops:
        if isinstance(op, te.PackOp):
            return "packing is a kernel of its own"
        if isinstance(op, te.PadOp):
            return "padding is a kernel of its own"
        if isinstance(op, te.TransposeOp) and _moves_innermost(op):
            return "a transposition of the innermost dimension is a kernel of its own"
        if isinstance(op, te.UnpackOp) and not whole_fractals(op):
            return "dropping padding takes several copies: a kernel of its own"
        if any(v in inside for v in op.operands):
            return "an unpacked value leaves the kernel that unpacks it"
    return None


def _moves_innermost(op: te.TransposeOp) -> bool:
    kept = [axis for axis in op.permutation if te.shape_of(op.operand)[axis] != 1]
    return bool(kept) and kept[-1] != max(kept)


def _refused_cube(ops: Sequence[Operation]) -> str | None:
    contractions = [op for op in ops if is_contraction(op)]
    if not contractions:
        return None
    if len(contractions) > 1:
        return "a kernel has one contraction"
    results = {op.results[0] for op in ops}
    if any(v in results for v in contractions[0].operands):
        return "producers of a contraction's operands are kernels of their own"
    if any(isinstance(op, te.ReduceOp) for op in ops):
        return "a contraction takes element-wise epilogues only"
    return None


class _Axes:
    """Sets of dimensions that ops run along together. A dimension is (value or op, position)."""

    def __init__(self) -> None:
        self._parent: dict[tuple[object, int], tuple[object, int]] = {}

    def find(self, node: tuple[object, int]) -> tuple[object, int]:
        """The representative of the node's axis."""
        while self._parent.setdefault(node, node) != node:
            node = self._parent[node]
        return node

    def unite(self, a: tuple[object, int], b: tuple[object, int]) -> None:
        self._parent[self.find(a)] = self.find(b)

    def follow(self, op: te.StructuredOp) -> None:
        """Unite each iterator of the op with the dimensions it indexes."""
        for value, map_ in zip((*op.operands, op.results[0]), (*op.operand_maps, op.result_map)):
            for position, iterator in _indexed(map_):
                self.unite((value, position), (op, iterator))

    def of(self, op: te.StructuredOp) -> dict[int, tuple[object, int]]:
        """The axis of each iterator that runs more than once."""
        return {i: self.find((op, i)) for i, size in enumerate(op.bounds) if size > 1}


def _indexed(map_: AffineMap) -> list[tuple[int, int]]:
    """(position of the result, dimension) for every result that is a dimension."""
    return [(p, e.position) for p, e in enumerate(map_.results) if isinstance(e, AffineDimExpr)]


def _refused_axes(ops: Sequence[Operation], ub_bytes: int) -> str | None:
    nests = [op for op in ops if isinstance(op, te.StructuredOp)]
    axes = _Axes()
    for op in nests:
        axes.follow(op)
    _unite_unrelated(ops, axes)
    reduced: set[tuple[object, int]] = set()
    used: set[tuple[object, int]] = set()
    for op in nests:
        own = axes.of(op)
        if len(set(own.values())) != len(own):
            return "an op would run along one axis of the kernel twice"
        used |= set(own.values())
        reduced |= {
            own[i] for i, kind in enumerate(op.iterators) if i in own and kind == "reduction"
        }
    tiled = used - reduced
    for op in nests:
        if not tiled <= set(axes.of(op).values()):
            return f"{op.name} would be computed again by every tile"
    held = _tile_bytes(ops, axes, reduced)
    if held > ub_bytes // 2:
        return f"one minimal tile holds {held} bytes, half the unified buffer is {ub_bytes // 2}"
    return None


def _unite_unrelated(ops: Sequence[Operation], axes: _Axes) -> None:
    """An op that shares no value with those before it runs along with the first of its shape."""
    touched: set[SSAValue] = set()
    first: dict[tuple[int, ...], SSAValue] = {}
    for op in ops:
        result = op.results[0]
        values = {v for v in (*op.operands, result) if splat_of(v) is None}
        head = first.setdefault(te.shape_of(result), result)
        if not touched & values:
            for position in range(len(te.shape_of(result))):
                axes.unite((result, position), (head, position))
        touched |= values


def _tile_bytes(ops: Sequence[Operation], axes: _Axes, reduced: set[tuple[object, int]]) -> int:
    """Bytes of the smallest tile of every value that passes through the unified buffer."""
    values: dict[SSAValue, None] = {}
    for op in ops:
        inputs = () if is_contraction(op) else op.operands
        values |= dict.fromkeys(v for v in (*inputs, op.results[0]) if splat_of(v) is None)
    inner = 2 if any(is_contraction(op) for op in ops) else 1
    return sum(_value_bytes(v, axes, reduced, inner) for v in values)


def _value_bytes(value: SSAValue, axes: _Axes, reduced: set[tuple[object, int]], inner: int) -> int:
    """Reduced dimensions count whole, the `inner` last ones up to a fractal, others once."""
    shape = te.shape_of(value)
    sizes = [
        size
        if axes.find((value, p)) in reduced
        else min(size, FRACTAL if p >= len(shape) - inner else 1)
        for p, size in enumerate(shape)
    ]
    return math.prod(sizes) * element_bytes(te.element_of(value))

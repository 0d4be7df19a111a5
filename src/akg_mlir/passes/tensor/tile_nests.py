"""Tensor ops as the loop nests that `polyhedral.tile_groups` puts into tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.dialects.builtin import f32
from xdsl.ir import BlockArgument, Operation, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)

from akg_mlir.dialects import te
from akg_mlir.dialects.te.structured import Iterator
from akg_mlir.dialects.te.types import FRACTAL, element_bytes, fractal_depth
from akg_mlir.passes.tensor.gathers import looked_up_cycles
from akg_mlir.passes.tensor.host_values import stays_in_graph
from akg_mlir.passes.tensor.rewriting import splat_of
from akg_mlir.polyhedral.tile_group_parts import Step, Tensor
from akg_mlir.polyhedral.tile_spans import Access, Expression, Nest
from akg_mlir.targets.model import Target


@dataclass
class Steps:
    """The steps of a function's ops; every value has one tensor."""

    target: Target
    tensors: dict[SSAValue, Tensor] = field(default_factory=dict[SSAValue, Tensor])

    def of(self, op: Operation) -> Step:
        """The op as a step. Ops with no loops of their own count as copies of their result."""
        result = op.results[0]
        cube = isinstance(op, te.FractalMatmulOp | te.FractalConv2dOp)
        cut = isinstance(op, te.FractalConv2dOp) and cuts_rows(op, self.target)
        nest = _nest(op, cut)
        operands = tuple(
            None if splat_of(value) is not None or read is None else self.tensor(value)
            for value, read in zip(op.operands, nest.reads, strict=True)
        )
        return Step(nest, self.tensor(result), operands, self._cycles(op), cube)

    def tensor(self, value: SSAValue) -> Tensor:
        """The tensor of a value; given unless a kernel computes it."""
        if value not in self.tensors:
            given = isinstance(value, BlockArgument) or stays_in_graph(value.owner)
            bytes_ = element_bytes(te.element_of(value))
            self.tensors[value] = Tensor(te.shape_of(value), bytes_, given)
        return self.tensors[value]

    def _cycles(self, op: Operation) -> float:
        """Cycles of one instance: a share of a repeat, or of the cube's products per cycle."""
        if isinstance(op, te.FractalMatmulOp | te.FractalConv2dOp):
            cube = self.target.cube
            return 1 / (cube.m * cube.n * cube.k(2))
        if isinstance(op, te.GatherOp):
            cores, elements = self.target.cores, prod(te.shape_of(op.result))
            return looked_up_cycles(op, self.target) * cores / elements
        return element_bytes(te.element_of(op.results[0])) / self.target.vector.bytes_per_cycle


def cuts_rows(op: te.FractalConv2dOp, target: Target) -> bool:
    """Whether tiles hold parts of rows of points: a whole one takes more than half of a memory that
    results pass, in f32."""
    row = te.shape_of(op.results[0])[3] * FRACTAL * element_bytes(f32)
    return 2 * row > min(target.memories["l0c"], target.memories["ub"])


def _nest(op: Operation, cut: bool) -> Nest:
    if isinstance(op, te.StructuredOp):
        return _structured(op, cut)
    if isinstance(op, te.PackOp | te.UnpackOp):
        return _layout(op)
    if isinstance(op, te.PadOp):
        moved = tuple(Expression(((k, 1),), -low) for k, (low, _) in enumerate(op.amounts))
        reads = (moved if splat_of(op.operand) is None else None,)
        return Nest(te.shape_of(op.result), _identity(len(moved)), reads)
    if isinstance(op, te.ConcatOp):
        return _concatenation(op)
    if isinstance(op, te.GatherOp):
        return _gather(op)
    bounds = te.shape_of(op.results[0])
    identity = _identity(len(bounds))
    return Nest(bounds, identity, tuple(_whole(te.shape_of(v)) for v in op.operands))


def _concatenation(op: te.ConcatOp) -> Nest:
    """Every point reads the operand whose place it is: at most a tile of each."""
    shape = te.shape_of(op.result)
    reads: list[Access | None] = []
    for part, start in zip(op.parts, op.starts):
        offsets = [-start if k == op.dim else 0 for k in range(len(shape))]
        access = tuple(Expression(((k, 1),), offset) for k, offset in enumerate(offsets))
        reads.append(access if splat_of(part) is None else None)
    return Nest(shape, _identity(len(shape)), tuple(reads))


def _gather(op: te.GatherOp) -> Nest:
    """Tiles hold numbers and what lies at their places; the table stays in GM."""
    shape, dim, batches = te.shape_of(op.result), op.dim, op.batches
    inner = len(shape) - (len(te.shape_of(op.operand)) - dim - 1)
    identity = _identity(len(shape))
    return Nest(shape, identity, (None, (*identity[:batches], *identity[dim:inner])))


def _structured(op: te.StructuredOp, cut: bool) -> Nest:
    """`cut`: rows of points of a convolution on the cube may end in tiles."""
    count = len(op.bounds)
    reduced = frozenset(k for k in range(count) if op.iterators[k] == Iterator.REDUCTION)
    coarse = reduced
    if isinstance(op, te.FractalMatmulOp):
        coarse = frozenset({*reduced, count - 4, count - 3})
    if isinstance(op, te.FractalConv2dOp):
        coarse = frozenset({*reduced, 4} if cut else {*reduced, 3, 4})
    reads = tuple(
        None if splat_of(v) is not None else _access(m)
        for v, m in zip(op.operands, op.operand_maps)
    )
    return Nest(op.bounds, _access(op.result_map), reads, coarse, reduced)


def _layout(op: te.PackOp | te.UnpackOp) -> Nest:
    """A copy, iterated in the order of the fractals."""
    packing = isinstance(op, te.PackOp)
    packed = te.shape_of(op.result if packing else op.operand)
    plain = _plain(op.layout.data, len(packed), fractal_depth(te.element_of(op.result)))
    identity = _identity(len(packed))
    if packing:
        return Nest(packed, identity, (plain,))
    return Nest(packed, plain, (identity,))


def _plain(layout: te.Layout, rank: int, depth: int) -> Access:
    """Subscripts of the matrix (or vector) by packed iterators."""
    if layout == te.Layout.ROW:
        return (Expression(((0, FRACTAL), (rank - 1, 1))),)
    if layout == te.Layout.NC1HWC0:
        identity = _identity(rank - 1)
        return (identity[0], Expression(((1, FRACTAL), (rank - 1, 1))), *identity[2:])
    if layout == te.Layout.FRACTAL_Z:
        blocks = ((3, 4), (0, 5))
        pair = [Expression(((outer, FRACTAL), (inner, 1))) for outer, inner in blocks]
        return (*pair, *_identity(3)[1:])
    k1, side, lane, k0 = range(rank - 4, rank)
    matrix = (Expression(((side, FRACTAL), (lane, 1))), Expression(((k1, depth), (k0, 1))))
    return (*_identity(rank - 4), *(matrix if layout == te.Layout.NZ else matrix[::-1]))


def _identity(rank: int) -> Access:
    return tuple(Expression(((k, 1),)) for k in range(rank))


def _whole(shape: Sequence[int]) -> Access:
    """Subscripts of an op that may need anything of its operand."""
    return tuple(Expression(()) for _ in shape)


def _access(map_: AffineMap) -> Access:
    return tuple(_expression(e) for e in map_.results)


def _expression(expr: AffineExpr) -> Expression:
    terms: dict[int, int] = {}
    offset = _collect(expr, 1, terms)
    return Expression(tuple(sorted(terms.items())), offset)


def _collect(expr: AffineExpr, factor: int, terms: dict[int, int]) -> int:
    """Add the terms of `factor * expr`; returns its constant."""
    match expr:
        case AffineConstantExpr():
            return factor * expr.value
        case AffineDimExpr():
            terms[expr.position] = terms.get(expr.position, 0) + factor
            return 0
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Add):
            return _collect(expr.lhs, factor, terms) + _collect(expr.rhs, factor, terms)
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Mul, rhs=AffineConstantExpr(value=scale)):
            return _collect(expr.lhs, factor * scale, terms)
        case _:
            raise ValueError(f"a subscript that is no sum of scaled iterators: {expr}")

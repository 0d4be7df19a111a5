"""Compute without dimensions of size 1 that say nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import Expression, erase_dead, functions, with_operands

Place = tuple[SSAValue, int]
"""A dimension of a value."""
Flexible = te.ElementwiseOp | te.ReduceOp | te.SliceOp | te.PadOp | te.TransposeOp


@dataclass(frozen=True)
class TeDropUnitDims(ModulePass):
    """Compute without dimensions of size 1 that say nothing.

    A batch of one in front of all values, or a dimension that an index left behind, comes with a
    reshape wherever an op does without, and a reshape is a border between kernels. Element-wise
    ops, reductions, slices, padding and transpositions from or to a last dimension of size 1 lose
    such dimensions where all of them that share one can: around them are given values, results and
    other reshapes. What broadcasts keeps its own, as do products, windows and all else.
    """

    name = "te-drop-unit-dims"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in functions(op):
            _drop(function.body.block)
        erase_dead(op)


def _drop(block: Block) -> None:
    ops = [op for op in block.ops if isinstance(op, Flexible)]
    dims = _UnitDims(block)
    wanted = {op: [dims.kept(value) for value in (*op.operands, op.results[0])] for op in ops}
    seen: dict[tuple[SSAValue, tuple[int, ...]], SSAValue] = {}

    def without(e: Expression, value: SSAValue, kept: Sequence[int]) -> SSAValue:
        shape = tuple(te.shape_of(value)[dim] for dim in kept)
        source = value.owner.operand if isinstance(value.owner, te.ReshapeOp) else value
        if (source, shape) not in seen:
            seen[source, shape] = e.reshaped(source, shape)
        return seen[source, shape]

    for op in ops:
        kept = wanted[op]
        if all(len(k) == len(te.shape_of(v)) for k, v in zip(kept, (*op.operands, op.results[0]))):
            continue
        e = Expression(op)
        operands = [without(e, value, k) for value, k in zip(op.operands, kept)]
        rebuilt = _rebuilt(op, operands, kept[0])
        rebuilt.attributes |= op.attributes
        e.finish(e.reshaped(e(rebuilt), te.shape_of(op.results[0])))


def _rebuilt(op: Flexible, operands: Sequence[SSAValue], kept: Sequence[int]) -> Operation:
    """The op on operands of which it keeps those dimensions of the first one."""
    match op:
        case te.ReduceOp():
            axes = [place for place, dim in enumerate(kept) if dim in op.dims]
            return te.ReduceOp(op.kind.data, operands[0], axes, op.keepdims is not None)
        case te.SliceOp():
            ranges = [op.ranges[dim] for dim in kept]
            starts, steps = [r.start for r in ranges], [r.step for r in ranges]
            return te.SliceOp(operands[0], starts, [len(r) for r in ranges], steps)
        case te.PadOp():
            low, high = zip(*(op.amounts[dim] for dim in kept))
            return te.PadOp(operands[0], low, high, op.value.value.data)
        case te.TransposeOp():
            return te.TransposeOp(
                operands[0], [kept.index(dim) for dim in op.permutation if dim in kept]
            )
        case _:
            return with_operands(op, operands)


@dataclass
class _UnitDims:
    """Dimensions of size 1 of the values of a block, in classes that stay or go together."""

    block: Block
    _parent: dict[Place, Place] = field(default_factory=dict[Place, Place])
    _staying: set[Place] = field(default_factory=set[Place])

    def __post_init__(self) -> None:
        for op in self.block.ops:
            match op:
                case te.ElementwiseOp():
                    for value in op.operands:
                        self._tie(value, op.results[0], _aligned(value, op.results[0]))
                case te.ReduceOp():
                    self._tie(op.operand, op.result, _left(op))
                case te.SliceOp() | te.PadOp():
                    self._tie(op.operand, op.result, range(len(te.shape_of(op.operand))))
                case te.TransposeOp():
                    places = [op.permutation.index(dim) for dim in range(len(op.permutation))]
                    self._tie(op.operand, op.result, places)
                    last = len(places) - 1
                    inner = (d for d, place in enumerate(places) if last not in (d, place))
                    self._stay((op.operand, dim) for dim in inner)
                case te.ReshapeOp() | te.ConstantOp() | ReturnOp():
                    pass
                case _:
                    for value in _tensors((*op.operands, *op.results)):
                        self._stay((value, dim) for dim in range(len(te.shape_of(value))))
        for value in self._values():
            if te.shape_of(value) and max(te.shape_of(value)) == 1:
                self._stay([(value, len(te.shape_of(value)) - 1)])
        self._staying = {self._find(place) for place in self._staying}

    def kept(self, value: SSAValue) -> list[int]:
        """The dimensions of a value that do not go."""
        shape = te.shape_of(value)
        return [
            dim
            for dim, size in enumerate(shape)
            if size != 1 or self._find((value, dim)) in self._staying
        ]

    def _values(self) -> Iterable[SSAValue]:
        yield from _tensors(self.block.args)
        for op in self.block.ops:
            yield from _tensors(op.results)

    def _tie(self, operand: SSAValue, result: SSAValue, places: Iterable[int | None]) -> None:
        """Dimension `k` of an operand is the result's `places[k]`, or none of them."""
        sizes, taken = te.shape_of(result), set[int]()
        for dim, place in enumerate(places):
            if te.shape_of(operand)[dim] == 1 and place is not None and sizes[place] == 1:
                self._parent[self._find((operand, dim))] = self._find((result, place))
                taken.add(place)
            else:
                self._stay([(operand, dim)])
        if not isinstance(result.owner, te.ElementwiseOp):
            self._stay((result, place) for place in range(len(sizes)) if place not in taken)

    def _stay(self, places: Iterable[Place]) -> None:
        self._staying.update(places)

    def _find(self, place: Place) -> Place:
        while self._parent.setdefault(place, place) != place:
            place = self._parent[place]
        return place


def _tensors(values: Iterable[SSAValue]) -> Iterable[SSAValue]:
    """Without buffers and numbers, which loops that others write compute with."""
    return (value for value in values if isinstance(value.type, TensorType))


def _aligned(operand: SSAValue, result: SSAValue) -> range:
    """The dimensions of a result that those of an operand broadcast along."""
    rank = len(te.shape_of(result))
    return range(rank - len(te.shape_of(operand)), rank)


def _left(op: te.ReduceOp) -> list[int | None]:
    """The dimensions of the result that are those of the operand, None for those reduced."""
    rank = range(len(te.shape_of(op.operand)))
    if op.keepdims is not None:
        return [None if dim in op.dims else dim for dim in rank]
    left = [dim for dim in rank if dim not in op.dims]
    return [left.index(dim) if dim in left else None for dim in rank]

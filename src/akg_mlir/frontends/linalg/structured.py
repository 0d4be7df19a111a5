"""One view of all linalg structured ops: operands, access maps, iterators and a scalar body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, TensorType, UnregisteredOp
from xdsl.dialects.linalg.abstract_ops import LinalgStructuredOperation
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.dialects.linalg.ops import BroadcastOp, ReduceOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineConstantExpr, AffineDimExpr, AffineMap
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError

GENERALISE = "run `mlir-opt-19 --linalg-generalize-named-ops --mlir-print-op-generic` first"

# Named ops that xDSL does not know and whose access maps are all the identity.
_ELEMENTWISE = frozenset(
    f"linalg.{name}"
    for name in ("abs", "div", "erf", "negf", "powf", "reciprocal", "rsqrt", "square", "tanh")
)


@dataclass(frozen=True)
class Structured:
    """A structured op: for each point of `bounds`, `body` on the elements at `maps`.

    `inputs` and `outputs` are its operands, `maps` one access map for each in that order;
    `reductions` are the dimensions that are reduction iterators.
    """

    op: Operation
    inputs: tuple[SSAValue, ...]
    outputs: tuple[SSAValue, ...]
    maps: tuple[AffineMap, ...]
    reductions: frozenset[int]
    bounds: tuple[int, ...]
    body: Block

    def dims(self, operand: int) -> list[int | None]:
        """Per dimension of the operand the loop that runs over it; None where the index is 0."""
        return [
            expr.position if isinstance(expr, AffineDimExpr) else None
            for expr in self.maps[operand].results
        ]


def view(op: Operation) -> Structured | None:
    """The structured view of a linalg op on tensors; None for ops that are not structured.

    Raises CompileError for access maps that are not projected permutations with broadcasts, for
    dynamic sizes and for ops on buffers.
    """
    parts = _parts(op)
    if parts is None:
        return None
    inputs, outputs, maps, reductions, body = parts
    for value in (*inputs, *outputs):
        if not isa(value.type, TensorType) and value in outputs:
            raise CompileError(
                f"works on {value.type}; only linalg on tensors is imported",
                op,
                hint="import before bufferization",
            )
    bounds = _bounds(op, (*inputs, *outputs), maps)
    return Structured(op, inputs, outputs, maps, reductions, bounds, body)


_Parts = tuple[
    tuple[SSAValue, ...],
    tuple[SSAValue, ...],
    tuple[AffineMap, ...],
    frozenset[int],
    Block,
]


def _parts(op: Operation) -> _Parts | None:
    if isinstance(op, LinalgStructuredOperation):
        maps = tuple(attr.data for attr in op.get_indexing_maps())
        kinds = [attr.data for attr in op.get_iterator_types()]
        if any(kind == IteratorType.WINDOW for kind in kinds):
            raise CompileError("window iterators are not supported", op)
        reductions = frozenset(i for i, k in enumerate(kinds) if k == IteratorType.REDUCTION)
        return tuple(op.inputs), tuple(op.outputs), maps, reductions, op.body.block
    if isinstance(op, BroadcastOp):
        added = op.dimensions.get_values()
        rank = _rank(op.init)
        kept = [dim for dim in range(rank) if dim not in added]
        maps = (_projection(rank, kept), AffineMap.identity(rank))
        return (op.input,), (op.init,), maps, frozenset(), op.hidden_region.block
    if isinstance(op, ReduceOp):
        rank = _rank(op.input)
        reduced = frozenset(op.dimensions.get_values())
        kept = [dim for dim in range(rank) if dim not in reduced]
        maps = (AffineMap.identity(rank), _projection(rank, kept))
        return (op.input,), (op.init,), maps, reduced, op.region.block
    if isinstance(op, UnregisteredOp) and op.op_name.data.startswith("linalg."):
        return _unregistered(op)
    return None


def _unregistered(op: UnregisteredOp) -> _Parts:
    """A named op that xDSL does not know, in generic form: it carries its body, maybe its maps."""
    name = op.op_name.data
    maps = op.attributes.get("linalg.memoized_indexing_maps")
    operands = tuple(op.operands)
    outputs = operands[len(operands) - len(op.results) :]
    inputs = operands[: len(operands) - len(op.results)]
    if len(op.regions) != 1 or not outputs:
        raise CompileError(f"{name} is not supported", op, hint=GENERALISE)
    if isa(maps, ArrayAttr[AffineMapAttr]) and len(maps) == len(operands):
        found = tuple(attr.data for attr in maps)
        written = {dim for m in found[len(inputs) :] for dim in m.used_dims()}
        reductions = frozenset(range(found[0].num_dims)) - written
        return inputs, outputs, found, reductions, op.regions[0].block
    if name in _ELEMENTWISE:
        identity = AffineMap.identity(_rank(outputs[0]))
        return inputs, outputs, (identity,) * len(operands), frozenset(), op.regions[0].block
    raise CompileError(f"{name} is not supported", op, hint=GENERALISE)


def _projection(rank: int, dims: Sequence[int]) -> AffineMap:
    return AffineMap(rank, 0, tuple(AffineDimExpr(dim) for dim in dims))


def _rank(value: SSAValue) -> int:
    assert isa(value.type, TensorType)
    return value.type.get_num_dims()


def _bounds(
    op: Operation, operands: Sequence[SSAValue], maps: Sequence[AffineMap]
) -> tuple[int, ...]:
    """Loop sizes, read from the operand dimensions that each loop alone runs over."""
    sizes: dict[int, int] = {}
    for value, access in zip(operands, maps, strict=True):
        shape = value.type.get_shape() if isa(value.type, TensorType) else ()
        dims = [e.position for e in access.results if isinstance(e, AffineDimExpr)]
        if len(set(dims)) != len(dims):
            raise CompileError(
                f"the access map {access} reads a diagonal", op, hint="use each dimension once"
            )
        for expr, size in zip(access.results, shape, strict=True):
            if size < 0:
                raise CompileError(
                    f"{value.type} has dynamic sizes", op, hint="shapes must be static"
                )
            if isinstance(expr, AffineDimExpr):
                sizes.setdefault(expr.position, size)
            elif not (isinstance(expr, AffineConstantExpr) and expr.value == 0 and size == 1):
                raise CompileError(
                    f"the access map {access} is neither a permutation nor a broadcast",
                    op,
                    hint="each result must be a dimension, or 0 where the size is 1",
                )
    loops = range(maps[0].num_dims)
    if len(sizes) < len(loops):
        raise CompileError("has a loop that no operand gives a size", op)
    return tuple(sizes[dim] for dim in loops)

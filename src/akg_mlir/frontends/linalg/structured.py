"""One view of all linalg structured ops: operands, subscripts, iterators and a scalar body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, TensorType, UnregisteredOp
from xdsl.dialects.linalg.abstract_ops import LinalgStructuredOperation
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.dialects.linalg.ops import BroadcastOp, ReduceOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError, name_of
from akg_mlir.frontends.linalg.named import Kind, attribute_of, named_nest
from akg_mlir.frontends.linalg.subscripts import Access, access_of, along, bounds_of

GENERALISE = "run `mlir-opt-19 --linalg-generalize-named-ops --mlir-print-op-generic` first"

# Named ops that xDSL does not know, that carry their body and are indexed by the identity.
_ELEMENTWISE = frozenset(
    f"linalg.{name}"
    for name in (
        "abs ceil div elementwise erf floor map negf powf reciprocal round rsqrt square tanh"
    ).split()
)


@dataclass(frozen=True)
class Structured:
    """A structured op: for each point of `bounds`, `body` on the elements at `accesses`.

    `inputs` and `outputs` are its operands, `accesses` one for each in that order; `reductions`
    are the loops that are reduction iterators. Where the name of the op says what it computes,
    `kind` does and `body` is None.
    """

    op: Operation
    inputs: tuple[SSAValue, ...]
    outputs: tuple[SSAValue, ...]
    accesses: tuple[Access, ...]
    reductions: frozenset[int]
    bounds: tuple[int, ...]
    body: Block | None
    kind: Kind | None = None

    @property
    def operands(self) -> tuple[SSAValue, ...]:
        """Inputs, then outputs."""
        return (*self.inputs, *self.outputs)

    @property
    def parallel(self) -> list[int]:
        """The loops that are no reductions."""
        return [loop for loop in range(len(self.bounds)) if loop not in self.reductions]


@dataclass(frozen=True)
class _Parts:
    inputs: Sequence[SSAValue]
    outputs: Sequence[SSAValue]
    accesses: Sequence[Access]
    reductions: frozenset[int]
    body: Block | None
    count: int
    kind: Kind | None = None


def view(op: Operation) -> Structured | None:
    """The structured view of a linalg op on tensors; None for ops that are not structured.

    Raises CompileError for access maps with divisions, for dynamic sizes and for ops on buffers.
    """
    parts = _parts(op)
    if parts is None:
        return None
    for value in parts.outputs:
        if not isa(value.type, TensorType):
            raise CompileError(
                f"works on {value.type}; only linalg on tensors is imported",
                op,
                hint="import before bufferization",
            )
    operands = (*parts.inputs, *parts.outputs)
    if len(operands) != len(parts.accesses):
        raise CompileError(
            f"has {len(parts.accesses)} access maps for {len(operands)} operands",
            op,
            hint="one map per operand is expected",
        )
    bounds = bounds_of(op, parts.count, [_shape(v) for v in operands], parts.accesses)
    return Structured(
        op,
        tuple(parts.inputs),
        tuple(parts.outputs),
        tuple(parts.accesses),
        parts.reductions,
        bounds,
        parts.body,
        parts.kind,
    )


def _parts(op: Operation) -> _Parts | None:
    name = name_of(op)
    if not name.startswith("linalg."):
        return None
    named = named_nest(op, name.removeprefix("linalg."))
    if named is not None:
        return _named(op, named.accesses, named.reductions, named.count, named.kind)
    if isinstance(op, LinalgStructuredOperation):
        maps = [attr.data for attr in op.get_indexing_maps()]
        kinds = [attr.data for attr in op.get_iterator_types()]
        if any(kind == IteratorType.WINDOW for kind in kinds):
            raise CompileError("window iterators are not supported", op, hint="use reduction")
        reductions = frozenset(i for i, k in enumerate(kinds) if k == IteratorType.REDUCTION)
        accesses = _accesses(op, maps, len(kinds))
        return _Parts(op.inputs, op.outputs, accesses, reductions, op.body.block, len(kinds))
    if isinstance(op, BroadcastOp):
        added = op.dimensions.get_values()
        whole = _identity(op.init)
        kept = tuple(along(dim) for dim in range(len(whole)) if dim not in added)
        body = op.hidden_region.block
        return _Parts([op.input], [op.init], [kept, whole], frozenset(), body, len(whole))
    if isinstance(op, ReduceOp):
        reduced = frozenset(op.dimensions.get_values())
        whole = _identity(op.input)
        kept = tuple(along(dim) for dim in range(len(whole)) if dim not in reduced)
        return _Parts([op.input], [op.init], [whole, kept], reduced, op.region.block, len(whole))
    return _unregistered(op, name)


def _named(
    op: Operation, accesses: Sequence[Access], reductions: frozenset[int], count: int, kind: Kind
) -> _Parts:
    """A named op; maps that it prints itself take the place of the usual ones."""
    maps = attribute_of(op, "indexing_maps")
    if isa(maps, ArrayAttr[AffineMapAttr]) and len(maps):
        found = [attr.data for attr in maps]
        count = found[0].num_dims
        accesses = _accesses(op, found, count)
        written = {loop for subscript in accesses[-1] for loop in subscript.scales}
        reductions = frozenset(range(count)) - written
    operands = tuple(op.operands)
    if len(operands) != len(accesses):
        raise CompileError(
            f"has {len(operands)} operands, takes {len(accesses)}", op, hint=GENERALISE
        )
    return _Parts(operands[:-1], operands[-1:], accesses, reductions, None, count, kind)


def _unregistered(op: Operation, name: str) -> _Parts | None:
    """An op that xDSL does not know, in generic form: it carries its body."""
    if not isinstance(op, UnregisteredOp):
        return None
    results = len(op.results)
    inputs, outputs = op.operands[:-results], op.operands[-results:]
    if name in _ELEMENTWISE and len(op.regions) == 1 and op.regions[0].blocks and outputs:
        whole = _identity(outputs[0])
        accesses = [whole] * len(op.operands)
        body = op.regions[0].block
        return _Parts(inputs, outputs, accesses, frozenset(), body, len(whole))
    return None


def _accesses(op: Operation, maps: Sequence[AffineMap], count: int) -> list[Access]:
    if any(map_.num_dims != count or map_.num_symbols for map_ in maps):
        raise CompileError(
            "has access maps of different loops", op, hint=f"each must be of {count} dimensions"
        )
    return [access_of(map_, op) for map_ in maps]


def _identity(value: SSAValue) -> Access:
    return tuple(along(dim) for dim in range(len(_shape(value))))


def _shape(value: SSAValue) -> Sequence[int]:
    return value.type.get_shape() if isa(value.type, TensorType) else ()

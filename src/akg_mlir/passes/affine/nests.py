"""Building `affine.for` nests over boxes, with accesses whose maps use dimensions only."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects import affine
from xdsl.dialects.builtin import (
    AffineMapAttr,
    AffineSetAttr,
    IndexType,
    LocationAttr,
    MemRefType,
    StringAttr,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineConstraintExpr,
    AffineConstraintKind,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
    AffineSet,
)
from xdsl.rewriter import InsertPoint
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.affine_syntax import IfOp
from akg_mlir.dialects.lookup import LookupOp

REDUCTION = "poly.reduction"
"""Attribute of the outermost loop of a nest whose stores accumulate: the reduction's kind."""

_NAMES = "ijklmnpqrs"

Range = tuple[int, int]
"""First and past-the-last value of a loop counter."""


class Nest:
    """A perfect nest over a box; ops are inserted into its innermost loop, stores last."""

    def __init__(
        self,
        builder: Builder,
        ranges: Sequence[Range],
        location: LocationAttr,
        reduction: str | None = None,
    ) -> None:
        self.location = location
        self.counters: list[SSAValue] = []
        self._builder = builder
        self._loads: dict[tuple[SSAValue, AffineMapAttr, tuple[SSAValue, ...]], SSAValue] = {}
        # a scalar is a box of one point, too
        for depth, (low, high) in enumerate(ranges or [(0, 1)]):
            block = Block(arg_types=[IndexType()])
            block.args[0].name_hint = _NAMES[depth] if depth < len(_NAMES) else f"i{depth}"
            self.counters.append(block.args[0])
            loop = affine.ForOp.from_region([], [], [], [], low, high, Region(block))
            if reduction is not None and depth == 0:
                loop.attributes[REDUCTION] = StringAttr(reduction)
            self.insert(loop)
            self._builder = Builder(InsertPoint.at_end(block))
            end = self.insert(affine.YieldOp.get())
            self._builder = Builder(InsertPoint.before(end))

    @property
    def builder(self) -> Builder:
        """Inserts into the innermost loop."""
        return self._builder

    def insert(self, op: Operation) -> Operation:
        """Insert an op at the nest's location."""
        op.location = self.location
        return self._builder.insert(op)

    def only_inside(self, positions: Sequence[tuple[AffineExpr, int]]) -> None:
        """What is inserted from now on executes only where each expression over the counters is
        at least 0 and below its size."""
        rank = len(self.counters)
        zero, at_least = AffineExpr.constant(0), AffineConstraintKind.ge
        constraints = tuple(
            AffineConstraintExpr(at_least, bound.simplify(rank, 0), zero)
            for expression, size in positions
            for bound in (expression, expression * -1 + (size - 1))
        )
        block = Block()
        branch = IfOp.create(
            operands=self.counters,
            properties={"condition": AffineSetAttr(AffineSet(rank, 0, constraints))},
            regions=[Region(block), Region()],
        )
        self.insert(branch)
        self._builder = Builder(InsertPoint.at_end(block))
        end = self.insert(affine.YieldOp.get())
        self._builder = Builder(InsertPoint.before(end))

    def load(self, source: SSAValue, map_: AffineMap) -> SSAValue:
        """The element of `source` at `map_` of the loop counters, loaded once."""
        subscripts, operands = self._subscripts(map_)
        key = source, subscripts, tuple(operands)
        if key not in self._loads:
            element = memref_type(source).element_type
            load = affine.LoadOp(source, operands, subscripts, element)
            self._loads[key] = self.insert(load).results[0]
        return self._loads[key]

    def look_up(
        self, table: SSAValue, map_: AffineMap, place: SSAValue, dim: int, *, from_end: bool
    ) -> SSAValue:
        """The element of `table` at `map_` of the loop counters and, along `dim`, at a place."""
        subscripts, operands = self._subscripts(map_)
        lookup = LookupOp(table, place, operands, subscripts, dim, from_end=from_end)
        return self.insert(lookup).results[0]

    def store(self, value: SSAValue, target: SSAValue, map_: AffineMap) -> None:
        """Write the element of `target` at `map_` of the loop counters."""
        subscripts, operands = self._subscripts(map_)
        self.insert(affine.StoreOp(value, target, operands, subscripts))

    def _subscripts(self, map_: AffineMap) -> tuple[AffineMapAttr, list[SSAValue]]:
        """The map on the counters it uses, in order of appearance, as the parser makes it."""
        used = list(dict.fromkeys(d for e in map_.results for d in _dims(e)))
        place = {dim: AffineExpr.dimension(n) for n, dim in enumerate(used)}
        unused = AffineExpr.constant(0)
        new = [place.get(dim, unused) for dim in range(map_.num_dims)]
        results = tuple(e.replace_dims_and_symbols(new, []) for e in map_.results)
        narrow = AffineMap(len(used), 0, results)
        return AffineMapAttr(narrow), [self.counters[dim] for dim in used]


def _dims(expr: AffineExpr) -> list[int]:
    if isinstance(expr, AffineDimExpr):
        return [expr.position]
    if isinstance(expr, AffineBinaryOpExpr):
        return _dims(expr.lhs) + _dims(expr.rhs)
    return []


def memref_type(value: SSAValue) -> MemRefType[Attribute]:
    """The type of a value that is a buffer. Raises `CompileError` for others."""
    if not isa(value.type, MemRefType):
        raise CompileError(f"expected a memref, got {value.type}")
    return value.type

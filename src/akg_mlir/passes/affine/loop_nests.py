"""Reading `affine.for` nests: which stores run where, over which counters, in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import IntegerAttr, StringAttr
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineConstraintKind, AffineExpr, AffineMap

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.lookup import LookupOp
from akg_mlir.passes.affine.statements import affine_text

REDUCTION_ATTRIBUTE = "poly.reduction"
_ISL_WORDS = frozenset("and or not exists mod floor ceil floord ceild min max implies rat".split())


@dataclass(frozen=True)
class Scope:
    """What surrounds an op, from the outside in.

    `counters` gives every loop counter as an expression of the dimensions; a dimension counts the
    iterations of one loop (it is the counter itself when the step is one).
    """

    dims: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    counters: dict[SSAValue, AffineExpr] = field(default_factory=dict[SSAValue, AffineExpr])
    reduction: str | None = None

    def expression(self, value: SSAValue) -> AffineExpr | None:
        """`value` as an affine expression of the dimensions, if it is one."""
        if value in self.counters:
            return self.counters[value]
        owner = value.owner
        if isinstance(owner, affine.ApplyOp):
            return self.results(owner.map.data, owner.mapOperands, owner)[0]
        if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr):
            return AffineExpr.constant(owner.value.value.data)
        return None

    def results(
        self, map_: AffineMap, operands: Sequence[SSAValue], op: Operation
    ) -> tuple[AffineExpr, ...]:
        """The map's results as expressions of the dimensions. Raises `CompileError`."""
        known = [self.expression(v) for v in operands]
        if any(e is None for e in known):
            position = known.index(None)
            raise CompileError(
                f"operand {position} of the affine map {map_} is not affine in the loop counters",
                op,
                hint="compute it with affine.apply from affine.for counters and constants",
            )
        exprs = [e for e in known if e is not None]
        dims, symbols = exprs[: map_.num_dims], exprs[map_.num_dims :]
        results = tuple(r.replace_dims_and_symbols(dims, symbols) for r in map_.results)
        for result in results:
            if not result.is_pure_affine():
                raise CompileError(f"{result} is not affine: it multiplies or divides counters", op)
        return results

    def text(self, expr: AffineExpr) -> str:
        """The expression in isl syntax."""
        return affine_text(expr, list(self.dims))

    def texts(self, map_: AffineMap, operands: Sequence[SSAValue], op: Operation) -> list[str]:
        """The map's results in isl syntax; operands may also be minima. Raises `CompileError`."""
        if not any(isinstance(v.owner, affine.MinOp) for v in operands):
            return [self.text(e) for e in self.results(map_, operands, op)]
        names: list[str] = []
        for value in operands:
            if isinstance(value.owner, affine.MinOp):
                minimum = value.owner
                parts = self.texts(minimum.map.data, minimum.arguments, minimum)
                names.append(f"min({', '.join(parts)})" if len(parts) > 1 else parts[0])
            else:
                (one,) = self.results(AffineMap.identity(1), [value], op)
                names.append(self.text(one))
        dims = [AffineExpr.dimension(d) for d in range(len(names))]
        exprs = [
            e.replace_dims_and_symbols(dims[: map_.num_dims], dims[map_.num_dims :])
            for e in map_.results
        ]
        for expr in exprs:
            if not expr.is_pure_affine():
                raise CompileError(f"{expr} is not affine: it multiplies or divides counters", op)
        return [affine_text(e, [f"({name})" for name in names]) for e in exprs]


@dataclass(frozen=True)
class Leaf:
    """One store, and where it runs."""

    store: affine.StoreOp
    scope: Scope


@dataclass(frozen=True)
class Loop:
    """A loop over dimension number `depth`, with what it repeats in textual order."""

    depth: int
    items: tuple[Item, ...]


Item = Loop | Leaf


def read_block(block: Block, scope: Scope) -> tuple[Item, ...]:
    """Loops and stores of a block in textual order.

    Pure ops and loads are not listed: they belong to the stores that use them. Raises
    `CompileError` for ops that no statement can hold.
    """
    items: list[Item] = []
    for op in block.ops:
        match op:
            case affine.ForOp():
                inside = _inside_loop(op, scope)
                items.append(Loop(len(scope.dims), read_block(op.body.block, inside)))
            case affine.IfOp():
                items.extend(_read_if(op, scope))
            case affine.StoreOp():
                items.append(Leaf(op, scope))
            case _:
                _check_sliceable(op)
    return tuple(items)


def is_pure(op: Operation) -> bool:
    """Whether the op only computes results from operands."""
    return not op.regions and op.name.partition(".")[0] in ("arith", "math")


def _check_sliceable(op: Operation) -> None:
    sliceable = (affine.LoadOp, LookupOp, affine.ApplyOp, affine.MinOp, affine.YieldOp)
    if is_pure(op) or isinstance(op, sliceable):
        return
    raise CompileError(
        "cannot be part of a polyhedral statement",
        op,
        hint="affine.for, affine.if, affine.load, affine.store, affine.apply and pure arith and "
        "math ops are accepted",
    )


def _inside_loop(op: affine.ForOp, scope: Scope) -> Scope:
    counter = op.body.block.args[0]
    name = _dimension_name(counter, scope.dims)
    dim = AffineExpr.dimension(len(scope.dims))
    lower = scope.texts(op.lowerBoundMap.data, op.lowerBoundOperands, op)
    upper = scope.texts(op.upperBoundMap.data, op.upperBoundOperands, op)
    step = op.step.value.data
    inner = replace(scope, dims=(*scope.dims, name))
    value, starts = dim, [f"{e} <= {name}" for e in lower]
    if step < 1:
        raise CompileError(f"step {step}", op, hint="steps are positive")
    if step > 1:
        value, starts = _stepping(op, scope, dim, step, name, lower)
    ends = [f"{inner.text(value)} < {e}" for e in upper]
    return replace(
        inner,
        constraints=(*scope.constraints, *starts, *ends),
        counters={**scope.counters, counter: value},
        reduction=_declared_reduction(op, scope.reduction),
    )


def _stepping(
    op: affine.ForOp, scope: Scope, dim: AffineExpr, step: int, name: str, lower: list[str]
) -> tuple[AffineExpr, list[str]]:
    """The counter and the start of a loop with a step: it counts iterations where it can."""
    minima = any(isinstance(v.owner, affine.MinOp) for v in op.lowerBoundOperands)
    if len(lower) == 1 and not minima:
        (first,) = scope.results(op.lowerBoundMap.data, op.lowerBoundOperands, op)
        return first + dim * step, [f"0 <= {name}"]
    start = f"max({', '.join(lower)})" if len(lower) > 1 else lower[0]
    return dim, [f"{start} <= {name}", f"({name} - {start}) mod {step} = 0"]


def _declared_reduction(op: affine.ForOp, outer: str | None) -> str | None:
    declared = op.attributes.get(REDUCTION_ATTRIBUTE)
    return declared.data if isinstance(declared, StringAttr) else outer


def _dimension_name(counter: SSAValue, taken: tuple[str, ...]) -> str:
    hint = counter.name_hint or ""
    if re.fullmatch(r"[a-z]\w*", hint) and hint not in _ISL_WORDS and hint not in taken:
        return hint
    return f"i{len(taken)}"


_COMPARISONS = {
    AffineConstraintKind.ge: ">=",
    AffineConstraintKind.le: "<=",
    AffineConstraintKind.eq: "=",
}


def _read_if(op: affine.IfOp, scope: Scope) -> tuple[Item, ...]:
    condition = op.condition.data
    parts: list[str] = []
    for constraint in condition.constraints:
        map_ = AffineMap(
            condition.num_dims, condition.num_symbols, (constraint.lhs, constraint.rhs)
        )
        left, right = scope.texts(map_, op.args, op)
        parts.append(f"{left} {_COMPARISONS[constraint.kind]} {right}")
    inside = replace(scope, constraints=(*scope.constraints, *parts))
    items = read_block(op.then_region.block, inside)
    for block in op.else_region.blocks:
        outside = f"not ({' and '.join(parts)})" if parts else "false"
        items += read_block(block, replace(scope, constraints=(*scope.constraints, outside)))
    return items

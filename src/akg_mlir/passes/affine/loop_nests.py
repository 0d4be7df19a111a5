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
    if is_pure(op) or isinstance(op, (affine.LoadOp, affine.ApplyOp, affine.YieldOp)):
        return
    raise CompileError(
        "cannot be part of a polyhedral statement",
        op,
        hint="affine.for, affine.if, affine.load, affine.store, affine.apply and pure arith and "
        "math ops are accepted",
    )


def _inside_loop(op: affine.ForOp, scope: Scope) -> Scope:
    if op.results:
        raise CompileError(
            "a loop that carries values is not affine", op, hint="carry the value in a memref"
        )
    counter = op.body.block.args[0]
    name = _dimension_name(counter, scope.dims)
    dim = AffineExpr.dimension(len(scope.dims))
    lower = scope.results(op.lowerBoundMap.data, op.lowerBoundOperands, op)
    upper = scope.results(op.upperBoundMap.data, op.upperBoundOperands, op)
    step = op.step.value.data
    inner = replace(scope, dims=(*scope.dims, name))
    if step == 1:
        value, starts = dim, [f"{inner.text(e)} <= {name}" for e in lower]
    elif step > 1 and len(lower) == 1:
        value, starts = lower[0] + dim * step, [f"0 <= {name}"]
    else:
        raise CompileError(
            f"step {step} with {len(lower)} lower bounds",
            op,
            hint="steps are positive, and a step other than 1 takes a single lower bound",
        )
    ends = [f"{inner.text(value)} < {inner.text(e)}" for e in upper]
    return replace(
        inner,
        constraints=(*scope.constraints, *starts, *ends),
        counters={**scope.counters, counter: value},
        reduction=_declared_reduction(op, scope.reduction),
    )


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
    otherwise = [o for b in op.else_region.blocks for o in b.ops]
    if op.results or any(not isinstance(o, affine.YieldOp) for o in otherwise):
        raise CompileError("affine.if with results or an else branch", op, hint="split it in two")
    condition = op.condition.data
    parts: list[str] = []
    for constraint in condition.constraints:
        map_ = AffineMap(
            condition.num_dims, condition.num_symbols, (constraint.lhs, constraint.rhs)
        )
        left, right = scope.results(map_, op.args, op)
        parts.append(f"{scope.text(left)} {_COMPARISONS[constraint.kind]} {scope.text(right)}")
    inside = replace(scope, constraints=(*scope.constraints, *parts))
    return read_block(op.then_region.block, inside)

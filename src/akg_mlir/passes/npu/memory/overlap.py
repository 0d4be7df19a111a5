"""Can two accesses touch the same byte in given iterations? Exact, by arithmetic or by isl."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import islpy as isl
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IndexType
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from akg_mlir.passes.npu.memory import distance
from akg_mlir.passes.npu.memory.distance import Ranges, is_shared
from akg_mlir.passes.npu.memory.footprint import Access, Box
from akg_mlir.passes.npu.memory.linear import Floor, Interval, Linear, bounds, linear_of

Namer = Callable[[SSAValue], str]


def byte_range(access: Access) -> tuple[int | None, int | None]:
    """First and last-plus-one byte over all iterations; None where unknown."""
    base, (low, high) = bounds(access.base), access.span
    return (
        None if base.low is None else base.low + low,
        None if base.high is None else base.high + high,
    )


def meet(
    first: Access,
    second: Access,
    shared: Sequence[scf.ForOp],
    carrier: scf.ForOp | None,
    ranges: Ranges | None = None,
) -> bool:
    """Whether two accesses with offsets in the same memory can touch a common byte.

    The iterations of the loops in `shared` are the same for both; in `carrier` (the next loop
    inwards) the first access happens in an earlier iteration than the second; all other loops
    are free. The answer no is a proof; when isl gives up it is yes.
    `ranges` saves questions where many are asked about one kernel.
    """
    known = distance.meet(first, second, shared, carrier, ranges or Ranges())
    return meet_by_isl(first, second, shared, carrier) if known is None else known


def meet_by_isl(
    first: Access, second: Access, shared: Sequence[scf.ForOp], carrier: scf.ForOp | None
) -> bool:
    """As `meet`, by an emptiness test."""
    system = _System({loop.body.block for loop in shared})
    x, y = system.side("x"), system.side("y")
    order = None if carrier is None else _order(carrier, x, y)
    return any(
        _intersect(system, first, a, second, b, x, y, order)
        for a in first.boxes
        for b in second.boxes
    )


def leaves(access: Access, size: int, op: Operation) -> bool:
    """Whether an access of `op` can touch a byte outside 0 .. size-1 of its buffer or tensor.

    Exact for affine loop bounds and branches on them; an offset of unknown origin counts as in
    range, and so does one that isl gives up on (the machine checks every address as well).
    """
    low, high = byte_range(access)
    if low is not None and low >= 0 and high is not None and high <= size:
        return False
    if _opaque(access.base):
        return False
    system = _System(set())
    for part in access.boxes:
        touched = _bytes(access, part, system.side("x"), "a")
        address = f"{touched.address} + {access.base.const + part.offset}"
        outside = f"(({address}) < 0 or ({address}) >= {size})"
        guards = list(_guards(op, system.side("x")))
        variables = [*system.names.values(), *touched.variables]
        empty = is_empty(variables, [*touched.limits, *system.constraints, *guards, outside])
        if empty is False:
            return True
    return False


_COMPARISONS = {0: "=", 1: "!=", 2: "<", 3: "<=", 4: ">", 5: ">="}
"""Signed predicates of arith.cmpi."""


def _guards(op: Operation, namer: Namer) -> Iterator[str]:
    """What the branches around `op` say of index values."""
    block = op.parent
    while block is not None and (parent := block.parent_op()) is not None:
        if isinstance(parent, scf.IfOp):
            condition = _condition(parent.cond, namer)
            if condition is not None:
                taken = block.parent is parent.true_region
                yield f"({condition})" if taken else f"not ({condition})"
        block = parent.parent


def _condition(value: SSAValue, namer: Namer) -> str | None:
    op = value.owner
    if isinstance(op, arith.AndIOp):
        both = [_condition(operand, namer) for operand in op.operands]
        return None if None in both else " and ".join(f"({part})" for part in both)
    if not isinstance(op, arith.CmpiOp) or op.predicate.value.data not in _COMPARISONS:
        return None
    lhs, rhs = (linear_of(v) for v in (op.lhs, op.rhs))
    if not isinstance(op.lhs.type, IndexType):
        return None
    return f"{text(lhs, namer)} {_COMPARISONS[op.predicate.value.data]} {text(rhs, namer)}"


def _opaque(form: Linear) -> bool:
    """Whether a form depends on a value that nothing is known about."""
    values = form.leaves()
    return any(bounds(Linear(((v, 1),))) == Interval(None, None) for v in values)


class _System:
    """Variables and constraints of the two instances."""

    def __init__(self, shared: set[Block]) -> None:
        self.shared = shared
        self.names: dict[tuple[SSAValue, str], str] = {}
        self.constraints: list[str] = []

    def side(self, tag: str) -> Namer:
        return lambda value: self.name(value, tag)

    def name(self, value: SSAValue, tag: str) -> str:
        """The variable of `value` in one instance; its bounds join the system on first use."""
        key = (value, "" if is_shared(value, self.shared) else tag)
        if key not in self.names:
            self.names[key] = f"v{len(self.names)}"
            self._bound(value, self.names[key], self.side(tag))
        return self.names[key]

    def _bound(self, value: SSAValue, name: str, namer: Namer) -> None:
        loop = value.block.parent_op() if isinstance(value, BlockArgument) else None
        if isinstance(loop, scf.ForOp) and value is loop.body.block.args[0]:
            low, high = (text(linear_of(v), namer) for v in (loop.lb, loop.ub))
            self.constraints += [f"{low} <= {name} < {high}"]
            step = linear_of(loop.step)
            if step.is_constant and step.const > 1:
                self.constraints.append(f"({name} - ({low})) mod {step.const} = 0")
                self._choose(linear_of(loop.lb), namer)
            return
        owner = value.owner
        if isinstance(owner, arith.MinSIOp | arith.MaxSIOp):
            relation = "<=" if isinstance(owner, arith.MinSIOp) else ">="
            operands = (text(linear_of(operand), namer) for operand in owner.operands)
            self.constraints += [f"{name} {relation} {operand}" for operand in operands]
        interval = bounds(Linear(((value, 1),)))
        if interval.low is not None:
            self.constraints.append(f"{name} >= {interval.low}")
        if interval.high is not None:
            self.constraints.append(f"{name} <= {interval.high}")

    def _choose(self, form: Linear, namer: Namer) -> None:
        """A minimum or maximum is one of its operands: where steps start, bounds do not tell."""
        for value in form.leaves():
            owner = value.owner
            if isinstance(owner, arith.MinSIOp | arith.MaxSIOp):
                operands = (text(linear_of(operand), namer) for operand in owner.operands)
                cases = (f"{namer(value)} = {operand}" for operand in operands)
                self.constraints.append(f"({' or '.join(cases)})")


def _order(carrier: scf.ForOp, x: Namer, y: Namer) -> str:
    index = carrier.body.block.args[0]
    return f"{x(index)} < {y(index)}"


def _intersect(
    system: _System,
    first: Access,
    a: Box,
    second: Access,
    b: Box,
    x: Namer,
    y: Namer,
    order: str | None,
) -> bool:
    left, right = _bytes(first, a, x, "a"), _bytes(second, b, y, "b")
    # One constant for the distance: many pairs of accesses then ask isl the same question.
    distance = first.base.const + a.offset - second.base.const - b.offset
    equation = f"{left.address} + {distance} = {right.address}"
    constraints = [equation, *left.limits, *right.limits, *([order] if order else [])]
    variables = [*system.names.values(), *left.variables, *right.variables]
    return is_empty(variables, [*constraints, *system.constraints]) is not True


@dataclass(frozen=True)
class _Bytes:
    """A byte of one box, without constants: its address, the box's variables and their bounds."""

    address: str
    variables: list[str]
    limits: list[str]


def _bytes(access: Access, part: Box, namer: Namer, tag: str) -> _Bytes:
    variables = [f"{tag}{i}" for i in range(len(part.dims) + 1)]
    limits = [f"0 <= {tag}0 < {part.length}"]
    terms = [text(Linear(access.base.terms), namer), f"{tag}0"]
    for i, (count, stride) in enumerate(part.dims, 1):
        limits.append(f"0 <= {tag}{i} < {count}")
        terms.append(f"{stride} * {tag}{i}")
    return _Bytes(" + ".join(terms), variables, limits)


EFFORT = 1_000_000
"""isl operations per question: typical ones take thousands."""


@cache
def _context() -> isl.Context:
    """A context of our own: the limit on its operations concerns nobody else."""
    return isl.Context()


def is_empty(variables: Sequence[str], constraints: Sequence[str]) -> bool | None:
    """Whether no integers satisfy all constraints; None if isl does not find out in time."""
    return _is_empty(f"{{ [{', '.join(variables)}] : {' and '.join(constraints)} }}")


@lru_cache(maxsize=1 << 14)
def _is_empty(text: str) -> bool | None:
    ours = _context()
    ours.reset_operations()
    ours.set_max_operations(EFFORT)
    try:
        return isl.Set(text, ours).is_empty()
    except isl.Error:
        return None


def text(form: Linear, namer: Namer) -> str:
    """isl text of a form."""
    parts = [f"({form.const})"]
    for term, coefficient in form.terms:
        if isinstance(term, SSAValue):
            inner = namer(term)
        elif isinstance(term, Floor):
            inner = f"floor(({text(term.numerator, namer)}) / {term.divisor})"
        else:
            inner = f"(({text(term.numerator, namer)}) mod {term.divisor})"
        parts.append(f"{coefficient} * {inner}")
    return " + ".join(parts)

"""Systems of constraints on two instances of accesses, for isl: is there a solution?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

import islpy as isl
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IndexType
from xdsl.ir import Operation, SSAValue

from akg_mlir.passes.npu.memory.footprint import Box
from akg_mlir.passes.npu.memory.iterations import Iterations, unit
from akg_mlir.passes.npu.memory.linear import Floor, Linear, linear_of, loop_of

Namer = Callable[[SSAValue], str]

_COMPARISONS = {0: "=", 1: "!=", 2: "<", 3: "<=", 4: ">", 5: ">="}
"""Signed predicates of arith.cmpi."""


class System:
    """Variables and constraints of the two instances; the iterations of `shared` loops are the
    same for both."""

    def __init__(self, iterations: Iterations, shared: frozenset[scf.ForOp]) -> None:
        self.constraints: list[str] = []
        self._iterations, self._shared = iterations, shared
        self._names: dict[tuple[SSAValue, str], str] = {}
        self._positions: list[str] = []

    def side(self, tag: str) -> Namer:
        """Names of the values of one instance."""
        return lambda value: self._name(value, tag)

    def address(self, base: Linear, box: Box, namer: Namer, tag: str) -> str:
        """Any byte of a box at a numbered base."""
        terms = [text(base, namer), str(box.offset)]
        for i, (count, stride) in enumerate((*box.dims, (box.length, 1))):
            name = f"{tag}{i}"
            self._positions.append(name)
            self.constraints.append(f"0 <= {name} < {count}")
            terms.append(f"{stride} * {name}")
        return " + ".join(terms)

    def is_empty(self) -> bool | None:
        """Whether no integers satisfy all constraints; None if isl does not find out in time."""
        variables = ", ".join((*self._names.values(), *self._positions))
        return _is_empty(f"{{ [{variables}] : {' and '.join(self.constraints)} }}")

    def reach(self, op: Operation, namer: Namer) -> None:
        """Require an iteration of every loop around `op`, and what the branches around it say of
        index values."""
        block = op.parent
        while block is not None and (parent := block.parent_op()) is not None:
            if isinstance(parent, scf.ForOp):
                namer(parent.body.block.args[0])
            elif isinstance(parent, scf.IfOp):
                condition = self._condition(parent.cond, namer)
                if condition is not None:
                    taken = block.parent is parent.true_region
                    self.constraints.append(f"({condition})" if taken else f"not ({condition})")
            block = parent.parent

    def _condition(self, value: SSAValue, namer: Namer) -> str | None:
        op = value.owner
        if isinstance(op, arith.AndIOp):
            both = [self._condition(operand, namer) for operand in op.operands]
            return None if None in both else " and ".join(f"({part})" for part in both)
        if not isinstance(op, arith.CmpiOp) or op.predicate.value.data not in _COMPARISONS:
            return None
        if not isinstance(op.lhs.type, IndexType):
            return None
        lhs, rhs = (self._text_of(v, namer) for v in (op.lhs, op.rhs))
        return f"{lhs} {_COMPARISONS[op.predicate.value.data]} {rhs}"

    def _text_of(self, value: SSAValue, namer: Namer) -> str:
        return text(self._iterations.number(linear_of(value)), namer)

    def _name(self, value: SSAValue, tag: str) -> str:
        """The variable of `value` in one instance; its bounds join the system on first use."""
        key = (value, "" if self._iterations.around(value) <= self._shared else tag)
        if key not in self._names:
            self._names[key] = f"v{len(self._names)}"
            self._bound(value, self._names[key], self.side(tag))
        return self._names[key]

    def _bound(self, value: SSAValue, name: str, namer: Namer) -> None:
        if (loop := loop_of(value)) is not None:
            self._iterate(loop, name, namer)
            return
        owner = value.owner
        if isinstance(owner, arith.MinSIOp | arith.MaxSIOp):
            relation = "<=" if isinstance(owner, arith.MinSIOp) else ">="
            operands = (self._text_of(operand, namer) for operand in owner.operands)
            self.constraints += [f"{name} {relation} {operand}" for operand in operands]
        interval = self._iterations.interval(value)
        if interval.low is not None:
            self.constraints.append(f"{name} >= {interval.low}")
        if interval.high is not None:
            self.constraints.append(f"{name} <= {interval.high}")

    def _iterate(self, loop: scf.ForOp, name: str, namer: Namer) -> None:
        """The number of an iteration."""
        step = unit(loop)
        self.constraints.append(
            f"0 <= {step} * {name} < {text(self._iterations.span(loop), namer)}"
        )
        if step > 1:
            self.choose(self._iterations.number(linear_of(loop.lb)), namer)

    def choose(self, form: Linear, namer: Namer) -> None:
        """A minimum or maximum is one of its operands: where steps start, or what is read in front
        of a loop, bounds do not tell."""
        for value in form.leaves():
            owner = value.owner
            if isinstance(owner, arith.MinSIOp | arith.MaxSIOp):
                operands = (self._text_of(operand, namer) for operand in owner.operands)
                cases = (f"{namer(value)} = {operand}" for operand in operands)
                self.constraints.append(f"({' or '.join(cases)})")


EFFORT = 1_000_000
"""isl operations per question: typical ones take thousands."""


@cache
def _context() -> isl.Context:
    """A context of our own: the limit on its operations concerns nobody else."""
    return isl.Context()


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
        else:
            function = "floor(({}) / {})" if isinstance(term, Floor) else "(({}) mod {})"
            inner = function.format(text(term.numerator, namer), term.divisor)
        parts.append(f"{coefficient} * {inner}")
    return " + ".join(parts)

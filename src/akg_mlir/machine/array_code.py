"""Integer expressions of a program, compiled to run on numpy columns and plain integers alike."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import reduce
from types import CodeType
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Column: TypeAlias = NDArray[np.int64]
Value: TypeAlias = int | Column
"""One integer per row, or the same integer in all of them."""


class Assignments:
    """Statements `names = expressions`, in order; `reads` are the names they need."""

    def __init__(self, lines: Sequence[str]) -> None:
        tree = _Rewriter().visit(ast.parse("\n".join(lines)))
        self._code: CodeType = compile(ast.fix_missing_locations(tree), "<assignments>", "exec")
        self.reads = frozenset(self._code.co_names) - _FUNCTIONS.keys()

    def run(self, scope: dict[str, Value]) -> None:
        """Execute, adding the assigned names to `scope`."""
        with np.errstate(divide="ignore"):
            exec(self._code, {**_FUNCTIONS}, scope)


class _Rewriter(ast.NodeTransformer):
    """`a if c else b` chooses row by row; the truth of a comparison is an integer, as in Python."""

    def visit_Compare(self, node: ast.Compare) -> ast.BinOp:
        truth = ast.Compare(
            self.visit(node.left), node.ops, [self.visit(part) for part in node.comparators]
        )
        return ast.BinOp(truth, ast.Mult(), ast.Constant(1))

    def visit_IfExp(self, node: ast.IfExp) -> ast.Call:
        arguments = [self.visit(part) for part in (node.test, node.body, node.orelse)]
        return ast.Call(ast.Name("choose", ast.Load()), arguments, [])


def _choose(condition: Value | NDArray[np.bool_], one: Value, other: Value) -> Value:
    if isinstance(condition, np.ndarray):
        return np.where(condition, one, other)
    return one if condition else other


def _minimum(*values: Value | tuple[Value, ...]) -> Value:
    return reduce(lambda a, b: _choose(a < b, a, b), _operands(values))


def _maximum(*values: Value | tuple[Value, ...]) -> Value:
    return reduce(lambda a, b: _choose(a > b, a, b), _operands(values))


def _operands(values: Sequence[Value | tuple[Value, ...]]) -> Sequence[Value]:
    """What `min` and `max` compare: several values, or those of one tuple."""
    first = values[0]
    return first if isinstance(first, tuple) else cast("Sequence[Value]", values)


_FUNCTIONS: Mapping[str, object] = {
    "choose": _choose,
    "min": _minimum,
    "max": _maximum,
    "abs": abs,
}

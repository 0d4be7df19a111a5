"""Random tensor programs that compute with truth values: comparisons of all types, logic, rows and
columns of masks, selections and casts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

COMPARED = ("f16", "f32", "i32", "i8")
NUMPY = {"f16": "float16", "f32": "float32", "i32": "int32", "i8": "int8", "i64": "int64"}
PREDICATES = ("eq", "ne", "lt", "le", "gt", "ge")
MASKS = ("whole", "row", "column", "one")
ENDS = ("store", "truths", *(f"cast {e}" for e in NUMPY), *(f"select {e}" for e in NUMPY))

Tree = tuple["str | Tree", ...]

leaves = st.tuples(st.sampled_from(MASKS)) | st.tuples(
    st.just("compare"), st.sampled_from(PREDICATES), st.sampled_from(COMPARED)
)
trees: st.SearchStrategy[Tree] = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(st.just("not"), inner)
        | st.tuples(st.sampled_from(["and", "or", "eq", "ne"]), inner, inner)
    ),
    max_leaves=5,
)


@dataclass(frozen=True)
class Program:
    """`text` of a program and what its inputs are."""

    shape: tuple[int, int]
    tree: Tree
    end: str
    text: str
    types: tuple[tuple[tuple[int, ...], str], ...]

    def inputs(self, seed: int) -> list[np.ndarray]:
        """Few different numbers, so that many are equal, and those at the ends of types."""
        rng = np.random.default_rng(seed)
        return [_values(rng, shape, element) for shape, element in self.types]


def _values(rng: np.random.Generator, shape: tuple[int, ...], element: str) -> np.ndarray:
    if element == "i1":
        return rng.integers(0, 2, shape).astype(np.bool_)
    dtype = np.dtype(NUMPY[element])
    if dtype.kind == "f":
        info = np.finfo(dtype)
        special = [np.nan, np.inf, -np.inf, 0.0, -0.0, info.max, info.smallest_subnormal, 1, 1.5]
    else:
        limits = np.iinfo(dtype)
        special = [limits.min, limits.max, limits.min + 1, 0, 1, -1, 2]
    return rng.choice(np.array(special, dtype), shape)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    shape = draw(st.sampled_from([1, 3, 8, 17])), draw(st.sampled_from([1, 7, 16, 33, 64, 129]))
    tree, end = draw(trees), draw(st.sampled_from(ENDS))
    return build(shape, tree, end)


def build(shape: tuple[int, int], tree: Tree, end: str) -> Program:
    """The program of a tree and what is done with its value."""
    return _Writer(shape).program(tree, end)


class _Writer:
    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.lines: list[str] = []
        self.arguments: list[tuple[tuple[int, ...], str]] = []

    def program(self, tree: Tree, end: str) -> Program:
        truth = self.tree(tree)
        kind, _, element = end.partition(" ")
        match kind:
            case "store":  # a mask of its own shape may come back as it is
                result = self.op("and", "i1", truth, self.argument("i1"))
            case "truths":
                result = self.op("select", "i1", truth, self.argument("i1"), self.argument("i1"))
            case "cast":
                spread = self.op("or", "i1", truth, self.argument("i1"))
                result = self.op("cast", element, spread)
            case _:
                values = self.argument(element), self.argument(element)
                result = self.op("select", element, truth, *values)
        name, type_ = result
        parameters = ", ".join(f"%a{k}: {_type(s, e)}" for k, (s, e) in enumerate(self.arguments))
        body = "\n".join(self.lines)
        text = (
            f"func.func @main({parameters}) -> {type_} {{\n{body}\nfunc.return {name} : {type_}\n}}"
        )
        return Program(self.shape, tree, end, text, tuple(self.arguments))

    def tree(self, tree: Tree) -> tuple[str, str]:
        name, *inner = tree
        match name:
            case "whole" | "row" | "column" | "one":
                r, n = self.shape
                shapes = {"whole": (r, n), "row": (n,), "column": (r, 1), "one": (1, 1)}
                return self.argument("i1", shapes[name])
            case "compare":
                predicate, element = inner
                sides = self.argument(str(element)), self.argument(str(element))
                return self.op(f"compare {predicate}", "i1", *sides)
            case "eq" | "ne":
                sides = [self.tree(branch) for branch in inner if isinstance(branch, tuple)]
                return self.op(f"compare {name}", "i1", *sides)
            case _:
                sides = [self.tree(branch) for branch in inner if isinstance(branch, tuple)]
                return self.op(str(name), "i1", *sides)

    def argument(self, element: str, shape: tuple[int, ...] | None = None) -> tuple[str, str]:
        shape = self.shape if shape is None else shape
        self.arguments.append((shape, element))
        return f"%a{len(self.arguments) - 1}", _type(shape, element)

    def op(self, name: str, element: str, *operands: tuple[str, str]) -> tuple[str, str]:
        shapes = [tuple(map(int, t[7:].split("x")[:-1])) for _, t in operands]
        result = _type(np.broadcast_shapes(*shapes), element)
        names, types = (", ".join(o[k] for o in operands) for k in range(2))
        value = f"%v{len(self.lines)}"
        if name in ("cast", "not"):
            arrow = f"{types} -> {result}" if name == "cast" else types
        else:
            arrow = f"({types}) -> {result}"
        self.lines.append(f"{value} = te.{name} {names} : {arrow}")
        return value, result


def _type(shape: tuple[int, ...], element: str) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"

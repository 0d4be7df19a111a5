"""Reductions in two steps compute what they did in one, whatever is cut where."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from te_text import module_of, reference, relative_error
from xdsl.dialects.builtin import ModuleOp

import akg_mlir
from akg_mlir.dialects import te
from akg_mlir.passes.tensor.reduction_parts import Cut, Reducing, kept_iterators, parts_last
from akg_mlir.passes.tensor.rewriting import Expression
from akg_mlir.report.running import MODES
from akg_mlir.verification import verify_module

EXAMPLES = max(settings.default.max_examples // 2, 1)
SIZES = st.sampled_from([1, 2, 3, 7, 8, 16, 17, 33, 64, 100])
ELEMENTS = 1 << 13


@dataclass(frozen=True)
class Reduced:
    """A reduction of `body` of its arguments, and where it is cut: at the reduced iterator with the
    number `place`, those in front of which are left for the second step."""

    arguments: tuple[str, ...]
    body: str
    result: str
    place: int
    shares: tuple[int, int]

    def module(self) -> ModuleOp:
        return module_of(self.arguments, self.body, [self.result])


def text(element: str, *shape: int) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


@st.composite
def reductions(draw: st.DrawFn) -> Reduced:
    """`te.reduce` of an argument or of what an element-wise op makes of one."""
    shape: list[int] = []
    for _ in range(draw(st.integers(1, 3))):
        shape.append(draw(SIZES.filter(lambda size: size * prod(shape) <= ELEMENTS)))
    axes = draw(st.sets(st.integers(0, len(shape) - 1), min_size=1).map(sorted))
    kind = draw(st.sampled_from(["add", "max", "min", "mul"]))
    exact = ["i32", "f16"] if kind in ("max", "min") else ["i32"]
    x = text(draw(st.sampled_from(["f32", *exact])), *shape)
    keepdims = draw(st.booleans())
    sizes = [1 if k in axes else n for k, n in enumerate(shape) if keepdims or k not in axes]
    r = text(x.removesuffix(">").rsplit("x", 1)[-1], *sizes)
    made = draw(st.sampled_from(["", f"%y = te.neg %a : {x}\n"]))
    source = "%y" if made else "%a"
    flag = " keepdims" if keepdims else ""
    body = f"{made}%r = te.reduce {kind} {source} axes {axes}{flag} : {x} -> {r}"
    return Reduced((x,), body, r, draw(st.integers(0, len(axes) - 1)), draw(shares()))


@st.composite
def products(draw: st.DrawFn) -> Reduced:
    """f32 products of some rows and columns."""
    m, n, k = draw(st.integers(1, 5)), draw(st.integers(1, 17)), draw(SIZES)
    turned = draw(st.booleans())
    a, b, c = text("f32", m, k), text("f32", *((n, k) if turned else (k, n))), text("f32", m, n)
    flag = " transpose_b" if turned else ""
    return Reduced((a, b), f"%r = te.matmul %a, %b{flag} : ({a}, {b}) -> {c}", c, 0, draw(shares()))


def shares() -> st.SearchStrategy[tuple[int, int]]:
    """How many parts, and how much of what they could have the parts leave, in quarters."""
    return st.tuples(st.integers(1, 12), st.integers(0, 3))


def cut(op: Reducing, drawn: Reduced) -> None:
    axes = [k for k in range(len(op.bounds)) if k not in kept_iterators(op)]
    axis, (parts, less) = axes[drawn.place], drawn.shares
    size = op.bounds[axis]
    parts = min(parts, size)
    length = max(1, size // parts * (4 - less) // 4)
    e = Expression(op)
    result = parts_last(e, op, axes[: drawn.place], Cut(axis, parts, length, size - parts * length))
    e.finish(e.reshaped(result, te.shape_of(op.results[0])))


def values(rng: np.random.Generator, element: str, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of which floats add up and multiply to some that are neither small nor huge."""
    if element == "i32":
        return rng.integers(-5, 5, shape, np.int32)
    return rng.uniform(0.99, 1.01, shape).astype(np.float16 if element == "f16" else np.float32)


@settings(max_examples=EXAMPLES)
@given(reductions() | products())
def test_two_steps_compute_what_one_does(drawn: Reduced):
    module = drawn.module()
    (op,) = (o for o in module.walk() if isinstance(o, te.ReduceOp | te.ContractionOp))
    cut(op, drawn)
    verify_module(module)
    rng = np.random.default_rng(3)
    block = module.ops.first.regions[0].block
    inputs = [values(rng, str(te.element_of(v)), te.shape_of(v)) for v in block.args]
    (wanted,), (got,) = (reference(each, *inputs) for each in (drawn.module(), module))
    assert relative_error(got, wanted) <= 1e-4
    report = akg_mlir.compile(str(module)).report()
    assert set(report.modes) == set(MODES)
    assert report.ok, report

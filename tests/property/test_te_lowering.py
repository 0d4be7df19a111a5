"""Random tensor programs mean the same after every tensor pass and as affine loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import te_programs
from affine_graph import run_graph
from hypothesis import given, settings
from hypothesis import strategies as st
from te_text import apply, module_of, reference, relative_error

FLOOR = (
    "te-apply-precision,te-record-workload,te-decompose,te-channels-last,te-split-reductions,"
    "te-sink-reshapes,te-propagate-layout,te-partition,te-collapse-dims"
)


@given(te_programs.programs())
def test_chains(program: te_programs.Program):
    module = te_programs.build(program)
    check(module, te_programs.inputs(program), program.tolerance)


@dataclass(frozen=True)
class Product:
    """A contraction with an epilogue, whose result is again an operand."""

    batch: tuple[int, ...]
    m: int
    k: int
    n: int
    element: str
    transpose_a: bool
    transpose_b: bool
    epilogue: tuple[str, ...]
    transpose_next: bool


SIZES = st.sampled_from([1, 2, 7, 16, 17, 32, 33])
EPILOGUE = ("bias", "column", "relu", "exp", "residual", "select", "half", "sum")
PRODUCTS = st.builds(
    Product,
    st.sampled_from([(), (2,), (2, 3)]),
    SIZES,
    SIZES,
    SIZES,
    st.sampled_from(["f16", "f16", "f32"]),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from(EPILOGUE), max_size=4).map(tuple),
    st.booleans(),
)


def text(element: str, *shape: int) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


@settings(max_examples=20)
@given(PRODUCTS)
def test_contractions(p: Product):
    op = "te.batch_matmul" if p.batch else "te.matmul"
    shape_a = (*p.batch, *((p.k, p.m) if p.transpose_a else (p.m, p.k)))
    shape_b = (*p.batch, *((p.n, p.k) if p.transpose_b else (p.k, p.n)))
    shape_c, shape_d = (*p.batch, p.m, p.n), (*p.batch, p.n, p.n)
    shapes = [shape_a, shape_b, (p.n,), (p.m, 1), shape_c, shape_d]
    a, b, row, column, c, d = (text(p.element, *s) for s in shapes)
    flags = " transpose_a" * p.transpose_a + " transpose_b" * p.transpose_b
    lines = [f"%x0 = {op} %a, %b{flags} : ({a}, {b}) -> {c}"]
    for index, kind in enumerate(p.epilogue):
        x, y = f"%x{index}", f"%x{index + 1}"
        lines.append(
            {
                "bias": f"{y} = te.add {x}, %c : ({c}, {row}) -> {c}",
                "column": f"{y} = te.mul {x}, %d : ({c}, {column}) -> {c}",
                "relu": f"{y} = te.relu {x} : {c}",
                "exp": f"{y}n = te.abs {x} : {c}\n{y}m = te.neg {y}n : {c}\n"
                f"{y} = te.exp {y}m : {c}",
                "residual": f"{y} = te.add {x}, %e : ({c}, {c}) -> {c}",
                "select": f"{y}p = te.compare gt %e, %c : ({c}, {row}) -> {text('i1', *shape_c)}\n"
                f"{y} = te.select {y}p, {x}, %c : ({text('i1', *shape_c)}, {c}, {row}) -> {c}",
                "half": f"{y}h = te.constant dense<0.5> : {text(p.element)}\n"
                f"{y} = te.mul {x}, {y}h : ({c}, {text(p.element)}) -> {c}",
                "sum": f"{y}s = te.reduce max {x} axes [-1] keepdims : {c} -> "
                f"{text(p.element, *shape_c[:-1], 1)}\n"
                f"{y} = te.sub {x}, {y}s : ({c}, {text(p.element, *shape_c[:-1], 1)}) -> {c}",
            }[kind]
        )
    last, next_flag = f"%x{len(p.epilogue)}", " transpose_b" * p.transpose_next
    lines.append(f"%r = {op} {last}, %f{next_flag} : ({c}, {d}) -> {c}")
    module = module_of([a, b, row, column, c, d], "\n".join(lines), [c])
    rng = np.random.default_rng(1)
    dtype = np.float16 if p.element == "f16" else np.float32
    inputs = [(rng.uniform(-1, 1, s) / 2).astype(dtype) for s in shapes]
    check(module, inputs, 1e-4 if p.element == "f32" else 2e-2)


def check(module, inputs, tolerance):
    wanted = reference(module, *inputs)
    after = reference(apply(module, FLOOR), *inputs)
    apply(module, "convert-te-to-affine")
    executed = run_graph(module, "main", inputs)
    for results in (after, executed):
        for got, expected in zip(results, wanted, strict=True):
            assert relative_error(got, expected) <= tolerance

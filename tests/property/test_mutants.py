"""Mutated schedules: whatever the judge accepts computes what the original program computes.

A kernel is lowered to its final tree, one thing in it is changed, and the judge decides. Refusing
is always allowed here (legal trees are accepted elsewhere); accepting is checked by executing.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects import affine
from xdsl.dialects.builtin import AffineMapAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir.affine import AffineMap

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import poly
from akg_mlir.dialects.npu import memref_type
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.affine.poly_verify import PolyVerify
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import affine as direct
from akg_mlir.reference.schedule_tree import write_textual_order, write_tree_order

PROGRAMS = {
    "softmax": """
        func.func @main(%x: tensor<5x7xf32>) -> tensor<5x7xf32> {
          %y = te.softmax %x axis -1 : tensor<5x7xf32>
          func.return %y : tensor<5x7xf32>
        }""",
    "chain": """
        func.func @main(%x: tensor<6x10xf32>, %b: tensor<10xf32>) -> tensor<6x10xf32> {
          %0 = te.add %x, %b : (tensor<6x10xf32>, tensor<10xf32>) -> tensor<6x10xf32>
          %1 = te.relu %0 : tensor<6x10xf32>
          %2 = te.mul %1, %x : (tensor<6x10xf32>, tensor<6x10xf32>) -> tensor<6x10xf32>
          func.return %2 : tensor<6x10xf32>
        }""",
}
LOWER = (
    "te-decompose,te-partition,convert-te-to-affine,poly-raise,poly-schedule,poly-tile,poly-fuse"
)
PROMOTE = ",poly-assign-units,poly-promote"


@cache
def lowered(name: str) -> str:
    """The text of the module with promoted trees."""
    module = parse_module(PROGRAMS[name])
    for step in parse_pipeline("te-set-target," + LOWER + PROMOTE):
        step.apply(make_context(), module)
    return str(module)


def kernel(module: ModuleOp) -> FuncOp:
    return next(f for f in module.ops if isinstance(f, FuncOp) and "npu.kernel" in f.attributes)


def accepted(module: ModuleOp) -> bool:
    try:
        PolyVerify().apply(make_context(), module)
    except CompileError:
        return False
    return True


def results(module: ModuleOp, order: direct.ScopWriter) -> list[np.ndarray]:
    function = kernel(module)
    rng = np.random.default_rng(0)
    arrays = [
        rng.uniform(-1, 1, memref_type(arg).get_shape()).astype(np.float32)
        for arg in function.body.block.args
    ]
    direct.run(module, function.sym_name.data, arrays, order)
    return arrays


def check(module: ModuleOp) -> None:
    if accepted(module):
        for got, want in zip(
            results(module, write_tree_order), results(module, write_textual_order), strict=True
        ):
            np.testing.assert_allclose(got, want, rtol=1e-5)


names = st.sampled_from(sorted(PROGRAMS))


@given(names)
def test_the_unchanged_tree_is_accepted(name: str) -> None:
    module = parse_module(lowered(name))
    assert accepted(module)
    check(module)


@given(names, st.integers(0, 1000))
def test_two_neighbours_of_a_sequence_swapped(name: str, pick: int) -> None:
    module = parse_module(lowered(name))
    sequences = [op for op in module.walk() if isinstance(op, poly.SequenceOp)]
    filters = [f for s in sequences for f in s.children[:-1]]
    moved = filters[pick % len(filters)]
    block, after = moved.parent, moved.next_op
    assert block is not None
    assert after is not None
    moved.detach()
    block.insert_op_after(moved, after)
    check(module)


@given(names, st.integers(0, 1000), st.sampled_from([-1, 1]))
def test_an_access_shifted(name: str, pick: int, shift: int) -> None:
    module = parse_module(lowered(name))
    accesses = [
        (op, k)
        for stmt in module.walk()
        if isinstance(stmt, poly.StmtOp) and stmt.order is None
        for op in stmt.body.block.ops
        if isinstance(op, (affine.LoadOp, affine.StoreOp)) and op.map is not None
        for k in range(len(op.map.data.results))
    ]
    op, k = accesses[pick % len(accesses)]
    assert op.map is not None
    old = op.map.data
    changed = tuple(e + shift if i == k else e for i, e in enumerate(old.results))
    op.properties["map"] = AffineMapAttr(AffineMap(old.num_dims, old.num_symbols, changed))
    check(module)


@given(names, st.integers(0, 1000), st.sampled_from([-1, 1]))
def test_a_bound_changed(name: str, pick: int, shift: int) -> None:
    module = parse_module(lowered(name))
    places: list[tuple[poly.TreeOp, str, re.Match[str]]] = []
    for op in module.walk():
        if isinstance(op, (poly.DomainOp, poly.ExtensionOp)):
            key = "domain" if isinstance(op, poly.DomainOp) else "extension"
            text = op.properties[key]
            assert isinstance(text, StringAttr)
            places += [(op, key, m) for m in re.finditer(r"<= (\d+)", text.data)]
    op, key, found = places[pick % len(places)]
    text = op.properties[key]
    assert isinstance(text, StringAttr)
    bound = max(0, int(found.group(1)) + shift)
    changed = f"{text.data[: found.start(1)]}{bound}{text.data[found.end(1) :]}"
    op.properties[key] = StringAttr(changed)
    check(module)

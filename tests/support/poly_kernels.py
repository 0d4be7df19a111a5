"""Kernels of affine loops for the tests of the affine floor, and how to run them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, StringAttr

from akg_mlir.diagnostics import Remark, collect_remarks
from akg_mlir.dialects import poly
from akg_mlir.dialects.npu import memref_type
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.polyhedral.legality import Violation, verify
from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_textual_order, write_tree_order

DIRECTORY = Path(__file__).parents[1] / "unit" / "kernels"
NAMES = sorted(path.stem for path in DIRECTORY.glob("*.mlir"))


def load(name: str) -> str:
    return (DIRECTORY / f"{name}.mlir").read_text()


def apply(text: str, passes: str, target: str = "generic_tiny") -> tuple[ModuleOp, list[Remark]]:
    """The module after the passes, verified, and the remarks."""
    module = parse_module(text)
    module.attributes["npu.target"] = StringAttr(target)
    with collect_remarks() as remarks:
        for step in parse_pipeline(passes):
            step.apply(make_context(), module)
    module.verify()
    return module, remarks


def scop_of(module: ModuleOp) -> poly.ScopOp:
    return next(op for op in module.walk() if isinstance(op, poly.ScopOp))


def violations(module: ModuleOp) -> list[Violation]:
    """What the judge says."""
    op = scop_of(module)
    return verify(read_scop(op), read_tree(op.tree))


def arguments(module: ModuleOp) -> list[np.ndarray[Any, Any]]:
    function = next(op for op in module.ops if isinstance(op, func.FuncOp))
    rng = np.random.default_rng(0)
    types = [memref_type(a) for a in function.body.block.args]
    kind = {"f16": np.float16, "f32": np.float32}
    return [
        np.asarray(rng.normal(size=t.get_shape()), dtype=kind[str(t.element_type)]) for t in types
    ]


def assert_same_results(module: ModuleOp) -> None:
    """The tree computes bit for bit what the textual order computes (declared reductions may
    differ in their last bits). What dies with the kernel is not compared."""
    function = next(op for op in module.ops if isinstance(op, func.FuncOp))
    attributes = function.arg_attrs.data if function.arg_attrs is not None else ()
    dead = [k for k, given in enumerate(attributes) if "poly.dead_out" in given.data]
    expected, actual = arguments(module), arguments(module)
    affine.run(module, function.sym_name.data, expected, write_textual_order)
    affine.run(module, function.sym_name.data, actual, write_tree_order)
    for k, (a, b) in enumerate(zip(actual, expected)):
        if k in dead:
            continue
        largest = float(np.max(np.abs(b), initial=1))  # what sums round to
        rtol = 1e-3 if a.dtype == np.float16 else 1e-5
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-5 * largest)

"""Running te text: the module of a function body, and numbers through passes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import te
from akg_mlir.verification import verify_module


def module_of(arguments: Sequence[str], body: str, results: Sequence[str]) -> ModuleOp:
    """`@main` with arguments %a, %b, … of the given types, returning %r (and %s, …)."""
    names = "abcdefgh"
    parameters = ", ".join(f"%{n}: {t}" for n, t in zip(names, arguments))
    outs = ", ".join(f"%{n}" for n in "rstuv"[: len(results)])
    types = ", ".join(results)
    text = (
        f"func.func @main({parameters}) -> ({types}) {{\n{body}\nfunc.return {outs} : {types}\n}}"
    )
    module = parse_module(text)
    verify_module(module)
    return module


def apply(module: ModuleOp, pipeline: str) -> ModuleOp:
    """Run passes in place, checking after each that the module verifies and round-trips."""
    context = make_context()
    for pass_ in parse_pipeline(pipeline):
        pass_.apply(context, module)
        verify_module(module)
        again = parse_module(str(module))
        assert again.is_structurally_equivalent(module), f"{pass_.name} does not round-trip"
    return module


def reference(module: ModuleOp, *inputs: np.ndarray) -> list[np.ndarray]:
    """The results of `@main`."""
    return te.run(module, "main", inputs)


def kernels(module: ModuleOp) -> list[str]:
    """For each kernel, the names of its te ops."""
    return [
        " ".join(inner.name.removeprefix("te.") for inner in op.walk() if inner.name[:3] == "te.")
        for op in module.ops
        if "npu.kernel" in op.attributes
    ]


def relative_error(got: np.ndarray, wanted: np.ndarray) -> float:
    """Largest difference over the largest magnitude wanted; equal infinities and NaNs agree."""
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    differ = (got != wanted) & ~(np.isnan(got) & np.isnan(wanted))
    if not differ.any():
        return 0.0
    scale = max(float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0)), 1e-6)
    return float(np.max(np.abs(got[differ] - wanted[differ]))) / scale

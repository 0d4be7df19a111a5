"""The judge kills mutants: every changed tree that computes something else is refused.

Final trees of kernels, PolyBench, examples and random programs are changed by the mutators of
`mutants.py`; a mutant counts when its direct execution differs from the original's on one of five
random inputs. Correct trees are accepted. The table of counts is printed and in the JSON of
`--counts`; `make deep` takes more than 200 trees, `make test` a few.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from random import Random
from string import Template

import affine_kernels
import islpy as isl
import numpy as np
import poly_kernels
import polybench
import random_affine
import te_programs
from drawn import drawn_examples
from hypothesis import settings
from mutants import MUTATORS
from polybench.sizes import SIZES
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, StringAttr

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import poly
from akg_mlir.dialects.npu import memref_type
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.affine.poly_verify import PolyVerify
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import affine
from akg_mlir.reference.scalar_source import numpy_type
from akg_mlir.reference.schedule_tree import write_textual_order, write_tree_order

DEEP = settings.default.max_examples >= 1000
INPUTS = 5
DRAWN = 110 if DEEP else 4
ATTEMPTS = 2 if DEEP else 1
LARGEST = 20_000
"""Instances of a program that is executed thousands of times."""
TO_AFFINE = "te-decompose,te-sink-reshapes,te-propagate-layout,te-partition,convert-te-to-affine,"
FUSED = "poly-raise,poly-schedule,poly-tile,poly-fuse"
FINAL = f"{FUSED},poly-assign-units,poly-promote"
EXAMPLES = Path(__file__).parents[2] / "examples"
Record = Callable[[str, object], None]


def sources() -> Iterator[tuple[str, str, str]]:
    """(name, module text, passes) of programs, the kernels first."""
    for name in poly_kernels.NAMES:
        yield name, poly_kernels.load(name), FINAL
    for name, text in vars(affine_kernels).items():
        if name.isupper() and isinstance(text, str) and "func.func" in text:
            yield name, text, FINAL
    for path in sorted(EXAMPLES.glob("*.mlir")):
        yield path.stem, path.read_text(), FINAL if "affine.for" in path.read_text() else ""
    for name in polybench.NAMES if DEEP else ("gemm", "jacobi-1d"):
        yield name, _small(name), FUSED
        yield name, _small(name, "f32"), FINAL
    for number, program in enumerate(drawn_examples(random_affine.programs(), DRAWN)):
        text = random_affine.text_of(program)
        yield f"affine {number}", text, FINAL if number % 4 else FUSED
    for number, program in enumerate(drawn_examples(te_programs.programs(max_steps=5), DRAWN)):
        yield f"te {number}", str(te_programs.build(program)), TO_AFFINE + FINAL


def _small(name: str, element: str = "f64") -> str:
    """A PolyBench kernel with at most eight iterations per loop."""
    path = Path(polybench.__file__).with_name("kernels") / f"{name}.mlir"
    sizes = {k: min(v, 8) if isinstance(v, int) else v for k, v in SIZES[name]["MINI"].items()}
    return Template(path.read_text()).substitute(sizes, T=element)


def final_trees(count: int) -> Iterator[tuple[str, ModuleOp]]:
    """Kernels with final schedule trees, small enough to execute often."""
    everything = list(sources())
    chosen = everything if count >= len(everything) else Random(0).sample(everything, count)
    for name, text, passes in chosen:
        module = parse_module(text)
        if "npu.target" not in module.attributes:
            module.attributes["npu.target"] = StringAttr("generic_tiny")
        try:
            for step in parse_pipeline(passes or f"{TO_AFFINE}{FINAL}"):
                step.apply(make_context(), module)
        except (CompileError, isl.Error) as error:
            print(f"left out: {name}: {error}"[:160])
            continue
        for function in [f for f in module.ops if isinstance(f, func.FuncOp)]:
            if any(isinstance(op, poly.ScopOp) for op in function.walk()) and _is_small(function):
                single = ModuleOp([function.clone()], dict(module.attributes))
                yield f"{name} @{function.sym_name.data}", single


def _is_small(function: func.FuncOp) -> bool:
    elements = sum(int(np.prod(memref_type(a).get_shape())) for a in function.body.block.args)
    return elements <= LARGEST


def arguments(module: ModuleOp, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    arrays: list[np.ndarray] = []
    for argument in function_of(module).body.block.args:
        type_ = memref_type(argument)
        shape, dtype = type_.get_shape(), np.dtype(numpy_type(type_.element_type))
        drawn = rng.uniform(0.5, 1.5, shape) if dtype.kind == "f" else rng.integers(0, 5, shape)
        arrays.append(np.asarray(drawn).astype(dtype))
    return arrays


def function_of(module: ModuleOp) -> func.FuncOp:
    return next(op for op in module.ops if isinstance(op, func.FuncOp))


def results(module: ModuleOp, seed: int, order: affine.ScopWriter) -> list[np.ndarray]:
    """What the arguments hold afterwards; those that are dead are left out."""
    function = function_of(module)
    arrays = arguments(module, seed)
    affine.run(module, function.sym_name.data, arrays, order)
    if function.arg_attrs is None:
        return arrays
    dead = ["poly.dead_out" in a.data for a in function.arg_attrs.data]
    return [a for a, is_dead in zip(arrays, dead) if not is_dead]


def differ(got: list[np.ndarray], want: list[np.ndarray]) -> bool:
    """Beyond what another order of a sum may do."""
    for a, b in zip(got, want, strict=True):
        if a.dtype.kind != "f":
            if not np.array_equal(a, b):
                return True
            continue
        tolerance = {2: 2e-2, 4: 1e-4, 8: 1e-8}[a.dtype.itemsize]
        x, y = a.astype(np.float64), b.astype(np.float64)
        scale = float(np.max(np.abs(y[np.isfinite(y)]), initial=1e-3))
        if not np.allclose(x, y, rtol=tolerance, atol=tolerance * scale, equal_nan=True):
            return True
    return False


def executes_differently(mutant: ModuleOp, expected: list[list[np.ndarray]]) -> bool:
    for seed, want in enumerate(expected):
        try:
            got = results(mutant, seed, write_tree_order)
        except Exception:  # a tree without meaning, or an access that leaves its array
            return True
        if differ(got, want):
            return True
    return False


def refused(module: ModuleOp) -> bool:
    try:
        PolyVerify().apply(make_context(), module)
    except CompileError:
        return True
    return False


def test_every_mutant_that_differs_is_refused(record_property: Record) -> None:
    counts: Counter[str] = Counter()
    survivors: list[str] = []
    wronged: list[str] = []
    for name, module in final_trees(10_000 if DEEP else 12):
        expected = [results(module, seed, write_textual_order) for seed in range(INPUTS)]
        if executes_differently(module, expected):
            counts["trees left out: not stable under another order"] += 1
            continue
        counts["trees"] += 1
        if refused(module):
            wronged.append(name)
            continue
        for mutate, attempt in product(MUTATORS, range(ATTEMPTS)):
            kind = mutate.__name__
            mutant = module.clone()
            if not mutate(mutant, Random(zlib.crc32(f"{name} {kind} {attempt}".encode()))):
                continue
            different, killed = executes_differently(mutant, expected), refused(mutant)
            counts[f"{kind}: made"] += 1
            counts[f"{kind}: differ"] += different
            counts[f"{kind}: differ and refused"] += different and killed
            counts[f"{kind}: equal"] += not different
            counts[f"{kind}: equal and refused"] += killed and not different
            if different and not killed:
                survivors.append(f"{name}: {kind}")
    record_property("counts", dict(counts))
    print("\n".join(f"{number:6} {what}" for what, number in sorted(counts.items())))
    assert wronged == []
    assert survivors == []
    if DEEP:
        assert counts["trees"] >= 200
        assert all(counts[f"{m.__name__}: differ"] >= 20 for m in MUTATORS)

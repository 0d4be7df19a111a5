"""Random affine programs through random pipelines: the judge agrees, and execution does too.

A pipeline is a prefix of the affine floor's passes with some left out, a random tile policy and
random options. Refusing with a diagnostic is allowed where the text of a pipeline can be wrong
(a policy that does not match) or a tile does not fit, nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st
from random_affine import Program, programs, text_of
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, StringAttr

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import poly
from akg_mlir.dialects.npu import memref_type
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.affine.poly_raise import PolyRaise
from akg_mlir.passes.affine.poly_verify import PolyVerify
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_tree_order

PASSES = ("poly-schedule", "poly-tile", "poly-fuse", "poly-assign-units", "poly-promote")
NEEDS = {"poly-fuse": "poly-tile", "poly-promote": "poly-assign-units"}
CASES = 2000 if settings.default.max_examples >= 1000 else settings.default.max_examples
Record = Callable[[str, object], None]
MISMATCH = "the tile policy does not match"
REFUSALS = (MISMATCH, ", the limit is ", "run poly-fuse first")


@dataclass(frozen=True)
class Pipeline:
    """`steps` of the affine floor, in their order, on `target`."""

    steps: tuple[str, ...]
    target: str

    def without_policy(self) -> Pipeline:
        """The same, but tile sizes are chosen by the pass."""
        steps = tuple(s.split("{")[0] if "policy=" in s else s for s in self.steps)
        return Pipeline(steps, self.target)


@st.composite
def pipelines(draw: st.DrawFn, program: Program) -> Pipeline:
    """Every pass with its options; a pass may miss if no later one needs it."""
    steps: list[str] = []
    last = draw(st.integers(1, len(PASSES)))
    left_out = draw(st.sets(st.sampled_from(PASSES), max_size=2)) if draw(st.booleans()) else set()
    for name in PASSES[:last]:
        before = {step.split("{")[0] for step in steps}
        if name in left_out or NEEDS.get(name, "") not in {"", *before}:
            continue
        options = draw(_options(name, program))
        steps.append(name + (f"{{{options}}}" if options else ""))
    return Pipeline(tuple(steps), draw(st.sampled_from(("generic_tiny", "ascend910"))))


@st.composite
def _options(draw: st.DrawFn, name: str, program: Program) -> str:
    redundancy = draw(st.sampled_from(("", "", "max-redundancy=1.0", "max-redundancy=8.0")))
    if name == "poly-fuse":
        return redundancy
    if name != "poly-tile" or draw(st.booleans()):
        return redundancy if name == "poly-tile" else ""
    entries: list[str] = []
    for statement, depth in _depths(program).items():
        if depth > 0 and draw(st.integers(0, 4)) == 0:
            sizes = st.one_of(st.just("_"), st.integers(1, 7).map(lambda n: f"{n}@UB"))
            entries.append(f"{statement}: " + ", ".join(draw(sizes) for _ in range(depth)))
    return f'policy="{"; ".join(entries)}"' if entries else redundancy


def _depths(program: Program) -> dict[str, int]:
    """Loops around every statement that has instances."""
    module = parse_module(text_of(program))
    PolyRaise().apply(make_context(), module)
    statements = (op for op in module.walk() if isinstance(op, poly.StmtOp))
    return {op.sym_name.data: len(op.body.block.args) for op in statements}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Program, Pipeline]:
    program = draw(programs())
    return program, draw(pipelines(program))


def results(module: ModuleOp, seed: int) -> list[np.ndarray]:
    """What the arguments hold after `@k`; those that are dead are left out."""
    function = next(op for op in module.ops if isinstance(op, func.FuncOp))
    rng = np.random.default_rng(seed)
    arguments = [
        np.asarray(rng.uniform(-1, 1, memref_type(a).get_shape()), dtype=np.float32)
        for a in function.body.block.args
    ]
    affine.run(module, "k", arguments, write_tree_order)
    attributes = function.arg_attrs
    dead = [False] * len(arguments)
    if attributes is not None:
        dead = ["poly.dead_out" in a.data for a in attributes.data]
    return [a for a, is_dead in zip(arguments, dead) if not is_dead]


def outcome(program: Program, pipeline: Pipeline) -> list[str]:
    """ "right", or why the pipeline refused; without its policy if that did not match.

    Fails when the judge or execution disagrees.
    """
    text = text_of(program)
    module = parse_module(text)
    module.attributes["npu.target"] = StringAttr(pipeline.target)
    for step in parse_pipeline(",".join(("poly-raise", *pipeline.steps))):
        try:
            step.apply(make_context(), module)
        except CompileError as error:
            refusal = next((r for r in REFUSALS if r in str(error)), None)
            if refusal is None:
                raise
            if refusal == MISMATCH:
                return [refusal, *outcome(program, pipeline.without_policy())]
            return [refusal]
    PolyVerify().apply(make_context(), module)
    printed = str(module)
    assert str(parse_module(printed)) == printed
    original = parse_module(text)
    for seed in range(2):
        for got, want in zip(results(module, seed), results(original, seed), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    return ["right"]


def test_the_tree_computes_what_the_loops_do(record_property: Record) -> None:
    counts: Counter[str] = Counter()

    # Shrinking a program takes minutes and little away.
    @settings(max_examples=CASES, phases=[Phase.explicit, Phase.generate])
    @given(cases())
    def check(case: tuple[Program, Pipeline]) -> None:
        note(text_of(case[0]))
        counts.update(outcome(*case))

    try:
        check()
    finally:
        record_property("counts", dict(counts))
    refused = counts.total() - counts["right"] - counts[MISMATCH]
    assert refused <= counts["right"] / 20

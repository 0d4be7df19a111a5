"""Choose tile policies by timing the kernels that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass, PassPipeline

from akg_mlir.diagnostics import CompileError, collect_remarks, remark
from akg_mlir.dialects import poly
from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine, MachineError
from akg_mlir.passes.affine.poly_schedule import function_name
from akg_mlir.passes.affine.poly_tile import PolyTile, machine_figures, tiler_of
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.passes.npu.npu_insert_sync import NpuInsertSync
from akg_mlir.passes.pipelines import AffineToNpu, NpuToInstructions, flatten
from akg_mlir.polyhedral.fusable_tiles import choose_fusable
from akg_mlir.polyhedral.policy import PolicyError
from akg_mlir.polyhedral.tile_candidates import candidates
from akg_mlir.polyhedral.tile_plan import DoesNotFit
from akg_mlir.targets import Target

NAME = "poly-tune"
FINAL = 2
"""Fastest policies that are timed again, and the one of poly-tile, as they will be compiled."""
CHECKS = ("poly-verify", "npu-verify")
"""Passes that change nothing: what is kept is compiled, and checked, again."""


@dataclass(frozen=True)
class PolyTune(ModulePass):
    """Give scops the tile policy that is fastest on the machine, of `trials` that are compiled.

    Timed are the policy that poly-tile would choose and the best ones of powers of two, by its
    estimates. What was chosen stands in the scop (`policy "..."`), where poly-tile reads it.
    Trials are synchronised greedily and run without data, so that one costs less than compiling the
    kernel does; the best of them are compared again under the flags that they will have. Programs
    of which no tile fits, or that have one candidate only, are left alone.
    """

    name = NAME

    trials: int = 4

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_of(op)
        for function in [f for f in op.walk() if isinstance(f, FuncOp)]:
            scops = [s for s in function.walk() if isinstance(s, poly.ScopOp)]
            if len(scops) == 1:
                _tune(ctx, op, scops[0], target, self.trials)


def _tune(ctx: Context, module: ModuleOp, op: poly.ScopOp, target: Target, trials: int) -> None:
    tile, *later = _later()
    policies = _policies(op, target, tile, trials)
    if len(policies) < 2:
        return
    quick = (replace(p, scheme="greedy") if isinstance(p, NpuInsertSync) else p for p in later)
    timed = _timed(ctx, module, op, target, policies, (tile, *quick))
    first = sorted(timed, key=lambda policy: timed[policy])[:FINAL]
    final = dict.fromkeys([*policies[:1], *first])
    timed |= _timed(ctx, module, op, target, tuple(final), (tile, *later))
    best = min(final, key=lambda policy: timed.get(policy, inf))
    op.policy = StringAttr(best) if best in timed else None
    if best in timed:
        listed = ", ".join(f"{policy}: {cycles}" for policy, cycles in timed.items())
        gained = timed.get(policies[0], timed[best]) - timed[best]
        numbers = {"cycles": timed[best], "gained": gained, "timed": len(timed)}
        remark(NAME, "passed", function_name(op), f"{best} of {listed} cycles", **numbers)


def _later() -> tuple[PolyTile, *tuple[ModulePass, ...]]:
    """What compiles a trial: the standard pipeline from poly-tile on, without what only checks."""
    passes = flatten((AffineToNpu(), NpuToInstructions()))
    first = next(n for n, pass_ in enumerate(passes) if isinstance(pass_, PolyTile))
    tile = passes[first]
    assert isinstance(tile, PolyTile)
    return tile, *(pass_ for pass_ in passes[first + 1 :] if pass_.name not in CHECKS)


def _timed(
    ctx: Context,
    module: ModuleOp,
    op: poly.ScopOp,
    target: Target,
    policies: Sequence[str],
    passes: Sequence[ModulePass],
) -> dict[str, int]:
    """Cycles under each policy that compiles and runs; the last one is left in the scop."""
    timed: dict[str, int] = {}
    for policy in policies:
        op.policy = StringAttr(policy)
        cycles = _cycles(ctx, module, op, target, passes)
        if cycles is not None:
            timed[policy] = cycles
    return timed


def _policies(op: poly.ScopOp, target: Target, tile: PolyTile, count: int) -> Sequence[str]:
    try:
        tiler, found = choose_fusable(tiler_of(op, machine_figures(target), tile))
    except (DoesNotFit, PolicyError):
        return []
    return [str(policy) for policy in candidates(tiler, found, count)]


def _cycles(
    ctx: Context, module: ModuleOp, op: poly.ScopOp, target: Target, passes: Sequence[ModulePass]
) -> int | None:
    """What the kernel around a scop takes with the policy that stands there; None where that does
    not compile or run."""
    function = op.parent_op()
    assert isinstance(function, FuncOp)
    alone = ModuleOp([function.clone()], dict(module.attributes))
    try:
        with collect_remarks():
            PassPipeline(tuple(passes)).apply(ctx, alone)
        (kernel,) = (f for f in alone.ops if isinstance(f, FuncOp))
        return Machine(target).time(decode(kernel, target)).cycles
    except (CompileError, MachineError):
        return None

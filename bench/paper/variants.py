"""The standard pipeline, and what it lacks in each of the compared variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xdsl.passes import ModulePass

from akg_mlir.passes.pipelines import Akg, flatten

TARGET = "ascend910"
TIMED = 6
"""Tiles of powers of two per kernel that run on the machine, of ours and of the template's."""
TRIALS = 1 + TIMED
"""Tiles of ours: the one that the cost model likes best comes first."""

Options = Mapping[str, object]

ABLATIONS: Mapping[str, tuple[str, Options]] = {
    "no_double_buffer": ("npu-multi-buffer", {"copies": 1}),
    "barrier_all": ("npu-insert-sync", {"scheme": "barrier-all"}),
    "no_bank_skew": ("npu-plan-memory", {"skew": False}),
}
"""By name: a pass and the options that take one thing away."""


def standard(policy: str | None = None) -> tuple[ModulePass, ...]:
    """The standard pipeline for the machine of the paper."""
    return flatten((Akg(target=TARGET, policy=policy),))


def tuned() -> tuple[ModulePass, ...]:
    """The standard pipeline with tiles that are timed, as those of the template are."""
    return flatten((Akg(target=TARGET, tune=TRIALS),))


def ablated(name: str) -> tuple[ModulePass, ...]:
    """The tuned pipeline without one thing."""
    return with_options(tuned(), *ABLATIONS[name])


def with_options(
    passes: Sequence[ModulePass], name: str, options: Options
) -> tuple[ModulePass, ...]:
    """Passes of which those called `name` have other options. Raises KeyError if there is none."""
    if name not in (pass_.name for pass_ in passes):
        raise KeyError(f"the pipeline has no {name}")
    return tuple(replace(p, **options) if p.name == name else p for p in passes)

"""Named pipelines, and how a pipeline is built from a string or from pass objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass, PassPipeline
from xdsl.utils.arg_spec import ArgSpec, ParameterListType
from xdsl.utils.arg_spec import parse_pipeline as parse_specs
from xdsl.utils.exceptions import ArgSpecParseError

from akg_mlir.diagnostics import CompileError
from akg_mlir.passes import get_all_passes

PassTable = Mapping[str, Callable[[], type[ModulePass]]]
Precision = Literal["strict", "mixed"]


@dataclass(frozen=True)
class PipelinePass(ModulePass, ABC):
    """A pass that only stands for a sequence of passes.

    Tools flatten it first, so that printing, timing and verification see every step.
    """

    @abstractmethod
    def expand(self) -> tuple[ModulePass, ...]:
        """The passes it stands for, in order; some may be pipelines again."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        PassPipeline(flatten((self,))).apply(ctx, op)


def flatten(passes: Iterable[ModulePass]) -> tuple[ModulePass, ...]:
    """The passes with every named pipeline replaced by its steps."""

    def steps() -> Iterator[ModulePass]:
        for pass_ in passes:
            if isinstance(pass_, PipelinePass):
                yield from flatten(pass_.expand())
            else:
                yield pass_

    return tuple(steps())


def parse_pipeline(text: str, available: PassTable | None = None) -> tuple[ModulePass, ...]:
    """The passes of `a,b{option=1}`, named pipelines flattened.

    `available` defaults to our passes and xDSL's. Raises `CompileError` on a malformed string, an
    unknown pass (with the nearest names) or an option the pass does not take.
    """
    if available is None:
        from xdsl.transforms import get_all_passes as get_upstream_passes

        available = get_upstream_passes() | get_all_passes()
    try:
        specs = tuple(parse_specs(text))
    except ArgSpecParseError as error:
        raise CompileError(f"malformed pipeline: {error}") from None
    return flatten(_instantiate(spec, available) for spec in specs)


def _instantiate(spec: ArgSpec, available: PassTable) -> ModulePass:
    if spec.name not in available:
        near = get_close_matches(spec.name, available, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`akg-opt --list-passes` has all"
        raise CompileError(f"unknown pass '{spec.name}'", hint=hint)
    try:
        return available[spec.name]().from_spec(spec)
    except ValueError as error:
        raise CompileError(f"pass '{spec.name}': {error}") from None


def _step(name: str, **options: str | int | None) -> ModulePass:
    given: dict[str, ParameterListType] = {
        key: (value,) for key, value in options.items() if value is not None
    }
    return _instantiate(ArgSpec(name, given), get_all_passes())


@dataclass(frozen=True)
class TeToAffine(PipelinePass):
    """Tensor floor: decompose, choose layouts, partition into kernels, lower to loops."""

    name = "te-to-affine"
    target: str | None = None
    precision: Precision = "strict"

    def expand(self) -> tuple[ModulePass, ...]:
        return (
            _step("convert-linalg-to-te"),
            _step("te-set-target", target=self.target),
            _step("te-apply-precision", precision=self.precision),
            _step("te-record-workload"),
            _step("te-decompose"),
            _step("te-share-values"),
            _step("te-channels-last"),
            _step("te-drop-unit-dims"),
            _step("te-turn-products"),
            _step("te-split-reductions"),
            _step("te-sink-reshapes"),
            _step("te-propagate-layout"),
            _step("te-turn-lanes"),
            _step("te-group-rows"),
            _step("te-partition"),
            _step("te-collapse-dims"),
            _step("convert-te-to-affine"),
        )


@dataclass(frozen=True)
class TeToLinalg(PipelinePass):
    """For other compilers: decompose, write as linalg on tensors (`--print-op-generic`)."""

    name = "te-to-linalg"

    def expand(self) -> tuple[ModulePass, ...]:
        return (
            _step("convert-linalg-to-te"),
            _step("te-decompose", gathers="sums"),
            _step("convert-te-to-linalg"),
        )


@dataclass(frozen=True)
class AffineToTrees(PipelinePass):
    """Affine floor: raise to schedule trees, tile, fuse, assign units, promote, prove.

    `tune` tile policies per kernel are compiled and timed, and the fastest is taken (poly-tune); 0
    trusts the cost model.
    """

    name = "affine-to-trees"
    policy: str | None = None
    tune: int = 0

    def expand(self) -> tuple[ModulePass, ...]:
        timed = (_step("poly-tune", trials=self.tune),) if self.tune else ()
        return (
            _step("poly-raise"),
            _step("poly-schedule"),
            *timed,
            _step("poly-tile", policy=self.policy, convolutions="vector"),
            _step("poly-fuse"),
            _step("poly-assign-units", convolutions="vector"),  # only packed images load
            _step("poly-promote"),
            _step("poly-verify"),
        )


@dataclass(frozen=True)
class AffineToNpu(PipelinePass):
    """The affine floor and what leaves it: affine-to-trees, then loops over tile ops."""

    name = "affine-to-npu"
    policy: str | None = None
    tune: int = 0

    def expand(self) -> tuple[ModulePass, ...]:
        return (AffineToTrees(policy=self.policy, tune=self.tune), _step("npu-generate"))


@dataclass(frozen=True)
class NpuToInstructions(PipelinePass):
    """NPU floor: fold moves, slice results, legalise tile ops, overlap iterations, plan memory,
    synchronise, verify."""

    name = "npu-to-instructions"

    def expand(self) -> tuple[ModulePass, ...]:
        return (
            _step("npu-fold-moves"),
            _step("npu-slice-results"),
            _step("npu-legalise"),
            _step("npu-hoist-invariants"),
            _step("npu-multi-buffer"),
            _step("npu-slice-loads"),
            _step("npu-slice-stores"),
            _step("npu-plan-memory"),
            _step("npu-insert-sync"),
            _step("npu-verify"),
        )


@dataclass(frozen=True)
class Akg(PipelinePass):
    """The standard pipeline: te-to-affine, affine-to-npu (with `policy` and `tune`),
    npu-to-instructions."""

    name = "akg"
    target: str | None = None
    precision: Precision = "strict"
    policy: str | None = None
    tune: int = 0

    def expand(self) -> tuple[ModulePass, ...]:
        return (
            TeToAffine(target=self.target, precision=self.precision),
            AffineToNpu(policy=self.policy, tune=self.tune),
            NpuToInstructions(),
        )

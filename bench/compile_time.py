"""Compile time: CPU milliseconds of every stage, against plain isl scheduling in the same run.

Each case is compiled in a process of its own, several times; figures are means without the first
(which imports modules), since the clock of CPU time may be coarse. The peer schedules the same
dependences as PPCG does: isl's scheduler with its default fusion, no statement grouping, no
serialisation; it has a limit, because it can explode, and is not asked about chains that are longer
than one that it did not finish.

`polyhedral` is from the dependences to promotion, `ast` isl's loops inside `npu-generate`
(`generate`), `check` the verification of the IR after each pass.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench import affine_cases, cases

ROOT = Path(__file__).parents[1]
SECONDS = 0.5
"""Rounds are measured until this much CPU time has passed."""
CPU_LIMIT = 20
"""Seconds of CPU time for one process."""
PEER_LIMIT = 5
"""Seconds of CPU time for the peer's."""
LENGTHS = (10, 20, 50, 100, 128, 200, 256)
"""Numbers of ops of the chains."""
TENSOR, AFFINE = "te-to-affine", "affine-to-npu,npu-to-instructions"
STAGES = (
    *("parse", "tensor", "raise", "polyhedral", "judge"),
    *("generate", "instructions", "check", "ast", "total"),
)
POLYHEDRAL = ("poly-schedule", "poly-tile", "poly-fuse", "poly-assign-units", "poly-promote")
SUB_GRAPHS = ("sg1_", "sg2_", "sg3_", "sg4_", "sg5_")
POLYBENCH = ("adi", "correlation", "fdtd-2d", "heat-3d", "ludcmp", "nussinov")
"""Kernels with many statements, deep nests, or dependences in circles; MINI, f32."""
GROWTH = 1.3
"""How much faster than linearly the cost of a chain may grow from 10 to 200 ops."""


@dataclass(frozen=True)
class Case:
    """A program and how it is compiled: `head` makes affine kernels of it."""

    name: str
    text: str
    head: str = TENSOR

    @property
    def family(self) -> str:
        """The name without the length of a chain."""
        return self.name.rstrip("0123456789")


@dataclass(frozen=True)
class Figures:
    """CPU milliseconds by stage, or how the compiler ended; the peer's figures beside."""

    name: str
    stages: dict[str, float]
    ended: str
    statements: int
    ours: float | None
    peer: float | None

    @property
    def ratio(self) -> float | None:
        """Our dependences and schedule over the peer's; None if either did not finish."""
        return None if self.ours is None or self.peer is None else self.ours / self.peer


# ------------------------------------------------------------------------------ inside a process


def compile_case(text: str, head: str) -> dict[str, Any]:
    """Compile several times; mean milliseconds."""
    from akg_mlir.diagnostics import CompileError

    clock = _Clock()
    try:
        for _ in _rounds(clock.reset):
            _compile(text, head, clock)
    except CompileError as error:
        return {"stages": clock.milliseconds(), "ended": str(error).splitlines()[0][:160]}
    return {"stages": clock.milliseconds(), "ended": "ok"}


def _rounds(warm: Callable[[], None]) -> Iterator[None]:
    """Rounds to measure, after one that is not, until `SECONDS` have passed."""
    yield
    warm()
    end = _cpu() + SECONDS
    yield
    while _cpu() < end:
        yield


def _cpu() -> float:
    """CPU seconds of this process and of the children that have ended (isl under a budget)."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class _Clock:
    """CPU seconds by stage, over the rounds since the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.rounds = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = _cpu()
        try:
            yield
        finally:
            self.seconds[name] += _cpu() - started

    def timed(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            with self.stage(name):
                return function(*arguments)

        return call

    def milliseconds(self) -> dict[str, float]:
        rounds = max(1, self.rounds)
        parts = {name: 1000 * seconds / rounds for name, seconds in self.seconds.items()}
        parts["total"] = sum(value for name, value in parts.items() if name != "ast")
        return parts


def _compile(text: str, head: str, clock: _Clock) -> None:
    from akg_mlir.compilation import collector_paused
    from akg_mlir.parsing import make_context
    from akg_mlir.passes.npu.generate import loops
    from akg_mlir.passes.pipelines import parse_pipeline
    from akg_mlir.verification import verify_module

    with clock.stage("parse"):
        module = _parsed(text)
    context = make_context()
    timed_loops = patch.object(loops, "outer_loops", clock.timed(loops.outer_loops, "ast"))
    with timed_loops, collector_paused():
        for step in parse_pipeline(",".join(filter(None, (head, AFFINE)))):
            with clock.stage(_stage(step.name)):
                step.apply(context, module)
            with clock.stage("check"):
                verify_module(module)
    clock.rounds += 1


def _parsed(text: str) -> Any:
    from xdsl.dialects.builtin import StringAttr

    from akg_mlir.parsing import parse_module

    module = parse_module(text)
    module.attributes["npu.target"] = StringAttr("ascend910")
    return module


def _stage(name: str) -> str:
    if name in POLYHEDRAL:
        return "polyhedral"
    if name.startswith("npu-") and name != "npu-generate":
        return "instructions"
    known = {"poly-raise": "raise", "poly-verify": "judge", "npu-generate": "generate"}
    return known.get(name, "tensor")


def schedule_case(text: str, head: str, peer: bool) -> dict[str, Any]:
    """Dependences and schedule of all kernels, by us or by plain isl on the same dependences."""
    import islpy as isl

    from akg_mlir.dialects import poly
    from akg_mlir.parsing import make_context
    from akg_mlir.passes.affine.statements import read_scop
    from akg_mlir.passes.pipelines import parse_pipeline
    from akg_mlir.polyhedral.context import context
    from akg_mlir.polyhedral.dependence import analyse
    from akg_mlir.polyhedral.scheduling import schedule

    module = _parsed(text)
    for step in parse_pipeline(",".join(filter(None, (head, "poly-raise")))):
        step.apply(make_context(), module)
    scops = [read_scop(op) for op in module.walk() if isinstance(op, poly.ScopOp)]
    context().set_schedule_serialize_sccs(0 if peer else 1)
    clock = _Clock()
    for _ in _rounds(clock.reset):
        for scop in scops:
            with clock.stage("total"):
                if not peer:
                    schedule(scop)
                    continue
                found = analyse(scop)
                constraints = isl.ScheduleConstraints.on_domain(scop.domain())
                constraints = constraints.set_validity(found.validity)
                constraints = constraints.set_coincidence(found.coincidence)
                constraints.set_proximity(found.proximity).compute_schedule()
        clock.rounds += 1
    mean = 1000 * clock.seconds["total"] / clock.rounds
    return {"milliseconds": mean, "statements": sum(len(scop.originals) for scop in scops)}


def main() -> None:
    """A measuring process: a request on stdin, figures on stdout."""
    request = json.loads(sys.stdin.read())
    kind = request.pop("kind")
    found = compile_case(**request) if kind == "compile" else schedule_case(**request)
    print(json.dumps(found))


# ----------------------------------------------------------------------------- outside: all cases


def all_cases() -> list[Case]:
    """Every graph at its published size, affine kernels, chains, the running example of the AKG
    paper and some of PolyBench."""
    from tests.support import polybench

    found = [Case(name, text) for name, text in cases.PUBLISHED.items()]
    affine = affine_cases.CONVOLUTIONS | affine_cases.EXPLOSIVE
    found += [Case(name, text, "") for name, text in affine.items()]
    for length in LENGTHS:
        found.append(Case(f"elementwise_chain_{length}", cases.elementwise_chain(length)))
        found.append(Case(f"reduction_chain_{length}", cases.reduction_chain(length)))
    example = ROOT / "examples" / "paper_running_example.mlir"
    found.append(Case("paper_running_example", example.read_text(), ""))
    found += [Case(name, polybench.text(name, "MINI", "f32"), "") for name in POLYBENCH]
    return found


def measure(case: Case, *, with_peer: bool = True) -> Figures:
    """All figures of one case."""
    program = {"text": case.text, "head": case.head}
    compiled = _in_process({"kind": "compile", **program})
    ours = _in_process({"kind": "schedule", **program, "peer": False})
    peer: dict[str, Any] = {}
    if with_peer:
        peer = _in_process({"kind": "schedule", **program, "peer": True}, PEER_LIMIT)
    return Figures(
        case.name,
        compiled.get("stages", {}),
        compiled["ended"],
        ours.get("statements", 0),
        ours.get("milliseconds"),
        peer.get("milliseconds"),
    )


def _in_process(request: dict[str, Any], seconds: int = CPU_LIMIT) -> dict[str, Any]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))

    done = subprocess.run(
        [sys.executable, "-c", "from bench.compile_time import main; main()"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=ROOT,
        preexec_fn=limit,
    )
    if done.returncode < 0:
        return {"ended": f"over {seconds} s"}
    if done.returncode:
        return {"ended": done.stderr.strip().splitlines()[-1][:160]}
    return json.loads(done.stdout)


@dataclass(frozen=True)
class Bar:
    """A promise: `value` is at most `limit` (milliseconds, or a factor)."""

    what: str
    value: float
    limit: float

    @property
    def holds(self) -> bool:
        return self.value <= self.limit


def bars(figures: list[Figures]) -> list[Bar]:
    """What compile time must keep to. A case that did not finish breaks its bars."""

    def stages(found: Figures, *names: str) -> float:
        if found.ended != "ok":
            return math.inf
        return sum(found.stages[name] for name in names)

    result: list[Bar] = []
    for found in figures:
        if found.name.startswith((*SUB_GRAPHS, "conv_bias_relu")):
            name = found.name
            result.append(
                Bar(f"{name}: dependences to promotion", stages(found, "polyhedral"), 150)
            )
            result.append(Bar(f"{name}: judge and ast", stages(found, "judge", "ast"), 250))
        if found.name in affine_cases.EXPLOSIVE:
            result.append(Bar(f"{found.name}: total", stages(found, "total"), 1000))
    by_name = {found.name: found for found in figures}
    for kind in ("elementwise_chain", "reduction_chain"):
        ends = [by_name.get(f"{kind}_{length}") for length in (10, 200)]
        costs = [stages(f, "polyhedral", "judge", "ast") for f in ends if f is not None]
        if len(costs) == 2:
            result.append(Bar(f"{kind}: growth over linear", costs[1] / costs[0] / 20, GROWTH))
        for length, limit in ((128, 3000), (256, 8000)):
            if (found := by_name.get(f"{kind}_{length}")) is not None:
                result.append(Bar(f"{found.name}: total", stages(found, "total"), limit))
    longest = f"_chain_{max(LENGTHS)}"  # has a bar of its own
    slowest = max(
        (f for f in figures if not f.name.endswith(longest)),
        key=lambda f: stages(f, "total"),
        default=figures[0],
    )
    result.append(Bar(f"slowest ({slowest.name}): total", stages(slowest, "total"), 5000))
    return result


def run(only: str = "") -> dict[str, object]:
    """Measure the cases whose name contains `only`; the table and the bars go to stderr."""
    figures: list[Figures] = []
    _say(f"{'CPU ms':28}" + "".join(f"{name:>13}" for name in (*STAGES, "peer", "ratio")))
    hopeless: set[str] = set()
    for case in all_cases():
        if only in case.name:
            figures.append(measure(case, with_peer=case.family not in hopeless))
            hopeless |= {case.family} if figures[-1].peer is None else set()
            _say(_row(figures[-1]))
    found = bars(figures)
    for bar in found:
        _say(f"{'holds' if bar.holds else 'FAILS'}  {bar.what}: {bar.value:.4g} of {bar.limit:g}")
    return {
        "cases": [asdict(f) | {"ratio": f.ratio} for f in figures],
        "bars": [asdict(bar) | {"holds": bar.holds} for bar in found],
    }


def _row(found: Figures) -> str:
    columns = [found.stages.get(name) for name in STAGES]
    text = "".join(f"{c:13.1f}" if c is not None else f"{'-':>13}" for c in columns)
    peer = f">{PEER_LIMIT} s" if found.peer is None else f"{found.peer:.1f}"
    ratio = "" if found.ratio is None else f"{found.ratio:.2f}"
    ended = "" if found.ended == "ok" else f"  {found.ended}"
    return f"{found.name:28}{text}{peer:>13}{ratio:>13}{ended}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

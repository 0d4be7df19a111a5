"""What `akg run` and `akg demo` do."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from xdsl.passes import ModulePass

from akg_mlir.cli.errors import describe
from akg_mlir.cli.files import write_whole
from akg_mlir.cli.progress import Progress
from akg_mlir.compiler import Kernel, compile
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.trees import TreeRunner
from akg_mlir.inputs import read_npz
from akg_mlir.passes.pipelines import AffineToTrees, TeToAffine
from akg_mlir.report.figures import RunReport
from akg_mlir.report.host import HostReport, run_host
from akg_mlir.report.running import run, time
from akg_mlir.report.timeline.panel import panels
from akg_mlir.report.timeline.perfetto import perfetto
from akg_mlir.report.timeline.picture import picture
from akg_mlir.report.timeline.text import text
from akg_mlir.report.trees import TreeReport, run_trees
from akg_mlir.sources import SUFFIXES, Array


def run_program(options: argparse.Namespace) -> int:
    """`akg run FILE`: 0 when the program ran and, if checked, was right."""
    given = {} if options.inputs is None else read_npz(options.inputs)
    with Progress() as progress:
        kernel = _compile(options.file, options, progress)
        if options.engine != "interp":
            report = _on_host(kernel, given, options, progress)
        elif options.timing_only:
            report = time(kernel.runner, progress)
        else:
            report = _execute(kernel, options.floor, given, options.seed, options.check, progress)
    _draw(kernel, report, options)
    if options.remarks is not None:
        lines = (json.dumps(remark.as_dict()) + "\n" for remark in kernel.remarks)
        write_whole(options.remarks, "".join(lines))
    print(json.dumps(report.as_dict(), indent=2) if options.json else report)
    return 0 if report.ok else 1


def _on_host(
    kernel: Kernel, given: Mapping[str, Array], options: argparse.Namespace, progress: Progress
) -> HostReport:
    """Run as C++ on this computer, which has no cycles and no timeline."""
    if options.floor != "npu" or options.timing_only or options.timeline or options.trace:
        raise CompileError(
            "C++ on this computer has no cycles, no timeline and no schedule trees",
            hint="leave out --engine, or --floor, --timing-only, --timeline and --trace",
        )
    return run_host(
        kernel.compilation,
        given,
        seed=options.seed,
        check=options.check,
        with_machine=options.engine == "both",
        progress=progress,
    )


def _draw(
    kernel: Kernel, report: RunReport | TreeReport | HostReport, options: argparse.Namespace
) -> None:
    """Write the timelines that were asked for."""
    wanted: list[Path] = [file for file in (options.timeline, options.trace) if file is not None]
    if not wanted:
        return
    if not isinstance(report, RunReport):
        raise CompileError("schedule trees have no timeline", hint="run on the floor npu")
    if options.trace is not None:
        write_whole(options.trace, perfetto(kernel.runner))
    if options.timeline is not None:
        shown = panels(kernel.runner, report)
        svg = options.timeline.suffix == ".svg"
        write_whole(options.timeline, picture(report.headline(), shown) if svg else text(shown))


def _compile(file: Path, options: argparse.Namespace, progress: Progress) -> Kernel:
    """Compile down to the floor that was asked for."""
    pipeline: str | Sequence[ModulePass] | None = options.pipeline
    if pipeline is None and options.floor == "affine":
        pipeline = (
            TeToAffine(target=options.target, precision=options.precision),
            AffineToTrees(policy=options.policy),
        )
    return compile(
        file,
        target=options.target,
        pipeline=pipeline,
        precision=options.precision,
        policy=options.policy,
        progress=progress,
    )


def _execute(
    kernel: Kernel,
    floor: str,
    given: Mapping[str, Array],
    seed: int,
    check: bool,
    progress: Progress,
) -> RunReport | TreeReport:
    """Run on inputs by name; schedule trees are always compared with the reference."""
    if floor == "affine":
        return run_trees(TreeRunner(kernel.compilation), given, seed=seed, progress=progress)
    return run(kernel.runner, given, seed=seed, check=check, progress=progress)


def run_demo(options: argparse.Namespace) -> int:
    """`akg demo`: 0 when every example is right; one that fails does not stop the others."""
    directory: Path = options.directory
    files = sorted(path for path in directory.glob("*") if path.suffix in SUFFIXES)
    if not files:
        raise CompileError(
            f"{directory}: no {', '.join(SUFFIXES)} files", hint="akg demo DIRECTORY"
        )
    right = 0
    for file in files:
        report = _demonstrate(file, options)
        right += report is not None and report.ok
        print(flush=True)
    print(f"{right} of {len(files)} examples match the reference")
    return 0 if right == len(files) else 1


def _demonstrate(file: Path, options: argparse.Namespace) -> RunReport | TreeReport | None:
    try:
        with Progress() as progress:
            kernel = _compile(file, options, progress)
            report = _execute(kernel, options.floor, {}, 0, True, progress)
    except Exception as error:
        print(f"{file}: FAILED", flush=True)
        print(f"akg: error: {describe(error)}", file=sys.stderr, flush=True)
        return None
    print(report)
    return report

"""`akg`: compile and run programs on the simulated machine."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from akg_mlir.cli.errors import run_guarded

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `akg`; returns the exit code."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    return run_guarded("akg", lambda: command(options), backtrace=options.backtrace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="akg", description="Compile tensor programs for NPUs and run them, simulated."
    )
    parser.add_argument("--backtrace", action="store_true", help="show tracebacks on errors")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="compile a program, run it, compare its results"))
    _add_build(commands.add_parser("build", help="write a program as C++, or as a library"))
    targets = commands.add_parser("targets", help="list the machines to compile for")
    targets.set_defaults(command=_targets)
    _add_ops(commands.add_parser("ops", help="what is supported: operators, types, units"))
    _add_demo(commands.add_parser("demo", help="run every example and say what happened"))
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="a .mlir, .onnx, .json or .info file")
    add("--inputs", type=Path, metavar="X.npz", help="inputs by name; the rest is random")
    add("--seed", type=int, default=0, help="seed of random inputs (default 0)")
    add(
        "--check",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="run in every order and compare with the reference (default); else only time it",
    )
    add(
        "--engine",
        choices=("interp", "host", "both"),
        default="interp",
        help="the simulated machine (default), the kernels as C++ on this computer, or both",
    )
    add(
        "--timing-only",
        action="store_true",
        help="execute nothing: cycles, bounds and traffic need no inputs",
    )
    add(
        "--timeline",
        type=Path,
        metavar="FILE",
        help="draw what each pipe does when: .svg is a picture, else text",
    )
    add("--trace", type=Path, metavar="FILE", help="write the timeline for ui.perfetto.dev (JSON)")
    add("--json", action="store_true", help="print the figures as JSON")
    add("--remarks", type=Path, metavar="FILE", help="write what passes decided, as JSON lines")
    _add_options(parser)
    _add_floor(parser)
    parser.set_defaults(command=_run)


def _add_build(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="a .mlir, .onnx, .json or .info file")
    add("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder to write to")
    add(
        "--host",
        action="store_true",
        help="also compile: a shared library with a C API and a Python wrapper",
    )
    add("--name", help="prefix of the C functions (default: from FILE)")
    add(
        "--weights",
        type=Path,
        metavar="X.npz",
        help="values of arguments by name that become part of the program",
    )
    add("--force", action="store_true", help="write to a folder that holds other files")
    add("--json", action="store_true", help="print what was written as JSON")
    _add_options(parser)
    parser.set_defaults(command=_build)


def _add_ops(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", default="ascend910", help="a name that `akg targets` lists")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.set_defaults(command=_ops)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("directory", type=Path, nargs="?", default=Path("examples"), help="default: examples")
    _add_options(parser)
    _add_floor(parser)
    parser.set_defaults(command=_demo)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--target", help="a name that `akg targets` lists (default ascend910)")
    add("--pipeline", metavar="PASSES", help='what to run instead of "akg"')
    add("--precision", choices=("strict", "mixed"), default="strict")
    add("--policy", help="tile policy (default: chosen by cost)")


def _add_floor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--floor",
        choices=("npu", "affine"),
        default="npu",
        help="run the instructions on the simulated machine (default), or the schedule trees",
    )


def _run(options: argparse.Namespace) -> int:
    from akg_mlir.cli.running import run_program

    return run_program(options)


def _build(options: argparse.Namespace) -> int:
    from akg_mlir.cli.building import build_program

    return build_program(options)


def _demo(options: argparse.Namespace) -> int:
    from akg_mlir.cli.running import run_demo

    return run_demo(options)


def _ops(options: argparse.Namespace) -> int:
    from akg_mlir.report.operators.table import support

    found = support(options.target)
    print(json.dumps(found.as_dict(), indent=2) if options.json else found)
    return 0


def _targets(_: argparse.Namespace) -> int:
    from akg_mlir.report.table import render
    from akg_mlir.targets import load, names

    rows = [
        (
            target.name,
            str(target.cores),
            f"{target.clock_ghz:g} GHz",
            " ".join(f"{name} {size // 1024}K" for name, size in target.memories.items() if size),
            target.description,
        )
        for target in map(load, names())
    ]
    for line in render(("target", "cores", "clock", "memories", "description"), rows):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Kernels as C++ on this computer against the simulated machine and onnxruntime, in one run.

    python -m bench.host_speed ../shared/cases/models --json
    python -m bench.host_speed ../shared/cases/models --include 'resnet18'

Networks become libraries (`akg build --host`), whose fast mode is timed. `speedup` is over the
simulated machine (numpy), which executes networks of at most `MOST_ON_MACHINE` points;
`over_onnxruntime` how many times longer it takes than onnxruntime with one thread. All seconds are
of processors, the least of several runs; the machine has one. Without a folder only the programs
below are timed, which onnxruntime does not have.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import onnxruntime

import akg_mlir
from akg_mlir.compiler import Kernel
from akg_mlir.inputs import prepare
from akg_mlir.judging import same_bits
from akg_mlir.sources import Array
from tests.conformance.outcomes import write_json
from tests.support.model_cases import MOST_ON_MACHINE, Network, network, points_of

Figures = dict[str, float | int | bool | None]
ENOUGH = 0.5
"""Seconds of runs after which the least counts."""

PROGRAMS = {
    "matmul 512x1024x1024 f16": """
        func.func @main(%a: tensor<512x1024xf16>, %b: tensor<1024x1024xf16>)
            -> tensor<512x1024xf16> {
          %0 = te.matmul %a, %b
              : (tensor<512x1024xf16>, tensor<1024x1024xf16>) -> tensor<512x1024xf16>
          func.return %0 : tensor<512x1024xf16>
        }""",
    "softmax 1024x1024 f32": """
        func.func @main(%x: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
          %0 = te.softmax %x axis 1 : tensor<1024x1024xf32>
          func.return %0 : tensor<1024x1024xf32>
        }""",
}


def measure(kernel: Kernel, inputs: Sequence[Array], on_machine: bool) -> Figures:
    """Seconds of the library and of the machine, and whether their results have the same bits."""
    with TemporaryDirectory() as folder:
        program = kernel.build_library(folder)
        outputs = program.run(inputs)
        fast = least_seconds(lambda: program.run(inputs))
    if not on_machine:
        return {"seconds": fast, "machine_seconds": None, "speedup": None, "same_bits": None}
    expected = kernel.runner.run(inputs).outputs  # plans the instructions, too
    machine = least_seconds(lambda: kernel.runner.run(inputs))
    return {
        "seconds": fast,
        "machine_seconds": machine,
        "speedup": machine / fast,
        "same_bits": same_bits(outputs, expected),
    }


def least_seconds(run: Callable[[], object]) -> float:
    """The processor time of the shortest of several runs; one where that takes long."""
    found: list[float] = []
    while sum(found) < ENOUGH:
        started = time.process_time()
        run()
        found.append(time.process_time() - started)
    return min(found)


def onnxruntime_seconds(net: Network) -> float:
    """One run of a network on one thread, optimised as it is by default."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(net.model.SerializeToString(), options)
    feed = {given.name: array for given, array in zip(session.get_inputs(), net.inputs)}
    return least_seconds(lambda: session.run(None, feed))


def run_network(folder: Path, name: str) -> Figures:
    """The figures of one model of a folder."""
    net = network(folder, name)
    kernel = akg_mlir.compile(net.model)
    affordable = points_of(kernel.compilation.source) <= MOST_ON_MACHINE
    figures = measure(kernel, net.inputs, affordable)
    peer = onnxruntime_seconds(net)
    seconds = figures["seconds"]
    assert seconds is not None
    return figures | {"onnxruntime_seconds": peer, "over_onnxruntime": seconds / peer}


def run_program(text: str) -> Figures:
    """The figures of a tensor program."""
    kernel = akg_mlir.compile(text)
    return measure(kernel, prepare(kernel.compilation.source, {}), True)


def line(name: str, figures: Mapping[str, float | int | bool | None]) -> str:
    """The row of a table."""
    cells = [
        "-" if (value := figures.get(key)) is None else f"{value * scale:.4g}"
        for key, scale in (
            ("seconds", 1e3),
            ("machine_seconds", 1e3),
            ("onnxruntime_seconds", 1e3),
            ("speedup", 1),
            ("over_onnxruntime", 1),
        )
    ]
    bits = "" if figures["same_bits"] in (True, None) else "  DIFFERENT BITS"
    return f"{name:26}" + "".join(f"{cell:>12}" for cell in cells) + bits


def main() -> int:
    """Exit 1 where a result has other bits than on the machine."""
    parser = argparse.ArgumentParser(prog="python -m bench.host_speed")
    parser.add_argument("models", type=Path, nargs="?", help="a folder of networks")
    parser.add_argument("--include", default="_mini", help="networks whose name matches (_mini)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="figures (stdout)")
    arguments = parser.parse_args()
    found: dict[str, Figures] = {}
    columns = ("ms", "machine ms", "onnxrt ms", "x machine", "/ onnxrt")
    print(f"{'':26}" + "".join(f"{column:>12}" for column in columns), file=sys.stderr)
    for name, text in PROGRAMS.items():
        found[name] = run_program(text)
        print(line(name, found[name]), file=sys.stderr, flush=True)
    paths = sorted(arguments.models.glob("*.onnx")) if arguments.models else []
    for path in paths:
        if re.search(arguments.include, path.stem):
            found[path.stem] = run_network(arguments.models, path.stem)
            print(line(path.stem, found[path.stem]), file=sys.stderr, flush=True)
    write_json(found, arguments.json)
    return 0 if all(f["same_bits"] is not False for f in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

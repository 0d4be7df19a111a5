"""The nine graphs of the comparison of tensor compilers, as ONNX and as linalg text.

At full size each is cut into kernels: the kernels and the megabytes that cross their boundaries
stand next to IREE's and the least there are. Reduced, each is compiled, judged, executed by its
schedule trees and on the machine, and compared with onnx's own reference.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from onnx import ModelProto

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.trees import TreeRunner
from bench.isolated import run_isolated
from tests.support import peer_graphs
from tests.support.peer_graphs import BUILDERS, IREE, SMALL

# sizes of the text -> sizes of the reduced one, and the constants that follow from them
REDUCED: dict[str, tuple[tuple[int, ...], dict[str, str]]] = {
    "attn": (
        (8, 2, 64),
        {"128": "8", "768": "128", "12": "2", "7.680000e+02": "1.280000e+02"},
    ),
    "bnred": (
        (3, 4, 5, 5),
        {"32": "3", "64": "4", "56": "5", "1.003520e+05": "7.500000e+01"},
    ),
    "conv": ((4, 10, 10, 4), {"64": "4", "56": "10", "58": "12"}),
    "ew": ((24, 24), {"4096": "24"}),
    "layernorm": (
        (9, 24),
        {"4096": "9", "1024": "24", "1.024000e+03": "2.400000e+01"},
    ),
    "matmul": ((24, 24, 24), {"1024": "24"}),
    "mmgelu": ((24, 24, 24), {"1024": "24"}),
    "softmax": ((9, 24), {"4096": "9", "1024": "24"}),
    "transadd": ((24, 24), {"4096": "24"}),
}


def run_suite(arguments: argparse.Namespace) -> dict[str, Any]:
    """Count and execute all files below `arguments.cases`; wrong numbers are regressions."""
    root = Path(arguments.cases) / "peers"
    if not root.is_dir():
        print(f"peers: no folder {root}; nothing was run", file=sys.stderr)
        return {"ok": True, "missing": str(root), "counts": {}}
    files = [
        path
        for name in BUILDERS
        for path in (root / f"{name}.onnx", root / f"{name}.linalg.mlir")
        if re.search(arguments.include, path.name)
    ]
    tasks = {path.name: partial(_run, path) for path in files}
    results: dict[str, dict[str, Any]] = {}
    for finished in run_isolated(tasks, arguments.jobs, arguments.timeout):
        value = finished.value
        failed = {"verdict": "FAIL", "reason": finished.failure}
        results[finished.name] = value if isinstance(value, dict) else failed
    results = dict(sorted(results.items()))
    print(f"{'':20} {'kernels':>8} {'IREE':>5} {'MB':>8} {'IREE':>7} {'least':>7}  numbers")
    for name, result in results.items():
        print(_line(name, result))
    counts = Counter(result["verdict"] for result in results.values())
    within = sum(result.get("within_bars", False) for result in results.values())
    print(f"peers: {dict(counts)}; {within} of {len(results)} within the bars")
    ok = not set(counts) - {"PASS"}
    return {"ok": ok, "counts": dict(counts), "within_bars": within, "cases": results}


def _line(name: str, result: dict[str, Any]) -> str:
    bar = IREE[name.split(".")[0]]
    if "kernels" not in result:
        return f"{name:20} {result['verdict']} {result['reason']}"
    return (
        f"{name:20} {result['kernels']:8} {bar.kernels:5} {result['megabytes']:8.2f} "
        f"{bar.megabytes:7} {bar.ideal_megabytes:7}  {result['verdict']} {result['reason']}"
    )


def _run(path: Path) -> dict[str, Any]:
    name = path.name.split(".")[0]
    bar = IREE[name]
    try:
        counted = peer_graphs.boundaries(path)
        verdict, reason = _numbers(path, name)
    except CompileError as error:
        return {"verdict": "UNSUPPORTED", "reason": str(error).splitlines()[0]}
    return {
        "verdict": verdict,
        "reason": reason,
        "kernels": counted.kernels,
        "megabytes": counted.bytes / 1e6,
        "within_bars": counted.kernels <= bar.kernels and counted.bytes <= bar.megabytes * 1e6,
    }


def _numbers(path: Path, name: str) -> tuple[str, str]:
    """Whether the reduced program gives what onnx's reference gives, and how far off it is."""
    source: ModelProto | str
    if path.suffix == ".onnx":
        model = source = BUILDERS[name](*SMALL[name])
    else:
        sizes, replaced = REDUCED[name]
        model = BUILDERS[name](*sizes)
        source = reduced(path.read_text(), replaced)
    arrays = peer_graphs.inputs(model)
    wanted = peer_graphs.expected(model, arrays)
    trees = akg_mlir.compile(source, pipeline="te-to-affine{target=ascend910},affine-to-trees")
    by_trees = TreeRunner(trees.compilation).run(arrays).outputs
    made = akg_mlir.compile(source, target="ascend910")(*arrays)
    on_machine = made if isinstance(made, tuple) else (made,)
    errors = [peer_graphs.largest_error(r, wanted) for r in (by_trees, on_machine)]
    text = f"trees {errors[0]:.1e}, machine {errors[1]:.1e}"
    return ("PASS" if max(errors) < peer_graphs.TOLERANCE else "WRONG"), text


def reduced(text: str, replaced: dict[str, str]) -> str:
    """MLIR text with other sizes, in tensor types and shapes, and other constants."""
    sizes = re.compile(r"(?<![\w.%#-])(\d+)(?=x|[\],](?! *:))|(?<=x)(\d+)(?=x)")
    text = sizes.sub(lambda match: replaced.get(match.group(), match.group()), text)
    for old, new in replaced.items():
        if "e+" in old:
            text = text.replace(old, new)
    return text

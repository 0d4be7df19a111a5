"""Models that others wrote: every ONNX and linalg file of a folder of cases through `akg run`.

A file passes when it compiles, runs in three orders with identical results and agrees with the
reference. What the compiler declines is counted with its reason; a missing folder is reported.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

EXPECTED = Path(__file__).with_name("cases_expected.json")
FOLDERS = ("peers", "models")


def run_suite(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run all files below `arguments.cases`; a verdict that is not the recorded one is a
    regression, unless it got better."""
    root = Path(arguments.cases)
    if not root.is_dir():
        print(f"cases: no folder {root}; nothing was run", file=sys.stderr)
        return {"ok": True, "missing": str(root), "counts": {}}
    files = [
        path
        for folder in FOLDERS
        for path in sorted((root / folder).iterdir())
        if path.suffix in (".onnx", ".mlir") and re.search(arguments.include, path.name)
    ]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = list(pool.map(lambda path: _run(path, arguments.timeout), files))
    verdicts = {
        str(path.relative_to(root)): outcome for path, outcome in zip(files, outcomes, strict=True)
    }
    if arguments.update:
        recorded = {name: verdict["verdict"] for name, verdict in verdicts.items()}
        EXPECTED.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n")
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    worse = sorted(
        name
        for name, verdict in verdicts.items()
        if verdict["verdict"] in ("WRONG", "CRASH")
        or (expected.get(name) == "PASS" != verdict["verdict"])
    )
    counts = Counter(verdict["verdict"] for verdict in verdicts.values())
    for name, verdict in verdicts.items():
        print(f"{verdict['verdict']:12} {name:40} {verdict.get('reason', '')}")
    print(f"cases: {dict(counts)}; worse than recorded: {worse or 'none'}")
    return {"ok": not worse, "counts": dict(counts), "cases": verdicts, "worse": worse}


def _run(path: Path, limit: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "akg_mlir.cli.akg", "run", str(path), "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return {"verdict": "TIMEOUT", "reason": f"more than {limit:g} s"}
    if done.returncode == 0:
        report = json.loads(done.stdout)
        return {"verdict": "PASS", "kernels": len(report["kernels"])}
    errors = [line for line in done.stderr.splitlines() if "error:" in line]
    if "Traceback" in done.stderr or not errors:
        return {"verdict": "WRONG" if done.stdout else "CRASH", "reason": done.stderr[-200:]}
    reason = re.sub(r" at \S+", "", errors[0].split("error: ", 1)[1]).replace(str(path), path.name)
    return {"verdict": "UNSUPPORTED", "reason": reason[:160]}

"""Start-up: `akg-opt --help` against importing xDSL's own driver, in the same run."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

ROUNDS = 7


def seconds(command: list[str]) -> float:
    """Median wall-clock seconds of a command."""

    def once() -> float:
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - started

    once()  # byte-compiles on a fresh checkout
    return median(once() for _ in range(ROUNDS))


def run() -> dict[str, float]:
    """`ratio` < 2 is the goal."""
    ours = seconds([sys.executable, "-m", "akg_mlir.cli.akg_opt", "--help"])
    peer = seconds([sys.executable, "-c", "import xdsl.xdsl_opt_main"])
    return {"akg_opt_help_seconds": ours, "xdsl_import_seconds": peer, "ratio": ours / peer}

"""Conformance suites: `python -m tests.conformance [--json FILE]`; exit 1 on a regression."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.conformance import composite, engines, models, onnx, peers, polybench_kernels

SUITES = {
    "onnx": onnx.run_suite,
    "composite": composite.run_suite,
    "models": models.run_suite,
    "peers": peers.run_suite,
    "polybench": polybench_kernels.run_suite,
}


def main() -> int:
    """Run the suites; their counts go to the JSON file."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}")
    parser.add_argument("--json", type=Path, help="write counts and verdicts there")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    parser.add_argument("--timeout", type=float, default=120, help="seconds per test (120)")
    parser.add_argument("--include", default="", help="only tests whose name matches this")
    parser.add_argument("--cases", default="../shared/cases", help="files that others wrote")
    parser.add_argument("--update", action="store_true", help="rewrite what is expected to fail")
    engines.add_option(parser)
    arguments = parser.parse_args()
    engines.apply(arguments)
    unknown = [name for name in arguments.suites if name not in SUITES]
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(SUITES)}")
    results = {name: SUITES[name](arguments) for name in arguments.suites or SUITES}
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    return 0 if all(result["ok"] for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench [--json FILE] [NAME ...]`: run the benchmarks, print and store the figures."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

NAMES = ("startup", "kernels", "compile_time", "tiling", "calibration", "lines_of_code")
OPTIONAL = ("zigzag_traffic",)
"""Only by name: they need an extra."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"of {', '.join(NAMES)} (all by default), {', '.join(OPTIONAL)}",
    )
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    known = (*NAMES, *OPTIONAL)
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    figures: dict[str, object] = {}
    for name in arguments.names or NAMES:
        print(f"bench: {name}", file=sys.stderr)
        figures[name] = import_module(f"bench.{name}").run()
    text = json.dumps(figures, indent=2, default=str)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

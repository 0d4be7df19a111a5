"""`python -m bench [--json FILE] [NAME ...]`: run the benchmarks, print and store the figures."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

NAMES = ("startup", "kernels")


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, choices=[*NAMES, []])
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
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

"""The cases of the AKG paper: operators, products and sub-graphs at their published shapes.

They are read from the table of shapes of the paper's artifact, a file with the columns `figure`,
`case`, `op`, `params_json` and `manual_tile`. A row of a batch norm makes two cases: statistics
(operator 9 of figure 9) and their use (operator 10).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT = Path(__file__).parents[3] / "shared" / "cases" / "shapes" / "paper.csv"
"""Where the table lies in a checkout of ours; `--shapes` and AKG_PAPER_SHAPES name another."""

OPERATORS = (
    "conv",
    "matmul",
    "relu",
    "batch_matmul",
    "cast",
    "transpose",
    "one_hot",
    "add",
    "bn_reduce",
    "bn_update",
)
"""The ten operators of figure 9 in its order."""
CLASSES = (*OPERATORS, "gemm", "subgraph")
"""With the products of figure 11 and the sub-graphs."""

_OF_OP = {
    "conv": ("conv",),
    "relu": ("relu",),
    "batchmatmul": ("batch_matmul",),
    "cast": ("cast",),
    "transpose": ("transpose",),
    "one_hot": ("one_hot",),
    "add": ("add",),
    "bn_split": ("bn_reduce", "bn_update"),
}

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One measurement: the parameters of its class (`graphs` makes a program of them).

    `manual_tile` is the artifact's own tile of a product, `[[n, n], [m, m], _, _, [k, k]]` in
    fractals, for L1 and L0; empty elsewhere.
    """

    name: str
    class_: str
    params: Params
    manual_tile: tuple[tuple[int, int], ...] = ()


def read(table: Path) -> list[Case]:
    """All cases, in the order of `CLASSES` and then of the table. Raises OSError."""
    with table.open(newline="", encoding="utf-8") as lines:
        cases = [case for row in csv.DictReader(lines) for case in _cases(row)]
    return sorted(cases, key=lambda case: CLASSES.index(case.class_))


def _cases(row: Mapping[str, str]) -> Iterator[Case]:
    name, params = row["case"], row["params_json"]
    if row["figure"].startswith("Table1"):
        yield Case(name, "subgraph", {"number": int(name.rsplit("_", 1)[1])})
        return
    if row["op"] == "matmul":
        class_ = "gemm" if row["figure"].startswith("Fig.11") else "matmul"
        tile = tuple((int(outer), int(inner)) for outer, inner in json.loads(row["manual_tile"]))
        yield Case(name, class_, json.loads(params), tile)
        return
    classes = _OF_OP[row["op"]]
    for class_ in classes:
        suffix = f"_{class_}" if len(classes) > 1 else ""
        yield Case(name + suffix, class_, json.loads(params))

"""The support table: as text, as JSON, and as the page `docs/operators.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.dialects import builtin
from xdsl.ir import Attribute

from akg_mlir.dialects import te
from akg_mlir.report.operators.front_ends import front_ends
from akg_mlir.report.operators.probes import probe, probes
from akg_mlir.report.operators.units import units_of
from akg_mlir.report.table import render
from akg_mlir.targets import load

ELEMENTS: tuple[Attribute, ...] = (
    builtin.f16,
    builtin.f32,
    builtin.i8,
    te.ui8,
    builtin.i32,
    builtin.i64,
    builtin.i1,
)
"""The element types that machines have."""


@dataclass(frozen=True)
class Support:
    """`units[op][element]`: what runs a `te` op on one target, nothing where it is refused;
    `front_ends[name][operator]`: the te ops that its translation mentions."""

    target: str
    units: Mapping[str, Mapping[str, tuple[str, ...]]]
    front_ends: Mapping[str, Mapping[str, tuple[str, ...]]]

    def as_dict(self) -> dict[str, object]:
        """Plain data, for JSON."""
        return {
            "target": self.target,
            "ops": {op: dict(row) for op, row in self.units.items()},
            "front_ends": {name: dict(ops) for name, ops in self.front_ends.items()},
        }

    def unit_rows(self) -> list[tuple[str, ...]]:
        """Per te op: its name and the units by element type."""
        return [
            (op, *(", ".join(row[str(element)]) or "-" for element in ELEMENTS))
            for op, row in self.units.items()
        ]

    def operator_rows(self) -> list[tuple[str, str, str]]:
        """Per operator of a front end: front end, operator, te ops."""
        return [
            (name, operator, " ".join(op.removeprefix("te.") for op in ops))
            for name, operators in self.front_ends.items()
            for operator, ops in operators.items()
            if ops
        ]

    def __str__(self) -> str:
        units = render(("te op", *map(str, ELEMENTS)), self.unit_rows())
        operators = render(("front end", "operator", "te ops"), self.operator_rows())
        return "\n".join((f"units of {self.target}", "", *units, "", *operators))


def support(target: str) -> Support:
    """What is supported on a target. Raises `UnknownTarget`."""
    machine = load(target)
    units: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, build in probes().items():
        row: dict[str, tuple[str, ...]] = {}
        for element in ELEMENTS:
            program = probe(build, element)
            row[str(element)] = () if program is None else units_of(program, machine)
        units[name] = row
    return Support(target, units, front_ends())


def page(targets: tuple[str, ...]) -> str:
    """The page of the documentation: units per target, then the operators of the front ends."""
    found = [support(name) for name in targets]
    parts = [_HEAD]
    for each in found:
        parts.append(f"## Units of {each.target}\n")
        parts.append(_markdown(("te op", *map(str, ELEMENTS)), each.unit_rows()))
    parts.append("## Operators of the front ends\n")
    for name, operators in found[0].front_ends.items():
        count = sum(map(bool, operators.values()))
        parts.append(f"### {name}: {count}\n")
        rows = [row[1:] for row in found[0].operator_rows() if row[0] == name]
        parts.append(_markdown(("operator", "te ops"), rows))
    return "\n".join(parts)


def _markdown(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


_HEAD = """# Operators

Written by `python docs/operator_page.py` from the code; `akg ops` prints the same for any target
(`--json`: as data). `-`: the op does not take the type. `moves`: transfers alone. Units are those
of an op by itself, in shapes that fill instructions: a comparison that only chooses (`te.select`)
runs on the vector unit, and rows that end inside a block are moved element by element. An operator
of a front end lists the te ops that its translation mentions, in one case or another.
"""

"""The tile policy language: `S3: 32@UB, 64@UB; S1: _, _, 8@L0A`.

One entry per statement, one tile spec per loop of the statement: the members of the bands above
it, from the outside in. `size@buffer` tiles the loop by `size`, for data that lives in `buffer`;
`_` leaves the loop whole. (The language of the AKG paper, with `_` added.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BUFFERS = ("UB", "L1", "L0A", "L0B", "L0C")


class PolicyError(Exception):
    """Text that is no tile policy, or a policy that does not match the program."""


@dataclass(frozen=True)
class Tile:
    """`size` iterations per tile, for data in `buffer`."""

    size: int
    buffer: str

    def __str__(self) -> str:
        return f"{self.size}@{self.buffer}"


@dataclass(frozen=True)
class Entry:
    """The tiles of one statement's loops; None leaves a loop whole."""

    statement: str
    tiles: tuple[Tile | None, ...]

    def __str__(self) -> str:
        specs = ", ".join("_" if t is None else str(t) for t in self.tiles)
        return f"{self.statement}: {specs}"


@dataclass(frozen=True)
class Policy:
    """Entries in the order in which they were written."""

    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        return "; ".join(str(entry) for entry in self.entries)

    @property
    def by_statement(self) -> dict[str, Entry]:
        """Statement name -> its entry."""
        return {e.statement: e for e in self.entries}


def parse_policy(text: str) -> Policy:
    """Read a policy. Raises `PolicyError` that quotes the offending part."""
    entries = tuple(_entry(part) for part in text.split(";") if part.strip())
    if not entries:
        raise PolicyError(f"an empty tile policy: '{text}'")
    names = [e.statement for e in entries]
    for name in names:
        if names.count(name) > 1:
            raise PolicyError(f"two entries for statement {name}")
    return Policy(entries)


def _entry(text: str) -> Entry:
    match = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*:(.*)", text, re.DOTALL)
    if match is None:
        raise PolicyError(f"expected 'statement: size@buffer, ...', got '{text.strip()}'")
    name, specs = match.groups()
    return Entry(name, tuple(_tile(spec) for spec in specs.split(",")))


def _tile(text: str) -> Tile | None:
    spec = text.strip()
    if spec == "_":
        return None
    match = re.fullmatch(r"(\d+)\s*@\s*(\w+)", spec)
    if match is None or int(match[1]) == 0:
        raise PolicyError(f"expected 'size@buffer' or '_', got '{spec}'")
    if match[2] not in BUFFERS:
        raise PolicyError(f"unknown buffer '{match[2]}' in '{spec}'; one of {', '.join(BUFFERS)}")
    return Tile(int(match[1]), match[2])

"""The tile policy language: `S3: 32@UB, 64@UB; S1: _, _, 64@L1 / _, _, 16@L0A`.

    policy    = entry { ";" entry } [ ";" ]
    entry     = statement ":" level { "/" level }
    level     = spec { "," spec }
    spec      = [ axis ":" ] tile
    tile      = size "@" buffer | "_"

`size@buffer` tiles a loop by `size` iterations, for data that lives in `buffer`; `_` leaves it
whole. A level has one tile per loop of the statement (the members of the bands above it, from the
outside in), or names loops by the dimensions they run over (`h: 32@UB, w: 64@UB`) and leaves the
others whole. The first level makes the outer tile band, the next one the band inside its tiles:
chunks of rows too long for a tile, or the tiles for L0 of the reduction loops of a contraction.

A statement is called as the program calls it (`S3`) or as the AKG paper writes it (`S_3`). The
language is that of the paper (section 4.2) with `_`, levels and axes added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BUFFERS = ("UB", "L1", "L0A", "L0B", "L0C")
_TOKEN = re.compile(r"\s*(?:([A-Za-z_]\w*)|(\d+)|(\S))")


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
class Level:
    """The tiles of one tile band; None leaves a loop whole. Without `axes`, one tile per loop."""

    tiles: tuple[Tile | None, ...]
    axes: tuple[str, ...] | None = None

    def __str__(self) -> str:
        specs = ["_" if t is None else str(t) for t in self.tiles]
        if self.axes is not None:
            specs = [f"{axis}: {spec}" for axis, spec in zip(self.axes, specs)]
        return ", ".join(specs)


@dataclass(frozen=True)
class Entry:
    """The levels of one statement, outermost first."""

    statement: str
    levels: tuple[Level, ...]

    def __str__(self) -> str:
        return f"{self.statement}: {' / '.join(map(str, self.levels))}"


@dataclass(frozen=True)
class Policy:
    """Entries in the order in which they were written."""

    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        return "; ".join(str(entry) for entry in self.entries)


def parse_policy(text: str) -> Policy:
    """Read a policy. Raises `PolicyError` with the column and what was expected there."""
    return _Parser(text).policy()


@dataclass(frozen=True)
class _Token:
    """A piece of text at a column counted from one; `kind` is `name`, `number`, `symbol`, `end`."""

    kind: str
    text: str
    column: int


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while match := _TOKEN.match(text, position):
        kind = ("name", "number", "symbol")[(match.lastindex or 1) - 1]
        yield _Token(kind, match[match.lastindex or 1], match.start(match.lastindex or 1) + 1)
        position = match.end()
    yield _Token("end", "the end", len(text) + 1)


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.next = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def policy(self) -> Policy:
        entries: list[Entry] = []
        while not entries or self.token.kind != "end":
            start = self.token
            entry = self.entry()
            if any(e.statement == entry.statement for e in entries):
                raise self.error(f"two entries for statement {entry.statement}", start)
            entries.append(entry)
            if self.token.kind != "end" and not self.accept(";"):
                raise self.expected("',', '/', ';' or the end")
        return Policy(tuple(entries))

    def entry(self) -> Entry:
        statement = self.take("name", "a statement such as S3")
        self.symbol(":", f"':' after statement {statement}")
        levels = [self.level()]
        while self.accept("/"):
            levels.append(self.level())
        return Entry(statement, tuple(levels))

    def level(self) -> Level:
        start = self.token
        axes: list[str] = []
        tiles: list[Tile | None] = []
        while not tiles or self.accept(","):
            if self.token.kind == "name" and self.tokens[self.next + 1].text == ":":
                axis = self.take("name", "an axis")
                if axis in axes:
                    raise self.error(f"two tiles for axis {axis}", start)
                axes.append(axis)
                self.symbol(":", "':'")
            tiles.append(self.tile())
        if axes and len(axes) != len(tiles):
            raise self.error("a level names all its axes or none", start)
        return Level(tuple(tiles), tuple(axes) if axes else None)

    def tile(self) -> Tile | None:
        if self.token.text == "_":
            self.next += 1
            return None
        size = int(self.take("number", "'size@buffer' or '_'"))
        if size == 0:
            raise self.error("a tile size is at least 1, got 0", self.tokens[self.next - 1])
        self.symbol("@", "'@' and a buffer after the size")
        wanted = f"one of the buffers {', '.join(BUFFERS)}"
        if self.token.text not in BUFFERS:
            raise self.expected(wanted)
        return Tile(size, self.take("name", wanted))

    def take(self, kind: str, wanted: str) -> str:
        if self.token.kind != kind:
            raise self.expected(wanted)
        self.next += 1
        return self.tokens[self.next - 1].text

    def accept(self, symbol: str) -> bool:
        found = self.token.kind == "symbol" and self.token.text == symbol
        self.next += found
        return found

    def symbol(self, symbol: str, wanted: str) -> None:
        if not self.accept(symbol):
            raise self.expected(wanted)

    def expected(self, wanted: str) -> PolicyError:
        got = self.token.text if self.token.kind == "end" else f"'{self.token.text}'"
        return self.error(f"expected {wanted}, got {got}", self.token)

    def error(self, message: str, token: _Token) -> PolicyError:
        return PolicyError(f"tile policy, column {token.column}: {message}")

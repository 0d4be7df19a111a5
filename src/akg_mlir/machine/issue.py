"""All that the cores of a kernel issue, in columns: control flow and addresses in numpy.

The same streams as those of `unroll.py`, for questions that need no order of execution but numbers:
how often, at which addresses, where in the stream. A loop is run for all its iterations at once, a
branch for all the rows that take it; only loops that carry values go iteration by iteration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from akg_mlir.machine.array_code import Assignments, Column, Value
from akg_mlir.machine.program import If, Instruction, Let, Loop, Node, Program


@dataclass(frozen=True)
class Issue:
    """One instruction, issued many times: on which core, at which position of its stream, and with
    which addresses of its operands (an integer where it never changes)."""

    number: int
    core: Column
    position: Column
    addresses: tuple[Value, ...]

    @property
    def count(self) -> int:
        """How often."""
        return self.core.size


@dataclass(frozen=True)
class Issues:
    """`lengths`: instructions per core. `issues`: each execution of an instruction is in one of
    them. `heads`: where iterations of loops start, `number` being that of the loop."""

    lengths: Column
    issues: tuple[Issue, ...]
    heads: tuple[Issue, ...]


def issue(program: Program) -> Issues:
    """Run the control flow of all cores."""
    body = _Preparation().block(program.body)
    rows = _Rows(program.cores, {"core": np.arange(program.cores)})
    lengths, parts = _run(body, rows)
    issues: list[Issue] = []
    heads: list[Issue] = []
    for part in parts:
        core = np.arange(program.cores) if part.row is None else part.row
        position = np.broadcast_to(part.offset, core.shape)
        found = Issue(part.number, core, position, part.addresses or ())
        if core.size:
            (heads if part.addresses is None else issues).append(found)
    return Issues(np.broadcast_to(lengths, (program.cores,)), tuple(issues), tuple(heads))


# The program, prepared: expressions compiled, instructions numbered as `unroll.instructions` does.


@dataclass(frozen=True)
class _Straight:
    """Assignments and instructions: (number, names of the addresses) each."""

    code: Assignments
    issued: tuple[tuple[int, tuple[str, ...]], ...]
    assigned: frozenset[str]

    @property
    def reads(self) -> frozenset[str]:
        return self.code.reads


@dataclass(frozen=True)
class _Loop:
    number: int
    bounds: Assignments
    variable: str
    body: tuple[_Prepared, ...]
    assigned: frozenset[str]
    reads: frozenset[str]

    @property
    def head(self) -> _Part:
        return _Part(self.number, None, 0, None)


@dataclass(frozen=True)
class _If:
    condition: Assignments
    arms: tuple[tuple[_Prepared, ...], tuple[_Prepared, ...]]
    assigned: frozenset[str]
    reads: frozenset[str]


_Prepared = _Straight | _Loop | _If


class _Preparation:
    def __init__(self) -> None:
        self._count = 0
        self._loops = 0

    def block(self, nodes: Sequence[Node]) -> tuple[_Prepared, ...]:
        return tuple(self._blocks(nodes))

    def _blocks(self, nodes: Sequence[Node]) -> Iterator[_Prepared]:
        for straight, group in groupby(nodes, lambda node: not isinstance(node, Loop | If)):
            if straight:
                yield self._straight(group)
                continue
            for node in group:
                if isinstance(node, Loop):
                    yield self._loop(node)
                elif isinstance(node, If):
                    yield self._branch(node)

    def _straight(self, nodes: Iterable[Node]) -> _Straight:
        lines: list[str] = []
        issued: list[tuple[int, tuple[str, ...]]] = []
        assigned: set[str] = set()
        for node in nodes:
            if isinstance(node, Let) and node.variables:
                lines.append(f"{', '.join(node.variables)} = {', '.join(node.values)}")
                assigned.update(node.variables)
            elif isinstance(node, Instruction):
                names = tuple(f"at{self._count}_{k}" for k in range(len(node.operands)))
                lines += [f"{n} = {o.address}" for n, o in zip(names, node.operands)]
                issued.append((self._count, names))
                self._count += 1
        return _Straight(Assignments(lines), tuple(issued), frozenset(assigned))

    def _loop(self, loop: Loop) -> _Loop:
        self._loops += 1
        number = self._loops
        bounds = Assignments([f"lower, upper, step = {loop.lower}, {loop.upper}, {loop.step}"])
        body = self.block(loop.body)
        reads = bounds.reads | _reads(body)
        return _Loop(number, bounds, loop.variable, body, _assigned(body), reads)

    def _branch(self, branch: If) -> _If:
        condition = Assignments([f"condition = {branch.condition}"])
        arms = self.block(branch.then), self.block(branch.otherwise)
        both = (*arms[0], *arms[1])
        return _If(condition, arms, _assigned(both), condition.reads | _reads(both))


def _assigned(nodes: Sequence[_Prepared]) -> frozenset[str]:
    return frozenset[str]().union(*(node.assigned for node in nodes))


def _reads(nodes: Sequence[_Prepared]) -> frozenset[str]:
    return frozenset[str]().union(*(node.reads for node in nodes))


# Execution on rows: one row per core, and below a loop one per iteration.


@dataclass(frozen=True)
class _Part:
    """What one instruction (or, without addresses, the start of a loop's iterations) issues: the
    row that does it (None: each row once) and how many instructions of that row come before."""

    number: int
    row: Column | None
    offset: Value
    addresses: tuple[Value, ...] | None

    def within(self, parent: Column, start: Value) -> _Part:
        """The same, seen from rows around: `parent` and `start` of each row here."""
        if self.row is None:
            return _Part(self.number, parent, start + self.offset, self.addresses)
        start = start if isinstance(start, int) else start[self.row]
        return _Part(self.number, parent[self.row], start + self.offset, self.addresses)


@dataclass
class _Rows:
    """Values of the variables on `count` rows."""

    count: int
    values: dict[str, Value] = field(default_factory=dict[str, Value])

    def column(self, name: str) -> Column:
        return np.broadcast_to(np.asarray(self.values[name]), (self.count,))

    def take(self, rows: Column, names: frozenset[str]) -> _Rows:
        """The variables that are read, on some rows or on copies of them."""
        chosen = {name: self.values[name] for name in names & self.values.keys()}
        return _Rows(
            rows.size, {n: v if isinstance(v, int) else v[rows] for n, v in chosen.items()}
        )

    def put(self, rows: Column, name: str, value: Value) -> None:
        """Assign a variable on some rows; what others hold stays."""
        column = np.zeros(self.count, np.int64)
        if name in self.values:
            column[:] = self.values[name]
        column[rows] = value
        self.values[name] = column


def _run(nodes: Sequence[_Prepared], rows: _Rows) -> tuple[Value, list[_Part]]:
    """Instructions issued per row, and the parts they are."""
    length: Value = 0
    parts: list[_Part] = []
    for node in nodes:
        match node:
            case _Straight():
                node.code.run(rows.values)
                for number, names in node.issued:
                    addresses = tuple(rows.values.pop(name) for name in names)
                    parts.append(_Part(number, None, length, addresses))
                    length = length + 1
            case _Loop():
                length = _append(parts, length, _loop(node, rows))
            case _If():
                length = _append(parts, length, _branch(node, rows))
    return length, parts


def _append(parts: list[_Part], length: Value, more: tuple[Value, list[_Part]]) -> Value:
    """Put parts behind those so far; returns the length of all."""
    for part in more[1]:
        before = length if isinstance(length, int) or part.row is None else length[part.row]
        parts.append(_Part(part.number, part.row, before + part.offset, part.addresses))
    return length + more[0]


def _loop(loop: _Loop, rows: _Rows) -> tuple[Value, list[_Part]]:
    loop.bounds.run(rows.values)
    lower, upper, step = (rows.column(name) for name in ("lower", "upper", "step"))
    trips = np.maximum(-((lower - upper) // step), 0)
    if loop.assigned & rows.values.keys():
        return _carrying(loop, rows, trips)
    parent = np.repeat(np.arange(rows.count), trips)
    first = np.cumsum(trips) - trips
    inner = rows.take(parent, loop.reads)
    inner.values[loop.variable] = (
        lower[parent] + (np.arange(parent.size) - first[parent]) * (step[parent])
    )
    lengths, parts = _run(loop.body, inner)
    ends = np.concatenate([[0], np.cumsum(np.broadcast_to(lengths, (parent.size,)))])
    before, after = ends[first], ends[first + trips]
    start = ends[:-1] - before[parent]
    return after - before, [part.within(parent, start) for part in (loop.head, *parts)]


def _carrying(loop: _Loop, rows: _Rows, trips: Column) -> tuple[Value, list[_Part]]:
    """A loop whose iterations pass values on: one after the other, on all rows that do them."""
    lower, step = rows.column("lower"), rows.column("step")
    length = np.zeros(rows.count, np.int64)
    result: list[_Part] = []
    for trip in range(int(trips.max(initial=0))):
        active = np.flatnonzero(trips > trip)
        inner = rows.take(active, loop.reads)
        inner.values[loop.variable] = (lower + trip * step)[active]
        lengths, parts = _run(loop.body, inner)
        result += [part.within(active, length[active]) for part in (loop.head, *parts)]
        length[active] += lengths
        for name in loop.assigned & rows.values.keys():
            rows.put(active, name, inner.values[name])
    return length, result


def _branch(branch: _If, rows: _Rows) -> tuple[Value, list[_Part]]:
    branch.condition.run(rows.values)
    condition = rows.column("condition").astype(np.bool_)
    length = np.zeros(rows.count, np.int64)
    result: list[_Part] = []
    for arm, taken in zip(branch.arms, (condition, ~condition)):
        active = np.flatnonzero(taken)
        inner = rows.take(active, branch.reads)
        lengths, parts = _run(arm, inner)
        result += [part.within(active, 0) for part in parts]
        length[active] += lengths
        for name in _assigned(arm) & inner.values.keys():
            rows.put(active, name, inner.values[name])
    return length, result

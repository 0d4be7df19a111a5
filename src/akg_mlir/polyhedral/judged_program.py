"""Both sides of the judge's comparison: statements, when they execute, and what they access."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral import execution_order
from akg_mlir.polyhedral.execution_order import DIM, Timed
from akg_mlir.polyhedral.scop import Access, Scop, Statement
from akg_mlir.polyhedral.tree import Domain
from akg_mlir.polyhedral.value_flow import Origin, Reader, Writer, origins

EXIT_PREFIX = "exit_"


@dataclass(frozen=True)
class Touch:
    """One access of the instances of one leaf; `elements` is restricted to them."""

    statement: Statement
    timed: Timed
    access: Access
    elements: isl.Map
    read: int | None
    """Position among the statement's reads; None for its write."""
    leaf: int
    """Which of the leaves that execute the statement this is."""

    @property
    def is_write(self) -> bool:
        return self.read is None

    @property
    def key(self) -> str:
        """Names a read within its program."""
        return read_key(self.statement.name, self.read, self.leaf)


class Program:
    """Statements of a scop executed in some order."""

    def __init__(self, scop: Scop, timed: Iterable[Timed]) -> None:
        self.scop = scop
        self.timed = tuple(timed)

    @staticmethod
    def textual(scop: Scop) -> Program:
        """The originals in textual order: the specification."""
        return Program(scop, (execution_order.textual(s) for s in scop.originals))

    @staticmethod
    def of_tree(scop: Scop, root: Domain) -> Program:
        """What the tree executes. Raises `OrderError`."""
        return Program(scop, execution_order.of_tree(root))

    @cached_property
    def length(self) -> int:
        """Dimensions of time."""
        return max((len(t.layout) for t in self.timed), default=0)

    @cached_property
    def instances(self) -> Mapping[str, isl.Set]:
        """Executed instances by statement."""
        result: dict[str, isl.Set] = {}
        for timed in self.timed:
            known = result.get(timed.name)
            result[timed.name] = timed.instances if known is None else known.union(timed.instances)
        return result

    def specification(self, statement: Statement) -> Statement:
        """The original that a clone executes; the statement itself otherwise."""
        return statement if statement.clone_of is None else self.scop.by_name[statement.clone_of]

    def to_original(self, statement: Statement) -> isl.Map:
        """Instance -> instance of the original: its trailing dimensions."""
        original = self.specification(statement)
        relation = isl.Set.universe(statement.domain.get_space()).identity()
        relation = relation.project_out(DIM.out, 0, statement.rank - original.rank)
        return relation.set_tuple_name(DIM.out, original.name)

    @cached_property
    def touches(self) -> tuple[Touch, ...]:
        found: list[Touch] = []
        leaves: dict[str, int] = {}
        for timed in self.timed:
            statement = self.scop.by_name[timed.name]
            leaf = leaves[timed.name] = leaves.get(timed.name, -1) + 1
            reads = 0
            for access in statement.accesses:
                elements = access.relation.intersect_domain(timed.instances)
                position = None if access.is_write else reads
                reads += not access.is_write
                found.append(Touch(statement, timed, access, elements, position, leaf))
        return tuple(found)

    @cached_property
    def by_array(self) -> Mapping[str, tuple[Touch, ...]]:
        result: dict[str, list[Touch]] = {}
        for touch in self.touches:
            result.setdefault(touch.access.array, []).append(touch)
        return {array: tuple(touches) for array, touches in result.items()}

    @cached_property
    def _accumulators(self) -> Mapping[str, int]:
        """The read of each declared reduction that reads the cell it accumulates into."""
        found = ((s.name, accumulator(s)) for s in self.scop.originals if s.reduction)
        return {name: read for name, read in found if read is not None}

    def is_update(self, statement: Statement) -> bool:
        """Whether the instances of a statement are updates of a declared reduction."""
        return self.specification(statement).name in self._accumulators

    def accumulates(self, touch: Touch) -> bool:
        """Whether a touch reads the cell into which a declared reduction accumulates."""
        name = self.specification(touch.statement).name
        return touch.read is not None and touch.read == self._accumulators.get(name)

    @cached_property
    def copies(self) -> dict[str, str]:
        """Executed copy -> key of its read."""
        reads = [t for t in self.touches if t.statement.copy and not t.is_write]
        return {t.statement.name: t.key for t in reads}

    @cached_property
    def origins(self) -> dict[str, Origin]:
        """The origin of every read, by key; of every live-out element, by `exit_key(array)`. A read
        of the cell that a reduction accumulates into is without the updates of that reduction."""
        result: dict[str, Origin] = {}
        for array in {**self.by_array, **dict.fromkeys(sorted(self.scop.live_out))}:
            readers = [
                Reader(t.key, array, t.elements, t.timed, self._own_updates(t))
                for t in self.by_array.get(array, ())
                if not t.is_write
            ]
            if array in self.scop.live_out:
                bounds = self.scop.arrays[array].bounds
                elements = bounds.identity().set_tuple_name(DIM.in_, exit_key(array))
                readers.append(Reader(exit_key(array), array, elements, None))
            result |= origins(readers, self._writers(array))
        return result

    def accumulated(self, array: str) -> dict[str, Origin]:
        """The origins of reads that accumulate into an array, with the updates before them."""
        readers = [
            Reader(t.key, array, t.elements, t.timed)
            for t in self.by_array[array]
            if self.accumulates(t)
        ]
        return origins(readers, self._writers(array))

    def _writers(self, array: str) -> list[Writer]:
        touches = self.by_array.get(array, ())
        return [
            Writer(t.elements, t.timed, self.is_update(t.statement)) for t in touches if t.is_write
        ]

    def _own_updates(self, touch: Touch) -> frozenset[str]:
        """The statements of the reduction whose accumulator a touch reads."""
        if not self.accumulates(touch):
            return frozenset()
        own = self.specification(touch.statement).name
        return frozenset(s.name for s in self.scop.statements if own in (s.name, s.clone_of))


def read_key(statement: str, read: int | None, leaf: int = 0) -> str:
    """Names a read within its program."""
    return f"{statement}__{read}__{leaf}"


def exit_key(array: str) -> str:
    """The key, and the tuple name, of reading the final elements of a live-out array."""
    return f"{EXIT_PREFIX}{array}"


def accumulator(statement: Statement) -> int | None:
    """The position of the only read of the cell that the statement writes, or None."""
    cell = statement.writes[0]
    found = [
        k
        for k, read in enumerate(statement.reads)
        if read.array == cell.array and read.relation.is_equal(cell.relation)
    ]
    return found[0] if len(found) == 1 else None

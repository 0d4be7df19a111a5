"""Can two accesses touch the same byte in given iterations? Exact, by arithmetic or by isl."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from xdsl.dialects import scf
from xdsl.ir import Operation

from akg_mlir.passes.npu.memory.distance import Gap, gap
from akg_mlir.passes.npu.memory.footprint import Access, Box
from akg_mlir.passes.npu.memory.iterations import Iterations
from akg_mlir.passes.npu.memory.linear import Interval, Linear
from akg_mlir.passes.npu.memory.system import System

Loops = frozenset[scf.ForOp]


def byte_range(access: Access, iterations: Iterations) -> tuple[int | None, int | None]:
    """First and last-plus-one byte over all iterations; None where unknown."""
    base, (low, high) = iterations.value_bounds(access.base), access.span
    return (
        None if base.low is None else base.low + low,
        None if base.high is None else base.high + high,
    )


def stays(access: Access, size: int, op: Operation, iterations: Iterations) -> bool | None:
    """Whether an access of `op` touches no byte outside 0 .. size-1 of its buffer or tensor.

    Exact for affine loop bounds and branches on them; None where an offset is of unknown origin or
    isl gives up (the machine checks every address as well).
    """
    low, high = byte_range(access, iterations)
    if low is not None and low >= 0 and high is not None and high <= size:
        return True
    base = iterations.number(access.base)
    if any(iterations.interval(v) == Interval(None, None) for v in base.leaves()):
        return None
    answers = [_stays(base, box, size, op, iterations) for box in access.boxes]
    if False in answers:
        return False
    return None if None in answers else True


def _stays(base: Linear, box: Box, size: int, op: Operation, iterations: Iterations) -> bool | None:
    system = System(iterations, frozenset())
    side = system.side("x")
    address = system.address(base, box, side, "a")
    system.choose(base, side)
    system.reach(op, side)
    system.constraints.append(f"({address} < 0 or {address} >= {size})")
    return system.is_empty()


@dataclass(eq=False)
class Shape:
    """The bytes of accesses, up to how far on they are: boxes relative to the first one, whose
    offset is 0, at a numbered base without a constant."""

    base: Linear
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Place:
    """A shape `start` bytes on."""

    shape: Shape
    start: int

    @property
    def fixed(self) -> bool:
        """Whether no loop moves it."""
        return self.shape.base.is_constant


class Overlaps:
    """Questions about the accesses of one kernel, each asked once."""

    def __init__(self, iterations: Iterations) -> None:
        self._iterations = iterations
        self._shapes: dict[Hashable, Shape] = {}
        self._gaps: dict[Hashable, Gap | None] = {}
        self._answers: dict[Hashable, bool] = {}

    def place(self, access: Access) -> Place:
        """The bytes of an access. Its offset counts from the start of the memory."""
        base, first = self._iterations.number(access.base), access.boxes[0].offset
        boxes = tuple(replace(box, offset=box.offset - first) for box in access.boxes)
        shape = Shape(Linear(base.terms), boxes)
        shape = self._shapes.setdefault((frozenset(base.terms), boxes), shape)
        return Place(shape, base.const + first)

    def meet(self, first: Place, second: Place, shared: Loops, carrier: scf.ForOp | None) -> bool:
        """Whether two places in the same memory can have a common byte.

        The iterations of the loops in `shared` are the same for both; in `carrier` (the next loop
        inwards) the first access happens in an earlier iteration than the second; all other loops
        are free. The answer no is a proof; when isl gives up it is yes.
        """
        distance = first.start - second.start
        key = (first.shape, second.shape, distance, shared, carrier)
        if key not in self._answers:
            known = self.by_arithmetic(first, second, shared, carrier)
            self._answers[key] = (
                self.by_isl(first, second, shared, carrier) if known is None else known
            )
        return self._answers[key]

    def by_arithmetic(
        self, first: Place, second: Place, shared: Loops, carrier: scf.ForOp | None
    ) -> bool | None:
        """As `meet`; None where arithmetic alone does not tell."""
        a, b = first.shape, second.shape
        key = (a, b, shared, carrier)
        if key not in self._gaps:
            self._gaps[key] = gap(a.base, b.base, shared, carrier, self._iterations)
        found = self._gaps[key]
        return None if found is None else found.closes(first.start - second.start, a.boxes, b.boxes)

    def by_isl(self, first: Place, second: Place, shared: Loops, carrier: scf.ForOp | None) -> bool:
        """As `meet`, by an emptiness test."""
        pairs = ((a, b) for a in first.shape.boxes for b in second.shape.boxes)
        return any(self._intersect(first, a, second, b, shared, carrier) for a, b in pairs)

    def _intersect(
        self, first: Place, a: Box, second: Place, b: Box, shared: Loops, carrier: scf.ForOp | None
    ) -> bool:
        system = System(self._iterations, shared)
        x, y = system.side("x"), system.side("y")
        if carrier is not None:
            index = carrier.body.block.args[0]
            system.constraints.append(f"{x(index)} < {y(index)}")
        # One constant for the distance: many pairs of accesses then ask isl the same question.
        distance = first.start + a.offset - second.start - b.offset
        left = system.address(first.shape.base, replace(a, offset=0), x, "a")
        right = system.address(second.shape.base, replace(b, offset=0), y, "b")
        system.constraints.append(f"{left} + {distance} = {right}")
        return system.is_empty() is not True

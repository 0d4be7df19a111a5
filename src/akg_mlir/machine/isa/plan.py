"""What is known about an instruction before it runs: bytes it touches, and how to execute it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import Any, TypeAlias

import numpy as np

from akg_mlir.machine.errors import FieldError, PoisonError
from akg_mlir.machine.memory import Box, Memory, all_ones, unsigned
from akg_mlir.machine.program import DTYPES, GM, Array, Instruction, Operand

Stores: TypeAlias = list[tuple[Array, Any]]
"""Views and the values to put there once the instruction completes."""

Scalar: TypeAlias = Any


class Core:
    """The state of one core: its memories (GM buffers by number) and special registers."""

    def __init__(self, index: int, spaces: dict[str | int, Memory]) -> None:
        self.index = index
        self.spaces = spaces
        self.compare_mask: Array = np.zeros(128, np.bool_)
        self.compare_mask_set: Array = np.zeros(128, np.bool_)


def place(operand: Operand) -> str | int:
    """Where a core keeps the memory of an operand."""
    return operand.buffer if operand.memory == GM else operand.memory


@dataclass(frozen=True)
class Access:
    """One operand's bytes: `operand` is a position in the instruction's operands.

    `alignment` (bytes) is None where it is that of the operand's memory. `part`: how many of the
    bytes are moved, where data says which.
    """

    operand: int
    write: bool
    boxes: tuple[Box, ...]
    alignment: int | None
    part: int | None = None

    @property
    def bytes(self) -> int:
        """Bytes moved."""
        if self.part is not None:
            return self.part
        return sum(prod(c for c, s in zip(b.counts, b.strides) if s) * b.run for b in self.boxes)


def access(
    position: int, operand: Operand, write: bool, boxes: Sequence[Box], alignment: int | None = None
) -> Access:
    """An access aligned to its memory, or to `alignment`; in GM to its element."""
    if operand.memory == GM:
        alignment = DTYPES[operand.element].itemsize
    return Access(position, write, tuple(boxes), alignment)


Execute: TypeAlias = Callable[[Core, Sequence[int], Scalar], Stores]


@dataclass(frozen=True, eq=False)
class Plan:
    """`execute(core, addresses, scalar)` reads now and returns what to store at completion.

    `conflict(addresses)` says why operands of these addresses may not overlap as they do, or None.
    """

    instruction: Instruction
    accesses: tuple[Access, ...]
    execute: Execute
    conflict: Callable[[Sequence[int]], str | None] = field(default=lambda _: None)


def require_valid(
    plan_label: str, operand: Operand, valid: Array, dtype: np.dtype[Any], why: str
) -> None:
    """Raise `PoisonError` unless all elements of a validity view are valid."""
    bad = valid != all_ones(dtype)
    if bad.any():
        raise PoisonError(
            f"{plan_label}: {int(bad.sum())} of {bad.size} elements read from {operand.memory} "
            f"were never written, and {why}"
        )


def valid_view(box: Box, memory: Memory, address: int, dtype: np.dtype[Any]) -> Array:
    """The validity of a box, one unsigned integer per element."""
    return box.view(memory.valid, address, unsigned(dtype))


def check_separate(instruction: Instruction, boxes: Sequence[Box]) -> None:
    """Raise `FieldError` when an instruction would write a byte twice."""
    if len(boxes) == 1 and _nests(boxes[0]):
        return
    written = np.sort(np.concatenate([box.bytes().ravel() for box in boxes]))
    if (written[1:] == written[:-1]).any():
        raise FieldError(f"{instruction.label}: destination repeats overlap")


def _nests(box: Box) -> bool:
    """Whether every stride of a box steps over all that smaller strides reach."""
    reach = box.run
    for stride, count in sorted((s, c) for s, c in zip(box.strides, box.counts) if c > 1):
        if stride < reach:
            return False
        reach += stride * (count - 1)
    return True


@lru_cache(maxsize=4096)
def overlaps(first: tuple[Box, ...], second: tuple[Box, ...], distance: int) -> bool:
    """Whether boxes share a byte when the second operand starts `distance` after the first."""
    if _disjoint(first, second, distance):
        return False
    ours = np.unique(np.concatenate([box.bytes().ravel() for box in first]))
    theirs = np.concatenate([box.bytes().ravel() for box in second]) + distance
    return bool(np.isin(theirs, ours).any())


def _disjoint(first: tuple[Box, ...], second: tuple[Box, ...], distance: int) -> bool:
    low, high = min(b.low for b in first), max(b.high for b in first)
    return (
        max(b.high for b in second) + distance <= low
        or min(b.low for b in second) + distance >= high
    )


def apart(operands: Sequence[Operand], accesses: Sequence[Access]) -> Callable[..., str | None]:
    """The rule of instructions whose destination (operand 0) may not overlap a source."""
    written = next(a for a in accesses if a.write)

    def conflict(addresses: Sequence[int]) -> str | None:
        for read in accesses:
            if read.write or place(operands[read.operand]) != place(operands[written.operand]):
                continue
            distance = addresses[read.operand] - addresses[written.operand]
            if overlaps(written.boxes, read.boxes, distance):
                return "source and destination overlap"
        return None

    return conflict

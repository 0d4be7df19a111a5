"""What groups of loop nests are made of: nests with their tensors, and what tiles hold of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, prod

from akg_mlir.polyhedral.alignment import BLOCK_BYTES
from akg_mlir.polyhedral.tile_spans import Box, Nest


@dataclass(frozen=True)
class Rates:
    """The machine: bytes that a tile may need per memory, bytes per cycle of the memories (DRAM
    for all cores, the rest per core), and cycles that every kernel costs."""

    cores: int
    capacity: Mapping[str, int]
    dram: float
    core_port: float
    l2: float
    launch: float


@dataclass(frozen=True, eq=False)
class Tensor:
    """A value. `given` when no nest computes it."""

    shape: tuple[int, ...]
    element_bytes: int
    given: bool

    @property
    def bytes(self) -> int:
        return prod(self.shape) * self.element_bytes


@dataclass(frozen=True, eq=False)
class Step:
    """One nest with its tensors. `cycles` are those of one instance on one core; on the cube,
    operands that come from GM do not pass through the unified buffer."""

    nest: Nest
    result: Tensor
    operands: tuple[Tensor | None, ...]
    cycles: float
    cube: bool

    @property
    def instances(self) -> int:
        return prod(self.nest.bounds)

    @property
    def reduces(self) -> bool:
        """Whether some loop does not move the result."""
        written = {k for e in self.nest.write for k, _ in e.terms}
        return any(bound > 1 and k not in written for k, bound in enumerate(self.nest.bounds))


@dataclass(frozen=True)
class Piece:
    """A box of elements in a tile."""

    box: Box
    element_bytes: int

    def bytes(self, sizes: Mapping[int, int]) -> int:
        """Bytes on chip: rows are padded to whole blocks."""
        block = max(1, BLOCK_BYTES // self.element_bytes)
        result, inner = self.element_bytes, True
        for k in reversed(range(len(self.box))):
            length = self.box[k].length(sizes)
            if inner and (length > 1 or k == 0):
                length, inner = ceil(length / block) * block, False
            result *= length
        return result


@dataclass(frozen=True)
class Task:
    """Instances that a tile computes, of `original` in the program."""

    box: Box
    original: int
    cycles: float


Moment = frozenset[tuple[Piece, int]]
"""What is in one memory at a time: pieces, with their number."""


@dataclass(frozen=True)
class Estimate:
    """Tile sizes, cycles of the whole group, and the bytes a tile holds in its fullest memory."""

    sizes: Mapping[int, int]
    cycles: float
    held: int


class Refused(Exception):
    """Why a nest may not join a group."""

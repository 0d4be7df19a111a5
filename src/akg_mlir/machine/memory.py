"""Byte-addressed memories with one validity byte per data byte, and boxes of bytes in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from akg_mlir.machine.program import Array

VALID = 0xFF
_UNSIGNED: dict[int, np.dtype[Any]] = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}


def unsigned(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The unsigned integer of the same width: how the validity of elements is seen."""
    return _UNSIGNED[dtype.itemsize]


def all_ones(dtype: np.dtype[Any]) -> int:
    """The validity of a valid element of this type."""
    return (1 << (8 * dtype.itemsize)) - 1


class Memory:
    """Bytes and their validity (0xFF valid, 0 poison). `write` is the only way validity grows."""

    def __init__(self, size: int) -> None:
        self.data: Array = np.zeros(size, np.uint8)
        self.valid: Array = np.zeros(size, np.uint8)

    @classmethod
    def holding(cls, array: Array) -> Memory:
        """A memory that holds a copy of an array, all of it valid."""
        memory = cls(array.nbytes)
        memory.data[:] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        memory.valid[:] = VALID
        return memory


@dataclass(frozen=True)
class Box:
    """Runs of `run` contiguous bytes on a strided grid, relative to an operand's address.

    `counts` and `strides` (bytes) describe the grid; `offset` (bytes) its first run.
    """

    counts: tuple[int, ...]
    strides: tuple[int, ...]
    run: int
    offset: int = 0

    @cached_property
    def low(self) -> int:
        """First byte, relative to the operand's address."""
        return self.offset + sum(min(0, (c - 1) * s) for c, s in zip(self.counts, self.strides))

    @cached_property
    def high(self) -> int:
        """One past the last byte, relative to the operand's address."""
        last = sum(max(0, (c - 1) * s) for c, s in zip(self.counts, self.strides))
        return self.offset + last + self.run

    def view(self, array: Array, address: int, dtype: np.dtype[Any]) -> Array:
        """The box at `address` of a byte array, as elements: shape `(*counts, run / itemsize)`."""
        shape = (*self.counts, self.run // dtype.itemsize)
        strides = (*self.strides, dtype.itemsize)
        return np.ndarray(shape, dtype, array, address + self.offset, strides)

    def bytes(self) -> Array:
        """Byte positions relative to the operand's address, one row per run."""
        positions = np.full((1,) * len(self.counts), self.offset, np.int64)
        for axis, (count, stride) in enumerate(zip(self.counts, self.strides)):
            shape = [1] * len(self.counts)
            shape[axis] = count
            positions = positions + (np.arange(count) * stride).reshape(shape)
        return positions.reshape(-1, 1) + np.arange(self.run)

    def runs(self) -> tuple[Array, int]:
        """First bytes of contiguous runs, relative to the operand's address, and their length."""
        run = self.run
        grid = sorted((s, c) for s, c in zip(self.strides, self.counts) if s and c > 1)
        while grid and grid[0][0] == run:
            run *= grid.pop(0)[1]
        starts = np.array([self.offset])
        for stride, count in grid:
            starts = (starts[:, None] + np.arange(count) * stride).ravel()
        return starts, run

    def granules(self, array: Array, address: int, granule: int) -> Array:
        """The box seen on an array that has one element per `granule` bytes.

        `granule` divides the run, the strides, the offset and `address`.
        """
        size = array.itemsize
        shape = (*self.counts, self.run // granule)
        strides = (*(s // granule * size for s in self.strides), size)
        start = (address + self.offset) // granule * size
        return np.ndarray(shape, array.dtype, array, start, strides)

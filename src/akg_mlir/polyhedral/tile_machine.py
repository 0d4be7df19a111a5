"""Figures of the machine that a tile's cost is estimated from: units, data paths, GM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Transfer:
    """One data path: cycles per transfer, least cycles per contiguous chunk, bytes per cycle, and
    cycles until the next unit uses the data, and until this one uses the buffer again. What is
    `posted` does not wait for DRAM."""

    startup: float
    burst: float
    rate: float
    latency: float
    posted: bool = False


@dataclass(frozen=True)
class GlobalMemory:
    """GM in bytes per cycle: DRAM for all cores together, the port of one core, L2 per core.

    What is touched again comes from L2 while all of it fits in `l2_bytes`; chunks that do not
    start at multiples of `alignment` bytes reach the fraction `unaligned`. One transfer leaves out
    at most `gap` bytes between chunks.
    """

    dram_total: float
    core_port: float
    l2_read: float
    l2_write: float
    l2_bytes: float
    alignment: int
    unaligned: float
    gap: int


@dataclass(frozen=True)
class Machine:
    """Figures of the machine. `capacity` is bytes per on-chip memory; `paths` is keyed by
    (source, destination); vector and cube figures are cycles per instruction, until a result
    of the cube is there, and bytes or multiply-adds per cycle, `vector_chunk` repeats per
    instruction, `slopes` cycles per repeat by opcode; a load by img2col starts in
    `windows_startup` cycles; an element that no transfer can move takes `element_cycles`. Results
    of the cube leave L0C for the memory `drain`; where the machine `is_split`, no kernel uses both
    units."""

    cores: int
    capacity: Mapping[str, int]
    block_bytes: int
    paths: Mapping[tuple[str, str], Transfer]
    gm: GlobalMemory
    vector_startup: float
    vector_bytes: float
    vector_chunk: float
    slopes: Mapping[str, int]
    cube_startup: float
    cube_latency: float
    cube_macs: float
    windows_startup: float
    element_cycles: float
    is_split: bool = False
    drain: str = "ub"

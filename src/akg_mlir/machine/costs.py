"""Occupancy and latency of instructions (machine reference 3.2 and 3.3).

A transfer occupies its pipe for `startup + sum over bursts of max(burst, bytes / rate)`. Addresses
in GM off 512 B get the `unaligned` share of the rate. The rate of GM mixes L2 hits with misses,
which also occupy the core's share of DRAM: reads and writes of one core take turns there. A vector
repeat takes its slope or, if that is longer, the most blocks that one bank group must read or
write; conflicts between reads and writes are not modelled (the measurements disagree).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd, prod
from typing import TYPE_CHECKING

import numpy as np

from akg_mlir.machine.isa import GROUP, WHOLE, burst_units
from akg_mlir.machine.program import (
    BLOCK,
    DTYPES,
    GM,
    Copy,
    Instruction,
    Load2d,
    Mad,
    ScalarBlock,
    ScalarLoad,
    Vec,
    Vnchwconv,
)
from akg_mlir.machine.unroll import Issued

if TYPE_CHECKING:
    from akg_mlir.targets import Target

_FRACTAL_BYTES = 512


@dataclass(frozen=True)
class Cost:
    """Cycles: `occupancy` of the pipe, `latency` until data is visible, `dram` of its DRAM share,
    which it needs from `startup` cycles after its start."""

    occupancy: int
    latency: int = 0
    startup: int = 0
    dram: float = 0.0


_SYNCHRONISATION = Cost(1)


class Costs:
    """Costs of the instructions of one kernel on one target."""

    def __init__(
        self,
        code: tuple[Instruction, ...],
        target: Target,
        active_cores: int,
        misses: Mapping[tuple[int, bool], float],
    ) -> None:
        self._code = code
        self._target = target
        self._share = target.gm.dram_share(active_cores)
        self._misses = misses
        self._fixed: dict[int, Cost] = {}
        self._by_address: dict[tuple[int, ...], Cost] = {}

    def of(self, issued: Issued) -> Cost:
        """The cost of an issued instruction."""
        number = issued[0]
        if number in self._fixed:
            return self._fixed[number]
        instruction = self._code[number]
        match instruction:
            case Copy() if GM in (instruction.src.memory, instruction.dst.memory):
                address = issued[2 if instruction.src.memory == GM else 1]
                key = (number, address % self._target.alignments[GM])
                if key not in self._by_address:
                    self._by_address[key] = self._transfer(instruction, key[1])
                return self._by_address[key]
            case Vec():
                period = self._target.vector.bank_groups * BLOCK
                key = (number, *(address % period for address in issued[1:]))
                if key not in self._by_address:
                    self._by_address[key] = self._vector(instruction, key[1:])
                return self._by_address[key]
            case _:
                self._fixed[number] = self._of(instruction)
                return self._fixed[number]

    def _of(self, instruction: Instruction) -> Cost:
        """Costs that no address changes."""
        target = self._target
        match instruction:
            case Copy():
                path = target.paths[instruction.src.memory, instruction.dst.memory]
                moved = instruction.n_burst * instruction.len_burst * burst_units(instruction)[0]
                busy = max(instruction.n_burst * path.burst, ceil(moved / path.bytes_per_cycle))
                return Cost(path.startup + busy, path.latency)
            case Load2d():
                path = target.paths["l1", instruction.dst.memory]
                busy = ceil(instruction.repeat * _FRACTAL_BYTES / path.bytes_per_cycle)
                return Cost(path.startup + busy, path.latency)
            case Mad():
                k0 = target.cube.k(DTYPES[instruction.a.element].itemsize)
                fractals = ceil(instruction.m / target.cube.m) * ceil(instruction.n / target.cube.n)
                busy = fractals * ceil(instruction.k / k0)
                return Cost(target.cube.startup + busy, target.cube.latency)
            case Vnchwconv():
                slope = target.vector.repeat_cycles("vnchwconv")
                return Cost(target.vector.startup + instruction.repeat * slope)
            case ScalarLoad():
                return Cost(target.scalar.access_cycles)
            case ScalarBlock():
                return self._scalar(instruction)
            case _:
                return _SYNCHRONISATION

    def _scalar(self, block: ScalarBlock) -> Cost:
        """Element after element; GM is as far from the scalar unit as from the transfer pipes."""
        scalar, paths = self._target.scalar, self._target.paths
        element = block.accesses * scalar.access_cycles
        element += block.operations * scalar.operation_cycles
        busy, latency = prod(block.sizes) * element, 0
        if any(block.operands[k].memory == GM for k in block.reads):
            busy += paths[GM, "ub"].startup + paths[GM, "ub"].latency
        if any(block.operands[k].memory == GM for k in block.writes):
            latency = paths["ub", GM].startup + paths["ub", GM].latency
        return Cost(busy, latency)

    def _transfer(self, copy: Copy, address: int) -> Cost:
        """A transfer from or to GM; `address` modulo the alignment of full bandwidth."""
        gm = self._target.gm
        path = self._target.paths[copy.src.memory, copy.dst.memory]
        reads = copy.src.memory == GM
        operand, gap = (copy.src, copy.src_gap) if reads else (copy.dst, copy.dst_gap)
        length = copy.len_burst * BLOCK
        miss = self._misses[operand.buffer, not reads]
        per_byte = (1 - miss) / (gm.l2_read if reads else gm.l2_write) + miss / self._share
        per_byte = max(per_byte, 1 / path.bytes_per_cycle)
        pitch = length + gap * BLOCK
        aligned = _aligned_bursts(address, pitch, copy.n_burst, self._target.alignments[GM])
        cycles = dram = 0.0
        for count, penalty in ((aligned, 1.0), (copy.n_burst - aligned, 1 / gm.unaligned)):
            cycles += count * max(path.burst, length * per_byte * penalty)
            dram += count * length * miss * penalty / self._share
        return Cost(path.startup + ceil(cycles), path.latency, path.startup, dram)

    def _vector(self, vec: Vec, addresses: tuple[int, ...]) -> Cost:
        vector = self._target.vector
        slope = vector.repeat_cycles(vec.opcode)
        strides = vec.src_strides if vec.dst is None else (vec.dst_stride, *vec.src_strides)
        patterns = [
            (address // BLOCK, *stride, -(-vec.mask * DTYPES[op.element].itemsize // BLOCK))
            for address, stride, op in zip(addresses, strides, vec.operands)
        ]
        writes = () if vec.dst is None or vec.opcode in (*WHOLE, *GROUP) else (patterns[0],)
        reads = patterns if vec.dst is None else patterns[1:]
        busy = _bank_cycles(tuple(reads), writes, vec.repeat, slope, vector.bank_groups)
        return Cost(vector.startup + busy)


def _aligned_bursts(address: int, pitch: int, count: int, alignment: int) -> int:
    """How many of `address + i * pitch`, 0 <= i < count, are multiples of `alignment`."""
    period = alignment // gcd(pitch, alignment)
    for first in range(min(period, count)):
        if (address + first * pitch) % alignment == 0:
            return 1 + (count - 1 - first) // period
    return 0


_Pattern = tuple[int, int, int, int]


@lru_cache(maxsize=65536)
def _bank_cycles(
    reads: tuple[_Pattern, ...], writes: tuple[_Pattern, ...], repeat: int, slope: int, groups: int
) -> int:
    """Cycles of all repeats; a pattern is (first block, block stride, repeat stride, blocks)."""
    busiest = np.full(repeat, slope)
    for patterns in (reads, writes):
        load = np.zeros((repeat, groups), np.int64)
        for first, block, step, blocks in patterns:
            # A block that a repeat touches several times is moved once.
            distinct = np.arange(blocks if block else 1) * block
            touched = (first + np.arange(repeat)[:, None] * step + distinct) % groups
            np.add.at(load, (np.arange(repeat)[:, None], touched), 1)
        busiest = np.maximum(busiest, load.max(axis=1))
    return int(busiest.sum())

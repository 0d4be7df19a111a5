"""Occupancy and latency of instructions (machine reference 3.2 and 3.3).

A transfer occupies its pipe for `startup + sum over bursts of max(burst, bytes / rate)`. Addresses
in GM off 512 B get the `unaligned` share of the rate. The rate of GM mixes L2 hits with misses,
which also occupy the core's share of DRAM for whole cycles, whatever else it does (`dram.py`). A
vector
repeat takes its slope or, if that is longer, the most blocks that one bank group must read or
write; conflicts between reads and writes are not modelled (the measurements disagree).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd, prod
from typing import TYPE_CHECKING

import numpy as np

from akg_mlir.machine.array_code import Column, Value
from akg_mlir.machine.isa import GROUP, WHOLE, burst_units
from akg_mlir.machine.issue import Issue
from akg_mlir.machine.program import (
    BLOCK,
    DTYPES,
    GM,
    Copy,
    Fetch,
    Instruction,
    Load2d,
    Load3d,
    Mad,
    ScalarBlock,
    ScalarLoad,
    Vec,
    Vnchwconv,
)

if TYPE_CHECKING:
    from akg_mlir.targets import Target

_FRACTAL_BYTES = 512


@dataclass(frozen=True)
class Cost:
    """Cycles: `occupancy` of the pipe, `latency` until data is visible, `dram` of its DRAM share,
    which it needs from `startup` cycles after its start; what is `posted` does not wait for it."""

    occupancy: int
    latency: int = 0
    startup: int = 0
    dram: int = 0
    posted: bool = False


_SYNCHRONISATION = Cost(1)

_Residue = tuple[int, int, int]
"""An operand, the period after which its address costs the same, and the unit that matters."""


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

    def of(self, issue: Issue) -> tuple[list[Cost], Column]:
        """The costs that occur, and which of them each execution has."""
        instruction = self._code[issue.number]
        residues = self._residues(instruction)
        key: Value = 0
        for operand, period, unit in residues:
            key = key * (period // unit) + issue.addresses[operand] % period // unit
        keys, which = np.unique(np.broadcast_to(key, (issue.count,)), return_inverse=True)
        return [self._at(instruction, residues, int(key)) for key in keys], which

    def _residues(self, instruction: Instruction) -> Sequence[_Residue]:
        """What of the addresses an instruction's cost depends on."""
        match instruction:
            case Fetch(step=step) if step % self._target.alignments[GM]:
                return ()
            case Copy() if GM in (instruction.src.memory, instruction.dst.memory):
                operand = 1 if instruction.src.memory == GM else 0
                return [(operand, self._target.alignments[GM], 1)]
            case Vec():
                period = self._target.vector.bank_groups * BLOCK
                return [(operand, period, BLOCK) for operand in range(len(instruction.operands))]
            case _:
                return ()

    def _at(self, instruction: Instruction, residues: Sequence[_Residue], key: int) -> Cost:
        addresses: list[int] = []
        for _, period, unit in reversed(residues):
            key, digit = divmod(key, period // unit)
            addresses.insert(0, digit * unit)
        match instruction:
            case Fetch():
                return self._transfer(instruction, addresses[0] if addresses else None)
            case Copy() if addresses:
                return self._transfer(instruction, addresses[0])
            case Vec():
                return self._vector(instruction, addresses)
            case _:
                return self._of(instruction)

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
            case Load3d():
                path = target.paths["l1", instruction.dst.memory]
                busy = ceil(instruction.repeat * _FRACTAL_BYTES / path.bytes_per_cycle)
                return Cost(target.cube.load3d_startup + busy, path.latency)
            case Mad():
                k0 = target.cube.k(DTYPES[instruction.a.element].itemsize)
                fractals = ceil(instruction.m / target.cube.m) * ceil(instruction.n / target.cube.n)
                busy = fractals * ceil(instruction.k / k0) * target.cube.fractal_cycles
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

    def _transfer(self, copy: Copy, address: int | None) -> Cost:
        """A transfer from or to GM; `address` modulo the alignment of full bandwidth. Where data
        says it, none of the bursts counts as aligned."""
        gm = self._target.gm
        path = self._target.paths[copy.src.memory, copy.dst.memory]
        reads = copy.src.memory == GM
        operand, gap = (copy.src, copy.src_gap) if reads else (copy.dst, copy.dst_gap)
        source, _, stored, _ = burst_units(copy)
        length = copy.len_burst * (source if reads else stored)
        miss = self._misses[operand.buffer, not reads]
        waits = 0.0 if path.posted else miss
        per_byte = (1 - waits) / (gm.l2_read if reads else gm.l2_write) + waits / self._share
        per_byte = max(per_byte, 1 / path.bytes_per_cycle)
        pitch = length + gap * BLOCK
        aligned = 0
        if address is not None:
            aligned = _aligned_bursts(address, pitch, copy.n_burst, self._target.alignments[GM])
        cycles = dram = 0.0
        for count, penalty in ((aligned, 1.0), (copy.n_burst - aligned, 1 / gm.unaligned)):
            cycles += count * max(path.burst, length * per_byte * penalty)
            dram += count * length * miss * penalty / self._share
        busy = path.startup + ceil(cycles)
        return Cost(busy, path.latency, path.startup, ceil(dram), path.posted)

    def _vector(self, vec: Vec, addresses: Sequence[int]) -> Cost:
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

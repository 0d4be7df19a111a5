"""Which of the products of a block first needs what a load brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from akg_mlir.dialects.npu import MadOp, Pipe, PipeOp
from akg_mlir.passes.npu.cutting.parts import Parts, extent
from akg_mlir.passes.npu.memory.footprint import accesses


@dataclass(frozen=True)
class _Read:
    """Bytes that an op at some place of the block reads for product number `product`."""

    place: int
    product: int
    low: int
    high: int


class Products:
    """The products of a block, numbered in program order; those of a loop have one number."""

    def __init__(self, block: Block) -> None:
        ops = list(block.ops)
        self.count = sum(multiplies(op) for op in ops)
        self._places: dict[Operation, int] = {op: place for place, op in enumerate(ops)}
        self._reads: dict[SSAValue, list[_Read]] = {}
        product, users = self.count, dict[SSAValue, int]()
        for op in reversed(ops):
            product -= multiplies(op)
            for inner in op.walk(reverse=True):
                if isinstance(inner, PipeOp):
                    self._record(self._places[op], inner, product, users)

    def _record(self, place: int, op: PipeOp, product: int, users: dict[SSAValue, int]) -> None:
        """Note what an op reads; `users` are the products for which next is read what it writes."""
        touched, number = accesses(op), product
        if op.pipe is Pipe.MTE1:
            roots = [a.root for a in touched if a.writes and isinstance(a.root, SSAValue)]
            number = min((users[root] for root in roots if root in users), default=product)
        for access in touched:
            if not access.writes and isinstance(access.root, SSAValue):
                users[access.root] = number
                read = _Read(place, number, *extent(access))
                self._reads.setdefault(access.root, []).append(read)

    def needs(self, load: Parts) -> Sequence[int]:
        """The number of the first product behind a load that needs each of its parts; `count` for
        parts that none needs."""
        found = [self.count] * load.count
        here = self._places[load.op]
        for read in self._reads.get(load.buffer, []):
            if read.place > here:
                for part in load.filled.touching(read.low, read.high, load.count):
                    found[part] = read.product
        return found

    def first_reader(self, load: Parts) -> int:
        """The place of the first op behind a load that reads its buffer."""
        reads = (read.place for read in self._reads.get(load.buffer, []))
        here = self._places[load.op]
        return min((place for place in reads if place > here), default=len(self._places))


def multiplies(op: Operation) -> bool:
    """Whether an op is a product or holds some."""
    return any(isinstance(inner, MadOp) for inner in op.walk())

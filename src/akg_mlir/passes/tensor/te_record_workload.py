"""Record on every te op the vector work it costs at least, before anything is decomposed."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.passes.tensor.rewriting import functions
from akg_mlir.passes.tensor.workload import record, vector_cycles


@dataclass(frozen=True)
class TeRecordWorkload(ModulePass):
    """Record on every te op the vector work it costs at least, before anything is decomposed.

    The work is the attribute `te.work` (cycles of one core's vector unit); later passes carry it
    along, and `te-partition` sums it up per kernel. So no decomposition can soften the bound.
    """

    name = "te-record-workload"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in functions(op):
            for inner in function.body.block.ops:
                cycles = vector_cycles(inner)
                if cycles:
                    record(inner, cycles)

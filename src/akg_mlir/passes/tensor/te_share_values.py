"""Compute equal values once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import erase_dead, functions, is_returned
from akg_mlir.passes.tensor.workload import WORK


@dataclass(frozen=True)
class TeShareValues(ModulePass):
    """Compute equal values once.

    Decompositions make the same value for each of its users (the padded image of several
    convolutions, the cast of a factor that is squared), and so do networks. Ops that are alike but
    for their recorded work, on the same operands, become the first one of them. Results keep ops
    of their own: each has a buffer.
    """

    name = "te-share-values"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in functions(op):
            _share(function.body.block)
        erase_dead(op)


def _share(block: Block) -> None:
    first: dict[object, SSAValue] = {}
    for op in block.ops:
        if _has_value(op):
            value = first.setdefault(_looks(op), op.result)
            if value is not op.result and not is_returned(op.result):
                op.result.replace_all_uses_with(value)


def _has_value(op: Operation) -> TypeGuard[te.TeOp | te.ConstantOp]:
    """Whether its operands and properties say what the op computes: it has no body."""
    return isinstance(op, te.TeOp | te.ConstantOp) and not op.regions


def _looks(op: te.TeOp | te.ConstantOp) -> object:
    """What equal ops have in common."""
    notes = frozenset(entry for entry in op.attributes.items() if entry[0] != WORK)
    properties = frozenset(op.properties.items())
    return type(op), tuple(op.operands), op.result.type, properties, notes

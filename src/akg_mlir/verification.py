"""Verification of whole modules, including what `Operation.verify` leaves out: SSA dominance."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.irdl.dominance import DominanceInfo
from xdsl.utils.exceptions import VerifyException


def verify_module(module: ModuleOp) -> None:
    """Check every op's constraints and that each operand is defined before it is used.

    Raises `VerifyException`; its notes hold the module with the culprit underlined.
    """
    module.verify()
    verify_dominance(module)


def verify_dominance(root: Operation) -> None:
    """Check that every operand below `root` dominates its use (xDSL's verifier does not)."""
    for region in root.regions:
        _check_region(region, set())


def _check_region(region: Region, visible: set[SSAValue]) -> None:
    blocks = list(region.blocks)
    if len(blocks) == 1:
        _check_block(blocks[0], visible)
        return
    dominance = DominanceInfo(region)
    for block in blocks:
        dominators = (other for other in blocks if dominance.strictly_dominates(other, block))
        with _scope(visible) as scope:
            for other in dominators:
                scope.update(other.args, *(op.results for op in other.ops))
            visible |= scope
            _check_block(block, visible)


def _check_block(block: Block, visible: set[SSAValue]) -> None:
    with _scope(visible) as scope:
        scope.update(block.args)
        visible |= scope
        for op in block.ops:
            for index, operand in enumerate(op.operands):
                if operand not in visible:
                    _fail(op, index, operand)
            for region in op.regions:
                _check_region(region, visible)
            scope.update(op.results)
            visible.update(op.results)


@contextmanager
def _scope(visible: set[SSAValue]) -> Generator[set[SSAValue]]:
    """A set of values that stop being visible when the block ends."""
    scope: set[SSAValue] = set()
    yield scope
    visible -= scope


def _fail(op: Operation, index: int, operand: SSAValue) -> None:
    name = f" (%{operand.name_hint})" if operand.name_hint else ""
    message = f"operand {index}{name} of '{op.name}' does not dominate its use"
    op.emit_error(message, VerifyException(message))

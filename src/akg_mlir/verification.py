"""Verification of whole modules, including what `Operation.verify` leaves out: SSA dominance."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn
from weakref import WeakKeyDictionary

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.irdl.dominance import DominanceInfo
from xdsl.traits import NoTerminator
from xdsl.utils.exceptions import VerifyException

from akg_mlir.diagnostics import location_of


def verify_module(module: ModuleOp) -> None:
    """Check every op's constraints and that each operand is defined before it is used.

    Raises `VerifyException` naming the op, where it is, and what is wrong with it.
    """
    try:
        _verify_nested(module)
    except Exception as error:  # Some verifiers of xDSL raise plain exceptions.
        culprit = _first_failing(module)
        if culprit is None:
            raise
        raise VerifyException(f"{culprit.name}{location_of(culprit)}: {error}") from error
    verify_dominance(module)


Constraints = tuple[object, ...]
"""What the verifier of an op without regions looks at: all of it immutable."""
_verified: WeakKeyDictionary[Operation, Constraints] = WeakKeyDictionary()


def _verify_nested(op: Operation) -> None:
    """As `Operation.verify`, but without ops that are what they were when they last verified:
    most passes leave most ops alone, and every pass is followed by a verification."""
    for region in op.regions:
        for block in region.blocks:
            if block.parent is not region:
                raise VerifyException(f"a block in a region of {op.name} belongs to another region")
            _verify_block(block, op)
    op.verify(verify_nested_ops=False)


def _verify_block(block: Block, owner: Operation) -> None:
    last = block.last_op
    if last is None and block.next_block is None and not owner.has_trait(NoTerminator):
        raise VerifyException("an empty block lacks a terminator")
    for op in block.ops:
        if op.parent is not block:
            raise VerifyException(f"{op.name} is in a block that it does not belong to")
        if op.regions or op.successors:
            _verify_nested(op)
            continue
        now = _constraints(op, type(owner), op is last)
        if _verified.get(op) != now:
            op.verify()
            _verified[op] = now


def _constraints(op: Operation, owner: type[Operation], is_last: bool) -> Constraints:
    return (
        owner,
        is_last,
        *[operand.type for operand in op.operands],
        *[result.type for result in op.results],
        *op.properties.items(),
        *op.attributes.items(),
    )


def _first_failing(root: Operation) -> Operation | None:
    """The first op, innermost first, that does not verify by itself."""
    for op in root.walk(reverse=True):
        try:
            op.verify(verify_nested_ops=False)
        except Exception:
            return op
    return None


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


def _fail(op: Operation, index: int, operand: SSAValue) -> NoReturn:
    name = f" (%{operand.name_hint})" if operand.name_hint else ""
    raise VerifyException(
        f"{op.name}{location_of(op)}: operand {index}{name} does not dominate its use"
    )

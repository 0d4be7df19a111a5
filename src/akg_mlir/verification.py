"""Verification of whole modules, including what `Operation.verify` leaves out: SSA dominance."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import NoReturn
from weakref import WeakKeyDictionary

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.irdl.dominance import DominanceInfo
from xdsl.traits import (
    HasAncestor,
    IsolatedFromAbove,
    IsTerminator,
    NoTerminator,
    SymbolUserOpInterface,
)
from xdsl.utils.exceptions import VerifyException

from akg_mlir.diagnostics import location_of


def verify_module(module: ModuleOp) -> None:
    """Check every op's constraints and that each operand is defined before it is used.

    Raises `VerifyException` naming the op, where it is, and what is wrong with it.
    """
    try:
        _known.setdefault(module, _Known()).verify(module, (), False)
    except Exception as error:  # Some verifiers of xDSL raise plain exceptions.
        culprit = _first_failing(module)
        if culprit is None:
            raise
        raise VerifyException(f"{culprit.name}{location_of(culprit)}: {error}") from error
    verify_dominance(module)


Form = tuple[object, ...]
"""What the verifier of an op looks at: all of it immutable."""


class _Known:
    """Forms of ops that verified, by number. Every pass is followed by a verification, most passes
    leave most ops alone, and many ops are alike: an op is only verified if none like it was."""

    def __init__(self) -> None:
        self._numbers: dict[Form, int] = {}
        self._forms: WeakKeyDictionary[Operation, tuple[Form, int]] = WeakKeyDictionary()

    def verify(self, op: Operation, owner: Form, is_last: bool) -> int:
        """As `Operation.verify`. Equal numbers say that ops have equal forms."""
        form = (
            type(op),
            *owner,
            is_last,
            *[operand.type for operand in op.operands],
            *[result.type for result in op.results],
            *op.properties.items(),
            *op.attributes.items(),
            *[self._region(region, op) for region in op.regions],
        )
        looks_around = _looks_around(type(op)) or bool(op.successors)
        form_before, number = self._forms.get(op, ((), -1))
        if form_before != form or looks_around:
            number = self._numbers.get(form, -1)
            if number < 0 or looks_around:
                op.verify(verify_nested_ops=False)
                number = self._numbers.setdefault(form, len(self._numbers))
            self._forms[op] = form, number
        return number

    def _region(self, region: Region, op: Operation) -> Form:
        owner = (type(op), len(region.blocks))
        for block in region.blocks:
            if block.parent is not region:
                raise VerifyException(f"a block in a region of {op.name} belongs to another region")
        return tuple(form for block in region.blocks for form in self._block(block, op, owner))

    def _block(self, block: Block, parent: Operation, owner: Form) -> Iterator[object]:
        last = block.last_op
        if last is None and block.next_block is None and not parent.has_trait(NoTerminator):
            raise VerifyException("an empty block lacks a terminator")
        yield block.arg_types
        for op in block.ops:
            if op.parent is not block:
                raise VerifyException(f"{op.name} is in a block that it does not belong to")
            yield self.verify(op, owner, op is last)


_known: WeakKeyDictionary[ModuleOp, _Known] = WeakKeyDictionary()


@cache
def _looks_around(kind: type[Operation]) -> bool:
    """Whether the verifiers of such ops look at more than the op: terminators at what is around
    them, users of symbols at the module."""
    return any(
        isinstance(trait, IsTerminator | SymbolUserOpInterface | HasAncestor)
        for trait in (kind.traits if issubclass(kind, IRDLOperation) else ())
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
                isolated = op.has_trait(IsolatedFromAbove)
                _check_region(region, set() if isolated else visible)
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

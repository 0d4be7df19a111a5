"""What the body of a reduction does with an element of its output."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat
from xdsl.ir import Block, Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.linalg.structured import Structured

_COMBINERS: dict[type[Operation], str] = {
    arith.AddfOp: "add",
    arith.AddiOp: "add",
    arith.MaximumfOp: "max",
    arith.MaxnumfOp: "max",
    arith.MaxSIOp: "max",
    arith.MinimumfOp: "min",
    arith.MinnumfOp: "min",
    arith.MinSIOp: "min",
    arith.MulfOp: "mul",
    arith.MuliOp: "mul",
}
_OF_NUMBERS = (arith.MaxnumfOp, arith.MinnumfOp)
_MULTIPLY = (arith.MulfOp, arith.MuliOp)
_WIDEN = (arith.ExtFOp, arith.ExtSIOp)

# Numbers of predicates: of the comparison of two numbers, whether equal ones fulfil it. Those of
# cmpf are ordered: false where one is no number.
_FLOAT_ORDERS = {2: ("max", False), 3: ("max", True), 4: ("min", False), 5: ("min", True)}
_INTEGER_ORDERS = {2: ("min", False), 3: ("min", True), 4: ("max", False), 5: ("max", True)}
_FLOAT_SWAPPED = {2: 4, 3: 5, 4: 2, 5: 3, 9: 11, 10: 12, 11: 9, 12: 10}
_INTEGER_SWAPPED = {2: 4, 3: 5, 4: 2, 5: 3}
_FLOAT_NEGATED = {2: 12, 3: 11, 4: 10, 5: 9, 9: 5, 10: 4, 11: 3, 12: 2}
_INTEGER_NEGATED = {2: 5, 3: 4, 4: 3, 5: 2}


@dataclass(frozen=True)
class Update:
    """`out = kind(out, summand)`; `factors` are the inputs whose product it is, if it is one.

    `of_numbers`: a summand that is no number takes no part.
    """

    kind: str
    summand: SSAValue | None
    factors: tuple[int, int] | None = None
    of_numbers: bool = False


@dataclass(frozen=True)
class Choice:
    """`out = new` where `element` is larger ("max") or smaller ("min") than `than`, an element of
    an output, or `or_equal` to it; else `out` stays."""

    kind: str
    or_equal: bool
    element: SSAValue
    than: SSAValue
    new: SSAValue


def update_of(nest: Structured, number: int) -> Update:
    """What becomes of output `number`. Raises CompileError for what is no reduction."""
    if nest.kind is not None:
        product = nest.kind == "product"
        return Update("add" if product else nest.kind, None, (0, 1) if product else None)
    yielded, accumulators = yielded_by(nest, number), accumulators_of(nest)
    choice = choice_of(nest, number)
    if choice is not None and (choice.new, choice.than) == (choice.element, accumulators[number]):
        floats = isinstance(choice.element.type, AnyFloat)
        return Update(choice.kind, choice.element, of_numbers=floats)
    combiner = yielded.owner
    if isinstance(combiner, Block) or type(combiner) not in _COMBINERS:
        raise no_reduction(nest)
    summands = [value for value in combiner.operands if value != accumulators[number]]
    if len(summands) != 1 or _depends_on_any(summands[0], accumulators):
        raise no_reduction(nest)
    kind = _COMBINERS[type(combiner)]
    factors = _factors(nest, summands[0]) if kind == "add" else None
    return Update(kind, summands[0], factors, isinstance(combiner, _OF_NUMBERS))


def choice_of(nest: Structured, number: int) -> Choice | None:
    """How a comparison with an element of an output decides what becomes of output `number`."""
    selection = None if nest.kind is not None else yielded_by(nest, number).owner
    if not isinstance(selection, arith.SelectOp):
        return None
    accumulators = accumulators_of(nest)
    compare = selection.cond.owner
    if not isinstance(compare, arith.CmpfOp | arith.CmpiOp):
        return None
    floats = isinstance(compare, arith.CmpfOp)
    predicate, element, than = compare.predicate.value.data, compare.lhs, compare.rhs
    if element in accumulators:
        element, than = than, element
        predicate = (_FLOAT_SWAPPED if floats else _INTEGER_SWAPPED).get(predicate, -1)
    new, old = selection.lhs, selection.rhs
    if new == accumulators[number]:
        new, old = old, new
        predicate = (_FLOAT_NEGATED if floats else _INTEGER_NEGATED).get(predicate, -1)
    order = (_FLOAT_ORDERS if floats else _INTEGER_ORDERS).get(predicate)
    if order is None or old != accumulators[number] or than not in accumulators:
        return None
    if _depends_on_any(element, accumulators) or _depends_on_any(new, accumulators):
        return None
    return Choice(*order, element, than, new)


def accumulators_of(nest: Structured) -> list[SSAValue]:
    """The elements of the outputs, as the body sees them."""
    return [] if nest.body is None else list(nest.body.args[len(nest.inputs) :])


def yielded_by(nest: Structured, number: int) -> SSAValue:
    """What the body gives for output `number`."""
    last = None if nest.body is None else nest.body.last_op
    if last is None or number >= len(last.operands):
        raise CompileError("its body yields nothing", nest.op, hint="end it with linalg.yield")
    return last.operands[number]


def only_input(nest: Structured, update: Update) -> int | None:
    """The input whose elements are combined as they are."""
    if update.summand is None:
        return 0 if update.factors is None else None
    assert nest.body is not None
    inputs = nest.body.args[: len(nest.inputs)]
    return inputs.index(update.summand) if update.summand in inputs else None


def no_reduction(nest: Structured) -> CompileError:
    """What to say of a body that is none."""
    return CompileError(
        "its body is not a reduction that is supported",
        nest.op,
        hint="the body must yield add, mul, maximum or minimum of the output's element and a "
        "value that does not depend on it, or the index at which that is the largest or smallest",
    )


def _depends_on_any(value: SSAValue, others: list[SSAValue]) -> bool:
    owner = value.owner
    if value in others or isinstance(owner, Block):
        return value in others
    return any(_depends_on_any(operand, others) for operand in owner.operands)


def _factors(nest: Structured, summand: SSAValue) -> tuple[int, int] | None:
    """The two inputs whose product, perhaps after widening both, the summand is."""
    assert nest.body is not None
    product = summand.owner
    if not isinstance(product, _MULTIPLY):
        return None
    inputs = nest.body.args[: len(nest.inputs)]
    factors = list[int]()
    for operand in product.operands:
        widening = operand.owner
        source = widening.operands[0] if isinstance(widening, _WIDEN) else operand
        if source not in inputs:
            return None
        factors.append(inputs.index(source))
    a, b = factors
    return (a, b) if inputs[a].type == inputs[b].type else None

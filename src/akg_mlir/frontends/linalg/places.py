"""The index at which the largest or smallest element of a reduction stands."""

from __future__ import annotations

import math

from xdsl.dialects.builtin import TensorType, i32
from xdsl.ir import SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.structured import initial_value
from akg_mlir.dialects.te.types import element_of
from akg_mlir.frontends.elements import is_float
from akg_mlir.frontends.linalg.bodies import body_of
from akg_mlir.frontends.linalg.results import everywhere, stored
from akg_mlir.frontends.linalg.scalar import is_number
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.subscripts import along
from akg_mlir.frontends.linalg.translation import Emitter, Function
from akg_mlir.frontends.linalg.updates import Choice, accumulators_of, no_reduction, update_of

LARGEST_I32 = 2**31 - 1
_FULFILLED = {("max", False): "gt", ("max", True): "ge", ("min", False): "lt", ("min", True): "le"}


def place_of(
    nest: Structured, number: int, choice: Choice, function: Function, emit: Emitter
) -> SSAValue:
    """The index that a nest stores in output `number` whenever it meets an element that is better
    than the best one so far, which another output is.

    That is the first place of the best element, or the last one if equal ones are taken too, or
    what the output started from if that is better than all. An element that is no number is never
    taken; if the best one becomes it, nothing behind is.
    """
    best = accumulators_of(nest).index(choice.than)
    update = update_of(nest, best)
    body, loops = body_of(nest, function, emit), sorted(nest.reductions)
    same = (update.kind, update.summand) == (choice.kind, choice.element)
    if not same or len(loops) > 1 or body.subscript(choice.new) != along(loops[0]):
        raise no_reduction(nest)
    size = nest.bounds[loops[0]]
    numbers = emit(te.ConstantOp.of(list(range(size)), TensorType(i32, (size,))))
    places = emit.aligned(numbers, loops, len(nest.bounds))
    element = everywhere(nest, body.evaluate(choice.element), emit)
    if is_float(element_of(element)) and not update.of_numbers:
        element = _up_to_no_number(element, places, loops, emit)
    candidates = numbers_of(element, choice.kind, emit)
    extreme = emit(te.ReduceOp(choice.kind, candidates, loops, keepdims=True))
    none = -1 if choice.or_equal else size
    hit = emit(te.CompareOp("eq", element, extreme))
    chosen = emit(te.SelectOp(hit, places, emit.scalar(none, i32)))
    order = "max" if choice.or_equal else "min"
    place = emit(te.ReduceOp(order, chosen, loops, keepdims=True))
    found = emit(te.CompareOp("ne", place, emit.scalar(none, i32)))

    sizes = [nest.bounds[loop] for loop in nest.parallel]
    extreme = stored(nest, best, emit.reshape(extreme, sizes), emit)
    place, found = (
        stored(nest, number, emit.reshape(value, sizes), emit) for value in (place, found)
    )
    start, other = (function.value(nest.outputs[k], nest.op) for k in (best, number))
    check_number(nest, start)
    better = emit(te.CompareOp(_FULFILLED[choice.kind, choice.or_equal], extreme, start))
    taken = emit.cast(place, element_of(other))
    return emit(te.SelectOp(emit(te.AndOp(better, found)), taken, other))


def _up_to_no_number(
    element: SSAValue, places: SSAValue, loops: list[int], emit: Emitter
) -> SSAValue:
    """The element where it and all in front of it are numbers, else NaN."""
    strange = emit(te.CompareOp("ne", element, element))
    last = emit.scalar(LARGEST_I32, i32)
    first = emit(te.ReduceOp("min", emit(te.SelectOp(strange, places, last)), loops, keepdims=True))
    before = emit(te.CompareOp("lt", places, first))
    return emit(te.SelectOp(before, element, emit.scalar(math.nan, element_of(element))))


def numbers_of(value: SSAValue, kind: str, emit: Emitter) -> SSAValue:
    """The value with the neutral element of a reduction instead of what is no number."""
    element = element_of(value)
    if not is_float(element):
        return value
    neutral = emit.scalar(initial_value(te.Reduction(kind), element), element)
    return emit(te.SelectOp(emit(te.CompareOp("ne", value, value)), neutral, value))


def check_number(nest: Structured, initial: SSAValue) -> None:
    """Raise CompileError if the output may start from what is no number: it would stay so."""
    if not is_number(initial):
        raise CompileError(
            "compares with an output that may start from no number",
            nest.op,
            hint="fill the output with a constant",
        )

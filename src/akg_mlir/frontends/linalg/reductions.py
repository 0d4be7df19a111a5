"""Nests with reduction loops into te."""

from __future__ import annotations

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.dialects import te
from akg_mlir.dialects.te.structured import initial_value
from akg_mlir.dialects.te.types import element_of, shape_of
from akg_mlir.frontends.elements import Array, dense
from akg_mlir.frontends.linalg.bodies import body_of, element
from akg_mlir.frontends.linalg.contraction import contract, contracts
from akg_mlir.frontends.linalg.places import check_number, numbers_of, place_of
from akg_mlir.frontends.linalg.results import everywhere, stored
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.translation import Emitter, Function
from akg_mlir.frontends.linalg.updates import (
    Update,
    accumulators_of,
    choice_of,
    only_input,
    update_of,
)
from akg_mlir.frontends.linalg.windows import convolve, is_convolution, is_pooling, pool
from akg_mlir.reference.te import evaluate

_COMBINE = {"add": te.AddOp, "max": te.MaxOp, "min": te.MinOp, "mul": te.MulOp}


def reduction(nest: Structured, number: int, function: Function, emit: Emitter) -> SSAValue:
    """`out = combine(out, e)`: reduce `e` over the loops, then combine with what was there."""
    choice = choice_of(nest, number)
    if choice is not None and choice.than != accumulators_of(nest)[number]:
        return place_of(nest, number, choice, function, emit)
    update = update_of(nest, number)
    value = stored(nest, number, _reduced(nest, update, function, emit), emit)
    initial = function.value(nest.outputs[number], nest.op)
    if update.of_numbers:
        check_number(nest, initial)
    return (
        value
        if _is_neutral(initial, update.kind)
        else emit(_COMBINE[update.kind](_unspread(initial, value, emit), value))
    )


def _reduced(nest: Structured, update: Update, function: Function, emit: Emitter) -> SSAValue:
    """The reduced value, with one dimension per parallel loop."""
    to = _result_element(nest)
    if update.factors is not None:
        left, right = update.factors
        if is_convolution(nest, left, right):
            return convolve(nest, left, right, function, emit, to)
        if is_convolution(nest, right, left):
            return convolve(nest, right, left, function, emit, to)
        if contracts(nest, left, right):
            return contract(nest, left, right, function, emit, to)
    image = None if update.of_numbers else only_input(nest, update)
    if image is not None and is_pooling(nest, image):
        return pool(nest, image, update.kind, function, emit)
    value = everywhere(nest, _summand(nest, update, function, emit), emit)
    # With kept dimensions the result broadcasts to the rows it came from as it is, and the view
    # without them disappears where it does.
    kept = emit(te.ReduceOp(update.kind, value, sorted(nest.reductions), keepdims=True))
    return emit.reshape(kept, [nest.bounds[loop] for loop in nest.parallel])


def _summand(nest: Structured, update: Update, function: Function, emit: Emitter) -> SSAValue:
    if update.summand is not None:
        value = body_of(nest, function, emit).evaluate(update.summand)
        return numbers_of(value, update.kind, emit) if update.of_numbers else value
    to = _result_element(nest)
    if update.factors is None:
        return element(nest, 0, function, emit)
    left, right = (emit.cast(element(nest, k, function, emit), to) for k in update.factors)
    return emit(te.MulOp(left, right))


def _result_element(nest: Structured) -> Attribute:
    kind = nest.outputs[0].type
    assert isa(kind, TensorType)
    return kind.element_type


def _is_neutral(initial: SSAValue, kind: str) -> bool:
    owner = initial.owner
    if not isinstance(owner, te.ConstantOp) or owner.splat_value is None:
        return False
    return owner.splat_value == initial_value(te.Reduction(kind), element_of(initial))


def _unspread(initial: SSAValue, value: SSAValue, emit: Emitter) -> SSAValue:
    """What an output started from, without a broadcast that combining does anyway."""
    owner = initial.owner
    if shape_of(initial) != shape_of(value):
        return initial
    if isinstance(owner, te.BroadcastToOp):
        return owner.operand
    if isinstance(owner, te.ConstantOp):
        return emit(te.ConstantOp(dense(_narrow(evaluate(owner, ())), "a constant")))
    return initial


def _narrow(array: Array) -> Array:
    """The least array that broadcasts to this one, of the same rank."""
    for axis in range(array.ndim):
        first = array.take([0], axis)
        if np.broadcast_to(first, array.shape).tobytes() == array.tobytes():
            array = first
    return array

"""Structured ops into te: element-wise nests and reductions."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.structured import initial_value
from akg_mlir.dialects.te.types import element_of, shape_of
from akg_mlir.frontends.elements import Array, dense
from akg_mlir.frontends.linalg.bodies import body_of, element
from akg_mlir.frontends.linalg.contraction import contract, contracts
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.translation import Emitter, Function
from akg_mlir.frontends.linalg.windows import convolve, is_convolution, is_pooling, pool
from akg_mlir.reference.te import evaluate

_COMBINERS: dict[type[Operation], str] = {
    arith.AddfOp: "add",
    arith.AddiOp: "add",
    arith.MaximumfOp: "max",
    arith.MaxSIOp: "max",
    arith.MinimumfOp: "min",
    arith.MinSIOp: "min",
    arith.MulfOp: "mul",
    arith.MuliOp: "mul",
}
_COMBINE = {"add": te.AddOp, "max": te.MaxOp, "min": te.MinOp, "mul": te.MulOp}
_MULTIPLY = (arith.MulfOp, arith.MuliOp)
_WIDEN = (arith.ExtFOp, arith.ExtSIOp)


def translate(nest: Structured, function: Function) -> None:
    """Emit the te ops of a structured op and record its results in `function`."""
    emit = function.emitter(nest.op)
    for number, result in enumerate(nest.op.results):
        if not result.uses.get_length():
            continue
        expected = nest.outputs[number].type
        assert isa(expected, TensorType)
        if not nest.reductions:
            value = _elementwise(nest, number, function, emit)
        else:
            value = _reduction(nest, number, function, emit)
        if value.type != expected:
            raise CompileError(f"computes {value.type} where {expected} is declared", nest.op)
        function.values[result] = value


def _yielded(nest: Structured, number: int) -> SSAValue:
    last = None if nest.body is None else nest.body.last_op
    if last is None or number >= len(last.operands):
        raise CompileError("its body yields nothing", nest.op, hint="end it with linalg.yield")
    return last.operands[number]


def _elementwise(nest: Structured, number: int, function: Function, emit: Emitter) -> SSAValue:
    value = body_of(nest, function, emit).evaluate(_yielded(nest, number))
    return _stored(nest, number, _everywhere(nest, value, emit), emit)


def _everywhere(nest: Structured, value: SSAValue, emit: Emitter) -> SSAValue:
    """A value that broadcasts to the bounds as a tensor of that shape."""
    if shape_of(value) == nest.bounds:
        return value
    owner = value.owner
    if isinstance(owner, te.ConstantOp) and owner.splat_value is not None:
        return emit(
            te.ConstantOp.splat(TensorType(element_of(value), nest.bounds), owner.splat_value)
        )
    if prod(shape_of(value)) == prod(nest.bounds):
        return emit.reshape(value, nest.bounds)
    return emit(te.BroadcastToOp(value, nest.bounds))


def _stored(nest: Structured, number: int, value: SSAValue, emit: Emitter) -> SSAValue:
    """A value with one dimension per parallel loop, in the layout of the output."""
    access = nest.accesses[len(nest.inputs) + number]
    simple = all(s.alone is not None or (not s.scales and s.offset == 0) for s in access)
    written = [loop for s in access if (loop := s.alone) is not None]
    loops = nest.parallel
    if not simple or sorted(written) != loops:
        raise CompileError(
            "an output must be indexed by exactly the parallel loops",
            nest.op,
            hint="mark loops that the output does not use as reductions",
        )
    value = emit.transpose(value, [loops.index(loop) for loop in written])
    kind = nest.outputs[number].type
    assert isa(kind, TensorType)
    return emit.reshape(value, kind.get_shape())


# Reductions.


@dataclass(frozen=True)
class _Update:
    """`out = kind(out, summand)`; `factors` are the inputs whose product it is, if it is one."""

    kind: str
    summand: SSAValue | None
    factors: tuple[int, int] | None


def _reduction(nest: Structured, number: int, function: Function, emit: Emitter) -> SSAValue:
    """`out = combine(out, e)`: reduce `e` over the loops, then combine with what was there."""
    update = _update(nest, number)
    value = _stored(nest, number, _reduced(nest, update, function, emit), emit)
    initial = function.value(nest.outputs[number], nest.op)
    return (
        value
        if _is_neutral(initial, update.kind)
        else emit(_COMBINE[update.kind](_unspread(initial, value, emit), value))
    )


def _reduced(nest: Structured, update: _Update, function: Function, emit: Emitter) -> SSAValue:
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
    image = _only_input(nest, update)
    if image is not None and is_pooling(nest, image):
        return pool(nest, image, update.kind, function, emit)
    value = _everywhere(nest, _summand(nest, update, function, emit), emit)
    # With kept dimensions the result broadcasts to the rows it came from as it is, and the view
    # without them disappears where it does.
    kept = emit(te.ReduceOp(update.kind, value, sorted(nest.reductions), keepdims=True))
    return emit.reshape(kept, [nest.bounds[loop] for loop in nest.parallel])


def _summand(nest: Structured, update: _Update, function: Function, emit: Emitter) -> SSAValue:
    if update.summand is not None:
        return body_of(nest, function, emit).evaluate(update.summand)
    to = _result_element(nest)
    if update.factors is None:
        return element(nest, 0, function, emit)
    left, right = (emit.cast(element(nest, k, function, emit), to) for k in update.factors)
    return emit(te.MulOp(left, right))


def _result_element(nest: Structured) -> Attribute:
    kind = nest.outputs[0].type
    assert isa(kind, TensorType)
    return kind.element_type


def _update(nest: Structured, number: int) -> _Update:
    if nest.kind is not None:
        product = nest.kind == "product"
        return _Update("add" if product else nest.kind, None, (0, 1) if product else None)
    assert nest.body is not None
    yielded = _yielded(nest, number)
    accumulators = nest.body.args[len(nest.inputs) :]
    combiner = yielded.owner
    if isinstance(combiner, Block) or type(combiner) not in _COMBINERS:
        raise _not_a_reduction(nest)
    summands = [value for value in combiner.operands if value != accumulators[number]]
    if len(summands) != 1 or any(_depends(summands[0], other) for other in accumulators):
        raise _not_a_reduction(nest)
    kind = _COMBINERS[type(combiner)]
    factors = _factors(nest, summands[0]) if kind == "add" else None
    return _Update(kind, summands[0], factors)


def _only_input(nest: Structured, update: _Update) -> int | None:
    """The input whose elements are combined as they are."""
    if update.summand is None:
        return 0 if update.factors is None else None
    assert nest.body is not None
    inputs = nest.body.args[: len(nest.inputs)]
    return inputs.index(update.summand) if update.summand in inputs else None


def _not_a_reduction(nest: Structured) -> CompileError:
    return CompileError(
        "its body is not a reduction that is supported",
        nest.op,
        hint="the body must yield add, mul, maximum or minimum of the output's element and a "
        "value that does not depend on it",
    )


def _depends(value: SSAValue, on: SSAValue) -> bool:
    owner = value.owner
    if value == on or isinstance(owner, Block):
        return value == on
    return any(_depends(operand, on) for operand in owner.operands)


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

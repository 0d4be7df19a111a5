"""Structured ops into te: element-wise nests, reductions and contractions."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType
from xdsl.dialects.linalg.ops import MatmulOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_of, shape_of
from akg_mlir.dialects.upstream import BatchMatmulOp
from akg_mlir.frontends.linalg.scalar import as_tensor_ops, check_translatable, constant_of
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.translation import Emitter, Function

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
        if not nest.reductions:
            value = _elementwise(nest, number, function, emit)
        else:
            value = _reduction(nest, number, function, emit)
        expected = nest.outputs[number].type
        if value.type != expected:
            raise CompileError(f"computes {value.type} where {expected} is declared", nest.op)
        function.values[result] = value


def _yielded(nest: Structured, number: int) -> SSAValue:
    last = nest.body.last_op
    assert last is not None
    return last.operands[number]


def _argument(nest: Structured, number: int) -> SSAValue:
    """The body argument of an output: its element before the op, or in a reduction so far."""
    return nest.body.args[len(nest.inputs) + number]


# Element-wise nests.


def _elementwise(nest: Structured, number: int, function: Function, emit: Emitter) -> SSAValue:
    value = _Body(nest, function, emit).evaluate(_yielded(nest, number))
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
    dims = nest.dims(len(nest.inputs) + number)
    written = [dim for dim in dims if dim is not None]
    loops = [dim for dim in range(len(nest.bounds)) if dim not in nest.reductions]
    if sorted(written) != loops:
        raise CompileError(
            "an output must be indexed by exactly the parallel loops",
            nest.op,
            hint="mark loops that the output does not use as reductions",
        )
    value = emit.transpose(value, [loops.index(dim) for dim in written])
    kind = nest.outputs[number].type
    assert isa(kind, TensorType)
    return emit.reshape(value, kind.get_shape())


@dataclass
class _Body:
    """Evaluates scalars of a body for all points at once, each op once and only if needed."""

    nest: Structured
    function: Function
    emit: Emitter

    def __post_init__(self) -> None:
        self.values: dict[SSAValue, SSAValue] = {}

    def evaluate(self, scalar: SSAValue) -> SSAValue:
        """The tensor of the values that `scalar` has at each point; it broadcasts to the bounds."""
        if scalar not in self.values:
            self.values[scalar] = self._compute(scalar)
        return self.values[scalar]

    def _compute(self, scalar: SSAValue) -> SSAValue:
        owner = scalar.owner
        if isinstance(owner, Block):
            return self._element(scalar)
        constant = constant_of(owner)
        if constant is not None:
            return self.emit.scalar(constant, scalar.type)
        check_translatable(owner)
        for operand in owner.operands:
            self.evaluate(operand)
        return as_tensor_ops(owner, self.values, self.emit)

    def _element(self, scalar: SSAValue) -> SSAValue:
        if scalar not in self.nest.body.args:
            raise CompileError(
                "uses a scalar argument of the function", self.nest.op, hint="pass a tensor<T>"
            )
        number = self.nest.body.args.index(scalar)
        operand = (*self.nest.inputs, *self.nest.outputs)[number]
        if operand in self.function.scalars:
            return self.emit.scalar(self.function.scalars[operand], operand.type)
        value = self.function.value(operand, self.nest.op)
        return self.emit.aligned(value, self.nest.dims(number), len(self.nest.bounds))


# Reductions.


def _reduction(nest: Structured, number: int, function: Function, emit: Emitter) -> SSAValue:
    """`out = combine(out, e)`: reduce `e` over the loops, then combine with what was there."""
    if isinstance(nest.op, MatmulOp | BatchMatmulOp):
        # Its definition is fixed; the body that xDSL makes for mixed types is not valid.
        kind, value = "add", _contraction(nest, function, emit, *nest.body.args[:2])
    else:
        kind, value = _combined(nest, number, function, emit)
    initial = function.value(nest.outputs[number], nest.op)
    return combined(initial, _stored(nest, number, value, emit), kind, emit)


def combined(initial: SSAValue, value: SSAValue, kind: str, emit: Emitter) -> SSAValue:
    """A reduction's value combined with what its output held before."""
    return value if _is_neutral(initial, kind) else emit(_COMBINE[kind](initial, value))


def _combined(
    nest: Structured, number: int, function: Function, emit: Emitter
) -> tuple[str, SSAValue]:
    yielded, accumulator = _yielded(nest, number), _argument(nest, number)
    combiner = yielded.owner
    if isinstance(combiner, Block) or type(combiner) not in _COMBINERS:
        raise _not_a_reduction(nest)
    summands = [value for value in combiner.operands if value != accumulator]
    if len(summands) != 1:
        raise _not_a_reduction(nest)
    kind = _COMBINERS[type(combiner)]
    factors = _factors(nest, summands[0]) if kind == "add" else None
    if factors is not None and _contracts(nest, *factors):
        return kind, _contraction(nest, function, emit, *factors)
    body = _Body(nest, function, emit)
    for output in range(len(nest.outputs)):
        if _depends(summands[0], _argument(nest, output)):
            raise _not_a_reduction(nest)
    value = _everywhere(nest, body.evaluate(summands[0]), emit)
    # With kept dimensions the result broadcasts to the rows it came from as it is, and the view
    # without them disappears where it does.
    kept = emit(te.ReduceOp(kind, value, sorted(nest.reductions), keepdims=True))
    loops = [dim for dim in range(len(nest.bounds)) if dim not in nest.reductions]
    return kind, emit.reshape(kept, [nest.bounds[dim] for dim in loops])


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


def _is_neutral(initial: SSAValue, kind: str) -> bool:
    owner = initial.owner
    if not isinstance(owner, te.ConstantOp) or owner.splat_value is None:
        return False
    neutral = {"add": 0, "mul": 1, "max": float("-inf"), "min": float("inf")}
    return owner.splat_value == neutral[kind]


# Contractions.


def _factors(nest: Structured, summand: SSAValue) -> tuple[SSAValue, SSAValue] | None:
    """The two elements whose product, perhaps after widening both, the summand is."""
    product = summand.owner
    if not isinstance(product, _MULTIPLY):
        return None
    factors = list[SSAValue]()
    for operand in product.operands:
        widening = operand.owner
        source = widening.operands[0] if isinstance(widening, _WIDEN) else operand
        if source not in nest.body.args[: len(nest.inputs)]:
            return None
        factors.append(source)
    a, b = factors
    return (a, b) if a.type == b.type else None


def _contracts(nest: Structured, a: SSAValue, b: SSAValue) -> bool:
    """Whether the product is one of matrices: each operand has loops of its own, and all k."""
    left, right = (set(_loops(nest, x)) for x in (a, b))
    covered = nest.reductions <= left & right and len(left | right) == len(nest.bounds)
    return covered and bool(left - right) and bool(right - left)


def _loops(nest: Structured, element: SSAValue) -> list[int]:
    dims = nest.dims(nest.body.args.index(element))
    return [dim for dim in dims if dim is not None]


def _contraction(
    nest: Structured, function: Function, emit: Emitter, a: SSAValue, b: SSAValue
) -> SSAValue:
    """A (batch) matmul: loops in both operands are batch or k, those in one are m or n.

    Loops that run once are none of them.
    """
    left, right = (_running(nest, x) for x in (a, b))
    batch = [dim for dim in range(len(nest.bounds)) if dim in left and dim in right]
    k = [dim for dim in batch if dim in nest.reductions]
    batch = [dim for dim in batch if dim not in nest.reductions]
    m = [dim for dim in sorted(left) if dim not in right]
    n = [dim for dim in sorted(right) if dim not in left]
    lhs = _matrix(nest, function, emit, a, [batch, m, k])
    rhs = _matrix(nest, function, emit, b, [batch, k, n])
    element = nest.outputs[0].type
    assert isa(element, TensorType)
    cls = te.BatchMatmulOp if batch else te.MatmulOp
    product = emit(cls(lhs, rhs, element_type=element.element_type))
    order = [*batch, *m, *n]
    product = emit.reshape(product, [nest.bounds[dim] for dim in order])
    product = emit.transpose(product, [order.index(dim) for dim in sorted(order)])
    loops = [dim for dim in range(len(nest.bounds)) if dim not in nest.reductions]
    return emit.reshape(product, [nest.bounds[dim] for dim in loops])


def _running(nest: Structured, element: SSAValue) -> list[int]:
    return [dim for dim in _loops(nest, element) if nest.bounds[dim] > 1]


def _matrix(
    nest: Structured,
    function: Function,
    emit: Emitter,
    element: SSAValue,
    groups: list[list[int]],
) -> SSAValue:
    """An operand with its loops in the order of the groups, each group but the batch as one."""
    number = nest.body.args.index(element)
    value = function.value(nest.inputs[number], nest.op)
    loops = _running(nest, element)
    value = emit.reshape(value, [nest.bounds[dim] for dim in loops])
    order = [dim for group in groups for dim in group]
    value = emit.transpose(value, [loops.index(dim) for dim in order])
    batch, *matrix = groups
    sizes = [prod(nest.bounds[dim] for dim in group) for group in matrix]
    return emit.reshape(value, [*(nest.bounds[dim] for dim in batch), *sizes])

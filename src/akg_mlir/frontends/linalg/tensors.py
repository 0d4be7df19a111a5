"""`tensor` ops that move elements, into te."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import tensor
from xdsl.dialects.builtin import DenseArrayBase, IntegerType, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError, name_of
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_of, shape_of
from akg_mlir.dialects.upstream import ExpandShapeOp
from akg_mlir.frontends.joining import inserted, joined
from akg_mlir.frontends.linalg.bodies import Body
from akg_mlir.frontends.linalg.named import attribute_of
from akg_mlir.frontends.linalg.scalar import constant_of
from akg_mlir.frontends.linalg.translation import Emitter, Function

_Handler = Callable[[Operation, Function, Emitter], SSAValue]


def translate_tensor_op(op: Operation, function: Function) -> bool:
    """Emit a `tensor` op; returns whether it is one that is supported.

    Raises CompileError for dynamic sizes, offsets and amounts.
    """
    if isinstance(op, tensor.EmptyOp):
        static_shape(op.results[0], op)
        return True
    handler = _HANDLERS.get(name_of(op))
    if handler is None:
        return False
    function.values[op.results[0]] = handler(op, function, function.emitter(op))
    return True


def static_shape(value: SSAValue, op: Operation) -> tuple[int, ...]:
    """The shape of a tensor; raises CompileError when it is dynamic."""
    kind = value.type
    if not isa(kind, TensorType) or -1 in kind.get_shape():
        raise CompileError(f"{kind} has dynamic sizes", op, hint="shapes must be static")
    return kind.get_shape()


def _reshape(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    return emit.reshape(function.value(op.operands[0], op), static_shape(op.results[0], op))


def _cast(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    """Between static types a cast changes nothing."""
    static_shape(op.results[0], op)
    return function.value(op.operands[0], op)


def _pad(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    assert isinstance(op, tensor.PadOp)
    last = op.region.block.last_op
    yielded = None if last is None or not last.operands else last.operands[0]
    value = None
    if yielded is not None:
        owner = yielded.owner
        value = function.scalars.get(yielded)
        if value is None and isinstance(owner, Operation):
            value = constant_of(owner)
    if value is None:
        raise CompileError("does not pad with a constant", op, hint="yield an arith.constant")
    if op.low or op.high:
        raise CompileError("pads by dynamic amounts", op, hint="use constants")
    low, high = op.static_low.get_values(), op.static_high.get_values()
    source = function.value(op.source, op)
    return emit(te.PadOp(source, low, high, value)) if any((*low, *high)) else source


def _parts(op: Operation) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """Static offsets, sizes and strides."""
    found = list[Sequence[int]]()
    for name in ("static_offsets", "static_sizes", "static_strides"):
        value = attribute_of(op, name)
        numbers = value.get_values() if isa(value, DenseArrayBase[IntegerType]) else ()
        if any(number < 0 for number in numbers):
            raise CompileError(f"has dynamic {name[7:]}", op, hint="use constants")
        found.append(numbers)
    return found[0], found[1], found[2]


def _extract_slice(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    offsets, sizes, strides = _parts(op)
    source = function.value(op.operands[0], op)
    steps = [stride if size > 1 else 1 for stride, size in zip(strides, sizes)]
    if (*offsets, *sizes) != (*[0] * len(sizes), *shape_of(source)):
        source = emit(te.SliceOp(source, offsets, sizes, steps))
    return emit.reshape(source, static_shape(op.results[0], op))


def _insert_slice(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    """The destination with one box replaced."""
    offsets, sizes, strides = _parts(op)
    source = emit.reshape(function.value(op.operands[0], op), sizes)
    if any(stride != 1 for stride, size in zip(strides, sizes) if size > 1):
        raise CompileError("inserts with strides", op, hint="use strides of 1")
    shape = static_shape(op.results[0], op)
    if tuple(sizes) == shape:
        return source
    destination = function.values.get(op.operands[1])
    if destination is None:
        raise CompileError(
            "inserts a part into a tensor that nothing has written",
            op,
            hint="fill the result of tensor.empty first, or use tensor.concat",
        )
    return inserted(source, destination, offsets, emit)


def _concat(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    assert isinstance(op, tensor.ConcatOp)
    static_shape(op.results[0], op)
    values = [function.value(value, op) for value in op.operands]
    return joined(values, op.dim.value.data, emit)


def _scalar(value: SSAValue, op: Operation, function: Function, emit: Emitter) -> SSAValue:
    """A scalar of the function as a tensor of rank 0."""
    return Body((), lambda scalar: function.value(scalar, op), function, emit).evaluate(value)


def _splat(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    shape = static_shape(op.results[0], op)
    value = _scalar(op.operands[0], op, function, emit)
    owner = value.owner
    if isinstance(owner, te.ConstantOp) and owner.splat_value is not None:
        return emit(te.ConstantOp.splat(TensorType(element_of(value), shape), owner.splat_value))
    return emit(te.BroadcastToOp(value, shape))


def _from_elements(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    shape = static_shape(op.results[0], op)
    scalars = [_scalar(value, op, function, emit) for value in op.operands]
    return emit.reshape(joined([emit.reshape(s, (1,)) for s in scalars], 0, emit), shape)


def _generate(op: Operation, function: Function, emit: Emitter) -> SSAValue:
    """Each element from its coordinates."""
    shape = static_shape(op.results[0], op)
    block = op.regions[0].block
    last = block.last_op
    assert last is not None
    body = Body(shape, lambda scalar: function.value(scalar, op), function, emit, block.args)
    value = body.evaluate(last.operands[0])
    return value if shape_of(value) == shape else emit(te.BroadcastToOp(value, shape))


_HANDLERS: dict[str, _Handler] = {
    tensor.CollapseShapeOp.name: _reshape,
    ExpandShapeOp.name: _reshape,
    tensor.ReshapeOp.name: _reshape,
    tensor.CastOp.name: _cast,
    tensor.PadOp.name: _pad,
    tensor.ExtractSliceOp.name: _extract_slice,
    tensor.InsertSliceOp.name: _insert_slice,
    tensor.ConcatOp.name: _concat,
    tensor.SplatOp.name: _splat,
    tensor.FromElementsOp.name: _from_elements,
    "tensor.generate": _generate,
}


def tensor_handlers() -> dict[str, _Handler]:
    """What translates each op of the tensor dialect, by its name."""
    return dict(_HANDLERS)

"""`tosa` ops into te: as attributes (MLIR 19) or operands (later) give shapes, axes and pads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntElementsAttr,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    TensorType,
    i1,
    i32,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError, name_of
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_of, is_float, shape_of
from akg_mlir.frontends.linalg.named import attribute_of
from akg_mlir.frontends.linalg.tosa_windows import convolution, depthwise, pool
from akg_mlir.frontends.linalg.translation import Emitter, Function

Values = Sequence[SSAValue]
_Handler = Callable[["Tosa", Values, Emitter], SSAValue]


class Tosa:
    """What handlers read of an op besides the tensors it works on."""

    def __init__(self, op: Operation) -> None:
        self.op = op

    def attribute(self, *names: str) -> Attribute | None:
        """The first of the attributes that is there."""
        return attribute_of(self.op, *names)

    def integers(self, *names: str, operand: int | None = None) -> tuple[int, ...]:
        """Integers that an attribute gives, or an operand that is a constant."""
        value = self.attribute(*names)
        if value is None and operand is not None and operand < len(self.op.operands):
            owner = self.op.operands[operand].owner
            if isinstance(owner, Operation):
                value = attribute_of(owner, "values", "value")
        if isinstance(value, IntegerAttr):
            return (value.value.data,)
        if isa(value, DenseArrayBase[IntegerType]) or isa(value, DenseIntElementsAttr):
            return tuple(int(number) for number in value.get_values())
        raise CompileError(
            f"its {names[0]} is not known", self.op, hint="it must be an attribute or a constant"
        )

    def number(self, *names: str) -> float | None:
        """A number that an attribute gives."""
        value = self.attribute(*names)
        return value.value.data if isinstance(value, FloatAttr | IntegerAttr) else None


def translate_tosa(op: Operation, function: Function) -> bool:
    """Emit a `tosa` op; returns whether it is one.

    Raises CompileError for tosa ops without te ops.
    """
    dialect, _, name = name_of(op).partition(".")
    if dialect != "tosa":
        return False
    if name == "const_shape":
        return True
    view, emit, handler = Tosa(op), function.emitter(op), _HANDLERS.get(name)
    if handler is None:
        hint = f"supported are {', '.join(sorted(_HANDLERS))}"
        raise CompileError(f"'tosa.{name}' is not supported", op, hint=hint)
    if "IGNORE" in str(view.attribute("nan_mode")):
        raise CompileError("ignores NaN", op, hint="use nan_mode PROPAGATE")
    if len(op.results) != 1 or not isa(op.results[0].type, TensorType):
        raise CompileError("has another result than one tensor", op, hint="print it as MLIR does")
    tensors = [v for v in op.operands if isa(v.type, TensorType)]
    try:
        value = handler(view, [function.value(v, op) for v in tensors], emit)
    except (IndexError, ValueError) as error:
        raise CompileError(
            f"has {len(op.operands)} operands, or attributes of another length",
            op,
            hint="print it as MLIR does",
        ) from error
    if value.type != op.results[0].type:
        raise CompileError(f"computes {value.type} where {op.results[0].type} is declared", op)
    function.values[op.results[0]] = value
    return True


def _of(cls: Callable[..., Operation], operands: int) -> _Handler:
    """An element-wise op; tosa's further operands are zero points and shifts of integers."""

    def handler(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
        for value in values[operands:]:
            owner = value.owner
            if not isinstance(owner, te.ConstantOp) or owner.splat_value != 0:
                raise CompileError("shifts or moves integers", view.op, hint="use 0")
        return emit(cls(*values[:operands]))

    return handler


def _constant(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    value = view.attribute("values", "value")
    if not isa(value, DenseIntOrFPElementsAttr):
        raise CompileError("has no dense value", view.op, hint="values = dense<...> is expected")
    return emit(te.ConstantOp(value))


def _cast(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    """Floats become the nearest integers, the even one of two."""
    to, value = _element(view), values[0]
    if is_float(element_of(value)) and not is_float(to) and to != i1:
        value = emit(te.RoundOp(value))
    return emit.cast(value, to)


def _clamp(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    element, value = element_of(values[0]), values[0]
    kind = "fp" if is_float(element) else "int"
    low, high = (view.number(f"{end}_val", f"{end}_{kind}") for end in ("min", "max"))
    if low is not None:
        value = emit(te.MaxOp(value, emit.scalar(low, element)))
    return value if high is None else emit(te.MinOp(value, emit.scalar(high, element)))


def _reduction(kind: str) -> _Handler:
    def handler(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
        return emit(te.ReduceOp(kind, values[0], view.integers("axis"), keepdims=True))

    return handler


def _truth(kind: str) -> _Handler:
    """Whether all or any are true."""

    def handler(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
        counted = emit.cast(values[0], i32)
        reduced = emit(te.ReduceOp(kind, counted, view.integers("axis"), keepdims=True))
        return emit.cast(reduced, i1)

    return handler


def _argmax(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    """The first place of the largest element."""
    (value,), (axis,) = values, view.integers("axis")
    size, behind = shape_of(value)[axis], len(shape_of(value)) - axis - 1
    largest = emit(te.ReduceOp("max", value, [axis], keepdims=True))
    hit = emit(te.CompareOp("eq", value, largest))
    kind = TensorType(i32, (size, *[1] * behind))
    places = emit(te.ConstantOp.of(list(range(size)), kind))
    chosen = emit(te.SelectOp(hit, places, emit.scalar(size - 1, i32)))
    return emit.cast(emit(te.ReduceOp("min", chosen, [axis])), _element(view))


def _matmul(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    return emit(te.BatchMatmulOp(values[0], values[1], element_type=_element(view)))


def _fully_connected(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    x, weights, bias = values[:3]
    product = emit(te.MatmulOp(x, weights, transpose_b=True, element_type=_element(view)))
    return emit(te.AddOp(product, bias))


def _reshape(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    return emit.reshape(values[0], _shape(view))


def _transpose(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    return emit.transpose(values[0], view.integers("perms", operand=1))


def _pad(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    amounts = view.integers("padding", operand=1)
    given = values[-1].owner if len(values) > 1 else None
    known = given.splat_value if isinstance(given, te.ConstantOp) else None
    with_value = len(view.op.operands) > 2
    if with_value and known is None:
        raise CompileError("pads with a value that is not known", view.op, hint="use tosa.const")
    value = known if with_value and known is not None else 0
    return emit(te.PadOp(values[0], amounts[::2], amounts[1::2], value))


def _concat(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    return emit(te.ConcatOp(values, view.integers("axis")[0]))


def _slice(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    starts, sizes = view.integers("start", operand=1), view.integers("size", operand=2)
    return emit(te.SliceOp(values[0], starts, sizes))


def _reverse(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    (axis,), shape = view.integers("axis"), shape_of(values[0])
    starts = [size - 1 if dim == axis else 0 for dim, size in enumerate(shape)]
    steps = [-1 if dim == axis else 1 for dim in range(len(shape))]
    return emit(te.SliceOp(values[0], starts, shape, steps))


def _tile(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    times, shape = view.integers("multiples", operand=1), shape_of(values[0])
    apart = [size for pair in zip([1] * len(shape), shape) for size in pair]
    repeated = [size for pair in zip(times, shape) for size in pair]
    spread = emit(te.BroadcastToOp(emit.reshape(values[0], apart), repeated))
    return emit.reshape(spread, [a * b for a, b in zip(times, shape)])


def _gather(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    """Rows of each batch."""
    table, indices = values
    return emit(te.GatherOp(table, indices, 1, batch=1))


def _convolution(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    return convolution(values, *_steps(view), _element(view), emit)


def _depthwise(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
    return depthwise(values, *_steps(view), _element(view), emit)


def _steps(view: Tosa) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    if not is_float(_element(view)):
        raise CompileError("convolves integers", view.op, hint="use floats")
    return view.integers("stride"), view.integers("dilation"), view.integers("pad")


def _pool(cls: type[te.MaxPool2dOp | te.AvgPool2dOp]) -> _Handler:
    def handler(view: Tosa, values: Values, emit: Emitter) -> SSAValue:
        kernel, strides = view.integers("kernel"), view.integers("stride")
        return pool(cls, values[0], kernel, strides, view.integers("pad"), emit)

    return handler


def _element(view: Tosa) -> Attribute:
    kind = view.op.results[0].type
    assert isa(kind, TensorType)
    return kind.element_type


def _shape(view: Tosa) -> Sequence[int]:
    kind = view.op.results[0].type
    assert isa(kind, TensorType)
    return kind.get_shape()


_UNARY: dict[str, Callable[[SSAValue], Operation]] = {
    "abs": te.AbsOp,
    "ceil": te.CeilOp,
    "cos": te.CosOp,
    "erf": te.ErfOp,
    "exp": te.ExpOp,
    "floor": te.FloorOp,
    "log": te.LogOp,
    "logical_not": te.NotOp,
    "negate": te.NegOp,
    "reciprocal": te.ReciprocalOp,
    "rsqrt": te.RsqrtOp,
    "sigmoid": te.SigmoidOp,
    "sin": te.SinOp,
    "tanh": te.TanhOp,
}
_BINARY: dict[str, Callable[[SSAValue, SSAValue], Operation]] = {
    "add": te.AddOp,
    "bitwise_xor": te.XorOp,
    "equal": lambda x, y: te.CompareOp("eq", x, y),
    "greater": lambda x, y: te.CompareOp("gt", x, y),
    "greater_equal": lambda x, y: te.CompareOp("ge", x, y),
    "int_div": te.DivOp,
    "intdiv": te.DivOp,
    "logical_and": te.AndOp,
    "logical_left_shift": te.ShiftLeftOp,
    "logical_or": te.OrOp,
    "logical_xor": lambda x, y: te.CompareOp("ne", x, y),
    "maximum": te.MaxOp,
    "minimum": te.MinOp,
    "mul": te.MulOp,
    "pow": te.PowOp,
    "sub": te.SubOp,
}
_HANDLERS: dict[str, _Handler] = {
    **{name: _of(cls, 1) for name, cls in _UNARY.items()},
    **{name: _of(cls, 2) for name, cls in _BINARY.items()},
    "argmax": _argmax,
    "avg_pool2d": _pool(te.AvgPool2dOp),
    "cast": _cast,
    "clamp": _clamp,
    "concat": _concat,
    "const": _constant,
    "conv2d": _convolution,
    "depthwise_conv2d": _depthwise,
    "fully_connected": _fully_connected,
    "gather": _gather,
    "identity": lambda _, values, __: values[0],
    "matmul": _matmul,
    "max_pool2d": _pool(te.MaxPool2dOp),
    "pad": _pad,
    "reduce_all": _truth("min"),
    "reduce_any": _truth("max"),
    "reduce_max": _reduction("max"),
    "reduce_min": _reduction("min"),
    "reduce_prod": _reduction("mul"),
    "reduce_product": _reduction("mul"),
    "reduce_sum": _reduction("add"),
    "reshape": _reshape,
    "reverse": _reverse,
    "select": _of(te.SelectOp, 3),
    "slice": _slice,
    "tile": _tile,
    "transpose": _transpose,
}

"""Replace composite ops by structured ops that the vector unit has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType, f32
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.passes import ModulePass

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import broadcast_shape, is_float, tensor_type
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor import (
    comparisons,
    formulas,
    indexing,
    inner_places,
    rounding,
    trigonometry,
    windows,
)
from akg_mlir.passes.tensor.gathers import looked_up_cycles, summed_cycles
from akg_mlir.passes.tensor.rewriting import (
    Expression,
    erase_dead,
    rewrite_each,
    shown,
    splat_of,
)
from akg_mlir.passes.tensor.workload import spread
from akg_mlir.reference.te import constant_array, evaluate
from akg_mlir.targets.model import Target


@dataclass(frozen=True)
class TeDecompose(ModulePass):
    """Replace composite ops by structured ops that the vector unit has.

    Composites of f16 and bf16 values are computed in f32 inside, with casts at the borders; sums
    and contractions get their accumulator's type and a visible cast. Element-wise ops read
    through `te.broadcast_to`. A gather looks up, unless a sum over all places is estimated to be
    faster; with `gathers=sums` all are sums, which other compilers can be given. Innermost channels
    that become places (`te.depth_to_space`) are ordered by the weights of the convolution that
    makes them, or by a transposition.
    """

    name = "te-decompose"

    gathers: Literal["cheapest", "sums"] = "cheapest"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_or_default(op) if self.gathers == "cheapest" else None
        rewrite_each(op, lambda each: not _looks_up(each, target) and _visit(each))
        erase_dead(op)


def _looks_up(op: Operation, target: Target | None) -> bool:
    """Whether an op stays as it is, a gather that looks up: not in a constant of one value, which
    has no storage."""
    if target is None or not isinstance(op, te.GatherOp) or splat_of(shown(op.operand)) is not None:
        return False
    return looked_up_cycles(op, target) <= summed_cycles(op, target)


def _visit(op: Operation) -> bool:
    rule = _of_constants if _is_of_constants(op) else _RULES.get(type(op))
    _skip_broadcasts(op)
    expression = Expression(op)
    result = None if rule is None else rule(expression, op)
    if result is None:
        return False
    result = expression.cast(result, te.element_of(op.results[0]))
    spread(op, expression.inserted)
    expression.finish(result)
    return True


def _unary(formula: Callable[[Expression, SSAValue], SSAValue]) -> Callable[..., SSAValue]:
    def rule(e: Expression, op: te.UnaryOp | te.GeluOp) -> SSAValue:
        return formula(e, e.cast(op.operand, f32))

    return rule


def _gelu(e: Expression, op: te.GeluOp) -> SSAValue:
    exact = op.approximate.data == te.Approximate.NONE
    return (formulas.gelu if exact else formulas.gelu_tanh)(e, e.cast(op.operand, f32))


def _softmax(e: Expression, op: te.SoftmaxOp) -> SSAValue:
    return formulas.softmax(e, e.cast(op.operand, f32), op.dim)


def _layer_norm(e: Expression, op: te.LayerNormOp) -> SSAValue:
    x, scale, *bias = (e.cast(v, f32) for v in op.operands)
    epsilon = op.epsilon.value.data
    return formulas.layer_norm(e, x, scale, bias[0] if bias else None, op.dims, epsilon)


def _batch_norm(e: Expression, op: te.BatchNormOp) -> SSAValue:
    x, scale, bias, mean, variance = (e.cast(v, f32) for v in op.operands)
    each = (te.shape_of(scale)[0], *[1] * (len(te.shape_of(x)) - 2))
    scale, bias, mean, variance = (e.reshaped(v, each) for v in (scale, bias, mean, variance))
    return formulas.batch_norm(e, x, scale, bias, mean, variance, op.epsilon.value.data)


def _power(e: Expression, op: te.PowOp) -> SSAValue | None:
    exponent, shape = splat_of(op.rhs), te.shape_of(op.results[0])
    if not is_float(te.element_of(op.lhs)):
        if exponent is None or exponent < 0:
            return None
        return _widened(e, formulas.integral_power(e, op.lhs, int(exponent)), shape)
    x = e.cast(op.lhs, f32)
    if exponent is None:
        return formulas.power(e, x, e.cast(op.rhs, f32))
    return _widened(e, formulas.power_by_constant(e, x, exponent), shape)


def _widened(e: Expression, value: SSAValue, shape: tuple[int, ...]) -> SSAValue:
    return value if te.shape_of(value) == shape else e(te.BroadcastToOp(value, shape))


def _reduce(e: Expression, op: te.ReduceOp) -> SSAValue | None:
    sizes = te.shape_of(op.operand)
    if all(sizes[axis] == 1 for axis in op.dims):
        return e.reshaped(op.operand, te.shape_of(op.result))
    if te.shape_of(op.result) == ():
        # kernels hold no scalars: a view of one element is free
        whole = e(te.ReduceOp(op.kind.data, op.operand, op.axes.get_values(), keepdims=True))
        return e.reshaped(whole, ())
    sums = op.kind.data in (te.Reduction.ADD, te.Reduction.MUL)
    element = te.element_of(op.operand)
    if not sums or not is_float(element) or element == f32:
        return None
    axes = op.axes.get_values()
    wide = e.cast(op.operand, f32)
    return e(te.ReduceOp(op.kind.data, wide, axes, op.keepdims is not None))


def _compute(e: Expression, op: te.ComputeOp) -> SSAValue | None:
    """What is accumulated in a wider type is rounded by a cast; a scalar is a view of one element,
    as kernels hold no scalars."""
    wide, shape = op.yielded.type, te.shape_of(op.result)
    if wide == te.element_of(op.result) and shape:
        return None
    bounds, maps = op.bounds, op.operand_maps
    if not shape:
        bounds = (1, *bounds)
        maps = [_with_one_more(map_) for map_ in maps]
    result = TensorType(wide, shape or (1,))
    body = op.body.clone().detach_block(0)
    value = e(te.ComputeOp(op.inputs, bounds, maps, body, result, op.reduction))
    return e.reshaped(e.cast(value, te.element_of(op.result)), shape)


def _with_one_more(map_: AffineMap) -> AffineMap:
    """The map with an iterator in front that it does not use."""
    dims = [AffineExpr.dimension(k + 1) for k in range(map_.num_dims)]
    results = (expr.replace_dims_and_symbols(dims, []) for expr in map_.results)
    return AffineMap(map_.num_dims + 1, 0, tuple(results))


def _contraction(e: Expression, op: te.ContractionOp) -> SSAValue | None:
    accumulator: Attribute = te.accumulator(te.element_of(op.a))
    if te.element_of(op.results[0]) == accumulator:
        return None
    flags = op.transpose_a is not None, op.transpose_b is not None
    return e(type(op)(op.a, op.b, *flags, accumulator))


def _cast(e: Expression, op: te.CastOp) -> SSAValue | None:
    if splat_of(op.operand) is not None:
        return _splat(e, op)
    return comparisons.cast(e, op) or _constant(e, op)


def _constant(e: Expression, op: te.CastOp) -> SSAValue | None:
    """A constant in another type is one."""
    constant = op.operand.owner
    if not isinstance(constant, te.ConstantOp):
        return None
    values = evaluate(op, [constant_array(constant)])
    return e(te.ConstantOp.of(values.ravel().tolist(), tensor_type(op.results[0])))


def _splat(e: Expression, op: Operation) -> SSAValue | None:
    """A constant of one value stays one when its shape or type changes."""
    value = splat_of(op.operands[0])
    if value is None:
        return None
    scalar = te.ConstantOp.splat(TensorType(te.element_of(op.operands[0]), []), value)
    result = tensor_type(op.results[0])
    cast = te.CastOp(scalar.result, result.element_type)
    converted = evaluate(cast, [constant_array(scalar)])
    return e(te.ConstantOp.splat(result, converted.item()))


def _is_of_constants(op: Operation) -> bool:
    """Whether an element-wise op has constants of one value for operands."""
    return isinstance(op, te.ElementwiseOp) and all(splat_of(v) is not None for v in op.operands)


def _of_constants(e: Expression, op: Operation) -> SSAValue:
    """The value of an element-wise op of constants of one value: one, too."""
    owners = [v.owner for v in op.operands]
    arrays = [constant_array(owner) for owner in owners if isinstance(owner, te.ConstantOp)]
    value = evaluate(op, arrays).ravel()[0].item()
    return e(te.ConstantOp.splat(tensor_type(op.results[0]), value))


_RULES: dict[type[Operation], Callable[..., SSAValue | None]] = {
    te.AcosOp: _unary(trigonometry.acos),
    te.AcoshOp: _unary(trigonometry.acosh),
    te.AsinOp: _unary(trigonometry.asin),
    te.AsinhOp: _unary(trigonometry.asinh),
    te.AtanOp: _unary(trigonometry.atan),
    te.AtanhOp: _unary(trigonometry.atanh),
    te.AvgPool2dOp: windows.avg_pool2d,
    te.BatchMatmulOp: _contraction,
    te.BatchNormOp: _batch_norm,
    te.BroadcastToOp: _splat,
    te.CastOp: _cast,
    te.CeilOp: _unary(rounding.ceil),
    te.CompareOp: comparisons.compare,
    te.ComputeOp: _compute,
    te.Conv2dOp: windows.conv2d,
    te.CosOp: _unary(trigonometry.cos),
    te.CoshOp: _unary(trigonometry.cosh),
    te.DepthToSpaceOp: inner_places.of_parts,
    te.ErfOp: _unary(formulas.erf),
    te.FloorOp: _unary(rounding.floor),
    te.GatherOp: indexing.gather,
    te.GeluOp: _gelu,
    te.LayerNormOp: _layer_norm,
    te.MatmulOp: _contraction,
    te.MaxPool2dOp: windows.max_pool2d,
    te.OneHotOp: formulas.one_hot,
    te.PadOp: windows.pad,
    te.Pool2dOp: windows.pool2d,
    te.PowOp: _power,
    te.ReduceOp: _reduce,
    te.ReshapeOp: _splat,
    te.RoundOp: _unary(rounding.nearest),
    te.SelectOp: comparisons.select,
    te.SigmoidOp: _unary(formulas.sigmoid),
    te.SinOp: _unary(trigonometry.sin),
    te.SinhOp: _unary(trigonometry.sinh),
    te.SoftmaxOp: _softmax,
    te.TanOp: _unary(trigonometry.tan),
    te.TanhOp: _unary(formulas.tanh),
    te.TransposeOp: _splat,
}


def _skip_broadcasts(op: Operation) -> None:
    """Let an element-wise op read its operand before it was broadcast."""
    if not isinstance(op, te.ElementwiseOp):
        return
    for index, value in enumerate(op.operands):
        if isinstance(value.owner, te.BroadcastToOp):
            narrow = value.owner.operand
            operands = [*op.operands[:index], narrow, *op.operands[index + 1 :]]
            shape = broadcast_shape([te.shape_of(v) for v in operands])
            if shape == te.shape_of(op.results[0]):
                op.operands[index] = narrow

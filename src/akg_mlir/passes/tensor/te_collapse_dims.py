"""Merge neighbouring dimensions that no op of a kernel separates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import FunctionType, ModuleOp, TensorType
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import shape_text
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.dimension_groups import Apart, DimensionGroups, regrouped
from akg_mlir.passes.tensor.rewriting import erase_dead, functions, with_operands

NAME = "te-collapse-dims"
KERNEL = "npu.kernel"
SHARE = 4
"""Part of UB that a padded row may take: pieces of it that start alike in a block are in one
buffer, two of which are on chip at a time."""


@dataclass(frozen=True)
class TeCollapseDims(ModulePass):
    """Merge neighbouring dimensions that no op of a kernel separates.

    Odd shapes become long contiguous rows, and so do rows that end inside blocks where a kernel
    pads the dimension in front of them and does nothing else. Calls get free reshapes of arguments
    and results.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        room = target_or_default(op).memories["ub"] // SHARE
        kernels = {f.sym_name.data: f for f in functions(op) if KERNEL in f.attributes}
        collapsed = {name for name, kernel in kernels.items() if _collapse(kernel, room)}
        for function in functions(op):
            for call in list(function.body.block.ops):
                if isinstance(call, func.CallOp) and call.callee.string_value() in collapsed:
                    _adapt_call(call, kernels[call.callee.string_value()].function_type)
        erase_dead(op)


def _collapse(kernel: func.FuncOp, room: int) -> bool:
    """Rebuild the kernel on merged dimensions; False when none merge or it has buffers already."""
    old = kernel.body.block
    values = [*old.args, *(r for op in old.ops for r in op.results)]
    if not all(isinstance(v.type, TensorType) for v in values):
        return False
    groups = DimensionGroups(old, room)
    if all(groups.shape(v) == te.shape_of(v) for v in values):
        return False
    for arg in old.args:
        if groups.shape(arg) != te.shape_of(arg):
            message = f"{shape_text(te.shape_of(arg))} -> {shape_text(groups.shape(arg))}"
            remark(NAME, "passed", f"@{kernel.sym_name.data}", message)
    new = Block(arg_types=[TensorType(te.element_of(a), groups.shape(a)) for a in old.args])
    mapping: dict[SSAValue, SSAValue] = dict(zip(old.args, new.args))
    for op in old.ops:
        operands = [mapping[v] for v in op.operands]
        copy = _rebuilt(op, operands, groups)
        copy.attributes |= op.attributes
        copy.location = op.location
        new.add_op(copy)
        mapping |= zip(op.results, copy.results)
    for before, after in mapping.items():
        after.name_hint = before.name_hint
    outs = list(new.last_op.operand_types) if new.last_op is not None else []
    kernel.function_type = FunctionType.from_lists(list(new.arg_types), outs)
    kernel.body.detach_block(old)
    kernel.body.add_block(new)
    old.erase()
    return True


def _rebuilt(op: Operation, operands: Sequence[SSAValue], groups: DimensionGroups) -> Operation:
    """The op on operands of merged dimensions."""
    match op:
        case te.ElementwiseOp():
            return with_operands(op, operands)
        case te.ConstantOp() if op.splat_value is not None:
            shape = groups.shape(op.result)
            return te.ConstantOp.splat(TensorType(te.element_of(op.result), shape), op.splat_value)
        case te.ReduceOp():
            axes = regrouped(op, groups, sorted(op.dims))
            return te.ReduceOp(op.kind.data, operands[0], axes, op.keepdims is not None)
        case te.TransposeOp():
            return te.TransposeOp(operands[0], regrouped(op, groups, op.permutation))
        case te.BroadcastToOp():
            return te.BroadcastToOp(operands[0], groups.shape(op.result))
        case te.ContractionOp():
            a, b = operands
            flags = op.transpose_a is not None, op.transpose_b is not None
            return type(op)(a, b, *flags, te.element_of(op.result))
        case te.PadOp() | te.SliceOp() | te.ConcatOp() | te.GatherOp():
            return _resized(op, operands, groups)
        case te.FractalMatmulOp():
            a, b = operands
            m, n, k = op.sizes
            return te.FractalMatmulOp(a, b, m, k, n)
        case te.WindowOp() | te.ComputeOp() | te.DepthToSpaceOp():
            return _on_operands(op, operands)
        case te.PackOp() | te.UnpackOp():
            return _relaid(op, operands[0], groups)
        case func.ReturnOp():
            return func.ReturnOp(*operands)
        case _:
            raise CompileError("cannot be in a kernel", op, hint="run te-partition first")


def _relaid(
    op: te.PackOp | te.UnpackOp, operand: SSAValue, groups: DimensionGroups
) -> te.PackOp | te.UnpackOp:
    if isinstance(op, te.PackOp):
        return te.PackOp(operand, op.layout.data)
    return te.UnpackOp(operand, op.layout.data, groups.shape(op.result))


def _resized(
    op: te.PadOp | te.SliceOp | te.ConcatOp | te.GatherOp,
    operands: Sequence[SSAValue],
    groups: DimensionGroups,
) -> Operation:
    """Dimensions in one group keep their size; but of what is padded the first one need not."""
    if isinstance(op, te.GatherOp):
        return _gather(op, operands, groups)
    if isinstance(op, te.ConcatOp):
        return te.ConcatOp(operands, regrouped(op, groups, [op.dim])[0])
    (operand,) = operands
    own, shape = groups.of(op.operand), te.shape_of(op.operand)
    first = [group[0] for group in own]
    if isinstance(op, te.PadOp):
        rest = [prod(shape[dim] for dim in group[1:]) for group in own]
        low, high = ([n * r for n, r in zip(s, rest)] for s in zip(*(op.amounts[d] for d in first)))
        return te.PadOp(operand, low, high, op.value.value.data)
    taken = [op.ranges[dim] for dim in first]
    offsets, strides = [part.start for part in taken], [part.step for part in taken]
    return te.SliceOp(operand, offsets, groups.shape(op.result), strides)


def _gather(op: te.GatherOp, operands: Sequence[SSAValue], groups: DimensionGroups) -> te.GatherOp:
    shared, (axis,) = regrouped(op, groups, range(op.batches)), regrouped(op, groups, [op.dim])
    table, indices = operands
    return te.GatherOp(table, indices, axis, len(shared), from_end=op.from_end is not None)


def _on_operands(op: Apart, operands: Sequence[SSAValue]) -> Operation:
    """The same op: its operands keep their dimensions."""
    return op.clone(dict(zip(op.operands, operands)))


def _adapt_call(call: func.CallOp, type_: FunctionType) -> None:
    """Reshape arguments and results of a call to the kernel's new type."""
    for index, wanted in enumerate(type_.inputs):
        call.operands[index] = _reshaped(call, call.operands[index], _shape(wanted))
    new = func.CallOp(call.callee, list(call.operands), list(type_.outputs))
    new.location = call.location
    Rewriter.insert_op(new, InsertPoint.before(call))
    results = [_reshaped(call, r, te.shape_of(o)) for r, o in zip(new.results, call.results)]
    Rewriter.replace_op(call, [], results)


def _shape(type_: object) -> tuple[int, ...]:
    assert isinstance(type_, TensorType)
    return type_.get_shape()


def _reshaped(call: func.CallOp, value: SSAValue, shape: tuple[int, ...]) -> SSAValue:
    while isinstance(value.owner, te.ReshapeOp) and te.shape_of(value) != shape:
        value = value.owner.operand
    if te.shape_of(value) == shape:
        return value
    reshape = te.ReshapeOp(value, shape)
    reshape.location = call.location
    Rewriter.insert_op(reshape, InsertPoint.before(call))
    return reshape.result

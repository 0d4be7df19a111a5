"""What others write, as plain `affine.for` and `affine.if` on memrefs of the function.

Parallel loops become nests, in the order of their dimensions. Values that loops carry and branches
return live in memrefs of rank 0. Allocations move to the front of the function.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects import affine, func, memref
from xdsl.dialects.builtin import (
    AffineMapAttr,
    DenseIntElementsAttr,
    FixedBitwidthType,
    IndexType,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu

_SCALAR = AffineMapAttr(AffineMap(0, 0, ()))


def make_plain(function: func.FuncOp) -> None:
    """Rewrite a function of one block in place. Raises `CompileError` for what stays."""
    top = Builder(InsertPoint.at_start(function.body.block))
    for op in list(function.walk(reverse=True)):
        match op:
            case affine.ParallelOp():
                _nest(op)
            case affine.ForOp() if op.results:
                _carry(op, top)
            case affine.IfOp() if op.results:
                _return(op, top)
            case memref.AllocOp() | memref.AllocaOp():
                _hoist(op, top, function)
            case memref.DeallocOp() if op.parent_op() is not function:
                op.detach()
                op.erase()
            case _:
                pass


def _hoist(op: memref.AllocOp | memref.AllocaOp, top: Builder, function: func.FuncOp) -> None:
    """Every iteration may use the same memory: an allocation holds no values at first."""
    if isinstance(op, memref.AllocOp) and op.parent_op() is function:
        return
    if op.dynamic_sizes or op.symbol_operands:
        raise CompileError("allocates memory of a size that only run time knows", op)
    new = top.insert(memref.AllocOp([], [], op.memref.type))
    new.memref.name_hint, new.location = op.memref.name_hint, op.location
    op.memref.replace_all_uses_with(new.memref)
    op.detach()
    op.erase()


# --------------------------------------------------------------------------------- parallel loops


def _nest(op: affine.ParallelOp) -> None:
    if op.results:
        raise CompileError(
            "a parallel loop that reduces is not affine code",
            op,
            hint='write affine.for loops with the attribute poly.reduction = "add"',
        )
    low, high = op.lowerBoundsMap.data, op.upperBoundsMap.data
    count = low.num_dims + low.num_symbols
    bounds = list(
        zip(
            _groups(low, op.lowerBoundsGroups),
            _groups(high, op.upperBoundsGroups),
            (step.value.data for step in op.steps),
            op.body.block.args,
            strict=True,
        )
    )
    builder = Builder(InsertPoint.before(op))
    for lower, upper, step, old in bounds:
        block = Block(arg_types=[IndexType()])
        block.args[0].name_hint = old.name_hint
        region = Region(block)
        loop = affine.ForOp.from_region(
            op.map_operands[:count], op.map_operands[count:], [], [], lower, upper, region, step
        )
        loop.location = op.location
        builder.insert(loop)
        builder = Builder(InsertPoint.at_end(block))
        end = builder.insert(affine.YieldOp.get())
        builder = Builder(InsertPoint.before(end))
        old.replace_all_uses_with(block.args[0])
    for inner in list(op.body.block.ops):
        if not isinstance(inner, affine.YieldOp):
            inner.detach()
            builder.insert(inner)
    op.detach()
    op.erase()


def _groups(map_: AffineMap, groups: DenseIntElementsAttr) -> list[AffineMapAttr]:
    """One map per dimension of a parallel loop, with the results of its group."""
    found: list[AffineMapAttr] = []
    start = 0
    for size in groups.get_values():
        results = map_.results[start : start + size]
        found.append(AffineMapAttr(AffineMap(map_.num_dims, map_.num_symbols, results)))
        start += size
    return found


# --------------------------------------------------------------------------------- carried values


def _carry(op: affine.ForOp, top: Builder) -> None:
    """The values of the last iteration lie in memory; several are replaced at once."""
    block = op.body.block
    cells = [_cell(value, op, top) for value in op.results]
    before = Builder(InsertPoint.before(op))
    for init, cell in zip(op.inits, cells):
        _store(before, init, cell, op)
    start = Builder(InsertPoint.at_start(block))
    for argument, cell in zip(block.args[1:], cells):
        argument.replace_all_uses_with(_load(start, cell, op))
    _yield_to_memory(block, cells, op, top)
    for argument in reversed(block.args[1:]):
        block.erase_arg(argument)
    body = op.detach_region(op.body)
    plain = affine.ForOp.from_region(
        op.lowerBoundOperands,
        op.upperBoundOperands,
        [],
        [],
        op.lowerBoundMap,
        op.upperBoundMap,
        body,
        op.step,
    )
    plain.attributes |= op.attributes
    _replace(op, plain, cells)


def _return(op: affine.IfOp, top: Builder) -> None:
    cells = [_cell(value, op, top) for value in op.results]
    for region in (op.then_region, op.else_region):
        for block in region.blocks:
            _yield_to_memory(block, cells, op, top)
    regions = [op.detach_region(region) for region in list(op.regions)]
    plain = affine.IfOp.create(
        operands=op.operands, properties=dict(op.properties), regions=regions
    )
    _replace(op, plain, cells)


def _replace(op: Operation, plain: Operation, cells: Sequence[SSAValue]) -> None:
    plain.location = op.location
    before, after = Builder(InsertPoint.before(op)), Builder(InsertPoint.after(op))
    before.insert(plain)
    for result, cell in zip(op.results, cells):
        result.replace_all_uses_with(_load(after, cell, op))
    op.detach()
    op.erase()


def _yield_to_memory(block: Block, cells: Sequence[SSAValue], op: Operation, top: Builder) -> None:
    last = block.last_op
    assert last is not None
    values = list(last.operands)
    builder = Builder(InsertPoint.before(last))
    if len(cells) > 1:
        # A new value may be computed from an old one that is stored over before.
        places = [_cell(value, op, top) for value in values]
        for value, place in zip(values, places):
            _store(builder, value, place, op)
        values = [_load(builder, place, op) for place in places]
    for value, cell in zip(values, cells):
        _store(builder, value, cell, op)
    builder.insert(affine.YieldOp.get())
    last.detach()
    last.erase()


def _cell(value: SSAValue, op: Operation, top: Builder) -> SSAValue:
    element: Attribute = value.type
    if isinstance(element, IndexType) or not isinstance(element, FixedBitwidthType):
        raise CompileError(
            f"a value of type {element} that a loop or a branch passes on is not affine",
            op,
            hint="integer and floating-point values can be; compute indices from loop counters",
        )
    cell = top.insert(memref.AllocOp([], [], npu.memref_in((), element, npu.Space.GM)))
    cell.location, cell.memref.name_hint = op.location, value.name_hint
    return cell.memref


def _store(builder: Builder, value: SSAValue, cell: SSAValue, op: Operation) -> None:
    builder.insert(affine.StoreOp(value, cell, [], _SCALAR)).location = op.location


def _load(builder: Builder, cell: SSAValue, op: Operation) -> SSAValue:
    element = npu.memref_type(cell).element_type
    load = builder.insert(affine.LoadOp(cell, [], _SCALAR, element))
    load.location, load.result.name_hint = op.location, cell.name_hint
    return load.result

"""Direct execution of functions on the affine floor: loops, and schedule trees, as Python source.

The IR is compiled to Python once and run on numpy arrays; nothing is lowered, so this is what
affine loops and schedule trees *mean*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from xdsl.dialects import affine, func, memref
from xdsl.dialects.builtin import DenseIntElementsAttr, ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineConstraintKind, AffineMap

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu, poly
from akg_mlir.reference.scalar_source import (
    SourceWriter,
    map_source,
    numpy_type,
    write_scalar,
)

ScopWriter = Callable[[SourceWriter, poly.ScopOp], None]


def run(
    module: ModuleOp,
    name: str,
    arrays: Sequence[np.ndarray[Any, Any]],
    write_scop: ScopWriter | None = None,
) -> None:
    """Execute function `name` in place on one array per argument (shapes as in its type).

    `write_scop` says how a `poly.scop` executes: `reference.schedule_tree.write_tree_order` or
    `write_textual_order`. Raises `CompileError` for ops that have no direct execution.
    """
    function = compile_function(_find(module, name), write_scop)
    with np.errstate(all="ignore"):
        function(*arrays)


def compile_function(op: func.FuncOp, write_scop: ScopWriter | None = None) -> Callable[..., None]:
    """The function as Python, taking one numpy array per argument."""
    writer = SourceWriter()
    parameters = [writer.bind(arg) for arg in op.body.block.args]
    _block(writer, op.body.block, write_scop)
    return writer.compile(op.sym_name.data, parameters)


def _find(module: ModuleOp, name: str) -> func.FuncOp:
    for op in module.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == name:
            return op
    raise CompileError(f"no function @{name}", module)


def _block(writer: SourceWriter, block: Block, write_scop: ScopWriter | None) -> None:
    for op in block.ops:
        _operation(writer, op, write_scop)


def _operation(writer: SourceWriter, op: Operation, write_scop: ScopWriter | None) -> None:
    match op:
        case affine.ForOp():
            _loop(writer, op, write_scop)
        case affine.IfOp():
            _branch(writer, op, write_scop)
        case affine.ParallelOp():
            _parallel(writer, op, write_scop)
        case affine.MinOp():
            writer.assign(op.result, _bound(writer, op.map.data, op.arguments, "min"))
        case memref.AllocOp() | memref.AllocaOp() | npu.BufferOp():
            writer.assign(op.results[0], _allocation(op.results[0]))
        case poly.ScopOp() if write_scop is not None:
            write_scop(writer, op)
        case func.ReturnOp() if not op.operands:
            pass
        case memref.DeallocOp():
            pass
        case affine.YieldOp():
            _yield(writer, op)
        case _:
            write_scalar(writer, op)


def _allocation(value: SSAValue) -> str:
    """A fresh array; floats start as NaN so that a read before any write shows."""
    type_ = npu.memref_type(value)
    shape, element = tuple(type_.get_shape()), numpy_type(type_.element_type)
    poison = "np.nan" if element.startswith("float") else "0"
    return f"np.full({shape}, {poison}, dtype=np.{element})"


def _bound(
    writer: SourceWriter, map_: AffineMap, operands: Sequence[SSAValue], combine: str
) -> str:
    texts = map_source(map_, [writer.name(o) for o in operands])
    return texts[0] if len(texts) == 1 else f"{combine}({', '.join(texts)})"


def _loop(writer: SourceWriter, op: affine.ForOp, write_scop: ScopWriter | None) -> None:
    block = op.body.block
    for init, argument, result in zip(op.inits, block.args[1:], op.results):
        writer.assign(result, writer.name(init))
        writer.bind(argument, writer.name(result))
    lower = _bound(writer, op.lowerBoundMap.data, op.lowerBoundOperands, "max")
    upper = _bound(writer, op.upperBoundMap.data, op.upperBoundOperands, "min")
    _counted(writer, block.args[0], lower, upper, op.step.value.data)
    _block(writer, block, write_scop)
    writer.depth -= 1


def _counted(writer: SourceWriter, counter: SSAValue, lower: str, upper: str, step: int) -> None:
    """The head of a loop; its body follows one level deeper."""
    writer.line(f"for {writer.bind(counter)} in range({lower}, {upper}, {step}):")
    writer.depth += 1
    writer.line("pass")


def _parallel(writer: SourceWriter, op: affine.ParallelOp, write_scop: ScopWriter | None) -> None:
    if op.results:
        raise CompileError("a parallel loop that reduces has no direct execution", op)
    low, high = op.lowerBoundsMap.data, op.upperBoundsMap.data
    count = low.num_dims + low.num_symbols
    bounds = (
        _grouped(writer, low, op.map_operands[:count], op.lowerBoundsGroups, "max"),
        _grouped(writer, high, op.map_operands[count:], op.upperBoundsGroups, "min"),
    )
    for counter, lower, upper, step in zip(op.body.block.args, *bounds, op.steps):
        _counted(writer, counter, lower, upper, step.value.data)
    _block(writer, op.body.block, write_scop)
    writer.depth -= len(op.steps)


def _grouped(
    writer: SourceWriter,
    map_: AffineMap,
    operands: Sequence[SSAValue],
    groups: DenseIntElementsAttr,
    combine: str,
) -> list[str]:
    """One bound per dimension of a parallel loop: each takes the next results of the map."""
    found: list[str] = []
    start = 0
    for size in groups.get_values():
        results = map_.results[start : start + size]
        part = AffineMap(map_.num_dims, map_.num_symbols, results)
        found.append(_bound(writer, part, operands, combine))
        start += size
    return found


def _yield(writer: SourceWriter, op: affine.YieldOp) -> None:
    """The values become the results of the loop or branch around."""
    parent = op.parent_op()
    if op.operands and parent is not None:
        targets = ", ".join(writer.name(result) for result in parent.results)
        writer.line(f"{targets} = {', '.join(writer.name(value) for value in op.operands)}")


def _branch(writer: SourceWriter, op: affine.IfOp, write_scop: ScopWriter | None) -> None:
    for result in op.results:
        writer.bind(result)
    names = [writer.name(o) for o in op.args]
    symbols = {AffineConstraintKind.ge: ">=", AffineConstraintKind.le: "<="}
    tests: list[str] = []
    condition = op.condition.data
    for constraint in condition.constraints:
        sides = (constraint.lhs, constraint.rhs)
        left, right = map_source(AffineMap(condition.num_dims, condition.num_symbols, sides), names)
        tests.append(f"{left} {symbols.get(constraint.kind, '==')} {right}")
    for keyword, region in (
        (f"if {' and '.join(tests) or 'True'}:", op.then_region),
        ("else:", op.else_region),
    ):
        writer.line(keyword)
        writer.depth += 1
        writer.line("pass")
        for block in region.blocks:
            _block(writer, block, write_scop)
        writer.depth -= 1

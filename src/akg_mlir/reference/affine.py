"""Direct execution of functions on the affine floor: loops, and schedule trees, as Python source.

The IR is compiled to Python once and run on numpy arrays; nothing is lowered, so this is what
affine loops and schedule trees *mean*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from xdsl.dialects import affine, func, memref
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineConstraintKind, AffineMap

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu, poly
from akg_mlir.reference.scalar_source import (
    SourceWriter,
    affine_source,
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
        case memref.AllocOp() | npu.BufferOp():
            writer.assign(op.results[0], _allocation(op.results[0]))
        case poly.ScopOp() if write_scop is not None:
            write_scop(writer, op)
        case func.ReturnOp() if not op.operands:
            pass
        case affine.YieldOp() if not op.operands:
            pass
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
    names = [writer.name(o) for o in operands]
    texts = [affine_source(e, names) for e in map_.results]
    return texts[0] if len(texts) == 1 else f"{combine}({', '.join(texts)})"


def _loop(writer: SourceWriter, op: affine.ForOp, write_scop: ScopWriter | None) -> None:
    if op.results:
        raise CompileError("loops with iter_args have no direct execution", op)
    lower = _bound(writer, op.lowerBoundMap.data, op.lowerBoundOperands, "max")
    upper = _bound(writer, op.upperBoundMap.data, op.upperBoundOperands, "min")
    variable = writer.bind(op.body.block.args[0])
    writer.line(f"for {variable} in range({lower}, {upper}, {op.step.value.data}):")
    writer.depth += 1
    writer.line("pass")
    _block(writer, op.body.block, write_scop)
    writer.depth -= 1


def _branch(writer: SourceWriter, op: affine.IfOp, write_scop: ScopWriter | None) -> None:
    if op.results:
        raise CompileError("affine.if with results has no direct execution", op)
    names = [writer.name(o) for o in op.args]
    symbols = {AffineConstraintKind.ge: ">=", AffineConstraintKind.le: "<="}
    tests = [
        f"{affine_source(c.lhs, names)} {symbols.get(c.kind, '==')} {affine_source(c.rhs, names)}"
        for c in op.condition.data.constraints
    ]
    for keyword, region in (
        (f"if {' and '.join(tests)}:", op.then_region),
        ("else:", op.else_region),
    ):
        writer.line(keyword)
        writer.depth += 1
        writer.line("pass")
        for block in region.blocks:
            _block(writer, block, write_scop)
        writer.depth -= 1

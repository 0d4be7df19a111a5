"""One kernel per op: every op of a program as a program of its own."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue

from akg_mlir.dialects import te
from akg_mlir.parsing import parse_module


def alone(text: str) -> list[str]:
    """The te text of each op but constants, which stay with the ops that use them."""
    module = parse_module(text)
    (function,) = (op for op in module.ops if isinstance(op, FuncOp))
    return [str(_program(op)) for op in _computing(function.body.block)]


def _computing(block: Block) -> Iterator[Operation]:
    return (op for op in block.ops if not isinstance(op, te.ConstantOp | ReturnOp))


def _program(op: Operation) -> ModuleOp:
    given = [v for v in dict.fromkeys(op.operands) if not isinstance(v.owner, te.ConstantOp)]
    body = Block(arg_types=[value.type for value in given])
    mapping: dict[SSAValue, SSAValue] = dict(zip(given, body.args))
    for value in dict.fromkeys(op.operands):
        if isinstance(value.owner, te.ConstantOp):
            body.add_op(value.owner.clone(mapping))
    copy = op.clone(mapping)
    body.add_op(copy)
    body.add_op(ReturnOp(*copy.results))
    types = [v.type for v in given], [v.type for v in copy.results]
    return ModuleOp([FuncOp("main", types, Region(body))])

"""A program cut into several: one per op, or one per stage of a schedule template."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue

from akg_mlir.dialects import te
from akg_mlir.parsing import parse_module


def into_ops(text: str) -> list[str]:
    """The te text of each op but constants, which stay with the ops that use them."""
    return _programs(text, lambda ops: {op: number for number, op in enumerate(ops)})


def into_stages(text: str) -> list[str]:
    """The te text of each stage: a reduction, contraction or permutation with the point-wise ops
    that it reads or that read it; another such op begins the next stage."""
    return _programs(text, _stages)


def _stages(ops: Sequence[Operation]) -> dict[Operation, int]:
    stage: dict[Operation, int] = {}
    anchored: dict[Operation, bool] = {}
    for op in ops:
        producers = [v.owner for v in op.operands if v.owner in stage]
        own = max((stage[p] for p in producers), default=0)
        below = any(anchored[p] for p in producers if stage[p] == own)
        anchor = not isinstance(op, te.ElementwiseOp)
        stage[op], anchored[op] = own + (anchor and below), anchor or below
    return stage


def _programs(text: str, place: Callable[[Sequence[Operation]], dict[Operation, int]]) -> list[str]:
    """One program per number that `place` gives the ops of a program."""
    module = parse_module(text)
    (function,) = (op for op in module.ops if isinstance(op, FuncOp))
    ops = [o for o in function.body.block.ops if not isinstance(o, te.ConstantOp | ReturnOp)]
    numbers = place(ops)
    groups = [[op for op in ops if numbers[op] == n] for n in sorted(set(numbers.values()))]
    return [str(_program(group)) for group in groups]


def _program(ops: Sequence[Operation]) -> ModuleOp:
    """What else reads the ops' results, or returns them, reads results of the program."""
    used = list(dict.fromkeys(value for op in ops for value in op.operands))
    given = [v for v in used if v.owner not in ops and not isinstance(v.owner, te.ConstantOp)]
    body = Block(arg_types=[value.type for value in given])
    mapping: dict[SSAValue, SSAValue] = dict(zip(given, body.args))
    constants = [v.owner for v in used if isinstance(v.owner, te.ConstantOp)]
    for op in (*constants, *ops):
        body.add_op(op.clone(mapping))
    made = [value for op in ops for value in op.results]
    results = [mapping[v] for v in made if any(use.operation not in ops for use in v.uses)]
    body.add_op(ReturnOp(*results))
    types = [v.type for v in given], [v.type for v in results]
    return ModuleOp([FuncOp("main", types, Region(body))])

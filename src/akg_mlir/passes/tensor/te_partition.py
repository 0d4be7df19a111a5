"""Cut a tensor program into kernels and the graph that calls them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    IntegerAttr,
    ModuleOp,
    UnitAttr,
    i64,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from akg_mlir.diagnostics import location_of, remark
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import FRACTAL, element_bytes
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.passes.tensor.clustering import Clusters
from akg_mlir.passes.tensor.fusion import Fusion
from akg_mlir.passes.tensor.rewriting import (
    Expression,
    erase_dead,
    functions,
    shown,
    splat_of,
)
from akg_mlir.passes.tensor.workload import recorded

NAME = "te-partition"
KERNEL = "npu.kernel"
WORKLOAD = "npu.workload"
MATRIX = 4
"""Dimensions of a matrix of fractals."""


@dataclass(frozen=True)
class TePartition(ModulePass):
    """Cut a tensor program into kernels and the graph that calls them.

    A kernel is a private function with the attribute `npu.kernel` and the least it must do in
    `npu.workload`. What stays in the graph: calls, views (`te.reshape`), constants, and ops that
    only move elements of weights (`te.transpose`, `te.pack`, …) or round them (`te.cast`): the host
    does those once. Results of the program are written by kernels, also constants of one value and
    weights that are moved. Ops share a kernel where one tile band can compute them on chip and that
    saves more GM traffic than it costs recomputation (`fusion`). Kernels that wait for the same
    others, and for which the same wait, become one, up to 64 ops.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        fusion = Fusion(target_or_default(op))
        erase_dead(op)
        for function in list(functions(op)):
            if KERNEL not in function.attributes:
                _write_constants(function)
                clusters = Clusters(function.body.block, fusion, _report)
                clusters.grow()
                _outline(function, clusters)
        erase_dead(op)


def _report(kind: str, op: Operation, message: str, numbers: dict[str, int]) -> None:
    remark(NAME, kind, f"{op.name}{location_of(op)}", message, **numbers)


def _write_constants(function: func.FuncOp) -> None:
    """Make an op of every returned constant of one value: results are computed, not given."""
    returned = function.body.block.last_op
    assert returned is not None
    for index, value in enumerate(returned.operands):
        splat = splat_of(shown(value))
        if splat is not None:
            e, shape = Expression(returned), te.shape_of(value)
            scalar = e.splat(splat, te.element_of(value))
            written = e(te.BroadcastToOp(scalar, shape or (1,)))
            returned.operands[index] = e.reshaped(written, shape)


def _outline(graph: func.FuncOp, clusters: Clusters) -> None:
    """Move every cluster into a function of its own and order what is left."""
    block = graph.body.block
    number = 0
    for unit in clusters.units():
        if unit[0] in clusters.of:
            kernel = _kernel(f"{graph.sym_name.data}_kernel{number}", unit, block)
            number += 1
            Rewriter.insert_op(kernel, InsertPoint.before(graph))
        else:
            unit[0].detach()
            block.add_op(unit[0])


def _kernel(name: str, ops: Sequence[Operation], graph: Block) -> func.FuncOp:
    """The function of some ops, which a call at the end of the graph replaces."""
    inside = {op.results[0] for op in ops}
    ins = [v for v in dict.fromkeys(v for op in ops for v in op.operands) if v not in inside]
    ins = [v for v in ins if splat_of(v) is None]
    outs = [v for v in _results(ops) if any(use.operation not in ops for use in v.uses)]
    body = Block(arg_types=[v.type for v in ins])
    mapping: dict[SSAValue, SSAValue] = dict(zip(ins, body.args))
    for old, new in mapping.items():
        new.name_hint = old.name_hint
    for op in ops:
        for value in op.operands:
            if value not in mapping and isinstance(value.owner, te.ConstantOp):
                body.add_op(value.owner.clone(mapping))
        copy = op.clone(mapping)
        copy.location = op.location
        body.add_op(copy)
    body.add_op(func.ReturnOp(*(mapping[v] for v in outs)))
    types = [v.type for v in ins], [v.type for v in outs]
    kernel = func.FuncOp(name, types, Region(body), "private")
    kernel.location = ops[-1].location
    kernel.attributes[KERNEL] = UnitAttr()
    kernel.attributes[WORKLOAD] = _workload(ops, ins, outs)
    call = func.CallOp(name, ins, types[1])
    call.location = ops[-1].location
    graph.add_op(call)
    for old, new in zip(outs, call.results):
        new.name_hint = old.name_hint
        old.replace_uses_with_if(new, lambda use: use.operation not in ops)
    for op in reversed(ops):
        Rewriter.erase_op(op)
    return kernel


def _results(ops: Sequence[Operation]) -> list[SSAValue]:
    """What the ops compute, in program order."""
    return [op.results[0] for op in ops]


def _workload(
    ops: Sequence[Operation], ins: Sequence[SSAValue], outs: Sequence[SSAValue]
) -> DictionaryAttr:
    """The least the kernel does: GM traffic, contractions [batch, m, k, n], vector cycles, and
    whether it makes elements that no input decides, which can be stored before inputs arrive."""
    cube: list[DenseArrayBase] = []
    for op in ops:
        if isinstance(op, te.FractalMatmulOp | te.FractalConv2dOp):
            m, n, k = op.sizes
            cube.append(DenseArrayBase.from_list(i64, [math.prod(op.batch), m, k, n]))
    work: dict[str, Attribute] = {
        "in_bytes": IntegerAttr(sum(_bytes_read(v, ops) for v in ins), i64),
        "out_bytes": IntegerAttr(sum(map(_bytes, outs)), i64),
        "cube": ArrayAttr(cube),
        "vector_repeats": IntegerAttr(sum(recorded(op) or 0 for op in _needed_whole(ops)), i64),
    }
    if any(map(_fills, ops)):
        work["has_fill"] = UnitAttr()
    return DictionaryAttr(work)


def _fills(op: Operation) -> bool:
    """Whether the op puts elements of its own beside those of its operands."""
    if isinstance(op, te.ConcatOp):
        return any(isinstance(value.owner, te.ConstantOp) for value in op.operands)
    if isinstance(op, te.PadOp | te.PackOp):
        return math.prod(te.shape_of(op.result)) > math.prod(te.shape_of(op.operand))
    return isinstance(op, te.OneHotOp)


def _leaves_parts(op: Operation) -> bool:
    """Whether the op may read only a part of its first operand."""
    if isinstance(op, te.ComputeOp):
        return not op.reads_whole
    if isinstance(op, te.SliceOp):
        return te.shape_of(op.operand) != te.shape_of(op.result)
    return isinstance(op, te.WindowOp) and op.has_gaps


def _needed_whole(ops: Sequence[Operation]) -> list[Operation]:
    """The ops of a kernel whose results no op further down reads in parts."""
    partly: set[Operation | Block] = set()
    for op in reversed(ops):
        if op in partly or _leaves_parts(op):
            partly |= {value.owner for value in op.operands}
    return [op for op in ops if op not in partly]


def _bytes(value: SSAValue) -> int:
    return math.prod(te.shape_of(value)) * element_bytes(te.element_of(value))


def _bytes_read(value: SSAValue, ops: Sequence[Operation]) -> int:
    """Bytes of a live-in that the ops need: padding that is only dropped need not be read, nor
    rows and columns between the windows, nor taps that are never on the image (of what windows
    with gaps read through others, nothing is known)."""
    gaps = {op for op in ops if _leaves_parts(op)}
    users = [use.operation for use in value.uses if use.operation in ops]
    if _is_cut(value) and any(map(_drops_padding, ops)):
        users = [u for u in users if isinstance(u, te.FractalMatmulOp | te.UnpackOp)]
    return max((_bytes_needed(u, value, bool(gaps - {u})) for u in users), default=0)


def _drops_padding(op: Operation) -> bool:
    return isinstance(op, te.UnpackOp) and _bytes(op.result) < _bytes(op.operand)


def _is_cut(value: SSAValue) -> bool:
    """Whether a value may be made of fractals, of which the last ones need not be read whole."""
    shape = te.shape_of(value)
    return len(shape) >= MATRIX and shape[-2] == FRACTAL


def _bytes_needed(user: Operation, value: SSAValue, gaps: bool) -> int:
    """Bytes of `value` that `user` needs; `gaps`: other ops may leave parts of its result alone."""
    match user:
        case te.WindowOp() if value is not user.operands[0]:
            return _bytes(value) // math.prod(user.window) * math.prod(user.taps_read())
        case _ if gaps:
            return 0
        case te.ComputeOp() if not user.reads_whole:
            return 0
        case te.GatherOp() if value is user.operand:
            return min(_bytes(value), _bytes(user.result))
        case te.UnpackOp() | te.SliceOp():
            return _bytes(user.result)
        case te.FractalMatmulOp():
            m, n, k = user.sizes
            rows = m if value is user.operands[0] else n
            return math.prod(user.batch) * rows * k * element_bytes(te.element_of(value))
        case te.WindowOp():
            share = _bytes(value) // math.prod(user.image_sizes)
            return share * math.prod(user.elements_read())
        case _:
            return _bytes(value)

"""Lower kernels to affine loops over GM buffers, and the graph to calls on buffers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import func, memref
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.traits import SymbolTable

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.passes.affine.kernel_lowering import buffer_type, lower_kernel
from akg_mlir.passes.affine.nests import memref_type
from akg_mlir.passes.tensor.rewriting import functions

KERNEL = "npu.kernel"


@dataclass(frozen=True)
class ConvertTeToAffine(ModulePass):
    """Lower kernels to affine loops over GM buffers, and the graph to calls on buffers.

    A kernel takes its inputs, then one out-argument per result. In the graph every result of a
    call is a `memref.alloc` in GM passed to it, a reshape a `memref.reinterpret_cast`; `te.pack`
    (of weights) and `te.constant` stay and give a fresh buffer. The graph returns its buffers.
    """

    name = "convert-te-to-affine"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in list(functions(op)):
            if not _has_tensors(function):
                continue
            if KERNEL in function.attributes:
                Rewriter.replace_op(function, lower_kernel(function), [])
            else:
                Rewriter.replace_op(function, _Graph(function).lowered(), [])


def _has_tensors(function: func.FuncOp) -> bool:
    values = [*function.body.block.args, *(r for op in function.body.block.ops for r in op.results)]
    return any(isinstance(v.type, TensorType) for v in values)


class _Graph:
    """The graph function while it is rebuilt on buffers."""

    def __init__(self, source: func.FuncOp) -> None:
        self.source = source
        arguments = source.body.block.args
        self.block = Block(arg_types=[buffer_type(arg) for arg in arguments])
        self.builder = Builder(InsertPoint.at_end(self.block))
        self.buffers: dict[SSAValue, SSAValue] = dict(zip(arguments, self.block.args))
        for old, new in self.buffers.items():
            new.name_hint = old.name_hint

    def lowered(self) -> func.FuncOp:
        for op in self.source.body.block.ops:
            self._lower(op)
        last = self.block.last_op
        types = [v.type for v in last.operands] if last is not None else []
        ins = [arg.type for arg in self.block.args]
        name, visibility = self.source.sym_name.data, self.source.sym_visibility
        result = func.FuncOp(name, (ins, types), Region(self.block), visibility)
        result.properties |= {
            key: value for key, value in self.source.properties.items() if key.endswith("_attrs")
        }
        result.attributes |= self.source.attributes
        result.location = self.source.location
        return result

    def _lower(self, op: Operation) -> None:
        operands = [self.buffers[v] for v in op.operands]
        match op:
            case func.ReturnOp():
                self._insert(func.ReturnOp(*operands), op)
            case func.CallOp():
                self._call(op, operands)
            case te.ReshapeOp():
                self._bind(op, _view(operands[0], te.shape_of(op.result)))
            case te.ConstantOp():
                self._bind(op, te.ConstantOp(op.value, buffer_type(op.result)))
            case te.PackOp():
                type_ = buffer_type(op.result)
                packed = te.PackOp.create(
                    operands=operands, properties=dict(op.properties), result_types=[type_]
                )
                self._bind(op, packed)
            case _:
                if isinstance(op, te.TeOp):
                    raise CompileError("is not in a kernel", op, hint="run te-partition first")
                raise CompileError(
                    "is no op on whole tensors",
                    op,
                    hint="programs are made of te ops, of linalg on tensors or of ONNX operators",
                )

    def _call(self, op: func.CallOp, operands: Sequence[SSAValue]) -> None:
        callee = SymbolTable.lookup_symbol(self.source, op.callee)
        if callee is not None and KERNEL not in callee.attributes:
            raise CompileError(
                f"calls {op.callee}, which is no kernel",
                op,
                hint="write its ops in place of the call",
            )
        outs: list[SSAValue] = []
        for result in op.results:
            allocation = self._insert(memref.AllocOp([], [], buffer_type(result)), op)
            self.buffers[result] = allocation.results[0]
            self.buffers[result].name_hint = result.name_hint
            outs.append(allocation.results[0])
        self._insert(func.CallOp(op.callee, [*operands, *outs], []), op)

    def _insert(self, new: Operation, op: Operation) -> Operation:
        new.location = op.location
        return self.builder.insert(new)

    def _bind(self, op: Operation, new: Operation) -> None:
        result = self._insert(new, op).results[0]
        result.name_hint = op.results[0].name_hint
        self.buffers[op.results[0]] = result


def _view(source: SSAValue, shape: Sequence[int]) -> memref.ReinterpretCastOp:
    """The same contiguous buffer under another shape."""
    type_ = memref_type(source)
    result = type(type_)(type_.element_type, shape, type_.layout, type_.memory_space)
    strides = list(accumulate(reversed(shape[1:]), int.__mul__, initial=1))[::-1] if shape else []
    return memref.ReinterpretCastOp(source, [], [], [], [0], list(shape), strides, result)

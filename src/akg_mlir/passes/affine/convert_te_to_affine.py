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
from akg_mlir.passes.tensor.host_values import stays_in_graph
from akg_mlir.passes.tensor.rewriting import functions

KERNEL = "npu.kernel"


@dataclass(frozen=True)
class ConvertTeToAffine(ModulePass):
    """Lower kernels to affine loops over GM buffers, and the graph to calls on buffers.

    A kernel takes its inputs, then one out-argument per result. In the graph every result of a
    call is a `memref.alloc` in GM passed to it, a reshape a `memref.reinterpret_cast`. Constants
    and ops that move elements of weights stay as they are, on tensors: `te.to_tensor`
    gives them the content of a buffer, `te.to_buffer` puts theirs into a buffer of its
    own. The graph returns its buffers.
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
    types = function.function_type
    return any(isinstance(t, TensorType) for t in (*types.inputs, *types.outputs))


class _Graph:
    """The graph function while it is rebuilt: `buffers` and `tensors` are the values that it had
    in either form, the other one is made where it is needed."""

    def __init__(self, source: func.FuncOp) -> None:
        self.source = source
        arguments = source.body.block.args
        self.block = Block(arg_types=[buffer_type(arg) for arg in arguments])
        self.builder = Builder(InsertPoint.at_end(self.block))
        self.buffers: dict[SSAValue, SSAValue] = dict(zip(arguments, self.block.args))
        self.tensors: dict[SSAValue, SSAValue] = {}
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
        match op:
            case func.ReturnOp():
                self._insert(func.ReturnOp(*[self._buffer(v, op) for v in op.operands]), op)
            case func.CallOp():
                self._call(op, [self._buffer(v, op) for v in op.operands])
            case te.ReshapeOp():
                view = _view(self._buffer(op.operand, op), te.shape_of(op.result))
                self.buffers[op.result] = self._named(op.result, self._insert(view, op))
            case _ if op.name.startswith("te.") and stays_in_graph(op):
                kept = op.clone({v: self._tensor(v, op) for v in op.operands})
                self.tensors[op.results[0]] = self._named(op.results[0], self._insert(kept, op))
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
            self.buffers[result] = self._named(result, allocation)
            outs.append(allocation.results[0])
        self._insert(func.CallOp(op.callee, [*operands, *outs], []), op)

    def _insert(self, new: Operation, op: Operation) -> Operation:
        new.location = op.location
        return self.builder.insert(new)

    def _buffer(self, value: SSAValue, user: Operation) -> SSAValue:
        """The buffer that holds a value."""
        if value not in self.buffers:
            new = te.ToBufferOp(self.tensors[value], buffer_type(value))
            self.buffers[value] = self._named(value, self._insert(new, user))
        return self.buffers[value]

    def _tensor(self, value: SSAValue, user: Operation) -> SSAValue:
        """What the host computes with instead of a buffer."""
        if value not in self.tensors:
            new = te.ToTensorOp(self.buffers[value])
            self.tensors[value] = self._named(value, self._insert(new, user))
        return self.tensors[value]

    def _named(self, old: SSAValue, new: Operation) -> SSAValue:
        new.results[0].name_hint = old.name_hint
        return new.results[0]


def _view(source: SSAValue, shape: Sequence[int]) -> memref.ReinterpretCastOp:
    """The same contiguous buffer under another shape."""
    type_ = memref_type(source)
    result = type(type_)(type_.element_type, shape, type_.layout, type_.memory_space)
    strides = list(accumulate(reversed(shape[1:]), int.__mul__, initial=1))[::-1] if shape else []
    return memref.ReinterpretCastOp(source, [], [], [], [0], list(shape), strides, result)

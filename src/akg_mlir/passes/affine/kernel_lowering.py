"""A kernel's tensor ops as loop nests over buffers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.builder import Builder
from xdsl.dialects import func, memref
from xdsl.dialects.builtin import MemRefType, i1
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu, te
from akg_mlir.dialects.te.structured import combine, initial_value, scalar
from akg_mlir.passes.affine.layout_copies import (
    write_concat,
    write_pack,
    write_pad,
    write_unpack,
)
from akg_mlir.passes.affine.nests import Nest


def buffer_type(value: SSAValue) -> MemRefType[Attribute]:
    """The GM buffer that holds a tensor value."""
    return npu.memref_in(te.shape_of(value), te.element_of(value), npu.Space.GM)


def lower_kernel(kernel: func.FuncOp) -> func.FuncOp:
    """The kernel on buffers: its arguments, then one out-argument per result.

    Intermediates are allocated in GM. Raises `CompileError` for ops that have no loop nest.
    """
    return _Kernel(kernel).lowered()


class _Kernel:
    def __init__(self, source: func.FuncOp) -> None:
        self.source = source
        self.ops = source.body.block
        returned = self.ops.last_op
        if not isinstance(returned, func.ReturnOp):
            raise CompileError("a kernel ends with func.return", source)
        self.returned = list(returned.operands)
        ins = [buffer_type(arg) for arg in self.ops.args]
        outs = [buffer_type(value) for value in self.returned]
        self.block = Block(arg_types=[*ins, *outs])
        self.builder = Builder(InsertPoint.at_end(self.block))
        self.buffers: dict[SSAValue, SSAValue] = dict(zip(self.ops.args, self.block.args))
        for old, new in self.buffers.items():
            new.name_hint = old.name_hint
        for value, out in zip(self.returned, self.block.args[len(ins) :]):
            self.buffers.setdefault(value, out)

    def lowered(self) -> func.FuncOp:
        for op in self.ops.ops:
            if not isinstance(op, func.ReturnOp) and not self._is_inlined(op):
                self._lower(op)
        for value, out in zip(self.returned, self.block.args[len(self.ops.args) :]):
            if self.buffers[value] is not out:
                self._copy(value, out)
        self.builder.insert(func.ReturnOp())
        types = [arg.type for arg in self.block.args]
        name, visibility = self.source.sym_name.data, self.source.sym_visibility
        result = func.FuncOp(name, (types, []), Region(self.block), visibility)
        result.attributes |= self.source.attributes
        result.location = self.source.location
        return result

    def _is_inlined(self, op: Operation) -> bool:
        """Scalars, and conditions that only element-wise ops of as many elements use, live in their
        users' bodies: what several use only if it is a comparison, which is part of a selection."""
        if not op.results or op.results[0] in self.returned:
            return False
        if isinstance(op, te.ConstantOp):
            return op.splat_value is not None
        result = op.results[0]
        users = [use.operation for use in result.uses]
        if not isinstance(op, te.ElementwiseOp) or te.element_of(result) != i1:
            return False
        once = len(users) == 1 or isinstance(op, te.CompareOp)
        return once and all(_computes_as_often(user, result) for user in users)

    def _lower(self, op: Operation) -> None:
        match op:
            case te.PackOp():
                write_pack(self.builder, op, self.buffers[op.operand], self._target(op))
            case te.UnpackOp():
                write_unpack(self.builder, op, self.buffers[op.operand], self._target(op))
            case te.PadOp():
                write_pad(self.builder, op, self._source(op.operand), self._target(op))
            case te.ConcatOp():
                parts = [self._source(part) for part in op.parts]
                write_concat(self.builder, op, parts, self._target(op))
            case te.ConstantOp() if op.splat_value is None:
                raise CompileError(
                    "a kernel cannot hold a constant of several values",
                    op,
                    hint="te-partition leaves them in the graph and passes them as arguments",
                )
            case te.GatherOp():
                self._gather(op)
            case te.WindowOp() if any(op.padding) and not isinstance(op, te.FractalConv2dOp):
                raise CompileError("reads beyond the image", op, hint="run te-decompose first")
            case te.StructuredOp() if op.reduction is not None:
                self._reduction(op, op.reduction)
            case te.StructuredOp():
                self._map(op)
            case te.ReshapeOp():
                raise CompileError(
                    "a reshape is a view between kernels", op, hint="run te-partition first"
                )
            case _:
                raise CompileError("has no loop nest", op, hint="run te-decompose first")

    def _source(self, value: SSAValue) -> SSAValue:
        """The buffer of an operand; a constant of one value is written to one first."""
        if value not in self.buffers and isinstance(value.owner, te.ConstantOp):
            self._map(value.owner)
        return self.buffers[value]

    def _target(self, op: Operation) -> SSAValue:
        """The buffer of the op's result: an out-argument, or a new one."""
        result = op.results[0]
        if result not in self.buffers:
            allocation = memref.AllocOp([], [], buffer_type(result))
            allocation.location = op.location
            self.buffers[result] = self.builder.insert(allocation).memref
            self.buffers[result].name_hint = result.name_hint
        return self.buffers[result]

    def _map(self, op: te.StructuredOp) -> None:
        target = self._target(op)
        nest = Nest(self.builder, _whole(op.bounds), op.location)
        value = self._value(nest, op, AffineMap.identity(len(op.bounds)))
        nest.store(value, target, op.result_map)

    def _gather(self, op: te.GatherOp) -> None:
        """Iterated as the result is: dimensions in front of the indexed one, those of the indices,
        those behind it."""
        shape, dim, batches = te.shape_of(op.result), op.dim, op.batches
        rank, inner = len(shape), len(shape) - (len(te.shape_of(op.operand)) - dim - 1)
        at = [AffineExpr.dimension(k) for k in range(rank)]
        places = AffineMap(rank, 0, (*at[:batches], *at[dim:inner]))
        table = AffineMap(rank, 0, (*at[:dim], AffineExpr.constant(0), *at[inner:]))
        source, numbers, target = (
            self._source(op.operand),
            self._source(op.indices),
            self._target(op),
        )
        nest = Nest(self.builder, _whole(shape), op.location)
        place = nest.load(numbers, places)
        value = nest.look_up(source, table, place, dim, from_end=op.from_end is not None)
        nest.store(value, target, AffineMap.identity(rank))

    def _reduction(self, op: te.StructuredOp, kind: te.Reduction) -> None:
        """A nest that initialises the result and one that accumulates into it."""
        target = self._target(op)
        element = te.element_of(op.results[0])
        operand = te.element_of(op.operands[0])
        multiplies = isinstance(op, te.ContractionOp | te.Conv2dOp)
        if multiplies and element != te.accumulator(operand):
            raise CompileError(
                f"products of {operand} are not summed in {element}",
                op,
                hint="run te-decompose first: it makes the accumulator's type visible",
            )
        shape = te.shape_of(op.results[0])
        first = Nest(self.builder, _whole(shape), op.location)
        start = scalar(first.builder, initial_value(kind, element), element)
        first.store(start, target, AffineMap.identity(len(shape)))
        nest = Nest(self.builder, _whole(op.bounds), op.location, kind.value)
        if isinstance(op, te.FractalConv2dOp) and any(op.padding):
            positions = op.operand_maps[0].results[2:4]
            nest.only_inside(list(zip(positions, op.image_sizes)))
        value = self._value(nest, op, AffineMap.identity(len(op.bounds)))
        total = combine(nest.builder, kind, nest.load(target, op.result_map), value)
        nest.store(total, target, op.result_map)

    def _value(self, nest: Nest, op: te.StructuredOp, at: AffineMap) -> SSAValue:
        """The scalar of `op` at the point `at` of the nest's counters."""
        elements: list[SSAValue] = []
        for operand, map_ in zip(op.operands, op.operand_maps):
            point = _composed(map_, at)
            producer = operand.owner
            if isinstance(producer, te.StructuredOp) and self._is_inlined(producer):
                elements.append(self._value(nest, producer, point))
            else:
                elements.append(nest.load(self.buffers[operand], point))
        before = nest.builder.insertion_point.insert_before
        last = before.prev_op if before is not None else None
        value = op.build_body(nest.builder, elements)
        _locate(last, value, op)
        return value

    def _copy(self, value: SSAValue, out: SSAValue) -> None:
        shape = te.shape_of(value)
        nest = Nest(self.builder, _whole(shape), self.source.location)
        identity = AffineMap.identity(len(shape))
        nest.store(nest.load(self.buffers[value], identity), out, identity)


def _computes_as_often(user: Operation, operand: SSAValue) -> bool:
    elements = prod(te.shape_of(operand))
    return isinstance(user, te.ElementwiseOp) and prod(te.shape_of(user.results[0])) == elements


def _locate(last: Operation | None, value: SSAValue, op: Operation) -> None:
    """Give the scalar ops after `last`, up to the one of `value`, the location of `op`."""
    current = value.owner
    while isinstance(current, Operation) and current is not last:
        current.location = op.location
        current = current.prev_op


def _whole(bounds: Sequence[int]) -> list[tuple[int, int]]:
    return [(0, size) for size in bounds]


def _composed(map_: AffineMap, at: AffineMap) -> AffineMap:
    """`map_` after `at`."""
    results = (e.replace_dims_and_symbols(at.results, []) for e in map_.results)
    return AffineMap(at.num_dims, 0, tuple(results))

"""convert-te-to-linalg: structured te ops become linalg.generic on tensors, for other compilers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import arith, func, tensor
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    IndexType,
    IntegerAttr,
    ModuleOp,
    TensorType,
    i64,
)
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import YieldOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.structured import combine, initial_value
from akg_mlir.dialects.te.types import tensor_type
from akg_mlir.dialects.upstream import ExpandShapeOp, GenericOp
from akg_mlir.frontends.linalg.subscripts import Subscript, access_of, split_sizes
from akg_mlir.passes.tensor.rewriting import functions

_OURS = ("te.", "npu.")


@dataclass(frozen=True)
class ConvertTeToLinalg(ModulePass):
    """Write structured te ops as linalg.generic, tensor.pad and reshapes.

    What is left has upstream ops only: MLIR reads it in generic form (`--print-op-generic`).
    Weights become arguments like others, and what te-partition and later passes note is left out.
    Composite ops are refused; te-decompose makes structured ops of them, and sums in the type in
    which they are accumulated.
    """

    name = "convert-te-to-linalg"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in functions(op):
            for inner in list(function.body.block.ops):
                if isinstance(inner, te.TeOp | te.ConstantOp):
                    _Writer(inner).replace()
            _forget(function)
        op.attributes = {k: v for k, v in op.attributes.items() if not k.startswith(_OURS)}


def _forget(function: func.FuncOp) -> None:
    """Attributes of our dialects, of a function and its arguments, mean nothing to others."""
    function.attributes = {k: v for k, v in function.attributes.items() if not k.startswith(_OURS)}
    if function.arg_attrs is not None:
        function.arg_attrs = ArrayAttr(
            DictionaryAttr({k: v for k, v in d.data.items() if not k.startswith(_OURS)})
            for d in function.arg_attrs
        )


class _Writer:
    """Replaces one op by upstream ops at its location."""

    def __init__(self, op: Operation) -> None:
        self.op = op
        self._builder = Builder(InsertPoint.before(op))

    def replace(self) -> None:
        """Raises CompileError for an op that is no loop nest."""
        op = self.op
        if any(te.element_of(value) == te.ui8 for value in (*op.operands, *op.results)):
            raise CompileError(
                "MLIR has no scalar ops on elements of ui8", op, hint="use i8 or i32 instead"
            )
        match op:
            case te.ConstantOp():
                result = self(arith.ConstantOp(op.value))
            case te.ReshapeOp():
                result = self._reshaped(op.operand, te.shape_of(op.result))
            case te.PadOp():
                result = self._padded(op)
            case te.ConcatOp():
                result = self(_concat(op))
            case te.StructuredOp():
                result = self._nest(op)
            case _:
                raise CompileError("is no loop nest", op, hint="run te-decompose first")
        result.name_hint = op.results[0].name_hint
        Rewriter.replace_op(op, [], [result])

    def __call__(self, op: Operation) -> SSAValue:
        op.location = self.op.location
        return self._builder.insert(op).results[0]

    # Reshapes.

    def _reshaped(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """Through the flat shape, where neither shape only splits or merges dimensions of the
        other."""
        source = te.shape_of(value)
        if source == tuple(shape):
            return value
        merged, split = _groups(source, shape), _groups(shape, source)
        if len(source) > len(shape) and merged is not None:
            return self(_reshape(tensor.CollapseShapeOp, value, shape, merged))
        if len(source) < len(shape) and split is not None:
            return self(_reshape(ExpandShapeOp, value, shape, split))
        return self._reshaped(self._reshaped(value, [prod(shape)]), shape)

    # Padding.

    def _padded(self, op: te.PadOp) -> SSAValue:
        block = Block(arg_types=[IndexType()] * len(te.shape_of(op.operand)))
        value = arith.ConstantOp(op.value)
        block.add_ops([value, tensor.YieldOp(value.result)])
        amounts = op.low.get_values(), op.high.get_values()
        return self(
            tensor.PadOp(op.operand, [], [], Region(block), *amounts, tensor_type(op.result))
        )

    # Loop nests.

    def _nest(self, op: te.StructuredOp) -> SSAValue:
        result = tensor_type(op.results[0])
        maps, values = list[AffineMap](), list[SSAValue]()
        for value, map_ in zip(op.operands, op.operand_maps, strict=True):
            shape, map_ = _separated(op, map_, te.shape_of(value))
            values.append(self._trimmed(op, self._reshaped(value, shape), map_))
            maps.append(map_)
        shape, result_map = _separated(op, op.result_map, result.get_shape())
        sizes = self._sizes(op, [*maps, result_map])
        if sizes is not None:
            values.append(sizes[0])
            maps.append(sizes[1])
        written = TensorType(result.element_type, shape)
        generic = GenericOp(
            values,
            [self._initial(op, written)],
            Region(_body(op, [*(te.element_of(v) for v in values), result.element_type])),
            [AffineMapAttr(map_) for map_ in (*maps, result_map)],
            [
                IteratorTypeAttr.parallel()
                if kind == te.Iterator.PARALLEL
                else IteratorTypeAttr.reduction()
                for kind in op.iterators
            ],
            [written],
        )
        return self._reshaped(self(generic), result.get_shape())

    def _trimmed(self, op: te.StructuredOp, value: SSAValue, map_: AffineMap) -> SSAValue:
        """An operand without what lies behind the last iteration of a loop: MLIR takes the sizes
        of loops from the dimensions that they run over."""
        shape = te.shape_of(value)
        sizes = [
            size if subscript.alone is None else op.bounds[subscript.alone]
            for size, subscript in zip(shape, access_of(map_, op))
        ]
        if tuple(sizes) == shape:
            return value
        rank = len(shape)
        return self(
            tensor.ExtractSliceOp.from_static_parameters(value, [0] * rank, sizes, [1] * rank)
        )

    def _initial(self, op: te.StructuredOp, type_: TensorType[Attribute]) -> SSAValue:
        if op.reduction is None:
            return self(tensor.EmptyOp([], type_))
        value = initial_value(op.reduction, type_.element_type)
        return self(arith.ConstantOp(te.ConstantOp.splat(type_, value).value))

    def _sizes(
        self, op: te.StructuredOp, maps: Sequence[AffineMap]
    ) -> tuple[SSAValue, AffineMap] | None:
        """An operand that is never read, for loops whose sizes MLIR finds in no other."""
        known = {subscript.alone for map_ in maps for subscript in access_of(map_, op)}
        missing = [loop for loop in range(len(op.bounds)) if loop not in known]
        if not missing:
            return None
        element = te.element_of(op.results[0])
        empty = tensor.EmptyOp([], TensorType(element, [op.bounds[loop] for loop in missing]))
        map_ = AffineMap(len(op.bounds), 0, tuple(map(AffineExpr.dimension, missing)))
        return self(empty), map_


def _concat(op: te.ConcatOp) -> Operation:
    return tensor.ConcatOp.create(
        operands=op.operands,
        result_types=[op.result.type],
        properties={"dim": IntegerAttr(op.dim, i64)},
    )


def _separated(
    op: te.StructuredOp, map_: AffineMap, shape: Sequence[int]
) -> tuple[list[int], AffineMap]:
    """A shape of more dimensions and its map, in which a dimension that is read as several is."""
    sizes, exprs = list[int](), list[AffineExpr]()
    for size, subscript, expr in zip(shape, access_of(map_, op), map_.results, strict=True):
        loops = _split(subscript, size, op.bounds)
        sizes += [size] if loops is None else [op.bounds[loop] for loop in loops]
        exprs += [expr] if loops is None else map(AffineExpr.dimension, loops)
    return sizes, AffineMap(map_.num_dims, 0, tuple(exprs))


def _split(subscript: Subscript, size: int, bounds: Sequence[int]) -> list[int] | None:
    return split_sizes(subscript, size, bounds) if len(subscript.scales) > 1 else None


def _body(op: te.StructuredOp, elements: Sequence[Attribute]) -> Block:
    """The scalar code of a nest; the last argument is what the output holds."""
    block = Block(arg_types=elements)
    builder = Builder(InsertPoint.at_end(block))
    value = op.build_body(builder, block.args[: len(op.operands)])
    if op.reduction is not None:
        value = combine(builder, op.reduction, block.args[-1], value)
    builder.insert(YieldOp(value))
    return block


def _groups(many: Sequence[int], few: Sequence[int]) -> list[list[int]] | None:
    """For each dimension of `few` those of `many` that it is made of; None if there are none."""
    groups, position = list[list[int]](), 0
    for size in few:
        group = list[int]()
        while position < len(many) and (not group or prod(many[k] for k in group) < size):
            group.append(position)
            position += 1
        if not group or prod(many[k] for k in group) != size:
            return None
        groups.append(group)
    rest = list(range(position, len(many)))
    if any(many[k] != 1 for k in rest):
        return None
    if rest and groups:
        groups[-1] += rest
    return groups


def _reshape(
    cls: type[tensor.CollapseShapeOp | ExpandShapeOp],
    value: SSAValue,
    shape: Sequence[int],
    groups: Sequence[Sequence[int]],
) -> Operation:
    properties: dict[str, Attribute] = {
        "reassociation": ArrayAttr(
            ArrayAttr(IntegerAttr(k, i64) for k in group) for group in groups
        )
    }
    if cls is ExpandShapeOp:
        properties["static_output_shape"] = DenseArrayBase.from_list(i64, list(shape))
    return cls.create(
        operands=[value],
        result_types=[TensorType(te.element_of(value), shape)],
        properties=properties,
    )

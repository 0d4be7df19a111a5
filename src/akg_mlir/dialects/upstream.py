"""Upstream dialects with what xDSL 0.74 lacks of them: ops and syntax that MLIR prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects import tensor
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    IntAttr,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.dialects.linalg import Linalg, ops
from xdsl.dialects.linalg.abstract_ops import NamedOperation
from xdsl.dialects.linalg.attrs import IteratorType, IteratorTypeAttr
from xdsl.dialects.tosa import TOSA as Tosa
from xdsl.dialects.utils import DynamicIndexList
from xdsl.dialects.utils.reshape_ops_utils import ContiguousArrayOfIntArray
from xdsl.ir import (
    Attribute,
    Dialect,
    Operation,
    ParametrizedAttribute,
    Region,
    SSAValue,
    TypeAttribute,
)
from xdsl.ir.affine import AffineMap
from xdsl.irdl import (
    IRDLOperation,
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import AttrParser, Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.hints import isa


@irdl_op_definition
class BatchMatmulOp(NamedOperation):
    """`c[b, m, n] += a[b, m, k] * b[b, k, n]`."""

    name = "linalg.batch_matmul"
    PRINT_ATTRS_IN_FRONT: ClassVar[bool] = True
    indexing_maps = opt_prop_def(ArrayAttr[AffineMapAttr])

    @classmethod
    def get_hidden_region(cls, inputs: Sequence[SSAValue], outputs: Sequence[SSAValue]) -> Region:
        return ops.MatmulOp.get_hidden_region(inputs, outputs)

    def get_default_indexing_maps(self) -> Sequence[AffineMap]:
        return (
            AffineMap.from_callable(lambda b, m, n, k: (b, m, k)),
            AffineMap.from_callable(lambda b, m, n, k: (b, k, n)),
            AffineMap.from_callable(lambda b, m, n, k: (b, m, n)),
        )

    def get_iterator_types(self) -> ArrayAttr[IteratorTypeAttr]:
        return ArrayAttr(
            [*[IteratorTypeAttr.parallel()] * 3, IteratorTypeAttr.reduction()],
        )


@irdl_op_definition
class ExpandShapeOp(IRDLOperation):
    """xDSL's op with a syntax: `%x [[0, 1]] output_shape [4, 1] : .. into ..`."""

    name = "tensor.expand_shape"
    src = operand_def(TensorType)
    dynamic_output_shape = var_operand_def(IndexType)
    reassociation = prop_def(ContiguousArrayOfIntArray())
    static_output_shape = prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType)
    traits = traits_def(Pure())
    custom_directives = (DynamicIndexList,)
    assembly_format = (
        "$src $reassociation `output_shape` `` "
        "custom<DynamicIndexList>($dynamic_output_shape, $static_output_shape) attr-dict `:` "
        "type($src) `into` type($result)"
    )


class GenericOp(ops.GenericOp):
    """With several results in parentheses, as MLIR and xDSL's own printer write them."""

    @classmethod
    def parse(cls, parser: Parser) -> GenericOp:
        attributes = dict(parser.parse_optional_attr_dict())
        maps = attributes.pop("indexing_maps", None)
        iterators = attributes.pop("iterator_types", None)
        if not isa(maps, ArrayAttr[AffineMapAttr]) or not isa(iterators, ArrayAttr):
            parser.raise_error("linalg.generic needs indexing_maps and iterator_types")
        ins, outs = _typed_operands(parser, "ins"), _typed_operands(parser, "outs")
        if parser.parse_optional_keyword("attrs"):
            parser.parse_punctuation("=")
            attributes |= parser.parse_optional_attr_dict()
        body = parser.parse_region()
        results: list[Attribute] | None = []
        if parser.parse_optional_punctuation("->"):
            results = parser.parse_optional_comma_separated_list(
                parser.Delimiter.PAREN, parser.parse_type
            )
            if results is None:
                results = [parser.parse_type()]
        op = cls(ins, outs, body, maps, [_iterator(parser, i) for i in iterators], results)
        for name in ("doc", "library_call"):
            value = attributes.pop(name, None)
            if value is not None:
                op.properties[name] = value
        op.attributes |= attributes
        return op


def _typed_operands(parser: Parser, keyword: str) -> Sequence[SSAValue]:
    """`keyword(%a, %b : type, type)`, or nothing."""
    position = parser.pos
    if not parser.parse_optional_characters(keyword):
        return ()
    parser.parse_punctuation("(")
    operands = parser.parse_comma_separated_list(
        parser.Delimiter.NONE, parser.parse_unresolved_operand
    )
    parser.parse_punctuation(":")
    types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
    parser.parse_punctuation(")")
    return parser.resolve_operands(operands, types, position)


def _iterator(parser: Parser, kind: Attribute) -> IteratorTypeAttr:
    if isinstance(kind, StringAttr) and kind.data in list(IteratorType):
        return IteratorTypeAttr(IteratorType(kind.data))
    if not isinstance(kind, IteratorTypeAttr):
        parser.raise_error(f"{kind} is no iterator type")
    return kind


@irdl_attr_definition
class ShapeType(ParametrizedAttribute, TypeAttribute):
    """`!tosa.shape<4>`: the sizes of a tensor of that rank."""

    name = "tosa.shape"
    rank: IntAttr

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        with parser.in_angle_brackets():
            return [IntAttr(parser.parse_integer(allow_boolean=False, allow_negative=False))]

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_int(self.rank.data)


_REPLACED: dict[str, type[Operation]] = {op.name: op for op in (ExpandShapeOp, GenericOp)}


def _extended(dialect: Dialect, *more: type[Operation]) -> Dialect:
    known = [_REPLACED.get(op.name, op) for op in dialect.operations]
    return Dialect(dialect.name, [*known, *more], list(dialect.attributes))


LINALG = _extended(Linalg, BatchMatmulOp)
TENSOR = _extended(tensor.Tensor)
# Its ops changed from version to version; the importer reads them all in generic form.
TOSA = Dialect("tosa", [], [*Tosa.attributes, ShapeType])

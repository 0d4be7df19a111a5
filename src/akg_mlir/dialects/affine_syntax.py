"""The affine dialect of xDSL with MLIR's syntax of `affine.if`, which xDSL 0.74 lacks.

affine.if affine_set<(d0)[s0] : (d0 - s0 >= 0)>(%i)[%n] { ... } else { ... }
%v = affine.if #inside(%i) -> f32 { affine.yield ... } else { affine.yield ... }
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import affine
from xdsl.dialects.builtin import AffineSetAttr, IndexType
from xdsl.ir import Attribute, Dialect, Region, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer


class IfOp(affine.IfOp):
    """`affine.if` as MLIR prints it."""

    @classmethod
    def parse(cls, parser: Parser) -> IfOp:
        position = parser.pos
        condition = parser.parse_attribute()
        if not isinstance(condition, AffineSetAttr):
            parser.raise_error("expected an integer set", position)
        dims = _operands(parser, parser.Delimiter.PAREN)
        symbols = _operands(parser, parser.Delimiter.SQUARE)
        given, wanted = (len(dims), len(symbols)), condition.data
        if given != (wanted.num_dims, wanted.num_symbols):
            parser.raise_error("dimensions and symbols must be as many as the set has", position)
        types: Sequence[Attribute] = ()
        if parser.parse_optional_punctuation("->") is not None:
            several = parser.parse_optional_comma_separated_list(
                parser.Delimiter.PAREN, parser.parse_type
            )
            types = [parser.parse_type()] if several is None else several
        then = _with_yield(parser.parse_region())
        has_else = parser.parse_optional_keyword("else") is not None
        otherwise = _with_yield(parser.parse_region()) if has_else else Region()
        attributes = parser.parse_optional_attr_dict()
        return cls.create(
            operands=[*dims, *symbols],
            result_types=types,
            properties={"condition": condition},
            attributes=attributes,
            regions=[then, otherwise],
        )

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_attribute(self.condition)
        operands, count = list(self.args), self.condition.data.num_dims
        with printer.in_parens():
            printer.print_list(operands[:count], printer.print_ssa_value)
        if operands[count:]:
            with printer.in_square_brackets():
                printer.print_list(operands[count:], printer.print_ssa_value)
        if self.results:
            printer.print_string(" -> ")
            with printer.in_parens():
                printer.print_list(self.result_types, printer.print_attribute)
        for keyword, region in (("", self.then_region), ("else ", self.else_region)):
            if region.blocks:
                printer.print_string(f" {keyword}")
                printer.print_region(region, print_block_terminators=bool(self.results))
        printer.print_op_attributes(self.attributes)


def _operands(parser: Parser, delimiter: Parser.Delimiter) -> list[SSAValue]:
    found = parser.parse_optional_comma_separated_list(
        delimiter, lambda: parser.parse_operand(IndexType())
    )
    return [] if found is None else [v for v in found]


def _with_yield(region: Region) -> Region:
    """The terminator is not printed where it has no operands."""
    block = region.block
    if not isinstance(block.last_op, affine.YieldOp):
        block.add_op(affine.YieldOp.get())
    return region


AFFINE = Dialect(
    "affine",
    [IfOp if op is affine.IfOp else op for op in affine.Affine.operations],
    list(affine.Affine.attributes),
)

"""MLIR text -> module. The one door through which text enters: CLI, API and tests all use it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import Any

from xdsl.context import Context
from xdsl.dialect_interfaces.op_asm import OpAsmDialectInterface
from xdsl.dialects.builtin import (
    AffineMapAttr,
    AnyFloat,
    ComplexType,
    DenseResourceAttr,
    FileLineColLoc,
    IndexType,
    IntAttr,
    IntegerType,
    ModuleOp,
    StringAttr,
    UnknownLoc,
    UnregisteredOp,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.parser import AttrParser, Parser, UnresolvedOperand
from xdsl.utils.exceptions import ParseError, VerifyException
from xdsl.utils.lexer import Span
from xdsl.utils.mlir_lexer import MLIRTokenKind

from akg_mlir.resources import elements_of

# Ops whose custom syntax makes the parser write subscripts as symbols.
_SUBSCRIPTED = frozenset(
    ("affine.load", "affine.store", "affine.vector_load", "affine.vector_store")
)


def make_context() -> Context:
    """A context that knows our dialects and xDSL's own; each is imported when first needed."""
    from xdsl.dialects import get_all_dialects as get_upstream_dialects

    from akg_mlir.dialects import get_all_dialects, get_extended_dialects

    context = Context()
    upstream = get_upstream_dialects() | get_extended_dialects()
    for name, factory in (upstream | get_all_dialects()).items():
        context.register_dialect(name, factory)
    return context


def parse_module(text: str, name: str = "<string>") -> ModuleOp:
    """Parse MLIR text (custom or generic syntax), wrapped in a module when it is not one.

    `name` appears in error positions. Access maps are normalised (see `normalise_access_maps`).
    Raises xDSL's `ParseError` on malformed text and `VerifyException` on a malformed attribute;
    the module itself is not verified, see `akg_mlir.verification.verify_module`.
    """
    return ModuleParser(make_context(), text, name).parse_module()


class _PositionedError(VerifyException):
    """A malformed attribute, with the position of the op it belongs to in the message."""


class _TensorElement(Parser._TensorLiteralElement):  # pyright: ignore[reportPrivateUsage]
    """An element of a dense literal; hexadecimal floats are bit patterns, as in MLIR.

    xDSL 0.74 prints infinities and NaN of dense literals that way but reads the bits as a number.
    """

    def to_type(
        self, parser: AttrParser, type: AnyFloat | IntegerType | IndexType | ComplexType
    ) -> Any:
        text = self.span.text
        if text.startswith("0x") and isinstance(type, AnyFloat) and isinstance(self.value, int):
            return next(type.iter_unpack(self.value.to_bytes(type.compile_time_size, "little")))
        return super().to_type(parser, type)


# Dialects of which the importer knows ops that xDSL does not.
_FOREIGN = ("linalg", "tensor", "tosa")


def _foreign_op(name: str) -> type[Operation]:
    """A stand-in for an op that xDSL does not know; its generic form alone can be read."""

    class ForeignOp(UnregisteredOp.with_name(name)):
        @classmethod
        def parse(cls, parser: Parser) -> Operation:
            parser.raise_error(
                f"'{name}' can be read in generic form only: print it with --mlir-print-op-generic"
            )

    return ForeignOp


class ModuleParser(Parser):
    """xDSL's parser with normalised access maps and better positions.

    Every op that has no location of its own gets its file, line and column, so that later errors
    can say where. Values that are used but never defined are reported at their first use (xDSL:
    at the end of the file), and malformed attributes at the op they belong to. Constants whose
    bytes stand in the section of resources at the end get them.
    """

    _TensorLiteralElement = _TensorElement

    def __init__(
        self, ctx: Context, input: str | bytes, name: str = "<string>", line_offset: int = 0
    ) -> None:
        """`line_offset` is the number of lines of the file in front of the input."""
        super().__init__(ctx, input, name)
        self._line_offset = line_offset
        text = self.lexer.input.content
        self._line_starts = [0, *(i + 1 for i, char in enumerate(text) if char == "\n")]
        self._first_uses: dict[str, Span[str]] = {}
        self._resources: dict[str, tuple[Span[str], str]] = {}

    def parse_module(self, allow_implicit_module: bool = True) -> ModuleOp:
        """Parse the whole input; see `akg_mlir.parsing.parse_module`."""
        try:
            module = super().parse_module(allow_implicit_module)
        except ParseError as error:
            undefined = next(iter(self.forward_ssa_references), None)
            if error.msg.startswith("values used but not defined") and undefined is not None:
                span = self._first_uses.get(undefined, error.span)
                raise ParseError(span, f"use of undefined value '%{undefined}'") from None
            raise
        normalise_access_maps(module)
        if self._resources:
            self._fill_in_resources(module)
        return module

    def _fill_in_resources(self, module: ModuleOp) -> None:
        for op in module.walk():
            for name, value in op.properties.items():
                if isinstance(value, DenseResourceAttr):
                    handle = value.resource_handle.data
                    if handle not in self._resources:
                        continue
                    span, blob = self._resources[handle]
                    try:
                        op.properties[name] = elements_of(value.type, blob)
                    except ValueError as error:
                        raise ParseError(span, f"resource '{handle}': {error}") from None

    def _parse_dialect_resource_handle(
        self, dialect_name: str, interface: OpAsmDialectInterface
    ) -> str:
        """The key as it is written. (xDSL renames it where any parser has met it before.)"""
        return self.parse_identifier(" for resource handle")

    def _parse_resource(self, dialect_name: str, interface: OpAsmDialectInterface) -> None:
        key = self._parse_dialect_resource_handle(dialect_name, interface)
        self._parse_token(MLIRTokenKind.COLON, "expected `:`")
        self._resources[key] = self._current_token.span, self.parse_str_literal()

    def _parse_external_resources(self) -> None:
        self.raise_error("external resources are not read, only those of dialects")

    def parse_operation(self) -> Operation:
        """Parse as xDSL does and record the position."""
        span = self._current_token.span
        try:
            op = super().parse_operation()
        except _PositionedError:
            raise
        except VerifyException as error:
            span = replace(span, line_offset=self._line_offset)
            raise _PositionedError(span.print_with_context(str(error))) from error
        except (ValueError, OverflowError, NotImplementedError) as error:
            raise ParseError(span, str(error)) from error
        except (LookupError, TypeError, AttributeError, AssertionError) as error:
            # What parsers of xDSL's ops raise where operands or attributes are missing.
            raise ParseError(span, "malformed operands, attributes or types") from error
        if isinstance(op.location, UnknownLoc):
            op.location = self._location(span)
        return op

    def _get_op_by_name(self, name: str) -> type[Operation]:
        """As xDSL does, and ops of foreign dialects that xDSL does not know as unregistered."""
        dialect, _, rest = name.partition(".")
        if rest and dialect in _FOREIGN and self.ctx.get_optional_op(name) is None:
            return _foreign_op(name)
        return super()._get_op_by_name(name)

    def resolve_operand(self, operand: UnresolvedOperand, type: Attribute) -> SSAValue:
        """Resolve as xDSL does, remembering where a value not defined yet is first used."""
        value = super().resolve_operand(operand, type)
        if operand.operand_name in self.forward_ssa_references:
            self._first_uses.setdefault(operand.operand_name, operand.span)
        return value

    def _location(self, span: Span[str]) -> FileLineColLoc:
        line = bisect_right(self._line_starts, span.start)
        column = span.start - self._line_starts[line - 1] + 1
        name = StringAttr(self.lexer.input.name)
        return FileLineColLoc(name, IntAttr(line + self._line_offset), IntAttr(column))


def normalise_access_maps(module: ModuleOp) -> None:
    """Rewrite the symbols of affine access maps to dimensions, in place.

    xDSL 0.74 parses `affine.load %a[%i]` to `()[s0] -> (s0)` where MLIR means `(d0) -> (d0)`; its
    own lowerings and printers then disagree. Operand order is unaffected (dimensions come first),
    and whatever is valid as a symbol is valid as a dimension.
    """
    for op in module.walk():
        if op.name in _SUBSCRIPTED:
            map_ = op.properties.get("map")
            if isinstance(map_, AffineMapAttr) and map_.data.num_symbols:
                op.properties["map"] = AffineMapAttr(symbols_to_dims(map_.data))


def symbols_to_dims(map_: AffineMap) -> AffineMap:
    """The same map with its symbols appended to its dimensions."""
    dims, symbols = map_.num_dims, map_.num_symbols
    return map_.replace_dims_and_symbols(
        [AffineExpr.dimension(i) for i in range(dims)],
        [AffineExpr.dimension(dims + i) for i in range(symbols)],
        dims + symbols,
        0,
    )

"""The `poly` dialect: statements and schedule trees as ordinary, printable IR.

A `poly.scop` holds statements (`poly.stmt`) and one schedule tree (`poly.domain` and below), one
op per isl schedule-tree node. Sets, relations and partial schedules are isl text; the access
relations of a statement are *derived* from its body and never stored a second time.

    poly.scop {
      poly.stmt @S0(%i, %j) domain "{ S0[i, j] : 0 <= i < 64 and 0 <= j < 8 }"
                order "{ S0[i, j] -> [0, i, 0, j, 0] }" {
        %v = affine.load %x[%i, %j] : memref<64x8xf32>
        affine.store %v, %y[%j, %i] : memref<8x64xf32>
      }
      poly.domain "{ S0[i, j] : 0 <= i < 64 and 0 <= j < 8 }" {
        poly.band "[{ S0[i, j] -> [(i)] }, { S0[i, j] -> [(j)] }]" permutable coincident [1, 1] {
        }
      }
    }

Statements come in three kinds:
- *original*: has `order`, its position in the textual program, and is never changed again;
- *clone* (`clone_of`): what really executes after fusion and promotion. Its last dimensions are
  those of the original; the leading ones are tile coordinates;
- *copy* (`copy`): moves data between two memories; its body is one load and one store.

`poly.lookup` reads at a place that a value says, from a table that nothing stores to.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    StringAttr,
    UnitAttr,
    i64,
)
from xdsl.ir import Block, Dialect, Operation, Region
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, NoTerminator, SymbolOpInterface
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.lookup import LookupOp

REDUCTIONS = ("add", "max", "min", "mul")
UNIT_MARKS = ("npu.vector", "npu.cube", "npu.scalar", "npu.dma")
"""Marks below which one statement executes a whole box per tile."""


@irdl_op_definition
class ScopOp(IRDLOperation):
    """A static affine program part: statements first, then at most one `poly.domain`."""

    name = "poly.scop"
    body = region_def("single_block")
    policy = opt_prop_def(StringAttr)
    proved = opt_prop_def(ArrayAttr[StringAttr])
    traits = traits_def(NoTerminator())
    assembly_format = "(`policy` $policy^)? (`proved` $proved^)? $body attr-dict"

    def __init__(self, body: Region) -> None:
        super().__init__(regions=[body])

    @property
    def statements(self) -> tuple[StmtOp, ...]:
        return tuple(op for op in self.body.block.ops if isinstance(op, StmtOp))

    @property
    def tree(self) -> DomainOp:
        """The schedule tree. Raises `VerifyException` when there is none."""
        for op in self.body.block.ops:
            if isinstance(op, DomainOp):
                return op
        raise VerifyException("poly.scop has no schedule tree")

    def verify_(self) -> None:
        names = [s.sym_name.data for s in self.statements]
        if len(set(names)) != len(names):
            raise VerifyException(f"poly.scop has two statements of one name: {names}")
        rest = [op for op in self.body.block.ops if not isinstance(op, StmtOp)]
        if any(not isinstance(op, DomainOp) for op in rest) or len(rest) > 1:
            raise VerifyException("poly.scop holds poly.stmt ops and at most one poly.domain")
        for stmt in self.statements:
            if stmt.clone_of is not None and stmt.clone_of.data not in names:
                raise VerifyException(
                    f"@{stmt.sym_name.data} is a clone of unknown @{stmt.clone_of.data}"
                )


@irdl_op_definition
class StmtOp(IRDLOperation):
    """One statement: an instance per integer point of `domain`, a body of affine accesses."""

    name = "poly.stmt"
    sym_name = prop_def(StringAttr)
    domain = prop_def(StringAttr)
    order = opt_prop_def(StringAttr)
    reduction = opt_prop_def(StringAttr)
    clone_of = opt_prop_def(StringAttr)
    copy = opt_prop_def(UnitAttr)
    body = region_def("single_block")
    traits = traits_def(NoTerminator(), HasParent(ScopOp), SymbolOpInterface())

    def __init__(
        self,
        name: str,
        domain: str,
        body: Region,
        *,
        order: str | None = None,
        reduction: str | None = None,
        clone_of: str | None = None,
        copy: bool = False,
    ) -> None:
        def text(value: str | None) -> StringAttr | None:
            return None if value is None else StringAttr(value)

        super().__init__(
            properties={
                "sym_name": StringAttr(name),
                "domain": StringAttr(domain),
                "order": text(order),
                "reduction": text(reduction),
                "clone_of": text(clone_of),
                "copy": UnitAttr() if copy else None,
            },
            regions=[body],
        )

    def verify_(self) -> None:
        if any(arg.type != IndexType() for arg in self.body.block.args):
            raise VerifyException("poly.stmt takes index arguments")
        if self.reduction is not None and self.reduction.data not in REDUCTIONS:
            raise VerifyException(f"reduction is one of {REDUCTIONS}, got {self.reduction.data}")
        if (self.order is not None) + (self.clone_of is not None) + (self.copy is not None) != 1:
            raise VerifyException("poly.stmt is an original (order), a clone or a copy")

    @classmethod
    def parse(cls, parser: Parser) -> StmtOp:
        name = parser.parse_symbol_name().data
        args = parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, lambda: parser.parse_argument(expect_type=False)
        )
        parser.parse_keyword("domain")
        domain = parser.parse_str_literal()
        order = parser.parse_str_literal() if parser.parse_optional_keyword("order") else None
        reduction = (
            parser.parse_str_literal() if parser.parse_optional_keyword("reduction") else None
        )
        clone = (
            parser.parse_symbol_name().data if parser.parse_optional_keyword("clone_of") else None
        )
        copy = parser.parse_optional_keyword("copy") is not None
        attributes = parser.parse_optional_attr_dict_with_keyword()
        body = parser.parse_region([arg.resolve(IndexType()) for arg in args])
        op = cls(name, domain, body, order=order, reduction=reduction, clone_of=clone, copy=copy)
        if attributes is not None:
            op.attributes |= attributes.data
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        with printer.in_parens():
            printer.print_list(self.body.block.args, printer.print_ssa_value)
        printer.print_string(" domain ")
        printer.print_string_literal(self.domain.data)
        for keyword, value in (("order", self.order), ("reduction", self.reduction)):
            if value is not None:
                printer.print_string(f" {keyword} ")
                printer.print_string_literal(value.data)
        if self.clone_of is not None:
            printer.print_string(" clone_of ")
            printer.print_symbol_name(self.clone_of.data)
        if self.copy is not None:
            printer.print_string(" copy")
        printer.print_op_attributes(self.attributes, print_keyword=True)
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False)


class TreeOp(IRDLOperation):
    """Base of schedule-tree nodes: a region with at most one child; an empty region is a leaf."""

    child_region = region_def()
    traits = traits_def(NoTerminator())

    @property
    def children(self) -> tuple[Operation, ...]:
        return tuple(op for block in self.child_region.blocks for op in block.ops)

    def verify_(self) -> None:
        if len(self.children) > 1:
            raise VerifyException(f"{self.name} has one child, got {len(self.children)}")
        if any(not isinstance(child, TreeOp) for child in self.children):
            raise VerifyException(f"{self.name} holds schedule tree ops")


def _region(children: Sequence[Operation]) -> Region:
    return Region(Block(children)) if children else Region()


@irdl_op_definition
class DomainOp(TreeOp):
    """Root: the instances that execute (isl union set)."""

    name = "poly.domain"
    domain = prop_def(StringAttr)
    assembly_format = "$domain $child_region attr-dict"

    def __init__(self, domain: str, children: Sequence[Operation] = ()) -> None:
        super().__init__(properties={"domain": StringAttr(domain)}, regions=[_region(children)])


@irdl_op_definition
class ContextOp(TreeOp):
    """Constraints on outer schedule dimensions (isl set)."""

    name = "poly.context"
    context = prop_def(StringAttr)
    assembly_format = "$context $child_region attr-dict"

    def __init__(self, context: str, children: Sequence[Operation] = ()) -> None:
        super().__init__(properties={"context": StringAttr(context)}, regions=[_region(children)])


@irdl_op_definition
class BandOp(TreeOp):
    """A partial schedule (isl multi union piecewise affine expression), one entry per member.

    `tile` is set on a tile band: the tile size of each member, in schedule units. `chunks` may say
    how many of its tiles along each member one core takes, one after the other. `options` says
    how code generation shapes its loops (isl AST build options, such as `{ atomic[x] }`); without,
    loops are split so that no tile is tested at run time.
    """

    name = "poly.band"
    schedule = prop_def(StringAttr)
    permutable = opt_prop_def(UnitAttr)
    coincident = prop_def(DenseArrayBase.constr(i64))
    tile = opt_prop_def(DenseArrayBase.constr(i64))
    chunks = opt_prop_def(DenseArrayBase.constr(i64))
    options = opt_prop_def(StringAttr)
    assembly_format = (
        "$schedule (`permutable` $permutable^)? `coincident` $coincident (`tile` $tile^)? "
        "(`chunks` $chunks^)? (`options` $options^)? $child_region attr-dict"
    )

    def __init__(
        self,
        schedule: str,
        coincident: Sequence[bool],
        children: Sequence[Operation] = (),
        *,
        permutable: bool = False,
        tile: Sequence[int] | None = None,
        chunks: Sequence[int] | None = None,
        options: str | None = None,
    ) -> None:
        super().__init__(
            properties={
                "schedule": StringAttr(schedule),
                "permutable": UnitAttr() if permutable else None,
                "coincident": DenseArrayBase.from_list(i64, [int(c) for c in coincident]),
                "tile": None if tile is None else DenseArrayBase.from_list(i64, list(tile)),
                "chunks": None if chunks is None else DenseArrayBase.from_list(i64, list(chunks)),
                "options": None if options is None else StringAttr(options),
            },
            regions=[_region(children)],
        )

    def verify_(self) -> None:
        super().verify_()
        if self.tile is not None and len(self.tile) != len(self.coincident):
            raise VerifyException("a tile band has one tile size per member")
        if self.chunks is not None and len(self.chunks) != len(self.coincident):
            raise VerifyException("a band has one number of tiles per core for each member")
        if self.chunks is not None and min(self.chunks.get_values(), default=1) < 1:
            raise VerifyException("a core takes one tile at least along each member")


@irdl_op_definition
class FilterOp(TreeOp):
    """Restrict the subtree to some instances (isl union set)."""

    name = "poly.filter"
    filter = prop_def(StringAttr)
    assembly_format = "$filter $child_region attr-dict"

    def __init__(self, filter_: str, children: Sequence[Operation] = ()) -> None:
        super().__init__(properties={"filter": StringAttr(filter_)}, regions=[_region(children)])


@irdl_op_definition
class ExtensionOp(TreeOp):
    """Add instances per outer schedule point (isl union map: outer dims -> instances)."""

    name = "poly.extension"
    extension = prop_def(StringAttr)
    assembly_format = "$extension $child_region attr-dict"

    def __init__(self, extension: str, children: Sequence[Operation] = ()) -> None:
        super().__init__(
            properties={"extension": StringAttr(extension)}, regions=[_region(children)]
        )


@irdl_op_definition
class MarkOp(TreeOp):
    """A named point of the tree, for example the unit that executes what is below."""

    name = "poly.mark"
    mark = prop_def(StringAttr)
    assembly_format = "$mark $child_region attr-dict"

    def __init__(self, mark: str, children: Sequence[Operation] = ()) -> None:
        super().__init__(properties={"mark": StringAttr(mark)}, regions=[_region(children)])


class _FiltersOp(TreeOp):
    def verify_(self) -> None:
        if any(not isinstance(child, FilterOp) for child in self.children):
            raise VerifyException(f"{self.name} holds poly.filter ops")


@irdl_op_definition
class SequenceOp(_FiltersOp):
    """Filters executed one after the other."""

    name = "poly.sequence"
    assembly_format = "$child_region attr-dict"

    def __init__(self, children: Sequence[Operation]) -> None:
        super().__init__(regions=[_region(children)])


@irdl_op_definition
class SetOp(_FiltersOp):
    """Filters executed in any order."""

    name = "poly.set"
    assembly_format = "$child_region attr-dict"

    def __init__(self, children: Sequence[Operation]) -> None:
        super().__init__(regions=[_region(children)])


POLY = Dialect(
    "poly",
    [
        ScopOp,
        StmtOp,
        LookupOp,
        DomainOp,
        ContextOp,
        BandOp,
        FilterOp,
        ExtensionOp,
        MarkOp,
        SequenceOp,
        SetOp,
    ],
    [],
)

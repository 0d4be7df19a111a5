"""Show the dependences of a program as attributes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import islpy as isl
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import poly
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral.context import maps_of
from akg_mlir.polyhedral.dependence import analyse, memory_based

ANALYSES = {"value": analyse, "memory": memory_based}


@dataclass(frozen=True)
class PolyDependences(ModulePass):
    """Write the dependences of every poly.scop beside it, as attributes of isl text.

    `raw`, `war` and `waw` relate an instance to a later one; `kind=value` (default) keeps those
    through which a value flows or by which it is overwritten next, `kind=memory` all pairs that
    touch one element. `reduction_self` are the pairs of updates of one declared reduction, which
    may be reordered; `reduction_order` are what keeps other accesses out of a reduction. Empty
    ones are left out. No pass reads the attributes.
    """

    name = "poly-dependences"

    kind: Literal["value", "memory"] = "value"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for scop in [s for s in op.walk() if isinstance(s, poly.ScopOp)]:
            try:
                found = ANALYSES[self.kind](read_scop(scop))
            except isl.Error as error:
                raise CompileError(f"isl finds no dependences: {error}", scop) from error
            for field in fields(found):
                relation: isl.UnionMap = getattr(found, field.name)
                if not relation.is_empty():
                    scop.attributes[field.name] = StringAttr(_text(relation))


def _text(relation: isl.UnionMap) -> str:
    """The relation with its maps in order of their names: isl's own order is that of a hash."""
    maps = sorted(str(part)[2:-2] for part in maps_of(relation.coalesce()))
    return f"{{ {'; '.join(maps)} }}"

"""`poly-verify`: run the judge on every scop and record what it proved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.passes.affine.clone_bodies import wrong_bodies
from akg_mlir.passes.affine.statements import ArrayNames, read_scop
from akg_mlir.polyhedral.legality import verify

PROVED = ("bodies", "bounds", "order", "copy-before-use", "dataflow", "live-out", "bands")


@dataclass(frozen=True)
class PolyVerify(ModulePass):
    """Prove that each schedule tree computes what its original statements compute.

    From the statements and the tree alone: every read gets the value that it gets in the textual
    program, through clones, copies and buffers and modulo the order inside declared reductions;
    every live-out element ends with the right value; accesses stay inside their arrays;
    instances below one unit mark do not depend on each other; coincident and permutable bands are
    what they say. The scop gets the attribute `proved`; a failed proof is an error with a concrete
    counter-example.
    """

    name = "poly-verify"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for scop in op.walk():
            if isinstance(scop, poly.ScopOp):
                _prove(scop)


def _prove(scop: poly.ScopOp) -> None:
    broken = [f"bodies: {text}" for text in wrong_bodies(scop)]
    if not broken:
        names = ArrayNames()
        violations = verify(read_scop(scop, names), read_tree(scop.tree))
        broken = [f"{v.kind}: {_with_values(v.message, names)}" for v in violations]
    if broken:
        text = "\n".join(f"  {line}" for line in broken)
        raise CompileError(
            f"the schedule tree does not compute the original program:\n{text}",
            scop,
            hint="the pass that produced this tree is wrong, or a hand edit is",
        )
    scop.proved = ArrayAttr([StringAttr(p) for p in PROVED])
    remark(PolyVerify.name, "passed", "poly.scop", f"proved {', '.join(PROVED)}")


def _with_values(message: str, names: ArrayNames) -> str:
    """The message with SSA values (`%x[3]`) in place of the names that isl knows arrays by."""

    def spelled(found: re.Match[str]) -> str:
        value = names.values.get(found.group(0))
        return found.group(0) if value is None else f"%{value.name_hint or found.group(0)}"

    return re.sub(r"\w+", spelled, message)

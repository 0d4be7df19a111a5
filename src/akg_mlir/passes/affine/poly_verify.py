"""`poly-verify`: run the judge on every scop and record what it proved."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import poly

PROVED = ("bounds", "copy-before-use", "dataflow", "live-out")


@dataclass(frozen=True)
class PolyVerify(ModulePass):
    """Prove that each schedule tree computes what its original statements compute.

    The scop gets the attribute `proved`; a failed proof is an error with a counter-example.
    """

    name = "poly-verify"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        from akg_mlir.passes.affine.bridge import read_tree
        from akg_mlir.passes.affine.statements import read_scop
        from akg_mlir.polyhedral.legality import verify

        for scop in op.walk():
            if not isinstance(scop, poly.ScopOp):
                continue
            violations = verify(read_scop(scop), read_tree(scop.tree))
            if violations:
                text = "\n".join(f"  {v.kind}: {v.message}" for v in violations)
                raise CompileError(
                    f"the schedule tree does not compute the original program:\n{text}",
                    scop,
                    hint="the pass that produced this tree is wrong, or a hand edit is",
                )
            scop.proved = ArrayAttr([StringAttr(p) for p in PROVED])
            remark(self.name, "passed", "poly.scop", f"proved {', '.join(PROVED)}")

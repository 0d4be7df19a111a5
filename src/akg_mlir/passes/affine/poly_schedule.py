"""Schedule statements: exact dependences, serialised components, conservative clusters."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import remark
from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bridge import replace_tree
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral.clustering import clusters_of
from akg_mlir.polyhedral.dependence import analyse
from akg_mlir.polyhedral.scheduling import SchedulingError, schedule


@dataclass(frozen=True)
class PolySchedule(ModulePass):
    """Give every poly.scop a schedule of parallel, tilable statement clusters."""

    name = "poly-schedule"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for scop in [s for s in op.walk() if isinstance(s, poly.ScopOp)]:
            _schedule_scop(scop)


def _schedule_scop(op: poly.ScopOp) -> None:
    where = function_name(op)
    scop = read_scop(op)
    if not scop.originals:
        return
    try:
        root = schedule(scop, analyse(scop))
    except SchedulingError as error:
        remark("poly-schedule", "missed", where, f"kept the textual order: {error}")
        return
    replace_tree(op, root)
    clusters = clusters_of(root)
    remark(
        "poly-schedule",
        "passed",
        where,
        "clusters " + " ".join("{" + ", ".join(c.names) + "}" for c in clusters),
        clusters=len(clusters),
        statements=len(scop.originals),
    )


def function_name(op: poly.ScopOp) -> str:
    """Name of the function around a scop, for remarks."""
    parent = op.parent_op()
    return parent.sym_name.data if isinstance(parent, func.FuncOp) else op.name

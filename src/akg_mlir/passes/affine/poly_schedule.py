"""Schedule statements: exact dependences, serialised components, conservative clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import remark
from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bridge import replace_tree
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral.clustering import Cluster, clusters_of
from akg_mlir.polyhedral.scheduling import (
    OPERATIONS,
    SECONDS,
    Options,
    SchedulingError,
    schedule,
)
from akg_mlir.polyhedral.tree import Band

NAME = "poly-schedule"


@dataclass(frozen=True)
class PolySchedule(ModulePass):
    """Give every poly.scop a schedule of parallel, tilable statement clusters.

    `algorithm` is what isl uses inside a strongly connected component: `pluto` or `feautrier`;
    `textual` keeps the order of the program. `group=false` schedules the statements of a
    point-wise chain one by one instead of as one; the tree is the same, later. `cluster=false`
    leaves the components apart. `budget` bounds the scheduler, in isl operations, and `seconds`
    the processor time of deep nests that depend on each other, which are scheduled in a child
    process: where one runs out, the textual order remains.
    """

    name = NAME

    algorithm: Literal["pluto", "feautrier", "textual"] = "pluto"
    group: bool = True
    cluster: bool = True
    budget: int = OPERATIONS
    seconds: float = SECONDS

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.algorithm == "textual":
            return
        options = Options(self.algorithm, self.group, self.cluster, self.budget, self.seconds)
        for scop in [s for s in op.walk() if isinstance(s, poly.ScopOp)]:
            _schedule_scop(scop, options)


def _schedule_scop(op: poly.ScopOp, options: Options) -> None:
    where = function_name(op)
    scop = read_scop(op)
    if scop.domain().is_empty():
        remark("poly-schedule", "missed", where, "nothing executes")
        return
    try:
        found = schedule(scop, options)
    except SchedulingError as error:
        remark(NAME, "missed", where, f"kept the textual order: {error}")
        return
    replace_tree(op, found.root)
    for names in found.groups:
        remark(
            NAME,
            "passed",
            where,
            f"grouped {_braced(names)} as one statement",
            statements=len(names),
        )
    for merge in found.merges:
        both = f"{_braced(merge.earlier)} and {_braced(merge.later)}"
        if merge.refusal is None:
            remark(NAME, "passed", where, f"merged {both}")
        else:
            remark(NAME, "missed", where, f"kept apart {both}: {merge.refusal}")
    clusters = clusters_of(found.root)
    for cluster in clusters:
        remark(
            NAME,
            "passed",
            where,
            f"scheduled {_braced(cluster.names)} below {_outer_band(cluster)}",
        )
    remark(
        NAME,
        "passed",
        where,
        "clusters " + " ".join(_braced(c.names) for c in clusters),
        clusters=len(clusters),
        statements=len(scop.originals),
    )


def _braced(names: tuple[str, ...]) -> str:
    return "{" + ", ".join(names) + "}"


def _outer_band(cluster: Cluster) -> str:
    """The band of a cluster in words."""
    band: Band | None = cluster.band
    if band is None:
        return "no band"
    kind = "permutable" if band.permutable else "ordered"
    return f"a {kind} band of {band.members} members, {sum(band.coincident)} of them coincident"


def function_name(op: poly.ScopOp) -> str:
    """Name of the function around a scop, for remarks."""
    parent = op.parent_op()
    return parent.sym_name.data if isinstance(parent, func.FuncOp) else op.name

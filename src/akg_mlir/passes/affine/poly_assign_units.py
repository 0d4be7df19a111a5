"""Give every statement in a tile its unit: cube, vector or scalar."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bodies import is_cube_product, is_zero_fill, vector_refusal
from akg_mlir.passes.affine.bridge import read_tree, replace_tree
from akg_mlir.passes.affine.poly_schedule import function_name
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.contraction import find_contraction, join
from akg_mlir.polyhedral.point_bands import point_band
from akg_mlir.polyhedral.scop import Scop, Statement
from akg_mlir.polyhedral.units import distribute

NAME = "poly-assign-units"


@dataclass(frozen=True)
class PolyAssignUnits(ModulePass):
    """Put every statement of a tile below the mark of the unit that executes it.

    Point bands are distributed over statements, contraction updates join their initialisation on
    the cube, and the dimension that walks memory contiguously becomes the innermost one.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for scop in [s for s in op.walk() if isinstance(s, poly.ScopOp)]:
            _assign(scop)


def _assign(op: poly.ScopOp) -> None:
    scop, bodies = read_scop(op), {s.sym_name.data: s for s in op.statements}
    where = function_name(op)
    units = {s.name: _unit(scop, s, bodies[s.name]) for s in scop.statements if not s.copy}

    def leaf(name: str) -> tree.Node:
        statement = scop.by_name[name]
        return tree.Mark(point_band(scop, statement), name=f"npu.{units[name][0]}")

    try:
        root = distribute(scop, read_tree(op.tree), leaf)
        root = _join_contractions(scop, root, bodies, where)
    except tree.TreeError as error:
        raise CompileError(str(error), op) from error
    for name in _executed(root):
        unit, reason = units[name]
        if reason is not None:
            remark(NAME, "missed", where, f"@{name} on the {unit} unit: {reason}")
    replace_tree(op, root)


def _unit(scop: Scop, statement: Statement, body: poly.StmtOp) -> tuple[str, str | None]:
    """The unit of a statement by itself, and why it is not the vector unit."""
    spec = scop.by_name[statement.clone_of] if statement.clone_of else statement
    reason = vector_refusal(body, spec.reduction is not None)
    return ("vector", None) if reason is None else ("scalar", reason)


def _executed(root: tree.Domain) -> list[str]:
    names: list[str] = []
    for node in tree.walk(root):
        if isinstance(node, tree.Filter) and isinstance(node.child, tree.Mark | tree.Band):
            names += [n for n in tree.statement_names(node.filter) if n not in names]
    return names


def _join_contractions(
    scop: Scop, root: tree.Domain, bodies: dict[str, poly.StmtOp], where: str
) -> tree.Domain:
    """Move contractions that the cube can do to it, each together with its initialisation."""
    executed = _executed(root)
    for name in executed:
        statement = scop.by_name[name]
        if not is_cube_product(bodies[name]) or find_contraction(statement) is None:
            continue
        cell = statement.writes[0].array
        inits = [
            other
            for other in executed
            if is_zero_fill(bodies[other]) and scop.by_name[other].writes[0].array == cell
        ]
        joined = None
        if len(inits) == 1:
            joined = join(root, scop, inits[0], name, "npu.cube")
        if joined is None:
            remark(NAME, "missed", where, f"@{name} not on the cube: no initialisation beside it")
            continue
        remark(NAME, "passed", where, f"@{name} with @{inits[0]} on the cube")
        root = joined
    return root

"""Kernels of a machine on which the cube and the vector unit have cores of their own."""

from __future__ import annotations

from collections.abc import Collection

from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bodies import is_rounding, is_zero_fill
from akg_mlir.polyhedral.scop import Scop, Statement


def stranger(op: poly.ScopOp, scop: Scop, products: Collection[str]) -> str | None:
    """The first statement that the cube's core cannot execute beside these products, if any.

    It starts them from zero and rounds their results on the way to GM, and that is all; it also
    multiplies nothing that the same kernel makes, since results do not come back.
    """
    cells = {scop.by_name[name].writes[0].array for name in products}
    made = {access.array for statement in scop.originals for access in statement.writes}
    bodies = {s.sym_name.data: s for s in op.statements}
    for statement in scop.originals:
        if statement.name in products:
            fits = not made & (_read(statement) - cells)
        elif is_zero_fill(bodies[statement.name]):
            fits = statement.writes[0].array in cells
        else:
            fits = is_rounding(bodies[statement.name]) and _read(statement) <= cells
        if not fits:
            return statement.name
    return None


def _read(statement: Statement) -> set[str]:
    return {access.array for access in statement.reads}

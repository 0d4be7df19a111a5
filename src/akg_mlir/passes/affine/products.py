"""Which updates are products that the cube may sum: contractions and convolutions."""

from __future__ import annotations

from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bodies import (
    WINDOWS,
    cube_type_refusal,
    is_cube_product,
    is_product_update,
)
from akg_mlir.polyhedral.contraction import find_contraction
from akg_mlir.polyhedral.convolution import find_convolution
from akg_mlir.polyhedral.image_product import find_image_product
from akg_mlir.polyhedral.scop import Scop


def product_updates(op: poly.ScopOp, scop: Scop) -> frozenset[str]:
    """The originals that poly-assign-units may give to the cube, whatever their tiles."""
    return frozenset(
        name
        for stmt in op.statements
        if stmt.order is not None
        and is_product_update(stmt)
        and (is_cube_product(stmt) or cube_type_refusal(stmt, WINDOWS) is None)
        and _multiplies(scop, name := stmt.sym_name.data)
    )


def _multiplies(scop: Scop, name: str) -> bool:
    statement = scop.by_name[name]
    found = (find(statement) for find in (find_contraction, find_convolution, find_image_product))
    return any(product is not None for product in found)

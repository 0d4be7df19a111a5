"""Give every statement in a tile its unit: cube, vector or scalar."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bodies import (
    FRACTALS,
    WINDOWS,
    cube_type_refusal,
    is_lookup,
    is_product_update,
    is_rounding,
    is_zero_fill,
    vector_refusal,
)
from akg_mlir.passes.affine.bridge import read_tree, replace_tree
from akg_mlir.passes.affine.poly_schedule import function_name
from akg_mlir.passes.affine.separate_cores import stranger
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.passes.npu.memory.target import target_or_default
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.contraction import FRACTAL, fills_blocks, find_contraction, join
from akg_mlir.polyhedral.convolution import find_convolution
from akg_mlir.polyhedral.image_product import find_image_product
from akg_mlir.polyhedral.point_bands import point_band
from akg_mlir.polyhedral.scop import Statement
from akg_mlir.polyhedral.units import distribute

NAME = "poly-assign-units"


CONVOLUTION_UNITS = ("cube", "vector")


@dataclass(frozen=True)
class PolyAssignUnits(ModulePass):
    """Put every statement of a tile below the mark of the unit that executes it.

    Point bands are distributed over statements, contraction updates join their initialisation on
    the cube, and the dimension that walks memory contiguously becomes the innermost one.
    `convolutions` says where contractions over windows of an image that is not packed go: to the
    `cube` (by img2col, up to poly-promote) or the `vector` unit. Those of a packed image go to the
    cube. Where the units have cores of their own, a kernel whose statements need both runs on the
    vector unit; what rounds results of the cube is part of their way to GM (`npu.dma`).
    """

    name = NAME

    convolutions: str = "cube"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.convolutions not in CONVOLUTION_UNITS:
            raise CompileError(
                f"convolutions run on the {' or the '.join(CONVOLUTION_UNITS)} unit, "
                f"not on '{self.convolutions}'",
                op,
            )
        for scop in [s for s in op.walk() if isinstance(s, poly.ScopOp)]:
            _Assigner(scop, self.convolutions == "cube", target_or_default(op).is_split).run()


class _Assigner:
    def __init__(self, op: poly.ScopOp, convolutions: bool, split: bool) -> None:
        self.op, self.convolutions = op, convolutions
        self.scop = read_scop(op)
        self.bodies = {s.sym_name.data: s for s in op.statements}
        self.where = function_name(op)
        self.stranger: str | None = None
        self.rounded: frozenset[str] = frozenset()
        if split:
            products = [s.name for s in self.scop.originals if self.is_for_cube(s)]
            self.stranger = stranger(op, self.scop, products)
            cells = {self.scop.by_name[name].writes[0].array for name in products}
            self.rounded = frozenset() if self.stranger else frozenset(cells)

    def run(self) -> None:
        units = {s.name: self.unit(s) for s in self.scop.statements if not s.copy}

        def leaf(name: str) -> tree.Node:
            statement = self.scop.by_name[name]
            return tree.Mark(point_band(self.scop, statement), name=f"npu.{units[name][0]}")

        try:
            root = distribute(self.scop, read_tree(self.op.tree), leaf)
            root, cube = self.join_contractions(root)
        except tree.TreeError as error:
            raise CompileError(str(error), self.op) from error
        for name in _executed(root):
            unit, reason = units[name]
            if name not in cube and reason is not None:
                remark(NAME, "missed", self.where, f"@{name} on the {unit} unit: {reason}")
        vector = [f"@{n}" for n in _executed(root) if n not in cube and units[n][0] == "vector"]
        if vector:
            remark(NAME, "analysis", self.where, f"{', '.join(vector)} on the vector unit")
        replace_tree(self.op, root)

    def unit(self, statement: Statement) -> tuple[str, str | None]:
        """The unit of a statement by itself, and why it is not the vector unit."""
        if is_rounding(self.bodies[statement.name]) and statement.reads[0].array in self.rounded:
            return "dma", None
        if is_lookup(self.bodies[statement.name]):
            return "scalar", None
        reason = vector_refusal(
            self.bodies[statement.name], self.original(statement).reduction is not None
        )
        return ("vector", None) if reason is None else ("scalar", reason)

    def original(self, statement: Statement) -> Statement:
        return self.scop.by_name[statement.clone_of] if statement.clone_of else statement

    def join_contractions(self, root: tree.Domain) -> tuple[tree.Domain, set[str]]:
        """Move contractions that the cube can do to it, each together with its initialisation.

        Returns the tree and the statements on the cube.
        """
        cube: set[str] = set()
        executed = _executed(root)
        for name in executed:
            statement = self.scop.by_name[name]
            if not self.is_product(statement):
                continue
            reason = self.refuses_cube(statement)
            inits = [n for n in executed if self.initialises(n, statement)]
            joined = None
            if reason is None and len(inits) == 1:
                joined = join(root, self.scop, inits[0], name, "npu.cube")
            if joined is None:
                reason = reason or "no initialisation beside it"
                remark(NAME, "missed", self.where, f"@{name} not on the cube: {reason}")
                continue
            remark(NAME, "passed", self.where, f"@{name} with @{inits[0]} on the cube")
            root = joined
            cube |= {name, inits[0]}
        return root, cube

    def is_product(self, statement: Statement) -> bool:
        reduces = self.original(statement).reduction is not None
        return reduces and is_product_update(self.bodies[statement.name])

    def is_for_cube(self, statement: Statement) -> bool:
        return self.is_product(statement) and self.refuses_cube(statement) is None

    def refuses_cube(self, statement: Statement) -> str | None:
        """Why the cube cannot do a product update, or None."""
        if self.stranger is not None:
            return f"@{self.stranger} needs the vector unit, which has a core of its own"
        body = self.bodies[statement.name]
        original = self.original(statement)
        matrices = find_contraction(statement)
        packed = matrices or find_image_product(original)
        if packed is not None:
            if not fills_blocks(self.scop, packed.a, matrices.depth if matrices else FRACTAL):
                return "the rows of its fractals are not blocks"
            return cube_type_refusal(body, FRACTALS)
        reason = cube_type_refusal(body, WINDOWS)
        if reason is not None:
            return reason
        if find_convolution(original) is None:
            return "its operands are neither fractal matrices nor an image and a kernel"
        return None if self.convolutions else "convolutions were asked to run on the vector unit"

    def initialises(self, name: str, update: Statement) -> bool:
        written = self.scop.by_name[name].writes[0].array
        return is_zero_fill(self.bodies[name]) and written == update.writes[0].array


def _executed(root: tree.Domain) -> list[str]:
    names: list[str] = []
    for node in tree.walk(root):
        if isinstance(node, tree.Filter) and isinstance(node.child, tree.Mark | tree.Band):
            names += [n for n in tree.statement_names(node.filter) if n not in names]
    return names

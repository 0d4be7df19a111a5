"""Schedule trees to tile ops."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import affine, func, memref
from xdsl.dialects.builtin import (
    AffineMapAttr,
    ArrayAttr,
    IntegerAttr,
    ModuleOp,
    StringAttr,
    UnitAttr,
    i64,
)
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import npu, poly
from akg_mlir.passes.affine.bodies import is_lookup
from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.passes.affine.poly_schedule import function_name
from akg_mlir.passes.affine.statements import ArrayNames, read_scop
from akg_mlir.passes.npu.generate.copies import emit_copy
from akg_mlir.passes.npu.generate.cores import Grid, choose_grid, communicates, parts, restrict
from akg_mlir.passes.npu.generate.cube import emit_product
from akg_mlir.passes.npu.generate.description import describe
from akg_mlir.passes.npu.generate.indices import Indices, Materialiser
from akg_mlir.passes.npu.generate.lookups import emit_lookup
from akg_mlir.passes.npu.generate.loops import core_context, generate_loops
from akg_mlir.passes.npu.generate.scalar import emit_scalar, uses_indices
from akg_mlir.passes.npu.generate.storage import Place, Storage, forget_tiles
from akg_mlir.passes.npu.generate.tile import Tile, make_tile, nonlinear_dims
from akg_mlir.passes.npu.generate.vector import emit_vector
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tile_statements import (
    Demand,
    TileProgram,
    specification,
    tile_program,
)
from akg_mlir.polyhedral.tree import TreeError
from akg_mlir.targets import Target

NAME = "npu-generate"


@dataclass(frozen=True)
class NpuGenerate(ModulePass):
    """Generate loops over tiles, with one tile op per statement and tile.

    Below every unit mark a statement becomes tile ops on views of constant sizes: full and partial
    tiles get code of their own. The outermost parallel loops are spread over the cores
    (`npu.cores`), and the function becomes a kernel if it was none. No `poly` op remains;
    `npu.schedule` says in words what was scheduled.
    """

    name = NAME

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        scops = [s for s in op.walk() if isinstance(s, poly.ScopOp)]
        for scop in scops:
            _Generator(scop, target_of(op)).run()
        for function in [f for f in op.walk() if isinstance(f, func.FuncOp)]:
            if "npu.kernel" in function.attributes:
                _erase_unused(function)


class _Generator:
    def __init__(self, op: poly.ScopOp, target: Target) -> None:
        self.op, self.target = op, target
        self.where = function_name(op)
        self.names = ArrayNames()
        self.scop: Scop = read_scop(op, self.names)
        self.bodies = {s.sym_name.data: s for s in op.statements}
        block = op.parent
        assert block is not None
        assert block.first_op is not None
        self.block = block
        self.top = Builder(InsertPoint.before(block.first_op))
        self.builder = Builder(InsertPoint.before(op))
        self.materialiser = Materialiser(self.top)
        self.storage = Storage(self.top)

    def run(self) -> None:
        demands = {
            name: Demand(nonlinear_dims(body), uses_indices(body))
            for name, body in self.bodies.items()
            if body.order is None
        }
        try:
            self.program: TileProgram = tile_program(self.scop, read_tree(self.op.tree), demands)
        except TreeError as error:
            raise CompileError(str(error), self.op) from error
        grids = self.grids()
        self.describe(grids)
        parameters, indices, counts = self.cores(grids)
        root = restrict(self.program, grids, parameters)
        generate_loops(
            root, core_context(counts), self.builder, indices, self.materialiser, self.leaf
        )
        self.op.detach()
        self.op.erase()
        forget_tiles(self.block)

    def describe(self, grids: list[Grid]) -> None:
        """Names for arrays that have none, and what becomes of the tree as `npu.schedule`."""
        parent = self.op.parent_op()
        assert parent is not None
        for name, value in self.names.values.items():
            value.name_hint = value.name_hint or name
        lines = (*npu.schedule_of(parent), *describe(self.op, self.program, grids))
        parent.attributes["npu.schedule"] = ArrayAttr([StringAttr(line) for line in lines])

    # ----------------------------------------------------------------------------------- cores

    def grids(self) -> list[Grid]:
        """How each part is spread; the kernel gets `npu.cores`."""
        found = parts(self.program)
        shared = communicates(self.scop, self.program, [names for _, names in found])
        cores = self.target.cores if shared is None else 1
        if shared is not None:
            remark(NAME, "missed", self.where, f"on one core: {shared} links parts through gm")
        groups = self.program.groups
        grids = [choose_grid(band, [groups[n] for n in names], cores) for band, names in found]
        used = max((grid.cores for grid in grids), default=1)
        parent = self.op.parent_op()
        assert parent is not None
        parent.attributes["npu.kernel"] = UnitAttr()
        parent.attributes["npu.cores"] = IntegerAttr(used, i64)
        load = sum(grid.load for grid in grids)
        remark(NAME, "passed", self.where, f"on {used} cores", cores=used, tiles_per_core=load)
        return grids

    def cores(self, grids: list[Grid]) -> tuple[list[tuple[str, ...]], Indices, dict[str, int]]:
        """The parameters of every grid, what they are, and how many values each has."""
        used = max((grid.cores for grid in grids), default=1)
        indices = Indices()
        counts: dict[str, int] = {}
        if used == 1:
            return [() for _ in grids], indices, counts
        core = self.top.insert(npu.CoreIdOp()).result
        core.name_hint = "core"
        names: list[tuple[str, ...]] = []
        for part, grid in enumerate(grids):
            own: list[str] = []
            below = grid.cores
            for loop, count in enumerate(grid.counts or (1,)):
                below //= count
                name = f"core{part}_{loop}"
                first = loop == 0
                counts[name] = -(-used // below) if first else count
                value = self.position(core, below, None if first else count)
                value.name_hint = value.name_hint or f"core_{'ijklmn'[loop]}"
                indices = indices.with_value(name, value)
                own.append(name)
            names.append(tuple(own))
        return names, indices, counts

    def position(self, core: SSAValue, below: int, count: int | None) -> SSAValue:
        """`core // below`, modulo `count` where other loops are outside of this one."""
        if count == 1:
            return self.materialiser.constant(0)
        expression = AffineExpr.dimension(0)
        if below > 1:
            expression = expression // below
        if count is not None:
            expression = expression % count
        if expression == AffineExpr.dimension(0):
            return core
        map_ = AffineMapAttr(AffineMap(1, 0, (expression,)))
        return self.top.insert(affine.ApplyOp([core], map_)).result

    # ----------------------------------------------------------------------------------- tiles

    def leaf(
        self,
        builder: Builder,
        name: str,
        coordinates: list[AffineExpr],
        indices: Indices,
        place: Place,
    ) -> None:
        for statement in self.program.groups[name].members:
            body = self.bodies[statement.statement.name]
            tile = make_tile(statement, body, coordinates, indices, self.storage, place)
            self.tile(builder, tile)

    def tile(self, builder: Builder, tile: Tile) -> None:
        executed = tile.statement.statement
        match tile.statement.unit:
            case "npu.dma":
                emit_copy(builder, tile)
            case "npu.vector":
                reduces = specification(self.scop, executed).reduction is not None
                emit_vector(builder, tile, reduces, self.target)
            case "npu.cube":
                original = specification(self.scop, executed)
                emit_product(builder, tile, original, self.materialiser)
            case "npu.scalar" if is_lookup(tile.body):
                emit_lookup(builder, tile)
            case "npu.scalar":
                emit_scalar(builder, tile)
            case _:
                raise CompileError(f"no unit is called {tile.statement.unit}", self.op)


def _erase_unused(function: func.FuncOp) -> None:
    """Intermediate tensors that live on chip only have no buffer in gm any more."""
    for op in [o for o in function.walk() if isinstance(o, memref.AllocOp)]:
        deallocs = [
            u.operation for u in op.memref.uses if isinstance(u.operation, memref.DeallocOp)
        ]
        if len(deallocs) == len(list(op.memref.uses)):
            for dealloc in deallocs:
                dealloc.detach()
                dealloc.erase()
            op.detach()
            op.erase()

"""Tile the statements that write results, and the k loops of contractions."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects import poly
from akg_mlir.dialects.npu import BLOCK_BYTES
from akg_mlir.passes.affine.bodies import (
    is_cube_product,
    is_rounding,
    temporaries,
    vector_refusal,
)
from akg_mlir.passes.affine.bridge import read_tree, replace_tree
from akg_mlir.passes.affine.poly_schedule import function_name
from akg_mlir.passes.affine.products import product_updates
from akg_mlir.passes.affine.separate_cores import stranger
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.polyhedral.clustering import Cluster, clusters_of
from akg_mlir.polyhedral.contraction import FRACTAL, fills_blocks, find_contraction
from akg_mlir.polyhedral.convolution import find_convolution
from akg_mlir.polyhedral.dependence import analyse
from akg_mlir.polyhedral.fusable_tiles import choose_fusable
from akg_mlir.polyhedral.image_product import find_image_product
from akg_mlir.polyhedral.policy import Policy, PolicyError, parse_policy
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.tile_choice import Tiler
from akg_mlir.polyhedral.tile_cost import Estimate
from akg_mlir.polyhedral.tile_machine import GlobalMemory, Machine, Transfer
from akg_mlir.polyhedral.tile_model import CubeProduct, Kernel
from akg_mlir.polyhedral.tile_plan import Choice, DoesNotFit
from akg_mlir.polyhedral.tile_search import EQUAL
from akg_mlir.polyhedral.tiled_tree import Isolation, policy_of, tiled_tree
from akg_mlir.polyhedral.tiling import Reduction, find_reductions
from akg_mlir.targets import Target

NAME = "poly-tile"
AUTO = "auto"


@dataclass(frozen=True)
class PolyTile(ModulePass):
    """Tile the live-out statements by a policy such as "S3: 32@UB, 64@UB", or automatically.

    `policy` names statements and gives `size@buffer` (or `_`, whole) for each of their loops; what
    it does not name is chosen. Left alone, it is the policy that stands in the scop (poly-tune), if
    any. `max-redundancy` limits recomputation, as in poly-fuse. `isolation`
    says how partial tiles are kept apart from full ones in generated code: `loops` splits every
    loop where tiles change, `full` gives only full tiles loops of their own, `none` tests every
    tile at run time. `convolutions` says where they will go, as in poly-assign-units.
    """

    name = NAME

    policy: str = AUTO
    max_redundancy: float = 2.0
    isolation: Isolation = "loops"
    convolutions: str = "cube"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        scops = [s for s in op.walk() if isinstance(s, poly.ScopOp)]
        if not scops:
            return
        machine = machine_figures(target_of(op))
        for scop in scops:
            _tile(scop, machine, self)

    def parsed_policy(self, scop: poly.ScopOp) -> Policy | None:
        """The policy of the option, else of the scop. Raises `CompileError` for a malformed one."""
        text = scop.policy.data if self.policy == AUTO and scop.policy else self.policy
        if text == AUTO:
            return None
        try:
            return parse_policy(text)
        except PolicyError as error:
            raise CompileError(
                str(error), scop, hint='like "S3: 32@UB, _, 64@UB; S1: _, 8@L0A"'
            ) from error


def machine_figures(target: Target) -> Machine:
    """The figures of a target that choosing tile sizes needs."""
    flags = 2 * target.flag_latency  # data is there, and its buffer is free again
    paths = {
        path: Transfer(p.startup, p.burst, p.bytes_per_cycle, p.latency + flags, p.posted)
        for path, p in target.paths.items()
    }
    return Machine(
        cores=target.cores,
        capacity=target.memories,
        block_bytes=BLOCK_BYTES,
        paths=paths,
        gm=GlobalMemory(
            dram_total=target.gm.dram_total,
            core_port=target.gm.core_port,
            l2_read=target.gm.l2_read,
            l2_write=target.gm.l2_write,
            l2_bytes=target.gm.l2_usable * target.memories["l2"],
            alignment=target.alignments["gm"],
            unaligned=target.gm.unaligned,
            gap=target.limits.burst_gap * BLOCK_BYTES,
        ),
        vector_startup=target.vector.startup,
        vector_bytes=target.vector.bytes_per_cycle,
        vector_chunk=target.limits.repeat,
        slopes=target.vector.slopes,
        cube_startup=target.cube.startup,
        cube_latency=target.cube.latency + flags,
        cube_macs=target.cube.m * target.cube.n * target.cube.k(2) // target.cube.fractal_cycles,
        windows_startup=target.cube.load3d_startup,
        element_cycles=2 * target.scalar.access_cycles,
        is_split=target.is_split,
        drain=target.drain[1],
    )


def _tile(op: poly.ScopOp, machine: Machine, asked: PolyTile) -> None:
    where, root = function_name(op), read_tree(op.tree)
    tiler = tiler_of(op, machine, asked)
    try:
        tiler, found = choose_fusable(tiler)
    except PolicyError as error:
        raise CompileError(f"the tile policy does not match: {error}", op) from error
    except DoesNotFit as error:
        raise CompileError(str(error), op, hint=error.advice) from error
    tree = tiled_tree(root, tiler.clusters, found.choices, asked.isolation, found.reservations)
    replace_tree(op, tree)
    chosen = str(policy_of(found.choices, tiler.kernel.cubes))
    op.policy = StringAttr(chosen)
    remark(NAME, "passed", where, f"tile policy {chosen}")
    for choice in found.choices:
        _report(choice, where)
    for decision in found.decisions:
        if decision.kind == "tiled" and decision.reason:
            names = "{" + ", ".join(decision.statements) + "}"
            remark(NAME, "analysis", where, f"{names} not fused: {decision.reason}")


def tiler_of(op: poly.ScopOp, machine: Machine, asked: PolyTile) -> Tiler:
    """What chooses the tiles of a scheduled scop, under the options of the pass.

    Raises `CompileError` for a malformed policy.
    """
    scop = read_scop(op)
    clusters = clusters_of(read_tree(op.tree))
    reductions = _reductions(scop, clusters)
    cubes = _cubes(op, scop, reductions)
    if machine.is_split and stranger(op, scop, cubes) is not None:
        cubes = {}  # poly-assign-units says so
    products = product_updates(op, scop)
    others = _other_units(op, scop, asked.convolutions == "cube")
    work = _operations(op)
    kernel = Kernel(
        scop,
        {name: len(opcodes) for name, opcodes in work.items()},
        cubes,
        products,
        machine.block_bytes,
        others,
        {name: sum(machine.slopes.get(o, 1) for o in opcodes) for name, opcodes in work.items()},
        _temporaries(op),
        frozenset(s.sym_name.data for s in op.statements if is_rounding(s)),
        machine.drain,
    )
    policy, redundancy = asked.parsed_policy(op), asked.max_redundancy
    return Tiler(kernel, analyse(scop), clusters, reductions, machine, redundancy, policy)


def _reductions(scop: Scop, clusters: tuple[Cluster, ...]) -> dict[str, Reduction]:
    updates = [s.name for s in scop.originals if s.reduction is not None]
    found = [r for cluster in clusters for r in find_reductions(scop, cluster, updates)]
    return {r.update.name: r for r in found}


def _other_units(op: poly.ScopOp, scop: Scop, convolutions: bool) -> frozenset[str]:
    """Statements that the vector unit does not get: what it cannot do, and `convolutions`."""
    names: set[str] = set()
    for stmt in op.statements:
        statement = scop.by_name[stmt.sym_name.data]
        reduces = statement.reduction is not None
        on_cube = convolutions and reduces and is_cube_product(stmt)
        if vector_refusal(stmt, reduces) or (on_cube and find_convolution(statement)):
            names.add(statement.name)
    return frozenset(names)


def _cubes(op: poly.ScopOp, scop: Scop, reductions: dict[str, Reduction]) -> dict[str, CubeProduct]:
    """The contractions that poly-assign-units will give to the cube."""
    result: dict[str, CubeProduct] = {}
    for stmt in op.statements:
        name = stmt.sym_name.data
        if name not in reductions or not is_cube_product(stmt):
            continue
        found = find_contraction(scop.by_name[name])
        image = find_image_product(scop.by_name[name])
        packed = found or image
        if packed is None or not fills_blocks(scop, packed.a, found.depth if found else FRACTAL):
            continue
        if found is not None:
            whole = (found.m0, found.n0, found.k0)
            result[name] = CubeProduct(reductions[name], found.a, found.b, whole, found.batch)
        elif image is not None:
            whole = (image.n0, image.kh, image.kw, image.c0)
            rows = (image.h, image.w)
            result[name] = CubeProduct(reductions[name], image.a, image.b, whole, (), rows)
    return result


FREE = (affine.LoadOp, affine.StoreOp, affine.ApplyOp, arith.ConstantOp)
OPCODES = {
    "arith.divf": "vdiv",
    "arith.extf": "vconv",
    "arith.truncf": "vconv",
    "arith.sitofp": "vconv",
    "arith.fptosi": "vconv",
    "math.exp": "vexp",
    "math.log": "vln",
    "math.sqrt": "vsqrt",
}
"""Vector instructions that may take longer than an addition."""


def _operations(op: poly.ScopOp) -> dict[str, list[str]]:
    """The vector instructions per instance of each statement, at least one (a copy)."""
    return {
        s.sym_name.data: [
            OPCODES.get(o.name, "vadd") for o in s.body.block.ops if not isinstance(o, FREE)
        ]
        or ["vadd"]
        for s in op.statements
    }


def _temporaries(op: poly.ScopOp) -> dict[str, tuple[int, ...]]:
    """Bytes of an element of each value between the ops of a statement on the vector unit."""
    return {s.sym_name.data: temporaries(s, reduces=s.reduction is not None) for s in op.statements}


def _report(choice: Choice, where: str) -> None:
    """What was chosen, what bounds it, and why the next best sizes are worse."""
    names = "{" + ", ".join(n for c in choice.space.clusters for n in c.names) + "}"
    best, found = choice.estimate, choice.search
    numbers: dict[str, float | int | str] = {
        "cycles": round(best.cycles),
        "tiles": best.tiles,
        "movement_per_instance": round(best.movement, 4),
        "candidates": found.candidates,
        "fitting": found.fitting,
        **{f"{memory}_bytes": need for memory, need in best.need.items()},
    }
    most = max(best.parts, key=lambda part: best.parts[part])
    reasons = [f"{round(best.cycles)} cycles, most of them {most}"]
    if found.bound is not None:
        limit = choice.limits.get(found.bound.lower())
        bound = f"recompute {found.bound} too often" if limit is None else f"overfill {found.bound}"
        reasons.append(f"the cheapest tiles of all {bound}")
        numbers["bound"] = found.bound
        if limit is not None:
            numbers["limit"] = limit
    if found.runner_up is not None:
        numbers["runner_up"] = _sizes(found.runner_up)
        numbers["runner_up_cycles"] = round(found.runner_up.cycles)
        reasons.append(_against(found.runner_up, best))
    message = f"{names} in tiles of {_sizes(best)}: {'; '.join(reasons)}"
    remark(NAME, "analysis", where, message, **numbers)


def _against(other: Estimate, best: Estimate) -> str:
    """Why the second best sizes lost."""
    lost = other.cycles - best.cycles
    if round(lost) <= 0 or lost <= EQUAL * best.cycles:
        return f"{_sizes(other)} is as good"
    part = max(best.parts, key=lambda name: other.parts[name] - best.parts[name])
    return f"{_sizes(other)} takes {round(lost)} more, mainly {part}"


def _sizes(estimate: Estimate) -> str:
    return " x ".join(map(str, estimate.sizes)) or "everything"

"""Fuse producers into tiles: the reverse strategy, with extension nodes and clone statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import islpy as isl
from xdsl.context import Context
from xdsl.dialects import affine, memref
from xdsl.dialects.builtin import IndexType, ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import remark
from akg_mlir.dialects import poly
from akg_mlir.dialects.npu import memref_type
from akg_mlir.passes.affine.bridge import read_tree, replace_tree
from akg_mlir.passes.affine.poly_schedule import function_name
from akg_mlir.passes.affine.products import product_updates
from akg_mlir.passes.affine.statements import ArrayNames, read_scop
from akg_mlir.polyhedral.chunks import Placement, pieces_of, place
from akg_mlir.polyhedral.clones import Clone, fused_tree
from akg_mlir.polyhedral.clustering import clusters_of
from akg_mlir.polyhedral.copies import bytes_of
from akg_mlir.polyhedral.counting import count_pairs
from akg_mlir.polyhedral.dependence import analyse
from akg_mlir.polyhedral.fusable_tiles import tiles_of
from akg_mlir.polyhedral.fusion import Fuser
from akg_mlir.polyhedral.fusion_groups import Decision, Group
from akg_mlir.polyhedral.reservation import Reservation, read_reservations
from akg_mlir.polyhedral.scop import Scop, Statement
from akg_mlir.polyhedral.shared_passes import same_chunks, share_passes

NAME = "poly-fuse"


@dataclass(frozen=True)
class PolyFuse(ModulePass):
    """Recompute producers inside the tiles that use them, so that their results stay on chip.

    `max-redundancy` limits how many times more instances of a producer may execute than the
    original program has; a producer smaller than the results may add as many as that leaves to
    them.
    """

    name = NAME

    max_redundancy: float = 2.0

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for scop in [s for s in op.walk() if isinstance(s, poly.ScopOp)]:
            _fuse(scop, self.max_redundancy)


def _fuse(op: poly.ScopOp, max_redundancy: float) -> None:
    where = function_name(op)
    names = ArrayNames()
    scop, root = read_scop(op, names), read_tree(op.tree)
    clusters = clusters_of(root)
    tiles = tiles_of(clusters, root.domain)
    if not tiles:
        remark(NAME, "missed", where, "nothing is tiled: run poly-tile first")
        return
    clusters, reservations = read_reservations(clusters)
    fuser = Fuser(scop, analyse(scop), max_redundancy, reservations)
    result = fuser.run(clusters, tiles)
    products = product_updates(op, scop)
    groups: dict[Group, Placement] = {}
    for group in result.groups:
        pieces = pieces_of(group, result.inside(group))
        pieces = share_passes(scop, pieces, products, lambda a, b: same_chunks(scop, a, b))
        groups[group] = place(fuser, group, pieces, products)
    dims = {s.name: _dimension_names(s) for s in scop.originals}
    fused = fused_tree(scop, root, groups, dims)
    storages = {name: _allocate(op, names.values[array]) for name, array in fused.storages.items()}
    originals = {s.sym_name.data: s for s in op.statements}
    old_tree = op.tree
    for clone in fused.clones:
        new = _clone_op(originals[clone.original], clone, storages)
        op.body.block.insert_op_before(new, old_tree)
    replace_tree(op, fused.root)
    executed = _executions(scop, fused.clones)
    partial = {r.whole: r for r in reservations}
    for cluster, decision in zip(result.clusters, result.decisions):
        if decision.kind == "fused":
            recomputed = sum(executed[n] for n in decision.statements)
            decision = replace(decision, recomputed=recomputed)
        _report(scop, decision, where, partial.get(cluster))


def _executions(scop: Scop, clones: Iterable[Clone]) -> Counter[str]:
    """Instances of each original that its clones in tiles execute: every chunk band may repeat
    them."""
    result: Counter[str] = Counter()
    for clone in clones:
        if clone.tile_rank == 0:
            continue
        instances = isl.Map.from_range(clone.domain.reset_tuple_id())
        coordinates = clone.domain.dim(isl.dim_type.set) - scop.by_name[clone.original].rank
        tiles = instances.move_dims(isl.dim_type.in_, 0, isl.dim_type.out, 0, coordinates)
        result[clone.original] += count_pairs(tiles)
    return result


def _dimension_names(statement: Statement) -> tuple[str, ...]:
    names = [statement.domain.get_dim_name(isl.dim_type.set, k) for k in range(statement.rank)]
    return tuple(name or f"i{k}" for k, name in enumerate(names))


def _allocate(op: poly.ScopOp, array: SSAValue) -> SSAValue:
    """Storage like an array, for values that stay in a tile. Promotion leaves it without use."""
    alloc = memref.AllocOp([], [], memref_type(array))
    alloc.memref.name_hint = f"{array.name_hint or 'm'}_t"
    block = op.parent
    assert block is not None
    block.insert_op_before(alloc, op)
    return alloc.memref


def _clone_op(original: poly.StmtOp, clone: Clone, storages: Mapping[str, SSAValue]) -> poly.StmtOp:
    """The clone's op: the original's body on the trailing arguments, its private accesses on the
    storage."""
    body = original.body.clone()
    for k in range(clone.tile_rank):
        argument = body.block.insert_arg(IndexType(), k)
        argument.name_hint = f"t{k}"
    accesses = [a for a in body.block.ops if isinstance(a, affine.LoadOp | affine.StoreOp)]
    for k, storage in clone.private.items():
        access = accesses[k]
        access.operands[list(access.operands).index(access.memref)] = storages[storage]
    return poly.StmtOp(
        clone.name,
        str(clone.domain),
        body,
        clone_of=clone.original,
        reduction=None if original.reduction is None else original.reduction.data,
    )


def _report(scop: Scop, decision: Decision, where: str, partial: Reservation | None) -> None:
    names = "{" + ", ".join(decision.statements) + "}"
    match decision.kind:
        case "fused":
            remark(
                NAME,
                "passed",
                where,
                f"{names} recomputed in the tiles that use it" + _details(decision),
                recomputed=decision.recomputed,
                original=decision.original,
                saved_bytes=_saved_bytes(scop, decision, partial),
            )
        case "reserved":
            count = f"{decision.recomputed} of {decision.original} instances"
            remark(
                NAME,
                "passed",
                where,
                f"{names} stays in GM for {count}, whose values others need",
                reserved=decision.recomputed,
                original=decision.original,
            )
        case "dead":
            remark(NAME, "passed", where, f"{names} removed: nothing reads what it computes")
        case "kept":
            remark(NAME, "missed", where, f"{names} stays in GM: {decision.reason}")
        case "joined":
            remark(NAME, "analysis", where, f"{names} {decision.reason}")
        case _ if decision.reason:
            remark(NAME, "analysis", where, f"{names} has its own tile band: {decision.reason}")
        case _:
            pass


def _details(decision: Decision) -> str:
    details: list[str] = []
    if decision.bands > 1:
        details.append(f"in {decision.bands} tile bands")
    if decision.private:
        details.append(f"its values of {', '.join(decision.private)} in private storage")
    return "".join(f", {detail}" for detail in details)


def _saved_bytes(scop: Scop, decision: Decision, partial: Reservation | None) -> int:
    """Bytes of the tensors, or of the rest of them, that are no longer written to and read from
    GM."""
    if partial is not None:
        return 2 * bytes_of(scop, partial.rest.instances.apply(scop.accesses(writes=True)))
    arrays = {a.array for n in decision.statements for a in scop.by_name[n].writes}
    total = 0
    for name in arrays:
        array = scop.arrays[name]
        elements = 1
        for extent in array.shape:
            elements *= extent
        total += 2 * elements * array.element_bytes
    return total

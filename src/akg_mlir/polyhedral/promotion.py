"""Promotion: tile-private buffers, the copies that fill and empty them, accesses redirected.

Every statement that executes becomes a clone that carries its tile coordinates, so a redirected
access is `index - offset(coordinates)`: one affine map. Vector and scalar operands go through UB,
those of contractions through the memories of the cube (`cube_promotion`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.alignment import (
    VECTOR,
    Walk,
    anchored_layout,
    corner,
    innermost,
    involved,
    starts_aligned,
    walk_of,
)
from akg_mlir.polyhedral.buffers import DMA, Promotion, Workspace, short_name, uses_of
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.cube_promotion import promote_cube
from akg_mlir.polyhedral.footprint import Box, box
from akg_mlir.polyhedral.l0_tiles import fit_l0
from akg_mlir.polyhedral.lattice import Lattice, lattice_of
from akg_mlir.polyhedral.normal_form import normalise
from akg_mlir.polyhedral.placement import apart, exposed, footprint, settle
from akg_mlir.polyhedral.reference_groups import Group, ReferenceGroups
from akg_mlir.polyhedral.scop import Scop
from akg_mlir.polyhedral.scopes import Executed, Scope, Use, collect, tile_map
from akg_mlir.polyhedral.tree_times import flat_schedule

DIM = isl.dim_type


def promote(
    scop: Scop, root: tree.Domain, capacity: Mapping[str, int], drain: str = "ub"
) -> Promotion:
    """Decide buffers, copies and references for every statement below a unit mark.

    `capacity` has the bytes of each memory, and results leave L0C for the memory `drain`. Raises
    `tree.TreeError` for a tree that is not as `poly-assign-units` leaves it.
    """
    return _Promoter(scop, root, capacity, drain).run()


class _Promoter:
    def __init__(
        self, scop: Scop, root: tree.Domain, capacity: Mapping[str, int], drain: str
    ) -> None:
        self.scop, self.drain = scop, drain
        self.root = normalise(scop, root)
        self.clones = collect(scop, self.root)
        self.root, self.l0_bands = fit_l0(scop, self.root, self.clones, capacity)
        if self.l0_bands:
            self.clones = collect(scop, self.root)
        self.work = Workspace(scop, self.clones)
        self.demoted: dict[Executed, str] = {}

    @cached_property
    def time(self) -> isl.UnionMap:
        """Source instance -> time; only statements that share an item need it."""
        return flat_schedule(self.root)

    @cached_property
    def written(self) -> isl.UnionSet:
        """All elements that some statement of the program writes."""
        return self.scop.accesses(writes=True).range().coalesce()

    def run(self) -> Promotion:
        promote_cube(self.work, self.clones, self.drain, self.l0_bands)
        self.promote_rest()
        return Promotion(
            self.root,
            tuple(self.clones),
            tuple(self.work.copies),
            tuple(self.work.buffers),
            {e: self.work.references(e) for e in (*self.clones, *self.work.copies)},
            self.work.insertions,
            self.demoted,
        )

    # --------------------------------------------------------------------------------- the rest

    def promote_rest(self) -> None:
        groups: list[tuple[str, Scope, list[Use]]] = []
        temporaries: set[str] = set()
        pending = [
            u for u in uses_of([*self.clones, *self.work.copies]) if u not in self.work.assigned
        ]
        everywhere: dict[str, list[Use]] = {}
        for use in pending:
            everywhere.setdefault(use.access.array, []).append(use)
        for array, uses in everywhere.items():
            tops = dict.fromkeys(use.executed.scope.top for use in uses)
            for top in tops:
                inside = [u for u in uses if u.executed.scope.top is top]
                if not any(u.access.is_write for u in inside):
                    inside = [u for u in inside if u.executed.unit != DMA]
                if inside:
                    temporary = len(tops) == 1 and self.is_temporary(array)
                    temporaries |= {array} if temporary else set()
                    found = settle(top, inside, (lambda: self.time) if temporary else None)
                    elements = self.work.elements(array)
                    parts = ((s, part) for s, group in found for part in apart(s, group, elements))
                    groups += [(array, s, part) for s, part in parts]
        written = [g for g in groups if any(u.access.is_write for u in g[2])]
        while any([self.demote(*group) for group in written]):
            pass
        for array, scope, uses in groups:
            if any(u.access.is_write for u in uses):
                others = [] if array in temporaries else everywhere[array]
                self.promote_written(array, scope, uses, others)
            else:
                self.promote_read_only(array, scope, uses)

    def is_temporary(self, array: str) -> bool:
        known = self.scop.arrays[array]
        return not (known.live_in or known.live_out)

    def on_vector(self, uses: list[Use]) -> list[Use]:
        """The uses by statements on the vector unit: writes first, those of constants after others
        and those of most elements first."""
        found = [u for u in uses if u.executed.unit == VECTOR and u.executed not in self.demoted]
        writes = [u for u in found if u.access.is_write]
        if len(writes) > 1:
            writes.sort(key=lambda u: -box(u.footprint(u.executed.scope.dims)).volume)
            writes.sort(key=_is_fill)
        return [*writes, *(u for u in found if not u.access.is_write)]

    def demote(self, array: str, scope: Scope, uses: list[Use]) -> bool:
        """Move statements off the vector unit that cannot agree on one buffer."""
        sizes = box(footprint(uses, scope.dims)).sizes
        axis, elements = innermost(sizes), self.work.elements(array)
        anchor: isl.Aff | None = None
        changed = False
        for use in self.on_vector(uses):
            walk = walk_of(use, axis, sizes)
            if use.executed in self.demoted or (walk is not None and walk.dim is None):
                continue
            reason = None
            if walk is None or axis is None:
                reason = "its lanes do not follow each other in {}, which is made on chip"
            else:
                start = corner(use, scope, axis) if anchor is None else anchor
                if starts_aligned(use, walk.dim, start, axis, elements):
                    anchor = start
                elif not _is_fill(use):  # npu-legalise may begin at the block
                    reason = "its rows of {}, which is made on chip, start inside a block"
            if reason is not None:
                self.demoted[use.executed] = reason.format(short_name(array))
                changed = True
        return changed

    def promote_written(
        self, array: str, scope: Scope, uses: list[Use], everywhere: list[Use]
    ) -> None:
        """`everywhere` has all uses of a tensor whose values may leave the scope."""
        touched = footprint(uses, scope.dims)
        sizes = box(touched).sizes
        axis, elements = innermost(sizes), self.work.elements(array)
        layout = None
        for use in self.on_vector(uses):
            walk = walk_of(use, axis, sizes)
            if axis is not None and walk is not None and walk.dim is not None:
                anchor = corner(use, scope, axis)
                layout = anchored_layout(touched, anchor, axis, elements)
                break
        layout = layout or self.work.layout(array, touched)
        arranged = self.work.arranged.get(array)
        arrangement = None if arranged is None else arranged(layout.shape)
        store = self.work.storage(array, "ub", scope, layout, arrangement, why="made on chip")
        for use in uses:
            self.work.assign(use, store)
        incoming = exposed(scope, uses, lambda: self.time)
        if incoming is not None:
            self.work.copy_in(store, incoming, uses)
        known = self.scop.arrays[array]
        escapes = len(uses) < len(everywhere) or (incoming is not None and not known.live_in)
        if known.live_out or escapes:
            writes = [u for u in uses if u.access.is_write]
            self.work.copy_out(store, footprint(writes, scope.dims), writes)

    def promote_read_only(self, array: str, scope: Scope, uses: list[Use]) -> None:
        sizes = box(footprint(uses, scope.dims)).sizes
        axis, elements = innermost(sizes), self.work.elements(array)
        groups = ReferenceGroups(scope, axis, elements)
        anywhere: list[Use] = []
        rearranged: list[Use] = []
        for use in uses:
            walk = walk_of(use, axis, sizes) if self.on_vector([use]) else Walk(None)
            if axis is None or (walk is not None and walk.dim is None):
                anywhere.append(use)
            elif walk is None or not groups.place_aligned(use, walk):
                rearranged.append(use)
        for k, use in enumerate(rearranged):
            twin = next((u for u in rearranged[:k] if _same_elements(u, use)), None)
            if twin is None:
                self.promote_rearranged(array, use)
            else:
                self.work.assigned[use] = self.work.assigned[twin]
        for use in anywhere:
            groups.place_anywhere(use)
        for group in groups.groups:
            self.fill(array, scope, groups, group)

    def fill(self, array: str, scope: Scope, groups: ReferenceGroups, group: Group) -> None:
        """A buffer for one of the groups of references, and the copy into it."""
        axis = groups.axis
        lattice = lattice_of(group.touched, axis)
        kept = group.touched if lattice is None else lattice.numbers(group.touched)
        layout = self.work.layout(array, kept)
        if axis is not None and group.anchor is not None:
            elements = self.work.elements(array)
            layout = anchored_layout(kept, group.anchor, axis, elements) or layout
        why = "; ".join(_reasons(groups, group, lattice))
        store = self.work.storage(array, "ub", scope, layout, lattice=lattice, why=why)
        for use in group.uses:
            self.work.assign(use, store)
        moved = (
            group.touched if lattice is not None else self.simply(array, group.touched, layout.box)
        )
        self.work.copy_in(store, moved, group.uses)

    def simply(self, array: str, touched: isl.Map, room: Box) -> isl.Map:
        """What to load for a footprint that is only read: the box around it, as far as there is
        room in the buffer, where it has divisions (windows of flat index spaces) and everything in
        the box can be read. Loops for such a footprint would take isl for ever to find and the DMA
        longer to run than the box."""
        if not any(piece.dim(DIM.div) for piece in touched.get_basic_maps()):
            return touched
        known = self.scop.arrays[array]
        around = box(touched).relation(touched).intersect(room.relation(touched))
        around = around.intersect_range(known.bounds)
        filled = self.written.extract_set(known.bounds.get_space())
        return around if known.live_in or around.range().is_subset(filled) else touched

    def promote_rearranged(self, array: str, use: Use) -> None:
        """A buffer in the order of the statement's own dimensions, filled element by element."""
        executed = use.executed
        scope, dims = executed.scope, involved(use.index, executed.order)
        touched = tile_map(executed.domain, scope.dims, list(dims)).coalesce()
        layout = self.work.layout(array, touched)
        why = "in the order of the lanes, moved element by element"
        store = self.work.storage(array, "ub", scope, layout, why=why)
        names = [f"d{k}" for k in range(executed.domain.dim(DIM.set))]
        kept = [*range(scope.dims), *dims]
        name = self.work.fresh(f"in_{short_name(array)}")
        here = f"{name}[{', '.join(names[k] for k in kept)}]"
        there = ", ".join(n if k in kept else "0" for k, n in enumerate(names))
        back = isl.Map(f"{{ {here} -> {executed.name}[{there}] }}", context())
        read = back.apply_range(_function(use))
        elements = ", ".join(names[d] for d in dims)
        write = isl.Map(f"{{ {here} -> {array}[{elements}] }}", context())
        copy = self.work.new_copy(name, array, touched, scope, executed.items, read, write)
        self.work.assign(Use(copy, 1), store)
        space = isl.LocalSpace.from_space(executed.domain.get_space())
        own = tuple(isl.Aff.var_on_domain(space, DIM.set, d) for d in dims)
        self.work.assigned[use] = store.reference(executed, own)
        self.work.insertions.before.setdefault(executed.items[scope], []).insert(0, copy)


def _reasons(groups: ReferenceGroups, group: Group, lattice: Lattice | None) -> Iterator[str]:
    """Why a buffer that is only read has its form."""
    if len(group.uses) > 1:
        together, apart = groups.elements_of(group.touched), groups.apart(group)
        yield f"{len(group.uses)} references in {together} elements, {apart} if kept apart"
    if len(groups.groups) > 1:
        yield f"one of {len(groups.groups)} boxes, far apart or at other places in a block"
    if lattice is not None:
        yield f"one of {' x '.join(map(str, lattice.steps))} elements kept"


def _is_fill(use: Use) -> bool:
    """Whether the statement reads nothing."""
    return not use.executed.source.reads


def _same_elements(first: Use, second: Use) -> bool:
    """Whether one statement reads the same element by two references."""
    same = first.executed is second.executed
    return same and first.access.relation.is_equal(second.access.relation)


def _function(use: Use) -> isl.Map:
    """Instance -> element of an access, for all instances of the space."""
    back = isl.Map.from_multi_aff(use.executed.to_source)
    return back.apply_range(use.access.relation)

"""Which references of a tensor that is only read share a buffer in UB.

References whose lanes start at different positions in a block cannot share one. Others share the
smallest box around them unless that is larger than their own boxes together: far apart, two small
copies move less and leave more room than one that spans both.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import islpy as isl

from akg_mlir.polyhedral.alignment import Walk, corner, plain_layout, starts_aligned
from akg_mlir.polyhedral.footprint import box
from akg_mlir.polyhedral.lattice import lattice_of
from akg_mlir.polyhedral.scopes import Scope, Use


@dataclass
class Group:
    """References in one box: `touched` is coordinates -> elements. A block starts at `anchor`,
    unless that is None."""

    uses: list[Use]
    touched: isl.Map
    anchor: isl.Aff | None


class ReferenceGroups:
    """Groups of the references of one tensor in one scope; rows of `elements` per block along
    `axis`."""

    def __init__(self, scope: Scope, axis: int | None, elements: int) -> None:
        self.scope, self.axis, self.elements = scope, axis, elements
        self.groups: list[Group] = []

    def place_aligned(self, use: Use, walk: Walk) -> bool:
        """Add a reference of the vector unit; False if its lanes start anywhere in a block."""
        assert self.axis is not None
        fitting = [
            group
            for group in self.groups
            if group.anchor is not None
            and starts_aligned(use, walk.dim, group.anchor, self.axis, self.elements)
        ]
        if self._join(fitting, use):
            return True
        own = corner(use, self.scope, self.axis)
        if not starts_aligned(use, walk.dim, own, self.axis, self.elements):
            return False
        self._start(use, own)
        return True

    def place_anywhere(self, use: Use) -> None:
        """Add a reference that does not care where it starts."""
        if not self._join(self.groups, use):
            self._start(use, None)

    def _start(self, use: Use, anchor: isl.Aff | None) -> None:
        self.groups.append(Group([use], use.footprint(self.scope.dims), anchor))

    def _join(self, groups: list[Group], use: Use) -> bool:
        """Add a reference to the group that grows least, if it takes no more there than alone."""
        if not groups:
            return False
        touched = use.footprint(self.scope.dims)
        alone = self.elements_of(touched)
        best: tuple[int, Group, isl.Map] | None = None
        for group in groups:
            both = group.touched.union(touched).coalesce()
            growth = self.elements_of(both) - self.elements_of(group.touched)
            if growth <= alone and (best is None or growth < best[0]):
                best = growth, group, both
        if best is None:
            return False
        _, group, group.touched = best
        group.uses.append(use)
        return True

    def apart(self, group: Group) -> int:
        """Elements that boxes of their own would take."""
        return sum(self.elements_of(use.footprint(self.scope.dims)) for use in group.uses)

    def elements_of(self, touched: isl.Map) -> int:
        """Elements of the box around what is touched, rows in whole blocks, skipped ones left
        out."""
        lattice = lattice_of(touched, self.axis)
        kept = touched if lattice is None else lattice.numbers(touched)
        return prod(plain_layout(box(kept), self.elements, self.axis).shape)

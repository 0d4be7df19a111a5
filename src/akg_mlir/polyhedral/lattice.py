"""Lattices: references that step over rows of a tensor, so that a buffer keeps the touched ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import islpy as isl

DIM = isl.dim_type


@dataclass(frozen=True)
class Lattice:
    """The elements `phases[k] + steps[k] * number` along each dimension k of a tensor; `phases`
    are expressions of the coordinates of a tile."""

    steps: tuple[int, ...]
    phases: tuple[isl.Aff, ...]

    def numbers(self, touched: isl.Map) -> isl.Map:
        """Coordinates -> numbers, of coordinates -> elements on the lattice."""
        count = touched.dim(DIM.in_)
        space = touched.reset_tuple_id(DIM.out) if touched.has_tuple_id(DIM.out) else touched
        points = space.wrap().flatten()
        local = isl.LocalSpace.from_space(points.get_space())
        element = isl.MultiAff.identity(points.get_space().map_from_set())
        for k, (step, phase) in enumerate(zip(self.steps, self.phases)):
            number = isl.Aff.var_on_domain(local, DIM.set, count + k)
            scaled = number.scale_val(isl.Val(step, points.get_ctx()))
            element = element.set_aff(count + k, scaled.add(_on_more(phase, points)))
        numbers = isl.Map.from_range(points.preimage_multi_aff(element))
        return numbers.move_dims(DIM.in_, 0, DIM.out, 0, count)

    def number(self, element: Sequence[isl.Aff], phases: Sequence[isl.Aff]) -> tuple[isl.Aff, ...]:
        """The numbers of an element on the lattice, so that the divisions leave nothing; `phases`
        over the same space as `element`."""
        return tuple(
            e.sub(phase).scale_down_val(isl.Val(step, e.get_ctx())).floor()
            for e, phase, step in zip(element, phases, self.steps)
        )


def lattice_of(touched: isl.Map, *whole: int | None) -> Lattice | None:
    """The lattice of a footprint, None where it steps over nothing. Rows (along the dimensions
    `whole`) keep everything: a burst moves what lies between two elements faster than it could
    leave it out."""
    steps: list[int] = []
    phases: list[isl.Aff] = []
    for k in range(touched.dim(DIM.out)):
        found = touched.get_range_stride_info(k)
        steps.append(1 if k in whole else int(found.get_stride().to_python()))
        offset = found.get_offset()
        phases.append(offset if steps[-1] > 1 else offset.sub(offset))
    return Lattice(tuple(steps), tuple(phases)) if any(step > 1 for step in steps) else None


def _on_more(expression: isl.Aff, points: isl.Set) -> isl.Aff:
    """An expression of the leading dimensions, over all of them."""
    space = points.get_space()
    local = isl.LocalSpace.from_space(space)
    project = isl.MultiAff.zero(space.map_from_domain_and_range(expression.get_domain_space()))
    for k in range(expression.dim(DIM.in_)):
        project = project.set_aff(k, isl.Aff.var_on_domain(local, DIM.set, k))
    return expression.pullback_multi_aff(project)

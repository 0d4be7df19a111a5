"""The model of a tile space, derived once from tiles of single points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral.alignment import order_of_lanes
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.cube_footprints import (
    cells_of,
    column_of,
    leaves_rounded,
    rounded_results,
    rows_of,
    stepping,
    streamed,
)
from akg_mlir.polyhedral.executions import Execution, Interior, executions
from akg_mlir.polyhedral.footprint import Box, box
from akg_mlir.polyhedral.fusion import Fuser
from akg_mlir.polyhedral.layouts import FRACTAL
from akg_mlir.polyhedral.model_sides import (
    blocks_of,
    extents_of,
    is_in_steps,
    periods_of,
    slopes_of,
)
from akg_mlir.polyhedral.point_bands import contiguous_last, turns
from akg_mlir.polyhedral.scop import Access, Array, Statement
from akg_mlir.polyhedral.tile_model import Footprint, Kernel, Loop, Side, TileModel, Work
from akg_mlir.polyhedral.tiling import Reduction
from akg_mlir.polyhedral.tree import TreeError
from akg_mlir.polyhedral.vector_product import vector_product

DIM = isl.dim_type


def build_model(kernel: Kernel, fuser: Fuser, inside: Interior) -> TileModel:
    """The model of a tile space; the loops inside its tiles follow the tile dimensions."""
    return _Builder(kernel, inside, executions(fuser, inside)).build()


@dataclass
class _Builder:
    kernel: Kernel
    inside: Interior
    executed: list[Execution]
    boxes: dict[str, Box] = field(default_factory=dict[str, Box])

    def build(self) -> TileModel:
        scop, space = self.kernel.scop, self.inside.space
        self.recomputed = {n for c in space.group.producers for n in c.names}
        inner = [k + 1 for i in self.inside.inner for k in i.loops]
        self.dims = max([len(space.extents), *inner])
        self.names = list(dict.fromkeys(e.statement for e in self.executed))
        self.written = {a.array for n in self.names for a in scop.by_name[n].writes}
        self.private = self.private_arrays()
        self.rounded = rounded_results(self.kernel, self.names)
        self.cells = cells_of(self.kernel)
        work = [self.work(e) for e in self.executed]
        footprints = [f for array in scop.arrays.values() for f in self.footprints(array)]
        footprints += [f for place, e in enumerate(self.executed) for f in self.scratch(place, e)]
        return TileModel(self.loops(), tuple(footprints), tuple(work), self.columns(footprints))

    def columns(self, footprints: Iterable[Footprint]) -> int | None:
        """The loop over the columns of a product, if all that follows it in a tile can be done for
        a part of them: one dimension of every statement and buffer, which nothing sums up. (Parts
        of rows at the borders of an image are code of their own, with results of their own.)"""
        updates = [e for e in self.executed if e.statement in self.kernel.cubes]
        if len(updates) != 1:
            return None
        cube, scop = self.kernel.cubes[updates[0].statement], self.kernel.scop
        if cube.cuts_rows:
            return None
        statement = scop.by_name[updates[0].statement]
        column = column_of(statement, cube)
        boxes = [f.held or f.sides for f in footprints if f.memory == "ub"]
        sides = self.sides(updates[0].points, extents_of(statement.domain))
        loop = next((k for k, slope in enumerate(sides[column].slopes) if slope), None)
        for execution in self.executed:
            other = scop.by_name[execution.statement]
            if other is statement or self.initialises(other):
                continue
            if other.reduction is not None or other.name in self.kernel.other_units:
                return None
            boxes.append(self.sides(execution.points, extents_of(other.domain)))
        if loop is None or not all(_is_plain(box, loop) for box in [(sides[column],), *boxes]):
            return None
        return loop

    def scratch(self, place: int, execution: Execution) -> Iterator[Footprint]:
        """The buffers of values between the ops of a statement: boxes of its instances, with rows
        along the lanes."""
        name = execution.statement
        sizes = self.kernel.temporaries.get(name)
        if not sizes or name in self.kernel.cubes or name in self.kernel.other_units:
            return
        statement = self.kernel.scop.by_name[name]
        whole = extents_of(statement.domain)
        inner = self.sides(execution.points, whole)
        order = contiguous_last(statement, statement.rank)
        sides, shape = tuple(inner[k] for k in order), tuple(whole[k] for k in order)
        for size in sizes:
            yield Footprint(
                name, size, "ub", sides, shape, False, False, place, place, scratch=True
            )

    def private_arrays(self) -> set[str]:
        """Arrays that every chunk band keeps for itself: read from GM or recomputed in each."""
        scop = self.kernel.scop
        shared = {
            access.array
            for execution in self.executed
            for access in scop.by_name[execution.statement].writes
            if not execution.sunk
        }
        return set(scop.arrays) - shared

    def work(self, execution: Execution) -> Work:
        statement = self.kernel.scop.by_name[execution.statement]
        sides = self.sides(execution.points, extents_of(statement.domain))
        cube = self.kernel.cubes.get(statement.name)
        if cube is not None:
            sides = self.in_l0(statement.name, sides)
        original = 1
        for side in sides:
            original *= side.whole
        operations = self.kernel.operations.get(statement.name, 1)
        rounds = cube is None and any(a.array in self.rounded for a in statement.reads)
        return Work(
            statement.name,
            self.unit(statement),
            sides,
            original,
            operations,
            max(self.kernel.scop.arrays[a.array].element_bytes for a in statement.accesses),
            statement.name in self.recomputed,
            self.kernel.slopes.get(statement.name, operations) if not rounds else 1,
            statement.reduction is not None,
            cube.rows if cube is not None else (),
            vector_product(statement) if cube is None else None,
        )

    def unit(self, statement: Statement) -> str:
        """Who executes a statement; what starts a product of the cube from zero is part of it."""
        if statement.name in self.kernel.cubes:
            return "cube"
        moves = self.initialises(statement) or leaves_rounded(self.kernel, statement)
        return "none" if moves else "vector"

    @cached_property
    def accesses(self) -> dict[str, list[tuple[int, Access]]]:
        """By array: who accesses it, by place among what executes."""
        found: dict[str, list[tuple[int, Access]]] = {}
        for place, execution in enumerate(self.executed):
            for access in self.kernel.scop.by_name[execution.statement].accesses:
                found.setdefault(access.array, []).append((place, access))
        return found

    def footprints(self, array: Array) -> list[Footprint]:
        """The buffers for one array: one per memory and alignment."""
        classes: dict[tuple[str, ...], list[tuple[int, Access, isl.Map]]] = {}
        own: list[Footprint] = []
        for place, access in self.accesses.get(array.name, ()):
            execution = self.executed[place]
            statement = self.kernel.scop.by_name[execution.statement]
            region = str(execution.region) if array.name in self.private else ""
            touched = execution.points.apply_range(access.relation)
            dims = self.rearranged(statement, access, array)
            if dims:
                found = self.footprint(array, "ub", [(place, access, touched)])
                extents = extents_of(statement.domain)
                sides = self.sides(execution.points, extents)
                own.append(replace(found, held=tuple(sides[d] for d in dims)))
            else:
                for key in self.keys(statement, access, array, touched):
                    classes.setdefault((*key, region), []).append((place, access, touched))
        return own + [self.footprint(array, key[0], uses) for key, uses in classes.items()]

    def rearranged(self, statement: Statement, access: Access, array: Array) -> tuple[int, ...]:
        """The statement's dimensions whose order the buffer of a reference is in, none for one that
        is a box of the array."""
        elsewhere = statement.name in self.kernel.cubes or statement.name in self.kernel.other_units
        if elsewhere or array.name in self.written:
            return ()
        block = max(1, self.kernel.block_bytes // array.element_bytes)
        try:
            return order_of_lanes(statement, access, array.shape, block)
        except TreeError:  # no function: promotion refuses it with a message of its own
            return ()

    def footprint(
        self, array: Array, memory: str, uses: list[tuple[int, Access, isl.Map]]
    ) -> Footprint:
        """The buffer for references that share one."""
        touched = uses[0][2]
        for _, _, other in uses[1:]:
            touched = touched.union(other)
        places = [p for p, _, _ in uses]
        private = array.name in self.written
        leaves = memory == "ub" or (memory == "l0c" and self.kernel.drain == "gm")
        stored = leaves and array.live_out and any(a.is_write for _, a, _ in uses)
        if private and not any(a.is_write for _, a, _ in uses):
            places.append(self.first_write(array.name, places[0]))
        loaded = not private and memory in ("ub", "l1")
        found = Footprint(
            array.name,
            array.element_bytes,
            memory,
            self.sides(touched, array.shape),
            array.shape,
            loaded=loaded,
            stored=stored,
            start=self.begin(uses) if loaded else min(places),
            stop=self.end(uses) if stored else max(places),
            rows=rows_of(self.kernel, array.name),
        )
        place, access, _ = uses[0]
        cube = self.kernel.cubes.get(self.executed[place].statement)
        if cube is not None and memory in ("l0a", "l0b"):
            statement = self.kernel.scop.by_name[self.executed[place].statement]
            sides = self.sides(self.executed[place].points, extents_of(statement.domain))
            return streamed(found, statement, cube, self.in_l0(statement.name, sides))
        if cube is not None and cube.rows and memory == "l1" and access is cube.a:
            return stepping(found, touched, [k for k, n in enumerate(self.extents()[0]) if n > 1])
        if memory == "l0c" and array.name not in self.cells:  # rounded on its way to GM
            return replace(found, held=(Side(0, (0,) * self.dims, 0),))
        return found

    def begin(self, uses: list[tuple[int, Access, isl.Map]]) -> int:
        """Where a loaded buffer is taken at the latest: loops that cut tiles apart move loads to
        the front of the chunk band or tile."""
        regions = {self.executed[place].region for place, _, _ in uses}
        inside = [k for k, e in enumerate(self.executed) if e.region in regions]
        return 0 if None in regions else inside[0]

    def end(self, uses: list[tuple[int, Access, isl.Map]]) -> int:
        """Where a stored buffer is free again: behind the last place of its chunk band or tile."""
        regions = {self.executed[place].region for place, _, _ in uses}
        inside = [k for k, e in enumerate(self.executed) if e.region in regions]
        return len(self.executed) if None in regions else inside[-1]

    def first_write(self, array: str, use: int) -> int:
        """The first place of the same chunk band, or of the tile, that writes an array."""
        scop = self.kernel.scop
        writes = [
            k
            for k, e in enumerate(self.executed)
            if array in {a.array for a in scop.by_name[e.statement].writes}
        ]
        region = self.executed[use].region
        beside = [k for k in writes if self.executed[k].region == region]
        return min(beside or writes)

    def keys(
        self, statement: Statement, access: Access, array: Array, touched: isl.Map
    ) -> list[tuple[str, ...]]:
        """The buffers that a reference needs; references of one key share a buffer."""
        cube = self.kernel.cubes.get(statement.name)
        if cube is not None and access is cube.a:
            return [("l1", statement.name, "a"), ("l0a", statement.name)]
        if cube is not None and access is cube.b:
            return [("l1", statement.name, "b"), ("l0b", statement.name)]
        to_gm = self.kernel.drain == "gm" and array.name in self.cells
        if array.name in self.rounded or to_gm or leaves_rounded(self.kernel, statement):
            return [("l0c",)]
        if cube is not None:
            return [("l0c",), ("ub", *self.alignment(array, touched))]
        if access.is_write and access.array in self.cells and self.initialises(statement):
            return [("l0c",)]
        return [("ub", *self.alignment(array, touched))]

    def initialises(self, statement: Statement) -> bool:
        cell = statement.writes[0].array
        return any(
            c.reduction.update.writes[0].array == cell and not statement.reads
            for c in self.kernel.cubes.values()
        )

    def alignment(self, array: Array, touched: isl.Map) -> tuple[str, ...]:
        """Where the innermost dimension of a footprint starts, modulo blocks."""
        if not array.shape:
            return ()
        offset = self.box_of(touched).offsets[-1]
        block = max(1, self.kernel.block_bytes // array.element_bytes)
        constant = offset.get_constant_val()
        linear = offset.set_constant_val(isl.Val(0, context()))
        return str(linear), str(constant.mod(isl.Val(block, context())))

    def box_of(self, touched: isl.Map) -> Box:
        plain = touched.reset_tuple_id(DIM.out) if touched.has_tuple_id(DIM.out) else touched
        key = str(plain)
        if key not in self.boxes:
            self.boxes[key] = box(plain)
        return self.boxes[key]

    def sides(self, touched: isl.Map, wholes: tuple[int, ...]) -> tuple[Side, ...]:
        found = self.box_of(touched)
        return tuple(
            Side(size, slopes_of(offset, self.dims), whole, size == 1 and is_in_steps(offset))
            for offset, size, whole in zip(found.offsets, found.sizes, wholes)
        )

    def in_l0(self, update: str, sides: tuple[Side, ...]) -> tuple[Side, ...]:
        """Sides of a box of a contraction that moves with its loops for L0, if it has any."""
        within = self.within(update)
        inside = {outer: k for k, outer in within.items()}
        place = {k: within.get(k, inside.get(k, k)) for k in range(self.dims)}  # swaps the two
        return tuple(
            replace(side, slopes=tuple(side.slopes[place[k]] for k in range(self.dims)))
            for side in sides
        )

    def within(self, update: str | None = None) -> dict[int, int]:
        """Loops for L0 (of one update) -> the loops for L1 they are in."""
        return {
            k: outer
            for inner in self.inside.inner
            if isinstance(inner.owner, Reduction) and update in (None, inner.owner.update.name)
            for k, outer in zip(inner.loops, inner.within)
        }

    def extents(self) -> tuple[list[int], list[int | None]]:
        """The iterations of every loop, and the number of the loops inside the tile it is of."""
        extents = [*self.inside.space.extents, *[1] * (self.dims - len(self.inside.space.extents))]
        owners: list[int | None] = [None] * self.dims
        for number, inner in enumerate(self.inside.inner):
            for k, extent in zip(inner.loops, inner.extents):
                extents[k] = extent
                owners[k] = number if owners[k] is None else owners[k]
        return extents, owners

    def loops(self) -> tuple[Loop, ...]:
        extents, owners = self.extents()
        units, fixed, within = self.units(), self.fixed(extents), self.within()
        periods = self.periods()
        return tuple(
            Loop(extent, units.get(k, 1), fixed.get(k), owner, within.get(k), frozenset(periods[k]))
            for k, (extent, owner) in enumerate(zip(extents, owners))
        )

    def periods(self) -> list[set[int]]:
        """By loop, the numbers of iterations after which a subscript starts a new row."""
        result: list[set[int]] = [set() for _ in range(self.dims)]
        for execution in self.executed:
            statement = self.kernel.scop.by_name[execution.statement]
            found = [p for a in statement.accesses for i in a.index for p in periods_of(i)]
            if found:
                points = self.sides(execution.points, extents_of(statement.domain))
                self._add_periods(result, points, found)
            for access in statement.writes:
                found = blocks_of(access.index, statement.domain)
                blocks = [(dim, size) for dim, _, size in found]
                if blocks:
                    touched = execution.points.apply_range(access.relation)
                    shape = self.kernel.scop.arrays[access.array].shape
                    self._add_periods(result, self.sides(touched, shape), blocks)
        return result

    def _add_periods(
        self, result: list[set[int]], sides: tuple[Side, ...], found: list[tuple[int, int]]
    ) -> None:
        """Periods of sides as those of the loops that move them by one."""
        for dim, period in found:
            moving = [k for k, slope in enumerate(sides[dim].slopes) if slope]
            if len(moving) == 1 and sides[dim].slopes[moving[0]] == 1:
                result[moving[0]].add(period)

    def units(self) -> dict[int, int]:
        """Loops along the last dimension of a result move in whole blocks of it, or in whole
        squares of what is transposed, those along rows of points in whole fractals."""
        result: dict[int, int] = {}
        for execution in self.executed:
            statement = self.kernel.scop.by_name[execution.statement]
            cube = self.kernel.cubes.get(execution.statement)
            if cube is not None and cube.rows:
                along = self.work(execution).sides[cube.rows[-1]].slopes
                result |= {k: FRACTAL for k, slope in enumerate(along) if slope == 1}
            array, turned = self.kernel.scop.arrays[statement.writes[-1].array], turns(statement)
            if not (array.shape and (array.live_out or turned)):
                continue
            touched = execution.points.apply_range(statement.writes[-1].relation)
            block = max(1, self.kernel.block_bytes // array.element_bytes)
            block = max(block, FRACTAL) if turned else block
            for k, slope in enumerate(self.sides(touched, array.shape)[-1].slopes):
                if slope == 1:
                    result[k] = max(result.get(k, 1), block)
        return result

    def fixed(self, extents: list[int]) -> dict[int, int]:
        result = {loop: extents[loop] for loop in self.interleaved()}
        for execution in self.executed:
            cube = self.kernel.cubes.get(execution.statement)
            if cube is None:
                continue
            sides = self.work(execution).sides
            within = self.within(execution.statement)
            whole = cube.whole if cube.cuts_rows else (*cube.whole, *cube.rows[-1:])
            for dims, size in ((whole, None), (cube.single, 1)):
                for k in (k for d in dims for k, s in enumerate(sides[d].slopes) if s):
                    for loop in (k, within.get(k, k)):
                        result[loop] = extents[loop] if size is None else size
        return result

    def interleaved(self) -> set[int]:
        """Loops along the places in blocks (`k` of `3 i + k`) of what is made and transposed on
        chip: with some of them a tile would be made of every third row."""
        result: set[int] = set()
        for execution in self.executed:
            statement = self.kernel.scop.by_name[execution.statement]
            if turns(statement):
                sides = self.sides(execution.points, extents_of(statement.domain))
                made = (a for a in statement.reads if not self.kernel.scop.arrays[a.array].live_in)
                for access in made:
                    for _, inner, _ in blocks_of(access.index, statement.domain):
                        result |= {k for k, slope in enumerate(sides[inner].slopes) if slope}
        return result


def _is_plain(sides: tuple[Side, ...], loop: int) -> bool:
    """Whether a loop moves one side of a box at most, by one entry per iteration."""
    moving = [s for s in sides if s.slopes[loop]]
    return len(moving) < 2 and all(s.first == s.slopes[loop] == 1 for s in moving)

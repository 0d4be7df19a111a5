"""Tile statements: below every unit mark the point band becomes one instance per tile.

The result is a schedule tree over the outer loops alone, for isl to generate code from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context, union_set
from akg_mlir.polyhedral.contraction import find_contraction
from akg_mlir.polyhedral.image_product import ImagePart, find_image_product, image_tiles
from akg_mlir.polyhedral.point_bands import member_order
from akg_mlir.polyhedral.scop import Scop, Statement
from akg_mlir.polyhedral.tile_boxes import TileBox, split_boxes, with_dimension
from akg_mlir.polyhedral.tree_times import prefix_of

DIM = isl.dim_type
UNIT_PREFIX = "npu."
CUBE = "npu.cube"


MOST_TILES = 256
"""Tiles that get code of their own where a body needs constant indices."""


@dataclass(frozen=True)
class Demand:
    """What code generation needs of a statement: dimensions that must be loops inside the tile,
    and whether every tile needs constant corners."""

    loops: tuple[int, ...] = ()
    constant: bool = False


@dataclass(frozen=True, eq=False)
class TileStatement:
    """One box of `statement` per tile in `box.tiles`, executed by `unit`.

    A tile is the values of all bands above the unit mark, then those of the dimensions `loops` of
    the statement. `order` lists the statement's dimensions, innermost last. On the cube, `first`
    says when the accumulator starts from zero: always, never, or where it is 0, and `image` what
    the tile reads of a packed image.
    """

    statement: Statement
    unit: str
    box: TileBox
    order: tuple[int, ...]
    loops: tuple[int, ...] = ()
    first: isl.Aff | bool = False
    image: ImagePart | None = None

    @property
    def dims(self) -> tuple[int, ...]:
        """The dimensions of the box, innermost last: those with more than one value."""
        wide = tuple(d for d in self.order if self.box.sizes[d] > 1)
        return wide or self.order[-1:]

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the box; one element for a statement without dimensions."""
        return tuple(self.box.sizes[d] for d in self.dims) or (1,)


@dataclass(frozen=True, eq=False)
class TileGroup:
    """Tile statements that execute one after the other in each of the same tiles."""

    name: str
    tiles: isl.Set
    members: tuple[TileStatement, ...]


@dataclass(frozen=True)
class TileProgram:
    """The tree over groups of tile statements, and what each of them is."""

    root: tree.Domain
    groups: dict[str, TileGroup]

    @property
    def statements(self) -> list[TileStatement]:
        return [s for group in self.groups.values() for s in group.members]


def tile_program(scop: Scop, root: tree.Domain, demands: dict[str, Demand]) -> TileProgram:
    """Project the point bands below unit marks away; `demands` by statement name.

    Raises `tree.TreeError` where the cube's statements do not fit together, or where too many
    tiles need code of their own.
    """
    return _Projector(scop, root, demands).run()


Projected = tuple[tree.Node | None, list[TileGroup]]


class _Projector:
    def __init__(self, scop: Scop, root: tree.Domain, demands: dict[str, Demand]) -> None:
        self.scop, self.root, self.demands = scop, root, demands
        self.count = 0
        self.position: dict[TileStatement, int] = {}

    def run(self) -> TileProgram:
        child, groups = self.project(self.root.child, 0, (self.root,))
        domain = union_set()
        for group in groups:
            domain = domain.union(isl.UnionSet.from_set(group.tiles.set_tuple_name(group.name)))
        root = tree.Domain(child, domain=domain)
        return TileProgram(root, {group.name: group for group in groups})

    def project(self, node: tree.Node | None, dims: int, above: tuple[tree.Node, ...]) -> Projected:
        """`dims` members of bands are in the nodes `above`."""
        if node is None:
            raise tree.TreeError("a statement is not below a unit mark")
        path = (*above, node)
        match node:
            case tree.Mark() if node.name.startswith(UNIT_PREFIX):
                return self.unit(node, dims, prefix_of(above))
            case tree.Band():
                child, inside = self.project(node.child, dims + node.members, path)
                members = range(dims, dims + node.members)
                band = _band(inside, [*members], node.coincident, node.tile)
                options = band.options if node.options is None else node.options
                return replace(band, child=child, options=options, chunks=node.chunks), inside
            case tree.Sequence():
                parts = [self.project(f.child, dims, (*path, f)) for f in node.filters]
                return self.sequence(parts)
            case _:
                return self.project(node.child, dims, path)

    def sequence(self, parts: list[Projected]) -> Projected:
        """The parts one after the other; neighbours that are no loops share groups.

        isl takes far longer for many statements with equal domains than for one.
        """
        joined: list[Projected] = []
        for is_leaf, run in groupby(parts, lambda part: part[0] is None):
            neighbours = list(run)
            if is_leaf and len(neighbours) > 1:
                inside = [group for _, groups in neighbours for group in groups]
                members = [statement for group in inside for statement in group.members]
                neighbours = [(None, self.grouped(members))]
            joined += neighbours
        if len(joined) == 1:
            return joined[0]
        return _sequence(joined), [group for _, groups in joined for group in groups]

    def grouped(self, statements: list[TileStatement]) -> list[TileGroup]:
        """The statements by the tiles that have the same of them, in the order of the tree.

        Statements are grouped first where the walk over the tree meets them. Groups joined later
        hold them tile by tile: what executes in several groups would come too early.
        """
        for statement in statements:
            self.position.setdefault(statement, len(self.position))
        pieces: list[tuple[isl.Set, tuple[TileStatement, ...]]] = []
        for statement in sorted(set(statements), key=self.position.__getitem__):
            pieces = list(_refined(pieces, statement))
        return [TileGroup(self.name(), tiles, members) for tiles, members in pieces]

    # ------------------------------------------------------------------------------- unit marks

    def unit(self, mark: tree.Mark, dims: int, prefix: isl.UnionMap) -> Projected:
        names = tree.statement_names(prefix.domain())
        statements = [self.scop.by_name[name] for name in names]
        if mark.name == CUBE:
            parts = [self.cube(statements, prefix, dims)]
        else:
            parts = [self.statement(s, mark, prefix, dims) for s in statements]
        return self.sequence(parts)

    def statement(
        self, statement: Statement, mark: tree.Mark, prefix: isl.UnionMap, dims: int
    ) -> Projected:
        """The boxes of one statement, below loops over the dimensions that cannot be in them."""
        demand = self.demands.get(statement.name, Demand())
        order = tuple(member_order(mark.child, statement, 0))
        instances = _instances(prefix, statement)
        loops: list[int] = []
        for dim in demand.loops:
            instances = with_dimension(instances, dim)
            loops.append(dim)
        boxes = split_boxes(instances)
        for dim in order:
            if boxes is not None:
                break
            if dim not in loops and not _fixed(instances, dim):
                instances = with_dimension(instances, dim)
                loops.append(dim)
                boxes = split_boxes(instances)
        assert boxes is not None, "single instances are boxes"
        if demand.constant:
            boxes = [one for box in boxes for one in _by_tile(box)]
        inside = self.grouped(
            [TileStatement(statement, mark.name, box, order, tuple(loops)) for box in boxes]
        )
        if not loops:
            return None, inside
        extra = list(range(dims, dims + len(loops)))
        return _band(inside, extra, (False,) * len(loops), None), inside

    def cube(self, statements: list[Statement], prefix: isl.UnionMap, dims: int) -> Projected:
        """The update of a contraction; its initialisation becomes a property of the tile."""
        updates = [s for s in statements if specification(self.scop, s).reduction is not None]
        inits = [s for s in statements if s not in updates]
        if len(updates) != 1 or len(inits) != 1:
            raise tree.TreeError("the cube takes one contraction and its initialisation")
        update, init = updates[0], inits[0]
        instances, started = _instances(prefix, update), _instances(prefix, init)
        cells = instances.apply_range(update.writes[0].relation)
        zeroed = started.apply_range(init.writes[0].relation)
        if not zeroed.is_equal(cells.intersect_domain(zeroed.domain())):
            raise tree.TreeError(f"@{init.name} does not start exactly what @{update.name} updates")
        order = tuple(range(update.rank))
        found = [
            TileStatement(update, CUBE, part, order, first=first, image=image)
            for box, image in self.cube_boxes(update, instances)
            for part, first in _starts(box, started.domain())
        ]
        return None, self.grouped(found)

    def cube_boxes(
        self, update: Statement, instances: isl.Map
    ) -> list[tuple[TileBox, ImagePart | None]]:
        """The boxes of the cube's update, and what they read of a packed image."""
        original = specification(self.scop, update)
        product = find_image_product(original)
        if product is not None:
            image = update.accesses[original.accesses.index(product.a)]
            return [*image_tiles(instances, product, image, update.rank - original.rank)]
        if find_contraction(original) is None:
            raise tree.TreeError(
                f"@{update.name} on the cube reads windows of an image: loads by img2col cannot be "
                "generated unless it is in nc1hwc0 and its weights in fractal_z; "
                "poly-assign-units{convolutions=vector} avoids them"
            )
        boxes = split_boxes(instances)
        if boxes is None:
            raise tree.TreeError(f"the tiles of @{update.name} are not boxes")
        return [(box, None) for box in boxes]

    def name(self) -> str:
        self.count += 1
        return f"T{self.count - 1}"


def specification(scop: Scop, statement: Statement) -> Statement:
    """The original that a clone executes; the statement itself otherwise."""
    return scop.by_name[statement.clone_of] if statement.clone_of else statement


def _instances(prefix: isl.UnionMap, statement: Statement) -> isl.Map:
    """Tile -> instance of one statement."""
    domain = isl.UnionSet.from_set(statement.domain)
    return isl.Map.from_union_map(prefix.intersect_domain(domain)).reverse()


def _fixed(instances: isl.Map, dim: int) -> bool:
    count = instances.dim(DIM.out)
    side = instances.project_out(DIM.out, dim + 1, count - dim - 1).project_out(DIM.out, 0, dim)
    return side.is_single_valued()


def _by_tile(box: TileBox) -> list[TileBox]:
    """A box per tile, so that its corner is constant."""
    points: list[isl.Set] = []
    if box.tiles.dim(DIM.set) == 0:
        return [box]
    if not box.tiles.count_val().le(isl.Val(MOST_TILES, context())):
        raise tree.TreeError(
            f"a body that uses its indices as values has more than {MOST_TILES} tiles"
        )
    box.tiles.foreach_point(lambda point: points.append(isl.Set.from_point(point.copy())))
    return [replace(box, tiles=point) for point in points]


def _starts(box: TileBox, started: isl.Set) -> list[tuple[TileBox, isl.Aff | bool]]:
    """The tiles of a box by whether the accumulator starts there from zero."""
    inside = box.tiles.intersect(started)
    if inside.is_empty():
        return [(box, False)]
    if box.tiles.is_subset(started):
        return [(box, True)]
    condition = inside.coalesce().gist(box.tiles)
    constraints = [c for part in condition.get_basic_sets() for c in part.get_constraints()]
    if len(constraints) == 1 and constraints[0].is_equality():
        return [(box, constraints[0].get_aff())]
    rest = box.tiles.subtract(started)
    return [(replace(box, tiles=inside), True), (replace(box, tiles=rest), False)]


# ------------------------------------------------------------------------------------------- trees


def _refined(
    pieces: list[tuple[isl.Set, tuple[TileStatement, ...]]], statement: TileStatement
) -> Iterator[tuple[isl.Set, tuple[TileStatement, ...]]]:
    """The pieces split by whether the statement executes there, last."""
    rest = statement.box.tiles
    for tiles, members in pieces:
        if tiles.is_equal(rest):
            yield tiles, (*members, statement)
            rest = rest.subtract(tiles)
            continue
        both = tiles.intersect(rest)
        if both.is_empty():
            yield tiles, members
            continue
        yield both, (*members, statement)
        others = tiles.subtract(both)
        if not others.is_empty():
            yield others.coalesce(), members
        rest = rest.subtract(both)
    if not rest.is_empty():
        yield rest.coalesce(), (statement,)


def _filter(groups: list[TileGroup]) -> isl.UnionSet:
    result = union_set()
    for group in groups:
        space = isl.Set.universe(group.tiles.get_space()).set_tuple_name(group.name)
        result = result.union(isl.UnionSet.from_set(space))
    return result


def _sequence(parts: list[Projected]) -> tree.Sequence:
    return tree.Sequence(
        filters=tuple(tree.Filter(node, filter=_filter(inside)) for node, inside in parts if inside)
    )


def _band(
    groups: list[TileGroup],
    members: list[int],
    coincident: tuple[bool, ...],
    tile: tuple[int, ...] | None,
) -> tree.Band:
    """Bands of tile statements are their coordinates; unless the tree says otherwise, loops are
    split where statements start or end, so that no tile is tested at run time."""
    entries: list[str] = []
    for member in members:
        parts: list[str] = []
        for group in groups:
            names = [f"p{k}" for k in range(group.tiles.dim(DIM.set))]
            parts.append(f"{group.name}[{', '.join(names)}] -> [({names[member]})]")
        entries.append(f"{{ {'; '.join(parts)} }}")
    schedule = isl.MultiUnionPwAff(f"[{', '.join(entries)}]", context())
    options = union_set("{ separate[x] }")
    return tree.Band(schedule=schedule, coincident=coincident, tile=tile, options=options)

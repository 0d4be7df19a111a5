"""Tile-private buffers and copies: what promotion makes, and how it makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.alignment import BLOCK_BYTES, Layout, on_instances, plain_layout
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.footprint import box
from akg_mlir.polyhedral.lattice import Lattice
from akg_mlir.polyhedral.layouts import Arrangement, whole
from akg_mlir.polyhedral.scop import Access, Scop, Statement
from akg_mlir.polyhedral.scopes import Executed, Scope, Use

DIM = isl.dim_type
DMA = "npu.dma"


@dataclass(frozen=True)
class Buffer:
    """Tile-private storage in memory `space` for elements of `array`; `shape` in elements. A tile
    is the values of the first `tile_dims` band members. `why` it has this form, in words."""

    name: str
    array: str
    space: str
    shape: tuple[int, ...]
    tile_dims: int
    why: str


@dataclass(frozen=True)
class Reference:
    """What an access touches after promotion: a tensor or buffer, and the index expressions over
    the dimensions of the executed statement."""

    target: str
    index: tuple[isl.Aff, ...]

    @property
    def relation(self) -> isl.Map:
        """Instance -> element of `target`."""
        space = self.index[0].get_domain_space().from_domain()
        space = space.add_dims(DIM.out, len(self.index)).set_tuple_name(DIM.out, self.target)
        elements = isl.MultiAff.zero(space)
        for k, index in enumerate(self.index):
            elements = elements.set_aff(k, index)
        return isl.Map.from_multi_aff(elements)


@dataclass(frozen=True)
class Storage:
    """A buffer as the box of a tensor that one tile of `scope` keeps, arranged in the buffer; with
    a lattice the box counts the elements on that."""

    buffer: Buffer
    scope: Scope
    layout: Layout
    arrangement: Arrangement
    lattice: Lattice | None

    def reference(self, executed: Executed, element: tuple[isl.Aff, ...]) -> Reference:
        """Where an element (over the statement's dimensions) is in the buffer."""
        if self.lattice is not None:
            phases = [on_instances(phase, executed.domain) for phase in self.lattice.phases]
            element = tuple(e.gist(executed.domain) for e in element)
            element = self.lattice.number(element, phases)
        offsets = self.layout.box.offsets
        local = [e.sub(on_instances(o, executed.domain)) for e, o in zip(element, offsets)]
        if not local:
            space = isl.LocalSpace.from_space(executed.domain.get_space())
            return Reference(self.buffer.name, (isl.Aff.zero_on_domain(space),))
        return Reference(self.buffer.name, self.arrangement.index(local))


@dataclass
class Insertions:
    """Copies around the items of each scope's sequence, in execution order."""

    before: dict[tree.Filter, list[Executed]] = field(
        default_factory=dict[tree.Filter, list[Executed]]
    )
    after: dict[tree.Filter, list[Executed]] = field(
        default_factory=dict[tree.Filter, list[Executed]]
    )


@dataclass(frozen=True)
class Promotion:
    """What promotion decided. `root` is the input tree in normal form, over the input's
    instances; `references` has one entry per access of each clone and copy."""

    root: tree.Domain
    clones: tuple[Executed, ...]
    copies: tuple[Executed, ...]
    buffers: tuple[Buffer, ...]
    references: dict[Executed, tuple[Reference, ...]]
    insertions: Insertions
    demoted: dict[Executed, str]


class Workspace:
    """Buffers, copies and redirected accesses while they are being decided."""

    def __init__(self, scop: Scop, clones: Iterable[Executed]) -> None:
        self.scop = scop
        self.buffers: list[Buffer] = []
        self.copies: list[Executed] = []
        self.insertions = Insertions()
        self.assigned: dict[Use, Reference] = {}
        self.arranged: dict[str, Callable[[Sequence[int]], Arrangement]] = {}
        self._taken = {s.name for s in scop.statements} | {e.name for e in clones}
        self._taken |= set(scop.arrays)

    def fresh(self, base: str) -> str:
        """An unused name for a statement or buffer."""
        name, count = base, 0
        while name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name)
        return name

    def elements(self, array: str) -> int:
        """Elements of a tensor per block."""
        return BLOCK_BYTES // self.scop.arrays[array].element_bytes

    def layout(self, array: str, touched: isl.Map) -> Layout:
        """The box of a footprint, rows padded to whole blocks."""
        return plain_layout(box(touched), self.elements(array))

    def storage(
        self,
        array: str,
        space: str,
        scope: Scope,
        layout: Layout,
        arrangement: Arrangement | None = None,
        lattice: Lattice | None = None,
        why: str = "",
    ) -> Storage:
        """A new buffer for a box; the tensor's dimensions in their order by default."""
        if arrangement is None:
            arrangement = Arrangement(whole(range(len(layout.shape))))
        shape = arrangement.shape(layout.shape) or (self.elements(array),)
        reasons = "; ".join(reason for reason in (why, layout.padding) if reason)
        buffer = self.buffer(array, space, scope, shape, reasons)
        return Storage(buffer, scope, layout, arrangement, lattice)

    def buffer(
        self, array: str, space: str, scope: Scope, shape: tuple[int, ...], why: str
    ) -> Buffer:
        """A new buffer for elements of a tensor."""
        name = self.fresh(f"{short_name(array)}_{space}")
        buffer = Buffer(name, array, space, shape, scope.dims, why)
        self.buffers.append(buffer)
        return buffer

    def assign(self, use: Use, storage: Storage) -> None:
        """Redirect an access to a buffer."""
        self.assigned[use] = storage.reference(use.executed, use.index)

    def copy(
        self, base: str, array: str, moved: isl.Map, scope: Scope, items: dict[Scope, tree.Filter]
    ) -> Executed:
        """A copy of elements of a tensor (coordinates -> element) onto themselves; access 0 reads,
        access 1 writes, and either can be redirected."""
        name = self.fresh(base)
        count = moved.dim(DIM.out)
        here = [f"c{k}" for k in range(scope.dims)] + [f"e{k}" for k in range(count)]
        text = f"{{ {name}[{', '.join(here)}] -> {array}[{', '.join(here[scope.dims :])}] }}"
        element = isl.Map(text, context())
        return self.new_copy(name, array, moved, scope, items, element, element)

    def copy_numbers(
        self,
        base: str,
        array: str,
        lattice: Lattice,
        moved: isl.Map,
        scope: Scope,
        items: dict[Scope, tree.Filter],
    ) -> Executed:
        """A copy of elements on a lattice, by their numbers."""
        name = self.fresh(base)
        numbers = lattice.numbers(moved)
        count = numbers.dim(DIM.out)
        here = [f"c{k}" for k in range(scope.dims)] + [f"e{k}" for k in range(count)]
        scaled = [f"{step}{e}" for step, e in zip(lattice.steps, here[scope.dims :])]
        text = f"{{ {name}[{', '.join(here)}] -> {array}[{', '.join(scaled)}] }}"
        element = isl.MultiAff(text, context())
        space = isl.Space.set_alloc(context(), 0, len(here)).set_tuple_name(DIM.set, name)
        instances = isl.Set.universe(space)
        for k, phase in enumerate(lattice.phases):
            element = element.set_aff(k, element.get_at(k).add(on_instances(phase, instances)))
        relation = isl.Map.from_multi_aff(element)
        return self.new_copy(name, array, numbers, scope, items, relation, relation)

    def new_copy(
        self,
        name: str,
        array: str,
        moved: isl.Map,
        scope: Scope,
        items: dict[Scope, tree.Filter],
        read: isl.Map,
        write: isl.Map,
    ) -> Executed:
        """A copy statement `name[coordinates, range of moved]` with these two accesses."""
        unnamed = moved.reset_tuple_id(DIM.out) if moved.has_tuple_id(DIM.out) else moved
        domain = unnamed.domain_map().reverse().flatten_range().range().set_tuple_name(name)
        accesses = (Access(array, read, False), Access(array, write, True))
        return self._new(name, domain, accesses, scope, items)

    def hop(
        self,
        domain: isl.Set,
        read: Reference | None,
        write: Reference,
        scope: Scope,
        items: dict[Scope, tree.Filter],
    ) -> Executed:
        """A copy between two buffers, for the instances `name[coordinates, ..]` of `domain`; one
        without a read fills with zeros."""
        ends = (write,) if read is None else (read, write)
        accesses = tuple(Access(end.target, end.relation, is_write=end is write) for end in ends)
        hop = self._new(domain.get_tuple_name(), domain, accesses, scope, items)
        for k, end in enumerate(ends):
            self.assigned[Use(hop, k)] = end
        return hop

    def _new(
        self,
        name: str,
        domain: isl.Set,
        accesses: tuple[Access, ...],
        scope: Scope,
        items: dict[Scope, tree.Filter],
    ) -> Executed:
        statement = Statement(name, domain, accesses, copy=True)
        same = isl.MultiAff.identity(domain.get_space().map_from_set())
        order = tuple(range(scope.dims, domain.dim(DIM.set)))
        above = frozenset[tree.Filter]()
        copy = Executed(name, statement, statement, scope, items, above, DMA, domain, same, order)
        self.copies.append(copy)
        return copy

    def copy_in(self, storage: Storage, moved: isl.Map, uses: list[Use]) -> None:
        """Fill a buffer from its tensor before the first item that uses it."""
        scope, array = storage.scope, storage.buffer.array
        items = [use.executed.items for use in uses]
        first = min(items, key=lambda i: scope.sequence.filters.index(i[scope]))
        base = f"in_{short_name(array)}"
        if storage.lattice is None:
            copy = self.copy(base, array, moved, scope, first)
        else:
            copy = self.copy_numbers(base, array, storage.lattice, moved, scope, first)
        self.assign(Use(copy, 1), storage)
        self.insertions.before.setdefault(first[scope], []).insert(0, copy)

    def copy_out(self, storage: Storage, moved: isl.Map, writes: list[Use]) -> None:
        """Empty a buffer into its tensor after the last item that writes it."""
        scope, array = storage.scope, storage.buffer.array
        items = [use.executed.items for use in writes]
        last = max(items, key=lambda i: scope.sequence.filters.index(i[scope]))
        copy = self.copy(f"out_{short_name(array)}", array, moved, scope, last)
        self.assign(Use(copy, 0), storage)
        self.insertions.after.setdefault(last[scope], []).append(copy)

    def references(self, executed: Executed) -> tuple[Reference, ...]:
        """What each access of a statement touches now."""
        return tuple(
            self.assigned.get(use) or Reference(use.access.array, use.index)
            for use in uses_of([executed])
        )


def uses_of(executed: Iterable[Executed]) -> list[Use]:
    """Every access of some statements."""
    return [Use(e, k) for e in executed for k in range(len(e.source.accesses))]


def short_name(array: str) -> str:
    """A tensor's name without the prefix that keeps tensors and statements apart."""
    return array.removeprefix("m_")

"""A static affine program part: statements, their accesses, and the arrays they touch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import islpy as isl

from akg_mlir.polyhedral.context import union_of, union_set
from akg_mlir.polyhedral.counting import count_set
from akg_mlir.polyhedral.tree import TreeError


@dataclass(frozen=True)
class Array:
    """A tensor in some memory. `shape` in elements, `element_bytes` bytes each. A buffer is private
    to a tile: to the values of the `tile_dims` outermost band members."""

    name: str
    shape: tuple[int, ...]
    element_bytes: int
    space: str
    live_in: bool
    live_out: bool
    tile_dims: int | None = None

    @property
    def bounds(self) -> isl.Set:
        """All element indices."""
        dims = ", ".join(f"i{k}" for k in range(len(self.shape)))
        limits = " and ".join(f"0 <= i{k} < {n}" for k, n in enumerate(self.shape))
        text = f"{{ {self.name}[{dims}] : {limits} }}" if limits else f"{{ {self.name}[] }}"
        return isl.Set(text, union_set().get_ctx())


@dataclass(frozen=True)
class Access:
    """One reference of a statement: instance -> element, in body order.

    `function` is the same as an expression, where that is known: to recover it from a relation
    takes isl long, or fails, where the expression divides.
    """

    array: str
    relation: isl.Map
    is_write: bool
    function: isl.MultiAff | None = field(default=None, compare=False)

    @cached_property
    def index(self) -> tuple[isl.Aff, ...]:
        """The element, one expression per dimension of the array.

        Raises `TreeError` if the access is not one quasi-affine function.
        """
        if self.function is not None:
            return tuple(self.function.get_at(k) for k in range(len(self.function)))
        found = isl.PwMultiAff.from_map(self.relation).coalesce()
        if not found.isa_multi_aff():
            raise TreeError(f"an access is not one quasi-affine function: {self.relation}")
        count = self.relation.dim(isl.dim_type.out)
        return tuple(found.get_pw_aff(k).as_aff() for k in range(count))


@dataclass(frozen=True)
class Statement:
    """Instances and accesses of one statement; see dialects/poly.py for the three kinds."""

    name: str
    domain: isl.Set
    accesses: tuple[Access, ...]
    order: isl.Map | None = None
    reduction: str | None = None
    clone_of: str | None = None
    copy: bool = False

    @property
    def reads(self) -> tuple[Access, ...]:
        return tuple(a for a in self.accesses if not a.is_write)

    @property
    def writes(self) -> tuple[Access, ...]:
        return tuple(a for a in self.accesses if a.is_write)

    @property
    def rank(self) -> int:
        return self.domain.dim(isl.dim_type.set)

    @cached_property
    def count(self) -> int:
        """Number of instances."""
        return count_set(self.domain)

    @property
    def nest(self) -> int | None:
        """Position of the outermost loop nest in the program text, where it is a constant."""
        assert self.order is not None
        if self.order.dim(isl.dim_type.out) == 0:
            return None
        value = self.order.range().plain_get_val_if_fixed(isl.dim_type.set, 0)
        return value.to_python() if value.is_int() else None


@dataclass(frozen=True)
class Scop:
    """Statements in textual order and the arrays they access."""

    statements: tuple[Statement, ...]
    arrays: dict[str, Array]

    @cached_property
    def by_name(self) -> dict[str, Statement]:
        return {s.name: s for s in self.statements}

    @property
    def originals(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.statements if s.order is not None)

    @cached_property
    def live_out(self) -> frozenset[str]:
        return frozenset(a.name for a in self.arrays.values() if a.live_out)

    def count(self, names: Iterable[str]) -> int:
        """Number of instances of some statements."""
        return sum(self.by_name[name].count for name in names)

    def domain(self, statements: tuple[Statement, ...] | None = None) -> isl.UnionSet:
        """Union of the domains (of the originals by default)."""
        result = union_set()
        for s in self.originals if statements is None else statements:
            result = result.union(isl.UnionSet.from_set(s.domain))
        return result

    def accesses(
        self, statements: tuple[Statement, ...] | None = None, *, writes: bool
    ) -> isl.UnionMap:
        """Instance -> element relation of all reads or all writes, restricted to the domains."""
        return union_of(
            a.relation.intersect_domain(s.domain)
            for s in (self.originals if statements is None else statements)
            for a in (s.writes if writes else s.reads)
        )

    def textual_order(self) -> isl.UnionMap:
        """`textual_order` of all originals."""
        return textual_order(self.originals)


def textual_order(statements: Iterable[Statement]) -> isl.UnionMap:
    """Original instance -> time of the textual program (padded to one length by the raiser)."""
    parts: list[isl.Map] = []
    for s in statements:
        assert s.order is not None
        parts.append(s.order.intersect_domain(s.domain))
    return union_of(parts)

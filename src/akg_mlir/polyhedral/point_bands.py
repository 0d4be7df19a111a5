"""Point bands: the order in which a unit walks a statement's box, and how references move."""

from __future__ import annotations

import islpy as isl

from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.scop import Access, Scop, Statement

DIM = isl.dim_type


def point_band(scop: Scop, statement: Statement) -> tree.Band | None:
    """The band of a statement's own dimensions, the one that walks memory best innermost.

    Leading tile coordinates of a clone are no members. None for a statement without dimensions.
    """
    spec = scop.by_name[statement.clone_of] if statement.clone_of else statement
    order = contiguous_last(statement, spec.rank)
    if not order:
        return None
    dims = [f"i{k}" for k in range(statement.rank)]
    instance = f"{statement.name}[{', '.join(dims)}]"
    entries = ", ".join(f"{{ {instance} -> [({dims[k]})] }}" for k in order)
    reduced = spec.reduction is not None
    cell = statement.writes[0] if statement.writes else None
    coincident = tuple(not (reduced and cell and stride(cell, k) == 0) for k in order)
    schedule = isl.MultiUnionPwAff(f"[{entries}]", context())
    return tree.Band(schedule=schedule, coincident=coincident, permutable=True)


# ------------------------------------------------------------------------- innermost dimension


def contiguous_last(statement: Statement, rank: int) -> list[int]:
    """The trailing `rank` dimensions of a statement, the one that walks memory best at the end.

    A reference walks along a dimension with stride 1, stays in place (broadcast), or jumps. The
    last dimension is the one with the fewest jumps, then the most unit strides, writes first;
    dimensions with one value are never chosen. The others keep their order.
    """
    first = statement.rank - rank
    dims = list(range(first, statement.rank))
    domain = statement.domain
    wide = [d for d in dims if not domain.dim_max_val(d).eq(domain.dim_min_val(d))]
    if not wide:
        return dims
    best = max(wide, key=lambda d: (_walk_score(statement, d), d))
    return [d for d in dims if d != best] + [best]


def _walk_score(statement: Statement, dim: int) -> tuple[int, int, int]:
    strides = [(stride(a, dim), a.is_write) for a in statement.accesses]
    jumps = sum(1 + is_write for s, is_write in strides if s is None)
    writes = sum(1 for s, is_write in strides if s == 1 and is_write)
    return -jumps, writes, sum(1 for s, _ in strides if s == 1)


def stride(access: Access, dim: int) -> int | None:
    """How a reference moves along a dimension: 0 stays, 1 to the next element, None jumps."""
    indices = access.index
    moving = [k for k, index in enumerate(indices) if index.involves_dims(DIM.in_, dim, 1)]
    if not moving:
        return 0
    if moving != [len(indices) - 1]:
        return None
    step = isl.Aff.var_on_domain(indices[-1].get_domain_local_space(), DIM.set, dim)
    return None if indices[-1].sub(step).involves_dims(DIM.in_, dim, 1) else 1


def turns(statement: Statement) -> bool:
    """Whether a statement transposes what it reads: it writes along lanes that a read jumps."""
    result, reads = statement.writes[-1], statement.reads
    lanes = [d for d in range(statement.rank) if stride(result, d) == 1]
    return statement.reduction is None and any(
        stride(read, d) is None and any(stride(read, k) == 1 for k in range(statement.rank))
        for d in lanes
        for read in reads
    )


def dimension_of(expression: isl.Aff) -> int | None:
    """The dimension an expression is, or None if it is anything else."""
    space = expression.get_domain_local_space()
    for dim in range(space.dim(DIM.set)):
        if expression.plain_is_equal(isl.Aff.var_on_domain(space, DIM.set, dim)):
            return dim
    return None


def member_order(band: tree.Node | None, statement: Statement, first: int) -> list[int]:
    """The dimensions of a statement from `first` on as a point band lists them, the innermost
    last. Those that are no member of the band come first."""
    listed: list[int] = []
    if isinstance(band, tree.Band):
        space = statement.domain.get_space().from_domain().add_dims(DIM.out, 1)
        for k in range(band.members):
            member = band.schedule.get_at(k).extract_pw_aff(space)
            dim = dimension_of(member.as_aff()) if member.isa_aff() else None
            if dim is not None and dim >= first and dim not in listed:
                listed.append(dim)
    return [*(d for d in range(first, statement.rank) if d not in listed), *listed]

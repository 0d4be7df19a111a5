"""Whether a producer that several tile bands use is computed in each of them."""

from __future__ import annotations

from collections.abc import Sequence as Seq

import islpy as isl

from akg_mlir.polyhedral.context import union_set
from akg_mlir.polyhedral.counting import count_set
from akg_mlir.polyhedral.scop import Scop


def refuses_copies(scop: Scop, names: Seq[str], parts: Seq[isl.UnionSet]) -> str | None:
    """Why the statements should not be computed in every tile band that needs a part, or None.

    Bands that need disjoint parts compute each its own. Otherwise recomputing must be cheap:
    no reduction, and no more traffic than a tensor in GM that each band reads.
    """
    everything, overlap = union_set(), False
    for part in parts:
        overlap |= not everything.intersect(part).is_empty()
        everything = everything.union(part)
    if not overlap:
        return None
    if any(scop.by_name[n].reduction for n in names):
        return "several tile bands use it, and each would repeat its reduction"
    statements = tuple(scop.by_name[n] for n in names)
    reads, writes = (scop.accesses(statements, writes=w) for w in (False, True))

    def loaded(instances: isl.UnionSet) -> int:
        return bytes_of(scop, instances.apply(reads).subtract(instances.apply(writes)))

    again = sum(loaded(part) for part in parts)
    kept = loaded(everything) + bytes_of(scop, everything.apply(writes))
    kept += sum(bytes_of(scop, part.apply(writes)) for part in parts)
    if again <= kept:
        return None
    return (
        f"several tile bands use it: recomputing reads {again} bytes, keeping it in GM moves {kept}"
    )


def bytes_of(scop: Scop, elements: isl.UnionSet) -> int:
    """Bytes of some elements of arrays."""
    sets = elements.get_set_list()
    parts = [sets.get_at(k) for k in range(sets.n_set())]
    return sum(count_set(p) * scop.arrays[p.get_tuple_name()].element_bytes for p in parts)

"""`x[...]`: parts of a tensor, or one element in `akg.compute`."""

from __future__ import annotations

from collections.abc import Sequence

from akg_mlir.dialects import te
from akg_mlir.frontends.python.axes import Index
from akg_mlir.frontends.python.compute import ComputeTrace
from akg_mlir.frontends.python.places import error
from akg_mlir.frontends.python.tensor import Subscript, Tensor
from akg_mlir.frontends.python.tracing import current


def subscript(x: Tensor, keys: Sequence[Subscript]) -> Tensor:
    """The part of `x` that the keys select, one each for the first dimensions."""
    if len(keys) > x.ndim:
        raise error(f"{len(keys)} subscripts for {x}")
    trace = current()
    if isinstance(trace, ComputeTrace):
        return trace.element(x, keys)
    if any(isinstance(key, Index) for key in keys):
        raise error(
            "an index subscripts a tensor outside of akg.compute",
            hint="write akg.compute((m, n), lambda i, j: x[i, j])",
        )
    positions = [_positions(x, dim, key) for dim, key in enumerate(keys)]
    positions += [range(size) for size in x.shape[len(keys) :]]
    starts, steps = [p.start for p in positions], [p.step for p in positions]
    sizes = [len(p) for p in positions]
    whole = [p == range(size) for p, size in zip(positions, x.shape)]
    part = x
    if not all(whole):
        value = trace.emit(lambda: te.SliceOp(x.value, starts, sizes, steps))
        part = Tensor(value, trace, [a if w else None for a, w in zip(x.axes, whole)])
    dropped = [dim for dim, key in enumerate(keys) if isinstance(key, int)]
    if not dropped:
        return part
    kept = [dim for dim in range(x.ndim) if dim not in dropped]
    value = trace.emit(lambda: te.ReshapeOp(part.value, [sizes[dim] for dim in kept]))
    return Tensor(value, trace, [part.axes[dim] for dim in kept])


def _positions(x: Tensor, dim: int, key: Subscript) -> range:
    size = x.shape[dim]
    if isinstance(key, int):
        if not -size <= key < size:
            raise error(f"element {key} of dimension {dim} of {x}")
        return range(key % size, key % size + 1)
    if not isinstance(key, slice):
        raise error(
            f"a {type(key).__name__} is no subscript",
            hint="parts of tensors are taken by integers and slices",
        )
    taken = range(size)[key]
    if taken.step < 1:
        raise error("a slice with a negative step", hint="steps are at least 1")
    if not taken:
        raise error(f"an empty slice of dimension {dim} of {x}")
    return taken

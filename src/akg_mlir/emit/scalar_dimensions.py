"""Which dimensions of the box of a `npu.scalar` all elements of may be computed at once."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import affine, arith, memref
from xdsl.ir import BlockArgument, SSAValue

from akg_mlir.dialects import npu

Access = memref.LoadOp | memref.StoreOp | affine.LoadOp | affine.StoreOp


def serial_dimensions(
    op: npu.ScalarOp, loads: Sequence[Access], stores: Sequence[Access]
) -> list[int] | None:
    """Dimensions to loop over in Python, or None when only the elementwise form is right."""
    rank = len(op.sizes)
    parallel = set(range(rank))
    for store in stores:
        if not isinstance(store, memref.StoreOp) or not _injective(store, rank):
            return None
        strides = npu.strides_of(npu.memref_type(store.memref))
        walked = [_walked(i, rank) for i in store.indices]
        parallel &= {d for d, stride in zip(walked, strides) if d is not None and stride}
        for load in loads:
            if load.memref is store.memref and list(load.indices) != list(store.indices):
                return None
    # Two stores into one view could meet in different elements.
    if not stores or len({id(s.memref) for s in stores}) != len(stores):
        return None
    return [d for d in range(rank) if d not in parallel]


def _walked(value: SSAValue, rank: int) -> int | None:
    """The dimension of the box that a subscript walks."""
    return value.index if isinstance(value, BlockArgument) and value.index < rank else None


def _injective(store: memref.StoreOp, rank: int) -> bool:
    """Subscripts are distinct walk indices or constants and, where the stride is not 0, address
    distinct elements."""
    dimensions = [_walked(i, rank) for i in store.indices]
    walked = [d for d in dimensions if d is not None]
    if len(set(walked)) != len(walked):
        return False
    if any(
        d is None and not isinstance(i.owner, arith.ConstantOp)
        for d, i in zip(dimensions, store.indices)
    ):
        return False
    type_ = npu.memref_type(store.memref)
    dims = sorted(
        (stride, size)
        for stride, size, d in zip(npu.strides_of(type_), type_.get_shape(), dimensions)
        if size > 1 and stride and d is not None
    )
    reach = 1
    for stride, size in dims:
        if stride < reach:
            return False
        reach = stride * (size - 1) + reach
    return True

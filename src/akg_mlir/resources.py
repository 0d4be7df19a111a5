"""Constants whose bytes stand in the section of resources at the end of MLIR text.

    {-# dialect_resources: {builtin: {w: "0x04000000000080BF0000803F"}} #-}

are the elements -1 and 1 of `dense_resource<w> : tensor<2xf32>`, behind four bytes that say how
they are to be aligned.
"""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import (
    AnyFloat,
    BytesAttr,
    DenseIntOrFPElementsAttr,
    IntegerType,
    ShapedType,
    TensorType,
)
from xdsl.utils.hints import isa

ALIGNMENT_BYTES = 4


def elements_of(kind: ShapedType, blob: str) -> DenseIntOrFPElementsAttr:
    """The elements of a tensor from its bytes in hexadecimal, each element little-endian.

    Raises ValueError for what is no such tensor.
    """
    if not isa(kind, TensorType[AnyFloat | IntegerType]):
        raise ValueError(f"{kind} has no resources, only tensors of numbers have")
    data = bytes.fromhex(blob.removeprefix("0x"))[ALIGNMENT_BYTES:]
    wanted = prod(kind.get_shape()) * kind.element_type.compile_time_size
    if len(data) != wanted:
        raise ValueError(f"has {len(data)} bytes, {kind} takes {wanted}")
    if kind.element_type == IntegerType(1):
        data = bytes(0xFF if byte else 0 for byte in data)  # as xDSL stores truth values
    return DenseIntOrFPElementsAttr(kind, BytesAttr(data))

"""What the host does with values that it knows: it moves and rounds elements."""

from __future__ import annotations

from typing import TypeAlias

from akg_mlir.dialects.te.comparison import CastOp
from akg_mlir.dialects.te.indexing import ConcatOp
from akg_mlir.dialects.te.layout import PackOp, UnpackOp
from akg_mlir.dialects.te.shape import ConstantOp, PadOp, ReshapeOp, SliceOp, TransposeOp

MovingOp: TypeAlias = ConcatOp | PackOp | PadOp | ReshapeOp | SliceOp | TransposeOp | UnpackOp
"""Results are elements of the operands, in other places, and one value between them."""

HostOp: TypeAlias = ConstantOp | CastOp | MovingOp
"""Ops that a graph may hold between kernels. Casts are to smaller elements: what kernels read does
not grow."""

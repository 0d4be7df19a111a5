"""Ops that only move elements: what the host does for values that it knows."""

from __future__ import annotations

from typing import TypeAlias

from akg_mlir.dialects.te.indexing import ConcatOp
from akg_mlir.dialects.te.layout import PackOp, UnpackOp
from akg_mlir.dialects.te.shape import PadOp, ReshapeOp, SliceOp, TransposeOp

MovingOp: TypeAlias = ConcatOp | PackOp | PadOp | ReshapeOp | SliceOp | TransposeOp | UnpackOp
"""Results are elements of the operands, in other places, and one value between them."""

"""What the padding of a packed matrix or image holds: knowing it lets values stay packed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import te
from akg_mlir.passes.tensor.rewriting import with_operands
from akg_mlir.reference.te import evaluate, shaped

Array = np.ndarray[Any, np.dtype[Any]]
Content: TypeAlias = Array | None
"""What padding holds: one number (rank 0), or the rows and columns of a padding channel; None when
it is unknown."""


@dataclass(frozen=True)
class Padding:
    """What is in rows, and in columns, beyond the matrix. Of an image `columns` is a channel beyond
    its own: all of them hold the same.

    A size that fills its fractals has padding of any value.
    """

    rows: Content
    columns: Content


ZERO = Padding(np.zeros(()), np.zeros(()))
ANY = Padding(None, None)


def uniform(value: float) -> Padding:
    """Padding of one value."""
    return Padding(np.asarray(value), np.asarray(value))


def is_zero(content: Content) -> bool:
    """Whether padding is known to hold zeros alone."""
    return content is not None and not content.any()


def is_finite(content: Content) -> bool:
    """Whether padding is known to hold finite numbers."""
    return content is not None and bool(np.isfinite(content).all())


def of_elementwise(op: te.ElementwiseOp, operands: Sequence[Padding]) -> Padding:
    """The padding of `op` computed in the packed domain."""
    return Padding(
        _combined(op, [p.rows for p in operands]), _combined(op, [p.columns for p in operands])
    )


def _combined(op: te.ElementwiseOp, contents: Sequence[Content]) -> Content:
    known = [content for content in contents if content is not None]
    if len(known) < len(contents):
        return None
    given = [_of_type(value, content) for value, content in zip(op.operands, known)]
    value = evaluate(with_operands(op, [stand_in for stand_in, _ in given]), [a for _, a in given])
    return _simplest(value) if np.isfinite(value).all() else None


def of_image(op: Callable[[SSAValue], Operation], image: SSAValue, content: Content) -> Content:
    """The padding channels of an op that treats all channels of an image `[N, C, H, W]` alike.

    `op` makes it for the image it is given: here, for one padding channel.
    """
    if content is None:
        return None
    channel = np.broadcast_to(content, (1, 1, *te.shape_of(image)[2:4]))
    stand_in, array = _of_type(image, channel)
    value = evaluate(op(stand_in), [array])
    return None if np.isnan(value).any() else _simplest(value[0, 0])


def _of_type(value: SSAValue, content: Array) -> tuple[SSAValue, Array]:
    """The content as an array of the value's element type, and a value of that type and shape."""
    type_ = TensorType(te.element_of(value), content.shape)
    stand_in = te.ConstantOp.splat(type_, 0).result
    return stand_in, content.astype(shaped(stand_in)[1])


def _simplest(content: Array) -> Array:
    """One number, where all are equal."""
    first = content.ravel()[0]
    return np.asarray(first) if (content == first).all() else content

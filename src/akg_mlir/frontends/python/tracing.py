"""The function that is being traced: a block of `te` ops that grows as the user's code runs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import UnknownLoc
from xdsl.ir import Block, Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from akg_mlir.frontends.python.axes import Axis
from akg_mlir.frontends.python.places import error, here

if TYPE_CHECKING:
    from akg_mlir.frontends.python.tensor import Tensor


class Trace:
    """Ops of one function (or of one `akg.compute` in it), and the sizes of its axes."""

    def __init__(self, block: Block, sizes: Mapping[Axis, int]) -> None:
        self.block = block
        self.sizes = dict(sizes)

    def emit(self, build: Callable[[], Operation]) -> SSAValue:
        """Append an op; its only result. Raises TraceError when its operands do not fit."""
        try:
            op = build()
        except (VerifyException, ValueError, OverflowError) as refused:
            raise error(str(refused)) from None
        op.location = here() or UnknownLoc()
        self.block.add_op(op)
        return op.results[0]

    def adopt(self, tensor: Tensor) -> Tensor:
        """A tensor of another trace as one of this. Raises TraceError: it has no value here."""
        raise error(
            "this tensor belongs to another call of a kernel",
            hint="tensors are values of the call that made them: pass what you need as an "
            "argument, and return what others need",
        )

    def size(self, axis: Axis) -> int | None:
        """The size of an axis, as far as it is known."""
        return self.sizes.get(axis, axis.size)

    @contextmanager
    def active(self) -> Generator[None]:
        """Trace what is evaluated inside the block."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace:
    """What is being traced. Raises TraceError outside of kernels."""
    trace = _current.get()
    if trace is None:
        raise error(
            "this computes tensors, but no kernel is being traced",
            hint="call it inside a function that has @akg.kernel",
        )
    return trace

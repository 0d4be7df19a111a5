"""In which elements kernels read the weights of a program, after the host has rounded some."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_bytes


def element_bytes_read(graph: FuncOp) -> dict[int, int]:
    """By position, for each argument of a graph that the host prepares: the bytes of an element in
    the smallest form that is read."""
    prepared = {
        k: set(_forms(argument))
        for k, argument in enumerate(graph.body.block.args)
        if any(isinstance(use.operation, te.HostOp) for use in argument.uses)
    }
    return {k: min(forms) for k, forms in prepared.items() if forms}


def _forms(value: SSAValue) -> Iterator[int]:
    """The bytes of an element in all that the host makes of a value, and of itself."""
    for user in {use.operation for use in value.uses}:
        if isinstance(user, te.HostOp):
            yield from _forms(user.results[0])
        else:
            yield element_bytes(te.element_of(value))

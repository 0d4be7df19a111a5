"""Results of a compiled program that none of its kernels wrote."""

from __future__ import annotations

from xdsl.dialects import memref
from xdsl.dialects.func import ReturnOp

from akg_mlir.compiler import Kernel
from akg_mlir.sources import function_named


def host_results(kernel: Kernel) -> int:
    """Results that no kernel wrote: constants, and arguments as they came in."""
    compilation = kernel.compilation
    graph = function_named(compilation.module, compilation.source.entry)
    returned = graph.body.block.last_op
    assert isinstance(returned, ReturnOp)
    owners = [value.owner for value in returned.operands]
    while any(isinstance(owner, memref.ReinterpretCastOp) for owner in owners):
        owners = [o.source.owner if isinstance(o, memref.ReinterpretCastOp) else o for o in owners]
    return sum(not isinstance(owner, memref.AllocOp) for owner in owners)

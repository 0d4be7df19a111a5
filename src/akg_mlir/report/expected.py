"""What a program must compute: the reference of the floor that it was written on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import affine, memref

from akg_mlir.execution.graph import lives_on
from akg_mlir.reference import affine as loops
from akg_mlir.reference import te
from akg_mlir.sources import Array, Source


def expected_results(source: Source, arrays: Sequence[Array]) -> list[Array]:
    """Results on one array per argument: of a tensor program as numpy defines its ops, of loops on
    memrefs by executing them; there the results are the arguments that are written and live on."""
    if not source.on_buffers:
        return te.run(source.module, source.entry, arrays)
    function = source.function()
    own = [np.array(array) for array in arrays]
    loops.run(source.module, source.entry, own)
    stores = (op for op in function.walk() if isinstance(op, affine.StoreOp | memref.StoreOp))
    stored = {op.memref for op in stores}
    return [
        own[argument.index]
        for argument in function.body.block.args
        if argument in stored and lives_on(function, argument.index)
    ]

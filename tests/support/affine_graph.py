"""Direct execution of what `convert-te-to-affine` makes: the graph in numpy, kernels as loops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects import func, memref
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import SSAValue

from akg_mlir.reference import affine
from akg_mlir.reference.te import evaluate, shaped


def run_graph(module: ModuleOp, name: str, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Call graph `name`; fresh buffers hold NaN (integers: -1), so that a missing write shows."""
    graphs = {op.sym_name.data: op for op in module.ops if isinstance(op, func.FuncOp)}
    block = graphs[name].body.block
    values: dict[SSAValue, np.ndarray] = dict(zip(block.args, inputs, strict=True))
    for op in block.ops:
        operands = [values[v] for v in op.operands]
        match op:
            case func.ReturnOp():
                return operands
            case func.CallOp():
                affine.run(module, op.callee.string_value(), operands)
            case memref.AllocOp():
                shape, dtype = shaped(op.memref)
                values[op.memref] = np.full(shape, np.nan if dtype.kind == "f" else -1, dtype)
            case memref.ReinterpretCastOp():
                values[op.result] = operands[0].reshape(shaped(op.result)[0])
            case _:
                values[op.results[0]] = np.ascontiguousarray(evaluate(op, operands))
    raise AssertionError(f"@{name} does not return")

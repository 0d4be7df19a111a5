"""Running a compiled program with its kernels' schedule trees executed directly.

No NPU code is generated: this runs what the affine floor decided, clones, copies and tile-private
buffers included, for kernels that the floor below cannot do, or to find which floor is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import affine, func
from xdsl.ir import BlockArgument

from akg_mlir.compilation import Compilation
from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import poly
from akg_mlir.execution.graph import run_graph, with_weights
from akg_mlir.reference.affine import compile_function
from akg_mlir.reference.schedule_tree import write_tree_order
from akg_mlir.reference.te import shaped
from akg_mlir.sources import Array


@dataclass(frozen=True)
class TreeRun:
    """One kernel call: what it was given (inputs only) and the arrays it wrote."""

    function: func.FuncOp
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]

    @property
    def name(self) -> str:
        """The name of the kernel."""
        return self.function.sym_name.data


@dataclass(frozen=True)
class TreeExecution:
    """A run of a program: its results and its kernel calls in order."""

    outputs: tuple[Array, ...]
    kernels: tuple[TreeRun, ...]


class TreeRunner:
    """Runs a program that was compiled to schedule trees; kernels become Python once."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self._compiled: dict[str, Callable[..., None]] = {}

    def run(self, inputs: Sequence[Array]) -> TreeExecution:
        """Run on one array per argument of the entry function; weights may be left out.

        Raises CompileError when arrays do not fit, or when a kernel has no schedule tree.
        """
        source = self.compilation.source
        kernels: list[TreeRun] = []

        def call(function: func.FuncOp, arrays: Sequence[Array | None]) -> Mapping[int, Array]:
            written = written_arguments(function)
            given = (array for k, array in enumerate(arrays) if k not in written)
            inputs = tuple(array for array in given if array is not None)
            outputs = self._run_kernel(function, arrays, written)
            kernels.append(TreeRun(function, inputs, tuple(outputs.values())))
            return outputs

        arrays = with_weights(source, inputs)
        outputs = run_graph(self.compilation.module, source.entry, arrays, call)
        return TreeExecution(outputs, tuple(kernels))

    def _run_kernel(
        self, function: func.FuncOp, arrays: Sequence[Array | None], written: Sequence[int]
    ) -> dict[int, Array]:
        name = function.sym_name.data
        if name not in self._compiled:
            self._compiled[name] = compile_function(function, write_tree_order)
        own = [
            _undefined(argument) if array is None else np.array(array)
            for argument, array in zip(function.body.block.args, arrays, strict=True)
        ]
        with np.errstate(all="ignore"):
            self._compiled[name](*own)
        return {k: own[k] for k in written}


def written_arguments(function: func.FuncOp) -> tuple[int, ...]:
    """Positions of the arguments that the statements of a kernel write.

    Raises CompileError when the function holds no schedule tree.
    """
    scops = [op for op in function.walk() if isinstance(op, poly.ScopOp)]
    if not scops:
        raise CompileError(
            "the kernel has no schedule tree to execute",
            function,
            hint='the pipeline must end on the affine floor, like "te-to-affine,affine-to-trees"',
        )
    block = function.body.block
    stored = {op.memref for scop in scops for op in scop.walk() if isinstance(op, affine.StoreOp)}
    arguments = (v for v in stored if isinstance(v, BlockArgument) and v.block is block)
    return tuple(sorted(argument.index for argument in arguments))


def _undefined(argument: BlockArgument) -> Array:
    """What a buffer holds before anything is written: not-a-numbers where there are any."""
    shape, dtype = shaped(argument)
    return np.full(shape, np.nan if dtype.kind == "f" else 0, dtype)

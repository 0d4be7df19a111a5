"""Running a compiled program: the graph on the host, its kernels on the simulated machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import func, memref
from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Operation, SSAValue

from akg_mlir.compilation import Compilation
from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.emit.program import decode
from akg_mlir.inputs import argument_names, check_array
from akg_mlir.machine import Machine, MachineError, Mode, RunResult
from akg_mlir.machine.program import Program
from akg_mlir.reference.te import evaluate, shaped
from akg_mlir.sources import Array, function_named
from akg_mlir.targets import Target, load


@dataclass(frozen=True)
class KernelRun:
    """One kernel call: what it was given (inputs only), what it wrote, and how that went."""

    function: func.FuncOp
    inputs: tuple[Array, ...]
    result: RunResult

    @property
    def name(self) -> str:
        """The name of the kernel."""
        return self.function.sym_name.data


@dataclass(frozen=True)
class Execution:
    """A run of a program: its results and its kernel calls in order."""

    outputs: tuple[Array, ...]
    kernels: tuple[KernelRun, ...]


def target_of(compilation: Compilation) -> Target:
    """The machine a program was compiled for. Raises CompileError when the module names none."""
    name = compilation.module.attributes.get("npu.target")
    if not isinstance(name, StringAttr):
        raise CompileError(
            "the module does not say which machine it is for", hint="run te-set-target"
        )
    return load(name.data)


class Runner:
    """Runs one compiled program any number of times; kernels are decoded once."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self.target = target_of(compilation)
        self._machine = Machine(self.target)
        self._programs: dict[str, Program] = {}

    def run(self, inputs: Sequence[Array], mode: Mode = "program", seed: int = 0) -> Execution:
        """Run on one array per argument of the entry function; weights may be left out.

        `seed` chooses among the adversarial orders. Raises CompileError when arrays do not fit or
        when the pipeline stopped above the instructions, MachineError when a kernel breaks a rule
        of the machine.
        """
        arrays = self._with_weights(inputs)
        graph = function_named(self.compilation.module, self.compilation.source.entry)
        call = _GraphCall(self, mode, seed)
        outputs = call.run(graph, arrays)
        return Execution(outputs, tuple(call.kernels))

    def _with_weights(self, inputs: Sequence[Array]) -> list[Array]:
        """One array per argument, checked: weights from the source unless all are given."""
        function = self.compilation.source.function()
        weights = self.compilation.source.weights
        names = argument_names(function)
        free = [name for name in names if name not in weights]
        given = names if len(inputs) == len(names) else free
        if len(inputs) != len(given):
            raise CompileError(
                f"the program takes {len(free)} arrays, {len(inputs)} were given",
                hint=f"they are {', '.join(free)}",
            )
        values = {**weights, **dict(zip(given, inputs))}
        arrays = [values[name] for name in names]
        for name, array, argument in zip(names, arrays, function.body.block.args):
            check_array(name, array, argument)
        return arrays

    def run_kernel(
        self, function: func.FuncOp, arrays: Sequence[Array | None], mode: Mode, seed: int
    ) -> RunResult:
        """Run one kernel on one array per argument; None where nothing was written yet."""
        name = function.sym_name.data
        if name not in self._programs:
            self._programs[name] = decode(function, self.target)
        result = self._machine.run(self._programs[name], arrays, mode, seed)
        if result.races:
            raise MachineError(f"{name}: {len(result.races)} races, first: {result.races[0]}")
        return result

    def written(self, function: func.FuncOp) -> tuple[int, ...]:
        """The positions of the arguments that a kernel writes."""
        return self._programs[function.sym_name.data].outputs


@dataclass
class _Buffer:
    """GM of the graph: an array once something was written."""

    array: Array | None


@dataclass(frozen=True)
class _View:
    """A value of the graph: a contiguous buffer under a shape."""

    buffer: _Buffer
    shape: tuple[int, ...]

    def read(self) -> Array | None:
        array = self.buffer.array
        return None if array is None else array.reshape(self.shape)


class _GraphCall:
    """One run of the graph function, op by op on the host."""

    def __init__(self, runner: Runner, mode: Mode, seed: int) -> None:
        self._runner = runner
        self._mode: Mode = mode
        self._seed = seed
        self._functions = {
            op.sym_name.data: op
            for op in runner.compilation.module.ops
            if isinstance(op, func.FuncOp)
        }
        self.kernels: list[KernelRun] = []

    def run(self, graph: func.FuncOp, arrays: Sequence[Array]) -> tuple[Array, ...]:
        values: dict[SSAValue, _View] = {
            argument: _View(_Buffer(array), array.shape)
            for argument, array in zip(graph.body.block.args, arrays, strict=True)
        }
        for op in graph.body.block.ops:
            if isinstance(op, func.ReturnOp):
                return tuple(_written(values[value], op) for value in op.operands)
            self._op(op, values)
        raise CompileError("the graph does not return", graph)

    def _op(self, op: Operation, values: dict[SSAValue, _View]) -> None:
        match op:
            case memref.AllocOp():
                shape, _ = shaped(op.memref)
                values[op.memref] = _View(_Buffer(None), shape)
            case memref.ReinterpretCastOp():
                shape, _ = shaped(op.result)
                values[op.result] = _View(values[op.source].buffer, shape)
            case te.ConstantOp() | te.PackOp():
                arrays = [_written(values[value], op) for value in op.operands]
                result = evaluate(op, arrays)
                values[op.results[0]] = _View(_Buffer(result), result.shape)
            case func.CallOp():
                self._call(op, [values[value] for value in op.operands])
            case _:
                raise CompileError(
                    "a graph calls kernels and cannot do this itself",
                    op,
                    hint='the pipeline "akg" puts every computation into a kernel',
                )

    def _call(self, op: func.CallOp, views: Sequence[_View]) -> None:
        function = self._functions[op.callee.string_value()]
        arrays = [view.read() for view in views]
        result = self._runner.run_kernel(function, arrays, self._mode, self._seed)
        written = self._runner.written(function)
        inputs = (array for i, array in enumerate(arrays) if i not in written)
        self.kernels.append(KernelRun(function, tuple(a for a in inputs if a is not None), result))
        for position, output in zip(written, result.outputs, strict=True):
            views[position].buffer.array = output


def _written(view: _View, op: Operation) -> Array:
    array = view.read()
    if array is None:
        raise CompileError("reads a buffer that nothing has written", op)
    return np.asarray(array, order="C")

"""From the graph of a compiled program to its plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import func, memref
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute, Operation, SSAValue

from akg_mlir.compilation import Compilation
from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu, te
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.emit.cpp import KernelText, emit_kernel
from akg_mlir.emit.cpp.literals import element_name
from akg_mlir.emit.cpp.module import kernels_of, target_of_module
from akg_mlir.execution.graph import lives_on
from akg_mlir.execution.library.arena import Lifetime, arrange
from akg_mlir.execution.library.plan import (
    Call,
    Copy,
    Place,
    Plan,
    Step,
    Temporary,
    Tensor,
    Weight,
)
from akg_mlir.execution.library.weights import HEADER_BYTES
from akg_mlir.inputs import argument_names, check_array
from akg_mlir.reference.te import evaluate
from akg_mlir.sources import Array, function_named

LEAST_ALIGNMENT = 64
"""Bytes of a cache line on hosts; targets may want more."""


@dataclass(eq=False)
class _Storage:
    """Memory of a run: the user's, known values (`load`), or what kernels write to.

    `place` is known from the start for inputs and weights, else at the end. `first` and `last`
    are the steps that use it, -1 where none does.
    """

    tensor: Tensor
    place: Place | None = None
    load: Callable[[], Array] | None = None
    origin: str = ""
    first: int = -1
    last: int = -1

    @property
    def is_given(self) -> bool:
        """Whether its content is there before the first step, and has to stay."""
        return self.load is not None or (self.place is not None and self.place.space == "input")


@dataclass(eq=False)
class _Slot:
    """A buffer of the graph, seen under several shapes; `storage` is where its content is now."""

    storage: _Storage


_Use = tuple[_Storage, ...]


class Planner:
    """Walks the graph once; steps refer to storage, which gets its place at the end."""

    def __init__(self, compilation: Compilation, name: str) -> None:
        self._compilation = compilation
        self._given = compilation.source.weights
        self._name = name
        self._target = target_of_module(compilation.module)
        kernels_of(compilation.module)
        self._alignment = max(LEAST_ALIGNMENT, self._target.alignments["gm"])
        self._kernels: dict[str, KernelText] = {}
        self._by_symbol: dict[str, KernelText] = {}
        self._slots: dict[SSAValue, _Slot] = {}
        self._temporaries: list[_Storage] = []
        self._weights: list[Weight] = []
        self._weights_bytes = HEADER_BYTES
        self._inputs: list[Tensor] = []
        self._outputs: list[Tensor] = []
        self._becomes: dict[int, int] = {}
        self._steps: list[tuple[KernelText | None, _Use, frozenset[int]]] = []

    def run(self) -> Plan:
        """The plan. Raises CompileError where the graph needs what only a kernel can do."""
        graph = function_named(self._compilation.module, self._compilation.source.entry)
        names = self._arguments(graph)
        if graph.function_type.outputs.data:
            self._graph(graph)
        else:
            self._kernel(graph, names)
        temporaries, arena_bytes = self._arranged()
        return Plan(
            name=self._name,
            target=self._target,
            kernels=tuple(self._kernels.values()),
            inputs=tuple(self._inputs),
            outputs=tuple(self._outputs),
            becomes=self._becomes,
            weights=tuple(self._weights),
            weights_bytes=self._weights_bytes,
            temporaries=temporaries,
            arena_bytes=arena_bytes,
            alignment=self._alignment,
            steps=tuple(self._finished(*step) for step in self._steps),
        )

    # ------------------------------------------------------------------------------ the graph

    def _arguments(self, graph: func.FuncOp) -> list[str]:
        """Bind the arguments to inputs and weights; their names."""
        source = self._compilation.source.function()
        names = argument_names(source)
        arguments = zip(names, graph.body.block.args, source.body.block.args, strict=True)
        for k, (name, argument, declared) in enumerate(arguments):
            tensor = _tensor(name, argument, graph)
            if name in self._given:
                array = self._given[name]
                check_array(name, array, declared)
                storage = _Storage(tensor, load=lambda array=array: array, origin=name)
            else:
                storage = _Storage(tensor, Place("input", len(self._inputs), tensor.bytes))
                becomes = _argument_attribute(source, k, "te.becomes")
                if isinstance(becomes, IntegerAttr):
                    self._becomes[len(self._inputs)] = becomes.value.data
                self._inputs.append(tensor)
            self._slots[argument] = _Slot(storage)
        return names

    def _kernel(self, function: func.FuncOp, names: Sequence[str]) -> None:
        """A program that is one kernel: what it writes and what lives on are its results."""
        slots = [self._slots[argument] for argument in function.body.block.args]
        kernel = self._text_of(function)
        self._call(kernel, slots, function)
        for k in kernel.outputs:
            if lives_on(function, k):
                self._return(names[k], slots[k], slots[k].storage.tensor, function)

    def _graph(self, graph: func.FuncOp) -> None:
        for op in graph.body.block.ops:
            self._op(op)

    def _op(self, op: Operation) -> None:
        match op:
            case memref.AllocOp():
                tensor = _tensor(op.memref.name_hint or "buffer", op.memref, op)
                self._slots[op.memref] = _Slot(self._temporary(tensor))
            case memref.ReinterpretCastOp():
                self._slots[op.result] = self._slots[op.source]
            case te.ToTensorOp() | te.ToBufferOp():
                self._slots[op.results[0]] = _Slot(self._slots[op.operands[0]].storage)
            case _ if isinstance(op, te.HostOp):
                self._slots[op.results[0]] = _Slot(self._known(op))
            case func.CallOp():
                function = function_named(self._compilation.module, op.callee.string_value())
                slots = [self._slots[value] for value in op.operands]
                self._call(self._text_of(function), slots, op)
            case func.ReturnOp():
                taken = {tensor.name for tensor in self._inputs}
                for k, value in enumerate(op.operands):
                    name = value.name_hint or f"output{k}"
                    name = name if name not in taken else f"{name}_output{k}"
                    taken.add(name)
                    self._return(name, self._slots[value], _tensor(name, value, op), op)
            case _:
                raise CompileError(
                    "a graph calls kernels and cannot do this itself",
                    op,
                    hint='the pipeline "akg" puts every computation into a kernel',
                )

    def _known(self, op: te.HostOp) -> _Storage:
        """What the host computes once, when the library is built."""
        operands = [self._slots[value].storage for value in op.operands]
        for storage in operands:
            if storage.load is None:
                raise CompileError(
                    f"the values of '{storage.tensor.name}' must be known: they are prepared once",
                    op,
                    hint="give them as weights (--weights X.npz)",
                )
        origins = [storage.origin for storage in operands]
        how = _how(op)
        origin = f"{', '.join(origins)} {how}" if origins else "constant"
        name = op.result.name_hint or "_".join(["weight", *origins, *how.split()])

        def load() -> Array:
            loaded = [storage.load() for storage in operands if storage.load is not None]
            return evaluate(op, loaded)

        tensor = Tensor(name, element_name(te.element_of(op.result), op), te.shape_of(op.result))
        return _Storage(tensor, load=load, origin=origin)

    # ---------------------------------------------------------------------------------- steps

    def _text_of(self, function: func.FuncOp) -> KernelText:
        """The text of a kernel; kernels that differ in their name only are one."""
        symbol = function.sym_name.data
        if symbol not in self._by_symbol:
            kernel = emit_kernel(function, self._target)
            key = re.sub(rf"\b{kernel.name}\b", "@", kernel.text)
            self._by_symbol[symbol] = self._kernels.setdefault(key, kernel)
        return self._by_symbol[symbol]

    def _call(self, kernel: KernelText, slots: Sequence[_Slot], op: Operation) -> None:
        """A call. What has to stay, and what the call also reads under another argument, is
        updated as a copy."""
        before = [slot.storage for slot in slots]
        used = list(before)
        fresh: set[int] = set()
        for k in kernel.outputs:
            if before[k].is_given or before.count(before[k]) > 1:
                used[k] = self._temporary(before[k].tensor)
                if before[k].is_given or before[k].first >= 0:
                    self._step(None, (before[k], used[k]))
            if used[k].first < 0:
                fresh.add(k)
        for k, storage in enumerate(used):
            undefined = not storage.is_given and storage.first < 0 and k not in fresh
            if undefined and kernel.tensors[k].read:
                raise CompileError("reads a buffer that nothing has written", op)
        for tensor in kernel.tensors[kernel.arguments :]:
            fresh.add(len(used))
            used.append(self._temporary(Tensor(tensor.name, tensor.element, tensor.shape)))
        self._step(kernel, tuple(used), frozenset(fresh))
        for k in kernel.outputs:
            slots[k].storage = used[k]

    def _return(self, name: str, slot: _Slot, tensor: Tensor, op: Operation) -> None:
        """An output: what is written for it is written there, all else is copied."""
        storage = slot.storage
        place = Place("output", len(self._outputs), tensor.bytes)
        self._outputs.append(Tensor(name, tensor.element, tensor.shape))
        if not storage.is_given and storage.place is None:
            if storage.first < 0:
                raise CompileError("returns a buffer that nothing has written", op)
            storage.place = place
            return
        self._step(None, (storage, _Storage(tensor, place)))

    def _step(
        self, kernel: KernelText | None, used: _Use, fresh: frozenset[int] = frozenset()
    ) -> None:
        """A call of a kernel, or a copy from the first storage to the second."""
        for storage in used:
            self._touch(storage)
        self._steps.append((kernel, used, fresh))

    def _touch(self, storage: _Storage) -> None:
        step = len(self._steps)
        storage.first = step if storage.first < 0 else storage.first
        storage.last = step
        if storage.load is None or storage.place is not None:
            return
        offset = -(-self._weights_bytes // self._alignment) * self._alignment
        storage.place = Place("weights", offset, storage.tensor.bytes)
        self._weights_bytes = offset + storage.tensor.bytes
        self._weights.append(Weight(storage.tensor, offset, storage.origin, storage.load))

    def _temporary(self, tensor: Tensor) -> _Storage:
        self._temporaries.append(_Storage(tensor))
        return self._temporaries[-1]

    # ------------------------------------------------------------------------------- the plan

    def _arranged(self) -> tuple[tuple[Temporary, ...], int]:
        """Buffers that are no output and are used, with places in the arena; its bytes."""
        inner = [s for s in self._temporaries if s.place is None and s.first >= 0]
        lifetimes = [Lifetime(s.tensor.bytes, s.first, s.last) for s in inner]
        arena = arrange(lifetimes, self._alignment)
        for storage, offset in zip(inner, arena.offsets):
            storage.place = Place("arena", offset, storage.tensor.bytes)
        temporaries = tuple(
            Temporary(s.tensor.name, offset, s.tensor.bytes, s.first, s.last)
            for s, offset in zip(inner, arena.offsets)
        )
        return temporaries, arena.bytes

    def _finished(self, kernel: KernelText | None, used: _Use, fresh: frozenset[int]) -> Step:
        places = tuple(storage.place for storage in used if storage.place is not None)
        assert len(places) == len(used)
        if kernel is None:
            source, target = places
            return Copy(source, target)
        return Call(kernel, places, fresh)


def _argument_attribute(function: func.FuncOp, position: int, name: str) -> Attribute | None:
    if function.arg_attrs is None:
        return None
    return function.arg_attrs.data[position].data.get(name)


def _how(op: te.HostOp) -> str:
    """What an op does with its operands, in words."""
    match op:
        case te.ConstantOp():
            return "constant"
        case te.PackOp():
            return f"packed as {op.layout.data.value}"
        case te.TransposeOp():
            return f"transposed {' '.join(map(str, op.permutation))}"
        case te.CastOp():
            before, after = (te.element_of(value) for value in (op.operand, op.result))
            wider = element_bytes(after) > element_bytes(before)
            return f"{'widened' if wider else 'rounded'} to {after}"
        case _:
            return f"by {op.name}"


def _tensor(name: str, value: SSAValue, op: Operation) -> Tensor:
    type_ = npu.memref_type(value)
    return Tensor(name, element_name(type_.element_type, op), tuple(type_.get_shape()))


def plan_of(compilation: Compilation, name: str) -> Plan:
    """The plan of a compiled program that is called `name`. Raises CompileError where the program
    is not on the instruction floor, or a weight does not fit its argument."""
    return Planner(compilation, name).run()

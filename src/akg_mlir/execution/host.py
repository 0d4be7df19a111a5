"""Running a compiled program with its kernels as C++ on this computer."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from xdsl.dialects import func

from akg_mlir.compilation import Compilation
from akg_mlir.emit.cpp import emit_kernel
from akg_mlir.execution.graph import kernel_calls, run_graph, with_weights
from akg_mlir.execution.host_build import Text, build, compiled_all
from akg_mlir.execution.machine import target_of
from akg_mlir.machine import MachineError
from akg_mlir.machine.program import DTYPES
from akg_mlir.sources import Array
from akg_mlir.targets import Target

_MESSAGE_BYTES = 4096


class Argument(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("bytes", ctypes.c_int64), ("undefined", ctypes.c_int))


class Options(ctypes.Structure):
    _fields_ = (("check", ctypes.c_int), ("shuffled", ctypes.c_int), ("seed", ctypes.c_uint64))


@dataclass(frozen=True)
class HostMode:
    """How kernels run: `check` refuses what the machine would not accept; `seed` draws an order of
    the pipes, None is program order. Without either a run is fast."""

    check: bool = False
    seed: int | None = None

    @property
    def checked(self) -> bool:
        """Whether kernels are compiled with queues and checks."""
        return self != FAST


FAST = HostMode()


class HostKernel:
    """One kernel as a text, compiled for fast runs and for checked ones when the first of them
    comes."""

    def __init__(self, function: func.FuncOp, target: Target) -> None:
        self.name = function.sym_name.data
        self.kernel = emit_kernel(function, target)
        self._text, self._entry = self.kernel.text, self.kernel.name
        self._libraries: dict[bool, ctypes.CDLL] = {}

    def text(self, checked: bool) -> Text:
        """What is compiled."""
        return Text(self._text, checked=checked)

    def library(self, checked: bool) -> ctypes.CDLL:
        """Raises CompileError with what the compiler says."""
        if checked not in self._libraries:
            self._libraries[checked] = build(self.text(checked))
        return self._libraries[checked]

    def variants(self, texts: Sequence[str]) -> list[HostKernel]:
        """The kernel with other texts instead of its own, compiled as one."""
        found: list[HostKernel] = [copy(self) for _ in texts]
        include = '#include "akg_npu.hpp"\n'
        parts = [include]
        for number, text in enumerate(texts):
            entries = [f"{self.kernel.name}_{entry}" for entry in ("launch", "check")]
            renamed = [f"variant{number}_{entry}" for entry in ("launch", "check")]
            parts += [f"#define {old} {new}\n" for old, new in zip(entries, renamed)]
            body = text.replace(include, "\n")
            parts.append(f"namespace variant{number} {{\n#line 1\n{body}}}\n")
            parts += [f"#undef {entry}\n" for entry in entries]
        libraries: dict[bool, ctypes.CDLL] = {}
        for number, variant in enumerate(found):
            variant._text, variant._entry = "".join(parts), f"variant{number}"
            variant._libraries = libraries
        return found

    def run(self, arrays: Sequence[Array | None], mode: HostMode = FAST) -> dict[int, Array]:
        """The arrays of the arguments that the kernel writes, by position.

        One array per argument, None for an output that is undefined before. Raises MachineError
        with what a checked run refuses.
        """
        kernel = self.kernel
        workspaces = [None] * (len(kernel.tensors) - kernel.arguments)
        tensors: list[Array] = []
        undefined: list[bool] = []
        given = (*arrays, *workspaces)
        for position, (tensor, array) in enumerate(zip(kernel.tensors, given, strict=True)):
            dtype = DTYPES[tensor.element]
            undefined.append(array is None)
            if array is None:
                tensors.append(np.zeros(tensor.bytes // dtype.itemsize, dtype))
            elif position in kernel.outputs:
                tensors.append(np.array(array, dtype, order="C"))
            else:
                tensors.append(np.asarray(array, dtype, order="C"))
        self._call(tensors, undefined, mode)
        return {k: tensors[k].reshape(kernel.tensors[k].shape) for k in kernel.outputs}

    def _call(self, tensors: Sequence[Array], undefined: Sequence[bool], mode: HostMode) -> None:
        entries = (Argument * len(tensors))(
            *(
                Argument(tensor.ctypes.data, tensor.nbytes, is_undefined)
                for tensor, is_undefined in zip(tensors, undefined)
            )
        )
        count = ctypes.c_int(len(tensors))
        library = self.library(mode.checked)
        if not mode.checked:
            library[f"{self._entry}_launch"](entries, count)
            return
        options = Options(mode.check, mode.seed is not None, mode.seed or 0)
        message = ctypes.create_string_buffer(_MESSAGE_BYTES)
        failed = library[f"{self._entry}_check"](
            entries,
            count,
            ctypes.byref(options),
            message,
            ctypes.c_int64(_MESSAGE_BYTES),
        )
        if failed:
            raise MachineError(message.value.decode())


class HostProgram:
    """A compiled program whose kernels are C++ on this computer; callable on numpy arrays."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self.target = target_of(compilation)
        self._kernels: dict[str, HostKernel] = {}
        self._built: set[bool] = set()

    def __call__(self, *inputs: Array) -> Array | tuple[Array, ...]:
        """Run fast, on one array per argument (weights excepted)."""
        outputs = self.run(inputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def run(self, inputs: Sequence[Array], mode: HostMode = FAST) -> tuple[Array, ...]:
        """The results of the program. Raises CompileError and MachineError."""

        def call(function: func.FuncOp, arrays: Sequence[Array | None]) -> Mapping[int, Array]:
            return self.kernel(function).run(arrays, mode)

        self.build(mode)
        source = self.compilation.source
        arrays = with_weights(source, inputs)
        return run_graph(self.compilation.module, source.entry, arrays, call)

    def build(self, mode: HostMode = FAST) -> int:
        """Compile all kernels for such runs; how many there are. Raises CompileError where one does
        not compile."""
        calls = dict.fromkeys(kernel_calls(self.compilation.module, self.compilation.source.entry))
        if mode.checked not in self._built:
            texts = [self.kernel(function).text(mode.checked) for function in calls]
            compiled_all(texts)
            self._built.add(mode.checked)
        return len(calls)

    def kernel(self, function: func.FuncOp) -> HostKernel:
        """A kernel of the program."""
        name = function.sym_name.data
        if name not in self._kernels:
            self._kernels[name] = HostKernel(function, self.target)
        return self._kernels[name]

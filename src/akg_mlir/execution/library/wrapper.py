"""A compiled program as a Python function: numpy arrays in, numpy arrays out.

    import NAME

    program = NAME.Program()
    y = program(x)

Needs numpy only. The library, `libNAME.so`, and `weights.bin` are taken from the folder of this
file; a program may be run by several threads.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

VERSION = 1
"""Of the C functions that this file calls."""

Array = np.ndarray[Any, np.dtype[Any]]
_ELEMENTS: dict[str, type[np.generic]] = {
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
    "i1": np.bool_,
    "i8": np.int8,
    "ui8": np.uint8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
}


class _CTensor(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("element", ctypes.c_char_p),
        ("rank", ctypes.c_int32),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("bytes", ctypes.c_uint64),
    )


class _CBuffer(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("bytes", ctypes.c_uint64))


@dataclass(frozen=True)
class Tensor:
    """An input or output."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}{list(self.shape)}"


class Program:
    """A loaded program; `inputs` and `outputs` say what it takes and gives."""

    def __init__(self, weights: str | Path | None = None, library: Path | None = None) -> None:
        """Load a library and its weights; both are next to this file unless given.

        Raises OSError where the library cannot be loaded, RuntimeError where the weights cannot.
        """
        here = Path(__file__)
        path = library or here.with_name(f"lib{here.stem}.so")
        self._library = ctypes.CDLL(str(path.absolute()))
        self._prefix = path.stem.removeprefix("lib")
        version = self._function("version")()
        if version != VERSION:
            raise RuntimeError(f"{path} has functions of version {version}, needed is {VERSION}")
        self.inputs = self._tensors("input")
        self.outputs = self._tensors("output")
        self._run = self._function("run")
        self._last_error = self._function("last_error")
        self._last_error.restype = ctypes.c_char_p
        self._destroy = self._function("destroy")
        self._destroy.restype = None
        create = self._function("create")
        create.restype = ctypes.c_void_p
        file = Path(weights) if weights is not None else path.with_name("weights.bin")
        self._program: int | None = create(os.fsencode(file))
        if self._program is None:
            raise RuntimeError(self._message())

    def __call__(self, *arrays: Array, **named: Array) -> Array | tuple[Array, ...]:
        """The output on an array per input, by position or name; a tuple where there are several.

        Raises TypeError for missing and unknown inputs, ValueError for shapes and types that do
        not fit.
        """
        results = self.run(self._bound(arrays, named))
        return results[0] if len(results) == 1 else results

    def run(self, arrays: Sequence[Array], out: Sequence[Array] | None = None) -> tuple[Array, ...]:
        """The outputs on an array per input, written to the arrays `out` where given.

        Raises TypeError and ValueError for numbers of arrays, shapes and types that do not fit.
        """
        given = _checked("input", self.inputs, arrays)
        inputs = [np.require(array, requirements=("C", "A")) for array in given]
        if out is None:
            out = [np.empty(tensor.shape, tensor.dtype) for tensor in self.outputs]
        wanted = _checked("output", self.outputs, out)
        for tensor, array in zip(self.outputs, wanted):
            if not array.flags.carray:
                raise ValueError(f"output {tensor} must be contiguous, aligned and writeable")
        failed = self._run(
            ctypes.c_void_p(self._program),
            _buffers(inputs),
            ctypes.c_int(len(inputs)),
            _buffers(wanted),
            ctypes.c_int(len(wanted)),
        )
        if failed:
            raise RuntimeError(self._message())
        return tuple(wanted)

    def __del__(self) -> None:
        program = getattr(self, "_program", None)
        if program is not None:
            self._program = None
            self._destroy(ctypes.c_void_p(program))

    def _bound(self, arrays: Sequence[Array], named: dict[str, Array]) -> list[Array]:
        names = [tensor.name for tensor in self.inputs]
        unknown = [name for name in named if name not in names[len(arrays) :]]
        if len(arrays) > len(names) or unknown or len(arrays) + len(named) != len(names):
            given = ", ".join([f"{len(arrays)} by position", *named])
            raise TypeError(f"the inputs are {', '.join(map(str, self.inputs))}; given {given}")
        return [*arrays, *(named[name] for name in names[len(arrays) :])]

    def _function(self, name: str):
        return self._library[f"{self._prefix}_{name}"]

    def _message(self) -> str:
        return self._last_error().decode()

    def _tensors(self, kind: str) -> tuple[Tensor, ...]:
        count = self._function(f"{kind}_count")()
        describe = self._function(kind)
        describe.restype = ctypes.POINTER(_CTensor)
        return tuple(_tensor(describe(ctypes.c_int(k)).contents) for k in range(count))


def _tensor(described: _CTensor) -> Tensor:
    dtype = np.dtype(_ELEMENTS[described.element.decode()])
    return Tensor(described.name.decode(), dtype, tuple(described.shape[: described.rank]))


def _checked(kind: str, tensors: Sequence[Tensor], arrays: Sequence[Array]) -> list[Array]:
    if len(arrays) != len(tensors):
        described = ", ".join(map(str, tensors))
        raise TypeError(f"the {kind}s are {described}; given were {len(arrays)} arrays")
    checked = [np.asanyarray(array) for array in arrays]
    for tensor, array in zip(tensors, checked):
        if array.dtype != tensor.dtype or array.shape != tensor.shape:
            raise ValueError(f"{kind} {tensor}, given was {array.dtype}{list(array.shape)}")
    return checked


def _buffers(arrays: Sequence[Array]) -> ctypes.Array[_CBuffer]:
    return (_CBuffer * len(arrays))(
        *(_CBuffer(array.ctypes.data, array.nbytes) for array in arrays)
    )

"""`akg.kernel`: Python functions of tensors, compiled when they are called.

@akg.kernel
def bias_relu(x: akg.f16[128, 256], b: akg.f16[256]) -> akg.Tensor:
    return akg.relu(x + b)

y = bias_relu(x, b)
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import TypeAlias, overload

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.compilation import compile_source
from akg_mlir.compiler import Kernel
from akg_mlir.frontends.python.axes import Axis
from akg_mlir.frontends.python.captures import captured
from akg_mlir.frontends.python.places import TraceError, definition
from akg_mlir.frontends.python.signature import Array, Signature, signature_of
from akg_mlir.frontends.python.tensor import Tensor
from akg_mlir.frontends.python.tracer import trace
from akg_mlir.passes.pipelines import Akg, Precision, flatten
from akg_mlir.report.figures import RunReport
from akg_mlir.sources import Source
from akg_mlir.verification import verify_module

Argument: TypeAlias = "Array | Tensor | object"


@dataclass(frozen=True)
class Options:
    """How kernels are compiled: the arguments of `akg_mlir.compile`."""

    target: str | None = None
    precision: Precision = "strict"
    policy: str | None = None


@dataclass(frozen=True)
class _Instance:
    """What a function is traced for: sizes, constants, and what it takes from outside."""

    sizes: tuple[tuple[Axis, int], ...]
    constants: tuple[tuple[str, object], ...]
    outside: tuple[tuple[str, object], ...]


class PythonKernel:
    """A function of tensors: called on arrays it is compiled for their sizes and run.

    Inside of another kernel it is called on tensors. The other methods take the sizes of axes and
    the constants by name; sizes that the types fix are not given.
    """

    def __init__(
        self, function: FunctionType, options: Options, scope: Mapping[str, object]
    ) -> None:
        self.function = function
        self.options = options
        self.signature: Signature = signature_of(function, scope)
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self._modules: dict[_Instance, ModuleOp] = {}
        self._kernels: dict[_Instance, Kernel] = {}

    @overload
    def __call__(self, *arguments: Array, **named: object) -> Array | tuple[Array, ...]: ...

    @overload
    def __call__(self, *arguments: Tensor, **named: object) -> Tensor: ...

    def __call__(self, *arguments: object, **named: object) -> object:
        """Run on arrays on the simulated machine, or as a part of another kernel on its tensors.

        Raises TraceError for arguments that do not fit, CompileError where compiling fails.
        """
        try:
            bound = self.signature.whole.bind(*arguments, **named)
        except TypeError as refused:
            raise TraceError(f"{self.__name__}: {refused}") from None
        bound.apply_defaults()
        if any(isinstance(value, Tensor) for value in bound.arguments.values()):
            return self.function(*bound.args, **bound.kwargs)
        arrays = {name: self._array(name, bound.arguments[name]) for name in self.signature.tensors}
        constants = {n: v for n, v in bound.arguments.items() if n not in arrays}
        kernel = self._compiled(self.signature.sizes_of(arrays), constants)
        return kernel(*arrays.values())

    def compile(self, **given: object) -> Kernel:
        """The compiled kernel for these sizes: its IR, remarks, report and timing."""
        return self._compiled(*self._given(given))

    def module(self, **given: object) -> ModuleOp:
        """The module in `te` that the function is traced to."""
        return self._traced(*self._given(given)).clone()

    def te(self, **given: object) -> str:
        """The text of the module in `te`."""
        return str(self.module(**given))

    def report(self, **given: object) -> RunReport:
        """Run on random inputs in every order and compare; what `akg run` prints."""
        return self.compile(**given).report()

    def cycles(self, **given: object) -> int:
        """Cycles on the simulated machine; nothing is executed."""
        return self.compile(**given).time().cycles

    def _array(self, name: str, value: object) -> Array:
        if isinstance(value, np.ndarray | np.generic):
            return np.asarray(value)  # pyright: ignore
        raise TraceError(
            f"argument '{name}' of {self.__name__} is a {type(value).__name__}",
            hint="pass a numpy array of the declared element type",
        )

    def _given(self, given: Mapping[str, object]) -> tuple[dict[Axis, int], dict[str, object]]:
        """Sizes and constants from keyword arguments."""
        parameters = self.signature.whole.parameters
        constants: dict[str, object] = {}
        for name, parameter in parameters.items():
            if name in self.signature.tensors:
                continue
            if name not in given and parameter.default is parameter.empty:
                raise TraceError(f"{self.__name__} needs a value for its constant '{name}'")
            constants[name] = given.get(name, parameter.default)
        sizes: dict[str, int] = {}
        for name, value in given.items():
            if name not in constants:
                if not isinstance(value, int):
                    raise TraceError(f"axis {name} of {self.__name__} has the size {value!r}")
                sizes[name] = value
        return self.signature.sizes_given(sizes), constants

    def _instance(self, sizes: Mapping[Axis, int], constants: Mapping[str, object]) -> _Instance:
        outside = captured(self.function, lambda value: isinstance(value, PythonKernel))
        instance = _Instance(tuple(sizes.items()), tuple(constants.items()), outside)
        try:
            hash(instance)
        except TypeError:
            raise TraceError(
                f"{self.__name__}: constants are {dict(constants)}",
                definition(self.function),
                "constants are numbers, strings and tuples of them; pass arrays for tensors",
            ) from None
        return instance

    def _traced(self, sizes: dict[Axis, int], constants: dict[str, object]) -> ModuleOp:
        instance = self._instance(sizes, constants)
        if instance not in self._modules:
            module = trace(self.function, self.signature, sizes, constants)
            verify_module(module)
            self._modules[instance] = module
        return self._modules[instance]

    def _compiled(self, sizes: dict[Axis, int], constants: dict[str, object]) -> Kernel:
        instance = self._instance(sizes, constants)
        if instance not in self._kernels:
            name, options = self.__name__, self.options
            source = Source(self._traced(sizes, constants), name, {}, name)
            pipeline = Akg(options.target, options.precision, options.policy)
            self._kernels[instance] = Kernel(compile_source(source, flatten((pipeline,))))
        return self._kernels[instance]


Decorator: TypeAlias = "Callable[[Callable[..., object]], PythonKernel]"


@overload
def kernel(function: Callable[..., object]) -> PythonKernel: ...


@overload
def kernel(
    *, target: str | None = None, precision: Precision = "strict", policy: str | None = None
) -> Decorator: ...


def kernel(
    function: Callable[..., object] | None = None,
    *,
    target: str | None = None,
    precision: Precision = "strict",
    policy: str | None = None,
) -> PythonKernel | Decorator:
    """A Python function of tensors as a kernel: `@akg.kernel`, or with options as `akg.compile`.

    Parameters are declared as tensors (`x: akg.f16[128, 256]`) or as constants (`axis: int = -1`).
    The function returns a tensor or a tuple of them. It runs once per set of sizes and constants;
    what it does with tensors is compiled. Raises TraceError for parameters that are neither.
    """
    options = Options(target, precision, policy)
    scope = dict(sys._getframe(1).f_locals)  # pyright: ignore[reportPrivateUsage]

    def decorate(function: Callable[..., object]) -> PythonKernel:
        if not inspect.isfunction(function):
            raise TraceError(f"{function!r} is no function", hint="write @akg.kernel above a def")
        return PythonKernel(function, options, scope)

    return decorate if function is None else decorate(function)

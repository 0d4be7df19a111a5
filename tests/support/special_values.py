"""Element-wise kernels and the values at the edges of element types."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import akg_mlir as akg
from akg_mlir.diagnostics import CompileError
from akg_mlir.execution.trees import TreeRunner
from akg_mlir.passes.pipelines import AffineToTrees, TeToAffine
from akg_mlir.reference import te as reference

NUMPY: dict[str, str] = {
    "f16": "float16",
    "f32": "float32",
    "i8": "int8",
    "ui8": "uint8",
    "i32": "int32",
    "i64": "int64",
    "i1": "bool",
}
Function = Callable[..., akg.Tensor]

EXACT: dict[str, Function] = {
    "abs": akg.abs,
    "add": lambda x, y: x + y,
    "and": lambda x, y: x & y,
    "ceil": akg.ceil,
    "div": akg.div,
    "eq": lambda x, y: x == y,
    "floor": akg.floor,
    "le": lambda x, y: x <= y,
    "lshift": lambda x, y: x << y,
    "lt": lambda x, y: x < y,
    "maximum": akg.maximum,
    "minimum": akg.minimum,
    "mul": lambda x, y: x * y,
    "ne": lambda x, y: x != y,
    "neg": lambda x: -x,
    "not": lambda x: ~x,
    "or": lambda x, y: x | y,
    "reciprocal": akg.reciprocal,
    "reduce_max": lambda x: akg.max(akg.reshape(x, (-1, 2)), 1),
    "reduce_min": lambda x: akg.min(akg.reshape(x, (-1, 2)), 1),
    "relu": akg.relu,
    "rem": akg.rem,
    "round": akg.round,
    "rshift": lambda x, y: x >> y,
    "sqrt": akg.sqrt,
    "sub": lambda x, y: x - y,
    "where": lambda x, y: akg.where(x < y, x, y),
    "xor": lambda x, y: x ^ y,
}
"""Functions whose results are rounded once, as IEEE 754 has it: every floor gives the same bits."""

CLOSE: dict[str, Function] = {
    name: getattr(akg, name)
    for name in (
        "acos acosh asin asinh atan atanh cos cosh erf exp gelu log rsqrt sigmoid sin sinh tan tanh"
    ).split()
} | {"pow": lambda x, y: x**y}
"""Functions that formulas approximate."""


def _cast_to(dtype: str) -> Function:
    return lambda x: akg.cast(x, getattr(akg, dtype))


EXACT |= {f"cast to {dtype}": _cast_to(dtype) for dtype in NUMPY}


@dataclass(frozen=True)
class Case:
    """A function on one element type."""

    name: str
    dtype: str

    @property
    def function(self) -> Function:
        return EXACT[self.name] if self.name in EXACT else CLOSE[self.name]

    def kernel(self, count: int) -> akg.PythonKernel:
        """The kernel on `count` elements. Raises CompileError when the type is refused."""
        function, dtype = self.function, getattr(akg, self.dtype)

        @akg.kernel
        def unary(x: dtype[count]) -> akg.Tensor:
            return function(x)

        @akg.kernel
        def binary(x: dtype[count], y: dtype[count]) -> akg.Tensor:
            return function(x, y)

        return binary if len(inspect.signature(function).parameters) == 2 else unary


def specials(dtype: np.dtype) -> np.ndarray:
    """Zeros, numbers of every size, ends, infinities, NaN and denormals of an element type."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind == "u":
        return np.array([0, 1, 2, 7, 31, 100, 126, 127, 128, 129, 200, 254, 255], dtype)
    if dtype.kind == "i":
        limits = np.iinfo(dtype)
        ends = [limits.max, limits.min, limits.max - 1, limits.min + 1]
        return np.array([0, 1, -1, 2, -2, 3, 7, -7, 31, 32, 33, 100, -100, *ends], dtype)
    limits = np.finfo(dtype)
    least, tiny, most = limits.smallest_subnormal, limits.tiny, limits.max
    ends = [np.inf, np.nan, most, tiny, tiny / 2, least, 3 * least, 60000.0, 1000.7, 100.0, 10.0]
    if dtype.itemsize == 4:
        ends += [2.0**31, 2.0**31 - 128, 3e9, 2.0**63, 1e20, 1e-20, 88.0, 104.0]
    values = [0.0, 1, 0.5, 1.5, 2.5, 3, 7, 0.1, *ends]
    return np.array([*values, *(-v for v in values)], dtype)


def operands(kernel_inputs: int, dtype: str) -> list[np.ndarray]:
    """All special values, or all pairs of them; an even number."""
    values = specials(np.dtype(NUMPY[dtype]))
    if kernel_inputs == 1:
        return [np.concatenate([values, values])]
    pairs = np.meshgrid(values, values)
    return [np.resize(p.ravel(), p.size + p.size % 2) for p in pairs]


def results(case: Case) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray] | None:
    """Operands, and results of the reference, the machine and the schedule trees; None where the
    element type is refused."""
    try:
        inputs = len(case.kernel(2).signature.tensors)
        case.kernel(2).te()
    except CompileError:
        return None
    arrays = operands(inputs, case.dtype)
    kernel = case.kernel(arrays[0].size)
    compiled = kernel.compile()
    source = compiled.compilation.source
    (wanted,) = reference.run(source.module, source.entry, arrays)
    trees = akg.compile(source.module, pipeline=(TeToAffine(), AffineToTrees()))
    (by_trees,) = TreeRunner(trees.compilation).run(arrays).outputs
    by_machine = compiled(*arrays)
    assert isinstance(by_machine, np.ndarray)
    return arrays, wanted, by_machine, by_trees

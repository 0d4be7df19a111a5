"""The 30 kernels of PolyBench/C 4.2.1 as affine programs.

`kernels/` holds them as templates over sizes and the element type, written from the published
descriptions of the algorithms; `initial` fills their arrays. A kernel's arguments are its arrays
in the order of its function's parameters.

    module = polybench.module("gemm", "MINI", "f64")      # loops
    tree = polybench.transformed("gemm", "MINI", "f64")   # the final schedule tree, judged
    arrays = polybench.arguments("gemm", "MINI", "f64")
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import PassPipeline

from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine, Mode
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.reference import affine

from .initial import INITIAL
from .sizes import SIZES, Sizes

Array = np.ndarray[Any, np.dtype[Any]]

NAMES = tuple(SIZES)
TREE = "poly-raise,poly-schedule,poly-tile,poly-fuse,poly-verify"
"""What makes of loops the final schedule tree of the direct executor."""
UNTILED = "poly-raise,poly-schedule,poly-verify"
NPU = "affine-to-npu,npu-to-instructions"
F32_TOLERANCE = 1e-3
"""Relative to the largest value: orders of sums differ, and LU without pivoting amplifies it."""
RESULTS = {
    "2mm": ("D",),
    "3mm": ("G",),
    "adi": ("u",),
    "atax": ("y",),
    "bicg": ("s", "q"),
    "cholesky": ("A",),
    "correlation": ("corr",),
    "covariance": ("cov",),
    "deriche": ("imgOut",),
    "doitgen": ("A",),
    "durbin": ("y",),
    "fdtd-2d": ("ex", "ey", "hz"),
    "floyd-warshall": ("path",),
    "gemm": ("C",),
    "gemver": ("w",),
    "gesummv": ("y",),
    "gramschmidt": ("R", "Q"),
    "heat-3d": ("A",),
    "jacobi-1d": ("A",),
    "jacobi-2d": ("A",),
    "lu": ("A",),
    "ludcmp": ("x",),
    "mvt": ("x1", "x2"),
    "nussinov": ("table",),
    "seidel-2d": ("A",),
    "symm": ("C",),
    "syr2k": ("C",),
    "syrk": ("C",),
    "trisolv": ("x",),
    "trmm": ("B",),
}
"""The arrays that a kernel is run for, in the order of the golden dumps."""
_PRINTED = {"cholesky": np.tril_indices_from, "nussinov": np.triu_indices_from}
"""The part of a square result that is printed, where it is not all of it."""

_KERNELS = Path(__file__).with_name("kernels")


def text(name: str, size: str = "MINI", element: str = "f64") -> str:
    """The kernel as MLIR text: a function with `npu.kernel` over memrefs in GM."""
    template = Template(_template(name))
    values = {key: repr(value) for key, value in SIZES[name][size].items()}
    return template.substitute(values, T=element)


def module(
    name: str, size: str = "MINI", element: str = "f64", target: str = "ascend910"
) -> ModuleOp:
    """The kernel as a module of affine loops."""
    result = parse_module(text(name, size, element), name)
    result.attributes["npu.target"] = StringAttr(target)
    return result


def transformed(
    name: str, size: str = "MINI", element: str = "f64", passes: str = TREE
) -> ModuleOp:
    """The kernel after `passes`. Raises `CompileError`."""
    result = module(name, size, element)
    PassPipeline(parse_pipeline(passes)).apply(make_context(), result)
    return result


def machine_error(name: str, mode: Mode, size: str = "MINI", target: str = "ascend910") -> float:
    """How far the compiled kernel is from its loops, in f32 and relative to each array's largest.

    Raises `CompileError`, `MachineError`, and `AssertionError` for races.
    """
    loops, expected = module(name, size, "f32", target), arguments(name, size, "f32")
    affine.run(loops, function_name(name), expected)
    PassPipeline(parse_pipeline(NPU)).apply(make_context(), loops)
    description = target_of(loops)
    program = decode(next(op for op in loops.walk() if isinstance(op, func.FuncOp)), description)
    run = Machine(description).run(program, arguments(name, size, "f32"), mode, 0)
    assert not run.races, run.races[0]
    errors = [0.0]
    for position, actual in zip(program.outputs, run.outputs, strict=True):
        scale = max(float(np.max(np.abs(expected[position]))), 1e-6)
        difference = np.abs(actual.astype(np.float64) - expected[position])
        errors.append(float(np.max(difference)) / scale)
    return float("inf") if np.isnan(errors).any() else max(errors)


def function_name(name: str) -> str:
    """The name of the kernel's function."""
    found = re.search(r"func\.func @(\w+)", _template(name))
    assert found is not None
    return found[1]


def parameters(name: str) -> tuple[str, ...]:
    """The names of the kernel's arguments."""
    signature = re.search(r"func\.func @\w+\((.*)\)", _template(name))
    assert signature is not None
    return tuple(re.findall(r"%(\w+):", signature[1]))


def arguments(name: str, size: str = "MINI", element: str = "f64") -> list[Array]:
    """Fresh arrays with the standard initial values; what has none is zero."""
    sizes = SIZES[name][size]
    given = INITIAL[name](sizes)
    shapes = _shapes(name, sizes)
    dtype = {"f32": np.float32, "f64": np.float64}[element]
    return [
        np.array(np.broadcast_to(given.get(p, 0.0), shapes[p]), dtype=dtype)
        for p in parameters(name)
    ]


def _shapes(name: str, sizes: Sizes) -> dict[str, tuple[int, ...]]:
    shapes = dict[str, tuple[int, ...]]()
    for array, shape in re.findall(r"!(\w+) = memref<(.*)\$\{T\}", _template(name)):
        shapes[array] = tuple(int(sizes[n]) for n in re.findall(r"\$\{(\w+)\}", shape))
    return shapes


@cache
def _template(name: str) -> str:
    return (_KERNELS / f"{name}.mlir").read_text()


def dumped(name: str, arrays: list[Array]) -> Array:
    """The elements of the results that PolyBench prints, in its order."""
    parts = list[Array]()
    for result in RESULTS[name]:
        array = arrays[parameters(name).index(result)]
        if name in _PRINTED:
            array = array[_PRINTED[name](array)]
        parts.append(array.ravel())
    return np.concatenate(parts)


def golden(name: str, dump: str) -> Array:
    """The numbers of a golden dump of the kernel (`begin dump: A`, numbers, `end   dump: A`)."""
    numbers = list[float]()
    for result in RESULTS[name]:
        # The first number may follow the name without a blank.
        part = dump.split(f"begin dump: {result}")[1].split(f"end   dump: {result}")[0]
        numbers += map(float, part.split())
    return np.array(numbers)

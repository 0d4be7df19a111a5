"""akg-mlir: a polyhedral tensor compiler for neural processing units.

    import akg_mlir as akg

    kernel = akg.compile("model.onnx", target="ascend910")
    y = kernel(x)
    print(kernel.ir("affine"), kernel.report(), kernel.remarks)

    @akg.kernel
    def bias_relu(x: akg.f16[128, 256], b: akg.f16[256]) -> akg.Tensor:
        return akg.relu(x + b)

Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from akg_mlir import targets
    from akg_mlir.compiler import Kernel, compile, pipeline
    from akg_mlir.diagnostics import CompileError, Remark
    from akg_mlir.execution.library import load_library
    from akg_mlir.frontends.python import (
        Axis,
        Tensor,
        TraceError,
        abs,
        acos,
        acosh,
        asin,
        asinh,
        atan,
        atanh,
        avg_pool2d,
        axes,
        axis,
        batch_norm,
        bf16,
        broadcast_to,
        cast,
        ceil,
        clip,
        compute,
        concat,
        constant,
        conv2d,
        cos,
        cosh,
        div,
        erf,
        exp,
        f16,
        f32,
        floor,
        full,
        gelu,
        i1,
        i8,
        i32,
        i64,
        layer_norm,
        log,
        logical_not,
        matmul,
        max,
        max_pool2d,
        maximum,
        mean,
        min,
        minimum,
        one_hot,
        pad,
        power,
        prod,
        reciprocal,
        relu,
        rem,
        reshape,
        round,
        rsqrt,
        sigmoid,
        sin,
        sinh,
        softmax,
        sqrt,
        sum,
        take,
        tan,
        tanh,
        transpose,
        where,
    )
    from akg_mlir.parsing import make_context, parse_module
    from akg_mlir.python_kernel import PythonKernel, kernel
    from akg_mlir.verification import verify_module

__version__ = "0.1.0"

__all__ = [
    "Axis",
    "CompileError",
    "Kernel",
    "PythonKernel",
    "Remark",
    "Tensor",
    "TraceError",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "avg_pool2d",
    "axes",
    "axis",
    "batch_norm",
    "bf16",
    "broadcast_to",
    "cast",
    "ceil",
    "clip",
    "compile",
    "compute",
    "concat",
    "constant",
    "conv2d",
    "cos",
    "cosh",
    "div",
    "erf",
    "exp",
    "f16",
    "f32",
    "floor",
    "full",
    "gelu",
    "i1",
    "i8",
    "i32",
    "i64",
    "kernel",
    "layer_norm",
    "load_library",
    "log",
    "logical_not",
    "make_context",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "one_hot",
    "pad",
    "parse_module",
    "pipeline",
    "power",
    "prod",
    "reciprocal",
    "relu",
    "rem",
    "reshape",
    "round",
    "rsqrt",
    "sigmoid",
    "sin",
    "sinh",
    "softmax",
    "sqrt",
    "sum",
    "take",
    "tan",
    "tanh",
    "targets",
    "transpose",
    "verify_module",
    "where",
]

_MODULE_OF = {
    "CompileError": "diagnostics",
    "Kernel": "compiler",
    "PythonKernel": "python_kernel",
    "Remark": "diagnostics",
    "compile": "compiler",
    "kernel": "python_kernel",
    "load_library": "execution.library",
    "make_context": "parsing",
    "parse_module": "parsing",
    "pipeline": "compiler",
    "verify_module": "verification",
}


def __getattr__(name: str) -> Any:
    if name == "targets":
        return import_module("akg_mlir.targets")
    if name not in __all__:
        raise AttributeError(f"module 'akg_mlir' has no attribute '{name}'")
    # Types and functions of kernels are in one place.
    return getattr(import_module(f"akg_mlir.{_MODULE_OF.get(name, 'frontends.python')}"), name)

"""The C++ text of a module: all of its kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.utils.target import Target as OutputTarget

from akg_mlir.diagnostics import CompileError
from akg_mlir.emit.cpp.kernel import emit_kernel
from akg_mlir.targets import Target, load


def target_of_module(module: ModuleOp) -> Target:
    """The machine a module was compiled for. Raises `CompileError` when it names none."""
    name = module.attributes.get("npu.target")
    if not isinstance(name, StringAttr):
        raise CompileError(
            "the module does not say which machine it is for", hint="run te-set-target"
        )
    return load(name.data)


def kernels_of(module: ModuleOp) -> list[func.FuncOp]:
    """The kernels of a module. Raises `CompileError` where there is none."""
    kernels = [
        op for op in module.ops if isinstance(op, func.FuncOp) and "npu.kernel" in op.attributes
    ]
    if not kernels:
        raise CompileError(
            "the module has no kernels", hint='the pipeline "akg" makes kernels of programs'
        )
    return kernels


def emit_module(module: ModuleOp) -> dict[str, str]:
    """The text of every kernel, by name. Raises `CompileError` where there is none."""
    target = target_of_module(module)
    return {op.sym_name.data: emit_kernel(op, target).text for op in kernels_of(module)}


@dataclass(frozen=True)
class CppTarget(OutputTarget):
    """`akg-opt -t cpp`: one text per kernel over `akg_npu.hpp`, one after the other."""

    name = "cpp"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        texts = emit_module(module)
        for name, text in texts.items():
            if len(texts) > 1:
                output.write(f"// ---- {name}.cpp\n")
            output.write(text)

"""Kernels of a program by themselves, as text: to compile and time each in several ways."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass, PassPipeline

from akg_mlir import targets
from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine
from akg_mlir.parsing import make_context, parse_module

Passes = Sequence[ModulePass]


def apply(module: ModuleOp, passes: Passes) -> ModuleOp:
    """Run passes on a module, in place."""
    PassPipeline(tuple(passes)).apply(make_context(), module)
    return module


def kernels(text: str, passes: Passes, target: str) -> dict[str, str]:
    """By name: the text of each kernel alone after `passes`."""
    module = apply(parse_module(text), passes)
    found = [f for f in module.walk() if isinstance(f, FuncOp) and "npu.kernel" in f.attributes]
    return {
        f.sym_name.data: f'builtin.module attributes {{npu.target = "{target}"}} {{\n{f!s}\n}}'
        for f in found
    }


def cycles(text: str, passes: Passes, target: str) -> int:
    """What a kernel takes, compiled from its text. Raises `CompileError` and `MachineError`."""
    module = apply(parse_module(text), passes)
    kernel = next(op for op in module.walk() if isinstance(op, FuncOp))
    machine = targets.load(target)
    return Machine(machine).time(decode(kernel, machine)).cycles

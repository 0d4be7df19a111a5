"""Running a pipeline over a program: the graph as a whole, then kernel by kernel."""

from __future__ import annotations

import gc
import re
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile

from xdsl.context import Context
from xdsl.dialects.builtin import MemRefType, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import Remark, collect_remarks, remark
from akg_mlir.parsing import make_context
from akg_mlir.sources import Source
from akg_mlir.verification import verify_module

Seconds = Mapping[str, float]
Progress = Callable[[str], None]


def silent(message: str) -> None:
    """Progress that nobody watches."""


@contextmanager
def collector_paused() -> Generator[None]:
    """Leave cyclic garbage where it is: a kernel makes little of it (some ten MB), but IR is one
    large cycle, and walking it again and again takes a seventh of the time of compiling."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True)
class CompiledKernel:
    """How one kernel was compiled: its final function and the seconds of each pass."""

    function: FuncOp
    seconds: Seconds


@dataclass(frozen=True)
class Compilation:
    """What compiling produced.

    `graph` is the module when the last pass over the whole graph had run, with its kernels still
    on the tensor floor where there was one; `module` is the final one.
    """

    source: Source
    passes: tuple[ModulePass, ...]
    graph: ModuleOp
    module: ModuleOp
    graph_seconds: Seconds
    kernels: tuple[CompiledKernel, ...]
    remarks: tuple[Remark, ...]

    def was_outlined(self, name: str) -> bool:
        """Whether a kernel was a function of tensors before it became loops."""
        return any(
            kernel.sym_name.data == name
            and not any(isinstance(type_, MemRefType) for type_ in kernel.function_type.inputs)
            for kernel in _kernels_of(self.graph)
        )

    def seconds(self) -> dict[str, float]:
        """Seconds by pass, summed over the graph and its kernels."""
        total = Counter[str](self.graph_seconds)
        for kernel in self.kernels:
            total.update(kernel.seconds)
        return dict(total)


def compile_source(
    source: Source, passes: tuple[ModulePass, ...], progress: Progress = silent
) -> Compilation:
    """Run `passes` over a source, verifying after each.

    Passes up to the affine floor see the whole module. Those after it work on one kernel at a
    time: that gives the seconds per kernel, and equal kernels are compiled once (the results are
    kept for the process, by the text of the kernel).
    """
    context = make_context()
    head = tuple(takewhile(lambda p: not p.name.startswith(("poly-", "npu-")), passes))
    tail = passes[len(head) :]
    module = source.module.clone()
    graph = module.clone()
    graph_seconds = dict[str, float]()
    with collect_remarks() as remarks:
        with collector_paused():
            for pass_ in head:
                progress(f"{source.name}: {pass_.name}")
                _apply(context, pass_, module, graph_seconds)
                if pass_.name.startswith("te-"):
                    graph = module.clone()
        kernels = tuple(
            _compile_kernel(context, function, module, tail, progress)
            for function in _kernels_of(module)
        )
        if not kernels:
            for pass_ in tail:
                _apply(context, pass_, module, graph_seconds)
    return Compilation(source, passes, graph, module, graph_seconds, kernels, tuple(remarks))


def _kernels_of(module: ModuleOp) -> list[FuncOp]:
    return [op for op in module.ops if isinstance(op, FuncOp) and "npu.kernel" in op.attributes]


def _apply(
    context: Context, pass_: ModulePass, module: ModuleOp, seconds: dict[str, float]
) -> None:
    for name, action in ((pass_.name, pass_.apply), ("verify", _verify)):
        started = time.perf_counter()
        action(context, module)
        seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - started


def _verify(_: Context, module: ModuleOp) -> None:
    verify_module(module)


@dataclass(frozen=True)
class _Cached:
    name: str
    function: FuncOp
    seconds: Seconds
    remarks: tuple[Remark, ...]


_compiled: dict[tuple[str, str], _Cached] = {}


@collector_paused()
def _compile_kernel(
    context: Context,
    function: FuncOp,
    module: ModuleOp,
    passes: tuple[ModulePass, ...],
    progress: Progress,
) -> CompiledKernel:
    """Replace `function` by what `passes` make of it."""
    name = function.sym_name.data
    alone = ModuleOp([function.clone()], dict(module.attributes))
    text = re.sub(rf"@{re.escape(name)}\b", "@kernel", str(alone))
    key = (text, ",".join(map(str, passes)))
    if key not in _compiled:
        seconds = dict[str, float]()
        with collect_remarks() as remarks:
            for pass_ in passes:
                progress(f"@{name}: {pass_.name}")
                _apply(context, pass_, alone, seconds)
        (compiled,) = _kernels_of(alone)
        _compiled[key] = _Cached(name, compiled, seconds, tuple(remarks))
    cached = _compiled[key]
    for made in cached.remarks:
        where = re.sub(rf"\b{re.escape(cached.name)}\b", name, made.where)
        remark(made.pass_name, made.kind, where, made.message, **made.numbers)
    result = cached.function.clone()
    result.properties["sym_name"] = StringAttr(name)
    block = function.parent
    assert block is not None
    block.insert_op_before(result, function)
    function.detach()
    function.erase(safe_erase=False)
    return CompiledKernel(result, cached.seconds)

"""Finished kernels, small enough to run hundreds of times, and what a changed one computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

import numpy as np
import poly_kernels
import te_programs
from drawn import drawn_examples
from te_text import module_of
from xdsl.dialects.builtin import ModuleOp, StringAttr

from akg_mlir.diagnostics import CompileError
from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine, MachineError
from akg_mlir.machine.isa import SYNCHRONISATION
from akg_mlir.machine.loading import load as load_program
from akg_mlir.machine.program import DTYPES, Array, Program
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.npu.memory.structure import kernels
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.targets import load

TARGET = load("generic_tiny")
MACHINE = Machine(TARGET)
LONGEST = 350
"""Issued instructions of a kernel that is executed thousands of times."""
EXHAUSTIVE = 8
"""Instructions, flags not counted, up to which every order is tried."""
Outcome = tuple[bytes, ...] | str
"""The bytes of all outputs, or the name of the error."""
TO_NPU = "te-to-affine,affine-to-npu"
PLANNED = ",".join(
    step.name
    for step in takewhile(
        lambda step: step.name != "npu-insert-sync", parse_pipeline("npu-to-instructions")
    )
)
"""What the standard pipeline does before it synchronises."""

# Name, arguments, result and op: several tiles each on the small target.
_TENSORS = (
    ("softmax", ["24x200xf32"], "24x200xf32", "te.softmax %a axis -1 : tensor<24x200xf32>"),
    ("gelu", ["40x130xf16"], "40x130xf16", "te.gelu %a approximate tanh : tensor<40x130xf16>"),
    ("relu", ["9x1000xf32"], "9x1000xf32", "te.relu %a : tensor<9x1000xf32>"),
    (
        "matmul",
        ["48x64xf16", "64x32xf16"],
        "48x32xf16",
        "te.matmul %a, %b : (tensor<48x64xf16>, tensor<64x32xf16>) -> tensor<48x32xf16>",
    ),
    (
        "large matmul",
        ["64x256xf16", "256x64xf16"],
        "64x64xf16",
        "te.matmul %a, %b : (tensor<64x256xf16>, tensor<256x64xf16>) -> tensor<64x64xf16>",
    ),
)


def _sources(drawn: int) -> Iterator[tuple[str, ModuleOp, str]]:
    """(name, module, passes)."""
    for name, arguments, result, op in _TENSORS:
        types = [f"tensor<{a}>" for a in arguments]
        yield name, module_of(types, f"%r = {op}", [f"tensor<{result}>"]), TO_NPU
    for name in poly_kernels.NAMES:
        yield name, parse_module(poly_kernels.load(name)), "affine-to-npu"
    for number, program in enumerate(drawn_examples(te_programs.programs(max_steps=5), drawn)):
        yield f"te {number}", te_programs.build(program), TO_NPU


def planned_kernels(drawn: int, names: Sequence[str] = ()) -> Iterator[tuple[str, ModuleOp]]:
    """Modules of one kernel each, without flags; of everything, or of what is named."""
    for name, module, passes in _sources(drawn):
        if names and name not in names:
            continue
        module.attributes["npu.target"] = StringAttr(TARGET.name)
        if not _apply(f"{passes},{PLANNED}", name, module):
            continue
        for function in kernels(module):
            single = ModuleOp([function.clone()], dict(module.attributes))
            yield f"{name} @{function.sym_name.data}", single


def finished_kernels(drawn: int, names: Sequence[str] = ()) -> Iterator[tuple[str, ModuleOp]]:
    """The same, with flags, where they are short enough."""
    for name, module in planned_kernels(drawn, names):
        finished = _apply("npu-insert-sync,npu-verify", name, module)
        if finished and len(_stream(program_of(module))) <= LONGEST:
            yield name, module


def _apply(passes: str, name: str, module: ModuleOp) -> bool:
    """Whether all passes accept a module."""
    try:
        for step in parse_pipeline(passes):
            step.apply(make_context(), module)
    except CompileError as error:
        print(f"left out: {name}: {error}"[:160])
        return False
    return True


def program_of(module: ModuleOp) -> Program:
    return decode(next(kernels(module)), TARGET)


def _stream(program: Program) -> Sequence[Sequence[int]]:
    (stream,) = load_program(program, TARGET).streams
    return stream


def inputs(program: Program) -> list[Array]:
    rng = np.random.default_rng(0)
    arrays: list[Array] = []
    for buffer in (program.buffers[i] for i in program.arguments):
        dtype, shape = DTYPES[buffer.element], buffer.shape
        drawn = rng.uniform(0.5, 1.5, shape) if dtype.kind == "f" else rng.integers(0, 5, shape)
        arrays.append(np.asarray(drawn).astype(dtype))
    return arrays


def outcome(program: Program, seed: int) -> Outcome:
    """What one random legal order computes."""
    try:
        return _bytes(MACHINE.run(program, inputs(program), "adversarial", seed).outputs)
    except MachineError as error:
        return type(error).__name__


def _bytes(arrays: Sequence[Array]) -> Outcome:
    return tuple(np.ascontiguousarray(array).tobytes() for array in arrays)


def broken_rule(program: Program) -> str | None:
    """The rule of the machine that a program breaks whatever the order, or a race."""
    try:
        return "race" if MACHINE.check(program) else None
    except MachineError as error:
        return type(error).__name__


def may_differ(program: Program, expected: Outcome, seeds: Sequence[int]) -> bool:
    """Whether an order has another outcome: all orders of a short program, else random ones."""
    plans = load_program(program, TARGET).plans
    work = [i for i in _stream(program) if not isinstance(plans[i[0]].instruction, SYNCHRONISATION)]
    if len(work) > EXHAUSTIVE:
        return any(outcome(program, seed) != expected for seed in seeds)
    return any(
        isinstance(found, MachineError) or _bytes(found) != expected
        for found in MACHINE.every_outcome(program, inputs(program))
    )

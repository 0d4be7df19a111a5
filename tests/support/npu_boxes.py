"""Tile ops on random boxes as plain data, and what they mean in numpy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from npu_model import DTYPES, Machine, run_kernel
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.emit.program import decode
from akg_mlir.machine import machine as simulator
from akg_mlir.parsing import parse_module
from akg_mlir.passes.npu.npu_legalise import NpuLegalise
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.targets import load
from akg_mlir.verification import verify_module


@dataclass(frozen=True)
class Place:
    """An operand: a flat buffer of `length` elements and a strided box in it."""

    length: int
    offset: int
    strides: tuple[int, ...]
    element: str = "f16"
    space: str = "ub"


@dataclass(frozen=True)
class Case:
    """One tile op. `form` has `{0}`, `{1}`, … for operands; `{types}` comes behind."""

    form: str
    sizes: tuple[int, ...]
    places: tuple[Place, ...]
    """In the order of the op's operands; the result last."""


def memref(place: Place) -> str:
    return f"memref<{place.length}x{place.element}, #npu<space {place.space}>>"


def view_type(place: Place, sizes: tuple[int, ...]) -> str:
    shape = "".join(f"{s}x" for s in sizes)
    strides = ", ".join(str(s) for s in place.strides)
    return (
        f"memref<{shape}{place.element}, strided<[{strides}], offset: ?>, "
        f"#npu<space {place.space}>>"
    )


def operation(case: Case) -> str:
    """Views of the buffers `%b0`, `%b1`, … and the op on them."""
    views = [
        f"%v{i} = npu.view %b{i}[affine_map<() -> ({p.offset})>]() : "
        f"{memref(p)} -> {view_type(p, case.sizes)}"
        for i, p in enumerate(case.places)
    ]
    types = [view_type(p, case.sizes) for p in case.places]
    names = [f"%v{i}" for i in range(len(types))]
    op = case.form.format(ins=", ".join(names[:-1]), out=names[-1])
    type_list = ", ".join(types[:-1])
    arrow = f"{type_list} -> {types[-1]}" if type_list else types[-1]
    return "\n    ".join([*views, f"{op} : {arrow}"])


def kernel(arguments: str, body: str) -> str:
    return (
        'builtin.module attributes {npu.target = "ascend910"} {\n'
        f"  func.func @k({arguments}) attributes {{npu.kernel, npu.cores = 1 : i64}} {{\n"
        f"    {body}\n    func.return\n  }}\n}}"
    )


def text_of(case: Case) -> str:
    """A kernel whose arguments are the operands' buffers (on chip, for the test's sake)."""
    arguments = ", ".join(f"%b{i}: {memref(p)}" for i, p in enumerate(case.places))
    return kernel(arguments, operation(case))


def text_for_machine(case: Case) -> str:
    """A kernel that loads every buffer, runs the op on chip, and stores every buffer."""
    lines: list[str] = []
    stores: list[str] = []
    arguments: list[str] = []
    for i, place in enumerate(case.places):
        gm, ub = memref(replace(place, space="gm")), memref(place)
        arguments += [f"%g{i}: {gm}", f"%h{i}: {gm}"]
        lines += [f"%b{i} = npu.buffer : {ub}", f"npu.dma %g{i} -> %b{i} : {gm} -> {ub}"]
        stores.append(f"npu.dma %b{i} -> %h{i} : {ub} -> {gm}")
    return kernel(", ".join(arguments), "\n    ".join([*lines, operation(case), *stores]))


def box(array: np.ndarray, place: Place, sizes: tuple[int, ...]) -> np.ndarray:
    """The box as a (writable) view of the flat array."""
    strides = [s * array.itemsize for s in place.strides]
    return np.lib.stride_tricks.as_strided(array[place.offset :], sizes, strides)


def legalised(case: Case) -> ModuleOp:
    module = parse_module(text_of(case))
    verify_module(module)
    NpuLegalise().apply(None, module)  # pyright: ignore
    verify_module(module)
    return module


def data_of(case: Case, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    arrays: list[np.ndarray] = []
    for place in case.places:
        dtype = DTYPES[place.element]
        if np.issubdtype(dtype, np.floating):
            arrays.append((rng.integers(4, 120, place.length) / 16).astype(dtype))
        else:
            arrays.append(rng.integers(-50, 50, place.length).astype(dtype))
    return arrays


def execute(case: Case, seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray], Machine]:
    """(arrays before, arrays after, machine)."""
    before = data_of(case, seed)
    after, machine = run_kernel(legalised(case), before)
    arrays = [a[: b.nbytes].view(b.dtype) for a, b in zip(after, before)]
    return before, arrays, machine


def execute_on_machine(
    case: Case, seed: int = 0
) -> tuple[list[np.ndarray], list[np.ndarray], Machine]:
    """As `execute`, on the simulated machine: planned, synchronised, in an adversarial order."""
    whole = replace(case, places=tuple(map(_whole_blocks, case.places)))
    before = data_of(whole, seed)
    module = parse_module(text_for_machine(whole))
    for pass_ in parse_pipeline("npu-to-instructions"):
        pass_.apply(None, module)  # pyright: ignore
        verify_module(module)
    target = load("ascend910")
    function = next(op for op in module.walk() if isinstance(op, func.FuncOp))
    program = decode(function, target)
    arrays = [a for array in before for a in (array, None)]
    result = simulator.Machine(target).run(program, arrays, "adversarial", seed)
    assert not result.races
    outputs = iter(result.outputs)
    return before, [next(outputs) for _ in case.places], Machine()


def _whole_blocks(place: Place) -> Place:
    """The same box in a buffer of a whole number of blocks, which moves in one burst."""
    block = 32 // np.dtype(DTYPES[place.element]).itemsize
    return replace(place, length=-(-place.length // block) * block)

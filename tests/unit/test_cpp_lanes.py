"""Vector instructions of fast runs, lane by lane: any mask and stride gives the machine's bits, and
lanes beyond the mask keep what they had."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from host_agreement import differing_modes

import akg_mlir

MASKS = (1, 3, 7, 8, 9, 16, 23, 40, 63, 64)
STRIDES = ((1, 8, 1, 8), (1, 1, 1, 1), (2, 16, 1, 0), (1, 8, 0, 1), (1, 0, 1, 8))
"""Blocks between blocks and between repeats: of the destination, then of the sources. Without any
repeats update the same lanes, which only `vmla` may."""
BLOCKS = 40
"""Blocks of the source, and of the region of the destination that is an instruction's own."""
TYPES = {"f32": np.float32, "f16": np.float16, "i32": np.int32, "i16": np.int16}
BINARY = ("vadd", "vmax", "vdiv", "vand", "vor", "vmla")


def program(instructions: Sequence[str], src: str, dst: str) -> tuple[str, int]:
    """A kernel of instructions from `%s` to `%p`, each with a region of its own, which returns all
    regions; and how many blocks these have."""
    blocks = BLOCKS * len(instructions)
    lines = [
        f"%a = npu.buffer at 0 : {array('ub', src, BLOCKS)}",
        f"%b = npu.buffer at {32 * BLOCKS} : {array('ub', dst, blocks)}",
        pointer("s", "a", "ub", src, BLOCKS),
        pointer("d", "b", "ub", dst, blocks),
        pointer("x_gm", "x", "gm", src, BLOCKS),
        pointer("z_gm", "z", "gm", dst, blocks),
        pointer("y_gm", "y", "gm", dst, blocks),
        copy("s", "x_gm", "ub", "gm", src, BLOCKS),
        copy("d", "z_gm", "ub", "gm", dst, blocks),
        "npu.set_flag[mte2, v, 0]",
        "npu.wait_flag[mte2, v, 0]",
    ]
    for k, instruction in enumerate(instructions):
        lines.append(pointer(f"p{k}", "b", "ub", dst, blocks, k * BLOCKS))
        lines.append(instruction.replace("%p", f"%p{k}"))
    lines += [
        "npu.set_flag[v, mte3, 0]",
        "npu.wait_flag[v, mte3, 0]",
        copy("y_gm", "d", "gm", "ub", dst, blocks),
        "func.return",
    ]
    types = [array("gm", src, BLOCKS), array("gm", dst, blocks), array("gm", dst, blocks)]
    arguments = ", ".join(f"%{name}: {type_}" for name, type_ in zip("xzy", types))
    return (
        'builtin.module attributes {npu.target = "ascend910"} {\n'
        f"func.func @main({arguments}) attributes {{npu.kernel}} {{\n" + "\n".join(lines) + "\n}}"
    ), blocks


def vector(op: str, mask: int, strides: tuple[int, ...], src: str, dst: str) -> str:
    """Two repeats."""
    block, repeat, *of = strides
    count = 2 if op in BINARY else 1
    sources = ", ".join(["%s"] * count) + " : " + ", ".join([f"!npu.ptr<ub, {src}>"] * count)
    return (
        f"npu.vec {op} dst %p : !npu.ptr<ub, {dst}> src {sources} repeat 2 mask {mask} "
        f"strides [{block}, {repeat}], {of * count}"
    )


def width(element: str) -> int:
    """Elements of a block."""
    return 32 // np.dtype(TYPES[element]).itemsize


def array(space: str, element: str, blocks: int) -> str:
    return f"memref<{blocks}x{width(element)}x{element}, #npu<space {space}>>"


def pointer(name: str, of: str, space: str, element: str, blocks: int, block: int = 0) -> str:
    return (
        f"%{name} = npu.ptr %{of}[affine_map<() -> ({32 * block})>]() : "
        f"{array(space, element, blocks)} -> !npu.ptr<{space}, {element}>"
    )


def copy(to: str, of: str, dst: str, src: str, element: str, blocks: int) -> str:
    types = f"!npu.ptr<{dst}, {element}>, !npu.ptr<{src}, {element}>"
    return f"npu.copy %{to}, %{of} bursts 1 x {blocks} gaps 0, 0 : {types}"


def numbers(element: str, blocks: int) -> np.ndarray:
    rng, type_ = np.random.default_rng(0), np.dtype(TYPES[element])
    x = 100 * rng.standard_normal((blocks, width(element)))
    if type_.kind == "f":
        for special in (np.nan, np.inf, -np.inf, 0.0, -0.0):
            x[rng.random(x.shape) < 0.1] = special
    return x.astype(type_)


@pytest.mark.parametrize(
    ("ops", "src", "dst"),
    [
        (("vadd", "vmax", "vdiv", "vabs", "vmla"), "f32", "f32"),
        (("vadd", "vmax", "vexp", "vmla"), "f16", "f16"),
        (("vadd", "vmax"), "i32", "i32"),
        (("vand", "vor", "vnot"), "i16", "i16"),
        (("vconv",), "f16", "f32"),
        (("vconv",), "f32", "f16"),
    ],
)
def test_lanes_of_fast_runs(ops: tuple[str, ...], src: str, dst: str) -> None:
    cases = [
        (op, mask, strides)
        for op, mask, strides in product(ops, MASKS, STRIDES)
        # no repeat writes what another wrote
        if strides[1] >= strides[0] * -(-mask // width(dst)) or (op, strides[1]) == ("vmla", 0)
    ]
    assert_same_bits([vector(*case, src, dst) for case in cases], src, dst)


@pytest.mark.parametrize("element", ["f32", "f16"])
def test_transposes_of_fast_runs(element: str) -> None:
    """Of sixteen blocks, and of one block sixteen times."""
    type_ = f"!npu.ptr<ub, {element}>"
    instructions = [
        f"npu.vnchwconv %p, %s repeat {repeat} strides {dst}, {src} steps 16, {step} : "
        f"{type_}, {type_}"
        for repeat, dst, src, step in product((1, 2), (1, 2), (0, 1, 2), (1, 8))
        if repeat == 1 or dst == 1
    ]
    assert_same_bits(instructions, element, element)


def assert_same_bits(instructions: Sequence[str], src: str, dst: str) -> None:
    text, blocks = program(instructions, src, dst)
    z = numbers(dst, blocks)
    arrays = [numbers(src, BLOCKS), z, np.zeros_like(z)]
    assert not differing_modes(akg_mlir.compile(text, pipeline=[]), (), arrays)

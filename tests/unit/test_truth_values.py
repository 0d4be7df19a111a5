"""Truth values and bytes on the vector unit: exact, and without the scalar unit."""

from __future__ import annotations

import numpy as np
import pytest
from truth_programs import NUMPY, PREDICATES, build

import akg_mlir
from akg_mlir.compiler import Kernel
from akg_mlir.dialects import npu

EXTREMES = {
    "i32": [-(2**31), 2**31 - 1, -(2**24) - 1, 2**24, 2**24 + 1, 0, 1, -1],
    "i8": [-128, 127, -127, 126, 0, 1, -1, 2],
    "f16": [np.nan, np.inf, -np.inf, 0.0, -0.0, 6e-8, 65504.0, 1.0],
    "f32": [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3.4e38, 1.0],
}
WANTED = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


def scalar_ops(kernel: Kernel) -> int:
    """Those that compute: they do more than to load and store."""
    ops = [op for op in kernel.compilation.module.walk() if isinstance(op, npu.ScalarOp)]
    return sum(len(list(op.body.block.ops)) > 2 for op in ops)


@pytest.mark.parametrize("predicate", PREDICATES)
@pytest.mark.parametrize("element", EXTREMES)
def test_all_pairs_of_extremes_are_compared(element: str, predicate: str) -> None:
    numbers = np.array(EXTREMES[element], NUMPY[element])
    type_, truths = f"tensor<64x{element}>", "tensor<64xi1>"
    kernel = akg_mlir.compile(
        f"func.func @main(%a: {type_}, %b: {type_}) -> {truths} {{\n"
        f"%r = te.compare {predicate} %a, %b : ({type_}, {type_}) -> {truths}\n"
        f"func.return %r : {truths}\n}}"
    )
    a, b = (side.ravel().copy() for side in np.meshgrid(numbers, numbers))
    np.testing.assert_array_equal(kernel(a, b), WANTED[predicate](a, b))
    assert not scalar_ops(kernel)


@pytest.mark.parametrize("predicate", PREDICATES)
@pytest.mark.parametrize("element", ["f16", "f32"])
def test_extremes_are_compared_with_constants(element: str, predicate: str) -> None:
    dtype = np.dtype(NUMPY[element])
    numbers = np.array([*EXTREMES[element], -1, 2], dtype)
    type_, truths, scalar = f"tensor<10x{element}>", "tensor<10xi1>", f"tensor<{element}>"
    bits = {"f16": ("0x7C00", "0x7E00"), "f32": ("0x7F800000", "0x7FC00000")}[element]
    constants = {"0.0": 0.0, "1.0": 1.0, bits[0]: np.inf, bits[1]: np.nan}
    lines = [
        f"%k{k} = te.constant dense<{text}> : {scalar}\n"
        f"%r{k} = te.compare {predicate} %a, %k{k} : ({type_}, {scalar}) -> {truths}"
        for k, text in enumerate(constants)
    ]
    body, types = "\n".join(lines), ", ".join([truths] * len(lines))
    kernel = akg_mlir.compile(
        f"func.func @main(%a: {type_}) -> ({types}) {{\n{body}\n"
        f"func.return %r0, %r1, %r2, %r3 : {types}\n}}"
    )
    for got, constant in zip(kernel(numbers), constants.values(), strict=True):
        wanted = WANTED[predicate](numbers, dtype.type(constant))
        np.testing.assert_array_equal(got, wanted, str(constant))


@pytest.mark.parametrize(
    "end", ["store", "cast f16", "cast f32", "cast i32", "cast i8", "truths", "select f32"]
)
@pytest.mark.parametrize("mask", ["whole", "row", "column"])
def test_masks_need_no_scalar_unit(mask: str, end: str) -> None:
    tree = ("and", (mask,), ("not", ("or", ("whole",), ("compare", "lt", "f32"))))
    program = build((16, 64), tree, end)
    kernel = akg_mlir.compile(program.text)
    assert not scalar_ops(kernel)
    assert kernel.report({f"a{k}": a for k, a in enumerate(program.inputs(0))}).ok


@pytest.mark.parametrize(("source", "result"), [("f32", "i8"), ("i32", "i8"), ("f16", "i8")])
def test_conversions_to_bytes_are_exact(source: str, result: str) -> None:
    values = np.array(
        {
            "f32": [np.nan, np.inf, -np.inf, 127.99999, 128, -128.9, -129, 0.99999999, 1e30, -0.5],
            "f16": [np.nan, np.inf, -np.inf, 127.9, 128, -128.9, -129, 0.9995, 65504, -0.5],
            "i32": [-(2**31), 2**31 - 1, 255, 256, 128, -129, 127, 65535, -(2**24) - 1, 0],
        }[source]
        * 8,
        NUMPY[source],
    )
    type_, bytes_ = f"tensor<80x{source}>", f"tensor<80x{result}>"
    kernel = akg_mlir.compile(
        f"func.func @main(%a: {type_}) -> {bytes_} {{\n"
        f"%r = te.cast %a : {type_} -> {bytes_}\nfunc.return %r : {bytes_}\n}}"
    )
    assert kernel.report({"a": values}).ok
    assert not scalar_ops(kernel)


def test_constants_of_true_are_ones_on_the_device() -> None:
    """In attributes they have all bits; of bytes the vector unit computes with numbers."""
    text = """func.func @main(%x: tensor<40xi1>) -> tensor<1x40x40xf32> {
  %c = te.constant dense<true> : tensor<1x1x40x1xi1>
  %t = te.reshape %c : tensor<1x1x40x1xi1> -> tensor<1x40x1xi1>
  %both = te.and %t, %x : (tensor<1x40x1xi1>, tensor<40xi1>) -> tensor<1x40x40xi1>
  %on = te.constant dense<0.0> : tensor<f32>
  %off = te.constant dense<-1.0> : tensor<f32>
  %y = te.select %both, %on, %off
      : (tensor<1x40x40xi1>, tensor<f32>, tensor<f32>) -> tensor<1x40x40xf32>
  func.return %y : tensor<1x40x40xf32>
}"""
    x = np.arange(40) % 3 == 0
    wanted = np.broadcast_to(np.where(x, 0, -1), (1, 40, 40))
    np.testing.assert_array_equal(akg_mlir.compile(text)(x), wanted)

"""`npu.scalar`: both compiled forms, their agreement, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from npu_text import Kernel

from akg_mlir.diagnostics import CompileError
from akg_mlir.machine import BoundsError, PoisonError
from akg_mlir.machine.program import ScalarBlock

RNG = np.random.default_rng(3)


def view(kernel: Kernel, source: str, sizes: list[int], strides: list[int], offset: int = 0) -> str:
    value = kernel.name()
    element, rest = kernel.types[source].split("x")[-1].split(",", 1)
    shape = "x".join(map(str, [*sizes, element]))
    kernel.types[value] = f"memref<{shape}, strided<{strides}, offset: ?>,{rest}"
    kernel.line(
        f"{value} = npu.view {source}[affine_map<() -> ({offset})>]() : "
        f"{kernel.types[source]} -> {kernel.types[value]}"
    )
    return value


def block(kernel: Kernel, sizes: list[int], ins: list[str], outs: list[str], body: str) -> None:
    """`body` uses %i0.. and %in0.., %out0.. with their types as IN0.., OUT0..."""
    arguments = [f"%i{d}: index" for d in range(len(sizes))]
    for kind, values in (("in", ins), ("out", outs)):
        for position, value in enumerate(values):
            arguments.append(f"%{kind}{position}: {kernel.types[value]}")
            body = body.replace(f"{kind.upper()}{position}", kernel.types[value])
    kernel.line(
        f"npu.scalar {sizes}"
        + (f" ins({', '.join(ins)} : {', '.join(kernel.types[v] for v in ins)})" if ins else "")
        + f" outs({', '.join(outs)} : {', '.join(kernel.types[v] for v in outs)}) {{\n"
        f"^bb0({', '.join(arguments)}):\n{body}\n}}"
    )


def both_forms(kernel: Kernel, *arrays: np.ndarray, vectorised: bool = True) -> np.ndarray:
    """The output; the vectorised form, if there is one, must agree with the elementwise one."""
    program = kernel.program()
    (op,) = [n for n in program.body if isinstance(n, ScalarBlock)]
    assert (op.vectorised is not None) == vectorised
    result = kernel.run_all(*arrays)
    if op.vectorised is not None:
        object.__setattr__(op, "vectorised", None)
        slow = Kernel.run(kernel, *arrays)
        assert slow.outputs[0].tobytes() == result.tobytes()
    return result


def test_elementwise_on_gm() -> None:
    kernel = Kernel()
    x, y = kernel.gm("5x7", "f32"), kernel.gm("7x5", "f32")
    body = """
      %e = memref.load %in0[%i0, %i1] : IN0
      %f = math.exp %e : f32
      %c = arith.constant 0.5 : f32
      %g = arith.mulf %f, %c : f32
      memref.store %g, %out0[%i1, %i0] : OUT0"""
    block(kernel, [5, 7], [x], [y], body)
    values = RNG.random((5, 7)).astype(np.float32)
    expected = np.exp(values.astype(np.float64)).astype(np.float32) * np.float32(0.5)
    assert np.array_equal(both_forms(kernel, values), expected.T)


def test_reduction_keeps_its_order() -> None:
    kernel = Kernel()
    x, y = kernel.gm("4x9"), kernel.gm("4")
    zero = """
      %z = arith.constant 0.0 : f16
      memref.store %z, %out0[%i0] : OUT0"""
    block(kernel, [4], [], [y], zero)
    body = """
      %e = memref.load %in0[%i0, %i1] : IN0
      %a = memref.load %out0[%i0] : OUT0
      %s = arith.addf %a, %e : f16
      memref.store %s, %out0[%i0] : OUT0"""
    block(kernel, [4, 9], [x], [y], body)
    blocks = [n for n in kernel.program().body if isinstance(n, ScalarBlock)]
    assert all(b.vectorised is not None for b in blocks)
    values = (RNG.random((4, 9)) * 100).astype(np.float16)
    expected = np.zeros(4, np.float16)
    for j in range(9):
        expected = expected + values[:, j]
    assert np.array_equal(kernel.run_all(values), expected)


def test_stride_zero_accumulates() -> None:
    kernel = Kernel()
    x, y = kernel.gm("3x6", "f32"), kernel.gm("3", "f32")
    spread = view(kernel, y, [3, 6], [1, 0])
    block(kernel, [3], [], [y], "%z = arith.constant 1.0 : f32\nmemref.store %z, %out0[%i0] : OUT0")
    body = """
      %e = memref.load %in0[%i0, %i1] : IN0
      %a = memref.load %out0[%i0, %i1] : OUT0
      %s = arith.maximumf %a, %e : f32
      memref.store %s, %out0[%i0, %i1] : OUT0"""
    block(kernel, [3, 6], [x], [spread], body)
    values = (RNG.random((3, 6)) * 3).astype(np.float32)
    assert np.array_equal(kernel.run_all(values), np.maximum(values.max(axis=1), 1))


def test_a_recurrence_has_no_vectorised_form() -> None:
    """Each element is the sum of two earlier ones of the same tensor."""
    kernel = Kernel()
    x, y = kernel.gm("2", "i32"), kernel.gm("10", "i32")
    block(
        kernel,
        [2],
        [x],
        [y],
        "%e = memref.load %in0[%i0] : IN0\nmemref.store %e, %out0[%i0] : OUT0",
    )
    body = """
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %p = arith.addi %i0, %c1 : index
      %q = arith.addi %i0, %c2 : index
      %a = memref.load %out0[%i0] : OUT0
      %b = memref.load %out0[%p] : OUT0
      %s = arith.addi %a, %b : i32
      memref.store %s, %out0[%q] : OUT0"""
    block(kernel, [8], [], [y], body)
    assert [n.vectorised is None for n in kernel.program().body] == [False, True]
    out = kernel.run_all(np.array([1, 1], np.int32))
    assert out.tolist() == [1, 1, 2, 3, 5, 8, 13, 21, 34, 55]


def test_overlapping_views_fall_back_to_one_element_at_a_time() -> None:
    kernel = Kernel()
    x = kernel.gm("9", "i32")
    head, tail = view(kernel, x, [8], [1]), view(kernel, x, [8], [1], offset=1)
    block(
        kernel,
        [8],
        [head],
        [tail],
        "%e = memref.load %in0[%i0] : IN0\nmemref.store %e, %out0[%i0] : OUT0",
    )
    assert kernel.run_all(np.arange(3, 12, dtype=np.int32)).tolist() == [3] * 9


def test_selects_compares_and_conversions() -> None:
    kernel = Kernel()
    x, y = kernel.gm("16", "f32"), kernel.gm("16", "i32")
    body = """
      %e = memref.load %in0[%i0] : IN0
      %z = arith.constant 0.0 : f32
      %n = arith.cmpf olt, %e, %z : f32
      %k = arith.fptosi %e : f32 to i32
      %b = arith.extui %n : i1 to i32
      %h = arith.truncf %e : f32 to f16
      %w = arith.extf %h : f16 to f32
      %q = arith.fptosi %w : f32 to i32
      %s = arith.select %n, %b, %q : i32
      %i = arith.index_cast %i0 : index to i32
      %t = arith.muli %s, %i : i32
      memref.store %t, %out0[%i0] : OUT0"""
    block(kernel, [16], [x], [y], body)
    values = np.linspace(-4, 9, 16, dtype=np.float32)
    index = np.arange(16, dtype=np.int32)
    expected = np.where(values < 0, 1, np.trunc(values.astype(np.float16))).astype(np.int32) * index
    assert np.array_equal(both_forms(kernel, values), expected)


def test_integer_powers_wrap_and_truncate() -> None:
    kernel = Kernel()
    x, y, z = (kernel.gm("6", "i32") for _ in range(3))
    body = """
      %a = memref.load %in0[%i0] : IN0
      %b = memref.load %in1[%i0] : IN1
      %c = math.ipowi %a, %b : i32
      memref.store %c, %out0[%i0] : OUT0"""
    block(kernel, [6], [x, y], [z], body)
    base = np.array([3, -2, 2, 1, -1, 5], np.int32)
    exponent = np.array([4, 3, 33, -2, -3, -1], np.int32)
    result = both_forms(kernel, base, exponent)
    assert result.tolist() == [81, -8, 0, 1, -1, 0]


def test_gather_checks_its_subscripts() -> None:
    kernel = Kernel()
    x, indices, y = kernel.gm("4", "f32"), kernel.gm("6", "i32"), kernel.gm("6", "f32")
    body = """
      %k = memref.load %in1[%i0] : IN1
      %j = arith.index_cast %k : i32 to index
      %e = memref.load %in0[%j] : IN0
      memref.store %e, %out0[%i0] : OUT0"""
    block(kernel, [6], [x, indices], [y], body)
    values = np.arange(4, dtype=np.float32)
    chosen = np.array([3, 0, 2, 2, 1, 0], np.int32)
    assert np.array_equal(both_forms(kernel, values, chosen), values[chosen])
    for bad in (-1, 4):
        chosen[2] = bad
        with pytest.raises(BoundsError, match=r"npu.scalar .*subscript out of range"):
            kernel.run(values, chosen)


def test_poison_is_found_by_the_element() -> None:
    kernel = Kernel()
    x, y = kernel.gm("32"), kernel.gm("32")
    a = kernel.buffer("ub", 0, "32")
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 1)
    kernel.barrier()
    for size in (16, 17):
        part, out = view(kernel, a, [size], [1]), view(kernel, y, [size], [1])
        body = "%e = memref.load %in0[%i0] : IN0\nmemref.store %e, %out0[%i0] : OUT0"
        block(kernel, [size], [part], [out], body)
    with pytest.raises(PoisonError, match=r"npu.scalar \(#3\).*never written"):
        kernel.run(np.ones(32, np.float16))


def test_views_stay_inside_their_tensor() -> None:
    kernel = Kernel()
    x, y = kernel.gm("16"), kernel.gm("16")
    part = view(kernel, x, [4, 4], [4, 1], offset=1)
    body = "%e = memref.load %in0[%i0, %i1] : IN0\nmemref.store %e, %out0[%i0] : OUT0"
    block(kernel, [4, 4], [part], [y], body)
    with pytest.raises(BoundsError, match="reads bytes 0x2 to 0x22 of gm"):
        kernel.run(np.ones(16, np.float16))


def test_unknown_ops() -> None:
    kernel = Kernel()
    y = kernel.gm("16", "f32")
    body = """
      %c = arith.constant 1.0 : f32
      %e = math.cbrt %c : f32
      memref.store %e, %out0[%i0] : OUT0"""
    block(kernel, [16], [], [y], body)
    with pytest.raises(CompileError, match=r"math.cbrt.*the scalar unit cannot execute this op"):
        kernel.program()

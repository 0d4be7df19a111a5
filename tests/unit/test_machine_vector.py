"""Vector instructions against numpy: arithmetic, masks, strides, reductions, compare and select."""

from __future__ import annotations

import numpy as np
import pytest
from npu_text import Kernel

from akg_mlir.machine import FieldError, PoisonError

RNG = np.random.default_rng(1)


def lanewise(
    opcode: str, inputs: list[np.ndarray], out: str, *, repeat: int, mask: int, scalar: str = ""
) -> np.ndarray:
    """Run one instruction on contiguous operands; lanes it leaves alone hold zeros."""
    kernel = Kernel()
    names = {"float16": "f16", "float32": "f32", "int32": "i32", "int16": "i16", "int8": "i8"}
    arguments = [kernel.gm(str(a.size), names[str(a.dtype)]) for a in inputs]
    bytes_ = {"f16": 2, "f32": 4, "i32": 4, "i16": 2, "i8": 1}
    lanes = 256 // max(bytes_[out], *(a.itemsize for a in inputs))
    result = kernel.gm(str(repeat * lanes), out)
    at = 0
    buffers: list[str] = []
    for array, argument in zip(inputs, arguments):
        buffers.append(kernel.buffer("ub", at, str(array.size), names[str(array.dtype)]))
        kernel.load(argument, buffers[-1], array.nbytes // 32)
        at += array.nbytes
    dst = kernel.buffer("ub", at, str(repeat * lanes), out)
    fill = kernel.buffer("ub", at, str(repeat * lanes * bytes_[out] // 2), "f16")
    blocks = repeat * lanes * bytes_[out] // 32
    for start in range(0, blocks, 8):
        lanes_left = min(8, blocks - start) * 16
        kernel.vec("vector_dup", kernel.ptr(fill, start * 32), mask=lanes_left, scalar="0.0 : f16")
    kernel.barrier()
    strides = [(1, lanes * size // 32) for size in (bytes_[out], *(a.itemsize for a in inputs))]
    kernel.vec(
        opcode,
        kernel.ptr(dst),
        [kernel.ptr(b) for b in buffers],
        repeat=repeat,
        mask=mask,
        strides=strides,
        scalar=scalar,
    )
    kernel.store(dst, result, blocks)
    return kernel.run_all(*inputs)


def random(shape: int, dtype: str = "float16") -> np.ndarray:
    if dtype == "int32":
        return RNG.integers(-1000, 1000, shape).astype(np.int32)
    return (RNG.random(shape) + 0.25).astype(dtype)


BINARY = {
    "vadd": np.add,
    "vsub": np.subtract,
    "vmul": np.multiply,
    "vdiv": np.divide,
    "vmax": np.maximum,
    "vmin": np.minimum,
}


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("opcode", BINARY)
def test_binary(opcode: str, dtype: str) -> None:
    lanes = 256 // np.dtype(dtype).itemsize
    a, b = random(3 * lanes, dtype), random(3 * lanes, dtype)
    out = lanewise(
        opcode, [a, b], {"float16": "f16", "float32": "f32"}[dtype], repeat=3, mask=lanes
    )
    assert np.array_equal(out, BINARY[opcode](a, b))


def test_integers_wrap() -> None:
    a = np.full(64, 2**31 - 1, np.int32)
    out = lanewise("vadd", [a, np.ones(64, np.int32)], "i32", repeat=1, mask=64)
    assert (out == -(2**31)).all()


UNARY = {
    "vexp": np.exp,
    "vln": np.log,
    "vsqrt": np.sqrt,
    "vrsqrt": lambda x: 1 / np.sqrt(x),
    "vrec": lambda x: 1 / x,
    "vabs": np.abs,
}


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("opcode", UNARY)
def test_unary_is_exact_and_rounded_once(opcode: str, dtype: str) -> None:
    lanes = 256 // np.dtype(dtype).itemsize
    a = random(2 * lanes, dtype)
    out = lanewise(opcode, [a], {"float16": "f16", "float32": "f32"}[dtype], repeat=2, mask=lanes)
    assert np.array_equal(out, UNARY[opcode](a.astype(np.float64)).astype(dtype))


def test_relu() -> None:
    a = (random(128) - 0.7).astype(np.float16)
    assert np.array_equal(lanewise("vrelu", [a], "f16", repeat=1, mask=128), np.maximum(a, 0))


def test_scalars_round_to_the_type_first() -> None:
    a = random(128)
    out = lanewise("vadds", [a], "f16", repeat=1, mask=128, scalar="1.001 : f32")
    assert np.array_equal(out, a + np.float16(1.001))
    out = lanewise("vmuls", [a], "f16", repeat=1, mask=128, scalar="3.0 : f16")
    assert np.array_equal(out, a * np.float16(3))


@pytest.mark.parametrize("mask", [1, 16, 17, 100])
def test_masked_lanes_keep_their_value(mask: int) -> None:
    a, b = random(256), random(256)
    out = lanewise("vadd", [a, b], "f16", repeat=2, mask=mask).reshape(2, 128)
    expected = np.where(np.arange(128) < mask, (a + b).reshape(2, 128), 0)
    assert np.array_equal(out, expected)


@pytest.mark.parametrize(
    ("source", "out"),
    [("float16", "f32"), ("float32", "f16"), ("int32", "f32"), ("float32", "i32")],
)
def test_conversions(source: str, out: str) -> None:
    a = (random(128, "float32") * 9 - 4).astype(source)
    dtype = {"f16": np.float16, "f32": np.float32, "i32": np.int32}[out]
    assert np.array_equal(lanewise("vconv", [a], out, repeat=2, mask=64), a.astype(dtype))


def test_conversion_to_integers_truncates_and_saturates() -> None:
    a = np.zeros(64, np.float32)
    a[:6] = [1.9, -1.9, 1e20, -1e20, np.nan, np.inf]
    out = lanewise("vconv", [a], "i32", repeat=1, mask=64)
    assert out[:6].tolist() == [1, -1, 2**31 - 1, -(2**31), 0, 2**31 - 1]


def test_multiply_add_rounds_twice() -> None:
    kernel = Kernel()
    x, y = kernel.gm("256"), kernel.gm("128")
    a, acc = kernel.buffer("ub", 0, "256"), kernel.buffer("ub", 512, "128")
    kernel.load(x, a, 16)
    kernel.vec("vector_dup", kernel.ptr(acc), mask=128, scalar="1.0 : f16")
    kernel.barrier("v")
    kernel.vec("vmla", kernel.ptr(acc), [kernel.ptr(a), kernel.ptr(a, 256)], mask=128)
    kernel.barrier("v")
    kernel.vec("vaxpy", kernel.ptr(acc), [kernel.ptr(a)], mask=128, scalar="0.3 : f16")
    kernel.store(acc, y, 8)
    values = random(256)
    first, second = values[:128], values[128:]
    expected = (np.float16(1) + first * second) + first * np.float16(0.3)
    assert np.array_equal(kernel.run_all(values), expected)


def test_block_strides_and_splat() -> None:
    kernel = Kernel()
    x, y = kernel.gm("256"), kernel.gm("128")
    a, out = kernel.buffer("ub", 0, "256"), kernel.buffer("ub", 512, "128")
    kernel.load(x, a, 16)
    kernel.vec(
        "vadd",
        kernel.ptr(out),
        [kernel.ptr(a), kernel.ptr(a, 32)],
        mask=128,
        strides=[(1, 8), (2, 8), (0, 8)],
    )
    kernel.store(out, y, 8)
    values = random(256)
    blocks = values.reshape(16, 16)
    assert np.array_equal(kernel.run_all(values).reshape(8, 16), blocks[::2] + blocks[1])


def test_mixed_widths_with_strides_and_a_tail() -> None:
    kernel = Kernel()
    x, y = kernel.gm("128"), kernel.gm("64", "f32")
    a, out = kernel.buffer("ub", 0, "128"), kernel.buffer("ub", 256, "64", "f32")
    kernel.load(x, a, 8)
    kernel.vec("vector_dup", kernel.ptr(out), mask=64, scalar="0.0 : f32")
    kernel.barrier("v")
    kernel.vec("vconv", kernel.ptr(out), [kernel.ptr(a)], mask=44, strides=[(1, 8), (2, 8)])
    kernel.store(out, y, 8)
    values = random(128)
    expected = np.zeros(64, np.float32)
    expected[:44] = values.reshape(8, 16)[::2].ravel()[:44]
    assert np.array_equal(kernel.run_all(values), expected)


def test_accumulation_over_repeats() -> None:
    kernel = Kernel()
    x, y = kernel.gm("640"), kernel.gm("128")
    a, acc = kernel.buffer("ub", 0, "640"), kernel.buffer("ub", 1280, "128")
    kernel.load(x, a, 40)
    kernel.vec("vector_dup", kernel.ptr(acc), mask=128, scalar="0.0 : f16")
    kernel.barrier("v")
    out = kernel.ptr(acc)
    strides = [(1, 0), (1, 0), (1, 8)]
    kernel.vec("vadd", out, [out, kernel.ptr(a)], repeat=5, mask=128, strides=strides)
    kernel.store(acc, y, 8)
    values = random(640)
    expected = np.zeros(128, np.float16)
    for row in values.reshape(5, 128):
        expected = expected + row
    assert np.array_equal(kernel.run_all(values), expected)


@pytest.mark.parametrize(
    ("opcode", "reduce"), [("vcadd", np.add), ("vcmax", np.maximum), ("vcmin", np.minimum)]
)
@pytest.mark.parametrize("mask", [128, 37])
def test_whole_reductions(opcode: str, reduce: np.ufunc, mask: int) -> None:
    kernel = Kernel()
    x, y = kernel.gm("2048"), kernel.gm("16")
    a, out = kernel.buffer("ub", 0, "2048"), kernel.buffer("ub", 4096, "16")
    kernel.load(x, a, 128)
    strides = [(1, 1), (1, 8)]
    kernel.vec(opcode, kernel.ptr(out), [kernel.ptr(a)], repeat=16, mask=mask, strides=strides)
    kernel.store(out, y, 1)
    values = random(2048)
    lanes = values.reshape(16, 128)[:, :mask]
    if opcode != "vcadd":
        assert np.array_equal(kernel.run_all(values), reduce.reduce(lanes, axis=1))
        return
    tree = np.zeros((16, 128), np.float16)
    tree[:, :mask] = lanes
    while tree.shape[1] > 1:
        tree = tree[:, ::2] + tree[:, 1::2]
    assert np.array_equal(kernel.run_all(values), tree[:, 0])


def test_block_reduction() -> None:
    kernel = Kernel()
    x, y = kernel.gm("256"), kernel.gm("32")
    a, out = kernel.buffer("ub", 0, "256"), kernel.buffer("ub", 512, "32")
    kernel.load(x, a, 16)
    kernel.vec("vector_dup", kernel.ptr(out), mask=32, scalar="0.0 : f16")
    kernel.barrier("v")
    strides = [(1, 1), (1, 8)]
    kernel.vec("vcgmax", kernel.ptr(out), [kernel.ptr(a)], repeat=2, mask=70, strides=strides)
    kernel.store(out, y, 2)
    values = random(256)
    expected = np.zeros((2, 16), np.float16)
    for r, row in enumerate(values.reshape(2, 8, 16)):
        expected[r, :4] = row[:4].max(axis=1)
        expected[r, 4] = row[4, :6].max()
    assert np.array_equal(kernel.run_all(values).reshape(2, 16), expected)


@pytest.mark.parametrize(
    ("opcode", "compare"),
    [("vcmp_lt", np.less), ("vcmp_eq", np.equal), ("vcmp_ge", np.greater_equal)],
)
def test_compare_and_select(opcode: str, compare: np.ufunc) -> None:
    kernel = Kernel()
    x, y = kernel.gm("256"), kernel.gm("256")
    a, out = kernel.buffer("ub", 0, "256"), kernel.buffer("ub", 512, "256")
    kernel.load(x, a, 16)
    first, second = kernel.ptr(a), kernel.ptr(a, 256)
    kernel.vec(opcode, None, [first, second], mask=128)
    kernel.vec("vsel", kernel.ptr(out), [first, second], mask=128)
    kernel.barrier("v")
    # The same bits select in every repeat.
    strides = [(1, 8), (1, 0), (1, 0)]
    kernel.vec("vsel", kernel.ptr(out), [first, second], repeat=2, mask=128, strides=strides)
    kernel.store(out, y, 16)
    values = random(256)
    values[::5] = 0.5
    lhs, rhs = values[:128], values[128:]
    expected = np.where(compare(lhs, rhs), lhs, rhs)
    assert np.array_equal(kernel.run_all(values).reshape(2, 128), [expected, expected])


def test_select_without_a_mask_is_an_error() -> None:
    kernel = Kernel()
    x, y = kernel.gm("128"), kernel.gm("128")
    a = kernel.buffer("ub", 0, "128")
    kernel.load(x, a, 8)
    kernel.vec("vsel", kernel.ptr(a), [kernel.ptr(a), kernel.ptr(a)], mask=128)
    kernel.store(a, y, 8)
    with pytest.raises(PoisonError, match="compare mask was never set"):
        kernel.run(random(128))


def overlapping(distance: int, repeat: int, strides: list[tuple[int, int]]) -> Kernel:
    kernel = Kernel()
    x, y = kernel.gm("1024"), kernel.gm("1024")
    a = kernel.buffer("ub", 0, "1024")
    kernel.load(x, a, 64)
    kernel.vec(
        "vmuls",
        kernel.ptr(a, distance),
        [kernel.ptr(a)],
        repeat=repeat,
        mask=128,
        strides=strides,
        scalar="2.0 : f16",
    )
    kernel.store(a, y, 64)
    return kernel


def test_in_place_is_fine() -> None:
    values = random(1024)
    out = overlapping(0, 8, [(1, 8), (1, 8)]).run_all(values)
    assert np.array_equal(out, values * np.float16(2))


def test_reading_what_an_earlier_repeat_wrote_is_an_error() -> None:
    with pytest.raises(FieldError, match="partly overlaps the destination"):
        overlapping(256, 4, [(1, 8), (1, 8)]).run(random(1024))


def test_writing_behind_the_reads_is_fine() -> None:
    values = random(1024)
    kernel = Kernel()
    x, y = kernel.gm("1024"), kernel.gm("1024")
    a = kernel.buffer("ub", 0, "1024")
    kernel.load(x, a, 64)
    strides = [(1, 8), (1, 8)]
    kernel.vec(
        "vmuls",
        kernel.ptr(a),
        [kernel.ptr(a, 256)],
        repeat=4,
        mask=128,
        strides=strides,
        scalar="2.0 : f16",
    )
    kernel.store(a, y, 64)
    expected = values.copy()
    expected[:512] = values[128:640] * np.float16(2)
    assert np.array_equal(kernel.run_all(values), expected)


def test_destination_repeats_may_not_overlap() -> None:
    with pytest.raises(FieldError, match="destination repeats overlap"):
        overlapping(1024, 2, [(1, 4), (1, 8)]).run(random(1024))
    with pytest.raises(FieldError, match="no source accumulates in place"):
        overlapping(1024, 2, [(1, 0), (1, 8)]).run(random(1024))


def test_register_scalars_are_those_of_the_issue() -> None:
    """The load of the next element may come before the instruction that uses the last one."""
    kernel = Kernel()
    x, y = kernel.gm("128"), kernel.gm("128")
    a, out = kernel.buffer("ub", 0, "128"), kernel.buffer("ub", 256, "128")
    kernel.load(x, a, 8)
    kernel.line("%c0 = arith.constant 0 : index")
    kernel.line("%c1 = arith.constant 1 : index")
    kernel.line("%c8 = arith.constant 8 : index")
    kernel.line("scf.for %i = %c0 to %c8 step %c1 {")
    element = kernel.ptr(a, "d0 * 2", ["%i"])
    register = kernel.name()
    kernel.types[register] = "f16"
    kernel.line(f"{register} = npu.scalar_load {element} : !npu.ptr<ub, f16> -> f16")
    kernel.vec("vector_dup", kernel.ptr(out, "d0 * 32", ["%i"]), mask=16, register=register)
    kernel.line("}")
    kernel.store(out, y, 8)
    values = random(128)
    assert np.array_equal(
        kernel.run_all(values).reshape(8, 16), np.repeat(values[:8], 16).reshape(8, 16)
    )


BITS = {"vand": np.bitwise_and, "vor": np.bitwise_or}


@pytest.mark.parametrize("opcode", BITS)
def test_bits_of_two_numbers(opcode: str) -> None:
    a, b = (RNG.integers(-(2**15), 2**15, 256).astype(np.int16) for _ in range(2))
    out = lanewise(opcode, [a, b], "i16", repeat=2, mask=128)
    assert np.array_equal(out, BITS[opcode](a, b))


def test_inverted_bits() -> None:
    a = RNG.integers(-(2**15), 2**15, 256).astype(np.int16)
    assert np.array_equal(lanewise("vnot", [a], "i16", repeat=2, mask=128), np.invert(a))

"""Copies, fractal loads, transposes and the cube against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from npu_text import Kernel

from akg_mlir.machine import BoundsError, FieldError, PoisonError

RNG = np.random.default_rng(2)


def random(*shape: int) -> np.ndarray:
    return RNG.random(shape).astype(np.float16)


def test_bursts_with_gaps() -> None:
    kernel = Kernel()
    x, y = kernel.gm("8x64"), kernel.gm("8x32")
    a = kernel.buffer("ub", 0, "8x48")
    kernel.copy(kernel.ptr(a), kernel.ptr(x), 2, bursts=8, gaps=(2, 1))
    kernel.barrier()
    kernel.copy(kernel.ptr(y), kernel.ptr(a), 2, bursts=8, gaps=(1, 0))
    values = random(8, 64)
    assert np.array_equal(kernel.run_all(values), values[:, :32])


def fetches(
    indices: int,
    element: str,
    *,
    from_end: bool = False,
    places: int = 6,
    filled: bool = True,
    waits: bool = True,
) -> Kernel:
    """Rows of a table [6, 2, 16], those of an index each into [indices, 2, 16], which is 0."""
    kernel = Kernel()
    table, index = kernel.gm("6x2x16"), kernel.gm(f"{indices}", element)
    y = kernel.gm(f"{indices}x2x16")
    number = kernel.buffer("ub", 0, f"{indices}", element)
    rows = kernel.buffer("ub", 1024, f"{indices}x2x16")
    kernel.load(index, number, indices * {"i32": 4, "i64": 8}[element] // 32)
    if filled:
        kernel.vec(
            "vector_dup", kernel.ptr(rows), repeat=indices // 4, mask=128, scalar="0.0 : f16"
        )
        if waits:
            kernel.barrier()
    for k in range(indices):
        pointer, register = kernel.ptr(number, k * {"i32": 4, "i64": 8}[element]), kernel.name()
        kernel.line(
            f"{register} = npu.scalar_load {pointer} : {kernel.types[pointer]} -> {element}"
        )
        dst, src = kernel.ptr(rows, k * 64), kernel.ptr(table)
        kernel.line(
            f"npu.fetch {dst}, {src} at {register} of {places} x 64 {'from_end ' * from_end}"
            f"bursts 2 x 1 gaps 0, 0 : {kernel.types[dst]}, {kernel.types[src]}, {element}"
        )
    kernel.store(rows, y, indices * 2)
    return kernel


@pytest.mark.parametrize("element", ["i32", "i64"])
@pytest.mark.parametrize("from_end", [False, True])
def test_fetches_take_rows_that_data_says(element: str, from_end: bool) -> None:
    table = random(6, 2, 16)
    index = np.array([0, 5, 5, -1, -6, -7, 6, 2**31 - 1], np.dtype(element.replace("i", "int")))
    found = fetches(8, element, from_end=from_end).run_all(table, index)
    for number, row in zip(index.tolist(), found):
        inside = (-6 if from_end else 0) <= number < 6
        assert np.array_equal(row, table[number] if inside else np.zeros((2, 16))), number


def test_fetches_stay_inside_the_tensor_whatever_the_register_holds() -> None:
    with pytest.raises(BoundsError, match="outside"):
        fetches(8, "i32", places=7).run(random(6, 2, 16), np.zeros(8, np.int32))


def test_what_is_not_fetched_stays_undefined() -> None:
    index = np.array([0, 1, 2, 3, 4, 5, 0, 0], np.int32)
    kernel = fetches(8, "i32", filled=False)
    table = random(6, 2, 16)
    assert np.array_equal(kernel.run_all(table, index), table[index])
    with pytest.raises(PoisonError):
        kernel.run(table, index + 1)


def test_a_fetch_waits_for_what_fills_its_destination() -> None:
    """Also where nothing happens to be missing: what races does not depend on data."""
    kernel = fetches(8, "i32", waits=False)
    assert kernel.run(random(6, 2, 16), np.arange(8, dtype=np.int32) % 6).races


def test_gm_addresses_need_only_element_alignment() -> None:
    kernel = Kernel()
    x, y = kernel.gm("100"), kernel.gm("100")
    a = kernel.buffer("ub", 0, "96")
    kernel.copy(kernel.ptr(a), kernel.ptr(x, 6), 6)
    kernel.barrier()
    kernel.copy(kernel.ptr(y, 2), kernel.ptr(a), 6)
    kernel.barrier()
    kernel.copy(kernel.ptr(y, 0), kernel.ptr(a), 1)
    kernel.barrier()
    kernel.copy(kernel.ptr(y, 168), kernel.ptr(a), 1)
    values = random(100)
    expected = np.zeros(100, np.float16)
    expected[1:97] = values[3:99]
    expected[:16] = expected[84:100] = values[3:19]
    assert np.array_equal(kernel.run_all(values), expected)


def test_on_chip_paths() -> None:
    kernel = Kernel()
    x, y = kernel.gm("256"), kernel.gm("256")
    l1 = kernel.buffer("l1", 64, "256")
    a, b = kernel.buffer("ub", 0, "256"), kernel.buffer("ub", 512, "256")
    l1b = kernel.buffer("l1", 1024, "256")
    for dst, src in ((l1, x), (a, l1), (b, a), (l1b, b), (a, l1b), (y, a)):
        kernel.copy(kernel.ptr(dst), kernel.ptr(src), 16)
        kernel.barrier()
    values = random(256)
    assert np.array_equal(kernel.run_all(values), values)


@pytest.mark.parametrize("element", ["f16", "f32"])
def test_transpose_of_blocks(element: str) -> None:
    lanes = {"f16": 16, "f32": 8}[element]
    kernel = Kernel()
    x, y = kernel.gm(f"2x16x{lanes}", element), kernel.gm(f"2x{lanes}x16", element)
    a = kernel.buffer("ub", 0, f"2x16x{lanes}", element)
    b = kernel.buffer("ub", 1024, f"2x{lanes}x16", element)
    kernel.load(x, a, 32)
    dst, src = kernel.ptr(b), kernel.ptr(a)
    kernel.line(
        f"npu.vnchwconv {dst}, {src} repeat 2 strides 1, 1 steps 16, 16 : "
        f"{kernel.types[dst]}, {kernel.types[src]}"
    )
    kernel.store(b, y, 32)
    values = random(2, 16, lanes).astype({"f16": np.float16, "f32": np.float32}[element])
    assert np.array_equal(kernel.run_all(values), values.transpose(0, 2, 1))


def to_nz(matrix: np.ndarray) -> np.ndarray:
    """[m, n] as fractals [n1, m1, 16, 16], padded with zeros."""
    m, n = (-(-s // 16) * 16 for s in matrix.shape)
    padded = np.zeros((m, n), matrix.dtype)
    padded[: matrix.shape[0], : matrix.shape[1]] = matrix
    return np.ascontiguousarray(padded.reshape(m // 16, 16, n // 16, 16).transpose(2, 0, 1, 3))


def from_nz(tile: np.ndarray) -> np.ndarray:
    n1, m1 = tile.shape[:2]
    return tile.transpose(1, 2, 0, 3).reshape(m1 * 16, n1 * 16)


def matmul_kernel(
    m: int,
    k: int,
    n: int,
    out: str = "f32",
    steps: int = 1,
    target: str = "ascend910",
    rows: int | None = None,
) -> Kernel:
    """A (NZ) times B (packed as zN: [k1, n1, n0, k0]), accumulated over equal parts of k; so many
    rows of its columns of fractals (all) go to GM."""
    m1, k1, n1 = (-(-s // 16) for s in (m, k, n))
    kernel = Kernel(target)
    a, b = kernel.gm(f"{k1}x{m1}x16x16"), kernel.gm(f"{k1}x{n1}x16x16")
    c = kernel.gm(f"{n1}x{m1}x16x16" if rows is None else f"{n1}x{rows}x16", out)
    a1, b1 = kernel.buffer("l1", 0, f"{k1 * m1}x256"), kernel.buffer("l1", 65536, f"{k1 * n1}x256")
    kernel.copy(kernel.ptr(a1), kernel.ptr(a), k1 * m1 * 16)
    kernel.copy(kernel.ptr(b1), kernel.ptr(b), k1 * n1 * 16)
    kernel.barrier()
    a0 = kernel.buffer("l0a", 0, f"{m1 * k1}x256")
    b0 = kernel.buffer("l0b", 0, f"{k1 * n1}x256")
    part = k1 // steps
    for step in range(steps):
        # zZ: for each row of fractals, the fractals along this part of k.
        for row in range(m1):
            dst = kernel.ptr(a0, (step * m1 * part + row * part) * 512)
            src = kernel.ptr(a1, (step * part * m1 + row) * 512)
            kernel.line(
                f"npu.load2d {dst}, {src} repeat {part} stride {m1} gap 0 : "
                f"{kernel.types[dst]}, {kernel.types[src]}"
            )
    dst, src = kernel.ptr(b0), kernel.ptr(b1)
    kernel.line(
        f"npu.load2d {dst}, {src} repeat {k1 * n1} stride 1 gap 0 : "
        f"{kernel.types[dst]}, {kernel.types[src]}"
    )
    kernel.barrier()
    c0 = kernel.buffer("l0c", 0, f"{n1}x{m1}x16x16", "f32")
    result = kernel.ptr(c0)
    for step in range(steps):
        lhs = kernel.ptr(a0, step * m1 * part * 512)
        rhs = kernel.ptr(b0, step * n1 * part * 512)
        flag = kernel.name()
        kernel.line(f"{flag} = arith.constant {'true' if step == 0 else 'false'}")
        kernel.line(
            f"npu.mad {result}, {lhs}, {rhs} init {flag} m {m} k {k // steps} n {n} : "
            f"{kernel.types[result]}, {kernel.types[lhs]}, {kernel.types[rhs]}"
        )
    kernel.barrier()
    if kernel.target.is_split:
        moved = m1 * 16 if rows is None else rows
        kernel.copy(kernel.ptr(c), result, moved, bursts=n1, gaps=(m1 * 16 - moved, 0))
        return kernel
    ub = kernel.buffer("ub", 0, f"{n1}x{m1}x16x16", out)
    kernel.copy(kernel.ptr(ub), result, m1 * n1)
    size = {"f16": 512, "f32": 1024}[out]
    kernel.store(ub, c, m1 * n1 * size // 32)
    return kernel


@pytest.mark.parametrize("target", ["ascend910", "ascend910b"])
@pytest.mark.parametrize("out", ["f32", "f16"])
def test_matmul(out: str, target: str) -> None:
    a, b = random(32, 64), random(64, 48)
    kernel = matmul_kernel(32, 64, 48, out, target=target)
    result = kernel.run_all(to_nz(a), to_nz(b.T.copy()))
    exact = a.astype(np.float64) @ b.astype(np.float64)
    tolerance = {"f32": 1e-5, "f16": 1e-3}[out]
    assert np.allclose(from_nz(result), exact, rtol=tolerance)


def test_rows_leave_l0c_for_gm() -> None:
    """Parts of the columns of fractals, rounded on the way."""
    a, b = random(32, 64), random(64, 48)
    kernel = matmul_kernel(32, 64, 48, "f16", target="ascend910b", rows=20)
    result = kernel.run_all(to_nz(a), to_nz(b.T.copy())).transpose(1, 0, 2).reshape(20, 48)
    assert np.allclose(result, (a.astype(np.float64) @ b.astype(np.float64))[:20], rtol=1e-3)


def test_bursts_from_l0c_to_gm_start_at_fractals() -> None:
    kernel = Kernel("ascend910b")
    l0c, out = kernel.buffer("l0c", 0, "4x256", "f32"), kernel.gm("2x20x16", "f32")
    kernel.copy(kernel.ptr(out), kernel.ptr(l0c), 20, bursts=2, gaps=(4, 0))
    with pytest.raises(FieldError, match="a burst starts 24 rows behind the last"):
        kernel.run(None)


def test_sums_of_products_of_i8_wrap_around() -> None:
    kernel = Kernel()
    x, start = kernel.gm("16x32", "i8"), kernel.gm("16x16", "i32")
    y = kernel.gm("16x16", "i32")
    l1, ub = kernel.buffer("l1", 0, "16x32", "i8"), kernel.buffer("ub", 0, "16x16", "i32")
    l0a, l0b = (kernel.buffer(space, 0, "16x32", "i8") for space in ("l0a", "l0b"))
    l0c = kernel.buffer("l0c", 0, "16x16", "i32")
    kernel.copy(kernel.ptr(l1), kernel.ptr(x), 16)
    kernel.load(start, ub, 32)
    kernel.copy(kernel.ptr(l0c), kernel.ptr(ub), 1)
    pointers = [kernel.ptr(l0c)]
    for operand in (l0a, l0b):
        dst, src = kernel.ptr(operand), kernel.ptr(l1)
        types = f"{kernel.types[dst]}, {kernel.types[src]}"
        kernel.line(f"npu.load2d {dst}, {src} repeat 1 stride 1 gap 0 : {types}")
        pointers.append(dst)
    kernel.barrier()
    never = kernel.name()
    kernel.line(f"{never} = arith.constant false")
    types = ", ".join(kernel.types[p] for p in pointers)
    kernel.line(f"npu.mad {', '.join(pointers)} init {never} m 16 k 32 n 16 : {types}")
    kernel.barrier()
    kernel.copy(kernel.ptr(ub), pointers[0], 1)
    kernel.store(ub, y, 32)
    lowest, most = np.full((16, 32), -128, np.int8), np.full((16, 16), (1 << 31) - 1, np.int32)
    expected = 32 * 128 * 128 - 1 - (1 << 31)
    assert np.array_equal(kernel.run_all(lowest, most), np.full((16, 16), expected))


def test_interlocked_mads_accumulate_without_barrier() -> None:
    a, b = random(80, 64), random(64, 48)
    result = matmul_kernel(80, 64, 48, steps=2).run_all(to_nz(a), to_nz(b.T.copy()))
    assert np.allclose(from_nz(result), a.astype(np.float64) @ b, rtol=1e-5)


def test_small_accumulating_mads_need_a_barrier() -> None:
    program = matmul_kernel(16, 64, 16, steps=2)
    races = program.run(to_nz(random(16, 64)), to_nz(random(16, 64))).races
    assert [(r.earlier[:7], r.later[:7], r.memory) for r in races] == [
        ("npu.mad", "npu.mad", "l0c")
    ]


def test_lanes_beyond_the_true_sizes_are_ignored() -> None:
    a, b = to_nz(random(20, 19)), to_nz(random(33, 19))
    a[1, :, :, 3:] = b[1, :, :, 3:] = np.nan
    kernel = matmul_kernel(20, 19, 33)
    # Rows and columns beyond m and n stay undefined: they must not reach gm.
    with pytest.raises(Exception, match="never written, and are stored to gm"):
        kernel.run(a, b)


def test_no_data_path() -> None:
    kernel = Kernel()
    x = kernel.gm("256")
    a = kernel.buffer("l1", 0, "256")
    kernel.load(x, a, 16)
    kernel.copy(kernel.ptr(x), kernel.ptr(a), 16)
    with pytest.raises(Exception, match="no data path from l1 to gm"):
        kernel.run(random(256))


def test_ub_to_l0c_and_back() -> None:
    """Fractals spread out in L0C and blocks between them in UB."""
    kernel = Kernel()
    x, y = kernel.gm("2x264", "f32"), kernel.gm("2x256", "f32")
    a, c = kernel.buffer("ub", 0, "2x264", "f32"), kernel.buffer("l0c", 0, "3x256", "f32")
    b = kernel.buffer("ub", 4096, "2x256", "f32")
    kernel.load(x, a, 66)
    kernel.copy(kernel.ptr(c), kernel.ptr(a), 1, bursts=2, gaps=(1, 1))
    kernel.barrier()
    kernel.copy(kernel.ptr(b), kernel.ptr(c), 1, bursts=2, gaps=(1, 0))
    kernel.store(b, y, 64)
    values = random(2, 264).astype(np.float32)
    assert np.array_equal(kernel.run_all(values), values[:, :256])


def test_overlapping_copy_is_an_error() -> None:
    kernel = Kernel()
    x = kernel.gm("256")
    a = kernel.buffer("ub", 0, "256")
    kernel.load(x, a, 16)
    kernel.copy(kernel.ptr(a, 32), kernel.ptr(a), 8)
    with pytest.raises(FieldError, match="source and destination overlap"):
        kernel.run(random(256))


def test_copies_do_not_convert_outside_l0c() -> None:
    kernel = Kernel()
    x = kernel.gm("256")
    a = kernel.buffer("ub", 0, "256")
    kernel.load(x, a, 16)
    kernel.copy(kernel.ptr(a, 256, element="f32"), kernel.ptr(a), 8)
    with pytest.raises(FieldError, match="cannot convert f16 to f32"):
        kernel.run(random(256))

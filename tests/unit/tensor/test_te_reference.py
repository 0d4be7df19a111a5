"""The numpy definitions of te ops, against numbers worked out by hand or in f64."""

from __future__ import annotations

import numpy as np
import pytest
from te_text import module_of, reference

from akg_mlir.diagnostics import CompileError
from akg_mlir.parsing import parse_module
from akg_mlir.reference import te

RNG = np.random.default_rng(3)


def test_f16_is_rounded_once():
    # 2048 + 1 and then + 1 would stay 2048 in f16; the sum of all is exact in f32
    x = np.array([2048, 1, 1], np.float16)
    body = "%r = te.reduce add %a axes [0] : tensor<3xf16> -> tensor<f16>"
    module = module_of(["tensor<3xf16>"], body, ["tensor<f16>"])
    assert reference(module, x)[0] == 2050


def test_matmul_accumulates_in_f32():
    a = np.full((1, 4096), 1, np.float16)
    type_ = "tensor<1x4096xf16>"
    body = f"%r = te.matmul %a, %a transpose_b : ({type_}, {type_}) -> tensor<1x1xf32>"
    module = module_of([type_], body, ["tensor<1x1xf32>"])
    assert reference(module, a)[0].item() == 4096


def test_integers_truncate():
    a, b = np.array([7, -7, 7, -7], np.int32), np.array([2, 2, -2, -2], np.int32)
    types = ["tensor<4xi32>"] * 2
    body = "%r = te.div %a, %b : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>"
    result = reference(module_of(types, body, types[:1]), a, b)[0]
    assert result.tolist() == [3, -3, -3, 3]
    x = np.array([1.9, -1.9, 0.5, -0.5], np.float32)
    body = "%r = te.cast %a : tensor<4xf32> -> tensor<4xi32>"
    result = reference(module_of(["tensor<4xf32>"], body, ["tensor<4xi32>"]), x)[0]
    assert result.tolist() == [1, -1, 0, 0]


def test_integer_powers():
    a, b = np.array([2, -1, -1, 3, 0], np.int32), np.array([10, -3, -2, -1, 0], np.int32)
    types = ["tensor<5xi32>"] * 2
    body = "%r = te.pow %a, %b : (tensor<5xi32>, tensor<5xi32>) -> tensor<5xi32>"
    result = reference(module_of(types, body, types[:1]), a, b)[0]
    assert result.tolist() == [1024, -1, 1, 0, 1]


@pytest.mark.parametrize(("layout", "packed"), [("nz", "3x2x16x16"), ("zn", "2x3x16x16")])
def test_packing_places_every_element(layout, packed):
    x = RNG.uniform(-1, 1, (20, 40)).astype(np.float16)
    body = (
        f"%r = te.pack %a {layout} : tensor<20x40xf16> -> tensor<{packed}xf16>\n"
        f"%s = te.unpack %r {layout} : tensor<{packed}xf16> -> tensor<20x40xf16>"
    )
    module = module_of(["tensor<20x40xf16>"], body, [f"tensor<{packed}xf16>", "tensor<20x40xf16>"])
    fractals, again = reference(module, x)
    np.testing.assert_array_equal(again, x)
    if layout == "nz":
        assert fractals[2, 1, 3, 7] == x[19, 39]
    else:
        assert fractals[1, 2, 7, 3] == x[19, 39]
    assert np.count_nonzero(fractals) == np.count_nonzero(x)


def test_packed_product_is_the_product():
    a, b = (RNG.uniform(-1, 1, s).astype(np.float16) for s in ((2, 20, 17), (2, 17, 33)))
    left, right = "tensor<2x2x2x16x16xf16>", "tensor<2x2x3x16x16xf16>"
    body = f"""
%0 = te.pack %a nz : tensor<2x20x17xf16> -> {left}
%1 = te.pack %b zn : tensor<2x17x33xf16> -> {right}
%2 = te.fractal_matmul %0, %1 m 20 k 17 n 33 : ({left}, {right}) -> tensor<2x3x2x16x16xf32>
%r = te.unpack %2 nz : tensor<2x3x2x16x16xf32> -> tensor<2x20x33xf32>"""
    module = module_of(
        ["tensor<2x20x17xf16>", "tensor<2x17x33xf16>"], body, ["tensor<2x20x33xf32>"]
    )
    wanted = a.astype(np.float64) @ b.astype(np.float64)
    np.testing.assert_allclose(reference(module, a, b)[0], wanted, rtol=1e-6)


def test_calls_are_followed():
    module = parse_module("""
func.func private @double(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = te.add %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %0, %x : tensor<2xf32>, tensor<2xf32>
}
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0, %1 = func.call @double(%x) : (tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  %2 = te.mul %0, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %2 : tensor<2xf32>
}""")
    result = reference(module, np.array([2, 3], np.float32))
    assert result[0].tolist() == [8, 18]


def test_arrays_must_fit():
    module = module_of(["tensor<2xf32>"], "%r = te.exp %a : tensor<2xf32>", ["tensor<2xf32>"])
    with pytest.raises(CompileError, match=r"argument 0 is float64\[2\], takes float32\[2\]"):
        reference(module, np.zeros(2))
    with pytest.raises(CompileError, match="takes 1 arrays, got 0"):
        reference(module)
    with pytest.raises(CompileError, match="no function @other"):
        te.run(module, "other", [])


def test_bf16_needs_a_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(te, "find_spec", lambda name: None)
    module = module_of(["tensor<2xbf16>"], "%r = te.exp %a : tensor<2xbf16>", ["tensor<2xbf16>"])
    with pytest.raises(CompileError, match="install the package ml_dtypes"):
        reference(module, np.zeros(2, np.float16))


def test_windows_meet_the_image_where_they_should():
    x = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 2, 3)
    image = "tensor<1x1x2x3xf32>"
    window = "kernel [2, 2] strides [1, 2] dilations [1, 1] pads [1, 0, 0, 1]"
    out = "tensor<1x1x2x2xf32>"
    for op, wanted in (
        ("max_pool2d", [[2, 3], [5, 6]]),
        ("avg_pool2d", [[1.5, 3], [3, 4.5]]),
    ):
        module = module_of([image], f"%r = te.{op} %a {window} : {image} -> {out}", [out])
        assert reference(module, x)[0].tolist() == [[wanted]]
    body = f"%r = te.avg_pool2d %a {window} count_include_pad : {image} -> {out}"
    assert reference(module_of([image], body, [out]), x)[0].tolist() == [
        [[[0.75, 0.75], [3, 2.25]]]
    ]


def test_convolution_of_two_groups():
    x = np.arange(1, 9, dtype=np.float32).reshape(1, 4, 1, 2)
    w = np.array([[1, 10], [100, 1000]], np.float32).reshape(2, 2, 1, 1)
    types = ["tensor<1x4x1x2xf32>", "tensor<2x2x1x1xf32>"]
    body = (
        "%r = te.conv2d %a, %b strides [1, 1] dilations [1, 1] pads [0, 1, 0, 0] groups 2 : "
        f"({', '.join(types)}) -> tensor<1x2x1x3xf32>"
    )
    result = reference(module_of(types, body, ["tensor<1x2x1x3xf32>"]), x, w)[0]
    assert result.tolist() == [[[[0, 31, 42]], [[0, 7500, 8600]]]]


def test_padding_and_batch_norm():
    body = "%r = te.pad %a value 9 : i32 low [1] high [2] : tensor<2xi32> -> tensor<5xi32>"
    module = module_of(["tensor<2xi32>"], body, ["tensor<5xi32>"])
    assert reference(module, np.array([1, 2], np.int32))[0].tolist() == [9, 1, 2, 9, 9]
    types = ["tensor<1x2x1xf32>", *["tensor<2xf32>"] * 4]
    body = "%r = te.batch_norm %a scale %b bias %c mean %d variance %e epsilon 1.0 : "
    module = module_of(types, body + ", ".join(types), types[:1])
    values = [[[[3], [5]]], [2, 1], [10, 20], [1, 1], [3, 15]]
    result = reference(module, *(np.array(v, np.float32) for v in values))[0]
    assert result.tolist() == [[[12], [21]]]

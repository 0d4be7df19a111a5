"""Resize in every way of combining rows, against the weights themselves and numpy."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx_reference import ReferenceBackend

from akg_mlir.frontends.onnx.combinations import period_of
from akg_mlir.frontends.onnx.interpolation import Axis, Method, taps
from akg_mlir.onnx_backend import Backend

TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "int32": TensorProto.INT32}


def model(x, sizes, **attributes):
    """A Resize of an input like `x` to known sizes."""
    nodes = [helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], **attributes)]
    kind = TYPES[x.dtype.name]
    given = [helper.make_tensor("sizes", TensorProto.INT64, [len(sizes)], sizes)]
    inputs = [helper.make_tensor_value_info("x", kind, x.shape)]
    outputs = [helper.make_tensor_value_info("y", kind, sizes)]
    graph = helper.make_graph(nodes, "resize", inputs, outputs, given)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)])


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ((1, 20, 4, 5), (1, 20, 8, 15)),  # whole factors, many channels
        ((1, 3, 5, 20), (1, 3, 10, 40)),  # dimension by dimension
        ((2, 16, 6, 9), (2, 16, 9, 6)),  # periods of several results
        ((1, 16, 12, 12), (1, 16, 3, 4)),  # fewer results than elements
        ((1, 2, 7, 5), (1, 2, 11, 18)),  # no period
        ((1, 1, 9, 7), (1, 1, 90, 71)),  # more results than slices
        ((3, 17, 1), (3, 17, 4)),
    ],
)
@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_sizes_of_all_kinds(shape, sizes, mode):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    for coordinates in ("half_pixel", "align_corners", "asymmetric"):
        one = model(x, sizes, mode=mode, coordinate_transformation_mode=coordinates)
        (found,) = ReferenceBackend(one).run([x])
        (expected,) = ReferenceEvaluator(one).run(None, {"x": x})
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_the_nearest_of_any_type():
    for dtype, sizes in ((np.int32, (2, 70)), (np.float16, (2, 7)), (np.int32, (2, 15))):
        x = np.arange(20, dtype=dtype).reshape(2, 10)
        (found,) = ReferenceBackend(model(x, sizes, mode="nearest")).run([x])
        (expected,) = ReferenceEvaluator(model(x, sizes, mode="nearest")).run(None, {"x": x})
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_images_on_the_machine(dtype):
    x = np.random.default_rng(1).standard_normal((1, 32, 6, 6)).astype(dtype)
    x[0, 3, 2, 2] = np.inf
    one = model(x, (1, 32, 12, 12), mode="linear")
    (found,) = Backend.prepare(one).run([x])
    (expected,) = ReferenceBackend(one).run([x])
    np.testing.assert_allclose(found, expected, rtol=1e-3 if dtype == np.float16 else 1e-5)
    assert np.isinf(found).sum() == 16


def test_periods():
    def found(elements, results, mode="linear", coordinates="half_pixel", scale=None):
        method = Method(mode, coordinates, "floor", -0.75, antialias=False, exclude_outside=False)
        return period_of(taps(Axis(elements, results, scale or results / elements), method))

    assert found(28, 56) == (2, 1)
    assert found(28, 42, "cubic") == (3, 2)
    assert found(224, 112) == (1, 2)
    assert found(28, 84, "nearest") == (3, 1)
    assert found(28, 37) is None
    assert found(28, 56, coordinates="align_corners") is None

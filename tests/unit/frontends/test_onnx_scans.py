"""Running sums and products: blocks, rests of blocks, both directions, with numpy as the judge."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_reference import ReferenceBackend

from akg_mlir.frontends.onnx.scans import LONGEST_BLOCK, blocks
from akg_mlir.onnx_backend import Backend

TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "int32": TensorProto.INT32}


def model(op, x, axis, opset=26, **attributes):
    """One node `op` on an input like `x`; its axis is a constant."""
    kind = TYPES[x.dtype.name], x.shape
    place = helper.make_tensor("axis", TensorProto.INT64, [], [axis])
    nodes = [helper.make_node(op, ["x", "axis"], ["y"], **attributes)]
    inputs, outputs = ([helper.make_tensor_value_info(name, *kind)] for name in "xy")
    graph = helper.make_graph(nodes, "scan", inputs, outputs, [place])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def expected(x, axis, combine, neutral, exclusive, reverse):
    turned = np.flip(x, axis) if reverse else x
    result = combine(turned, axis=axis, dtype=x.dtype if x.dtype.kind == "i" else np.float64)
    if exclusive:
        result = np.roll(result, 1, axis)
        result[(slice(None),) * axis + (0,)] = neutral
    return np.flip(result, axis) if reverse else result


@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((3, 5, 2), 1),  # few elements
        ((17, 100), 1),  # one block, turned
        ((2, 70, 33), 1),  # one block, rows as they are
        ((4, 320), 1),  # blocks without a rest
        ((2, 331, 3), 1),  # blocks with a rest
        ((263, 20), 0),
        ((1, 9000), 1),  # blocks of blocks
    ],
)
def test_sums_and_products_in_both_directions(shape, axis):
    rng = np.random.default_rng(0)
    x = rng.integers(-9, 9, shape).astype(np.int32)
    for exclusive, reverse in itertools.product((0, 1), (0, 1)):
        flags = {"exclusive": exclusive, "reverse": reverse}
        (found,) = ReferenceBackend(model("CumSum", x, axis, **flags)).run([x])
        np.testing.assert_array_equal(found, expected(x, axis, np.cumsum, 0, **flags))
        y = rng.choice(np.array([-1, 1], np.float32), shape)
        (found,) = ReferenceBackend(model("CumProd", y, axis, **flags)).run([y])
        np.testing.assert_array_equal(found, expected(y, axis, np.cumprod, 1, **flags))


def test_f16_is_rounded_once():
    x = np.full((16, 300), 0.1, np.float16)
    (found,) = ReferenceBackend(model("CumSum", x, 1)).run([x])
    exact = np.cumsum(x, 1, dtype=np.float64)
    np.testing.assert_allclose(found, exact, rtol=2**-11)


@pytest.mark.parametrize("shape", [(2, 200), (20, 40)])
def test_on_the_machine_infinities_stay_behind(shape):
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    x[0, 20], x[1, 10] = np.inf, np.nan
    (found,) = Backend.prepare(model("CumSum", x, 1)).run([x])
    np.testing.assert_allclose(found, np.cumsum(x, 1), atol=1e-5)


def test_blocks_cover_and_leave_no_rest_where_a_divisor_is_near():
    assert blocks(1024) == (16, 64)
    assert blocks(1000) == (20, 50)
    for size in range(1, 3000):
        count, length = blocks(size)
        assert count * length >= size
        assert count == 1 or length <= LONGEST_BLOCK

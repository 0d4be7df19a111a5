"""Operators as older opsets define them, and what node tests of onnx do not reach; judged by numpy.

(`onnx.reference` is wrong for some: BatchNormalization of opset 9, Softmax before 13, LRN.)
"""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper
from onnx_reference import ReferenceBackend

from akg_mlir.diagnostics import CompileError

RNG = np.random.default_rng(3)


def model(op, opset, inputs, outputs, weights=None, **attributes):
    """One node; outputs by element type and shape."""
    kinds = {np.dtype(np.float32): 1, np.dtype(np.int64): 7, np.dtype(np.bool_): 9}
    names = [f"x{k}" for k in range(len(inputs))]
    results = [f"y{k}" for k in range(len(outputs))]
    graph = helper.make_graph(
        [helper.make_node(op, names, results, **attributes)],
        "test",
        [
            helper.make_tensor_value_info(name, kinds[x.dtype], x.shape)
            for name, x in zip(names, inputs)
        ],
        [
            helper.make_tensor_value_info(name, kinds[y.dtype], y.shape)
            for name, y in zip(results, outputs)
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def check(op, opset, inputs, outputs, known=None, **attributes):
    """`known` are inputs whose values are given when compiling, by name."""
    made = model(op, opset, inputs, outputs, **attributes)
    found = ReferenceBackend(made, known).run(inputs)
    for have, want in zip(found, outputs, strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-4, atol=1e-6)


def floats(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def softmax(x, axis):
    exponential = np.exp(x - x.max(axis, keepdims=True))
    return exponential / exponential.sum(axis, keepdims=True)


def test_softmax_ran_along_all_dimensions_from_the_axis_on():
    x = floats(2, 3, 4)
    flat = softmax(x.reshape(2, 12), 1).reshape(2, 3, 4)
    check("Softmax", 12, [x], [flat])
    check("LogSoftmax", 9, [x], [np.log(flat)])
    check("Softmax", 11, [x], [softmax(x.reshape(6, 4), 1).reshape(2, 3, 4)], axis=-1)
    check("Softmax", 13, [x], [softmax(x, -1)])


def test_what_are_operands_now_were_attributes():
    x = floats(4, 5)
    check("Clip", 6, [x], [np.clip(x, -0.5, 0.25)], min=-0.5, max=0.25)
    check("Slice", 1, [x], [x[1:, 2:4]], starts=[1, 2], ends=[9, -1], axes=[0, 1])
    check(
        "Pad",
        2,
        [x],
        [np.pad(x, ((0, 1), (2, 0)), constant_values=7)],
        pads=[0, 2, 1, 0],
        value=7.0,
    )
    check("Unsqueeze", 11, [x], [x[:, None]], axes=[1])
    check("Squeeze", 11, [x[None]], [x], axes=[0])
    check("Split", 2, [x], [x[:, :2], x[:, 2:]], axis=1, split=[2, 3])
    check("ReduceSum", 11, [x], [x.sum(1)], axes=[1], keepdims=0)
    check("ReduceMax", 13, [x], [x.max(0, keepdims=True)], axes=[0])
    check("Dropout", 7, [x], [x], ratio=0.5)
    check("Dropout", 10, [x], [x, np.ones_like(x, np.bool_)])


def test_batch_normalization_infers_unless_it_trains():
    x, scale, bias, mean = floats(2, 3, 4), floats(3), floats(3), floats(3)
    variance = np.abs(floats(3)) + 0.5
    each = [v[:, None] for v in (scale, bias, mean, variance)]
    wanted = (x - each[2]) / np.sqrt(each[3] + 1e-5) * each[0] + each[1]
    for opset in (7, 9, 14):
        check("BatchNormalization", opset, [x, scale, bias, mean, variance], [wanted])


def test_local_response_sums_over_channels():
    x = floats(2, 7, 3)
    for size in (3, 4):
        padded = np.pad(x**2, ((0, 0), ((size - 1) // 2, size // 2), (0, 0)))
        total = sum(padded[:, k : k + 7] for k in range(size))
        check(
            "LRN",
            13,
            [x],
            [x / (2 + 0.1 / size * total) ** 0.5],
            size=size,
            alpha=0.1,
            beta=0.5,
            bias=2.0,
        )


def test_convolution_over_three_dimensions():
    x, w, b = floats(2, 4, 6, 5, 4), floats(6, 2, 3, 2, 2), floats(6)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 2), (0, 1), (0, 0)))
    wanted = np.zeros((2, 6, 3, 5, 2), np.float32)
    for n, o, d, h, v in np.ndindex(*wanted.shape):
        group = padded[n, 2 * (o // 3) : 2 * (o // 3) + 2]
        window = group[:, 2 * d : 2 * d + 5 : 2, h : h + 2, v : v + 3 : 2]
        wanted[n, o, d, h, v] = (window * w[o]).sum() + b[o]
    geometry = {"pads": [1, 0, 0, 2, 1, 0], "strides": [2, 1, 1], "dilations": [2, 1, 2]}
    check("Conv", 11, [x, w, b], [wanted], group=2, **geometry)


@pytest.mark.parametrize("order", [0, 1])
def test_places_of_the_largest_elements(order):
    x = floats(2, 3, 5, 6)
    x[0, 0] = -np.inf  # where nothing is larger than padding the first element is
    padded = np.pad(x, ((0, 0), (0, 0), (1, 0), (1, 1)), constant_values=-np.inf)
    wanted = np.zeros((2, 3, 2, 3), np.float32)
    places = np.zeros(wanted.shape, np.int64)
    for n, c, h, w in np.ndindex(*wanted.shape):
        rows = [r for r in range(2 * h - 1, 2 * h + 2) if 0 <= r < 5]
        columns = [k for k in range(2 * w - 1, 2 * w + 2) if 0 <= k < 6]
        best = max(((r, k) for r in rows for k in columns), key=lambda p: x[n, c][p])
        wanted[n, c, h, w] = x[n, c][best]
        inside = best[0] * 6 + best[1] if order == 0 else best[1] * 5 + best[0]
        places[n, c, h, w] = (n * 3 + c) * 30 + inside
    assert padded.shape[2:] == (6, 8)
    geometry = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 0, 1]}
    check("MaxPool", 12, [x], [wanted, places], storage_order=order, **geometry)


@pytest.mark.parametrize("mode", ["edge", "reflect", "wrap"])
def test_padding_with_parts_of_the_operand(mode):
    x = floats(3, 4)
    wanted = np.pad(x, ((2, 1), (0, 3)), mode)
    pads = np.array([2, 0, 1, 3])
    check("Pad", 19, [x, pads], [wanted], mode=mode)
    check(
        "Pad",
        19,
        [x, np.array([0, -1, 1, 0])],
        [np.pad(x[:, 1:], ((0, 1), (0, 0)), mode)],
        mode=mode,
    )


def test_gathering_at_computed_and_at_known_places():
    x = floats(3, 5, 2)
    indices = np.array([[0, -1, 2], [4, 3, -5]])
    check("Gather", 13, [x, indices], [np.take(x, indices, 1)], axis=1)


@pytest.mark.parametrize("batch", [0, 1, 2])
def test_gathering_at_places_in_several_dimensions(batch):
    x = floats(2, 3, 4, 5)
    shape = (*(2, 3, 4)[:batch], 6, 2)
    size = 2 + batch
    indices = RNG.integers(-size, size, shape)
    places = [*np.ix_(*map(range, shape[:-1]))][:batch]
    wanted = x[(*places, indices[..., 0], indices[..., 1])]
    for known in ({}, {"x1": indices}):
        check("GatherND", 12, [x, indices], [wanted], known, batch_dims=batch)


def test_convolutions_that_do_not_fit_are_refused():
    x, w = floats(1, 1, 3, 3, 3, 3), floats(1, 1, 2, 2, 2, 2)
    with pytest.raises(CompileError, match="over 4 dimensions"):
        check("Conv", 11, [x, w], [floats(1, 1, 2, 2, 2, 2)])

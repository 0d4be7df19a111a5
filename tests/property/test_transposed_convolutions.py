"""ConvTranspose against its definition: every element times every tap, added where they meet."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import ModelProto, helper, numpy_helper

import akg_mlir
from akg_mlir.frontends.onnx import import_model
from akg_mlir.reference import te as reference

Array = np.ndarray[Any, np.dtype[Any]]


def scattered(image: Array, weights: Array, **given: Any) -> Array:
    """All sums, of which pads then cut some off."""
    strides, dilations = given["strides"], given["dilations"]
    batch, channels, *sizes = image.shape
    _, outputs, *kernel = weights.shape
    groups = given["group"]
    each = channels // groups
    full = [
        s * (n - 1) + more + d * (k - 1) + 1
        for n, k, s, d, more in zip(sizes, kernel, strides, dilations, given["output_padding"])
    ]
    result = np.zeros((batch, groups * outputs, *full))
    for tap, group in product(np.ndindex(*kernel), range(groups)):
        inputs, filters = (slice(group * n, (group + 1) * n) for n in (each, outputs))
        terms = np.einsum("nc...,co->no...", image[:, inputs], weights[(inputs, slice(None), *tap)])
        places = tuple(
            slice(t * d, t * d + s * (n - 1) + 1, s)
            for t, d, s, n in zip(tap, dilations, strides, sizes)
        )
        result[(slice(None), filters, *places)] += terms
    rank = len(sizes)
    low, high = given["pads"][:rank], given["pads"][rank:]
    kept = (slice(a, n - b) for a, b, n in zip(low, high, full))
    return result[(slice(None), slice(None), *kept)]


@st.composite
def cases(draw: st.DrawFn, largest: int) -> tuple[Array, Array, dict[str, Any]]:
    """Images and windows of at most `largest` elements per dimension, of three dimensions 2."""
    rank, groups = draw(st.sampled_from((1, 2, 2, 2, 3))), draw(st.sampled_from((1, 1, 2, 3)))
    depth = draw(st.sampled_from((1, 4, 16) if groups == 1 else (1, 2)))
    outputs = draw(st.sampled_from((1, 2, 5, 16)))
    most = min(largest, 2) if rank == 3 else largest

    def each(low: int, high: int) -> list[int]:
        return [draw(st.integers(low, high)) for _ in range(rank)]

    sizes, kernel, strides, dilations = each(1, most), each(1, most), each(1, 3), each(1, 3)
    added = [draw(st.integers(0, max(s, d) - 1)) for s, d in zip(strides, dilations)]
    low, high = list[int](), list[int]()
    for n, k, s, d, more in zip(sizes, kernel, strides, dilations, added):
        reach = s * (n - 1) + d * (k - 1)
        low.append(draw(st.integers(0, min(4, reach))))
        high.append(draw(st.integers(0, min(4, reach + more - low[-1]))))
    attributes = {
        "strides": strides,
        "dilations": dilations,
        "group": groups,
        "pads": low + high,
        "output_padding": added,
    }
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    dtype = draw(st.sampled_from((np.float16, np.float32)))
    image = rng.integers(-4, 5, (draw(st.integers(1, 2)), groups * depth, *sizes))
    weights = rng.integers(-2, 3, (groups * depth, outputs, *kernel))
    return image.astype(dtype), weights.astype(dtype), attributes


def model_of(case: tuple[Array, Array, dict[str, Any]], known: bool) -> ModelProto:
    """A model of one node; its weights are known while compiling or given with the image."""
    image, weights, attributes = case
    type_ = helper.np_dtype_to_tensor_dtype(image.dtype)
    infos = [
        helper.make_tensor_value_info(name, type_, array.shape)
        for name, array in (("x", image), ("w", weights))
    ]
    result = helper.make_tensor_value_info("y", type_, [None] * image.ndim)
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], **attributes)
    initial = [numpy_helper.from_array(weights, "w")] if known else []
    graph = helper.make_graph([node], "g", infos[: 2 - known], [result], initial)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@settings(max_examples=settings().max_examples * 8)
@given(cases(6))
def test_sums_of_all_elements_and_taps_where_they_meet(
    case: tuple[Array, Array, dict[str, Any]],
) -> None:
    """Small integers, so that sums are exact in any order and f16 holds them."""
    module = import_model(model_of(case, known=False)).module
    (found,) = reference.run(module, "main", case[:2])
    np.testing.assert_array_equal(found, scattered(case[0], case[1], **case[2]))


@settings(max_examples=settings().max_examples // 5)
@given(cases(4), st.booleans())
def test_kernels_agree_in_all_orders(
    case: tuple[Array, Array, dict[str, Any]], known: bool
) -> None:
    report = akg_mlir.compile(model_of(case, known)).report()
    assert report.ok, report.as_dict()

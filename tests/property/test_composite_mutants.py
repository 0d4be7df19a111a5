"""Damaged composite JSON yields a diagnostic or a program that verifies, never anything else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from composite_texts import constant, kernel, operation, tensor
from hypothesis import given, settings
from hypothesis import strategies as st

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.composite import import_composite, parse, read
from akg_mlir.verification import verify_module

X, S, INDICES = tensor("x", [4, 6]), tensor("s", [4, 6]), tensor("i", [5], "int32")
SUMS, PLACES = tensor("r", [4, 1]), constant([1, 2], [2], "int32")
HALF = tensor("h", [2, 1, 16, 16], "float16", "FRACTAL_NZ")
IMAGE, WEIGHTS = tensor("m", [1, 4, 6, 6]), tensor("w", [3, 2, 2, 6])
ONE, ZERO = constant(1.0), constant(0.0)
STEPS = {"begin": [0, 1], "end": [3, 6], "strides": [2, 3]}
DOCUMENTS = [
    kernel(
        [X, INDICES],
        [
            operation("Greater", [X, constant(0.5)], tensor("p", [4, 6], "bool")),
            operation("Select", [tensor("p", [4, 6], "bool"), X, ZERO], S),
            operation("ReduceSum", [S], SUMS, axis=[1], keep_dims=True),
            operation("Gather", [X, INDICES], tensor("g", [5, 6]), axis=0),
            operation("Assign", [X, S], tensor("a", [4, 6])),
            operation("Reshape", [SUMS], tensor("v", [2, 2]), shape=[2, -1]),
        ],
        *(tensor("a", [4, 6]), tensor("g", [5, 6]), tensor("v", [2, 2])),
    ),
    kernel(
        [X, HALF, IMAGE, WEIGHTS],
        [
            operation("PadAkg", [X], tensor("p", [4, 8]), head=[0, 1], tail=[0, 1], pad_val=0),
            operation("StridedSlice", [X], tensor("q", [2, 2]), **STEPS),
            operation("Split", [X], tensor("f", [1, 6]), tensor("l", [3, 6]), axis=0),
            operation("MatMul", [HALF, HALF], tensor("y", [32, 32], "float16"), transpose_a=True),
            operation("Concat", [X, X], tensor("c", [8, 6]), axis=0),
            operation("Transpose", [X], tensor("t", [6, 4]), perm=[1, 0]),
            operation("OneHot", [PLACES, ONE, ZERO], tensor("o", [2, 3]), depth=3, axis=-1),
            operation("Conv2D", [IMAGE, WEIGHTS], tensor("k", [1, 3, 5, 3]), stride=[1, 1]),
            operation("Cast", [X], tensor("z", [4, 6], "int32"), dst_type="int32"),
        ],
        tensor("p", [4, 8]),
    ),
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 20),
    st.sampled_from([1 << 40, -(1 << 70), 1e300, float("inf"), float("nan"), 0.5]),
    st.sampled_from(["x", "float16", "bool", "complex64", "", "FRACTAL_NZ", "Conv2D", "Split"]),
    st.lists(st.integers(-2, 17), max_size=5),
    st.builds(dict),
    st.builds(lambda: [[{}]]),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A document with one to three of its values replaced or left out."""
    document = json.loads(json.dumps(draw(st.sampled_from(DOCUMENTS))))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        if places:
            container, key = draw(st.sampled_from(places))
            if draw(st.integers(0, 4)) == 0:
                del container[key]
            else:
                container[key] = draw(VALUES)
    return json.dumps(document)


def _places(value: Any) -> Any:
    """Every container with every key or index of it."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(entries):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


def test_the_whole_documents_are_right() -> None:
    for document in DOCUMENTS:
        verify_module(import_composite(read(document)).module)


def test_damaged_documents(record_property: Callable[[str, object], None]) -> None:
    counts = Counter[str]()

    @settings(max_examples=settings.default.max_examples * 4)
    @given(damaged())
    def sweep(text: str) -> None:
        try:
            module = import_composite(parse(text)).module
        except CompileError:
            counts["refused"] += 1
            return
        verify_module(module)
        counts["imported"] += 1

    sweep()
    record_property("counts", dict(counts))

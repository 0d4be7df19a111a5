"""How composite kernels are made smaller and judged."""

from __future__ import annotations

import composite_cases
import numpy as np
import pytest
from composite_oracle import tensors
from composite_scaling import MOST_ELEMENTS, element_count, scaled
from composite_texts import constant, kernel, operation, single, tensor


def shapes(document):
    return [t["shape"] for op in document["op_desc"] for t in tensors(op["input_desc"])]


def test_a_small_kernel_stays():
    document = single("Neg", [tensor("x", [8, 16])], tensor("y", [8, 16]))
    assert scaled(document) == document


def test_equal_sizes_shrink_together():
    x, y = tensor("x", [4096, 4096]), tensor("y", [4096])
    smaller = scaled(single("Add", [x, y], tensor("z", [4096, 4096])))
    assert shapes(smaller) == [[1024, 1024], [1024]]
    assert element_count(smaller) <= MOST_ELEMENTS


def test_reshapes_still_fit():
    x, y = tensor("x", [8192, 768]), tensor("y", [64, 128, 12, 64])
    smaller = scaled(single("Reshape", [x], y))
    (before,), after = shapes(smaller), smaller["output_desc"][0]["shape"]
    assert np.prod(before) == np.prod(after) <= MOST_ELEMENTS / 2


def test_sizes_that_attributes_name_stay():
    x, y = tensor("x", [8192, 1000]), tensor("y", [8192, 1024])
    smaller = scaled(single("PadAkg", [x], y, head=[0, 0], tail=[0, 24], pad_val=0))
    assert shapes(smaller) == [[1024, 1000]]
    x, w = tensor("x", [64, 57, 57, 64]), tensor("w", [64, 3, 3, 64])
    y = tensor("y", [64, 28, 28, 64])
    smaller = scaled(single("Conv2D", [x, w], y, stride=[1, 1, 2, 2]))
    assert shapes(smaller)[0][1:3] == [57, 57]


def test_what_cannot_shrink_is_not_run():
    x, y = tensor("x", [3, 100_000_007]), tensor("y", [300_000_021])
    assert scaled(single("Reshape", [x], y)) is None


@pytest.mark.parametrize(
    ("found", "wanted", "detail"),
    [
        (np.float32([1, 2]), np.float32([1, 2.0001]), ""),
        (np.float32([1, 2]), np.float32([1, 2.01]), "off by"),
        (np.float32([1e-3, 1]), np.float32([1.1e-3, 1]), "1 of 2 off by more than"),
        (np.float32([np.nan, np.inf]), np.float32([np.nan, np.inf]), ""),
        (np.float32([np.nan, 1]), np.float32([0, 1]), "NaN"),
        (np.float32([np.inf, 1]), np.float32([-np.inf, 1]), "infinities"),
        (np.int32([1, 2]), np.int32([1, 3]), "1 of 2 differ"),
        (np.float16([1]), np.float32([1]), "is float16"),
    ],
)
def test_agreement(found, wanted, detail):
    assert detail in composite_cases.disagreement(found, wanted, 1e-3)


def test_a_kernel_is_run_and_judged(monkeypatch: pytest.MonkeyPatch):
    x, y = tensor("x", [4, 6]), tensor("y", [4, 6])
    document = kernel(
        [x],
        [
            operation("Exp", [x], tensor("e", [4, 6])),
            operation("Mul", [tensor("e", [4, 6]), constant(2.0)], y),
        ],
        y,
    )
    outcome = composite_cases.run(document)
    assert (outcome["status"], outcome["kernels"], outcome["host_ops"]) == ("passed", 1, 0)
    assert outcome["cycles"] > 0
    monkeypatch.setattr(
        composite_cases.oracle, "evaluate", lambda *_: {"y": np.zeros((4, 6), np.float32)}
    )
    assert composite_cases.run(document)["status"] == "wrong"


def test_what_is_not_supported_is_named():
    outcome = composite_cases.run(single("Custom", [tensor("x", [4])], tensor("y", [4])))
    assert outcome["status"] == "unsupported"
    assert "Custom" in outcome["detail"]


def test_a_result_of_the_host_does_not_count(monkeypatch: pytest.MonkeyPatch):
    document = single("Reshape", [tensor("x", [4])], tensor("y", [2, 2]))
    assert composite_cases.run(document)["status"] == "passed"
    monkeypatch.setattr(composite_cases, "host_results", lambda _: 1)
    assert composite_cases.run(document)["detail"] == "the host made a result"

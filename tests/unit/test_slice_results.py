"""Results of the cube that leave L0C in slices, from tensors to the machine."""

from __future__ import annotations

import pytest

import akg_mlir
from tests.support.fractal_texts import CONVOLUTION, EPILOGUE, product


def slices_of(text: str, policy: str) -> list[str]:
    """What the pass did; the kernel is right in all three orders of execution."""
    kernel = akg_mlir.compile(text, target="ascend910", policy=policy)
    report = kernel.report()
    assert report.ok, report.as_dict()
    remarks = kernel.compilation.remarks
    return [r.message for r in remarks if r.pass_name == "npu-slice-results"]


@pytest.mark.parametrize(
    ("text", "policy", "message"),
    [
        pytest.param(
            product(30, 144, 17),
            "S1: 17@L0C, 15@L0C, _, _, 6@L1, _",
            "in slices of 5 of 17 blocks of columns, with 24 blocks of k",
            id="columns that do not divide",
        ),
        pytest.param(
            product(15, 28, 17),
            "S1: 17@L0C, 15@L0C, _, _, 4@L1, _",
            "10 of 17 blocks of columns, then slices of 5 and 2",
            id="columns and blocks of k that do not divide",
        ),
        pytest.param(
            product(31, 28, 16),
            "S1: 16@L0C, 16@L0C, _, _, 4@L1, _",
            "9 of 16 blocks of columns, then slices of 5 and 2",
            id="a partial tile",
        ),
        pytest.param(
            product(16, 12, 16, EPILOGUE),
            "S3: 16@UB, 16@UB, _, _; S1: _, _, _, _, 2@L1, _",
            "4 of 16 blocks of columns, then slices of 4 and 4 and 4",
            id="what follows the product, column by column",
        ),
        pytest.param(
            CONVOLUTION,
            "S2: 16@UB, _, _, _; S1: _, _, _, _, 2@L0A, _, _, _",
            "5 of 16 blocks of columns, then slices of 6 and 5",
            id="a convolution",
        ),
        pytest.param(
            product(16, 5, 16, EPILOGUE),
            "S3: 16@UB, 16@UB, _, _; S1: _, _, _, _, 2@L1, _",
            "in slices of 4 of 16 blocks of columns",
            id="what follows the product, in two pieces",
        ),
        pytest.param(
            product(16, 2, 16, EPILOGUE),
            "S3: 16@UB, 16@UB, _, _",
            "in slices of 2 of 16 blocks of columns",
            id="many slices",
        ),
    ],
)
def test_slices(text: str, policy: str, message: str) -> None:
    assert message in slices_of(text, policy)

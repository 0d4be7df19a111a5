"""The model of ascend910b against measurements that its vendor published."""

from __future__ import annotations

import pytest
from npu_text import Kernel

from akg_mlir.machine import Machine
from bench.calibration import CONVOLUTIONS, PRODUCTS, convolution, product

REPETITIONS = 1000


def cycles_per_add(second: int, destination: int) -> float:
    """f32 additions of 64 repeats, 1000 of them without barriers; addresses in UB."""
    kernel = Kernel("ascend910b")
    ub = kernel.buffer("ub", 0, "49152", "f32")
    dst, a, b = (kernel.ptr(ub, address) for address in (destination, 0, second))
    for name, value in (("c0", 0), ("c1", 1), ("n", REPETITIONS)):
        kernel.line(f"%{name} = arith.constant {value} : index")
    kernel.line("scf.for %i = %c0 to %n step %c1 {")
    kernel.vec("vadd", dst, [a, b], repeat=64, mask=64)
    kernel.line("}")
    return Machine(kernel.target).time(kernel.program()).cycles / REPETITIONS


@pytest.mark.parametrize(
    ("second", "destination", "measured"),
    [
        pytest.param(65536 + 256, 131072, 88.4, id="no conflict"),
        pytest.param(65536, 131072, 154.2, id="sources in the same bank groups"),
        pytest.param(65536 + 256, 65536 + 256, 88.4, id="in place"),
    ],
)
def test_additions(second: int, destination: int, measured: float) -> None:
    """Machine reference 1.3; conflicts between reads and writes are left out of the model."""
    assert cycles_per_add(second, destination) == pytest.approx(measured, rel=0.03)


@pytest.mark.parametrize("size", PRODUCTS)
def test_products(size: int) -> None:
    """Generated with the published tiles and grid of cores (machine reference 3.7)."""
    assert product(size) == pytest.approx(PRODUCTS[size], rel=0.1)


def test_convolution() -> None:
    """The smallest of those that `python -m bench calibration` reports."""
    shape = min(CONVOLUTIONS)
    assert convolution(shape) == pytest.approx(CONVOLUTIONS[shape], rel=0.1)

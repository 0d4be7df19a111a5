"""What the comparison with zigzag-dse asks it: parts of cores and what they move at least."""

from __future__ import annotations

import pytest

from akg_mlir import targets
from bench import zigzag_traffic

PRODUCT = zigzag_traffic.matrix_product(64, 32, 48)
CONVOLUTION = zigzag_traffic.convolution(2, 32, 6, 16, 3)


def test_cores_share_out_rows_and_columns_evenly_but_no_sum() -> None:
    parts = list(zigzag_traffic.shared_out(PRODUCT.loops, 4))
    assert [(part["OY"], part["K"], part["C"]) for part in parts] == [(1, 3, 2)]
    assert not list(zigzag_traffic.shared_out(PRODUCT.loops, 5))


def test_least_bytes_of_a_product_are_its_operands_in_f16_and_its_result_in_f32() -> None:
    least = PRODUCT.least_bytes(PRODUCT.loops)
    assert least == 2 * (64 * 32 + 32 * 48) + 4 * 64 * 48


def test_least_bytes_of_a_part_of_a_convolution_include_its_halo() -> None:
    part = {**CONVOLUTION.loops, "B": 1, "OY": 2}
    image, weights, result = 32 * 4 * 6, 16 * 32 * 9, 16 * 2 * 4
    assert CONVOLUTION.least_bytes(part) == 2 * (image + weights + result)


@pytest.mark.parametrize("layer", [PRODUCT, CONVOLUTION], ids=["product", "convolution"])
def test_our_kernel_moves_at_least_its_operands_and_has_half_where_buffers_are_double(
    layer: zigzag_traffic.Layer,
) -> None:
    ours = zigzag_traffic.ours(layer)
    memories = targets.load(zigzag_traffic.TARGET).memories
    assert ours.bytes >= layer.least_bytes(layer.loops)
    assert all(share in (memories[s], memories[s] // 2) for s, share in ours.shares.items())

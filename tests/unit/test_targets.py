"""Targets load with every figure sourced; the bound follows its formula and never exceeds it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from example_files import EXAMPLES, PROGRAMS
from xdsl.dialects.func import FuncOp

import akg_mlir
from akg_mlir import targets
from akg_mlir.parsing import parse_module
from akg_mlir.report.workload import products_of
from akg_mlir.targets import Product, Workload, least_traffic, lower_bound

# Figures that are not measurements or assumptions about a machine.
_UNSOURCED = {"name", "description", "sources"}


def test_names_lists_every_file() -> None:
    assert targets.names() == ("ascend310", "ascend910", "ascend910b", "generic_tiny", "lite")


def test_unknown_target_lists_known_ones() -> None:
    with pytest.raises(targets.UnknownTarget, match="'ascend911'; known targets: ascend310, asc"):
        targets.load("ascend911")
    assert issubclass(targets.UnknownTarget, ValueError)


def test_ascend910_figures() -> None:
    target = targets.load("ascend910")
    assert (target.cores, target.clock_ghz, target.events_per_pair) == (32, 1.0, 4)
    assert target.memories["ub"] == 262144
    assert target.paths["ub", "gm"].bytes_per_cycle == 64
    assert target.vector.repeat_cycles("vcmp_lt") == 2
    assert target.cube.k(2) == 16
    assert target.gm.dram_share(32) == 32
    assert target.gm.dram_share(1) == 64


def test_tiny_takes_the_instruction_format_over() -> None:
    tiny, big = targets.load("generic_tiny"), targets.load("ascend910")
    assert tiny.limits == big.limits
    assert tiny.types == big.types
    assert tiny.vector.repeat_bytes == big.vector.repeat_bytes
    assert tiny.vector.repeat_cycles("vadd") == 8
    assert (tiny.cores, tiny.memories["l2"]) == (1, 0)


def test_small_machines_lack_types() -> None:
    small, lite, big = (targets.load(name) for name in ("ascend310", "lite", "ascend910b"))
    assert small.supports("vexp", "f16")
    assert not small.supports("vexp", "f32")
    assert not small.supports("vsqrt", "f16")
    assert lite.supports("mad", "f16->f32")
    assert not any(
        "f32" in element
        for opcode, elements in lite.types.items()
        for element in elements
        if opcode.startswith("v")
    )
    assert big.supports("vcadd", "f32")
    assert lite.vector.repeat_cycles("vadd") == 2


@pytest.mark.parametrize("name", targets.names())
@pytest.mark.parametrize(
    "program", [name for name in PROGRAMS if name.startswith(("gelu", "generic", "layer", "soft"))]
)
def test_examples_compile_for_every_target(name: str, program: str) -> None:
    report = akg_mlir.compile(EXAMPLES / program, target=name).time()
    assert report.lower_bound <= report.cycles
    assert report.traffic_ratio >= 1


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("ascend310", "matmul_bias_relu.mlir"),
        ("ascend310", "softmax.mlir"),
        ("lite", "matmul_bias_relu.mlir"),
        ("ascend910b", "matmul_bias_relu.mlir"),
        ("ascend910b", "generic.mlir"),
    ],
)
def test_examples_run_on_every_target(name: str, program: str) -> None:
    """Also where types go to the scalar unit because the vector unit lacks them."""
    assert akg_mlir.compile(EXAMPLES / program, target=name).report().ok


@pytest.mark.parametrize("name", targets.names())
def test_every_figure_has_a_source(name: str) -> None:
    target = targets.load(name)
    tables = {s.split(".")[0] for s in target.sources}
    assert set(vars(target)) - _UNSOURCED <= tables


def test_supports() -> None:
    target = targets.load("ascend910")
    assert target.supports("vadd", "f32")
    assert target.supports("vcmp_eq", "f16")
    assert target.supports("vconv", "f16->f32")
    assert not target.supports("vcadd", "f32")
    assert not target.supports("vnothing", "f32")


def test_bound_of_a_square_matmul_is_the_cube() -> None:
    n = 1024
    bound = lower_bound(
        targets.load("ascend910"), Workload(2 * 2 * n * n, 2 * n * n, ((1, n, n, n),))
    )
    assert bound.bound_by == "cube"
    assert bound.cycles_without_fill == n**3 // 4096 // 32
    # load to L1 and L0, mad latency, store
    assert bound.cycles == 8192 + (20 + 4 + 300) + (24 + 16) + 50 + (20 + 4 + 150)


def test_bound_of_a_streaming_add_is_dram() -> None:
    n = 1 << 22
    bound = lower_bound(targets.load("ascend910"), Workload(4 * n, 2 * n, vector_cycles=n // 128))
    assert bound.bound_by == "dram"
    assert bound.parts["dram"] == 6 * n // 1024
    assert bound.parts["vector"] == n // 128 // 32


@pytest.mark.parametrize("target", ["ascend310", "ascend910"])
def test_zeros_beside_an_input_need_not_wait_for_it(target: str) -> None:
    """15 of 16 rows of these fractals are zeros: stores of them start while the row is loaded."""
    text = """func.func @main(%x: tensor<1x256xf16>) -> tensor<16x1x16x16xf16> {
  %y = te.pack %x nz : tensor<1x256xf16> -> tensor<16x1x16x16xf16>
  func.return %y : tensor<16x1x16x16xf16>
}"""
    (kernel,) = akg_mlir.compile(text, target=target).report().kernels
    assert kernel.lower_bound <= kernel.cycles


def test_bound_of_nothing_is_zero() -> None:
    assert lower_bound(targets.load("ascend910"), Workload(0, 0)).cycles == 0


def test_one_block_uses_one_port() -> None:
    bound = lower_bound(targets.load("ascend910"), Workload(32, 0))
    assert bound.parts["dram"] == 1


def test_traffic_of_a_product_that_fits_is_what_it_reads_and_writes() -> None:
    target = targets.load("ascend910")
    product = Product(256**3, 1.0, 2, 2 * 256**2)
    assert least_traffic(target, Workload(4 * 256**2, 2 * 256**2, products=(product,))) == 393216


def test_traffic_of_a_large_product_is_its_io_bound() -> None:
    """2048 x 2048 x 2048 in f16: 2 x 2048^3 / sqrt(786,432) words read, and the result."""
    target = targets.load("ascend910")
    product = Product(2048**3, 1.0, 2, 2 * 2048**2)
    least = least_traffic(target, Workload(4 * 2048**2, 2 * 2048**2, products=(product,)))
    assert least == pytest.approx(47.1e6, rel=0.01)
    windows = replace(product, reuse=9.0)
    assert least_traffic(target, Workload(0, 0, products=(windows,))) < least / 2


def test_products_between_arguments_and_results_are_found() -> None:
    text = """builtin.module { func.func @main(
      %a: tensor<64x32xf16>, %b: tensor<32x48xf16>, %c: tensor<48xf16>
    ) -> (tensor<48x64xf16>, tensor<64x64xf16>) {
      %0 = te.matmul %a, %b : (tensor<64x32xf16>, tensor<32x48xf16>) -> tensor<64x48xf16>
      %1 = te.add %0, %c : (tensor<64x48xf16>, tensor<48xf16>) -> tensor<64x48xf16>
      %2 = te.transpose %1 perm [1, 0] : tensor<64x48xf16> -> tensor<48x64xf16>
      %3 = te.matmul %0, %2 : (tensor<64x48xf16>, tensor<48x64xf16>) -> tensor<64x64xf16>
      func.return %2, %3 : tensor<48x64xf16>, tensor<64x64xf16>
    } }"""
    function = next(op for op in parse_module(text).ops if isinstance(op, FuncOp))
    assert products_of(function) == (Product(64 * 32 * 48, 1.0, 2, 2 * 64 * 48),)

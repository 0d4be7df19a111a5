"""Targets load with every figure sourced; the bound follows its formula and never exceeds it."""

from __future__ import annotations

import pytest

from akg_mlir import targets
from akg_mlir.targets import Workload, lower_bound

# Figures that are not measurements or assumptions about a machine.
_UNSOURCED = {"name", "description", "sources"}


def test_names_lists_every_file() -> None:
    assert targets.names() == ("ascend910", "generic_tiny")


def test_unknown_target_lists_known_ones() -> None:
    with pytest.raises(targets.UnknownTarget, match="'ascend911'; known targets: ascend910, gen"):
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


def test_bound_of_nothing_is_zero() -> None:
    assert lower_bound(targets.load("ascend910"), Workload(0, 0)).cycles == 0


def test_one_block_uses_one_port() -> None:
    bound = lower_bound(targets.load("ascend910"), Workload(32, 0))
    assert bound.parts["dram"] == 1

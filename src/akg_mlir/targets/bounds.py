"""Lower bounds, on cycles and on GM traffic, that no schedule of a workload can beat.

For each resource: its unavoidable busy time (work of the whole case spread over all cores), the
least time before it can start and the least time after it ends. The bound is the largest sum.

- cube: fractal products at their rate;
- vector: the given vector cycles, and the drain L0C -> UB of every contraction's result (one pipe);
- fix: where results go from L0C to GM, that drain, of f32 as f16;
- dram: every live-in byte read once and every live-out byte written once through one DRAM;
- mte1: every operand element enters L0 once, on the cheaper side (a streaming bound of the form
  2 m k n / sqrt(S) never exceeds the cube's time with the memories of these targets);
- mte3: every live-out byte leaves by the fastest path of its core.

Nothing depends on tile sizes or on how the case is cut into kernels; intermediates count as free.

Traffic: what is read and written at all, and for products of operands in GM the I/O bounds for S
words on chip: 2 macs / sqrt(S) words read and the result written (Kwasniewski et al., SC'19; the
work of all cores adds up, S is that of one), with sqrt(R S) for convolutions that use an element of
the image in up to R windows (Chen et al., HPCA'20).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from akg_mlir.targets.model import Path, Target

_BLOCK_BYTES = 32
_ACCUMULATOR_BYTES = 4
_ROUNDED_BYTES = 2


@dataclass(frozen=True)
class Product:
    """A matrix product or convolution whose operands come from GM and whose result goes there.

    `macs`: multiplications; `reuse`: in how many windows an element of the left operand is (1 for
    matrices); `element_bytes` of the operands, `result_bytes` of the whole result.
    """

    macs: int
    reuse: float
    element_bytes: int
    result_bytes: int


@dataclass(frozen=True)
class Workload:
    """What must at least be done.

    `in_bytes`, `out_bytes`: live-in and live-out bytes of GM. `contractions`: (batch, m, k, n),
    with operands of `element_bytes`. `vector_cycles`: unavoidable cycles of one vector unit
    (minimal cycles per repeat x repeats, without instruction overhead). `products`: those of the
    contractions and convolutions whose operands and results are in GM. `waits`: nothing can be
    computed or stored before something has arrived, as zeros around an image can.
    """

    in_bytes: int
    out_bytes: int
    contractions: tuple[tuple[int, int, int, int], ...] = ()
    vector_cycles: int = 0
    element_bytes: int = 2
    products: tuple[Product, ...] = ()
    waits: bool = True


@dataclass(frozen=True)
class Bound:
    """Cycles, the part that binds ("cube", "vector", "fix", "dram", "mte1", "mte3"), all parts.

    `cycles` includes filling and draining the pipeline; `cycles_without_fill` does not.
    """

    cycles: int
    bound_by: str
    parts: Mapping[str, int]
    cycles_without_fill: int


def lower_bound(target: Target, workload: Workload) -> Bound:
    """The bound of `workload` on all cores of `target`, limited by the available parallelism."""
    busy = {
        "cube": _cube(target, workload),
        "vector": _vector(target, workload),
        "dram": _dram(target, workload),
        "mte1": _mte1(target, workload),
        "mte3": _spread(target, workload.out_bytes, _BLOCK_BYTES)
        / max(path.bytes_per_cycle for path in _leaving(target)),
    }
    if target.drain[1] == "gm":
        busy["fix"] = _drain(target, workload, _ROUNDED_BYTES)
    parts = {name: math.ceil(cycles) for name, cycles in busy.items()}
    bound_by = max(parts, key=lambda name: parts[name])
    filled = max(
        (cycles + _fill(target, workload, name) for name, cycles in parts.items() if cycles),
        default=0,
    )
    return Bound(filled, bound_by, parts, parts[bound_by])


def least_traffic(target: Target, workload: Workload) -> int:
    """Bytes that must at least be moved from and to GM."""
    products = sum(_io_bound(target, product) for product in workload.products)
    return max(workload.in_bytes + workload.out_bytes, math.ceil(products))


def _io_bound(target: Target, product: Product) -> float:
    on_chip = sum(target.memories[name] for name in ("l1", "l0a", "l0b", "ub"))
    words = on_chip / product.element_bytes + target.memories["l0c"] / _ACCUMULATOR_BYTES
    read = 2 * product.macs / math.sqrt(product.reuse * words)
    return read * product.element_bytes + product.result_bytes


def _spread(target: Target, amount: int, grain: int) -> float:
    """The share of the busiest core when `amount` is dealt out in grains of `grain`."""
    grains = math.ceil(amount / grain)
    return max(amount / target.cores, min(grain, amount)) if grains else 0.0


def _fractals(size: int, grain: int) -> int:
    return math.ceil(size / grain)


def _cube(target: Target, workload: Workload) -> int:
    cube = target.cube
    products = sum(
        batch
        * _fractals(m, cube.m)
        * _fractals(k, cube.k(workload.element_bytes))
        * _fractals(n, cube.n)
        for batch, m, k, n in workload.contractions
    )
    return math.ceil(products * cube.fractal_cycles / target.cores)


def _vector(target: Target, workload: Workload) -> float:
    cycles = workload.vector_cycles / target.cores
    if target.drain[1] == "ub":
        cycles += _drain(target, workload, _ACCUMULATOR_BYTES)
    return cycles


def _drain(target: Target, workload: Workload, element_bytes: int) -> float:
    """Cycles in which the results of all contractions leave L0C."""
    results = sum(batch * m * n for batch, m, _, n in workload.contractions)
    rate = target.paths[target.drain].bytes_per_cycle
    return results * element_bytes / rate / target.cores


def _leaving(target: Target) -> list[Path]:
    """The paths to GM."""
    return [path for (_, destination), path in target.paths.items() if destination == "gm"]


def _dram(target: Target, workload: Workload) -> float:
    moved = workload.in_bytes + workload.out_bytes
    active = min(target.cores, max(1, math.ceil(moved / _BLOCK_BYTES)))
    return moved / (active * target.gm.dram_share(active))


def _mte1(target: Target, workload: Workload) -> float:
    rate_a = target.paths["l1", "l0a"].bytes_per_cycle
    rate_b = target.paths["l1", "l0b"].bytes_per_cycle
    cycles = sum(
        batch * min(m * k / rate_a + k * n / rate_b, m * k / rate_b + k * n / rate_a)
        for batch, m, k, n in workload.contractions
    )
    return cycles * workload.element_bytes / target.cores


def _fill(target: Target, workload: Workload, part: str) -> int:
    """Least cycles before the first and after the last busy cycle of a resource."""
    load, store = target.paths["gm", "ub"], min(_leaving(target), key=lambda path: path.latency)
    waits = workload.waits and workload.in_bytes
    arrive = load.startup + load.burst + load.latency if waits else 0
    leave = store.startup + store.burst + store.latency if workload.out_bytes else 0
    to_l0, drain = target.paths["l1", "l0a"], target.paths[target.drain]
    through_cube = target.cube.startup + target.cube.latency + to_l0.startup + to_l0.latency
    match part:
        case "cube":
            return arrive + to_l0.startup + to_l0.latency + target.cube.latency + leave
        case "vector":
            return arrive + leave
        case "dram":
            first = load.startup if waits else min(load.startup, store.startup)
            return first + (store.latency if workload.out_bytes else load.latency)
        case "mte1":
            to_ub = drain.startup if target.drain[1] == "ub" else 0
            return arrive + target.cube.latency + to_ub + leave
        case "fix":
            return arrive + through_cube + drain.startup + drain.latency
        case _:
            compute = target.vector.startup if workload.vector_cycles else 0  # moves need none
            compute = through_cube if workload.contractions else compute
            return arrive + compute + store.startup + store.latency

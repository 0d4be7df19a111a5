"""GM traffic of products and convolutions on the cube against the optimum that zigzag-dse finds.

zigzag-dse searches the order of the loops and which of them each memory holds. It gets L1 for the
image (or left operand) and the weights and L0C for the sums, half of each where our kernel has
buffers twice. Only GM costs energy, so that the least energy is the least traffic. zigzag knows one
core: it gets what one of as many cores as our kernel runs on (more where so many cannot share
evenly) has to do, for every even way to share out images, rows and output channels, and the best
one counts.

Convolutions have no pads here, since zigzag would load them. Needs the extra `zigzag`.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import math
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from akg_mlir import targets
from akg_mlir.dialects import npu
from akg_mlir.emit.program import decode
from akg_mlir.machine import Machine
from akg_mlir.parsing import parse_module
from akg_mlir.passes.npu.memory.footprint import reserved_bytes
from akg_mlir.passes.pipelines import parse_pipeline
from bench.kernel_texts import apply
from bench.paper import graphs

TARGET = "ascend910"
LARGEST_RATIO = 1.05
FACTORS = 8
"""Into how many loops zigzag cuts all loops at most, to order them."""
SHARED = ("B", "OY", "K")
"""Loops whose iterations cores may share out."""
_BLOCK = 16
_WORD = 8192
"""Bits that zigzag counts as one access to GM."""


@dataclass(frozen=True)
class Layer:
    """A convolution, its te text and the sizes of its loops: images B, output rows OY and columns
    OX, blocks of output channels K and of input channels C, window FY x FX.

    `point` is the rows of the matrix product that an element of the image stands for: products
    are convolutions 1 x 1 of points of 16 rows. `result_bits` of a number in GM.
    """

    name: str
    text: str
    loops: Mapping[str, int]
    point: int
    result_bits: int

    def bits(self) -> dict[str, int]:
        """Bits of an element of each operand, of the result while it is summed, and at the end."""
        row = self.point * _BLOCK
        return {
            "I": 16 * row,
            "W": 16 * _BLOCK * _BLOCK,
            "O": 32 * row,
            "O_final": self.result_bits * row,
        }

    def least_bytes(self, part: Mapping[str, int]) -> int:
        """Bytes of all operands of a core that does this part of the loops."""
        image = part["B"] * part["C"]
        image *= (part["OY"] + part["FY"] - 1) * (part["OX"] + part["FX"] - 1)
        weights = part["K"] * part["C"] * part["FY"] * part["FX"]
        result = part["B"] * part["K"] * part["OY"] * part["OX"]
        bits = self.bits()
        return (image * bits["I"] + weights * bits["W"] + result * bits["O_final"]) // 8


@dataclass(frozen=True)
class Ours:
    """What our kernel moves from and to GM, on how many cores, and the bytes of L1 and L0C that
    one copy of its buffers may have."""

    bytes: int
    cores: int
    shares: Mapping[str, int]


def matrix_product(m: int, k: int, n: int) -> Layer:
    """`a b` of f16 fractals, in f32."""
    loops = {"B": 1, "OY": m // _BLOCK, "OX": 1, "K": n // _BLOCK, "C": k // _BLOCK}
    text = graphs.matmul({"a": (m, k), "b": (k, n)})
    return Layer(f"product {m}x{k}x{n}", text, {**loops, "FY": 1, "FX": 1}, _BLOCK, 32)


def convolution(images: int, channels: int, size: int, outputs: int, window: int) -> Layer:
    """f16 images of `size` x `size` in NC1HWC0, results rounded to f16."""
    rows = size - window + 1
    loops = {"B": images, "OY": rows, "OX": rows, "K": outputs // _BLOCK, "C": channels // _BLOCK}
    text = graphs.conv(
        {
            "x": (images, channels, size, size),
            "w": (outputs, channels, window, window),
            "pad": (0, 0, 0, 0),
            "stride": (1, 1),
            "dilation": (1, 1),
        }
    )
    name = f"convolution {images}x{channels}x{size}x{size}, {outputs} of {window}x{window}"
    return Layer(name, text, {**loops, "FY": window, "FX": window}, 1, 16)


def layers() -> list[Layer]:
    """What is compared: products of the paper's evaluation and larger ones, layers of ResNet-50."""
    return [
        matrix_product(512, 1024, 1024),
        matrix_product(1024, 1024, 512),
        matrix_product(1024, 1024, 1024),
        matrix_product(512, 2048, 2048),
        matrix_product(2048, 1024, 1024),
        matrix_product(512, 4608, 4608),
        matrix_product(2048, 2048, 2048),
        matrix_product(4096, 4096, 4096),
        convolution(16, 64, 58, 64, 3),
        convolution(16, 256, 16, 256, 3),
        convolution(16, 256, 56, 64, 1),
        convolution(16, 512, 28, 128, 1),
    ]


def ours(layer: Layer) -> Ours:
    """Compile the layer and count. It is one kernel."""
    module = parse_module(layer.text)
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for step in parse_pipeline(f"akg{{target={TARGET}}}"):
        doubles = step.name == "npu-multi-buffer"
        before = _buffer_bytes(module) if doubles else before
        apply(module, [step])
        after = _buffer_bytes(module) if doubles else after
    target = targets.load(TARGET)
    (kernel,) = (op for op in module.walk() if "npu.kernel" in op.attributes)
    assert isinstance(kernel, FuncOp)
    program = decode(kernel, target)
    timing = Machine(target).time(program)
    double = {s: after[s] > before[s] for s in ("l1", "l0c")}
    shares = {s: target.memories[s] // (1 + double[s]) for s in double}
    return Ours(timing.gm_bytes_read + timing.gm_bytes_written, program.cores, shares)


def _buffer_bytes(module: ModuleOp) -> dict[str, int]:
    """Bytes of the buffers of a module per memory."""
    total: dict[str, int] = {}
    for op in module.walk():
        if isinstance(op, npu.BufferOp):
            space = npu.space_of(op.result.type).value
            total[space] = total.get(space, 0) + reserved_bytes(op, 1)
    return total


def shared_out(loops: Mapping[str, int], cores: int) -> Iterator[dict[str, int]]:
    """The part of one core for every way to cut the shared loops evenly for so many cores."""
    divisors = [d for d in range(1, cores + 1) if cores % d == 0]
    for cuts in product(divisors, repeat=len(SHARED)):
        pairs = dict(zip(SHARED, cuts))
        if math.prod(cuts) == cores and all(loops[name] % cut == 0 for name, cut in pairs.items()):
            yield {name: size // pairs.get(name, 1) for name, size in loops.items()}


def optimum(layer: Layer, machine: Ours) -> int:
    """The least bytes of GM traffic that zigzag finds for all cores together."""
    most = targets.load(TARGET).cores
    splits = ((n, list(shared_out(layer.loops, n))) for n in range(machine.cores, most + 1))
    cores, parts = next((n, parts) for n, parts in splits if parts)
    best = math.inf
    for part in sorted(parts, key=layer.least_bytes):
        if cores * layer.least_bytes(part) < best:
            best = min(best, cores * _searched(layer, part, machine.shares))
    return int(best)


def _searched(layer: Layer, part: Mapping[str, int], shares: Mapping[str, int]) -> int:
    """What zigzag finds for one core, in bytes."""
    try:
        from zigzag.api import get_hardware_performance_zigzag
    except ImportError:
        raise SystemExit(
            "zigzag_traffic needs the extra zigzag: pip install -e '.[zigzag]'"
        ) from None
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        files = {
            "workload": [_workload(layer, part)],
            "accelerator": _accelerator(shares),
            "mapping": [_MAPPING],
        }
        for name, content in files.items():
            Path(folder, f"{name}.yaml").write_text(json.dumps(content))  # JSON is YAML
        _, _, found = get_hardware_performance_zigzag(
            **{name: f"{folder}/{name}.yaml" for name in files},
            opt="energy",
            dump_folder=folder,
            lpf_limit=FACTORS,
            loma_show_progress_bar=False,
        )
    return int(found[0][0].energy_total * _WORD / 8)


_MAPPING = {
    "name": "default",
    "spatial_mapping": {"D1": ["K, 1"]},
    "memory_operand_links": {"O": "O", "W": "I2", "I": "I1"},
}


def _workload(layer: Layer, part: Mapping[str, int]) -> dict[str, object]:
    return {
        "id": 0,
        "name": "layer",
        "operator_type": "Conv",
        "equation": "O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]",
        "dimension_relations": ["ix=1*ox+1*fx", "iy=1*oy+1*fy"],
        "loop_dims": list(part),
        "loop_sizes": list(part.values()),
        "pr_loop_dims": ["IX", "IY"],
        "pr_loop_sizes": [part["OX"] + part["FX"] - 1, part["OY"] + part["FY"] - 1],
        "operand_precision": layer.bits(),
        "operand_source": {},
    }


def _accelerator(shares: Mapping[str, int]) -> dict[str, object]:
    """From the inside to the outside: zigzag takes the order for that of the levels."""
    return {
        "name": "cube",
        "memories": {
            "l0c": _memory(shares["l0c"], ["O"], cost=0),
            "l1": _memory(shares["l1"], ["I1", "I2"], cost=0),
            "gm": _memory(1 << 40, ["I1", "I2", "O"], cost=1),
        },
        "operational_array": {
            "input_precision": [16, 16],
            "unit_energy": 0,
            "unit_area": 0,
            "dimensions": ["D1"],
            "sizes": [1],
        },
    }


def _memory(size: int, operands: list[str], cost: int) -> dict[str, object]:
    """A memory of `size` bytes; every access of a word costs `cost`, parts of one their share."""
    reads = {"O": ["O, tl", "O, th"]}
    writes = {"O": ["O, fh", "O, fl"]}
    return {
        "size": 8 * size,
        "r_cost": cost,
        "w_cost": cost,
        "area": 0,
        "latency": 1,
        "operands": operands,
        "ports": [
            _port(1, "read", [a for o in operands for a in reads.get(o, [f"{o}, tl"])]),
            _port(2, "write", [a for o in operands for a in writes.get(o, [f"{o}, fh"])]),
        ],
        "served_dimensions": ["D1"],
    }


def _port(number: int, kind: str, allocation: list[str]) -> dict[str, object]:
    return {
        "name": f"{kind[0]}_port_{number}",
        "type": kind,
        "bandwidth_min": 8,
        "bandwidth_max": _WORD,
        "allocation": allocation,
    }


def run() -> list[dict[str, object]]:
    """Our bytes and the optimum's per layer, and their ratio, which should be at most 1.05."""
    rows: list[dict[str, object]] = []
    for layer in layers():
        machine = ours(layer)
        best = optimum(layer, machine)
        ratio = machine.bytes / best
        rows.append(
            {
                "case": layer.name,
                "cores": machine.cores,
                "l1_share": machine.shares["l1"],
                "l0c_share": machine.shares["l0c"],
                "our_bytes": machine.bytes,
                "optimal_bytes": best,
                "ratio": round(ratio, 3),
                "holds": ratio <= LARGEST_RATIO,
            }
        )
    return rows

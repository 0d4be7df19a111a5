"""Chosen tile sizes against exhaustive search in the cost model, and others on the machine."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod

import numpy as np

from akg_mlir import targets
from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import poly
from akg_mlir.parsing import parse_module
from akg_mlir.passes.affine.poly_tile import PolyTile, machine_figures, tiler_of
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.polyhedral.model_builder import build_model
from akg_mlir.polyhedral.tile_choice import HALF, Tiler
from akg_mlir.polyhedral.tile_model import Loop, TileModel
from akg_mlir.polyhedral.tile_plan import Choice
from akg_mlir.polyhedral.tile_search import Search, search
from akg_mlir.polyhedral.tiled_tree import policy_of
from bench.kernel_texts import apply, cycles, kernels

TARGET = "ascend910"
POINTS = 200_000
"""Most sizes of one tile space that are searched; above, loops are thinned evenly."""
OTHERS = 12
"""Random policies per kernel that run on the machine beside the chosen one."""

UNARY = """
func.func @main(%x: tensor<{shape}xf16>) -> tensor<{shape}xf16> {{
  %y = te.{op} : tensor<{shape}xf16>
  func.return %y : tensor<{shape}xf16>
}}
"""
CASES = {
    "softmax": UNARY.format(shape="512x1000", op="softmax %x axis -1"),
    "softmax_long_rows": UNARY.format(shape="64x100000", op="softmax %x axis -1"),
    "gelu": UNARY.format(shape="256x3072", op="gelu %x approximate tanh"),
    "layer_norm": """
func.func @main(%x: tensor<512x768xf16>, %s: tensor<768xf16>) -> tensor<512x768xf16> {
  %y = te.layer_norm %x scale %s axis -1 epsilon 1.0e-05 : tensor<512x768xf16>, tensor<768xf16>
  func.return %y : tensor<512x768xf16>
}
""",
    "transpose": """
func.func @main(%x: tensor<640x384xf16>) -> tensor<384x640xf16> {
  %y = te.transpose %x perm [1, 0] : tensor<640x384xf16> -> tensor<384x640xf16>
  func.return %y : tensor<384x640xf16>
}
""",
    "matmul": """
func.func @main(%a: tensor<512x768xf16>, %b: tensor<768x1024xf16>) -> tensor<512x1024xf32> {
  %c = te.matmul %a, %b : (tensor<512x768xf16>, tensor<768x1024xf16>) -> tensor<512x1024xf32>
  func.return %c : tensor<512x1024xf32>
}
""",
    "max_pool": """
func.func @main(%x: tensor<4x16x56x56xf16>) -> tensor<4x16x54x54xf16> {
  %y = te.pool2d max %x kernel [3, 3] strides [1, 1] dilations [1, 1]
      : tensor<4x16x56x56xf16> -> tensor<4x16x54x54xf16>
  func.return %y : tensor<4x16x54x54xf16>
}
""",
}


def run() -> dict[str, object]:
    """Per case and kernel: cycles chosen over best, in the model and on the machine."""
    return {name: _case(text) for name, text in CASES.items()}


def _case(text: str) -> dict[str, object]:
    steps = parse_pipeline(f"te-to-affine{{target={TARGET}}}")
    return {name: _kernel(alone) for name, alone in kernels(text, steps, TARGET).items()}


def _kernel(text: str) -> dict[str, object]:
    module = apply(parse_module(text), parse_pipeline("poly-raise,poly-schedule"))
    scop = next(op for op in module.walk() if isinstance(op, poly.ScopOp))
    tiler = tiler_of(scop, machine_figures(targets.load(TARGET)), PolyTile())
    choices = tiler.choose().choices
    searches = [_exhaustive(tiler, choice) for choice in choices]
    chosen = sum(c.estimate.cycles for c in choices)
    best = sum(s.best.cycles for s in searches if s.best is not None)
    return {
        "policy": str(policy_of(choices, tiler.kernel.cubes)),
        "model_cycles": round(chosen),
        "model_ratio": round(chosen / best, 3),
        "sizes_searched": sum(s.candidates for s in searches),
        **_measured(text, tiler, choices),
    }


def _exhaustive(tiler: Tiler, choice: Choice) -> Search:
    model = build_model(tiler.kernel, tiler.fuser, choice.inside)
    return search(model, tiler.machine, HALF, tiler.max_redundancy, _every_size(model))


def _every_size(model: TileModel) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """All sizes of all loops, thinned where there are more than `POINTS`."""
    sides = [_sizes(loop) for loop in model.loops]
    while prod(len(side) for side in sides) > POINTS:
        longest = max(range(len(sides)), key=lambda k: len(sides[k]))
        sides[longest] = [*sides[longest][:-1:2], sides[longest][-1]]
    return np.array(list(product(*sides)), dtype=np.float64)


def _sizes(loop: Loop) -> list[int]:
    if loop.fixed is not None:
        return [loop.fixed]
    return [*range(loop.unit, loop.extent, loop.unit), loop.extent]


def _measured(text: str, tiler: Tiler, choices: tuple[Choice, ...]) -> dict[str, object]:
    """The chosen policy on the machine, and the best of some random ones that fit."""
    rng = np.random.default_rng(0)
    policies = [str(policy_of(choices, tiler.kernel.cubes))]
    for _ in range(OTHERS):
        others = [_random(tiler, choice, rng) for choice in choices]
        policies.append(str(policy_of(others, tiler.kernel.cubes)))
    measured = {policy: _cycles(text, policy) for policy in dict.fromkeys(policies)}
    ran = {policy: found for policy, found in measured.items() if found is not None}
    best = min(ran, key=lambda policy: ran[policy])
    return {
        "machine_cycles": ran[policies[0]],
        "machine_ratio": round(ran[policies[0]] / ran[best], 3),
        "machine_best": best,
        "measured": len(ran),
        "without_room": len(measured) - len(ran),
    }


def _random(tiler: Tiler, choice: Choice, rng: np.random.Generator) -> Choice:
    """The choice with random sizes that fit."""
    model = build_model(tiler.kernel, tiler.fuser, choice.inside)
    rows = [[int(rng.choice(_sizes(loop))) for loop in model.loops] for _ in range(256)]
    for row in rows:
        sizes = np.array([row], dtype=np.float64)
        found = search(model, tiler.machine, HALF, tiler.max_redundancy, sizes)
        if found.best is not None:
            return replace(choice, estimate=found.best)
    return choice


def _cycles(text: str, policy: str) -> int | None:
    """Cycles of a kernel with a policy, None where later passes find no room for it."""
    steps = parse_pipeline(f'affine-to-npu{{policy="{policy}"}},npu-to-instructions')
    try:
        return cycles(text, steps, TARGET)
    except CompileError:
        return None

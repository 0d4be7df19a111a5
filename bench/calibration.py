"""The model of ascend910b against times that vendors published for that machine.

Products (f16, f32 sums): published for 24 cores as a grid of 4 x 6, tiles of 128 x 256, 4 k-steps
of 64 per load of L1 in two buffers each, one accumulator; results in f32 but for the last, which is
in f16. Ours are generated with the same tiles. Convolutions, 3x3 with pads of 1, were published
with tiles of 128 points x 256 channels and 144 of k per load of L1; ours have up to 256 points
(whole rows) x 128 channels and 288 of k. Times include the launch, a constant fitted to the
published ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import akg_mlir

TARGET = "ascend910b"
LAUNCH_MS = 0.0097

PRODUCTS: Mapping[int, float] = {
    1536: 0.0388,
    3072: 0.2067,
    6144: 1.506,
    7680: 3.168,
    8192: 4.047,  # the slowest core: 4.012 to 4.082
}
"""Milliseconds by m = k = n."""

CONVOLUTIONS: Mapping[tuple[int, int, int, int, int], float] = {
    (4, 8, 8, 48, 96): 0.0322,
    (4, 16, 12, 64, 192): 0.1473,
    (4, 24, 12, 96, 288): 0.4709,
    (4, 32, 16, 96, 384): 1.0979,
    (4, 40, 15, 128, 480): 2.1312,
}
"""Milliseconds by (images, blocks of input channels, height, width, blocks of output channels)."""


def product(size: int) -> float:
    """Milliseconds of a product in the published tiles."""
    blocks = size // 16
    half, whole = (f"tensor<{blocks}x{blocks}x16x16x{t}>" for t in ("f16", "f32"))
    lines = [
        f"%0 = te.fractal_matmul %a, %b m {size} k {size} n {size} : ({half}, {half}) -> {whole}"
    ]
    policy = "S1: 16@L0C, 8@L0C, _, _, 16@L1, _"
    if size == 8192:
        lines.append(f"%1 = te.cast %0 : {whole} -> {half}")
        policy = "S2: 16@UB, 8@UB, _, _; S1: _, _, _, _, 16@L1, _"
    return _milliseconds(f"%a: {half}, %b: {half}", lines, policy)


def convolution(shape: tuple[int, int, int, int, int]) -> float:
    """Milliseconds of a convolution in tiles of about the published size."""
    images, channels, height, width, outputs = shape
    image = f"tensor<{images}x{channels}x{height}x{width}x16xf16>"
    weights = f"tensor<{channels}x3x3x{outputs}x16x16xf16>"
    result = f"tensor<{images}x{outputs}x{height}x{width}x16xf32>"
    line = (
        "%0 = te.fractal_conv2d %a, %b strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] channels "
        f"{16 * channels} outputs {16 * outputs} : ({image}, {weights}) -> {result}"
    )
    policy = f"S1: 1@L0C, 8@L0C, {256 // width}@L0C, _, _, 2@L1, _, _, _"
    return _milliseconds(f"%a: {image}, %b: {weights}", [line], policy)


def _milliseconds(arguments: str, lines: list[str], policy: str) -> float:
    """The time of a function that returns the result of its last line."""
    result = lines[-1].rsplit("-> ", 1)[1]
    body = "\n".join([*lines, f"func.return %{len(lines) - 1} : {result}"])
    text = f"builtin.module {{ func.func @main({arguments}) -> {result} {{\n{body}\n}} }}"
    kernel = akg_mlir.compile(text, target=TARGET, policy=policy)
    return kernel.time().cycles / (kernel.runner.target.clock_ghz * 1e6) + LAUNCH_MS


def run() -> list[dict[str, object]]:
    """Published and modelled times, and their ratio."""
    rows = [(f"product {size}", ms, product(size)) for size, ms in PRODUCTS.items()]
    rows += [(f"convolution {s}", ms, convolution(s)) for s, ms in CONVOLUTIONS.items()]
    return [
        {
            "case": case,
            "published_ms": published,
            "model_ms": round(model, 4),
            "ratio": round(model / published, 3),
        }
        for case, published, model in rows
    ]

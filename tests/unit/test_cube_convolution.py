"""Convolutions on the cube, from tensors to the machine: loads by img2col, pads, partial tiles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from xdsl.dialects import func

import akg_mlir
from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.execution.machine import Runner
from akg_mlir.report import running


@dataclass(frozen=True)
class Conv:
    """A square kernel on images `[n, c, h, w]` with `o` output channels."""

    n: int
    c: int
    h: int
    w: int
    o: int
    kernel: int
    stride: int = 1
    pad: int = 0
    dilation: int = 1

    @property
    def result(self) -> str:
        reach = self.dilation * (self.kernel - 1) + 1
        rows, columns = (
            (size + 2 * self.pad - reach) // self.stride + 1 for size in (self.h, self.w)
        )
        return f"{self.n}x{self.o}x{rows}x{columns}"

    @property
    def types(self) -> tuple[str, str]:
        image = f"{self.n}x{self.c}x{self.h}x{self.w}"
        return f"tensor<{image}xf16>", f"tensor<{self.o}x{self.c}x{self.kernel}x{self.kernel}xf16>"

    def text(self, epilogue: str = "", element: str = "f32", arguments: str = "") -> str:
        image, weights = self.types
        y = f"tensor<{self.result}x{element}>"
        s, d, p = self.stride, self.dilation, self.pad
        name = "%c" if epilogue else "%y"
        return f"""
func.func @main(%x: {image}, %w: {weights} {{te.resource = "w"}}{arguments}) -> {y} {{
  {name} = te.conv2d %x, %w strides [{s}, {s}] dilations [{d}, {d}] pads [{p}, {p}, {p}, {p}]
      groups 1 : ({image}, {weights}) -> {y}
  {epilogue}
  func.return %y : {y}
}}
"""


def compiled(text: str) -> akg_mlir.Kernel:
    kernel = akg_mlir.compile(text, target="ascend910")
    ops = [op for op in kernel.compilation.module.walk() if isinstance(op, npu.Load3dOp)]
    assert ops, "the convolution is not on the cube"
    return kernel


def assert_right(text: str) -> None:
    """Equal to the reference in all three orders of execution."""
    report = compiled(text).report()
    assert report.ok, report.as_dict()


CASES = [
    Conv(2, 16, 8, 8, 16, 1),
    Conv(2, 32, 14, 14, 32, 1, 2),
    Conv(1, 20, 9, 11, 24, 3, 2, 1),
    Conv(1, 48, 7, 7, 32, 3, 1, 1),
    Conv(1, 3, 20, 20, 16, 7, 2, 3),
    Conv(1, 32, 15, 10, 16, 3, 1, 2, 2),
    Conv(1, 16, 5, 5, 16, 5),
    Conv(1, 16, 8, 12, 32, 2, 2),
    Conv(1, 16, 16, 16, 16, 3, 1, 2),
    Conv(1, 16, 13, 13, 16, 3, 2, 1, 2),
    Conv(1, 16, 15, 14, 16, 3, 2, 2, 2),
    Conv(1, 16, 17, 16, 16, 2, 4, 1, 2),
    # Windows longer than the image, whose rows are apart in it and next to each other on chip.
    Conv(1, 32, 14, 14, 16, 3, 1, 12, 12),
    Conv(1, 16, 14, 16, 16, 5, 1, 8, 4),
    Conv(1, 16, 7, 9, 16, 5, 2, 4, 2),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_convolutions_agree_with_the_reference(case: Conv) -> None:
    assert_right(case.text())


def test_outputs_that_end_inside_a_block_are_unpacked_by_themselves() -> None:
    """Else tiles of the last block would ask the cube for one of its channels."""
    assert akg_mlir.compile(Conv(2, 3, 16, 16, 17, 1).text(), target="lite").report().ok


def test_epilogues_stay_on_the_tile() -> None:
    case = Conv(1, 32, 14, 14, 32, 3, 1, 1)
    y = f"tensor<{case.result}xf16>"
    scale = "tensor<32x1x1xf16>"
    epilogue = f"""
  %1 = te.mul %c, %s : ({y}, {scale}) -> {y}
  %2 = te.add %1, %b : ({y}, {scale}) -> {y}
  %3 = te.add %2, %r : ({y}, {y}) -> {y}
  %y = te.relu %3 : {y}"""
    arguments = f", %s: {scale}, %b: {scale}, %r: {y}"
    text = case.text(epilogue, "f16", arguments)
    assert_right(text)
    kernels = [
        op
        for op in compiled(text).compilation.module.walk()
        if isinstance(op, func.FuncOp) and "npu.kernel" in op.attributes
    ]
    # one that packs the image, one for the residual, one that unpacks
    assert len(kernels) == 4


def test_convolutions_hand_each_other_packed_images() -> None:
    text = """
func.func @main(%x: tensor<1x16x10x10xf16>, %w: tensor<32x16x3x3xf16> {te.resource = "w"},
    %v: tensor<16x32x1x1xf16> {te.resource = "v"}) -> tensor<1x16x10x10xf32> {
  %c = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1
      : (tensor<1x16x10x10xf16>, tensor<32x16x3x3xf16>) -> tensor<1x32x10x10xf16>
  %r = te.relu %c : tensor<1x32x10x10xf16>
  %y = te.conv2d %r, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1
      : (tensor<1x32x10x10xf16>, tensor<16x32x1x1xf16>) -> tensor<1x16x10x10xf32>
  func.return %y : tensor<1x16x10x10xf32>
}
"""
    assert_right(text)
    kernel = compiled(text)
    assert sum("stays packed" in r.message for r in kernel.remarks) == 1


PACKED = """
func.func @main(%x: tensor<3x2x9x6x16xf16>, %w: tensor<2x1x1x2x16x16xf16>)
    -> tensor<3x2x5x3x16xf16> {
  %c = te.fractal_conv2d %x, %w strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] channels 32
      outputs 32 : (tensor<3x2x9x6x16xf16>, tensor<2x1x1x2x16x16xf16>) -> tensor<3x2x5x3x16xf32>
  %y = te.cast %c : tensor<3x2x5x3x16xf32> -> tensor<3x2x5x3x16xf16>
  func.return %y : tensor<3x2x5x3x16xf16>
}
"""


@pytest.mark.parametrize("images", [1, 2, 3])
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_rows_that_no_window_touches_stay_in_gm(images: int, rows: int) -> None:
    """Tiles of several images and rows, partial ones among them."""
    policy = f"S2: {images}@UB, _, {rows}@UB, _, _"
    kernel = akg_mlir.compile(PACKED, target="ascend910", policy=policy)
    report = kernel.report()
    assert report.ok, report.as_dict()
    loaded = [
        op.result.type.get_shape()  # pyright: ignore
        for op in kernel.compilation.module.walk()
        if isinstance(op, npu.BufferOp) and (op.result.name_hint or "").startswith("x_l1")
    ]
    assert (images, 2, rows, 5, 16) in loaded


def test_what_windows_leave_out_need_not_be_moved() -> None:
    """5 x 3 of 9 x 6 points of the image, the weights, and the result, at 2 bytes each."""
    report = akg_mlir.compile(PACKED, target="ascend910").report()
    points, weights = 3 * 2 * 5 * 3 * 16, 2 * 2 * 16 * 16
    assert report.least_bytes == (points + weights + points) * 2


@pytest.mark.parametrize(("points", "pad"), [(2500, 1), (2048, 0)])
def test_rows_that_overfill_a_memory_are_cut(points: int, pad: int) -> None:
    """As many points in a row as the fronts of speech recognisers have."""
    x, w, y = f"1x16x1x{points + 2 - 2 * pad}", "16x16x1x3", f"1x16x1x{points}"
    text = f"""
func.func @main(%x: tensor<{x}xf16>, %w: tensor<{w}xf16> {{te.resource = "w"}})
    -> tensor<{y}xf16> {{
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, {pad}, 0, {pad}] groups 1
      : (tensor<{x}xf16>, tensor<{w}xf16>) -> tensor<{y}xf16>
  func.return %y : tensor<{y}xf16>
}}
"""
    assert_right(text)


def test_tiles_of_several_rows_hold_whole_fractals_of_each() -> None:
    text = PACKED.replace("9x6x16", "9x60x16").replace("5x3x16", "5x30x16")
    with pytest.raises(CompileError, match="rows of points are 20 apart"):
        akg_mlir.compile(text, target="ascend910", policy="S2: 1@UB, _, 2@UB, 20@UB, _")
    for width in (16, 20):
        policy = f"S2: 1@UB, _, {2 if width == 16 else 1}@UB, {width}@UB, _"
        assert akg_mlir.compile(text, target="ascend910", policy=policy).report().ok


def test_an_image_with_windows_in_the_pads_alone_is_padded_first() -> None:
    image, weights, y = "1x16x4x4", "16x16x3x3", "1x16x5x8"
    text = f"""
func.func @main(%x: tensor<{image}xf16>, %w: tensor<{weights}xf16>) -> tensor<{y}xf32> {{
  %y = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [3, 3, 0, 3] groups 1
      : (tensor<{image}xf16>, tensor<{weights}xf16>) -> tensor<{y}xf32>
  func.return %y : tensor<{y}xf32>
}}
"""
    assert_right(text)


RESNET = [
    Conv(1, 3, 56, 56, 64, 7, 2, 3),
    Conv(1, 64, 56, 56, 64, 1),
    Conv(1, 64, 56, 56, 64, 3, 1, 1),
    Conv(1, 64, 56, 56, 256, 1),
    Conv(1, 256, 56, 56, 128, 1, 2),
    Conv(1, 128, 28, 28, 128, 3, 1, 1),
    Conv(1, 128, 28, 28, 512, 1),
    Conv(1, 512, 28, 28, 256, 1, 2),
    Conv(1, 256, 14, 14, 256, 3, 1, 1),
    Conv(1, 256, 14, 14, 1024, 1),
    Conv(1, 1024, 14, 14, 512, 1, 2),
    Conv(1, 512, 7, 7, 512, 3, 1, 1),
]
"""The distinct convolutions of ResNet-50; the stem on an image of a quarter of its size."""


@pytest.mark.parametrize("case", RESNET, ids=str)
def test_resnet_shapes_at_a_fraction_of_their_channels(case: Conv) -> None:
    """An eighth of the channels, but at least one block: the geometry is what differs."""
    fewer = replace(case, c=max(case.c // 8, min(case.c, 16)), o=max(case.o // 8, 16))
    assert_right(fewer.text(element="f16"))


def test_taps_in_tiles_of_their_own_see_the_pads_that_they_meet() -> None:
    """A loop over taps inside the tile: the first row of windows meets pads at its first tap."""
    assert_right(Conv(1, 96, 8, 14, 256, 3, 1, 1).text(element="f16"))


@pytest.mark.parametrize("case", RESNET, ids=str)
def test_resnet_shapes_fit_and_are_timed_at_full_size(case: Conv) -> None:
    """The whole image and all channels, without data; the clock refuses what beats a bound."""
    whole = replace(case, h=224, w=224) if case.kernel == 7 else case
    report = running.time(Runner(compiled(whole.text(element="f16")).compilation))
    (products,) = [k for k in report.kernels if k.busy.get("m", 0)]
    assert products.lower_bound <= products.cycles


def test_the_first_tile_recomputes_rows_from_the_border_of_the_image_on() -> None:
    """Two rows in L0C, the other tiles three: code for it used to be refused."""
    x, y = "tensor<1x2x12x12x16xf16>", "tensor<1x1x12x12x16xf32>"
    v, w = "tensor<2x1x1x1x16x16xf16>", "tensor<1x3x3x1x16x16xf16>"
    c = y.replace("f32", "f16")
    text = f"""
func.func @main(%x: {x}, %v: {v}, %w: {w}) -> {y} {{
  %a = te.fractal_conv2d %x, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0]
      channels 32 outputs 16 : ({x}, {v}) -> {y}
  %b = te.relu %a : {y}
  %c = te.cast %b : {y} -> {c}
  %y = te.fractal_conv2d %c, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1]
      channels 16 outputs 16 : ({c}, {w}) -> {y}
  func.return %y : {y}
}}
"""
    report = akg_mlir.compile(text, target="ascend910").report()
    assert report.ok
    assert len(report.kernels) == 1


def test_taps_that_are_never_on_the_image_need_no_weights() -> None:
    """Of 3 x 3 taps on one point the central one is; its weights, and points, at 2 and 4 bytes."""
    report = akg_mlir.compile(Conv(1, 16, 1, 1, 16, 3, 1, 1).text(), target="ascend910").report()
    assert report.ok
    assert report.least_bytes == 16 * 2 + 16 * 16 * 2 + 16 * 4


@pytest.mark.parametrize(("channels", "outputs", "groups"), [(12, 32, 2), (48, 48, 2), (6, 9, 3)])
def test_groups_of_mixed_precision_are_joined_for_the_cube(
    channels: int, outputs: int, groups: int
) -> None:
    x, w = f"1x{channels}x6x7", f"{outputs}x{channels // groups}x3x3"
    y = f"tensor<1x{outputs}x3x4xf32>"
    text = f"""
func.func @main(%x: tensor<{x}xf32>, %w: tensor<{w}xf32> {{te.resource = "w"}}) -> {y} {{
  %y = te.conv2d %x, %w strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] groups {groups}
      : (tensor<{x}xf32>, tensor<{w}xf32>) -> {y}
  func.return %y : {y}
}}
"""
    report = akg_mlir.compile(text, precision="mixed").report()
    assert report.ok
    assert any(kernel.busy.get("m", 0) for kernel in report.kernels)


def test_depthwise_convolutions_between_products_stay_packed() -> None:
    """37 channels, of which the last block has 5, with pads and strides."""
    text = """
func.func @main(%x: tensor<1x16x7x9xf16>, %w: tensor<37x16x1x1xf16> {te.resource = "w"},
    %d: tensor<37x1x3x3xf32> {te.resource = "d"}, %v: tensor<7x37x1x1xf16> {te.resource = "v"})
    -> tensor<1x7x4x5xf32> {
  %a = te.conv2d %x, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1
      : (tensor<1x16x7x9xf16>, tensor<37x16x1x1xf16>) -> tensor<1x37x7x9xf32>
  %b = te.conv2d %a, %d strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] groups 37
      : (tensor<1x37x7x9xf32>, tensor<37x1x3x3xf32>) -> tensor<1x37x4x5xf32>
  %c = te.cast %b : tensor<1x37x4x5xf32> -> tensor<1x37x4x5xf16>
  %y = te.conv2d %c, %v strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1
      : (tensor<1x37x4x5xf16>, tensor<7x37x1x1xf16>) -> tensor<1x7x4x5xf32>
  func.return %y : tensor<1x7x4x5xf32>
}
"""
    kernel = akg_mlir.compile(text)
    assert kernel.report().ok
    unpacked = [op for op in kernel.compilation.graph.walk() if op.name == "te.unpack"]
    assert len(unpacked) == 1


@pytest.mark.parametrize(
    ("channels", "groups", "known"),
    [(48, 48, True), (20, 20, False), (32, 8, False), (48, 3, True)],
)
def test_groups_within_blocks_of_channels_are_on_the_cube(
    channels: int, groups: int, known: bool
) -> None:
    """Several images and blocks; packed between two convolutions, as the host packs the weights."""
    x, v = f"2x{channels}x9x10", f"{channels}x{channels // groups}x3x3"
    w, y = f"{channels}x{channels}x1x1", f"2x{channels}x5x5"
    resource = '{te.resource = "v"}' if known else ""
    text = f"""
func.func @main(%x: tensor<{x}xf16>, %v: tensor<{v}xf16> {resource},
    %w: tensor<{w}xf16> {{te.resource = "w"}}) -> tensor<{y}xf16> {{
  %c = te.conv2d %x, %v strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] groups {groups}
      : (tensor<{x}xf16>, tensor<{v}xf16>) -> tensor<{y}xf16>
  %y = te.conv2d %c, %w strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1
      : (tensor<{y}xf16>, tensor<{w}xf16>) -> tensor<{y}xf16>
  func.return %y : tensor<{y}xf16>
}}
"""
    assert_right(text)
    assert sum("stays packed" in r.message for r in compiled(text).remarks) == 1


@pytest.mark.parametrize(("images", "blocks"), [(1, 2), (2, 3)])
def test_tiles_of_several_blocks_that_are_convolved_by_themselves(images: int, blocks: int) -> None:
    x, w, y = "2x3x9x8x16", "3x3x3x16x16", "2x3x9x8x16"
    text = f"""
func.func @main(%x: tensor<{x}xf16>, %w: tensor<{w}xf16>) -> tensor<{y}xf16> {{
  %c = te.fractal_conv2d %x, %w strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] channels 48
      outputs 48 : (tensor<{x}xf16>, tensor<{w}xf16>) -> tensor<{y}xf32>
  %y = te.cast %c : tensor<{y}xf32> -> tensor<{y}xf16>
  func.return %y : tensor<{y}xf16>
}}
"""
    policy = f"S2: {images}@UB, {blocks}@UB, 4@UB, _, _"
    assert akg_mlir.compile(text, target="ascend910", policy=policy).report().ok


@pytest.mark.parametrize(("image", "window"), [("2x3x16x48", (8, 16)), ("1x8x28x42", (4, 14))])
@pytest.mark.parametrize("element", ["f16", "f32"])
def test_windows_that_tile_an_image_are_rows_of_a_matrix(
    image: str, window: tuple[int, int], element: str
) -> None:
    batch, channels, *sizes = map(int, image.split("x"))
    rows, columns = (size // n for size, n in zip(sizes, window))
    x, w = f"{image}x{element}", f"20x{channels}x{window[0]}x{window[1]}x{element}"
    y = f"{batch}x20x{rows}x{columns}x{element}"
    text = f"""
func.func @main(%x: tensor<{x}>, %w: tensor<{w}> {{te.resource = "w"}}) -> tensor<{y}> {{
  %y = te.conv2d %x, %w strides {list(window)} dilations [1, 1] pads [0, 0, 0, 0] groups 1
      : (tensor<{x}>, tensor<{w}>) -> tensor<{y}>
  func.return %y : tensor<{y}>
}}
"""
    kernel = akg_mlir.compile(text, target="ascend910", precision="mixed")
    ops = [*kernel.compilation.module.walk()]
    assert any(isinstance(op, npu.MadOp) for op in ops)
    assert not any(isinstance(op, npu.Load3dOp) and op.kernel.get_values() != (1, 1) for op in ops)
    report = kernel.report()
    assert report.ok, report.as_dict()

"""ONNX's windows (kernel, strides, dilations, pads of any kind) and convolutions.

`te` has windows over two dimensions. What slides over one gets a dimension of size 1; of three,
the first one is taken apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from xdsl.ir import Attribute, SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.onnx.indexing import part_of
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, shape_of


@dataclass(frozen=True)
class Side:
    """How windows slide along one dimension; `overhang` is what `ceil_mode` reads beyond pads."""

    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    before: int = 0
    behind: int = 0
    overhang: int = 0

    @property
    def reach(self) -> int:
        """Elements from the first to the last of a window."""
        return self.dilation * (self.kernel - 1) + 1


ALONE = Side()
"""Along a dimension of which every element is a window of its own."""


def sides_of(node: Node, kernel: Sequence[int]) -> tuple[Side, ...]:
    """The windows of a convolution or a pooling of operand 0, `[N, C, ...]`."""
    sizes = node.shape(0)[2:]
    rank = len(sizes)
    strides, dilations = strides_and_dilations(node, kernel, rank)
    pads = node.ints_attr("pads") or (0,) * (2 * rank)
    if len(strides) != rank or len(dilations) != rank or len(pads) != 2 * rank:
        raise node.error(f"strides, dilations and pads are not those of {rank} dimensions")
    if min(*kernel, *strides, *dilations) < 1 or min(pads) < 0:
        raise node.error("takes kernel, strides and dilations of at least 1, pads of at least 0")
    padding = node.string_attr("auto_pad", "NOTSET")
    ceil = bool(node.int_attr("ceil_mode", 0))
    return tuple(
        _side(Side(k, s, d, low, high), size, padding, ceil)
        for k, s, d, low, high, size in zip(
            kernel, strides, dilations, pads[:rank], pads[rank:], sizes
        )
    )


def strides_and_dilations(
    node: Node, kernel: Sequence[int], rank: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Those attributes, as they are. Raises CompileError for windows over other dimensions."""
    if rank not in (1, 2, 3) or len(kernel) != rank:
        raise node.error(
            f"slides windows {list(kernel)} over {rank} dimensions",
            hint="one, two or three dimensions are supported",
        )
    ones = (1,) * rank
    return node.ints_attr("strides") or ones, node.ints_attr("dilations") or ones


def _side(side: Side, size: int, padding: str, ceil: bool) -> Side:
    """The side with the pads of `auto_pad`, and what rounding up the number of outputs adds."""
    kernel, stride, dilation = side.kernel, side.stride, side.dilation
    if padding == "VALID":
        side = Side(kernel, stride, dilation)
    elif padding != "NOTSET":
        # as many outputs as strides fit: pads are what the last window lacks, halved
        missing = max((-(-size // stride) - 1) * stride + side.reach - size, 0)
        less, more = missing // 2, missing - missing // 2
        pair = (less, more) if padding == "SAME_UPPER" else (more, less)
        side = Side(kernel, stride, dilation, *pair)
    if not ceil:
        return side
    overhang = _overhang(side, size)
    return Side(kernel, stride, dilation, side.before, side.behind, overhang)


def _overhang(side: Side, size: int) -> int:
    """What rounding the number of outputs up adds; no window may start behind the image."""
    padded = size + side.before + side.behind
    outputs = -(-(padded - side.reach) // side.stride) + 1
    if (outputs - 1) * side.stride >= size + side.before:
        outputs -= 1
    return max((outputs - 1) * side.stride + side.reach - padded, 0)


def pads_of(height: Side, width: Side) -> tuple[int, int, int, int]:
    """The pads of a `te` window, without the overhang."""
    return height.before, width.before, height.behind, width.behind


def steps_of(height: Side, width: Side) -> tuple[tuple[int, int], tuple[int, int]]:
    """Strides and dilations of a `te` window."""
    return (height.stride, width.stride), (height.dilation, width.dilation)


def _conv(node: Node) -> Sequence[Value]:
    image, weights = node.operand(0), node.operand(1)
    sides = sides_of(node, shape_of(weights)[2:])
    return [with_bias(node, convolved(node, image, weights, sides, node.int_attr("group", 1)))]


def with_bias(node: Node, result: SSAValue) -> SSAValue:
    """The result `[N, C, ...]` and operand 2, if there is one."""
    if not node.has(2):
        return result
    bias = node.operand(2)
    bias = node.reshaped(bias, (*shape_of(bias), *[1] * (len(shape_of(result)) - 2)))
    return node.emit(te.AddOp(result, bias))


def convolved(
    node: Node,
    image: SSAValue,
    weights: SSAValue,
    sides: Sequence[Side],
    groups: int,
    element: Attribute | None = None,
) -> SSAValue:
    """The convolution of an image `[N, C, ...]` with weights `[O, C / groups, ...]`, over one, two
    or three dimensions, in the type of these or another one."""
    if len(sides) == 3:
        return _conv3d(node, image, weights, sides, groups, element)
    height, width = sides if len(sides) == 2 else (ALONE, *sides)
    image, weights = plane(node, image), plane(node, weights)
    strides, dilations = steps_of(height, width)
    pads = pads_of(height, width)
    result = node.emit(te.Conv2dOp(image, weights, strides, dilations, pads, groups, element))
    batch, channels, rows, columns = shape_of(result)
    sizes = (rows, columns) if len(sides) == 2 else (columns,)
    return node.reshaped(result, (batch, channels, *sizes))


def plane(node: Node, value: SSAValue) -> SSAValue:
    """A row as an image of height 1."""
    batch, channels, *sizes = shape_of(value)
    return node.reshaped(value, (batch, channels, *[1] * (2 - len(sizes)), *sizes))


def _conv3d(
    node: Node,
    image: SSAValue,
    weights: SSAValue,
    sides: Sequence[Side],
    groups: int,
    element: Attribute | None,
) -> SSAValue:
    """The sum over the taps along the depth of convolutions of the planes that they meet."""
    depth, *flat_sides = sides
    if depth.before or depth.behind:
        low, high = (0, 0, depth.before, 0, 0), (0, 0, depth.behind, 0, 0)
        image = node.emit(te.PadOp(image, low, high, 0.0))
    batch, channels, size, height, width = shape_of(image)
    outputs = (size - depth.reach) // depth.stride + 1
    if outputs < 1:
        raise node.error(f"a window spans {depth.reach} of the {size} elements of dimension 2")
    flat = node.reshaped(
        node.emit(te.TransposeOp(image, (0, 2, 1, 3, 4))), (batch, size, channels, height, width)
    )
    products: list[SSAValue] = []
    for tap in range(depth.kernel):
        first = tap * depth.dilation
        places = range(first, first + (outputs - 1) * depth.stride + 1, depth.stride)
        planes = part_of(node, flat, 1, places)
        planes = node.reshaped(planes, (batch * outputs, channels, height, width))
        taps = part_of(node, weights, 2, range(tap, tap + 1))
        kernels = node.reshaped(taps, (*shape_of(taps)[:2], *shape_of(taps)[3:]))
        products.append(convolved(node, planes, kernels, flat_sides, groups, element))
    total = reduce(lambda a, b: node.emit(te.AddOp(a, b)), products)
    _, filters, rows, columns = shape_of(total)
    total = node.reshaped(total, (batch, outputs, filters, rows, columns))
    return node.emit(te.TransposeOp(total, (0, 2, 1, 3, 4)))


HANDLERS: dict[str, Handler] = {"Conv": _conv}

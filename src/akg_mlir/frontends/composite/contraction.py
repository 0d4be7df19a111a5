"""Matrix products and convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.composite.formats import FRACTAL_NZ, plain_matrix
from akg_mlir.frontends.composite.translation import Handler, Node
from akg_mlir.frontends.elements import F32


def _matmul(node: Node) -> Sequence[SSAValue]:
    """`a @ b + bias`; a bias is added in f32, and the sum rounded once."""
    a, b = plain_matrix(node, 0), plain_matrix(node, 1)
    flags = (
        node.flag("transpose_a", "transpose_x1"),
        node.flag("transpose_b", "transpose_x2"),
    )
    target = node.element("dst_type", node.result_element)
    biased = len(node.operation.operands) > 2
    kind = te.MatmulOp if len(te.shape_of(a)) == 2 else te.BatchMatmulOp
    value = node.emit(kind(a, b, *flags, F32 if biased else target))
    if biased:
        value = node.cast(node.emit(te.AddOp(value, node.cast(node.operand(2), F32))), target)
    if node.operation.results[0].format == FRACTAL_NZ:
        return [node.emit(te.PackOp(value, "nz"))]
    return [value]


def _conv2d(node: Node) -> Sequence[SSAValue]:
    """Images are NHWC, weights `[O, H, W, C]`."""
    for index in (0, 1):
        if node.mentioned(index).format not in ("NHWC", "DefaultFormat"):
            raise node.error(
                f"operand {index} has format {node.mentioned(index).format}", hint="takes NHWC"
            )
    image = node.emit(te.TransposeOp(node.operand(0), (0, 3, 1, 2)))
    weights = node.emit(te.TransposeOp(node.operand(1), (0, 3, 1, 2)))
    top, bottom, left, right = node.integers("pad_list", node.integers("pad", (0, 0, 0, 0)))
    result = te.Conv2dOp(
        image,
        weights,
        strides=node.integers("stride", (1, 1))[-2:],
        dilations=node.integers("dilation", (1, 1))[-2:],
        pads=(top, left, bottom, right),
        groups=node.integer("group", 1),
        element_type=node.element("dst_type", node.result_element),
    )
    return [node.emit(te.TransposeOp(node.emit(result), (0, 2, 3, 1)))]


HANDLERS: dict[str, Handler] = {
    "BatchMatMul": _matmul,
    "Conv2D": _conv2d,
    "MatMul": _matmul,
}

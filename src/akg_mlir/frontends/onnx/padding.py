"""ONNX Pad in all modes: constants, or parts of the operand itself around it."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.joining import joined
from akg_mlir.frontends.onnx.indexing import part_of, runs_of, taken
from akg_mlir.frontends.onnx.translation import Handler, Node, Value, shape_of


def _pad(node: Node) -> Sequence[Value]:
    """Negative pads cut elements off, before others are added."""
    mode = node.string_attr("mode", "constant")
    low, high = _amounts(node)
    operand = node.operand(0)
    cut = [
        range(max(-before, 0), size - max(-behind, 0))
        for size, before, behind in zip(shape_of(operand), low, high)
    ]
    if any(len(part) == 0 for part in cut):
        raise node.error(f"pads {[*low, *high]} leave no elements of {shape_of(operand)}")
    operand = taken(node, operand, cut)
    low, high = [max(n, 0) for n in low], [max(n, 0) for n in high]
    if mode == "constant":
        return [_with_constant(node, operand, low, high)]
    for axis, (before, behind) in enumerate(zip(low, high)):
        operand = padded_with_own(node, operand, axis, before, behind, mode)
    return [operand]


def _amounts(node: Node) -> tuple[list[int], list[int]]:
    """Elements in front of and behind each dimension."""
    rank = len(node.shape(0))
    pads = node.ints_attr("pads") or () if node.opset < 11 else node.known_ints(1, "pads")
    axes = node.known_ints(3, "axes") if node.has(3) else range(rank)
    if len(pads) != 2 * len(axes):
        raise node.error(f"{len(pads)} pads for {len(axes)} axes; two for each are needed")
    low, high = [0] * rank, [0] * rank
    for position, axis in enumerate(axes):
        axis = node.axis(axis, rank)
        low[axis], high[axis] = pads[position], pads[position + len(axes)]
    return low, high


def _with_constant(
    node: Node, operand: SSAValue, low: Sequence[int], high: Sequence[int]
) -> SSAValue:
    if not any((*low, *high)):
        return operand
    if node.opset < 11:
        value = node.float_attr("value", 0.0)
    else:
        value = node.known(2, "constant_value").item() if node.has(2) else 0
    return node.emit(te.PadOp(operand, low, high, value))


def padded_with_own(
    node: Node, operand: SSAValue, axis: int, before: int, behind: int, mode: str
) -> SSAValue:
    """The operand between parts of it along one dimension."""
    if not before and not behind:
        return operand
    size = shape_of(operand)[axis]
    places = [_place(node, k, size, mode) for k in range(-before, size + behind)]
    return joined([part_of(node, operand, axis, run) for run in runs_of(places)], axis, node.emit)


def _place(node: Node, position: int, size: int, mode: str) -> int:
    """The place in the operand that stands at a position in front of, in or behind it."""
    match mode:
        case "edge":
            return min(max(position, 0), size - 1)
        case "wrap":
            return position % size
        case "reflect":  # the first and the last element are not repeated
            period = max(2 * (size - 1), 1)
            return min(position % period, -position % period)
        case _:
            raise node.error(
                f"mode '{mode}' is not supported", hint="constant, edge, reflect and wrap are"
            )


HANDLERS: dict[str, Handler] = {"Pad": _pad}

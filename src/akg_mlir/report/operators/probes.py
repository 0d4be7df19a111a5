"""A small instance of every `te` op that front ends may write, on operands of any element type."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xdsl.builder import Builder
from xdsl.dialects import builtin
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import ELEMENTS

MATRIX, IMAGE = (32, 32), (1, 16, 8, 8)

Build = Callable[["Operands"], Operation]


class Operands:
    """Arguments of a function that holds one op."""

    def __init__(self, element: Attribute) -> None:
        self.element = element
        self.block = Block()

    def __call__(
        self, shape: tuple[int, ...] = MATRIX, element: Attribute | None = None
    ) -> SSAValue:
        """One more argument."""
        type_ = TensorType(element or self.element, shape)
        return self.block.insert_arg(type_, len(self.block.args))

    def function(self, op: Operation) -> ModuleOp:
        """The function that returns what `op` computes."""
        self.block.add_op(op)
        self.block.add_op(ReturnOp(*op.results))
        ins, outs = [a.type for a in self.block.args], [r.type for r in op.results]
        return ModuleOp([FuncOp("main", (ins, outs), Region(self.block))])


def _cast(to: Attribute) -> Build:
    return lambda x: te.CastOp(x(), to)


def _compute(x: Operands) -> Operation:
    body = Block(arg_types=[x.element])
    Builder(InsertPoint.at_end(body)).insert(te.YieldOp(body.args[0]))
    source = x()
    return te.ComputeOp(
        [source], MATRIX, [AffineMap.identity(2)], body, TensorType(x.element, MATRIX)
    )


def _select(x: Operands) -> Operation:
    """By a comparison of its own values, as most are."""
    a, b = x(), x()
    compared = te.CompareOp("eq", a, b)
    x.block.add_op(compared)
    return te.SelectOp(compared.result, a, b)


_OF_TYPE: Mapping[type[Operation], Build] = {
    te.AvgPool2dOp: lambda x: te.AvgPool2dOp(x(IMAGE), (2, 2)),
    te.BatchMatmulOp: lambda x: te.BatchMatmulOp(x((2, 32, 32)), x((2, 32, 32))),
    te.BatchNormOp: lambda x: te.BatchNormOp(
        x(IMAGE), x((16,)), x((16,)), x((16,)), x((16,)), epsilon=1e-5
    ),
    te.BroadcastToOp: lambda x: te.BroadcastToOp(x((32,)), MATRIX),
    te.CompareOp: lambda x: te.CompareOp("eq", x(), x()),
    te.ComputeOp: _compute,
    te.ConcatOp: lambda x: te.ConcatOp([x(), x()], 0),
    te.Conv2dOp: lambda x: te.Conv2dOp(x(IMAGE), x((16, 16, 3, 3))),
    te.DepthToSpaceOp: lambda x: te.DepthToSpaceOp(x(IMAGE), 1, (1, 1, 2, 2)),
    te.GatherOp: lambda x: te.GatherOp(x(), x((8,), builtin.i32), 0),
    te.LayerNormOp: lambda x: te.LayerNormOp(x(), x((32,)), None, -1, 1e-5),
    te.MatmulOp: lambda x: te.MatmulOp(x(), x()),
    te.MaxPool2dOp: lambda x: te.MaxPool2dOp(x(IMAGE), (2, 2)),
    te.OneHotOp: lambda x: te.OneHotOp(x(), -1, 8, 1, 0, builtin.f32),
    te.PadOp: lambda x: te.PadOp(x(), (1, 1), (0, 2), 0),
    te.ReshapeOp: lambda x: te.ReshapeOp(x(), (1024,)),
    te.SelectOp: _select,
    te.SliceOp: lambda x: te.SliceOp(x(), (0, 0), (16, 32)),
    te.SoftmaxOp: lambda x: te.SoftmaxOp(x(), -1),
    te.TransposeOp: lambda x: te.TransposeOp(x(), (1, 0)),
}
_SEVERAL: Mapping[str, Build] = {
    **{f"te.cast to {to}": _cast(to) for to in ELEMENTS if to != builtin.bf16},
    **{
        f"te.reduce {kind.value}": lambda x, kind=kind: te.ReduceOp(kind, x(), [1])
        for kind in te.Reduction
    },
    **{
        f"te.pool2d {kind.value}": lambda x, kind=kind: te.Pool2dOp(kind, x(IMAGE), (2, 2))
        for kind in te.Reduction
    },
}
_INTERNAL = (
    te.ConstantOp,
    te.YieldOp,
    te.PackOp,
    te.UnpackOp,
    te.FractalMatmulOp,
    te.ToBufferOp,
    te.ToTensorOp,
)
"""Values, the end of a body, what passes write for the cube, and buffers of the graph."""


def probes() -> dict[str, Build]:
    """A builder for every op of the dialect, by name; several where an op has kinds."""
    found: dict[str, Build] = {}
    for cls in te.TE.operations:
        if issubclass(cls, (*_INTERNAL, te.FractalConv2dOp)):
            continue
        several = {name: build for name, build in _SEVERAL.items() if name.split()[0] == cls.name}
        build = _OF_TYPE.get(cls) or _generic(cls)
        found |= several or ({} if build is None else {cls.name: build})
    return found


def _generic(cls: type[Operation]) -> Build | None:
    """An element-wise op on as many equal operands as it takes; None for other ops."""
    if issubclass(cls, te.UnaryOp | te.GeluOp):
        return lambda x: cls(x())
    if issubclass(cls, te.BinaryOp):
        return lambda x: cls(x(), x())
    return None


def probe(build: Build, element: Attribute) -> ModuleOp | None:
    """A program of one op on elements of one type; None where the op does not take them."""
    operands = Operands(element)
    try:
        return operands.function(build(operands))
    except VerifyException:
        return None

"""What formulas of operators are written with: arithmetic of the values of one node."""

from __future__ import annotations

from xdsl.ir import SSAValue

from akg_mlir.dialects import te
from akg_mlir.frontends.onnx.translation import Node


class Formulas:
    """Element-wise arithmetic; each op has the location of the node."""

    node: Node

    def add(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.node.emit(te.AddOp(a, b))

    def sub(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.node.emit(te.SubOp(a, b))

    def mul(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.node.emit(te.MulOp(a, b))

    def div(self, a: SSAValue, b: SSAValue) -> SSAValue:
        return self.node.emit(te.DivOp(a, b))

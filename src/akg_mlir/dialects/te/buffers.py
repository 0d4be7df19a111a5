"""Between buffers, on which a graph calls kernels, and the tensors that its host computes.

`bufferization.to_tensor` and `.to_buffer` mean the same; those of xDSL take no memory spaces.
"""

from __future__ import annotations

from xdsl.dialects.builtin import MemRefType, TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from akg_mlir.dialects.te.types import tensor_type


@irdl_op_definition
class ToTensorOp(IRDLOperation):
    """The content that a buffer has when the op is reached.

    %t = te.to_tensor %b : memref<4x8xf32, #npu<space gm>> -> tensor<4x8xf32>
    """

    name = "te.to_tensor"
    buffer = operand_def(MemRefType)
    result = result_def(TensorType)
    assembly_format = "$buffer attr-dict `:` type($buffer) `->` type($result)"

    def __init__(self, buffer: SSAValue) -> None:
        type_ = buffer.type
        assert isa(type_, MemRefType[Attribute])
        result = TensorType(type_.element_type, type_.get_shape())
        super().__init__(operands=[buffer], result_types=[result])

    def verify_(self) -> None:
        _check(self.buffer, self.result)


@irdl_op_definition
class ToBufferOp(IRDLOperation):
    """A buffer of its own that holds a tensor.

    %b = te.to_buffer %t : tensor<4x8xf32> -> memref<4x8xf32, #npu<space gm>>
    """

    name = "te.to_buffer"
    operand = operand_def(TensorType)
    buffer = result_def(MemRefType)
    traits = traits_def(Pure())
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($buffer)"

    def __init__(self, operand: SSAValue, type_: MemRefType[Attribute]) -> None:
        super().__init__(operands=[operand], result_types=[type_])

    def verify_(self) -> None:
        _check(self.buffer, self.operand)


def _check(buffer: SSAValue, tensor: SSAValue) -> None:
    """Raise `VerifyException` unless a buffer can hold a tensor."""
    whole, type_ = tensor_type(tensor), buffer.type
    assert isa(type_, MemRefType[Attribute])
    if (type_.get_shape(), type_.element_type) != (whole.get_shape(), whole.element_type):
        raise VerifyException(f"{type_} cannot hold {whole}: shape and elements are to be the same")

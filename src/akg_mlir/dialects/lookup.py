"""Reading where data says: the one access of a statement that is not affine."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    I64,
    AffineMapAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    MemRefType,
    UnitAttr,
    i64,
)
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import MemoryReadEffect
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from akg_mlir.dialects.npu import memref_type


@irdl_op_definition
class LookupOp(IRDLOperation):
    """The element of a table at a place of one dimension that a value says; 0 where there is none.

        %e = poly.lookup %t[affine_map<(d0) -> (0, d0)>](%j) at %p dim 0 : memref<9x4xf32, ..>, i32

    `map` has a subscript per dimension of the table, 0 for `dim`. With `from_end` negative places
    count from the end. Nothing may store to the table where it is read so: then no other statement
    has to do with this access, and it is none of the relations that schedules are made of.
    """

    name = "poly.lookup"
    memref = operand_def(MemRefType)
    place = operand_def(IntegerType)
    indices = var_operand_def(IndexType())
    map = prop_def(AffineMapAttr)
    dim = prop_def(IntegerAttr[I64])
    from_end = opt_prop_def(UnitAttr)
    result = result_def()
    traits = traits_def(MemoryReadEffect())
    assembly_format = (
        "$memref `[` $map `]` `(` $indices `)` `at` $place `dim` $dim (`from_end` $from_end^)? "
        "attr-dict `:` type($memref) `,` type($place) `->` type($result)"
    )

    def __init__(
        self,
        memref: SSAValue,
        place: SSAValue,
        indices: Sequence[SSAValue],
        map_: AffineMapAttr,
        dim: int,
        *,
        from_end: bool,
    ) -> None:
        super().__init__(
            operands=[memref, place, list(indices)],
            properties={
                "map": map_,
                "dim": IntegerAttr(dim, i64),
                "from_end": UnitAttr() if from_end else None,
            },
            result_types=[memref_type(memref).element_type],
        )

    @property
    def places(self) -> int:
        """How many places the dimension has."""
        return memref_type(self.memref).get_shape()[self.dim.value.data]

    def verify_(self) -> None:
        shape, map_, dim = memref_type(self.memref).get_shape(), self.map.data, self.dim.value.data
        if not isa(self.place.type, IntegerType) or self.place.type.width.data == 1:
            raise VerifyException("a place is an i32 or i64")
        if map_.num_symbols or map_.num_dims != len(self.indices):
            raise VerifyException("the map takes as many dimensions as there are indices")
        if len(map_.results) != len(shape) or not 0 <= dim < len(shape):
            raise VerifyException("the map has a subscript per dimension, one of which is `dim`")
        if map_.results[dim] != AffineMap.constant_map(0).results[0]:
            raise VerifyException("the subscript of `dim` is 0: the place says it")
        if self.result.type != memref_type(self.memref).element_type:
            raise VerifyException("the result is an element of the table")

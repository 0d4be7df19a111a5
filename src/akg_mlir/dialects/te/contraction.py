"""Reductions and contractions."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    I64,
    DenseArrayBase,
    IntegerAttr,
    TensorType,
    UnitAttr,
    f16,
    f32,
    i8,
    i32,
    i64,
)
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, SpacedOpaqueSyntaxAttribute, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.irdl import (
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
)
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import TeOp, check_element, same_element
from akg_mlir.dialects.te.comparison import cast_scalar
from akg_mlir.dialects.te.structured import Iterator, Reduction, StructuredOp, dims_map, emit
from akg_mlir.dialects.te.types import (
    FLOATS,
    FRACTAL,
    NUMBERS,
    ceil_div,
    element_of,
    fractal_depth,
    is_float,
    normal_axis,
    shape_of,
    shape_text,
)


@irdl_attr_definition
class ReductionAttr(EnumAttribute[Reduction], SpacedOpaqueSyntaxAttribute):
    name = "te.reduction"


@irdl_op_definition
class ReduceOp(TeOp, StructuredOp):
    """Combine the elements along `axes`; `keepdims` leaves dimensions of size 1.

    Sums and products of f16 and bf16 are accumulated in f32 and rounded once.
    """

    name = "te.reduce"
    kind = prop_def(ReductionAttr)
    operand = operand_def(TensorType)
    axes = prop_def(DenseArrayBase.constr(i64))
    keepdims = opt_prop_def(UnitAttr)
    assembly_format = (
        "$kind $operand `axes` $axes (`keepdims` $keepdims^)? attr-dict `:` type($operand) `->` "
        "type($result)"
    )

    def __init__(
        self, kind: Reduction | str, operand: SSAValue, axes: Sequence[int], keepdims: bool = False
    ) -> None:
        super().__init__(
            [operand],
            {
                "kind": ReductionAttr(Reduction(kind)),
                "axes": DenseArrayBase.from_list(i64, list(axes)),
                "keepdims": UnitAttr() if keepdims else None,
            },
        )

    @property
    def dims(self) -> frozenset[int]:
        """The reduced dimensions, counted from the front."""
        rank = len(shape_of(self.operand))
        return frozenset(normal_axis(axis, rank) for axis in self.axes.get_values())

    def infer(self) -> TensorType[Attribute]:
        check_element(element_of(self.operand), NUMBERS)
        if len(self.dims) != len(self.axes):
            raise VerifyException(f"axes {list(self.axes.get_values())} name a dimension twice")
        kept = [
            1 if axis in self.dims else size
            for axis, size in enumerate(shape_of(self.operand))
            if self.keepdims is not None or axis not in self.dims
        ]
        return TensorType(element_of(self.operand), kept)

    @property
    def bounds(self) -> tuple[int, ...]:
        return shape_of(self.operand)

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        return tuple(
            Iterator.REDUCTION if axis in self.dims else Iterator.PARALLEL
            for axis in range(len(self.bounds))
        )

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        return (AffineMap.identity(len(self.bounds)),)

    @property
    def result_map(self) -> AffineMap:
        axes = range(len(self.bounds))
        if self.keepdims is not None:
            return dims_map(len(axes), [None if axis in self.dims else axis for axis in axes])
        return dims_map(len(axes), [axis for axis in axes if axis not in self.dims])

    @property
    def reduction(self) -> Reduction | None:
        return self.kind.data

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return elements[0]


def accumulator(element: Attribute) -> Attribute:
    """The type in which products of `element` are summed: f32 for floats, i32 for i8."""
    if is_float(element):
        return f32
    return i32 if element == i8 else element


class ContractionOp(TeOp, StructuredOp, ABC):
    """`c[.., m, n] = sum over k of a[.., m, k] * b[.., k, n]`; `transpose_x` swaps the last two.

    Products are summed in `accumulator(operand type)` and rounded once to the result's type.
    Iterators: the batch dimensions, m, n, k.
    """

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    transpose_a = opt_prop_def(UnitAttr)
    transpose_b = opt_prop_def(UnitAttr)
    assembly_format = (
        "$a `,` $b (`transpose_a` $transpose_a^)? (`transpose_b` $transpose_b^)? attr-dict `:` "
        "`(` type($a) `,` type($b) `)` `->` type($result)"
    )

    def __init__(
        self,
        a: SSAValue,
        b: SSAValue,
        transpose_a: bool = False,
        transpose_b: bool = False,
        element_type: Attribute | None = None,
    ) -> None:
        """`element_type` defaults to that of the operands (i32 for i8)."""
        default = i32 if element_of(a) == i8 else element_of(a)
        super().__init__(
            [a, b],
            {
                "transpose_a": UnitAttr() if transpose_a else None,
                "transpose_b": UnitAttr() if transpose_b else None,
            },
            declared=TensorType(element_type or default, []),
        )

    @property
    def sizes(self) -> tuple[int, int, int]:
        """m, n and k."""
        a, b = shape_of(self.a)[-2:], shape_of(self.b)[-2:]
        m, k = a if self.transpose_a is None else a[::-1]
        return m, b[1 if self.transpose_b is None else 0], k

    @property
    def batch(self) -> tuple[int, ...]:
        """The batch dimensions."""
        return shape_of(self.a)[:-2]

    def _check_ranks(self) -> None:
        a, b = shape_of(self.a), shape_of(self.b)
        if len(a) < 2 or a[:-2] != b[:-2] or len(a) != len(b):
            raise VerifyException(
                f"operands {shape_text(a)} and {shape_text(b)}: rank at least 2 and equal "
                "batch dimensions are needed; broadcast them first"
            )

    def infer(self) -> TensorType[Attribute]:
        element = same_element([self.a, self.b])
        check_element(element, NUMBERS)
        self._check_ranks()
        m, n, k = self.sizes
        kb = shape_of(self.b)[-2 if self.transpose_b is None else -1]
        if k != kb:
            raise VerifyException(
                f"operands {shape_text(shape_of(self.a))} and {shape_text(shape_of(self.b))} "
                f"have contraction sizes {k} and {kb}"
            )
        result = element_of(self.results[0])
        check_element(result, FLOATS if is_float(element) else (accumulator(element),))
        return TensorType(result, [*self.batch, m, n])

    @property
    def bounds(self) -> tuple[int, ...]:
        return (*self.batch, *self.sizes)

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        return (*[Iterator.PARALLEL] * (len(self.bounds) - 1), Iterator.REDUCTION)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        rank = len(self.bounds)
        batch, (m, n, k) = list(range(rank - 3)), range(rank - 3, rank)
        a = [m, k] if self.transpose_a is None else [k, m]
        b = [k, n] if self.transpose_b is None else [n, k]
        return dims_map(rank, [*batch, *a]), dims_map(rank, [*batch, *b])

    @property
    def result_map(self) -> AffineMap:
        rank = len(self.bounds)
        return dims_map(rank, list(range(rank - 1)))

    @property
    def reduction(self) -> Reduction | None:
        return Reduction.ADD

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return multiply(builder, elements, element_of(self.results[0]))


def multiply(builder: Builder, elements: Sequence[SSAValue], to: Attribute) -> SSAValue:
    """Insert the product of two elements in the type of the accumulator."""
    a, b = (cast_scalar(builder, x, to) for x in elements)
    return emit(builder, arith.MulfOp(a, b) if is_float(to) else arith.MuliOp(a, b))


@irdl_op_definition
class MatmulOp(ContractionOp):
    """Matrix product of rank-2 operands."""

    name = "te.matmul"

    def infer(self) -> TensorType[Attribute]:
        ranks = [len(shape_of(v)) for v in (self.a, self.b)]
        if ranks != [2, 2]:
            raise VerifyException(
                f"operands have ranks {ranks[0]} and {ranks[1]}, takes rank 2; "
                "te.batch_matmul takes equal batch dimensions"
            )
        return super().infer()


@irdl_op_definition
class BatchMatmulOp(ContractionOp):
    """Matrix products over equal leading (batch) dimensions."""

    name = "te.batch_matmul"


@irdl_op_definition
class FractalMatmulOp(TeOp, StructuredOp):
    """Matrix product of packed operands: what the cube unit does.

    a `[.., k1, m1, 16, k0]` ("nz"), b `[.., k1, n1, 16, k0]` ("zn"), result
    `[.., n1, m1, 16, 16]` ("nz"): f16 (k0 = 16) in f32, i8 (k0 = 32) in i32. `m`, `k`, `n` are the
    sizes before packing.
    Iterators: the batch dimensions, n1, m1, m0, n0, k1, k0.
    """

    name = "te.fractal_matmul"
    a = operand_def(TensorType)
    b = operand_def(TensorType)
    m = prop_def(IntegerAttr[I64])
    k = prop_def(IntegerAttr[I64])
    n = prop_def(IntegerAttr[I64])
    assembly_format = (
        "$a `,` $b `m` $m `k` $k `n` $n attr-dict `:` `(` type($a) `,` type($b) `)` `->` "
        "type($result)"
    )

    def __init__(self, a: SSAValue, b: SSAValue, m: int, k: int, n: int) -> None:
        super().__init__(
            [a, b],
            {
                "m": IntegerAttr(m, i64),
                "k": IntegerAttr(k, i64),
                "n": IntegerAttr(n, i64),
            },
        )

    @property
    def batch(self) -> tuple[int, ...]:
        """The batch dimensions."""
        return shape_of(self.a)[:-4]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """m, n and k before packing."""
        return self.m.value.data, self.n.value.data, self.k.value.data

    def infer(self) -> TensorType[Attribute]:
        element = same_element([self.a, self.b])
        check_element(element, (f16, i8))
        n1, m1, _, _, k1, k0 = self._matrix
        for value, blocks in ((self.a, (k1, m1)), (self.b, (k1, n1))):
            expected = (*self.batch, *blocks, FRACTAL, k0)
            if shape_of(value) != expected:
                raise VerifyException(
                    f"an operand is {shape_text(shape_of(value))}, m, k and n give "
                    f"{shape_text(expected)}"
                )
        return TensorType(accumulator(element), [*self.batch, n1, m1, FRACTAL, FRACTAL])

    @property
    def _matrix(self) -> tuple[int, int, int, int, int, int]:
        """n1, m1, m0, n0, k1 and k0."""
        m, n, k = self.sizes
        k0 = fractal_depth(element_of(self.a))
        return ceil_div(n, FRACTAL), ceil_div(m, FRACTAL), FRACTAL, FRACTAL, ceil_div(k, k0), k0

    @property
    def bounds(self) -> tuple[int, ...]:
        return (*self.batch, *self._matrix)

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        return (*[Iterator.PARALLEL] * (len(self.bounds) - 2), *[Iterator.REDUCTION] * 2)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        rank = len(self.bounds)
        batch, (n1, m1, m0, n0, k1, k0) = list(range(rank - 6)), range(rank - 6, rank)
        return (
            dims_map(rank, [*batch, k1, m1, m0, k0]),
            dims_map(rank, [*batch, k1, n1, n0, k0]),
        )

    @property
    def result_map(self) -> AffineMap:
        rank = len(self.bounds)
        return dims_map(rank, list(range(rank - 2)))

    @property
    def reduction(self) -> Reduction | None:
        return Reduction.ADD

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        return multiply(builder, elements, element_of(self.results[0]))

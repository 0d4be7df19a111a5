"""Constructors infer types and refuse operands; the structured interface describes loops."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, TensorType, f16, f32, i8, i32
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects import te


def value(element: Attribute, *shape: int) -> SSAValue:
    return Block(arg_types=[TensorType(element, shape)]).args[0]


def test_types_are_inferred():
    x, y = value(f16, 4, 1, 8), value(f16, 5, 1)
    assert te.AddOp(x, y).result.type == TensorType(f16, [4, 5, 8])
    assert str(te.CompareOp("lt", x, y).result.type) == "tensor<4x5x8xi1>"
    assert te.CastOp(x, f32).result.type == TensorType(f32, [4, 1, 8])
    assert te.ReduceOp("max", x, [0, -1]).result.type == TensorType(f16, [1])
    assert te.ReduceOp("max", x, [-1], keepdims=True).result.type == TensorType(f16, [4, 1, 1])
    assert te.TransposeOp(x, [2, 0, 1]).result.type == TensorType(f16, [8, 4, 1])
    assert te.ConstantOp.splat(TensorType(f32, [3]), 0.5).splat_value == 0.5


def test_contractions_state_the_result_type():
    a, b = value(f16, 4, 5), value(f16, 6, 5)
    assert te.MatmulOp(a, b, transpose_b=True).result.type == TensorType(f16, [4, 6])
    wide = te.MatmulOp(a, b, transpose_b=True, element_type=f32)
    assert wide.result.type == TensorType(f32, [4, 6])
    q = value(i8, 4, 5)
    assert te.MatmulOp(q, q, transpose_a=True).result.type == TensorType(i32, [5, 5])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: te.AddOp(x, value(f16, 3)), "te.add: shapes 4x8 and 3 do not broadcast"),
        (lambda x: te.ExpOp(value(i32, 4)), "te.exp: got elements of i32, takes f16, bf16 or f32"),
        (lambda x: te.ReduceOp("add", x, [2]), "te.reduce: axis 2 is outside rank 2: -2 to 1"),
        (lambda x: te.MatmulOp(x, x), "have contraction sizes 8 and 4"),
        (lambda x: te.NotOp(x), "te.not: got elements of f16, takes i1"),
        (lambda x: te.ReshapeOp(x, [5]), "4x8 has 32 elements, 5 has 5"),
        (lambda x: te.PackOp(value(f16, 4), "nz"), "layout nz takes rank at least 2, got 4"),
    ],
)
def test_constructors_refuse(build, message):
    with pytest.raises(VerifyException) as error:
        build(value(f16, 4, 8))
    assert message in str(error.value)


def test_no_integer_of_a_fraction():
    with pytest.raises(VerifyException, match=r"te.constant: 0.5 is not an i32"):
        te.ConstantOp.splat(TensorType(i32, [2]), 0.5)


def test_splat_is_recognised_by_value():
    equal = DenseIntOrFPElementsAttr.from_list(TensorType(f32, [2]), [2.0, 2.0])
    mixed = DenseIntOrFPElementsAttr.from_list(TensorType(f32, [2]), [2.0, 3.0])
    assert te.ConstantOp(equal).splat_value == 2.0
    assert te.ConstantOp(mixed).splat_value is None


def test_structure_of_a_broadcast():
    op = te.AddOp(value(f16, 4, 8), value(f16, 4, 1))
    assert op.bounds == (4, 8)
    assert op.operand_maps == (
        AffineMap.identity(2),
        AffineMap.from_callable(lambda i, j: (i, 0)),
    )
    assert op.reduction is None


def test_structure_of_contractions():
    a, b = value(f16, 2, 4, 5), value(f16, 2, 6, 5)
    op = te.BatchMatmulOp(a, b, transpose_b=True)
    assert op.bounds == (2, 4, 6, 5)
    assert op.operand_maps == (
        AffineMap.from_callable(lambda h, m, n, k: (h, m, k)),
        AffineMap.from_callable(lambda h, m, n, k: (h, n, k)),
    )
    assert op.result_map == AffineMap.from_callable(lambda h, m, n, k: (h, m, n))
    assert op.iterators[-1] == te.Iterator.REDUCTION
    packed = te.FractalMatmulOp(te.PackOp(a, "nz").result, te.PackOp(b, "nz").result, 4, 5, 6)
    assert packed.bounds == (2, 1, 1, 16, 16, 1, 16)
    assert packed.result.type == TensorType(f32, [2, 1, 1, 16, 16])


Target = Callable[[AffineExpr, AffineExpr], AffineExpr]


def into(bounds: list[int], rows: int, target: Target) -> te.ComputeOp:
    """`te.compute` of a vector whose element of point `(i, j)` goes to `target(i, j)`."""
    body = Block(arg_types=[f16])
    body.add_op(te.YieldOp(body.args[0]))
    read = AffineMap.from_callable(lambda i, j: (i,))
    map_ = AffineMap.from_callable(lambda i, j: (target(i, j),))
    return te.ComputeOp([value(f16, 4)], bounds, [read], body, TensorType(f16, [rows]), into=map_)


def test_points_go_to_sums_of_iterators_once_each():
    op = into([4, 3], 12, lambda i, j: i * 3 + j)
    assert op.result_map == AffineMap.from_callable(lambda i, j: (i * 3 + j,))
    assert op.iterators == (te.Iterator.PARALLEL,) * 2
    wrong: list[tuple[int, Target]] = [
        (12, lambda i, j: i * 2 + j),
        (13, lambda i, j: i * 3 + j),
        (12, lambda i, j: i * 3),
    ]
    for rows, target in wrong:
        with pytest.raises(VerifyException, match="each element once"):
            into([4, 3], rows, target)

"""poly-raise keeps the meaning of loop nests and refuses what is not affine."""

from __future__ import annotations

import numpy as np
import pytest
from poly_kernels import NAMES, apply, arguments, load
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp

from akg_mlir.diagnostics import CompileError
from akg_mlir.parsing import parse_module
from akg_mlir.reference import affine
from akg_mlir.reference.schedule_tree import write_textual_order, write_tree_order


def raised(text: str) -> ModuleOp:
    return apply(text, "poly-raise")[0]


@pytest.mark.parametrize("name", NAMES)
def test_raising_keeps_the_meaning(name: str) -> None:
    loops, statements = parse_module(load(name)), raised(load(name))
    function = next(op.sym_name.data for op in loops.ops if isinstance(op, func.FuncOp))
    expected = arguments(loops)
    affine.run(loops, function, expected)
    for order in (write_textual_order, write_tree_order):
        actual = arguments(loops)
        affine.run(statements, function, actual, order)
        for a, b in zip(actual, expected):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", NAMES)
def test_the_result_round_trips(name: str) -> None:
    module = raised(load(name))
    assert parse_module(str(module)).is_structurally_equivalent(module)


def body(text: str, types: str = "%x: memref<8x8xf32>, %n: index") -> str:
    return f"func.func @k({types}) {{ {text} func.return }}"


LOAD = "%v = affine.load %x[%i, %i] : memref<8x8xf32>"
STORE = "affine.store %v, %x[%i, %i] : memref<8x8xf32>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            f"affine.for %i = 0 to 8 {{ {LOAD} memref.store %v, %x[%i, %i] : memref<8x8xf32> }}",
            "memref.store .*: cannot be part of a polyhedral statement",
            id="memref.store",
        ),
        pytest.param(
            f"affine.for %i = 0 to %n {{ {LOAD} {STORE} }}",
            "affine.for .*: operand 0 of the affine map .* is not affine in the loop counters",
            id="symbolic bound",
        ),
        pytest.param(
            f"affine.for %i = 0 to 8 {{ {LOAD} %p = arith.muli %i, %i : index "
            "affine.store %v, %x[%i, %p] : memref<8x8xf32> }",
            "affine.store .*: operand 1 of the affine map .* is not affine",
            id="computed index",
        ),
        pytest.param(
            "%c = arith.constant 0 : index affine.for %i = 0 to 8 iter_args(%k = %c) -> (index) "
            f"{{ {LOAD} {STORE} affine.yield %i : index }}",
            "affine.for .*: a value of type index that a loop or a branch passes on",
            id="carried index",
        ),
        pytest.param(
            f"affine.for %i = 0 to 8 {{ {LOAD} %m = affine.min affine_map<(d0) -> (d0, 4)>(%i) "
            "affine.store %v, %x[%i, %m] : memref<8x8xf32> }",
            "affine.store .*: operand 1 of the affine map .* is not affine",
            id="minimum as subscript",
        ),
        pytest.param(
            f"affine.for %i = 0 to 8 {{ %t = memref.alloca(%n) : memref<?xf32> {LOAD} {STORE} }}",
            "memref.alloca .*: allocates memory of a size that only run time knows",
            id="dynamic memory",
        ),
        pytest.param(
            f"affine.for %i = 0 to 8 {{ {LOAD} func.call @g(%v) : (f32) -> () {STORE} }}",
            "func.call .*: cannot be part of a polyhedral statement",
            id="call",
        ),
        pytest.param(
            f"affine.for %i = 0 to 8 {{ {LOAD} affine.store %v, %x[%i, 0] : memref<8x8xf32> "
            f"{STORE} }}",
            "affine.load .*: the loaded element may be overwritten",
            id="load before another store",
        ),
        pytest.param(
            f"affine.for %i = 0 to 8 {{ {LOAD} affine.for %j = 0 to 8 {{ "
            "%w = arith.addf %v, %v : f32 affine.store %w, %x[%i, %j] : memref<8x8xf32> } }",
            "affine.load .*: the loaded element may be overwritten",
            id="load outside the loop that overwrites it",
        ),
        pytest.param(
            f'affine.for %i = 0 to 8 {{ {LOAD} {STORE} }} {{poly.reduction = "add"}}',
            "declared as reduction 'add', but it is not of the form cell = cell add value",
            id="reduction that is none",
        ),
        pytest.param(
            f"affine.for %i = 0 to 8 {{ {LOAD} %w = arith.mulf %v, %v : f32 "
            'affine.store %w, %x[%i, %i] : memref<8x8xf32> } {poly.reduction = "mul"}',
            "declared as reduction 'mul'",
            id="reduction of a cell with itself",
        ),
        pytest.param(
            f'affine.for %i = 0 to 8 {{ {LOAD} {STORE} }} {{poly.reduction = "xor"}}',
            "unknown reduction xor",
            id="unknown reduction",
        ),
    ],
)
def test_unsupported_input_is_an_error(text: str, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        raised(body(text))


def test_functions_without_affine_code_are_left_alone() -> None:
    text = "func.func @f(%x: memref<4xf32>) { func.return }"
    module = raised(text)
    del module.attributes["npu.target"]
    assert str(module) == str(parse_module(text))


def test_subscripts_print_as_they_parse() -> None:
    text = """
    func.func @f(%x: memref<9x9xf32>) {
      affine.for %i = 0 to 4 {
        affine.for %j = 0 to 4 {
          %k = affine.apply affine_map<(d0) -> (d0 + 2)>(%i)
          %a = affine.load %x[%j + %k - 1, (%j + %k) floordiv 2] : memref<9x9xf32>
          affine.store %a, %x[%j, %i] : memref<9x9xf32>
        }
      }
      return
    }
    """
    raised = str(apply(text, "poly-raise")[0])
    assert "+ 2 + -1" not in raised
    assert str(parse_module(raised)) == raised

"""Verification of modules: ops that did not change are passed over, ops that did are not."""

from __future__ import annotations

import pytest
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import ModuleOp, StringAttr, f32, i32
from xdsl.utils.exceptions import VerifyException

from akg_mlir.parsing import parse_module
from akg_mlir.verification import verify_module

TEXT = """
func.func @f(%x: f32, %y: f32) -> f32 {
  %z = arith.addf %x, %y : f32
  func.return %z : f32
}
"""


@pytest.fixture
def module() -> ModuleOp:
    result = parse_module(TEXT)
    verify_module(result)
    return result


def addition(module: ModuleOp) -> arith.AddfOp:
    return next(op for op in module.walk() if isinstance(op, arith.AddfOp))


def test_an_operand_of_another_type_is_found_after_the_module_verified(module: ModuleOp) -> None:
    add = addition(module)
    one = arith.ConstantOp.from_int_and_width(1, i32)
    assert add.parent is not None
    add.parent.insert_op_before(one, add)
    add.operands[1] = one.result
    with pytest.raises(VerifyException, match=r"arith\.addf"):
        verify_module(module)


def test_a_property_of_another_kind_is_found_after_the_module_verified(module: ModuleOp) -> None:
    add = addition(module)
    add.properties["fastmath"] = StringAttr("fast")
    with pytest.raises(VerifyException, match=r"arith\.addf"):
        verify_module(module)
    add.properties["fastmath"] = arith.FastMathFlagsAttr("none")
    verify_module(module)


def test_a_block_without_its_terminator_is_found_after_the_module_verified(
    module: ModuleOp,
) -> None:
    add = addition(module)
    block = add.parent
    assert block is not None
    assert block.last_op is not None
    block.last_op.detach()
    with pytest.raises(VerifyException, match="terminat"):
        verify_module(module)


def test_a_result_of_another_type_is_found_after_the_module_verified(module: ModuleOp) -> None:
    add = addition(module)
    object.__setattr__(add.result, "_type", i32)
    assert add.result.type != f32
    with pytest.raises(VerifyException):
        verify_module(module)


def test_a_return_is_compared_with_its_own_function() -> None:
    module = parse_module("""
    func.func @f(%x: f32) -> f32 {
      func.return %x : f32
    }
    func.func @g(%x: f32) -> i32 {
      func.return %x : f32
    }
    """)
    with pytest.raises(VerifyException, match=r"func\.return"):
        verify_module(module)


def test_a_call_of_a_function_that_went_away_is_found() -> None:
    module = parse_module("""
    func.func @f(%x: f32) {
      func.call @g(%x) : (f32) -> ()
      func.return
    }
    func.func private @g(f32)
    """)
    verify_module(module)
    last = module.body.block.last_op
    assert last is not None
    last.detach()
    with pytest.raises(VerifyException, match=r"func\.call"):
        verify_module(module)


def test_a_value_of_another_function_is_found_where_the_ops_are_alike() -> None:
    module = parse_module(TEXT + TEXT.replace("@f", "@g"))
    verify_module(module)
    first, second = (op for op in module.walk() if isinstance(op, arith.AddfOp))
    second.operands[1] = first.operands[1]
    with pytest.raises(VerifyException, match=r"arith\.addf"):
        verify_module(module)


def test_an_op_that_is_like_one_elsewhere_is_held_to_the_op_around_it() -> None:
    module = parse_module(TEXT)
    verify_module(module)
    block = module.body.block
    block.insert_op_before(func.ReturnOp(), block.first_op)  # pyright: ignore[reportArgumentType]
    with pytest.raises(VerifyException, match=r"func\.return"):
        verify_module(module)

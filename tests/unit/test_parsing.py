from __future__ import annotations

import pytest
from xdsl.dialects import affine
from xdsl.utils.exceptions import ParseError, VerifyException

from akg_mlir.parsing import parse_module
from akg_mlir.verification import verify_module

LOADS = """
func.func @f(%a : memref<8x8xf32>, %n : index) {
  affine.for %i = 0 to 4 {
    %0 = affine.load %a[%i, %i * 2 + 1] : memref<8x8xf32>
    affine.store %0, %a[%i + 1, 0] : memref<8x8xf32>
  }
  func.return
}
"""


def test_subscripts_become_dimensions():
    module = parse_module(LOADS)
    verify_module(module)
    maps = [op.map.data for op in module.walk() if isinstance(op, affine.LoadOp | affine.StoreOp)]
    assert [(m.num_dims, m.num_symbols) for m in maps] == [(1, 0), (1, 0)]


def test_printed_text_parses_to_the_same_module():
    module = parse_module(LOADS)
    again = parse_module(str(module))
    assert module.is_structurally_equivalent(again)


def test_dialects_of_ours_are_known():
    module = parse_module("%b = npu.buffer : memref<16xf16, #npu<space ub>>")
    verify_module(module)


def test_malformed_text_names_file_and_line():
    with pytest.raises(ParseError) as error:
        parse_module('func.func @f() {\n  "what is this\n}', "model.mlir")
    assert "model.mlir:2" in str(error.value)


def test_malformed_attribute_names_file_and_line():
    with pytest.raises(VerifyException, match="m:2:1"):
        parse_module("\n%0 = arith.addi %0, %0 : tensor<4xf32>", "m")


def test_constant_out_of_range_names_file_and_line():
    with pytest.raises(ParseError, match="m:1:1"):
        parse_module("%0 = arith.constant 1.0e40 : f32", "m")


def test_maps_that_are_not_affine_name_file_and_line():
    text = "func.func @k() { affine.for %i = 0 to affine_map<(d0)[s0] -> (d0 * s0)>(%i)[%i] {} }"
    with pytest.raises(ParseError, match="m:1:18"):
        parse_module(text, "m")


def test_failing_verifier_names_op_and_line():
    module = parse_module("\n%0 = npu.buffer : memref<4xf32>\nfunc.return %0 : memref<4xf32>", "m")
    with pytest.raises(VerifyException, match=r"func\.return at m:3:1: "):
        verify_module(module)


def test_use_before_definition_is_found():
    module = parse_module(
        """
        func.func @f() -> i32 {
          %0 = arith.addi %later, %later : i32
          %later = arith.constant 1 : i32
          func.return %0 : i32
        }
        """,
        "m",
    )
    module.verify()
    with pytest.raises(VerifyException, match=r"addi at m:3:11: operand 0 \(%later\) does"):
        verify_module(module)


def test_undefined_value_is_reported_at_its_use():
    with pytest.raises(ParseError, match="use of undefined value '%x'") as error:
        parse_module("func.func @f() {\n  func.call @g(%x) : (i32) -> ()\n  func.return\n}", "m")
    assert "m:2" in str(error.value)


def test_value_of_an_inner_region_does_not_escape():
    module = parse_module(
        """
        func.func @f(%a : memref<4xf32>) {
          affine.for %i = 0 to 4 {
            %x = affine.load %a[%i] : memref<4xf32>
          }
          affine.for %i = 0 to 4 {
            %y = affine.load %a[%i] : memref<4xf32>
            affine.store %y, %a[%i] : memref<4xf32>
          }
          func.return
        }
        """
    )
    first, second = (op for op in module.walk() if isinstance(op, affine.LoadOp))
    second.result.replace_all_uses_with(first.result)
    with pytest.raises(VerifyException, match="does not dominate"):
        verify_module(module)


def test_dominance_follows_the_control_flow_graph():
    text = """
    func.func @f(%c : i1) -> i32 {{
      %0 = arith.constant 0 : i32
      cf.cond_br %c, ^left, ^right
    ^left:
      %1 = arith.constant 1 : i32
      cf.br ^end
    ^right:
      cf.br ^end
    ^end:
      func.return %{used} : i32
    }}
    """
    verify_module(parse_module(text.format(used=0)))
    with pytest.raises(VerifyException, match="does not dominate"):
        verify_module(parse_module(text.format(used=1)))


WITH_RESOURCES = """
func.func @f() -> (tensor<2xf32>, tensor<3xi1>, tensor<2xf32>) {{
  %a = arith.constant dense_resource<torch.float32> : tensor<2xf32>
  %b = arith.constant dense_resource<flags> : tensor<3xi1>
  %c = arith.constant dense_resource<torch.float32> : tensor<2xf32>
  func.return %a, %b, %c : tensor<2xf32>, tensor<3xi1>, tensor<2xf32>
}}
{{-#
  {section}: {{
    builtin: {{
      torch.float32: "{floats}",
      flags: "0x04000000010001"
    }}
  }}
#-}}"""


def test_resources_become_constants():
    """Twice: xDSL keeps what any parser of the process has read."""
    text = WITH_RESOURCES.format(section="dialect_resources", floats="0x04000000000080BF0000803F")
    for _ in range(2):
        module = parse_module(text)
        printed = str(module)
        assert printed.count("dense<[-1.000000e+00, 1.000000e+00]>") == 2
        assert "dense<[true, false, true]>" in printed
        assert parse_module(printed).is_structurally_equivalent(module)


@pytest.mark.parametrize(
    ("section", "floats", "message"),
    [
        ("dialect_resources", "0x04000000000080BF", "has 4 bytes, tensor<2xf32> takes 8"),
        ("dialect_resources", "0x04000000000080BF0000803G", "resource 'torch.float32'"),
        ("external_resources", "0x04000000", "external resources are not read"),
        ("resources", "0x04000000", "unexpected key"),
    ],
)
def test_resources_that_fit_nothing_are_refused(section: str, floats: str, message: str):
    with pytest.raises(ParseError, match=message):
        parse_module(WITH_RESOURCES.format(section=section, floats=floats))

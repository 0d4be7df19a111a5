"""Whole graphs as kernels: one tile band each, on all cores, and each byte of GM moved once."""

from __future__ import annotations

import math
from functools import cache

import islpy as isl
import pytest
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.dialects.func import FuncOp

import akg_mlir
from akg_mlir.diagnostics import Remark, collect_remarks
from akg_mlir.dialects import poly
from akg_mlir.dialects.te.types import element_bytes
from akg_mlir.parsing import make_context, parse_module
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.passes.pipelines import parse_pipeline
from akg_mlir.polyhedral.counting import count_pairs
from bench import cases

TO_PROMOTED = (
    "te-to-affine,poly-raise,poly-schedule,poly-tile,poly-fuse,poly-assign-units,poly-promote,"
    "poly-verify"
)
SUB_GRAPHS = [name for name in cases.PUBLISHED if name.startswith("sg")]
ONE_KERNEL = [
    *SUB_GRAPHS,
    "layer_norm",
    "batch_norm_training",
    "mean_and_variance",
    "attention_f16",
    "attention_f32",
]


@cache
def promoted(text: str) -> tuple[ModuleOp, list[Remark]]:
    """The module after the proof, and what was decided on the way."""
    module, context = parse_module(text), make_context()
    with collect_remarks() as remarks:
        for pass_ in parse_pipeline(TO_PROMOTED):
            pass_.apply(context, module)
    return module, remarks


def moved_bytes(module: ModuleOp) -> int:
    """Bytes that copies move from and to GM, over all tiles; those of single elements, which every
    tile reads, do not count."""
    total = 0
    for op in (o for o in module.walk() if isinstance(o, poly.ScopOp)):
        scop = read_scop(op)
        for statement in (s for s in scop.statements if s.copy):
            for access in statement.accesses:
                array = scop.arrays[access.array]
                if array.space == "gm" and math.prod(array.shape) > 1:
                    total += _instances(statement.domain, len(array.shape)) * array.element_bytes
    return total


def _instances(domain: isl.Set, box: int) -> int:
    """Tiles are the leading dimensions; the last `box` ones run through the elements."""
    tiles = domain.dim(isl.dim_type.set) - box
    relation = isl.Map.from_range(domain.reset_tuple_id())
    return count_pairs(relation.move_dims(isl.dim_type.in_, 0, isl.dim_type.out, 0, tiles))


def compulsory_bytes(module: ModuleOp) -> int:
    """Bytes of the arguments of all kernels but single elements, each once."""
    return sum(
        math.prod(a.type.get_shape()) * element_bytes(a.type.element_type)
        for op in module.ops
        if isinstance(op, FuncOp) and "npu.kernel" in op.attributes
        for a in op.body.block.args
        if isinstance(a.type, MemRefType) and math.prod(a.type.get_shape()) > 1
    )


@pytest.mark.parametrize("name", [*SUB_GRAPHS, "mean_and_variance"])
def test_sub_graphs_move_every_byte_once(name: str):
    module, _ = promoted(cases.PUBLISHED[name])
    assert sum("npu.kernel" in op.attributes for op in module.ops) == 1
    assert moved_bytes(module) == compulsory_bytes(module)


@pytest.mark.parametrize("name", ONE_KERNEL)
def test_published_sizes_are_one_kernel_of_one_tile_band(name: str):
    module, remarks = promoted(cases.PUBLISHED[name])
    assert sum("npu.kernel" in op.attributes for op in module.ops) == 1
    bands = [r for r in remarks if r.pass_name == "poly-tile" and "in tiles of" in r.message]
    assert len(bands) == 1
    assert not [r for r in remarks if r.pass_name == "poly-fuse" and r.kind == "missed"]


def test_statements_grouped_as_one_are_recomputed_by_the_rule_that_chose_their_tiles():
    """The integers of a triangle are compared by a chain of three statements, which tiles of a few
    matrices recompute; what stayed behind in GM was one tile of 512 KB."""
    text = """
func.func @main(%a: tensor<256xi32>, %b: tensor<256x1xi32>, %x: tensor<16x256x256xf32>)
    -> tensor<16x256x256xf32> {
  %z = te.constant dense<0.0> : tensor<f32>
  %c = te.compare ge %a, %b : (tensor<256xi32>, tensor<256x1xi32>) -> tensor<256x256xi1>
  %y = te.select %c, %x, %z :
    (tensor<256x256xi1>, tensor<16x256x256xf32>, tensor<f32>) -> tensor<16x256x256xf32>
  func.return %y : tensor<16x256x256xf32>
}"""
    kernel = akg_mlir.compile(text)
    assert not [r for r in kernel.remarks if r.pass_name == "poly-fuse" and r.kind == "missed"]


@pytest.mark.parametrize(("source", "result"), [("1024x3", "3x1024"), ("3x1024", "1024x3")])
def test_transposed_short_rows_are_one_kernel_that_moves_every_byte_once(source: str, result: str):
    """Tiles of one channel would be made of every third row of lanes, element by element."""
    module, remarks = promoted(f"""
func.func @main(%x: tensor<{source}xf32>) -> tensor<{result}xf32> {{
  %y = te.transpose %x perm [1, 0] : tensor<{source}xf32> -> tensor<{result}xf32>
  func.return %y : tensor<{result}xf32>
}}""")
    assert sum("npu.kernel" in op.attributes for op in module.ops) == 1
    assert moved_bytes(module) == compulsory_bytes(module)
    assert not [r for r in remarks if r.pass_name == "poly-promote" and r.kind == "missed"]

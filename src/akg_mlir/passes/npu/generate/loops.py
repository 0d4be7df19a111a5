"""isl's code for the outer loops as `scf` ops."""

from __future__ import annotations

from collections.abc import Callable

import islpy as isl
from xdsl.builder import Builder
from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IndexType, i1
from xdsl.ir import Block, Region, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.rewriter import InsertPoint

from akg_mlir.diagnostics import CompileError
from akg_mlir.passes.npu.generate.indices import Indices, Materialiser, operator
from akg_mlir.passes.npu.generate.storage import Place
from akg_mlir.polyhedral import tree
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.isl_trees import to_isl

Leaf = Callable[[Builder, str, list[AffineExpr], Indices, Place], None]
"""Emits the tile statement of this name for the tiles at a place, which have these coordinates."""

_COMPARISONS = {"eq": "eq", "le": "sle", "lt": "slt", "ge": "sge", "gt": "sgt"}
_CONNECTIVES = {
    "and_": arith.AndIOp,
    "and_then": arith.AndIOp,
    "or_": arith.OrIOp,
    "or_else": arith.OrIOp,
}


def generate_loops(
    root: tree.Domain,
    parameters: isl.Set,
    builder: Builder,
    indices: Indices,
    materialiser: Materialiser,
    leaf: Leaf,
) -> None:
    """Write the loops of a tree of tile statements. `parameters` bounds the names in `indices`."""
    node, places = outer_loops(root, parameters)
    _Loops(materialiser, leaf, places).node(builder, node, indices)


def outer_loops(root: tree.Domain, parameters: isl.Set) -> tuple[isl.AstNode, list[Place]]:
    """isl's abstract syntax tree of the loops, and the place of each leaf by its annotation."""
    places: list[Place] = []

    def at_leaf(node: isl.AstNode, build: isl.AstBuild) -> isl.AstNode:
        instances = isl.Set.from_union_set(build.get_schedule().domain())
        places.append(Place(instances.reset_tuple_id()))
        return node.set_annotation(isl.Id(str(len(places) - 1), context=context()))

    build, handle = isl.AstBuild.from_context(parameters).set_at_each_domain(at_leaf)
    node = build.node_from_schedule(to_isl(root))
    del handle  # isl calls back until here
    return node, places


class _Loops:
    def __init__(self, materialiser: Materialiser, leaf: Leaf, places: list[Place]) -> None:
        self.materialiser, self.leaf, self.places = materialiser, leaf, places

    def node(self, builder: Builder, node: isl.AstNode, indices: Indices) -> None:
        match str(isl.ast_node_type(node.get_type()).name):
            case "block":
                children = node.block_get_children()
                for k in range(children.n_ast_node()):
                    self.node(builder, children.get_at(k), indices)
            case "mark":
                self.node(builder, node.mark_get_node(), indices)
            case "for_":
                self.loop(builder, node, indices)
            case "if_":
                self.branch(builder, node, indices)
            case _:
                call = node.user_get_expr()
                arguments = [call.get_op_arg(k) for k in range(call.get_op_n_arg())]
                name = str(arguments[0].get_id().name)
                tile = [indices.expression(a) for a in arguments[1:]]
                place = self.places[int(str(node.get_annotation().name))]
                self.leaf(builder, name, tile, indices, place)

    def loop(self, builder: Builder, node: isl.AstNode, indices: Indices) -> None:
        name = str(node.for_get_iterator().get_id().name)
        if node.for_is_degenerate():
            indices = indices.with_expression(name, indices.expression(node.for_get_init()))
            self.node(builder, node.for_get_body(), indices)
            return
        condition = node.for_get_cond()
        above = 0 if operator(condition) == "lt" else 1
        lower = self.bound(builder, node.for_get_init(), indices, 0)
        upper = self.bound(builder, condition.get_op_arg(1), indices, above)
        step = self.bound(builder, node.for_get_inc(), indices, 0)
        block = Block(arg_types=[IndexType()])
        variable = name.replace("c", "t", 1)
        for value, hint in ((block.args[0], ""), (lower, "_first"), (upper, "_end")):
            value.name_hint = value.name_hint or f"{variable}{hint}"
        inner = Builder(InsertPoint.at_end(block))
        self.node(inner, node.for_get_body(), indices.with_value(name, block.args[0]))
        inner.insert(scf.YieldOp())
        builder.insert(scf.ForOp(lower, upper, step, [], Region(block)))

    def bound(
        self, builder: Builder, source: isl.AstExpr, indices: Indices, above: int
    ) -> SSAValue:
        """A loop bound plus `above`; minima and maxima become ops."""
        if isl.ast_expr_type(source.get_type()) == isl.ast_expr_type.op:
            cls = {"max": arith.MaxSIOp, "min": arith.MinSIOp}.get(operator(source))
            if cls is not None:
                parts = [
                    self.bound(builder, source.get_op_arg(k), indices, above)
                    for k in range(source.get_op_n_arg())
                ]
                result = parts[0]
                for part in parts[1:]:
                    result = builder.insert(cls(result, part)).result
                return result
        expression = indices.expression(source) + above
        return self.materialiser.value(builder, expression, indices.values)

    def branch(self, builder: Builder, node: isl.AstNode, indices: Indices) -> None:
        condition = self.condition(builder, node.if_get_cond(), indices)
        regions: list[Region] = []
        for arm in (
            node.if_get_then_node(),
            node.if_get_else_node() if node.if_has_else_node() else None,
        ):
            if arm is None:
                regions.append(Region())
                continue
            block = Block()
            inner = Builder(InsertPoint.at_end(block))
            self.node(inner, arm, indices)
            inner.insert(scf.YieldOp())
            regions.append(Region(block))
        builder.insert(scf.IfOp(condition, [], regions[0], regions[1]))

    def condition(self, builder: Builder, source: isl.AstExpr, indices: Indices) -> SSAValue:
        name = operator(source)
        arguments = [source.get_op_arg(k) for k in range(source.get_op_n_arg())]
        if name in _CONNECTIVES:
            lhs, rhs = (self.condition(builder, a, indices) for a in arguments)
            return builder.insert(_CONNECTIVES[name](lhs, rhs, i1)).result
        if name not in _COMPARISONS:
            raise CompileError(f"isl generated the condition '{name}', which is not affine")
        lhs, rhs = (self.bound(builder, a, indices, 0) for a in arguments)
        return builder.insert(arith.CmpiOp(lhs, rhs, _COMPARISONS[name])).result


def core_context(cores: dict[str, int]) -> isl.Set:
    """Every parameter from 0 to below its count."""
    names = ", ".join(cores)
    limits = " and ".join(f"0 <= {name} < {count}" for name, count in cores.items())
    return isl.Set(f"[{names}] -> {{ : {limits} }}" if cores else "{ : }", context())

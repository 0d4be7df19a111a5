"""Direct execution of a `poly.scop`: its schedule tree, or the textual order of its originals.

isl turns the tree into loops; statement bodies are written inline. No lowering is involved.
"""

from __future__ import annotations

import islpy as isl

from akg_mlir.dialects import poly
from akg_mlir.passes.affine.bridge import read_tree
from akg_mlir.passes.affine.statements import read_scop
from akg_mlir.polyhedral.context import context
from akg_mlir.polyhedral.isl_trees import to_isl
from akg_mlir.reference.scalar_source import SourceWriter, write_scalar

_INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "and_": "and",
    "and_then": "and",
    "or_": "or",
    "or_else": "or",
    "eq": "==",
    "le": "<=",
    "lt": "<",
    "ge": ">=",
    "gt": ">",
    "fdiv_q": "//",
    "pdiv_q": "//",
    "pdiv_r": "%",
    "zdiv_r": "%",
    "div": "//",
}


def write_tree_order(writer: SourceWriter, scop: poly.ScopOp) -> None:
    """Execute what the schedule tree says."""
    schedule = to_isl(read_tree(scop.tree))
    _write(writer, scop, _builder().node_from_schedule(schedule))


def write_textual_order(writer: SourceWriter, scop: poly.ScopOp) -> None:
    """Execute the originals in the order in which they were written."""
    order = read_scop(scop).textual_order()
    _write(writer, scop, _builder().node_from_schedule_map(order))


def _builder() -> isl.AstBuild:
    return isl.AstBuild.from_context(isl.Set("{ : }", context()))


def _write(writer: SourceWriter, scop: poly.ScopOp, ast: isl.AstNode) -> None:
    statements = {s.sym_name.data: s for s in scop.statements}
    _node(writer, statements, ast)


def _node(writer: SourceWriter, statements: dict[str, poly.StmtOp], node: isl.AstNode) -> None:
    kind = str(isl.ast_node_type(node.get_type()).name)
    match kind:
        case "block":
            children = node.block_get_children()
            for k in range(children.n_ast_node()):
                _node(writer, statements, children.get_at(k))
        case "mark":
            _node(writer, statements, node.mark_get_node())
        case "for_":
            _for(writer, statements, node)
        case "if_":
            _nested(writer, statements, f"if {_text(node.if_get_cond())}:", node.if_get_then_node())
            if node.if_has_else_node():
                _nested(writer, statements, "else:", node.if_get_else_node())
        case _:
            _instance(writer, statements, node.user_get_expr())


def _for(writer: SourceWriter, statements: dict[str, poly.StmtOp], node: isl.AstNode) -> None:
    iterator, start = _text(node.for_get_iterator()), _text(node.for_get_init())
    if node.for_is_degenerate():
        writer.line(f"{iterator} = {start}")
        _node(writer, statements, node.for_get_body())
        return
    condition = node.for_get_cond()
    strict = isl.ast_expr_op_type(condition.get_op_type()) == isl.ast_expr_op_type.lt
    end = _text(condition.get_op_arg(1)) + ("" if strict else " + 1")
    header = f"for {iterator} in range({start}, {end}, {_text(node.for_get_inc())}):"
    _nested(writer, statements, header, node.for_get_body())


def _nested(
    writer: SourceWriter, statements: dict[str, poly.StmtOp], header: str, body: isl.AstNode
) -> None:
    writer.line(header)
    writer.depth += 1
    writer.line("pass")
    _node(writer, statements, body)
    writer.depth -= 1


def _instance(writer: SourceWriter, statements: dict[str, poly.StmtOp], call: isl.AstExpr) -> None:
    """One call S(i, j): bind the arguments, then write the body."""
    block = statements[_text(call.get_op_arg(0))].body.block
    for k, argument in enumerate(block.args):
        writer.assign(argument, _text(call.get_op_arg(k + 1)))
    for op in block.ops:
        write_scalar(writer, op)


def _text(expr: isl.AstExpr) -> str:
    kinds = isl.ast_expr_type
    match isl.ast_expr_type(expr.get_type()):
        case kinds.int:
            return str(expr.get_val().to_python())
        case kinds.id:
            return str(expr.get_id().name)
        case _:
            name = isl.ast_expr_op_type(expr.get_op_type()).name
            args = [_text(expr.get_op_arg(k)) for k in range(expr.get_op_n_arg())]
            return _operator(name, args)


def _operator(name: str, args: list[str]) -> str:
    if name in ("min", "max"):
        return f"{name}({', '.join(args)})"
    if name == "minus":
        return f"(-{args[0]})"
    if name in ("cond", "select"):
        return f"({args[1]} if {args[0]} else {args[2]})"
    return "(" + f" {_INFIX[name]} ".join(args) + ")"

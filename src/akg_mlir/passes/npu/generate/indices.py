"""Index values during code generation: affine expressions over loop variables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import islpy as isl
from xdsl.builder import Builder
from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import AffineMapAttr, IndexType, IntegerAttr
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineConstantExpr, AffineExpr, AffineMap

from akg_mlir.diagnostics import CompileError


@dataclass(frozen=True)
class Indices:
    """What the names in isl's code stand for: expressions over `values`."""

    values: tuple[SSAValue, ...] = ()
    names: dict[str, AffineExpr] = field(default_factory=dict[str, AffineExpr])

    def with_value(self, name: str, value: SSAValue) -> Indices:
        """`name` is a new value."""
        dim = AffineExpr.dimension(len(self.values))
        return replace(self, values=(*self.values, value), names={**self.names, name: dim})

    def with_expression(self, name: str, expression: AffineExpr) -> Indices:
        """`name` is an expression of the values that are known already."""
        return replace(self, names={**self.names, name: expression})

    def expression(self, source: isl.AstExpr) -> AffineExpr:
        """An integer expression of isl's code. Raises `CompileError` unless it is affine."""
        kinds = isl.ast_expr_type
        match isl.ast_expr_type(source.get_type()):
            case kinds.int:
                return AffineExpr.constant(int(source.get_val().to_python()))
            case kinds.id:
                return self.names[str(source.get_id().name)]
            case _:
                arguments = [
                    self.expression(source.get_op_arg(k)) for k in range(source.get_op_n_arg())
                ]
                return _operation(operator(source), arguments).simplify(len(self.values), 0)


def operator(source: isl.AstExpr) -> str:
    """The name of the operation that an isl expression is."""
    return str(isl.ast_expr_op_type(source.get_op_type()).name)


def _operation(name: str, arguments: list[AffineExpr]) -> AffineExpr:
    match name, arguments:
        case "minus", [a]:
            return a * -1
        case "add", [a, b]:
            return a + b
        case "sub", [a, b]:
            return a - b
        case "mul", [a, AffineConstantExpr() as b] | [AffineConstantExpr() as b, a]:
            return a * b.value
        case (("fdiv_q" | "pdiv_q" | "div"), [a, AffineConstantExpr() as b]):
            return a // b.value
        case (("pdiv_r" | "zdiv_r"), [a, AffineConstantExpr() as b]):
            return a % b.value
        case _:
            raise CompileError(f"isl generated the operation '{name}', which is not affine")


class Materialiser:
    """Turns expressions into index values; constants live at the top of the function."""

    def __init__(self, top: Builder) -> None:
        self.top = top
        self.constants: dict[int, SSAValue] = {}

    def constant(self, value: int) -> SSAValue:
        if value not in self.constants:
            op = arith.ConstantOp(IntegerAttr(value, IndexType()))
            self.constants[value] = self.top.insert(op).result
        return self.constants[value]

    def value(
        self, builder: Builder, expression: AffineExpr, values: tuple[SSAValue, ...]
    ) -> SSAValue:
        """The value of an expression over `values`."""
        map_, operands = compressed(expression, values)
        result = map_.results[0]
        if isinstance(result, AffineConstantExpr):
            return self.constant(result.value)
        if result == AffineExpr.dimension(0):
            return operands[0]
        return builder.insert(affine.ApplyOp(operands, AffineMapAttr(map_))).result


def compressed(
    expression: AffineExpr, values: tuple[SSAValue, ...]
) -> tuple[AffineMap, tuple[SSAValue, ...]]:
    """The expression over only those values that it uses."""
    expression = expression.simplify(len(values), 0)
    used = sorted(expression.used_dims())
    dims = [AffineExpr.constant(0)] * len(values)
    for position, dim in enumerate(used):
        dims[dim] = AffineExpr.dimension(position)
    renamed = expression.replace_dims_and_symbols(dims, ())
    return AffineMap(len(used), 0, (renamed,)), tuple(values[dim] for dim in used)

"""Building te expressions in place of an op, and walking the functions that hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from xdsl.builder import Builder
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import broadcast_shape


class Expression:
    """Inserts te ops in front of one op, at its location, and remembers them in order."""

    def __init__(self, replaced: Operation) -> None:
        self.replaced = replaced
        self.inserted: list[Operation] = []
        self._builder = Builder(InsertPoint.before(replaced))

    def __call__(self, op: Operation) -> SSAValue:
        """Insert an op and return its result."""
        op.location = self.replaced.location
        self.inserted.append(op)
        return self._builder.insert(op).results[0]

    def splat(self, value: float, element: Attribute) -> SSAValue:
        """A scalar constant; it broadcasts."""
        return self(te.ConstantOp.splat(TensorType(element, []), value))

    def scaled(self, x: SSAValue, factor: float) -> SSAValue:
        """`x * factor`."""
        return self(te.MulOp(x, self.splat(factor, te.element_of(x))))

    def shifted(self, x: SSAValue, term: float) -> SSAValue:
        """`x + term`."""
        return self(te.AddOp(x, self.splat(term, te.element_of(x))))

    def cast(self, x: SSAValue, element: Attribute) -> SSAValue:
        """`x` with elements of another type; `x` itself when it has them."""
        return x if te.element_of(x) == element else self(te.CastOp(x, element))

    def reshaped(self, x: SSAValue, shape: Sequence[int]) -> SSAValue:
        """`x` under another shape; `x` itself when it has it."""
        return x if te.shape_of(x) == tuple(shape) else self(te.ReshapeOp(x, shape))

    def finish(self, result: SSAValue) -> None:
        """Replace the op by `result`."""
        name = self.replaced.results[0].name_hint
        if name is not None and result.owner in self.inserted:
            result.name_hint = name
        Rewriter.replace_op(self.replaced, [], [result])


def functions(module: ModuleOp) -> Iterator[func.FuncOp]:
    """The functions that have a body. Raises `CompileError` for one with control flow."""
    for op in module.ops:
        if isinstance(op, func.FuncOp) and op.body.blocks:
            if len(op.body.blocks) > 1:
                raise CompileError(
                    f"@{op.sym_name.data} has {len(op.body.blocks)} blocks",
                    op,
                    hint="programs have no control flow: write one block, select with te.select",
                )
            yield op


def rewrite_each(module: ModuleOp, rewrite: Callable[[Operation], bool]) -> None:
    """Offer every op of every function once, in order; ops inserted meanwhile are offered too.

    `rewrite` replaces the op, inserting in front of it, and returns whether it did.
    """
    for function in functions(module):
        op = function.body.block.first_op
        while op is not None:
            before = op.prev_op
            if rewrite(op):
                op = function.body.block.first_op if before is None else before.next_op
            else:
                op = op.next_op


def erase_dead(module: ModuleOp) -> None:
    """Erase te ops without uses."""
    for function in functions(module):
        for op in reversed(list(function.body.block.ops)):
            if op.name.startswith("te.") and not any(r.first_use for r in op.results):
                Rewriter.erase_op(op)


def splat_of(value: SSAValue) -> float | None:
    """The value of all elements when `value` is a constant of one value."""
    owner = value.owner
    return owner.splat_value if isinstance(owner, te.ConstantOp) else None


def shown(value: SSAValue) -> SSAValue:
    """The value that a chain of reshapes shows under another shape; itself without any."""
    while isinstance(value.owner, te.ReshapeOp):
        value = value.owner.operand
    return value


def aligned_shape(value: SSAValue, rank: int) -> tuple[int, ...]:
    """The shape of a value that broadcasts to `rank` dimensions, with sizes of 1 in front."""
    shape = te.shape_of(value)
    return (*[1] * (rank - len(shape)), *shape)


def is_returned(value: SSAValue) -> bool:
    """Whether a result of the function is the value, or a view of it."""
    users = [use.operation for use in value.uses]
    return any(
        isinstance(user, func.ReturnOp)
        or (isinstance(user, te.ReshapeOp) and is_returned(user.result))
        for user in users
    )


def only_views(shape: Sequence[int], permutation: Sequence[int]) -> bool:
    """Whether a transposition leaves the elements of a tensor in their order."""
    moved = [axis for axis in permutation if shape[axis] > 1]
    return moved == sorted(moved)


def transposed(e: Expression, x: SSAValue, permutation: Sequence[int]) -> SSAValue:
    """`x` transposed: as a view where that keeps the order of elements, and one transposition of
    what `x` is a transposition of."""
    while isinstance(x.owner, te.TransposeOp):
        permutation = [x.owner.permutation[axis] for axis in permutation]
        x = x.owner.operand
    shape = te.shape_of(x)
    if only_views(shape, permutation):
        return e.reshaped(x, [shape[axis] for axis in permutation])
    return e(te.TransposeOp(x, permutation))


def with_operands(op: te.ElementwiseOp, operands: Sequence[SSAValue]) -> te.ElementwiseOp:
    """The same element-wise op on other operands, its type inferred anew."""
    shape = broadcast_shape([te.shape_of(v) for v in operands])
    return type(op).create(
        operands=operands,
        result_types=[TensorType(te.element_of(op.results[0]), shape)],
        properties=dict(op.properties),
        attributes=dict(op.attributes),
    )


def nested(
    op: te.StructuredOp,
    inputs: Sequence[SSAValue],
    bounds: Sequence[int],
    maps: Sequence[AffineMap],
    rank: int,
) -> te.ComputeOp:
    """The reduction of `op`, with its body, over other iterators, of which the first `rank` are
    those of the result."""
    body = Block(arg_types=[te.element_of(value) for value in inputs])
    builder = Builder(InsertPoint.at_end(body))
    builder.insert(te.YieldOp(op.build_body(builder, body.args)))
    type_ = TensorType(te.element_of(op.results[0]), bounds[:rank])
    return te.ComputeOp(inputs, bounds, maps, body, type_, op.reduction)

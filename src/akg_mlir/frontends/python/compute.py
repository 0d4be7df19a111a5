"""`akg.compute`: an expression of single elements as one structured op.

    akg.compute((m, n), lambda i, j: akg.sum(a[i, k] * b[k, j], over=k))

Inside of it tensors are subscripted by sums of scaled axes, and each element is a tensor of rank 0
that element-wise functions take as any other. What they build is the body of one `te.compute`; a
sum of products of two matrices becomes `te.matmul`, which the cube computes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.builder import Builder
from xdsl.dialects import builtin
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint

from akg_mlir.dialects import te
from akg_mlir.dialects.te.comparison import cast_scalar
from akg_mlir.dialects.te.contraction import multiply
from akg_mlir.dialects.te.types import is_float
from akg_mlir.frontends.python.axes import Axis, Dim, Index
from akg_mlir.frontends.python.places import error
from akg_mlir.frontends.python.tensor import Subscript, Tensor, Which
from akg_mlir.frontends.python.tracing import Trace, current


@dataclass(frozen=True)
class _Reduced:
    """What a reduction inside of `akg.compute` combines, along which axes."""

    kind: te.Reduction
    axes: tuple[Axis, ...]
    result: Tensor


class ComputeTrace(Trace):
    """The body of one `akg.compute` while its expression is evaluated."""

    def __init__(self, parent: Trace, outputs: Sequence[Axis]) -> None:
        super().__init__(Block(), parent.sizes)
        self.parent = parent
        self.outputs = tuple(outputs)
        self.reads: list[tuple[Tensor, tuple[Index, ...]]] = []
        self.reduced: _Reduced | None = None

    def emit(self, build: Callable[[], Operation]) -> SSAValue:
        value = super().emit(build)
        if not isinstance(value.owner, te.ElementwiseOp | te.ConstantOp):
            raise error(
                f"{value.owner.name if isinstance(value.owner, Operation) else ''} is no "
                "function of single elements",
                hint="apply it to a whole tensor, before or after akg.compute",
            )
        return value

    def adopt(self, tensor: Tensor) -> Tensor:
        """One number of the kernel is an element; tensors have to be subscripted."""
        if tensor.trace is not self.parent:
            return super().adopt(tensor)
        if tensor.ndim:
            raise error(
                f"{tensor} in an expression of single elements", hint="subscript it: x[i, j]"
            )
        return self.element(tensor, ())

    def element(self, x: Tensor, keys: Sequence[Subscript]) -> Tensor:
        """The element of a tensor of the kernel at some indices."""
        if x.trace is not self.parent:
            raise error("an element has no elements", hint="subscript tensors of the kernel")
        if len(keys) != x.ndim:
            raise error(f"{len(keys)} subscripts for {x}", hint="one for each dimension")
        indices: list[Index] = []
        for key, size in zip(keys, x.shape):
            if isinstance(key, slice):
                raise error("a slice in akg.compute", hint="take a part before, or reduce an axis")
            indices.append(Index({}, key) if isinstance(key, int) else key)
            if isinstance(key, Axis):
                self.sizes.setdefault(key, key.size or size)
        type_ = TensorType(te.element_of(x.value), [])
        self.reads.append((x, tuple(indices)))
        return Tensor(self.block.insert_arg(type_, len(self.block.args)), self, ())

    def reduce(self, kind: te.Reduction, x: Tensor, over: Sequence[Which]) -> Tensor:
        """The expression combined along axes; nothing can follow."""
        if self.reduced is not None:
            raise error("a second reduction in one akg.compute", hint="write one akg.compute each")
        axes = [axis for axis in over if isinstance(axis, Axis)]
        if len(axes) != len(over) or not axes:
            raise error(
                "in akg.compute a reduction is over axes", hint="over=k, k made by akg.axis"
            )
        if set(axes) & set(self.outputs) or len(set(axes)) != len(axes):
            raise error("a reduction over an axis of the result, or twice over one")
        result = Tensor(x.value, self, ())
        self.reduced = _Reduced(kind, tuple(axes), result)
        return result


def compute(shape: Dim | Sequence[Dim], expression: Callable[..., Tensor]) -> Tensor:
    """The tensor whose element at `i, j, ...` is `expression(i, j, ...)`.

    `shape` has a size or an axis for each parameter. Axes that are neither there nor reduced are
    refused, as are subscripts that leave a tensor.
    """
    trace = current()
    if isinstance(trace, ComputeTrace):
        raise error("an akg.compute inside of another", hint="compute the inner one before")
    dims = (shape,) if isinstance(shape, int | Axis) else tuple(shape)
    names = _parameters(expression, len(dims))
    outputs = [d if isinstance(d, Axis) else Axis(n, d) for d, n in zip(dims, names)]
    if len(set(outputs)) != len(outputs):
        raise error("an axis is given twice", hint="give the size in place of the second one")
    body = ComputeTrace(trace, outputs)
    with body.active():
        result = expression(*outputs)
    if not isinstance(result, Tensor) or result.trace is not body:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise error(
            "the expression of akg.compute has no elements in it", hint="subscript a tensor in it"
        )
    if body.reduced is not None and result is not body.reduced.result:
        raise error(
            "the expression goes on after its reduction",
            hint="compute on the whole result, after akg.compute",
        )
    named = [dim if isinstance(dim, Axis) else None for dim in dims]
    return Tensor(_finish(body, result.value), trace, named)


def _parameters(expression: Callable[..., Tensor], count: int) -> list[str]:
    names = list(inspect.signature(expression).parameters)
    if len(names) != count:
        raise error(f"the expression takes {len(names)} indices, the shape has {count} dimensions")
    return names


def _finish(body: ComputeTrace, value: SSAValue) -> SSAValue:
    """The op of the whole expression."""
    reduced = body.reduced
    iterators = [*body.outputs, *(reduced.axes if reduced is not None else ())]
    bounds = [_size(body, axis) for axis in iterators]
    maps = [_map(iterators, indices) for _, indices in body.reads]
    inputs = [tensor.value for tensor, _ in body.reads]
    if reduced is not None and reduced.kind == te.Reduction.ADD:
        product = _matrix_product(body, value, maps, len(bounds))
        if product is not None:
            return product
    element = te.element_of(value)
    kind = None if reduced is None else reduced.kind
    sums = kind in (te.Reduction.ADD, te.Reduction.MUL) and is_float(element)
    block = _scalars(body, value, builtin.f32 if sums else element)
    result = TensorType(element, bounds[: len(body.outputs)])
    return body.parent.emit(lambda: te.ComputeOp(inputs, bounds, maps, block, result, kind))


def _size(body: ComputeTrace, axis: Axis) -> int:
    size = body.size(axis)
    if size is None:
        raise error(
            f"axis {axis.name} has no size here",
            hint="give it one, akg.axis(name, size), or subscript a dimension by it alone",
        )
    return size


def _map(iterators: Sequence[Axis], indices: Sequence[Index]) -> AffineMap:
    places = {axis: place for place, axis in enumerate(iterators)}
    exprs: list[AffineExpr] = []
    for index in indices:
        expr: AffineExpr = AffineExpr.constant(index.offset)
        for axis, factor in index.terms.items():
            if axis not in places:
                raise error(
                    f"axis {axis.name} is neither one of the result nor reduced",
                    hint="add it to the shape, or sum over it",
                )
            expr = expr + AffineExpr.dimension(places[axis]) * factor
        exprs.append(expr)
    return AffineMap(len(iterators), 0, tuple(e.simplify(len(iterators), 0) for e in exprs))


def _scalars(body: ComputeTrace, value: SSAValue, to: Attribute) -> Block:
    """The ops on tensors of rank 0 as ops on scalars, yielding type `to`.

    A product that is summed in a wider type is formed in it, as `te.matmul` forms its products.
    """
    elements = [te.element_of(argument) for argument in body.block.args]
    block = Block(arg_types=elements)
    builder = Builder(InsertPoint.at_end(block))
    scalars: dict[SSAValue, SSAValue] = dict(zip(body.block.args, block.args))
    for op in body.block.ops:
        assert isinstance(op, te.StructuredOp)
        operands = [scalars[v] for v in op.operands]
        if isinstance(op, te.MulOp) and op.result is value:
            scalars[value] = multiply(builder, operands, to)
        else:
            scalars[op.results[0]] = op.build_body(builder, operands)
    builder.insert(te.YieldOp(cast_scalar(builder, scalars[value], to)))
    return block


def _matrix_product(
    body: ComputeTrace, value: SSAValue, maps: Sequence[AffineMap], rank: int
) -> SSAValue | None:
    """`te.matmul` or `te.batch_matmul` where the expression is just one; None otherwise."""
    op = value.owner
    if not isinstance(op, te.MulOp) or op.prev_op is not None or rank < 3 or len(maps) != 2:
        return None
    if list(op.operands) != list(body.block.args) or len(body.outputs) != rank - 1:
        return None
    if te.element_of(value) == builtin.i8:  # te.matmul sums i8 in i32
        return None
    (left, right), tensors = map(_plain, maps), [tensor.value for tensor, _ in body.reads]
    batch, (m, n, k) = list(range(rank - 3)), range(rank - 3, rank)
    if n in left:
        left, right = right, left
        tensors = tensors[::-1]
    swapped_a, swapped_b = left == [*batch, k, m], right == [*batch, n, k]
    if not (swapped_a or left == [*batch, m, k]) or not (swapped_b or right == [*batch, k, n]):
        return None
    cls = te.BatchMatmulOp if batch else te.MatmulOp
    return body.parent.emit(lambda: cls(tensors[0], tensors[1], swapped_a, swapped_b))


def _plain(map_: AffineMap) -> list[int]:
    return [e.position if isinstance(e, AffineDimExpr) else -1 for e in map_.results]

"""Index expressions: sums of scaled iterators as subscripts, any scalar expression as a body."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.builder import Builder
from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, DenseArrayBase, TensorType, i64
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import IsTerminator, Pure
from xdsl.utils.exceptions import VerifyException

from akg_mlir.dialects.te.base import TeOp
from akg_mlir.dialects.te.contraction import ReductionAttr
from akg_mlir.dialects.te.structured import Iterator, Reduction, StructuredOp, dims_map
from akg_mlir.dialects.te.types import element_of, is_float, shape_of, shape_text


@irdl_op_definition
class YieldOp(IRDLOperation):
    """The value of the body of a `te.compute`."""

    name = "te.yield"
    value = operand_def()
    traits = traits_def(IsTerminator(), Pure())
    assembly_format = "$value attr-dict `:` type($value)"

    def __init__(self, value: SSAValue) -> None:
        super().__init__(operands=[value])


@irdl_op_definition
class ComputeOp(TeOp, StructuredOp):
    """A scalar expression of elements, for every point of a box; combined along its last dimensions.

        %y = te.compute reduce add %x bounds [16, 3] maps [affine_map<(i, k) -> (2 * i + k)>] :
               (tensor<33xf32>) -> tensor<16xf32> {
        ^bb0(%e: f32):
          %s = arith.mulf %e, %e : f32
          te.yield %s : f32
        }

    Iterators are as many as `bounds`: first those of the result, then the reduced ones. The body
    has one argument per operand, the element at its map. Sums and products of floats may be
    yielded in f32 for a narrower result: they are accumulated in f32 and rounded once.

    Where nothing is reduced, points may go to sums of scaled iterators as well, one to each element
    of the result (its sizes are then none of the bounds):

        %y = te.compute %x bounds [16, 3, 64] maps [affine_map<(r, c, g) -> (c, g, r)>]
               into affine_map<(r, c, g) -> (3 * r + c, g)> :
               (tensor<3x64x16xf16>) -> tensor<48x64xf16> {
    """  # noqa: E501

    name = "te.compute"
    kind = opt_prop_def(ReductionAttr)
    inputs = var_operand_def(TensorType)
    bounds_attr = prop_def(DenseArrayBase.constr(i64), prop_name="bounds")
    maps = prop_def(ArrayAttr[AffineMapAttr])
    into = opt_prop_def(AffineMapAttr)
    body = region_def("single_block")
    assembly_format = (
        "(`reduce` $kind^)? $inputs `bounds` $bounds `maps` $maps (`into` $into^)? attr-dict `:` "
        "`(` type($inputs) `)` `->` type($result) $body"
    )

    def __init__(
        self,
        inputs: Sequence[SSAValue],
        bounds: Sequence[int],
        maps: Sequence[AffineMap],
        body: Block,
        result: TensorType[Attribute],
        kind: Reduction | str | None = None,
        into: AffineMap | None = None,
    ) -> None:
        """`result` has the sizes of the first bounds, or those that `into` counts through. Raises
        `VerifyException`."""
        super().__init__(
            [inputs],
            {
                "kind": None if kind is None else ReductionAttr(Reduction(kind)),
                "bounds": DenseArrayBase.from_list(i64, list(bounds)),
                "maps": ArrayAttr([AffineMapAttr(map_) for map_ in maps]),
                "into": None if into is None else AffineMapAttr(into),
            },
            result,
            [Region(body)],
        )
        self._check_body()

    @property
    def bounds(self) -> tuple[int, ...]:
        return self.bounds_attr.get_values()

    @property
    def _kept(self) -> int:
        """How many iterators are not reduced."""
        return len(self.bounds) if self.kind is None else len(shape_of(self.result))

    @property
    def iterators(self) -> tuple[Iterator, ...]:
        reduced = len(self.bounds) - self._kept
        return (*[Iterator.PARALLEL] * self._kept, *[Iterator.REDUCTION] * reduced)

    @property
    def operand_maps(self) -> tuple[AffineMap, ...]:
        return tuple(attribute.data for attribute in self.maps)

    @property
    def result_map(self) -> AffineMap:
        if self.into is not None:
            return self.into.data
        return dims_map(len(self.bounds), range(len(shape_of(self.result))))

    @property
    def reduction(self) -> Reduction | None:
        return None if self.kind is None else self.kind.data

    @property
    def reads_whole(self) -> bool:
        """Whether it is plain that every element of every operand is read: each dimension has
        iterators for itself that count through it, such as `16 * i + k` with 16 values of `k`, or
        windows that leave no gaps, such as `h + k`."""
        return all(
            self._covers(shape_of(value), map_)
            for value, map_ in zip(self.inputs, self.operand_maps)
        )

    @property
    def has_windows(self) -> bool:
        """Whether it combines windows of an operand that lie next to each other or overlap:
        elements at `h * stride + i * dilation`, for several results `h` along one dimension."""
        exprs = [e for m in self.operand_maps for e in m.results]
        return any(self._slides(expr, self._kept) for expr in exprs)

    def _slides(self, expr: AffineExpr, kept: int) -> bool:
        steps = [(k, self._step(expr, k), bound) for k, bound in enumerate(self.bounds)]
        moved = [abs(step) * bound for k, step, bound in steps if step and bound > 1 and k < kept]
        inside = [abs(step) for k, step, _ in steps if step and k >= kept]
        return bool(moved and inside) and min(inside) < max(moved)

    def _step(self, expr: AffineExpr, place: int) -> int:
        """How far the next value of an iterator moves a subscript."""
        unit = [int(k == place) for k in range(len(self.bounds))]
        return expr.eval(unit, []) - expr.eval([0] * len(unit), [])

    def _covers(self, shape: Sequence[int], map_: AffineMap, *, once: bool = False) -> bool:
        """Whether a map reaches every element of that shape; each `once`, if asked for."""
        first, places = map_.eval([0] * len(self.bounds), []), range(len(self.bounds))
        steps: list[tuple[int, int, int]] = []
        for place in (place for place in places if self.bounds[place] > 1):
            next_ = map_.eval([int(k == place) for k in places], [])
            moved = [(end - start, dim) for dim, (start, end) in enumerate(zip(first, next_))]
            moved = [(step, dim) for step, dim in moved if step]
            if len(moved) > 1:
                return False
            steps += [(step, dim, self.bounds[place]) for step, dim in moved]
        reached = [1] * len(shape)
        for step, dim, bound in sorted(steps):
            if not 0 < step <= reached[dim] or (once and step < reached[dim]):
                return False
            reached[dim] += step * (bound - 1)
        return not any(first) and tuple(reached) == tuple(shape)

    @property
    def yielded(self) -> SSAValue:
        """The value of the body."""
        last = self.body.block.last_op
        assert isinstance(last, YieldOp)
        return last.value

    def build_body(self, builder: Builder, elements: Sequence[SSAValue]) -> SSAValue:
        block = self.body.block
        values: dict[SSAValue, SSAValue] = dict(zip(block.args, elements))
        for op in block.ops:
            if isinstance(op, YieldOp):
                break
            builder.insert(op.clone(values))
        return values[self.yielded]

    def infer(self) -> TensorType[Attribute]:
        shape = shape_of(self.result)
        if self.into is None:
            self._check_bounds(shape)
        else:
            self._check_target(shape, self.into.data)
        if len(self.maps) != len(self.inputs):
            raise VerifyException(f"{len(self.maps)} maps for {len(self.inputs)} operands")
        for value, map_ in zip(self.inputs, self.operand_maps):
            self._check_reads(shape_of(value), map_)
        return TensorType(element_of(self.result), shape)

    def _check_bounds(self, shape: Sequence[int]) -> None:
        """They are the result's sizes, and those of reduced iterators."""
        bounds = self.bounds
        if bounds[: len(shape)] != tuple(shape) or min(bounds, default=1) < 1:
            raise VerifyException(
                f"bounds {list(bounds)} do not start with the result's sizes {shape_text(shape)}"
            )
        if (len(bounds) > len(shape)) != (self.kind is not None):
            raise VerifyException("iterators beyond those of the result take a reduction")

    def _check_target(self, shape: Sequence[int], into: AffineMap) -> None:
        """Every element of the result has one point."""
        if self.kind is not None:
            raise VerifyException("what is reduced goes to the first iterators: leave `into` out")
        self._check_takes(into, len(shape))
        if not shape or not self._covers(shape, into, once=True):
            raise VerifyException(
                f"{into} does not count through {shape_text(shape)}, each element once"
            )

    def _check_takes(self, map_: AffineMap, rank: int) -> None:
        if map_.num_dims != len(self.bounds) or map_.num_symbols or len(map_.results) != rank:
            raise VerifyException(
                f"map {map_} does not take {len(self.bounds)} iterators to {rank} dimensions"
            )

    def _check_reads(self, shape: Sequence[int], map_: AffineMap) -> None:
        """The map stays inside an operand."""
        self._check_takes(map_, len(shape))
        origin = map_.eval([0] * len(self.bounds), [])
        for dim, (first, size) in enumerate(zip(origin, shape)):
            low = high = first
            for position, bound in enumerate(self.bounds):
                unit = [int(place == position) for place in range(len(self.bounds))]
                reach = (map_.eval(unit, [])[dim] - first) * (bound - 1)
                low, high = low + min(reach, 0), high + max(reach, 0)
            if low < 0 or high >= size:
                raise VerifyException(
                    f"elements {low} to {high} of dimension {dim} are read, it has {size}: "
                    "pad the operand first"
                )

    def _check_body(self) -> None:
        block = self.body.block
        if [arg.type for arg in block.args] != [element_of(value) for value in self.inputs]:
            raise VerifyException("the body takes one element of each operand")
        last = block.last_op
        if not isinstance(last, YieldOp):
            raise VerifyException("the body ends with te.yield")
        found, result = last.value.type, element_of(self.result)
        sums = self.reduction in (Reduction.ADD, Reduction.MUL)
        if found != result and not (sums and is_float(result) and is_float(found)):
            raise VerifyException(f"the body yields {found}, the result has elements of {result}")

    def verify_(self) -> None:
        super().verify_()
        self._check_body()

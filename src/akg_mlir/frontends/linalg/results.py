"""Results of nests: from the loops to the layout of an output."""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.te.types import element_of, shape_of
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.translation import Emitter


def everywhere(nest: Structured, value: SSAValue, emit: Emitter) -> SSAValue:
    """A value that broadcasts to the bounds as a tensor of that shape."""
    if shape_of(value) == nest.bounds:
        return value
    owner = value.owner
    if isinstance(owner, te.ConstantOp) and owner.splat_value is not None:
        return emit(
            te.ConstantOp.splat(TensorType(element_of(value), nest.bounds), owner.splat_value)
        )
    if prod(shape_of(value)) == prod(nest.bounds):
        return emit.reshape(value, nest.bounds)
    return emit(te.BroadcastToOp(value, nest.bounds))


def stored(nest: Structured, number: int, value: SSAValue, emit: Emitter) -> SSAValue:
    """A value with one dimension per parallel loop, in the layout of the output."""
    access = nest.accesses[len(nest.inputs) + number]
    simple = all(s.alone is not None or (not s.scales and s.offset == 0) for s in access)
    written = [loop for s in access if (loop := s.alone) is not None]
    loops = nest.parallel
    if not simple or sorted(written) != loops:
        raise CompileError(
            "an output must be indexed by exactly the parallel loops",
            nest.op,
            hint="mark loops that the output does not use as reductions",
        )
    value = emit.transpose(value, [loops.index(loop) for loop in written])
    kind = nest.outputs[number].type
    assert isa(kind, TensorType)
    return emit.reshape(value, kind.get_shape())

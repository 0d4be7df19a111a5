"""Structured ops into te: element-wise nests and reductions."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.frontends.linalg.bodies import body_of
from akg_mlir.frontends.linalg.reductions import reduction
from akg_mlir.frontends.linalg.results import everywhere, stored
from akg_mlir.frontends.linalg.structured import Structured
from akg_mlir.frontends.linalg.translation import Emitter, Function
from akg_mlir.frontends.linalg.updates import yielded_by


def translate(nest: Structured, function: Function) -> None:
    """Emit the te ops of a structured op and record its results in `function`."""
    emit = function.emitter(nest.op)
    for number, result in enumerate(nest.op.results):
        if not result.uses.get_length():
            continue
        expected = nest.outputs[number].type
        assert isa(expected, TensorType)
        if not nest.reductions:
            value = _elementwise(nest, number, function, emit)
        else:
            value = reduction(nest, number, function, emit)
        if value.type != expected:
            raise CompileError(f"computes {value.type} where {expected} is declared", nest.op)
        function.values[result] = value


def _elementwise(nest: Structured, number: int, function: Function, emit: Emitter) -> SSAValue:
    value = body_of(nest, function, emit).evaluate(yielded_by(nest, number))
    return stored(nest, number, everywhere(nest, value, emit), emit)

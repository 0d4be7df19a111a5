"""`import_linalg`: functions of linalg on tensors as functions of te."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from xdsl.dialects import arith, cf
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    Float16Type,
    FunctionType,
    IntegerAttr,
    ModuleOp,
    TensorType,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError, name_of
from akg_mlir.dialects import te
from akg_mlir.frontends.linalg.bodies import Body
from akg_mlir.frontends.linalg.contraction import contract
from akg_mlir.frontends.linalg.named import NAMED, attribute_of
from akg_mlir.frontends.linalg.nests import translate
from akg_mlir.frontends.linalg.scalar import constant_of, translations
from akg_mlir.frontends.linalg.structured import GENERALISE, view
from akg_mlir.frontends.linalg.tensors import static_shape, tensor_handlers, translate_tensor_op
from akg_mlir.frontends.linalg.tosa import translate_tosa
from akg_mlir.frontends.linalg.translation import Function
from akg_mlir.frontends.linalg.windows import convolve, pool

_HINT = (
    "supported are linalg on tensors (generic, products of matrices, convolutions, pooling, fill, "
    "element-wise named ops, transpose, broadcast, reduce, softmax), tensor.empty, pad, concat, "
    f"slices, reshapes, splat, from_elements, generate and constants; {GENERALISE}"
)
_FOREIGN = ("linalg", "tensor", "tosa")


def is_linalg(module: ModuleOp) -> bool:
    """Whether a module holds ops on tensors of upstream dialects, for `import_linalg` to take."""
    return any(name_of(op).partition(".")[0] in _FOREIGN for op in module.walk())


def handlers() -> dict[str, Callable[..., object]]:
    """What translates each named op, tensor op and op of a body, by its name. Other nests
    (`linalg.generic`) are translated by what their bodies hold."""
    named = {f"linalg.{name}": _translation(name, kind) for name, (_, kind) in NAMED.items()}
    return named | tensor_handlers() | translations()


def _translation(name: str, kind: str) -> Callable[..., object]:
    if kind != "product":
        return pool
    return convolve if "conv" in name else contract


def import_linalg(module: ModuleOp) -> ModuleOp:
    """A new module in which every function of linalg ops on tensors is one of te ops.

    Arguments, results, names and attributes of the functions stay. Raises CompileError, with the
    op and its location, for ops, maps, bodies and types that have no te counterpart. The given
    module is not changed.
    """
    functions = list[Operation]()
    for op in module.ops:
        if not isinstance(op, FuncOp) or not op.body.blocks:
            raise CompileError(
                f"'{name_of(op)}' cannot be imported", op, hint="a module of func.func is expected"
            )
        functions.append(_import_function(op))
    return ModuleOp(functions, dict(module.attributes))


def _import_function(source: FuncOp) -> FuncOp:
    if len(source.body.blocks) != 1:
        raise CompileError("has control flow", source, hint="one block is expected")
    for kind in source.function_type.inputs:
        if not isa(kind, TensorType):
            raise CompileError(
                f"takes an argument of type {kind}", source, hint="arguments must be tensors"
            )
    body = source.body.block
    block = Block(arg_types=body.arg_types)
    function = Function(block, dict(zip(body.args, block.args, strict=True)))
    for old, new in function.values.items():
        new.name_hint = old.name_hint
    for op in body.ops:
        _import_op(op, function)
    if not isinstance(block.last_op, ReturnOp):
        raise CompileError("does not return", source, hint="end it with func.return")
    _erase_unused(block)
    kind = FunctionType.from_lists(block.arg_types, [v.type for v in _returned(block)])
    result = FuncOp(
        source.sym_name.data,
        kind,
        Region(block),
        source.sym_visibility,
        arg_attrs=source.arg_attrs,
        res_attrs=source.res_attrs,
    )
    result.attributes |= source.attributes
    result.location = source.location
    return result


def _returned(block: Block) -> tuple[SSAValue, ...]:
    last = block.last_op
    return () if last is None else tuple(last.operands)


def _import_op(op: Operation, function: Function) -> None:
    try:
        nest = view(op)
        if nest is not None:
            translate(nest, function)
        elif isinstance(op, ReturnOp):
            function.block.add_op(ReturnOp(*(function.value(v, op) for v in op.operands)))
        elif isinstance(op, arith.ConstantOp):
            _import_constant(op, function)
        elif translate_tosa(op, function):
            pass
        elif op.results and not isa(op.results[0].type, TensorType):
            _import_scalar(op, function)
        elif name_of(op) == "linalg.softmax":
            _import_softmax(op, function)
        elif not translate_tensor_op(op, function) and not isinstance(op, cf.AssertOp):
            raise CompileError(f"'{name_of(op)}' is not supported", op, hint=_HINT)
    except VerifyException as error:
        raise CompileError(str(error), op) from error


def _import_constant(op: arith.ConstantOp, function: Function) -> None:
    scalar = constant_of(op)
    if scalar is not None:
        function.scalars[op.result] = scalar
        return
    if not isinstance(op.value, DenseIntOrFPElementsAttr):
        raise CompileError(
            f"the constant {op.value} is not supported",
            op,
            hint="use dense<...>, or give the bytes of the resource in {-# dialect_resources #-}",
        )
    static_shape(op.result, op)
    function.values[op.result] = function.emitter(op)(te.ConstantOp(op.value))


def _import_scalar(op: Operation, function: Function) -> None:
    """A scalar of the function: known while compiling, or the element of a tensor."""
    result = op.results[0]
    known = function.scalars.get(op.operands[0]) if op.operands else None
    if isinstance(op, arith.TruncFOp | arith.ExtFOp) and known is not None:
        rounded = np.float16 if isinstance(result.type, Float16Type) else np.float32
        with np.errstate(over="ignore"):
            function.scalars[result] = float(rounded(known))
        return
    emit = function.emitter(op)
    value = Body((), lambda scalar: function.value(scalar, op), function, emit).evaluate(result)
    if isinstance(value.owner, te.ConstantOp) and value.owner.splat_value is not None:
        function.scalars[result] = value.owner.splat_value
    else:
        function.values[result] = value


def _import_softmax(op: Operation, function: Function) -> None:
    dimension = attribute_of(op, "dimension")
    if not isa(dimension, IntegerAttr):
        raise CompileError("has no dimension", op, hint="dimension = N : i64 is expected")
    value = function.value(op.operands[0], op)
    axis = dimension.value.data
    function.values[op.results[0]] = function.emitter(op)(te.SoftmaxOp(value, axis))


def _erase_unused(block: Block) -> None:
    """Fills that started reductions are often of no further use; te ops have no effects."""
    for op in reversed(list(block.ops)):
        if not isinstance(op, ReturnOp) and not any(result.uses for result in op.results):
            op.detach()
            op.erase()

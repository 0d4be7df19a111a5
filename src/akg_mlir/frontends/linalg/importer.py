"""`import_linalg`: functions of linalg on tensors as functions of te."""

from __future__ import annotations

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FunctionType,
    ModuleOp,
    TensorType,
    UnregisteredOp,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import te
from akg_mlir.dialects.upstream import ExpandShapeOp
from akg_mlir.frontends.linalg.nests import translate
from akg_mlir.frontends.linalg.scalar import constant_of
from akg_mlir.frontends.linalg.structured import GENERALISE, view
from akg_mlir.frontends.linalg.translation import Function
from akg_mlir.frontends.linalg.windows import translate_pad, translate_window

_HINT = (
    "supported are linalg on tensors (generic, matmul, batch_matmul, 2-d nchw convolution and "
    "pooling, fill, element-wise named ops, transpose, broadcast, reduce), tensor.empty, pad, "
    f"reshapes and constants; {GENERALISE}"
)


def is_linalg(module: ModuleOp) -> bool:
    """Whether a module holds linalg ops, so that `import_linalg` has something to do."""
    return any(_name(op).startswith("linalg.") for op in module.walk())


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
                f"'{_name(op)}' cannot be imported", op, hint="a module of func.func is expected"
            )
        functions.append(_import_function(op))
    return ModuleOp(functions, dict(module.attributes))


def _name(op: Operation) -> str:
    return op.op_name.data if isinstance(op, UnregisteredOp) else op.name


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
    assert last is not None
    return tuple(last.operands)


def _import_op(op: Operation, function: Function) -> None:
    try:
        if translate_window(op, function):
            return
        nest = view(op)
        if nest is not None:
            translate(nest, function)
        elif isinstance(op, tensor.PadOp):
            translate_pad(op, function)
        elif isinstance(op, ReturnOp):
            function.block.add_op(ReturnOp(*(function.value(v, op) for v in op.operands)))
        elif isinstance(op, arith.ConstantOp):
            _import_constant(op, function)
        elif isinstance(op, tensor.CollapseShapeOp | ExpandShapeOp):
            kind = _static(op.results[0].type, op)
            emit = function.emitter(op)
            value = function.value(op.operands[0], op)
            function.values[op.results[0]] = emit.reshape(value, kind.get_shape())
        elif not isinstance(op, tensor.EmptyOp):
            raise CompileError(f"'{_name(op)}' is not supported", op, hint=_HINT)
    except VerifyException as error:
        raise CompileError(str(error), op) from error


def _static(kind: Attribute, op: Operation) -> TensorType[Attribute]:
    if not isa(kind, TensorType) or -1 in kind.get_shape():
        raise CompileError(f"{kind} has dynamic sizes", op, hint="shapes must be static")
    return kind


def _import_constant(op: arith.ConstantOp, function: Function) -> None:
    scalar = constant_of(op)
    if scalar is not None:
        function.scalars[op.result] = scalar
        return
    if not isinstance(op.value, DenseIntOrFPElementsAttr):
        raise CompileError(f"the constant {op.value} is not supported", op, hint="use dense<...>")
    function.values[op.result] = function.emitter(op)(te.ConstantOp(op.value))


def _erase_unused(block: Block) -> None:
    """Fills that started reductions are often of no further use; te ops have no effects."""
    for op in reversed(list(block.ops)):
        if not isinstance(op, ReturnOp) and not any(result.uses for result in op.results):
            op.detach()
            op.erase()

"""What a kernel must at least do, from its attribute `npu.workload` and its tensor program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import TypeAlias

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    IntegerAttr,
    IntegerType,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.dialects import te
from akg_mlir.reference.te import shaped
from akg_mlir.targets import Product, Target, Workload


def workload_of(kernel: FuncOp, target: Target) -> Workload:
    """The workload that `te-partition` wrote: bytes of GM, contractions and vector repeats.

    A repeat takes at least as many cycles as the target's datapath needs for its bytes. Nothing is
    known of a kernel without the attribute: loops may leave most of an argument alone.
    """
    written = kernel.attributes.get("npu.workload")
    if not isinstance(written, DictionaryAttr):
        return Workload(0, 0)
    data = written.data
    per_repeat = target.vector.repeat_bytes // target.vector.bytes_per_cycle
    return Workload(
        in_bytes=_integer(data.get("in_bytes")),
        out_bytes=_integer(data.get("out_bytes")),
        contractions=_contractions(data.get("cube")),
        vector_cycles=_integer(data.get("vector_repeats")) * per_repeat,
        waits="has_fill" not in data,
    )


def case_workload(
    source: FuncOp, kernels: Iterable[Workload], element_bytes: Mapping[int, int]
) -> Workload:
    """What a whole program must at least do: arguments it uses read, results it makes written once.

    Computation is that of its kernels; whatever they pass on to each other counts as free.
    `element_bytes` are those of arguments, by position, as kernels read them after the host has
    rounded them.
    """
    sizes: dict[SSAValue, int] = {source.body.block.args[k]: n for k, n in element_bytes.items()}
    needed, written = _touched(source)
    read = {v: _bytes(v) for v in needed if isinstance(v, BlockArgument)}
    for owner in {v.owner for v in needed}:
        for operand, bytes_ in _parts_read(owner).items():
            part = _buffer(operand)
            if isinstance(part, BlockArgument) and part not in needed:
                read[part] = max(read.get(part, 0), bytes_)
    kernels = tuple(kernels)
    return Workload(
        in_bytes=sum(
            bytes_ // _itemsize(v) * sizes.get(v, _itemsize(v)) for v, bytes_ in read.items()
        ),
        out_bytes=sum(map(_bytes, written)),
        contractions=tuple(c for kernel in kernels for c in kernel.contractions),
        vector_cycles=sum(kernel.vector_cycles for kernel in kernels),
        products=products_of(source, sizes),
        waits=all(kernel.waits for kernel in kernels),
    )


_Product: TypeAlias = te.ContractionOp | te.FractalMatmulOp | te.Conv2dOp | te.FractalConv2dOp
_PRODUCTS = (te.ContractionOp, te.FractalMatmulOp, te.Conv2dOp, te.FractalConv2dOp)
_REARRANGING = te.ReshapeOp | te.TransposeOp | te.PackOp | te.UnpackOp | te.CastOp


def products_of(
    function: FuncOp, element_bytes: Mapping[SSAValue, int] | None = None
) -> tuple[Product, ...]:
    """Products in a function of tensors whose operands are arguments and whose result is returned,
    but for being rearranged, converted, or combined element by element with others.

    `element_bytes` are those of arguments as they are read, where that is not by their type.
    """
    sizes = element_bytes or {}
    found: list[Product] = []
    for op in function.body.block.ops:
        if not isinstance(op, _PRODUCTS):
            continue
        sources = [_rearranged(operand) for operand in op.operands]
        if all(isinstance(v, BlockArgument) for v in sources) and _is_returned(op.results[0]):
            itemsize = min(
                min(_itemsize(v), sizes.get(source, _itemsize(v)))
                for v, source in zip(op.operands, sources)
            )
            kept = prod(shaped(op.results[0])[0]) * 2
            found.append(Product(_macs(op), _reuse(op), itemsize, kept))
    return tuple(found)


def _rearranged(value: SSAValue) -> SSAValue:
    """The value whose elements these are."""
    while isinstance(value.owner, _REARRANGING):
        value = value.owner.operands[0]
    return value


def _is_returned(value: SSAValue) -> bool:
    """Whether all elements reach the results, one by one."""
    known, waiting = {value}, [value]
    while waiting:
        for use in waiting.pop().uses:
            user = use.operation
            if isinstance(user, ReturnOp):
                return True
            if not isinstance(user, te.ElementwiseOp | _REARRANGING):
                continue
            result = user.results[0]
            if _size(result) == _size(value) and result not in known:
                known.add(result)
                waiting.append(result)
    return False


def _itemsize(value: SSAValue) -> int:
    return shaped(value)[1].itemsize


def _size(value: SSAValue) -> int:
    return prod(shaped(value)[0])


def _macs(op: _Product) -> int:
    """Multiplications, without those of windows with the padding around an image."""
    match op:
        case te.Conv2dOp():
            batch, outputs, *_ = shaped(op.results[0])[0]
            return batch * outputs * shaped(op.weights)[0][1] * _taps(op)
        case te.FractalConv2dOp():
            _, outputs, k = op.sizes
            return prod(op.batch) * outputs * k // prod(op.taps_read()) * _taps(op)
        case _:
            return prod(op.batch) * prod(op.sizes)


def _taps(op: te.Conv2dOp | te.FractalConv2dOp) -> int:
    """Pairs of an output point and a tap on the image."""
    before = op.padding[:2]
    result = 1
    for axis, size in enumerate(op.image_sizes):
        stride, dilation = op.strides.get_values()[axis], op.dilations.get_values()[axis]
        result *= sum(
            0 <= point * stride + tap * dilation - before[axis] < size
            for point in range(op.output_sizes()[axis])
            for tap in range(op.window[axis])
        )
    return result


def _reuse(op: _Product) -> float:
    """In how many windows an element of the image is at most."""
    if isinstance(op, te.ContractionOp | te.FractalMatmulOp):
        return 1.0
    return max(1.0, prod(op.window) / prod(op.strides.get_values()))


def _touched(source: FuncOp) -> tuple[set[SSAValue], set[SSAValue]]:
    """The values that the results are computed from, and the results that are computed.

    What is returned as it came in, or under another shape, moves no byte; nor do constants. Of what
    slices, index expressions and windows with gaps read, parts may never be touched: that is left
    out here.
    """
    returned = source.body.block.last_op
    written = {v for v in _operands(returned) if _is_computed(v)}
    needed, waiting = set(written), list(written)
    while waiting:
        operands = _operands(waiting.pop().owner)
        waiting += operands - needed
        needed |= operands
    return needed, written


def _operands(owner: Operation | Block | None) -> set[SSAValue]:
    if not isinstance(owner, Operation):
        return set()
    return {_buffer(v) for v in owner.operands if v not in _parts_read(owner)}


def _parts_read(op: Operation | Block) -> dict[SSAValue, int]:
    """The operands of which an op may read only a part, and the bytes that it reads at least."""
    match op:
        case te.ComputeOp() if not op.reads_whole:
            return dict.fromkeys(op.operands, 0)
        case te.GatherOp() if op.operand is not op.indices:
            return {op.operand: min(_bytes(op.operand), _bytes(op.result))}
        case te.SliceOp():
            return {op.operand: _bytes(op.result)}
        case te.WindowOp() if op.has_gaps:
            image, *weights = op.operands
            read = {image: (op.elements_read(), op.image_sizes)}
            read |= dict.fromkeys(weights, (op.taps_read(), op.window))
            return {
                value: _bytes(value) // prod(sizes) * prod(some)
                for value, (some, sizes) in read.items()
                if some != sizes
            }
        case _:
            return {}


def _buffer(value: SSAValue) -> SSAValue:
    """The value that a chain of reshapes shows."""
    while isinstance(value.owner, te.ReshapeOp):
        value = value.owner.operand
    return value


def _is_computed(value: SSAValue) -> bool:
    return not isinstance(value, BlockArgument) and not isinstance(value.owner, te.ConstantOp)


def _bytes(value: SSAValue) -> int:
    shape, dtype = shaped(value)
    return prod(shape) * dtype.itemsize


def _integer(attribute: Attribute | None) -> int:
    return attribute.value.data if isinstance(attribute, IntegerAttr) else 0


def _contractions(attribute: Attribute | None) -> tuple[tuple[int, int, int, int], ...]:
    if not isa(attribute, ArrayAttr[DenseArrayBase[IntegerType]]):
        return ()
    rows = [entry.get_values() for entry in attribute]
    return tuple((int(b), int(m), int(k), int(n)) for b, m, k, n in rows)

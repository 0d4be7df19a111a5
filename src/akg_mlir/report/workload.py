"""What a kernel must at least do, read from its attribute `npu.workload`."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    IntegerAttr,
    IntegerType,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.hints import isa

from akg_mlir.reference.te import shaped
from akg_mlir.targets import Target, Workload


def workload_of(kernel: FuncOp, target: Target) -> Workload:
    """The workload that `te-partition` wrote: bytes of GM, contractions and vector repeats.

    A repeat takes at least as many cycles as the target's datapath needs for its bytes. A kernel
    without the attribute must at least touch each of its arguments once.
    """
    written = kernel.attributes.get("npu.workload")
    if not isinstance(written, DictionaryAttr):
        return Workload(sum(map(_bytes, kernel.body.block.args)), 0)
    data = written.data
    per_repeat = target.vector.repeat_bytes // target.vector.bytes_per_cycle
    return Workload(
        in_bytes=_integer(data.get("in_bytes")),
        out_bytes=_integer(data.get("out_bytes")),
        contractions=_contractions(data.get("cube")),
        vector_cycles=_integer(data.get("vector_repeats")) * per_repeat,
    )


def case_workload(source: FuncOp, kernels: Iterable[Workload]) -> Workload:
    """What a whole program must at least do: its arguments read and its results written once.

    Computation is that of its kernels; whatever they pass on to each other counts as free.
    """
    returned = source.body.block.last_op
    results = returned.operands if isinstance(returned, ReturnOp) else ()
    kernels = tuple(kernels)
    return Workload(
        in_bytes=sum(map(_bytes, source.body.block.args)),
        out_bytes=sum(map(_bytes, results)),
        contractions=tuple(c for kernel in kernels for c in kernel.contractions),
        vector_cycles=sum(kernel.vector_cycles for kernel in kernels),
    )


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

"""Each vector instruction as calls of Ascend C: over a model of these calls it has the results of
the simulated machine, with masks, strides, many repeats, and repeats that accumulate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import every_instruction as every
import numpy as np
import pytest
from ascendc_model import run_kernel
from xdsl.dialects import func
from xdsl.dialects.builtin import MemRefType, NoneAttr, UnitAttr, i8
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from akg_mlir.dialects import npu
from akg_mlir.dialects.npu import Opcode, Space
from akg_mlir.emit.program import decode
from akg_mlir.judging import same_bits
from akg_mlir.machine import Machine
from akg_mlir.machine.program import DTYPES
from akg_mlir.sources import Array
from akg_mlir.targets import load

BYTES = 16384
"""UB that an instruction sees: sources at its start and at 4096, the result at 8192."""
ELEMENTS = ("f16", "f32", "i32", "i16", "i8", "ui8")
TARGETS = {1001: "ascend910", 2002: "ascend910b", 2201: "ascend910b"}
"""By machine, those with the element types that its instructions take."""


def _at(base: SSAValue, byte: int, space: Space, element: str) -> npu.PtrOp:
    type_ = npu.PtrType(npu.SpaceAttr(space), every.ELEMENTS[element])
    return npu.PtrOp(base, AffineMap(0, 0, (AffineExpr.constant(byte),)), (), type_)


def _place(op: Operation, base: SSAValue) -> Iterator[Operation]:
    """The instruction between the pointers that it takes; a register is loaded from UB."""
    places = (8192, 0, 4096) if _writes(op) else (0, 4096)
    given: dict[SSAValue, SSAValue] = {}
    for operand, place in zip(op.operands, places):
        if operand in given:
            continue
        if isinstance(operand.type, npu.PtrType):
            pointer = _at(base, place, Space.UB, str(operand.type.element))
            yield pointer
            given[operand] = pointer.result
        else:
            pointer = _at(base, 64, Space.UB, str(operand.type))
            register = npu.ScalarLoadOp(pointer.result)
            yield from (pointer, register)
            given[operand] = register.result
    op.operands = [given[operand] for operand in op.operands]
    yield op


def _writes(op: Operation) -> bool:
    return not isinstance(op, npu.VecOp) or op.dst is not None


def _variants(machine: int) -> Iterator[list[Operation]]:
    """Instructions that go together: a comparison, and a selection by what it found."""
    target = load(TARGETS[machine])
    selections = {str(op.srcs[0].type): op for op in every.vectors(target) if _is(op, Opcode.VSEL)}
    for op in every.vectors(target):
        if op.dst is None:
            yield [op, selections[str(op.srcs[0].type)].clone()]
        elif not _is(op, Opcode.VSEL):
            yield [op]
    for op in every.vectors(target):
        if op.dst is None or _is(op, Opcode.VSEL):
            continue
        many = op.clone()
        many.properties["repeat"] = every.integer(70)
        # Repeats lie side by side: they write a block, but for reductions.
        reduces = op.opcode.data.value.startswith(("vcadd", "vcm", "vcg"))
        many.properties["mask"] = every.integer(64 if reduces else 8)
        yield [_with_strides(many, (1, 1) if len(op.srcs) else (1, 2), (1, 1))]
        if op.opcode.data in (*every.BINARY, Opcode.VAXPY):
            yield [_with_strides(op.clone(), (1, 0), (1, 2))]
    yield from ([op] for op in every.moves(target) if isinstance(op, npu.VnchwconvOp))


def _is(op: npu.VecOp, opcode: Opcode) -> bool:
    return op.opcode.data is opcode


def _with_strides(op: npu.VecOp, dst: tuple[int, int], src: tuple[int, int]) -> npu.VecOp:
    """The same instruction; where it accumulates and has two sources the first is the result, else
    the second repeats one block."""
    strides = [src, (0, src[1] - 1)][: len(op.srcs)]
    if dst[1] == 0 and len(op.srcs) == 2 and op.opcode.data is not Opcode.VMLA:
        assert op.dst is not None
        op.operands[1] = op.dst
        strides[0] = dst
    op.properties["dst_stride"] = every.integers(dst)
    op.properties["src_stride"] = every.integers([x for pair in strides for x in pair])
    return op


def _kernel(variants: Sequence[Sequence[Operation]]) -> func.FuncOp:
    """Every variant on UB as it was filled, and UB after it."""
    gm = npu.SpaceAttr(Space.GM)
    inputs = [
        MemRefType(every.ELEMENTS[e], [BYTES // DTYPES[e].itemsize], NoneAttr(), gm)
        for e in ELEMENTS
    ]
    output = MemRefType(i8, [len(variants), BYTES], NoneAttr(), gm)
    function = func.FuncOp("all_of_it", ([*inputs, output], []))
    function.attributes["npu.kernel"] = UnitAttr()
    block = function.body.block
    buffer = npu.BufferOp(npu.memref_in([BYTES], i8, Space.UB))
    buffer.address = every.integer(0)
    block.add_op(buffer)

    def move(gm: SSAValue, byte: int, element: str, store: bool) -> None:
        ends = _at(buffer.result, 0, Space.UB, element), _at(gm, byte, Space.GM, element)
        dst, src = reversed(ends) if store else ends
        barrier = npu.PipeBarrierOp(npu.Pipe.ALL)
        copy = npu.CopyOp(dst.result, src.result, 1, BYTES // 32, 0, 0)
        block.add_ops([*ends, copy, barrier])

    for k, ops in enumerate(variants):
        pointers = [v.type for v in ops[0].operands if isinstance(v.type, npu.PtrType)]
        element = str(pointers[-1].element)
        move(block.args[ELEMENTS.index(element)], 0, element, store=False)
        for op in ops:
            block.add_ops([*_place(op, buffer.result), npu.PipeBarrierOp(npu.Pipe.ALL)])
        move(block.args[-1], k * BYTES, "i8", store=True)
    block.add_op(func.ReturnOp())
    return function


def _inputs() -> list[Array]:
    random = np.random.default_rng(0)
    return [
        (random.standard_normal(BYTES // DTYPES[e].itemsize) * 20).astype(DTYPES[e])
        for e in ELEMENTS
    ]


@pytest.mark.parametrize("machine", TARGETS)
def test_instructions_have_the_results_of_the_machine(machine: int) -> None:
    variants = list(_variants(machine))
    assert len(variants) > 100
    names = [every.text(ops[-1]) for ops in variants]
    results = [op.operands[0].type for *_, op in variants]
    function = _kernel(variants)
    target = load(TARGETS[machine])
    arrays = [*_inputs(), None]
    (expected,) = Machine(target).run(decode(function, target), arrays).outputs
    (found,) = run_kernel(function, arrays, target, machine).values()
    for name, type_, one, other in zip(names, results, expected, found, strict=True):
        assert isinstance(type_, npu.PtrType)
        dtype = DTYPES[str(type_.element)]
        assert same_bits([one.view(dtype)], [other.view(dtype)]), name

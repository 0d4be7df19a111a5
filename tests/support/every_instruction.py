"""One of every instruction that kernels have as C++, and of all that the scalar unit computes.

They are found in the tables of the emitter, the dialect and the targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    Attribute,
    DenseArrayBase,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    f16,
    f32,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.test_value import create_ssa_value

from akg_mlir.dialects import npu, te
from akg_mlir.dialects.npu import Opcode, Pipe, Space
from akg_mlir.emit.cpp.instructions import instruction_text
from akg_mlir.emit.cpp.scalar import FUNCTIONS, scalar_text
from akg_mlir.targets import Target

ELEMENTS: dict[str, Attribute] = {str(t): t for t in (f16, f32, i1, i8, i16, i32, i64, te.ui8)}
WITH_SCALAR = (Opcode.VADDS, Opcode.VMULS, Opcode.VAXPY, Opcode.VECTOR_DUP)
BINARY = (*(Opcode(f"v{n}") for n in "add sub mul div max min and or mla sel".split()),)


def _pointer(space: Space, element: str) -> SSAValue:
    return create_ssa_value(npu.PtrType(npu.SpaceAttr(space), ELEMENTS[element]))


def _number(element: str) -> FloatAttr | IntegerAttr:
    type_ = ELEMENTS[element]
    return FloatAttr(0.5, type_) if element.startswith("f") else IntegerAttr(3, type_)


def integer(value: int) -> IntegerAttr[IntegerType]:
    """A field of an instruction."""
    return IntegerAttr(value, i64)


def integers(values: Sequence[int]) -> DenseArrayBase[IntegerType]:
    return DenseArrayBase.from_list(i64, list(values))


def vectors(target: Target) -> Iterator[npu.VecOp]:
    """Every opcode with each of its element types; constants and registers where there are both."""
    for opcode in Opcode:
        for types in target.types["vcmp" if opcode.name.startswith("VCMP") else opcode.value]:
            source, _, result = types.partition("->")
            dst = _pointer(Space.UB, result or source)
            count = 2 if opcode in BINARY or opcode.name.startswith("VCMP") else 1
            count = 0 if opcode is Opcode.VECTOR_DUP else count
            srcs = [_pointer(Space.UB, source) for _ in range(count)]
            if opcode.name.startswith("VCMP"):
                yield npu.VecOp(opcode, None, srcs, repeat=1, mask=16)
                continue
            if opcode not in WITH_SCALAR:
                yield npu.VecOp(opcode, dst, srcs, repeat=2, mask=16)
                continue
            yield npu.VecOp(opcode, dst, srcs, repeat=2, mask=16, scalar=_number(source))
            if source.startswith("f"):
                register = create_ssa_value(ELEMENTS[source])
                yield npu.VecOp(opcode, dst, srcs, repeat=2, mask=16, register=register)


def moves(target: Target) -> Iterator[Operation]:
    """Copies on every path of the target, loads of fractals, transposes."""
    for source, destination in target.paths:
        if destination in ("l0a", "l0b"):
            pointers = (_pointer(Space(s), "f16") for s in (destination, source))
            yield npu.Load2dOp(*pointers, 2, 3, 1)
            continue
        on_l0c = "l0c" in (source, destination)
        to_gm = (source, destination) == ("l0c", "gm")
        elements = ("f32", "i32") if to_gm else ("f32", "i32", "f16") if on_l0c else ELEMENTS
        gap = 13 if to_gm else 1
        for element in elements:
            dst, src = (_pointer(Space(s), element) for s in (destination, source))
            yield npu.CopyOp(dst, src, 2, 3, gap, 0)
        if source == "l0c":
            dst, src = _pointer(Space(destination), "f16"), _pointer(Space.L0C, "f32")
            yield npu.CopyOp(dst, src, 2, 3, gap, 0)
    yield npu.Load3dOp(
        _pointer(Space.L0A, "f16"),
        _pointer(Space.L1, "f16"),
        image=(6, 7),
        pads=(1, 2, 0, 1),
        kernel=(3, 2),
        strides=(1, 2),
        dilations=(2, 1),
        tap=(2, 1),
        repeat=2,
        jump=3,
    )
    for element, number in (("f32", i32), ("f16", i64), ("i8", i32)):
        dst, src = _pointer(Space.UB, element), _pointer(Space.GM, element)
        place, bursts = create_ssa_value(number), (2, 3, 1, 0)
        for from_end in (False, True):
            yield npu.FetchOp(dst, src, place, places=5, step=96, from_end=from_end, bursts=bursts)
    steps = dict(repeat=2, dst_stride=1, src_stride=2, dst_repeat=16, src_repeat=32)
    for element in target.types["vnchwconv"]:
        yield npu.VnchwconvOp(*(_pointer(Space.UB, element) for _ in range(2)), **steps)


def others(target: Target) -> Iterator[Operation]:
    """Products, flags between pipes that share a memory, barriers."""
    init = create_ssa_value(i1)
    for types in target.types["mad"]:
        element, _, result = types.partition("->")
        operands = [_pointer(s, element) for s in (Space.L0A, Space.L0B)]
        yield npu.MadOp(_pointer(Space.L0C, result), *operands, init, 20, 17, 33)
    for first, second in shared_memories():
        yield npu.SetFlagOp(first, second, 1)
        yield npu.WaitFlagOp(first, second, 1)
    for pipe in Pipe:
        yield npu.PipeBarrierOp(pipe)


def shared_memories() -> list[tuple[Pipe, Pipe]]:
    """Pairs of pipes with a memory that both use: those between which flags are needed."""
    used: dict[Pipe, set[Space]] = {pipe: set() for pipe in Pipe if pipe is not Pipe.ALL}
    for (source, destination), pipe in npu.PIPE_OF_PATH.items():
        used[pipe] |= {source, destination}
    used[Pipe.M] |= {Space.L0A, Space.L0B, Space.L0C}
    used[Pipe.S] |= {Space.GM, Space.UB}
    return [(a, b) for a in used for b in used if a is not b and used[a] & used[b]]


def text(op: Operation) -> str:
    """The call of an instruction on made-up operands."""

    def pointer(value: SSAValue) -> str:
        assert isinstance(value.type, npu.PtrType)
        place = "tensor_gm" if value.type.space.data is Space.GM else "0"
        return f"{value.type.space.data.value}<{value.type.element}>({place})"

    def name(value: SSAValue) -> str:
        return "true" if value.type == i1 else f"{value.type}(0.5f)"

    return instruction_text(op, pointer, name)


def kernel(lines: Sequence[str]) -> str:
    """A kernel of these lines."""
    head = (
        '#include "akg_npu.hpp"\n\nusing namespace akg;\n\nAKG_KERNEL all_of_it(AKG_GM tensor_gm) {'
    )
    body = (f"  {line}" for line in ("start_core();", *lines, "finish_core();"))
    return "\n".join((head, *body, "}\n"))


def scalars() -> Iterator[tuple[str, str]]:
    """What the scalar unit computes: the name of a function (or op) and a line that uses it."""
    for kind, function in FUNCTIONS.items():
        count = len(kind.get_irdl_definition().operands)
        for element in ("f16", "f32", "i8", "i32", "i64"):
            op = kind.create(operands=_values([element] * count), result_types=[ELEMENTS[element]])
            if _is_valid(op):
                yield function, _line(op)
    for element in ("f16", "f32"):
        for predicate in range(1, 15):
            yield "cmpf", _line(arith.CmpfOp(*_values([element] * 2), predicate))
    for element in ("i8", "i32", "i64"):
        for predicate in range(6):
            yield "cmpi", _line(arith.CmpiOp(*_values([element] * 2), predicate))
        yield "select", _line(arith.SelectOp(*_values(["i1", element, element])))
    for kind, pairs in CONVERSIONS.items():
        for source, result in pairs:
            op = kind.create(operands=_values([source]), result_types=[ELEMENTS[result]])
            yield "convert", _line(op)


CONVERSIONS: dict[type[Operation], tuple[tuple[str, str], ...]] = {
    arith.FPToSIOp: tuple((f, i) for f in ("f16", "f32") for i in ("i8", "i32", "i64")),
    arith.FPToUIOp: tuple((f, "ui8") for f in ("f16", "f32")),
    arith.SIToFPOp: tuple((i, f) for f in ("f16", "f32") for i in ("i1", "i8", "i32", "i64")),
    arith.UIToFPOp: tuple((i, f) for f in ("f16", "f32") for i in ("i1", "i8", "i32", "ui8")),
    arith.ExtFOp: (("f16", "f32"),),
    arith.TruncFOp: (("f32", "f16"),),
    arith.ExtSIOp: (("i8", "i32"), ("i32", "i64")),
    arith.ExtUIOp: (("i1", "i8"), ("i8", "i32"), ("ui8", "i32"), ("ui8", "i64")),
    arith.TruncIOp: (("i64", "i32"), ("i32", "i8"), ("i32", "ui8")),
}


def _is_valid(op: Operation) -> bool:
    try:
        op.verify()
    except VerifyException:
        return False
    return True


def _values(elements: Sequence[str]) -> list[SSAValue]:
    return [create_ssa_value(ELEMENTS[element]) for element in elements]


def _line(op: Operation) -> str:
    """Load the operands, store the result."""
    operands = [f"x{k}" for k in range(len(op.operands))]
    loads = "".join(
        f"const auto {name} = load(gm<{value.type}>(tensor_gm)); "
        for name, value in zip(operands, op.operands)
    )
    result = op.results[0].type
    value = f"const {result} y = {scalar_text(op, operands)};"
    return f"{{ {loads}{value} store(gm<{result}>(tensor_gm), {result}(y)); }}"

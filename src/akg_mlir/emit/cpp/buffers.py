"""The buffers and tensors of a kernel: how they are declared, and the table at the head of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects import func, memref
from xdsl.ir import Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects import npu
from akg_mlir.emit.cpp.literals import BYTES, element_name
from akg_mlir.emit.cpp.names import Names, kernel_identifier
from akg_mlir.emit.cpp.subscripts import row_major_strides
from akg_mlir.targets import Target


@dataclass
class Buffer:
    """A buffer on chip, or a tensor in GM; `first` and `last` are the lines of the body that use
    it, -1 where none does; `read` and `written` say what instructions do with it. Rows of what is
    not `dense` are further apart than they are long."""

    name: str
    space: str
    element: str
    shape: tuple[int, ...]
    dense: bool
    address: int
    bytes: int
    first: int = -1
    last: int = -1
    read: bool = False
    written: bool = False


class Buffers:
    """What values of memref type stand for."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._of: dict[SSAValue, Buffer] = {}
        self.tensors: list[Buffer] = []
        self.on_chip: list[Buffer] = []

    def add_tensor(self, value: SSAValue, kind: str, op: Operation) -> None:
        """A parameter of the kernel."""
        buffer = self._buffer(value, kind, 0, op)
        self.tensors.append(buffer)

    def add_buffer(self, op: npu.BufferOp) -> None:
        """A buffer on chip. Raises `CompileError` where it has no address."""
        if op.address is None:
            raise CompileError("the buffer has no address", op, hint="run npu-plan-memory first")
        kind = f"{npu.space_of(op.result.type).value}_buffer"
        buffer = self._buffer(op.result, kind, op.address.value.data, op)
        self.on_chip.append(buffer)

    def _buffer(self, value: SSAValue, kind: str, address: int, op: Operation) -> Buffer:
        type_ = npu.memref_type(value)
        element = element_name(type_.element_type, op)
        shape = type_.get_shape()
        strides = npu.strides_of(type_)
        reach = sum((n - 1) * s for n, s in zip(shape, strides)) + 1 if prod(shape) else 0
        dense = list(strides) == row_major_strides(shape, 1)
        name = self._names.define(value, kind)
        space = npu.space_of(type_).value
        size = reach * BYTES[element]
        buffer = Buffer(name, space, element, tuple(shape), dense, address, size)
        self._of[value] = buffer
        return buffer

    def alias(self, value: SSAValue, source: SSAValue) -> None:
        """A value that is another one."""
        self._of[value] = self._of[source]

    def name(self, value: SSAValue, op: Operation) -> str:
        """The variable of a buffer."""
        return self._known(value, op).name

    def shape(self, value: SSAValue) -> tuple[int, ...]:
        """The sizes by which a buffer is indexed; none where only bytes tell places in it."""
        if isinstance(value.owner, npu.PtrOp | npu.ViewOp):
            return ()
        buffer = self._known(value, None)
        return buffer.shape if buffer.dense else ()

    def element(self, value: SSAValue) -> str:
        """The element type of a buffer, view or pointer."""
        if isinstance(value.type, npu.PtrType):
            return str(value.type.element)
        return str(npu.memref_type(value).element_type)

    def behind(self, value: SSAValue) -> Buffer:
        """The buffer that a pointer or view points into."""
        while isinstance(owner := value.owner, npu.PtrOp | npu.ViewOp | memref.CastOp):
            value = owner.source
        return self._known(value, owner if isinstance(owner, Operation) else None)

    def touch(self, value: SSAValue, line: int) -> Buffer:
        """The buffer behind a value, which a line of the body uses."""
        buffer = self.behind(value)
        buffer.first = line if buffer.first < 0 else buffer.first
        buffer.last = line
        return buffer

    def _known(self, value: SSAValue, op: Operation | None) -> Buffer:
        if value not in self._of:
            raise CompileError(
                "cannot tell which buffer this points to",
                op,
                hint="take pointers with npu.ptr and npu.view from buffers and arguments",
            )
        return self._of[value]


def head(function: func.FuncOp, target: Target, buffers: Buffers, body: Sequence[str]) -> str:
    """The whole text: comments, declarations and the body."""
    name, cores = kernel_identifier(function.sym_name.data), npu.cores_of(function)
    declarations = [
        *(f"  const auto {b.name} = gm<{_elements(b)}>({b.name}_gm);" for b in buffers.tensors),
        *(
            f"  const auto {b.name} = {b.space}<{_elements(b)}>({b.address});"
            for b in buffers.on_chip
        ),
    ]
    parameters = ", ".join(f"AKG_GM {b.name}_gm" for b in buffers.tensors)
    before = [
        "",
        '#include "akg_npu.hpp"',
        "",
        "using namespace akg;",
        "",
        _target(function, target, buffers),
        "",
        f"{_qualifier(function, target)} {name}({parameters}) {{",
        *declarations,
        "",
        "  start_core();",
    ]
    lines = npu.schedule_of(function)
    schedule = ["//", *(f"// {line}" for line in lines)] if lines else []
    # The title, and a table of one line per buffer and tensor under four: the body starts below.
    table_lines = 5 + len(buffers.tensors) + len(buffers.on_chip)
    first = len(schedule) + table_lines + len(before) + 1
    title = f"// {name}: {cores} of the {target.cores} cores of {target.name}"
    comment = [title, *schedule, *_table(buffers, first)]
    entry = f"AKG_ENTRY({name}, target, {cores}, {_passed(len(buffers.tensors))})"
    return "\n".join([*comment, *before, *body, "  finish_core();", "}", "", entry, ""])


def _qualifier(function: func.FuncOp, target: Target) -> str:
    """How a kernel is declared: where they have cores of their own, for the cube or the vector
    unit."""
    if not target.is_split:
        return "AKG_KERNEL"
    on_cube = any(isinstance(op, npu.MadOp) for op in function.walk())
    return "AKG_CUBE_KERNEL" if on_cube else "AKG_VECTOR_KERNEL"


def _elements(buffer: Buffer) -> str:
    return ", ".join([buffer.element, *map(str, buffer.shape if buffer.dense else ())])


def _table(buffers: Buffers, first: int) -> list[str]:
    return [
        "//",
        "// tensors in gm, and buffers on chip with the lines of this file in which they live:",
        f"//   {'name':<20} {'space':<5} {'address':>8} {'bytes':>9}  {'elements':<28} lines",
        *(_row(buffer, first) for buffer in (*buffers.tensors, *buffers.on_chip)),
        "//",
    ]


def _row(buffer: Buffer, first: int) -> str:
    elements = f"{buffer.element} [{', '.join(map(str, buffer.shape))}]"
    address = "" if buffer.space == "gm" else str(buffer.address)
    lines = "unused" if buffer.first < 0 else f"{first + buffer.first} to {first + buffer.last}"
    return (
        f"//   {buffer.name:<20} {buffer.space:<5} {address:>8} {buffer.bytes:>9}  "
        f"{elements:<28} {lines}"
    )


def _target(function: func.FuncOp, target: Target, buffers: Buffers) -> str:
    """The machine, whose UB ends where the scratch of a device begins, unless a buffer is there."""
    sizes = {name: target.memories.get(name, 0) for name in ("l1", "l0a", "l0b", "l0c", "ub")}
    scratch = 0
    if any(npu.needs_device_scratch(op) for op in function.walk()):
        scratch = npu.DEVICE_SCRATCH_BYTES
        used = max((b.address + b.bytes for b in buffers.on_chip if b.space == "ub"), default=0)
        sizes["ub"] -= scratch if used + scratch <= sizes["ub"] else 0
    memories = ", ".join(f".{name} = {size}" for name, size in sizes.items())
    return (
        f'constexpr Target target{{.name = "{target.name}", .cores = {target.cores}, {memories}, '
        f".scratch = {scratch}, .events = {target.events_per_pair}}};"
    )


def _passed(count: int) -> str:
    return ", ".join(f"&tensors[{i}]" for i in range(count))

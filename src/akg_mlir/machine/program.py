"""Decoded programs: control flow and instructions as plain data, ready to execute.

Integer expressions (loop bounds, addresses, conditions) are Python source over the program's
variables; `core` is the index of the executing core. Addresses are bytes: from the start of the
tensor in GM, from the start of the memory on chip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Expression: TypeAlias = str
Array: TypeAlias = NDArray[Any]

DTYPES: dict[str, np.dtype[Any]] = {
    "f16": np.dtype(np.float16),
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "i1": np.dtype(np.bool_),
    "i8": np.dtype(np.int8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "ui8": np.dtype(np.uint8),
}
"""numpy's type for each element type."""

GM = "gm"
BLOCK = 32
"""Bytes per block."""


@dataclass(frozen=True)
class Buffer:
    """An allocation. In GM (`memory` "gm") each has its own address space and `address` is 0.

    `shape` and `element` say how a kernel argument's array looks.
    """

    name: str
    memory: str
    address: int
    bytes: int
    element: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Operand:
    """A typed pointer: which buffer it was taken from and the byte address."""

    buffer: int
    memory: str
    element: str
    address: Expression


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """`pipe` executes it; `label` is how messages call it."""

    label: str
    pipe: str

    @property
    def operands(self) -> tuple[Operand, ...]:
        """Memory operands, the destination first."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Copy(Instruction):
    """`npu.copy`."""

    dst: Operand
    src: Operand
    n_burst: int
    len_burst: int
    src_gap: int
    dst_gap: int

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.dst, self.src)


@dataclass(frozen=True, kw_only=True)
class Fetch(Copy):
    """`npu.fetch`: a copy of what lies at one of `places`, `step` bytes apart, that the register
    of this number says; with `from_end` negative ones count from the end."""

    register: int
    places: int
    step: int
    from_end: bool


@dataclass(frozen=True, kw_only=True)
class Vec(Instruction):
    """`npu.vec`. `register` is the number of the register that holds the scalar, if any does."""

    opcode: str
    dst: Operand | None
    srcs: tuple[Operand, ...]
    scalar: float | int | None
    register: int | None
    repeat: int
    mask: int
    dst_stride: tuple[int, int]
    src_strides: tuple[tuple[int, int], ...]

    @property
    def operands(self) -> tuple[Operand, ...]:
        return self.srcs if self.dst is None else (self.dst, *self.srcs)


@dataclass(frozen=True, kw_only=True)
class ScalarLoad(Instruction):
    """`npu.scalar_load` into register number `register`."""

    src: Operand
    register: int

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.src,)


@dataclass(frozen=True, kw_only=True)
class Vnchwconv(Instruction):
    """`npu.vnchwconv`."""

    dst: Operand
    src: Operand
    repeat: int
    dst_stride: int
    src_stride: int
    dst_repeat: int
    src_repeat: int

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.dst, self.src)


@dataclass(frozen=True, kw_only=True)
class Load2d(Instruction):
    """`npu.load2d`."""

    dst: Operand
    src: Operand
    repeat: int
    src_stride: int
    dst_gap: int

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.dst, self.src)


Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Load3d(Instruction):
    """`npu.load3d`; pairs are (rows, columns), `pads` top, left, bottom, right."""

    dst: Operand
    src: Operand
    image: Pair
    pads: tuple[int, int, int, int]
    kernel: Pair
    strides: Pair
    dilations: Pair
    tap: Pair
    repeat: int
    jump: int

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.dst, self.src)


@dataclass(frozen=True, kw_only=True)
class Mad(Instruction):
    """`npu.mad`; `init` is a condition."""

    c: Operand
    a: Operand
    b: Operand
    init: Expression
    m: int
    k: int
    n: int

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.c, self.a, self.b)


@dataclass(frozen=True, kw_only=True)
class SetFlag(Instruction):
    """`npu.set_flag`; queued on `pipe`."""

    waiter: str
    event: int


@dataclass(frozen=True, kw_only=True)
class WaitFlag(Instruction):
    """`npu.wait_flag`; queued on `pipe`."""

    setter: str
    event: int


@dataclass(frozen=True, kw_only=True)
class Barrier(Instruction):
    """`npu.pipe_barrier`; `pipe` is "all" for the barrier that drains everything."""


@dataclass(frozen=True)
class View:
    """A strided box of elements at `operand`; `strides` in elements."""

    operand: Operand
    sizes: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ScalarBlock(Instruction):
    """`npu.scalar`.

    The functions take the views' data and their validity (unsigned integers of the element's
    width, all ones where valid) and store in place; they raise `PoisonError` and `BoundsError`.
    `elementwise` walks one element after the other; `vectorised`, where it exists, is equivalent
    as long as no written view overlaps another one. `reads` and `writes` are positions in `views`,
    `found` those of them that an element reads at a place that data says. `accesses` and
    `operations` are counts per element, for the time it takes.
    """

    sizes: tuple[int, ...]
    views: tuple[View, ...]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    found: tuple[int, ...]
    elementwise: Callable[[Sequence[Array], Sequence[Array]], None] = field(repr=False)
    vectorised: Callable[[Sequence[Array], Sequence[Array]], None] | None = field(repr=False)
    accesses: int
    operations: int

    @property
    def operands(self) -> tuple[Operand, ...]:
        return tuple(view.operand for view in self.views)


@dataclass(frozen=True)
class Let:
    """Assign all `variables` at once."""

    variables: tuple[str, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True)
class Loop:
    """`for variable in range(lower, upper, step)`."""

    variable: str
    lower: Expression
    upper: Expression
    step: Expression
    body: tuple[Node, ...]


@dataclass(frozen=True)
class If:
    """Run one of two bodies."""

    condition: Expression
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]


Node: TypeAlias = Let | Loop | If | Instruction


@dataclass(frozen=True, eq=False)
class Program:
    """One kernel for `cores` cores.

    `arguments` are positions in `buffers`, in the order of the kernel's arguments; `outputs` are
    positions in `arguments` of those that the kernel writes. Programs compare by identity.
    """

    name: str
    cores: int
    buffers: tuple[Buffer, ...]
    arguments: tuple[int, ...]
    outputs: tuple[int, ...]
    body: tuple[Node, ...]

"""`npu.scalar` bodies as Python functions on numpy views.

Two forms are written from one walk over the body. *Elementwise* visits the box in row-major order,
one element at a time. *Vectorised* keeps a Python loop only over the dimensions that no store is
subscripted with (a reduction's own order is kept) and computes all others at once; it exists when
every store is subscripted by distinct walk indices, and when what is loaded from a stored view is
the very element that is stored. Poison and out-of-range subscripts raise in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from xdsl.dialects import affine, memref
from xdsl.ir import Operation, SSAValue

from akg_mlir.dialects import npu
from akg_mlir.emit.index_source import map_source
from akg_mlir.emit.scalar_dimensions import Access, serial_dimensions
from akg_mlir.emit.scalar_values import SCOPE, value_source
from akg_mlir.machine.errors import BoundsError, PoisonError
from akg_mlir.machine.memory import all_ones
from akg_mlir.machine.program import DTYPES, Array


def _poisoned() -> None:
    raise PoisonError("the scalar unit loads an element that was never written")


def _outside(what: str) -> None:
    raise BoundsError(f"subscript out of range: {what}")


def _within(index: Any, size: int) -> bool:
    return bool(np.all((np.asarray(index) >= 0) & (np.asarray(index) < size)))


_CHECKS: Mapping[str, Any] = {"poisoned": _poisoned, "outside": _outside, "within": _within}

Function = Callable[[Sequence[Array], Sequence[Array]], None]


@dataclass(frozen=True)
class ScalarFunctions:
    """The two forms and the counts per element that give the time."""

    elementwise: Function
    vectorised: Function | None
    accesses: int
    operations: int
    loaded: tuple[int, ...]
    stored: tuple[int, ...]
    found: tuple[int, ...]


def compile_scalar(op: npu.ScalarOp) -> ScalarFunctions:
    """Compile the body. Raises `CompileError` for ops the scalar unit does not know."""
    rank = len(op.sizes)
    body = op.body.block
    views = body.args[rank:]
    loads = [o for o in body.ops if isinstance(o, memref.LoadOp | affine.LoadOp)]
    stores = [o for o in body.ops if isinstance(o, memref.StoreOp | affine.StoreOp)]
    serial = serial_dimensions(op, loads, stores)
    vectorised = None if serial is None else _compile(op, serial, vector=True)
    return ScalarFunctions(
        _compile(op, range(rank), vector=False),
        vectorised,
        len(loads) + len(stores),
        sum(1 for _ in body.ops) - len(loads) - len(stores),
        tuple(i for i, v in enumerate(views) if any(o.memref is v for o in loads)),
        tuple(i for i, v in enumerate(views) if any(o.memref is v for o in stores)),
        tuple(i for i, v in enumerate(views) if any(o.memref is v for o in loads if _finds(o))),
    )


def _finds(load: Access) -> bool:
    """Whether a subscript comes from data."""
    pending, seen = list(load.indices), set[SSAValue]()
    while pending:
        value = pending.pop()
        if isinstance(value.owner, memref.LoadOp | affine.LoadOp):
            return True
        if isinstance(value.owner, Operation) and value not in seen:
            seen.add(value)
            pending += value.owner.operands
    return False


def _compile(op: npu.ScalarOp, serial: Sequence[int], *, vector: bool) -> Function:
    writer = _Writer(vector)
    sizes = list(op.sizes.get_values())
    parallel = [d for d in range(len(sizes)) if d not in serial]
    for position, d in enumerate(parallel):
        shape = tuple(sizes[d] if p == position else 1 for p in range(len(parallel)))
        writer.line(f"i{d} = np.arange({sizes[d]}).reshape({shape})")
    writer.box = tuple(sizes[d] for d in parallel)
    for d in serial:
        writer.line(f"for i{d} in range({sizes[d]}):")
        writer.depth += 1
    arguments = op.body.block.args
    for d in range(len(sizes)):
        writer.names[arguments[d]] = f"i{d}"
        writer.ranges[arguments[d]] = sizes[d]
    for position, argument in enumerate(arguments[len(sizes) :]):
        writer.names[argument] = f"data[{position}]"
        writer.valid[argument] = f"valid[{position}]"
    for inner in op.body.block.ops:
        writer.write(inner)
    return writer.function()


@dataclass
class _Writer:
    """Python lines for one form of a body."""

    vector: bool
    lines: list[str] = field(default_factory=list[str])
    names: dict[SSAValue, str] = field(default_factory=dict[SSAValue, str])
    ranges: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    valid: dict[SSAValue, str] = field(default_factory=dict[SSAValue, str])
    box: tuple[int, ...] = ()
    depth: int = 1

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def assign(self, value: SSAValue, text: str) -> None:
        self.names[value] = f"v{len(self.names)}"
        self.line(f"{self.names[value]} = {text}")

    def function(self) -> Function:
        source = "\n".join(["def run(data, valid):", *self.lines, "    return"])
        scope: dict[str, Any] = {**SCOPE, **_CHECKS}
        exec(compile(source, "<npu.scalar>", "exec"), scope)
        return scope["run"]

    def write(self, op: Operation) -> None:
        """Append one op. Raises `CompileError` for ops without scalar semantics."""
        match op:
            case memref.LoadOp() | affine.LoadOp():
                place = self._subscript(op)
                ones = all_ones(DTYPES[_element(op.memref)])
                known = f"{self.valid[op.memref]}[{place}] == {ones}"
                self.line(f"if not {f'np.all({known})' if self.vector else known}: poisoned()")
                self.assign(op.results[0], f"{self.names[op.memref]}[{place}]")
            case memref.StoreOp() | affine.StoreOp():
                place = self._subscript(op)
                ones = all_ones(DTYPES[_element(op.memref)])
                self.line(f"{self.names[op.memref]}[{place}] = {self.names[op.value]}")
                self.line(f"{self.valid[op.memref]}[{place}] = {ones}")
            case affine.ApplyOp():
                operands = [self.names[o] for o in op.operands]
                self.assign(op.result, map_source(op.map.data, operands)[0])
            case affine.YieldOp():
                pass
            case _:
                operands = [self.names[o] for o in op.operands]
                self.assign(op.results[0], value_source(op, operands, vector=self.vector))

    def _subscript(self, op: Access) -> str:
        indices = [self.names[i] for i in op.indices]
        if isinstance(op, affine.LoadOp | affine.StoreOp):
            assert op.map is not None
            indices = map_source(op.map.data, indices)
        shape = npu.memref_type(op.memref).get_shape()
        walked = [self.ranges.get(i) for i in op.indices]
        for text, size, bound in zip(indices, shape, walked):
            plain = isinstance(op, memref.LoadOp | memref.StoreOp) and bound is not None
            if plain and bound is not None and bound <= size:
                continue
            test = f"within({text}, {size})" if self.vector else f"0 <= {text} < {size}"
            self.line(f'if not {test}: outside("{text} of {size}")')
        return ", ".join(indices) or "()"


def _element(value: SSAValue) -> str:
    return str(npu.memref_type(value).element_type)

"""`npu-plan-memory`: see the pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.dialects.func import FuncOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from akg_mlir.diagnostics import CompileError, remark
from akg_mlir.dialects.npu import (
    BLOCK_BYTES,
    DEVICE_SCRATCH_BYTES,
    BufferOp,
    PipeOp,
    Space,
    VecOp,
    needs_device_scratch,
    space_of,
)
from akg_mlir.passes.npu.memory.colouring import Pair, Plan, Request, Sharing, peak, plan
from akg_mlir.passes.npu.memory.footprint import locate, reserved_bytes
from akg_mlir.passes.npu.memory.lifetime import Lifetime, buffer_uses, lifetimes
from akg_mlir.passes.npu.memory.structure import Loop, Program, kernels, program_of
from akg_mlir.passes.npu.memory.target import target_of
from akg_mlir.targets import Target


@dataclass(frozen=True)
class NpuPlanMemory(ModulePass):
    """Give every on-chip buffer an address in its memory.

    Buffers move to the top of their kernel. They are kept apart while the memory allows it, since
    sharing bytes orders their users; then buffers that one pipe uses share bytes, then those of
    different loops, then all (or at once, with `reuse=always`), in each case only if their
    lifetimes do not meet. Sources of one vector instruction go to different bank groups where that
    costs no space (`skew=false` lets them fall as they may). The end of UB stays free where a
    device needs it and the buffers leave it.
    """

    name = "npu-plan-memory"
    reuse: Literal["auto", "always"] = "auto"
    skew: bool = True

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        target = target_of(op)
        for kernel in kernels(op):
            _hoist(kernel)
            program = program_of(kernel)
            live = lifetimes(program)
            for space, buffers in _by_space(kernel).items():
                self._plan_space(program, space, buffers, live, target)

    def _plan_space(
        self,
        program: Program,
        space: Space,
        buffers: Sequence[BufferOp],
        live: dict[SSAValue, Lifetime],
        target: Target,
    ) -> None:
        capacity, alignment = target.memories[space.value], target.alignments[space.value]
        left = capacity - _reserved(program.kernel, space)
        connects = _connections(program)
        requests = [
            Request(
                reserved_bytes(b, alignment),
                alignment,
                live.get(b.result, _NEVER),
                connects.get(b.result),
            )
            for b in buffers
        ]
        skewed = self.skew and space is Space.UB
        pairs = list(_source_pairs(program, buffers)) if skewed else []
        least = Sharing.ALL if self.reuse == "always" else Sharing.NONE
        found = plan(requests, left, pairs, least=least)
        if found.height > left < capacity:
            found = plan(requests, capacity, pairs, least=least)
        if found.height > capacity:
            raise _overflow(program.kernel, space, buffers, requests, found, target)
        for buffer, address in zip(buffers, found.addresses):
            buffer.address = IntegerAttr(address, i64)
        _report(program.kernel, space, buffers, found, capacity)


_NEVER = Lifetime(0, -1)


def _reserved(kernel: FuncOp, space: Space) -> int:
    """Bytes at the end of a memory that buffers leave free if they can."""
    needed = space is Space.UB and any(needs_device_scratch(op) for op in kernel.walk())
    return DEVICE_SCRATCH_BYTES if needed else 0


def _connections(program: Program) -> dict[SSAValue, Loop | Program]:
    """The deepest loop (or the kernel) that uses each of the buffers that several pipes use."""
    found: dict[SSAValue, Loop | Program] = {}
    for buffer, uses in buffer_uses(program).items():
        if len({use.instruction.pipe for use in uses}) > 1:
            deepest = max((use.instruction.loops_around for use in uses), key=len)
            found[buffer] = deepest[-1] if deepest else program
    return found


def _hoist(kernel: FuncOp) -> None:
    """Move buffers to the top of the kernel, in order; one that nothing uses is dropped."""
    top = kernel.body.block
    buffers = [op for op in kernel.walk() if isinstance(op, BufferOp)]
    for buffer in buffers:
        buffer.detach()
        if buffer.result.first_use is None:
            buffer.erase()
    first = top.first_op
    assert first is not None, "a function ends with a terminator"
    top.insert_ops_before([b for b in buffers if b.result.first_use is not None], first)


def _by_space(kernel: FuncOp) -> dict[Space, list[BufferOp]]:
    found: dict[Space, list[BufferOp]] = {}
    for op in kernel.walk():
        if isinstance(op, BufferOp):
            space = space_of(op.result.type)
            if space is Space.GM:
                raise CompileError(
                    "a buffer must be on chip", op, hint="use memref.alloc for workspace in gm"
                )
            found.setdefault(space, []).append(op)
    return found


def _source_pairs(program: Program, buffers: Sequence[BufferOp]) -> Iterator[Pair]:
    """Buffers that one vector instruction reads together, most often used first."""
    number: dict[SSAValue, int] = {b.result: i for i, b in enumerate(buffers)}
    votes: dict[Pair, int] = {}
    for instruction in program.instructions:
        pair = _pair(instruction.op, number)
        if pair is not None:
            assert isinstance(instruction.op, VecOp)
            votes[pair] = votes.get(pair, 0) + instruction.op.repeat.value.data
    yield from sorted(votes, key=lambda p: -votes[p])


def _pair(op: PipeOp, number: dict[SSAValue, int]) -> Pair | None:
    if not isinstance(op, VecOp) or len(op.srcs) != 2:
        return None
    (first, a), (second, b) = (locate(src) for src in op.srcs)
    if first is second or first not in number or second not in number:
        return None
    offsets = (a.const % (BLOCK_BYTES * 16), b.const % (BLOCK_BYTES * 16))
    return Pair(number[first], number[second], *offsets)


def _report(
    kernel: FuncOp, space: Space, buffers: Sequence[BufferOp], found: Plan, capacity: int
) -> None:
    remark(
        NpuPlanMemory.name,
        "analysis",
        f"{kernel.sym_name.data}:{space.value}",
        f"{len(buffers)} buffers {found.sharing.value}",
        peak_bytes=found.height,
        capacity=capacity,
        buffers=len(buffers),
        skewed=int(found.skewed),
    )


def _overflow(
    kernel: FuncOp,
    space: Space,
    buffers: Sequence[BufferOp],
    requests: Sequence[Request],
    found: Plan,
    target: Target,
) -> CompileError:
    """The error of a kernel that does not fit, with the map of the fullest position."""
    capacity = target.memories[space.value]
    need, fullest = peak(requests)
    lines = [f"  live together at the fullest point ({need} bytes):"]
    for i in sorted(fullest, key=lambda i: -requests[i].size):
        life = requests[i].lifetime
        name = buffers[i].result.name_hint or f"buffer {i}"
        type_ = buffers[i].result.type
        lines.append(
            f"    {requests[i].size:>9}  %{name} : {type_}, from {life.start} to {life.end}"
        )
    if need <= capacity:
        lines.append(f"  the best placement found leaves gaps and ends at byte {found.height}")
    return CompileError(
        f"kernel @{kernel.sym_name.data} needs {max(need, found.height)} bytes of {space.value}, "
        f"{target.name} has {capacity}\n" + "\n".join(lines),
        kernel,
        hint="use smaller tiles (poly-tile policy), so that fewer or smaller buffers live at once",
    )

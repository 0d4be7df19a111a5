"""Why flags are there: the buffers that the pipes they order have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from xdsl.dialects import func
from xdsl.ir import Operation

from akg_mlir.dialects import npu
from akg_mlir.emit.cpp.buffers import Buffer, Buffers

Flag = npu.SetFlagOp | npu.WaitFlagOp
Key = tuple[npu.Pipe, npu.Pipe, int]


@dataclass(frozen=True)
class _Use:
    """A buffer that an instruction reads or writes."""

    buffer: Buffer
    write: bool

    def conflicts(self, other: _Use) -> bool:
        if not (self.write or other.write):
            return False
        one, two = self.buffer, other.buffer
        if one.space != two.space or one.space == "gm":
            return one is two
        return one.address < two.address + two.bytes and two.address < one.address + one.bytes


def flag_reasons(function: func.FuncOp, buffers: Buffers) -> dict[Operation, str]:
    """For sets and waits, what waits for which buffers.

    Looked for between flags of the same kind; a flag without any there (one that delays another
    flag, or that covers what is further away) is not in the result.
    """
    ops = [op for op in function.walk() if isinstance(op, npu.PipeOp | Flag)]
    places: dict[Key, tuple[list[int], list[int]]] = {}
    for place, op in enumerate(ops):
        if isinstance(op, Flag):
            places.setdefault(_key(op), ([], []))[isinstance(op, npu.WaitFlagOp)].append(place)
    reasons: dict[Operation, str] = {}
    for sets, waits in places.values():
        for wait in waits:
            # The nearest set before it, else (a token) what a later iteration waits for.
            ordered = sorted(sets, key=lambda s: (s > wait, abs(s - wait)))
            for set_ in ordered:
                if common := _common(ops, set_, wait, buffers):
                    reasons.setdefault(ops[wait], common)
                    reasons.setdefault(ops[set_], common)
                    break
    return reasons


def _key(op: Flag) -> Key:
    return op.src.data, op.dst.data, op.event.value.data


def _common(ops: Sequence[Operation], set_: int, wait: int, buffers: Buffers) -> str | None:
    flag = ops[set_]
    assert isinstance(flag, Flag)
    source, waiter, _ = _key(flag)
    before = takewhile(lambda op: not _same(op, flag), reversed(ops[:set_]))
    after = takewhile(lambda op: not _same(op, ops[wait]), ops[wait + 1 :])
    earlier = [use for op in before for use in _uses(op, source, buffers)]
    later = [use for op in after for use in _uses(op, waiter, buffers)]
    names = dict.fromkeys(u.buffer.name for u in later if any(u.conflicts(e) for e in earlier))
    return f"{waiter.value} needs {', '.join(names)}" if names else None


def _same(op: Operation, flag: Operation) -> bool:
    if not isinstance(op, Flag) or not isinstance(flag, Flag):
        return False
    return type(op) is type(flag) and _key(op) == _key(flag)


def _uses(op: Operation, pipe: npu.Pipe, buffers: Buffers) -> list[_Use]:
    if not isinstance(op, npu.PipeOp) or op.pipe is not pipe:
        return []
    uses = [_Use(buffers.behind(value), False) for value in op.reads]
    return uses + [_Use(buffers.behind(value), True) for value in op.writes]

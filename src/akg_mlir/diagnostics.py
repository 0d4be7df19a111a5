"""Errors and remarks: what a pass tells the user. Everything may import this module."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field

from xdsl.dialects.builtin import FileLineColLoc, UnknownLoc, UnregisteredOp
from xdsl.ir import Operation
from xdsl.utils.exceptions import DiagnosticException


class CompileError(DiagnosticException):
    """Input that cannot be compiled: what, where, and what would work.

    `op` names the culprit when there is one; its location is added to the message.
    """

    def __init__(self, message: str, op: Operation | None = None, hint: str | None = None) -> None:
        text = message if op is None else f"{name_of(op)}{location_of(op)}: {message}"
        super().__init__(text if hint is None else f"{text}\n  help: {hint}")


def name_of(op: Operation) -> str:
    """The name an op has in the text, also where xDSL does not know it."""
    return op.op_name.data if isinstance(op, UnregisteredOp) else op.name


def location_of(op: Operation) -> str:
    """` at file:line:column` of the op or its nearest located ancestor, or an empty string."""
    current: Operation | None = op
    while current is not None:
        match current.location:
            case UnknownLoc():
                current = current.parent_op()
            case FileLineColLoc(filename=file, line=line, column=column):
                return f" at {file.data}:{line.data}:{column.data}"
            case other:
                return f" at {other}"
    return ""


@dataclass(frozen=True)
class Remark:
    """One decision of one pass, in the manner of LLVM's optimisation remarks.

    `kind` is "passed" (done), "missed" (not done and why) or "analysis" (a number worth knowing).
    """

    pass_name: str
    kind: str
    where: str
    message: str
    numbers: dict[str, float | int | str] = field(default_factory=dict[str, float | int | str])

    def as_dict(self) -> dict[str, object]:
        """A plain dictionary, for JSON lines."""
        return asdict(self)


_sink: ContextVar[list[Remark] | None] = ContextVar("remarks", default=None)


def remark(
    pass_name: str, kind: str, where: str, message: str, **numbers: float | int | str
) -> None:
    """Report a decision to whoever collects remarks; a no-op when nobody does."""
    sink = _sink.get()
    if sink is not None:
        sink.append(Remark(pass_name, kind, where, message, numbers))


@contextmanager
def collect_remarks() -> Generator[list[Remark]]:
    """Collect the remarks emitted inside the block."""
    remarks: list[Remark] = []
    token = _sink.set(remarks)
    try:
        yield remarks
    finally:
        _sink.reset(token)

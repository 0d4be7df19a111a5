"""Which operators each front end has, and which `te` ops their translation is written with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from types import CodeType, FunctionType
from typing import cast

from xdsl.ir import Operation

from akg_mlir.dialects import te
from akg_mlir.frontends import composite, linalg, python

_PACKAGE = "akg_mlir.frontends"
_OPS = frozenset(te.TE.operations)


def front_ends() -> dict[str, dict[str, tuple[str, ...]]]:
    """By front end, by operator: the `te` ops that its translation mentions, sorted.

    ONNX is left out where the package onnx is not installed. A translation that also handles cases
    mentions more ops than it writes for any one of them.
    """
    registries: dict[str, Mapping[str, object]] = {
        "python": {name: getattr(python, name) for name in python.__all__},
        "composite": composite.handlers(),
        "linalg": linalg.handlers(),
    }
    if find_spec("onnx") is not None:
        from akg_mlir.frontends import onnx

        registries["onnx"] = onnx.handlers()
    return {
        name: {operator: mentioned(each) for operator, each in sorted(registry.items())}
        for name, registry in sorted(registries.items())
    }


def mentioned(translation: object) -> tuple[str, ...]:
    """Names of the `te` ops in a function, in what it closes over, and in what it calls of the
    front ends; constants only where there is nothing else."""
    found = {cls.name for cls in _Mentions(translation).ops}
    return tuple(sorted(found - {te.ConstantOp.name} or found))


class _Mentions:
    """What the code of a translation leads to, through tables, too.

    Of classes these are the methods whose names it has: nothing says what an object is."""

    def __init__(self, translation: object) -> None:
        self.ops: set[type[Operation]] = set()
        self.seen: set[int] = set()
        self.names: set[str] = set()
        self.classes: list[type] = []
        todo = [translation]
        while todo:
            for value in todo:
                self.add(value)
            todo = [m for cls in self.classes for m in _methods(cls, self.names | {"__init__"})]
            todo = [member for member in todo if id(member) not in self.seen]

    def add(self, value: object) -> None:
        if id(value) in self.seen:
            return
        self.seen.add(id(value))
        if isinstance(value, type) and issubclass(value, Operation):
            if value in _OPS:
                self.ops.add(value)
        elif isinstance(value, type) and value.__module__.startswith(_PACKAGE):
            self.classes += [c for c in value.__mro__ if c.__module__.startswith(_PACKAGE)]
        elif isinstance(value, dict | tuple):
            table = cast("dict[object, object] | tuple[object, ...]", value)
            for inner in table.values() if isinstance(table, dict) else table:
                self.add(inner)
        elif isinstance(value, FunctionType) and value.__module__.startswith(_PACKAGE):
            self.names |= set(_names(value.__code__))
            cells = (cell.cell_contents for cell in value.__closure__ or ())
            for inner in (*cells, *_referred(value)):
                self.add(inner)


def _methods(cls: type, names: set[str]) -> Iterator[object]:
    for name in names & vars(cls).keys():
        member = vars(cls)[name]
        yield member.fget if isinstance(member, property) else member


def _referred(function: FunctionType) -> Iterator[object]:
    """What a function names, in its code and for its parameters: globals, and ops of `te`."""
    annotations = (name for name in function.__annotations__.values() if isinstance(name, str))
    for name in (*_names(function.__code__), *annotations):
        if name in function.__globals__:
            yield function.__globals__[name]
        elif name.endswith("Op") and "te" in function.__globals__:
            yield getattr(te, name, None)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)

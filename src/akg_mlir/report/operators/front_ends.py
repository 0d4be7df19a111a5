"""Which operators each front end has, and which `te` ops their translation is written with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from types import CodeType, FunctionType

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
    found = {cls.name for cls in _classes(translation, set())}
    return tuple(sorted(found - {te.ConstantOp.name} or found))


def _classes(value: object, seen: set[int]) -> Iterator[type[Operation]]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, type) and issubclass(value, Operation):
        if value in _OPS:
            yield value
    elif isinstance(value, FunctionType) and value.__module__.startswith(_PACKAGE):
        cells = (cell.cell_contents for cell in value.__closure__ or ())
        for inner in (*cells, *_referred(value)):
            yield from _classes(inner, seen)


def _referred(function: FunctionType) -> Iterator[object]:
    """What the code of a function names: its globals, and ops of `te`."""
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield function.__globals__[name]
        elif name.endswith("Op") and "te" in function.__globals__:
            yield getattr(te, name, None)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)

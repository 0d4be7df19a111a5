"""What a composite JSON text says, checked and typed; nothing here knows `te`.

The format is that of MindSpore's graph kernels ("info" files of AKG): tensors by name, operations
in order, each with lists of operands, results and attributes. Keys that only steer AKG's own
schedules (`impl_path`, `fusion`, `buffer_stitch`, …) are not read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np

from akg_mlir.diagnostics import CompileError

Scalar: TypeAlias = "int | float | bool"


@dataclass(frozen=True)
class Tensor:
    """A tensor as an operation mentions it; `value` holds the elements of an inline constant, or
    the one element that all of them have."""

    name: str
    shape: tuple[int, ...]
    data_type: str
    format: str
    value: tuple[Scalar, ...] | None = None


@dataclass(frozen=True)
class Operation:
    """One operation; `index` is its place in `op_desc`. Lists of operands are flattened."""

    index: int
    name: str
    operands: tuple[Tensor, ...]
    results: tuple[Tensor, ...]
    attributes: Mapping[str, object]


@dataclass(frozen=True)
class Description:
    """A composite kernel: its name, and its graph."""

    name: str
    inputs: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True)
class _Entry:
    """A JSON value and where it stands in the text."""

    value: object
    path: str

    def error(self, takes: str) -> CompileError:
        kinds = {"dict": "an object", "list": "a list", "str": "a string", "NoneType": "null"}
        name = type(self.value).__name__
        where = self.path or "the document"
        return CompileError(f"composite JSON: {where} is {kinds.get(name, name)}, takes {takes}")

    def fields(self) -> dict[str, object]:
        value = self.value
        if not isinstance(value, dict):
            raise self.error("an object")
        return cast("dict[str, object]", value)

    def has(self, key: str) -> bool:
        return key in self.fields()

    def __getitem__(self, key: str) -> _Entry:
        fields = self.fields()
        if key not in fields:
            raise CompileError(f"composite JSON: {self.path} has no '{key}'")
        return _Entry(fields[key], f"{self.path}.{key}" if self.path else key)

    def items(self) -> list[_Entry]:
        """The elements of a list; null is an empty one."""
        value = self.value
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error("a list")
        elements = cast("list[object]", value)
        return [_Entry(element, f"{self.path}[{k}]") for k, element in enumerate(elements)]

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error("a string")
        return self.value

    def size(self) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.error("an integer")
        if self.value < 0:
            raise CompileError(
                f"composite JSON: {self.path} is {self.value}, a dynamic size",
                hint="shapes must be static: write one text per shape",
            )
        return self.value

    def scalars(self) -> tuple[Scalar, ...]:
        """A number, or the numbers of nested lists in order."""
        if isinstance(self.value, int | float):
            return (self.value,)
        if isinstance(self.value, list):
            return tuple(number for item in self.items() for number in item.scalars())
        raise self.error("a number or a list of numbers")


def parse(text: str, name: str = "<text>") -> Description:
    """Read a composite JSON text. Raises CompileError naming the line, or the path to what is
    missing or of another kind than the format asks for."""
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}:{error.colno}"
        raise CompileError(f"{where}: not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise CompileError(f"{name}: not JSON that can be read: {error}") from None
    return read(document)


def read(document: object) -> Description:
    """Read a composite JSON document. Raises CompileError as `parse` does."""
    root = _Entry(document, "")
    if not root.has("op_desc"):
        raise CompileError(
            "no composite JSON: there is no 'op_desc'",
            hint="it is an object with op, input_desc, op_desc and output_desc",
        )
    operations = [_operation(k, entry) for k, entry in enumerate(root["op_desc"].items())]
    if not operations:
        raise CompileError("composite JSON: op_desc is empty, there is nothing to compute")
    return Description(
        root["op"].text(),
        _operands(root["input_desc"]),
        tuple(operations),
        tuple(_tensor(entry) for entry in root["output_desc"].items()),
    )


def _operation(index: int, entry: _Entry) -> Operation:
    results = tuple(_tensor(item) for item in entry["output_desc"].items())
    if not results:
        raise CompileError(f"composite JSON: {entry.path} has no result, output_desc is empty")
    return Operation(
        index,
        entry["name"].text(),
        _operands(entry["input_desc"]),
        results,
        _attributes(entry["attr"]) if entry.has("attr") else {},
    )


def _operands(groups: _Entry) -> tuple[Tensor, ...]:
    """Every operand stands in a list of its own, or with others that are one list (AddN)."""
    return tuple(_tensor(item) for group in groups.items() for item in group.items())


def _attributes(entry: _Entry) -> dict[str, object]:
    """A list of names with values, or an object."""
    if isinstance(entry.value, dict):
        return entry.fields()
    return {item["name"].text(): item["value"].value for item in entry.items()}


def _tensor(entry: _Entry) -> Tensor:
    shape = tuple(size.size() for size in entry["shape"].items())
    value = entry["value"].scalars() if entry.has("value") else None
    if value is not None and len(value) not in (1, int(np.prod(shape))):
        raise CompileError(
            f"composite JSON: {entry.path} has {len(value)} values for shape {list(shape)}",
            hint="a constant has one value for each element, or one for all",
        )
    layout = entry["format"].text() if entry.has("format") else "DefaultFormat"
    return Tensor(entry["tensor_name"].text(), shape, entry["data_type"].text(), layout, value)

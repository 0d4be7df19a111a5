"""Small composite JSON documents: `kernel` writes one from operations in a line each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Tensor = dict[str, Any]


def tensor(
    name: str, shape: Sequence[int], kind: str = "float32", layout: str = "DefaultFormat"
) -> Tensor:
    """A tensor as operations mention it."""
    return {"tensor_name": name, "shape": list(shape), "data_type": kind, "format": layout}


def constant(value: object, shape: Sequence[int] = (1,), kind: str = "float32") -> Tensor:
    """An inline constant."""
    return {**tensor("constant", shape, kind), "value": value}


def operation(
    name: str, operands: Sequence[Tensor], *results: Tensor, **attributes: object
) -> dict[str, Any]:
    """One operation; every operand stands in a list of its own."""
    return {
        "name": name,
        "input_desc": [[{"name": "x", **operand}] for operand in operands],
        "output_desc": [{"name": "y", **result} for result in results],
        "attr": [{"name": key, "value": value} for key, value in attributes.items()] or None,
    }


def kernel(
    inputs: Sequence[Tensor], operations: Sequence[Mapping[str, Any]], *outputs: Tensor
) -> dict[str, Any]:
    """A composite kernel."""
    return {
        "composite": True,
        "op": "Fused",
        "platform": "AKG",
        "process": "aicore",
        "input_desc": [[entry] for entry in inputs] or None,
        "op_desc": list(operations),
        "output_desc": list(outputs),
    }


def single(
    name: str, operands: Sequence[Tensor], result: Tensor, **attributes: object
) -> dict[str, Any]:
    """A kernel of one operation; operands without a value are its inputs, each once."""
    inputs = {t["tensor_name"]: t for t in operands if "value" not in t}
    return kernel(list(inputs.values()), [operation(name, operands, result, **attributes)], result)


def written(document: Mapping[str, Any], directory: Path) -> Path:
    """The document as a file."""
    path = directory / "kernel.info"
    path.write_text(json.dumps(document))
    return path

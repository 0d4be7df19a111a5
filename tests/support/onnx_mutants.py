"""Damaged ONNX models: protobufs with fields changed, left out or repeated, and wrong bytes.

A mutant is drawn from a seed alone, so that a failure names all it takes to repeat it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from onnx import ModelProto

INTEGERS = (-(1 << 63), -(1 << 31), -7, -1, 0, 1, 2, 3, 5, 8, 16, 25, 1 << 20, 1 << 31, 1 << 62)
FLOATS = (0.0, -1.5, 1e30, float("inf"), float("nan"))
STRINGS = ("", "x", "y", "X", "data", "axes", "SAME_UPPER", "reflect", "Add", "Conv", "ai.onnx.ml")

NUMBERS = frozenset(("dim_value", "dims", "i", "ints", "f", "floats", "int64_data", "float_data"))
"""Fields that sizes, attributes and small tensors are in."""

Place = tuple[Any, FieldDescriptor, int | None]
"""A message, a field that it has, and the position in it where it repeats."""


def damaged(model: ModelProto, seed: int) -> ModelProto | bytes:
    """The model with one to three mutations, or every eighth time its bytes with some wrong."""
    drawn = random.Random(seed)
    if drawn.randrange(8) == 0:
        return _damaged_bytes(model.SerializeToString(), drawn)
    mutant = ModelProto()
    mutant.CopyFrom(model)
    for _ in range(drawn.randint(1, 3)):
        places = list(_places(mutant))
        numbers = [place for place in places if place[1].name in NUMBERS]
        if numbers and drawn.randrange(3):
            places = numbers  # most other changes are refused at sight
        if places:
            _change(*drawn.choice(places), drawn)
    return mutant


def damaged_array(array: np.ndarray, seed: int) -> np.ndarray:
    """The array, every other time with one of its values, or its shape, changed."""
    drawn = random.Random(seed)
    if drawn.randrange(2) or array.size == 0:
        return array
    if drawn.randrange(3) == 0:
        return drawn.choice([array.ravel(), array[None], array.ravel()[1:], array.ravel()[:1]])
    changed = array.copy()
    with suppress(OverflowError):
        changed.flat[drawn.randrange(array.size)] = drawn.choice(INTEGERS)
    return changed


def _damaged_bytes(data: bytes, drawn: random.Random) -> bytes:
    if drawn.randrange(2):
        return data[: drawn.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(drawn.randint(1, 4)):
        changed[drawn.randrange(len(changed))] = drawn.randrange(256)
    return bytes(changed)


def _places(message: Message) -> Iterator[Place]:
    for field, value in message.ListFields():
        if not field.is_repeated:
            yield message, field, None
        for index, item in enumerate(value if field.is_repeated else [value]):
            if field.is_repeated:
                yield message, field, index
            if isinstance(item, Message):
                yield from _places(item)


def _change(message: Any, field: FieldDescriptor, index: int | None, drawn: random.Random) -> None:
    """Leave the value out, repeat it, or put another one in its place."""
    if drawn.randrange(4) == 0 or field.type == FieldDescriptor.TYPE_MESSAGE:
        _leave_out_or_repeat(message, field, index, drawn)
        return
    with suppress(ValueError):  # a number that the field cannot hold
        if index is None:
            setattr(message, field.name, _other(getattr(message, field.name), drawn))
        else:
            values = getattr(message, field.name)
            values[index] = _other(values[index], drawn)


def _leave_out_or_repeat(
    message: Any, field: FieldDescriptor, index: int | None, drawn: random.Random
) -> None:
    if index is None:
        message.ClearField(field.name)
        return
    values = getattr(message, field.name)
    if drawn.randrange(3):
        del values[index]
    else:
        values.extend([values[index]])


def _other(value: object, drawn: random.Random) -> object:
    """Another value of the same type."""
    if isinstance(value, float):
        return drawn.choice(FLOATS)
    if isinstance(value, int):
        return drawn.choice(INTEGERS)
    if isinstance(value, bytes):
        return drawn.choice([b"", value[:-1], value + b"\0", b"\xff" * len(value)])
    return drawn.choice(STRINGS)

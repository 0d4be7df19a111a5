"""What a preprocessed header uses of Ascend C: calls with their arguments counted, enumerators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Use:
    """`AscendC::name` or a method `.name`: called with so many arguments, or only named (None)."""

    name: str
    arguments: int | None
    of: str = ""


def own_lines(preprocessed: str, folder: str) -> str:
    """The lines that come from files of a folder, of a preprocessor's output with line markers."""
    kept: list[str] = []
    inside = False
    for line in preprocessed.splitlines():
        if marker := re.match(r'# \d+ "([^"]*)"', line):
            inside = folder in marker[1]
        elif inside:
            kept.append(line)
    return "\n".join(kept)


def uses(text: str) -> Iterator[Use]:
    """Everything qualified by AscendC, enumerators with their type; methods of its tensors."""
    for match in re.finditer(r"AscendC::(\w+)(?:::(\w+))?", text):
        if match[2]:
            yield Use(match[2], None, of=match[1])
            continue
        yield Use(match[1], _arguments(text, match.end()))
    for match in re.finditer(r"\.(SetGlobalBuffer|GetValue|SetValue)(?=\()", text):
        yield Use(match[1], _arguments(text, match.end()), of="tensor")


def _arguments(text: str, at: int) -> int | None:
    """How many arguments stand in the brackets here, behind those of a template."""
    at = _skip_template(text, at)
    if at >= len(text) or text[at] not in "({":
        return None
    depth, count, empty = 0, 0, True
    for character in text[at:]:
        if character in "({[":
            depth += 1
        elif character in ")}]":
            depth -= 1
            if depth == 0:
                return 0 if empty else count + 1
        elif character == "," and depth == 1:
            count += 1
        if depth and not character.isspace() and character not in "({[":
            empty = False
    return None


def _skip_template(text: str, at: int) -> int:
    depth = 0
    for position in range(at, len(text)):
        if text[position] == "<":
            depth += 1
        elif text[position] == ">":
            depth -= 1
        elif depth == 0:
            return position
    return len(text)

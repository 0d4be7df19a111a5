"""The names of a foreign graph in the IR: locations and hints."""

from __future__ import annotations

import re

from xdsl.dialects.builtin import NameLoc, NoneAttr, StringAttr
from xdsl.ir import Operation

LONGEST_NAME = 32


def set_location(op: Operation, name: str) -> None:
    """Give the op the name of the node it comes from."""
    op.location = NameLoc(StringAttr(name), NoneAttr())


def name_hint(name: str) -> str | None:
    """The end of a tensor's name as an SSA name, where one can be made of it."""
    text = re.sub(r"\W", "_", name.rsplit("/", 1)[-1])[-LONGEST_NAME:].strip("_")
    return f"v{text}" if text[:1].isdigit() else text or None

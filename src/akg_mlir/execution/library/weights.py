"""The file of weights: a header that says which program it is for, then every array aligned.

    bytes  0 to  7   "AKGWGHTS"
    bytes  8 to 11   version of this format, u32
    bytes 16 to 23   bytes of the whole file, u64
    bytes 32 to 63   fingerprint: SHA-256 of which array lies where

Numbers are little-endian. Arrays lie where the manifest says, padded with zeros.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from akg_mlir.execution.library.plan import Plan

MAGIC = b"AKGWGHTS"
VERSION = 1
HEADER_BYTES = 64


def fingerprint(plan: Plan) -> bytes:
    """What tells files of programs apart that keep other arrays, or in other places."""
    table = [(w.tensor.name, w.tensor.element, w.tensor.shape, w.offset) for w in plan.weights]
    return sha256(json.dumps([plan.weights_bytes, table]).encode()).digest()


def write_weights(path: Path, plan: Plan) -> None:
    """Write the file, one array in memory at a time. Raises OSError."""
    header = MAGIC + VERSION.to_bytes(4, "little") + bytes(4)
    header += plan.weights_bytes.to_bytes(8, "little") + bytes(8) + fingerprint(plan)
    assert len(header) == HEADER_BYTES
    with path.open("wb") as file:
        file.write(header)
        for weight in plan.weights:
            file.write(bytes(weight.offset - file.tell()))
            np.ascontiguousarray(weight.load()).tofile(file)

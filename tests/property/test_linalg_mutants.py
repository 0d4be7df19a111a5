"""Damaged MLIR text yields a diagnostic or a program that verifies, never anything else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import settings
from xdsl.utils.exceptions import ParseError, VerifyException

from akg_mlir.diagnostics import CompileError
from akg_mlir.parsing import parse_module
from akg_mlir.sources import from_module
from akg_mlir.verification import verify_module

FRONTENDS = Path(__file__).parents[1] / "unit" / "frontends"
TEXTS = [
    path.read_text()
    for folder in ("linalg_as_printed", "linalg_text", "tosa_text")
    for path in sorted((FRONTENDS / folder).glob("*.mlir"))
    if path.stem != "named_nests"
]
SEEDS = max(settings.default.max_examples * 8, 100)
PARTS = 20
"""Tests among which the seeds are dealt."""
NUMBERS = "-1 0 1 2 3 4 5 7 8 16 1099511627776".split()
WORDS = (
    "parallel reduction window d0 d1 d2 affine_map dense %arg0 %0 %x true f16 f32 f64 i1 i64 index"
).split()
OPS = (
    "linalg.fill linalg.matmul linalg.exp linalg.yield tensor.pad tensor.empty arith.mulf "
    "arith.addf arith.addi arith.cmpf arith.maximumf math.exp tosa.conv2d tosa.pad tosa.reshape"
).split()
TYPES = "4xf32> 8xf32> 4x8xf32> 1x2x5x6xf32> ?xf32> f32> 4xi64> 8x4xf16>".split()
CLASSES = [
    (re.compile(r"-?[0-9]+"), NUMBERS),
    (re.compile(r"[a-z_]+\.[a-z_0-9]+"), OPS),
    (re.compile(r"[0-9x?]*[fi][0-9]+>"), TYPES),
    (re.compile(r"[%#@]?\w+"), WORDS),
]


def damaged(text: str, random: Random) -> str:
    """One or two tokens replaced by others of their kind, or a line removed or repeated."""
    for _ in range(random.randint(1, 2)):
        lines = text.split("\n")
        at = random.randrange(len(lines))
        kind = random.randrange(8)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, random.choice(lines))
        else:
            lines[at] = _replaced(lines[at], random)
        text = "\n".join(lines)
    return text


def _replaced(line: str, random: Random) -> str:
    pattern, others = random.choice(CLASSES)
    found = list(pattern.finditer(line))
    if not found:
        return line
    token = random.choice(found)
    return line[: token.start()] + random.choice(others) + line[token.end() :]


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_text_is_a_diagnostic_or_a_program(
    part: int, record_property: Callable[[str, object], None]
) -> None:
    counts = Counter[str]()
    for seed in range(part, SEEDS, PARTS):
        random = Random(seed)
        text = damaged(random.choice(TEXTS), random)
        try:
            source = from_module(parse_module(text, "damaged.mlir"), "damaged.mlir")
        except (CompileError, ParseError, VerifyException):
            counts["refused"] += 1
            continue
        verify_module(source.module)
        counts["imported"] += 1
    record_property("counts", dict(counts))

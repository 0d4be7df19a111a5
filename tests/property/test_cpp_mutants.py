"""C++ kernels whose text is changed are found out: by a check, or by what they compute.

A mutant loses a flag (a set, a wait, or both), has one repeat, mask or burst less, or an address 32
bytes further. It counts when a check refuses it or its results differ, in program order or in one
of 220 drawn orders; the first 20 and program order must show 99 % of those. Survivors are listed in
the counts. `make deep` changes 50 kernels, `make test` one.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random

import numpy as np
from hypothesis import settings
from npu_finished import TARGET, finished_kernels
from xdsl.dialects import func

from akg_mlir.execution.host import HostKernel, HostMode
from akg_mlir.machine import MachineError
from akg_mlir.machine.program import DTYPES, Array
from akg_mlir.passes.npu.memory.structure import kernels

DEEP = settings.default.max_examples >= 1000
NAMES = () if DEEP else ("relu",)
RANDOM_PROGRAMS = 45 if DEEP else 1
ATTEMPTS = 3 if DEEP else 1
FEW, MANY = range(20), range(20, 220)
Record = Callable[[str, object], None]
Mutator = Callable[[str, Random], str | None]


def _replace_one(
    text: str, random: Random, pattern: str, change: Callable[[re.Match[str]], str | None]
) -> str | None:
    """One of the places that match, changed; None where there is none to change."""
    found = [(m, new) for m in re.finditer(pattern, text) if (new := change(m)) is not None]
    if not found:
        return None
    match, new = random.choice(found)
    return text[: match.start()] + new + text[match.end() :]


def drop_flag(text: str, random: Random) -> str | None:
    """One set or one wait."""
    return _replace_one(text, random, r" *(set|wait)_flag<.*\n", lambda m: "")


def drop_pair(text: str, random: Random) -> str | None:
    """A set, and the wait that comes next for the same pipes and id."""
    sets = list(re.finditer(r" *set_flag<(.*)>\((\d)\);.*\n", text))
    for first in random.sample(sets, len(sets)):
        wait = f"wait_flag<{first[1]}>({first[2]});"
        at = text.find(wait, first.end())
        if at >= 0:
            return text[: first.start()] + text[first.end() : at] + text[at + len(wait) :]
    return None


def _one_less(fields: str) -> Mutator:
    def mutate(text: str, random: Random) -> str | None:
        return _replace_one(
            text,
            random,
            rf"\.({fields}) = (\d+)",
            lambda m: f".{m[1]} = {int(m[2]) - 1}" if int(m[2]) > 1 else None,
        )

    return mutate


# Not a number, as `f32(-INFINITY)`.
_PLACE = r"(?![fi]\d+\()\w+(?:\((?:[^()]|\([^()]*\))*\)|\.at(?:<\w+>)?\((?:[^()]|\([^()]*\))*\))*"


def shift_address(text: str, random: Random) -> str | None:
    """A buffer, or one operand of an instruction, starts a block later."""
    pattern = (
        r"(?P<buffer>= (?:ub|l1)<[\w, ]+>\()(?P<address>\d+)\)"
        rf"|(?P<call>^ *(?:copy|load\dd|mad|v\w+)\()(?P<first>{_PLACE})(?P<second>, {_PLACE})?,"
    )

    def later(match: re.Match[str]) -> str:
        if match["buffer"]:
            return f"{match['buffer']}{int(match['address']) + 32})"
        second = match["second"] or ""
        if second and random.random() < 0.5:
            return f"{match['call']}{match['first']}{second}.at(32),"
        return f"{match['call']}{match['first']}.at(32){second},"

    return _replace_one(text, random, rf"(?m){pattern}", later)


MUTATORS: dict[str, Mutator] = {
    "drop a flag": drop_flag,
    "drop a pair of flags": drop_pair,
    "one repeat less": _one_less("repeat"),
    "one lane less": _one_less("mask"),
    "shorter bursts": _one_less("length|count"),
    "shift an address": shift_address,
}


def _functions() -> Iterator[tuple[str, func.FuncOp]]:
    for name, module in finished_kernels(RANDOM_PROGRAMS, NAMES):
        (function,) = kernels(module)
        yield name, function


def _mutants(name: str, text: str) -> Iterator[tuple[tuple[str, int], str]]:
    """Texts with one change, by its kind and the number of the attempt."""
    for kind, mutate in MUTATORS.items():
        for attempt in range(ATTEMPTS):
            mutant = mutate(text, Random(zlib.crc32(f"{name} {kind} {attempt}".encode())))
            if mutant is not None:
                yield (kind, attempt), mutant


def _arrays(kernel: HostKernel) -> list[Array]:
    """Values of all arguments: some kernels read what they update."""
    random = np.random.default_rng(0)
    tensors = kernel.kernel.tensors[: kernel.kernel.arguments]
    return [random.standard_normal(t.shape).astype(DTYPES[t.element]) for t in tensors]


def _differs(
    kernel: HostKernel, arrays: Sequence[Array], expected: dict[int, Array], mode: HostMode
) -> bool:
    try:
        found = kernel.run(arrays, mode)
    except MachineError:
        return True
    return any(found[k].tobytes() != expected[k].tobytes() for k in expected)


def test_changed_texts_are_found_out(record_property: Record) -> None:
    counts: Counter[str] = Counter()
    survivors: list[str] = []
    for name, function in _functions():
        original = HostKernel(function, TARGET)
        arrays = _arrays(original)
        expected = original.run(arrays, HostMode(check=True))
        counts["kernels"] += 1
        mutants = dict(_mutants(name, original.kernel.text))
        built = original.variants(list(mutants.values()))
        for (kind, attempt), mutant in zip(mutants, built, strict=True):
            counts[f"{kind}: made"] += 1
            modes = [HostMode(check=True), *(HostMode(True, seed) for seed in FEW)]
            seen = any(_differs(mutant, arrays, expected, mode) for mode in modes)
            wrong = seen or any(
                _differs(mutant, arrays, expected, HostMode(True, seed)) for seed in MANY
            )
            counts[f"{kind}: counted"] += wrong
            counts[f"{kind}: seen"] += seen
            if wrong and not seen:
                survivors.append(f"{name}: {kind} {attempt}")
    record_property("counts", dict(counts) | {"survivors": survivors})
    print("\n".join(f"{number:6} {what}" for what, number in sorted(counts.items())))
    print("survivors:", *survivors, sep="\n  ")
    counted = sum(counts[f"{kind}: counted"] for kind in MUTATORS)
    assert counted > 0
    assert len(survivors) * 100 <= counted
    if DEEP:
        assert counts["kernels"] >= 50

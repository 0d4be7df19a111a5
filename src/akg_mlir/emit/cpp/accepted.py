"""The header that says what each instruction accepts on each target.

`python -m akg_mlir.emit.cpp.accepted` writes it anew after a target's description has changed.
"""

from __future__ import annotations

from pathlib import Path

from akg_mlir.targets import load, names

HEADER = Path(__file__).parent.parent / "include" / "akg_npu" / "targets.hpp"

_HEAD = """\
// What instructions accept on each target: made from their descriptions by
// python -m akg_mlir.emit.cpp.accepted
#pragma once

namespace akg {

// Element types; of conversions and products those of source and destination; of copies memories.
struct Accepted {
  const char *target, *instruction, *types;
};

inline constexpr Accepted accepted[] = {
"""
_TAIL = """\
};

}  // namespace akg
"""


def accepted_header() -> str:
    """The text of `akg_npu/targets.hpp`."""
    rows: list[str] = []
    for name in names():
        target = load(name)
        paths = [f"{source}->{destination}" for source, destination in target.paths]
        for instruction, words in {"copy": paths, **target.types}.items():
            rows.append(f'    {{"{name}", "{instruction}", " {" ".join(words)} "}},\n')
    return _HEAD + "".join(rows) + _TAIL


if __name__ == "__main__":
    HEADER.write_text(accepted_header())

"""Names of SSA values in C++ text."""

from __future__ import annotations

import re

from xdsl.ir import Operation, SSAValue

from akg_mlir.diagnostics import CompileError
from akg_mlir.dialects.npu import Opcode
from akg_mlir.emit.cpp.scalar import FUNCTIONS

_WORDS = (
    "alignas asm auto bool break case catch char class const continue default delete do "
    "double else enum explicit export extern false float for friend goto if inline int long "
    "mutable namespace new operator private protected public register return short signed "
    "sizeof static struct switch template this throw true try typedef union unsigned using "
    "virtual void volatile while main half "
    "gm l1 l0a l0b l0c ub load store within copy fetch load2d load3d mad vnchwconv set_flag "
    "wait_flag pipe_barrier start_core finish_core core_id cores target tensors convert ordered "
    "as_unsigned floor_div ceil_div modulo f16 f32 f64 i1 i8 i16 i32 i64 ui8 Target Pipe Bursts "
    "Places Fill Unary Binary Compare Reduce Transpose Fractals Windows Product"
)
_RESERVED = frozenset((*_WORDS.split(), *Opcode, *FUNCTIONS.values()))
"""Words of C++, and those of `akg_npu.hpp` that kernels use."""


class Names:
    """What each value is called: a variable of its own, or an expression."""

    def __init__(self) -> None:
        self._texts: dict[SSAValue, str] = {}
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def __contains__(self, value: SSAValue) -> bool:
        return value in self._texts

    def __getitem__(self, value: SSAValue) -> str:
        return self._texts[value]

    def known(self, value: SSAValue, user: Operation) -> str:
        """What a value is called. Raises CompileError for values that have no text."""
        if value not in self._texts:
            owner = value.owner
            raise CompileError(
                "an index, bound or condition must be computed from integers",
                owner if isinstance(owner, Operation) else user,
            )
        return self._texts[value]

    def inline(self, value: SSAValue, text: str) -> None:
        """Write `text` wherever the value is used."""
        self._texts[value] = text

    def define(self, value: SSAValue, kind: str) -> str:
        """A new variable, called as in the IR where it has a name there, else after its kind."""
        self._texts[value] = self.unique(value.name_hint or kind)
        return self._texts[value]

    def unique(self, wanted: str) -> str:
        """An identifier that nothing else has."""
        base = re.sub(r"\W", "_", wanted)
        base = f"_{base}" if base[:1].isdigit() else base
        name = base
        while name in self._taken or name in _RESERVED:
            self._counts[base] = self._counts.get(base, 0) + 1
            name = f"{base}_{self._counts[base]}"
        self._taken.add(name)
        return name


def kernel_identifier(symbol: str) -> str:
    """The C++ function of the kernel with this symbol; a launch calls `<it>_launch`."""
    return Names().unique(symbol)

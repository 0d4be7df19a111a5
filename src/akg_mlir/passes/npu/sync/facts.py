"""Sets of facts that hold at one place of a program: for every pipe, and for every flag.

Executing an instruction ends one fact everywhere, which would touch every set for every
instruction. Instead a state keeps what has ended, and each set what of that it knew of when it was
written: the rest is taken off where the set is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from akg_mlir.dialects.npu import Pipe
from akg_mlir.passes.npu.sync.schedule import PIPES, Flag

EVERYTHING = -1
"""All facts: what holds before anything was executed, and after a barrier on all pipes."""

Facts = tuple[int, int]
"""A set when it was written, and what had ended then."""


@dataclass(eq=False)
class State:
    """Facts at the start of the next instruction of a pipe; those that the wait of a flag brings,
    of flags that are set; and what has ended (every fact once at most: `_settle`)."""

    _known: dict[Pipe, Facts] = field(default_factory=lambda: dict.fromkeys(PIPES, (EVERYTHING, 0)))
    _flags: dict[Flag, Facts] = field(default_factory=dict[Flag, Facts])
    _ended: int = 0

    def copy(self) -> State:
        """An independent copy."""
        return State(dict(self._known), dict(self._flags), self._ended)

    @property
    def flags(self) -> Iterable[Flag]:
        """The flags that are set."""
        return self._flags.keys()

    def known(self, pipe: Pipe) -> int:
        """The facts of a pipe."""
        return self._now(self._known[pipe])

    def learn(self, pipe: Pipe, facts: int) -> None:
        """Facts hold for a pipe from now on."""
        self._known[pipe] = self.known(pipe) | facts, self._ended

    def set(self, flag: Flag, facts: int) -> None:
        """A flag is set; its wait will bring these facts."""
        self._flags[flag] = facts, self._ended

    def brings(self, flag: Flag) -> int:
        """What the wait of a flag would bring; everything where it is clear."""
        return self._now(self._flags[flag]) if flag in self._flags else EVERYTHING

    def take(self, flag: Flag) -> int:
        """A flag is cleared. Returns its facts."""
        return self._now(self._flags.pop(flag))

    def forget(self, fact: int) -> None:
        """A fact (one bit) ends everywhere."""
        if self._ended & fact:
            self._settle()
        self._ended |= fact

    def map(self, change: Callable[[int], int]) -> None:
        """Apply `change` to every set of facts."""
        self._known = {pipe: (change(self._now(v)), 0) for pipe, v in self._known.items()}
        self._flags = {flag: (change(self._now(v)), 0) for flag, v in self._flags.items()}
        self._ended = 0

    def meet(self, other: State) -> State:
        """What holds in both, of flags that are set in both."""
        known = {p: (self.known(p) & other.known(p), 0) for p in self._known}
        flags = {
            flag: (self._now(facts) & other._now(other._flags[flag]), 0)
            for flag, facts in self._flags.items()
            if flag in other._flags
        }
        return State(known, flags)

    def holds_as(self, other: State) -> bool:
        """Whether the same holds in both."""
        if self._flags.keys() != other._flags.keys():
            return False
        return all(self.known(p) == other.known(p) for p in self._known) and all(
            self._now(facts) == other._now(other._flags[flag])
            for flag, facts in self._flags.items()
        )

    def _now(self, facts: Facts) -> int:
        """What is left of a set: less what has ended since it was written, and not before."""
        written, ended = facts
        return written if ended is self._ended else written & ~(self._ended ^ ended)

    def _settle(self) -> None:
        """Take off everywhere what has ended, so that it may end again."""
        self.map(lambda facts: facts)

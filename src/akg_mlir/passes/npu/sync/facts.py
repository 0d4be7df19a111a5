"""Sets of facts that hold at one place of a program: for every pipe, and for every flag.

Executing an instruction ends one fact everywhere, which would touch every set for every
instruction. Instead a state keeps what has ended, and each set what of that it knew of when it was
written: the rest is taken off where the set is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    of flags that are set; and what has ended (every fact once at most: `_settle`).

    The flags of `initial` are set before everything. Until they are awaited they would all bring
    the same, `_untouched`, so that a flag may be added to them at any time: it is as if it had been
    there from the start. `_flags` has those that were set or awaited since, None where it is clear.
    """

    initial: set[Flag] = field(default_factory=set[Flag])
    _known: dict[Pipe, Facts] = field(default_factory=lambda: dict.fromkeys(PIPES, (EVERYTHING, 0)))
    _flags: dict[Flag, Facts | None] = field(default_factory=dict[Flag, Facts | None])
    _untouched: Facts = (EVERYTHING, 0)
    _ended: int = 0

    def copy(self) -> State:
        """An independent copy; new flags of `initial` are those of both."""
        return State(
            self.initial, dict(self._known), dict(self._flags), self._untouched, self._ended
        )

    def is_set(self, flag: Flag) -> bool:
        """Whether a flag is set."""
        return self._facts(flag) is not None

    @property
    def flags(self) -> list[Flag]:
        """The flags that are set."""
        return [f for f in {**self._flags, **dict.fromkeys(self.initial)} if self.is_set(f)]

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
        facts = self._facts(flag)
        return EVERYTHING if facts is None else self._now(facts)

    def take(self, flag: Flag) -> int:
        """A flag that is set is cleared. Returns its facts."""
        facts = self.brings(flag)
        self._flags[flag] = None
        return facts

    def forget(self, fact: int) -> None:
        """A fact (one bit) ends everywhere."""
        if self._ended & fact:
            self._settle()
        self._ended |= fact

    def map(self, change: Callable[[int], int]) -> None:
        """Apply `change` to every set of facts."""
        self._known = {pipe: (change(self._now(v)), 0) for pipe, v in self._known.items()}
        self._flags = {
            flag: None if facts is None else (change(self._now(facts)), 0)
            for flag, facts in self._flags.items()
        }
        self._untouched = change(self._now(self._untouched)), 0
        self._ended = 0

    def differing(self, other: State) -> list[Flag]:
        """The flags that are set in one and clear in the other."""
        return [flag for flag, a, b in self._pairs(other) if (a is None) != (b is None)]

    def meet(self, other: State) -> State:
        """What holds in both, of flags that are set in both."""
        known = {p: (self.known(p) & other.known(p), 0) for p in self._known}
        flags: dict[Flag, Facts | None] = {
            flag: None if a is None or b is None else (self._now(a) & other._now(b), 0)
            for flag, a, b in self._pairs(other)
        }
        untouched = self._now(self._untouched) & other._now(other._untouched), 0
        return State(self.initial, known, flags, untouched)

    def holds_as(self, other: State) -> bool:
        """Whether the same holds in both."""
        return (
            all(self.known(p) == other.known(p) for p in self._known)
            and self._now(self._untouched) == other._now(other._untouched)
            and all(
                a is b if a is None or b is None else self._now(a) == other._now(b)
                for _, a, b in self._pairs(other)
            )
        )

    def _pairs(self, other: State) -> Iterator[tuple[Flag, Facts | None, Facts | None]]:
        """The facts in both, of flags that one has set or awaited."""
        mine, theirs = self._flags, other._flags
        if mine.keys() == theirs.keys():
            yield from ((flag, facts, theirs[flag]) for flag, facts in mine.items())
        else:
            yield from ((flag, self._facts(flag), other._facts(flag)) for flag in mine | theirs)

    def _facts(self, flag: Flag) -> Facts | None:
        if flag in self._flags:
            return self._flags[flag]
        return self._untouched if flag in self.initial else None

    def _now(self, facts: Facts) -> int:
        """What is left of a set: less what has ended since it was written, and not before."""
        written, ended = facts
        return written if ended is self._ended else written & ~(self._ended ^ ended)

    def _settle(self) -> None:
        """Take off everywhere what has ended, so that it may end again."""
        self.map(lambda facts: facts)

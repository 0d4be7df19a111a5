"""A compiled program as data: its kernels, where every buffer lives, and what a run does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Literal, TypeAlias

from akg_mlir.emit.cpp import KernelText
from akg_mlir.emit.cpp.literals import BYTES
from akg_mlir.sources import Array
from akg_mlir.targets import Target

NPU_ARCHITECTURES = {"ascend910": 1001, "ascend910b": 2201}
"""The machines of our targets as Ascend C numbers them (`dav-N`, in its documentation of
`GetCurNpuArch`); those that are not here it does not build for."""

Space = Literal["input", "output", "weights", "arena"]


@dataclass(frozen=True)
class Tensor:
    """An array of the program: rows behind each other, the last dimension contiguous."""

    name: str
    element: str
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """Its size."""
        return prod(self.shape) * BYTES[self.element]

    def __str__(self) -> str:
        return f"{self.name}: {self.element} [{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True)
class Place:
    """Memory of a run: `at` is the number of an input or output, or a byte of the file of weights
    or of the arena, which holds what lives during a run only."""

    space: Space
    at: int
    bytes: int


@dataclass(frozen=True)
class Weight:
    """Known values: `load` gives the array, `origin` says what it was made of."""

    tensor: Tensor
    offset: int
    origin: str
    load: Callable[[], Array]


@dataclass(frozen=True)
class Temporary:
    """A buffer of the arena, needed from step `first` to step `last`."""

    name: str
    offset: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Copy:
    """A step that copies bytes: of a result that is an input, or of what a kernel updates."""

    source: Place
    target: Place


@dataclass(frozen=True)
class Call:
    """A step that runs a kernel on a place per tensor of it; `fresh` are those that have no
    content before."""

    kernel: KernelText
    places: tuple[Place, ...]
    fresh: frozenset[int]


Step: TypeAlias = Copy | Call


@dataclass(frozen=True)
class Plan:
    """A program: `inputs` and `outputs` are the arrays of its user; `becomes` gives for an input
    the output that is its new content.

    `weights` lie at multiples of `alignment` of a file of `weights_bytes`, buffers at such of an
    arena of `arena_bytes`.
    """

    name: str
    target: Target
    kernels: tuple[KernelText, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    becomes: dict[int, int]
    weights: tuple[Weight, ...]
    weights_bytes: int
    temporaries: tuple[Temporary, ...]
    arena_bytes: int
    alignment: int
    steps: tuple[Step, ...]

"""Targets: what a machine can do and how fast, read from the TOML files beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast

_PACKAGE = "akg_mlir.targets"


class UnknownTarget(ValueError):
    """No target of this name; the message lists those that exist."""


@dataclass(frozen=True)
class Limits:
    """Largest value of each instruction field."""

    repeat: int
    block_stride: int
    repeat_stride: int
    unary_block_stride: int
    bursts: int
    burst_blocks: int
    burst_gap: int
    load2d_repeat: int
    load3d_image: int
    load3d_byte: int
    load3d_stride: int
    load3d_jump: int

    @property
    def load3d(self) -> Mapping[str, tuple[int, int]]:
        """Least and largest value of the fields of a load by img2col."""
        return {
            "image": (1, self.load3d_image),
            "pads": (0, self.load3d_byte),
            "kernel": (1, self.load3d_byte),
            "strides": (1, self.load3d_stride),
            "dilations": (1, self.load3d_byte),
            "repeat": (1, self.load3d_byte),
            "jump": (1, self.load3d_jump),
        }


@dataclass(frozen=True)
class Cube:
    """Matrix unit: an m x n x (k_bytes / element size) fractal product per `fractal_cycles`.

    `load3d_startup` is what a load by img2col costs beside its bytes."""

    m: int
    n: int
    k_bytes: int
    fractal_cycles: int
    startup: int
    latency: int
    load3d_startup: int

    def k(self, element_bytes: int) -> int:
        """Elements of k per fractal (K0)."""
        return self.k_bytes // element_bytes


@dataclass(frozen=True)
class Vector:
    """Vector unit. `slopes` are cycles per repeat of a datapath as wide as a repeat."""

    repeat_bytes: int
    bytes_per_cycle: int
    startup: int
    bank_groups: int
    slopes: Mapping[str, int]

    def repeat_cycles(self, instruction: str) -> int:
        """Cycles per repeat without bank conflicts. Raises `KeyError` for unknown instructions."""
        name = "vcmp" if instruction.startswith("vcmp") else instruction
        return self.slopes[name] * self.repeat_bytes // self.bytes_per_cycle


@dataclass(frozen=True)
class GlobalMemory:
    """Rates of GM in bytes per cycle: DRAM is shared by the active cores, L2 rates are per core."""

    dram_total: int
    core_port: int
    l2_read: int
    l2_write: int
    l2_usable: float
    unaligned: float

    def dram_share(self, active_cores: int) -> float:
        """What one of `active_cores` cores gets of the DRAM, bytes per cycle."""
        return min(self.core_port, self.dram_total / active_cores)


@dataclass(frozen=True)
class Path:
    """A data path: startup cycles per instruction, least cycles per burst, rate, latency. What is
    `posted` to GM is done when L2 has it: DRAM takes it from there in its own time."""

    startup: int
    burst: int
    bytes_per_cycle: int
    latency: int
    posted: bool = False


@dataclass(frozen=True)
class Scalar:
    """Scalar unit: cycles per element access and per operation of `npu.scalar`."""

    access_cycles: int
    operation_cycles: int


@dataclass(frozen=True, eq=False)
class Target:
    """One machine. Sizes in bytes, times in cycles, rates in bytes per cycle.

    Targets compare by identity: `load` gives the same object for the same name.
    `memories` has l0a, l0b, l0c, l1, ub (per core) and l2 (shared, 0 when absent); `alignments`
    the same names and gm, whose alignment is what full bandwidth needs and not a rule. `paths` is
    keyed by (source memory, destination memory). `types` maps an instruction to its element types,
    conversions as "from->to". `sources` maps the dotted name of a figure, or of its table, to
    where it comes from.
    """

    name: str
    description: str
    clock_ghz: float
    cores: int
    events_per_pair: int
    queue_depth: int
    issue_cycles: int
    flag_latency: int
    memories: Mapping[str, int]
    alignments: Mapping[str, int]
    limits: Limits
    cube: Cube
    vector: Vector
    gm: GlobalMemory
    paths: Mapping[tuple[str, str], Path]
    scalar: Scalar
    types: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, str]

    @property
    def is_split(self) -> bool:
        """Whether the cube and the vector unit have cores of their own: no path but those by way of
        GM joins UB and the memories of the cube. A kernel then uses one of the two."""
        others = {"l1", "l0a", "l0b", "l0c"}
        return not any("ub" in path and others & {*path} for path in self.paths)

    @property
    def drain(self) -> tuple[str, str]:
        """The path on which results of the cube leave L0C: to UB, or where none leads there to GM
        (the fixpipe)."""
        to_ub = ("l0c", "ub")
        return to_ub if to_ub in self.paths else ("l0c", "gm")

    def supports(self, instruction: str, element: str) -> bool:
        """Whether an instruction accepts an element type, e.g. ("vadd", "f16"),
        ("vconv", "f16->f32") or ("mad", "f16->f32")."""
        name = "vcmp" if instruction.startswith("vcmp") else instruction
        return element in self.types.get(name, ())


def names() -> tuple[str, ...]:
    """Names of the targets that `load` knows, sorted."""
    files = resources.files(_PACKAGE).iterdir()
    return tuple(sorted(f.name[:-5] for f in files if f.name.endswith(".toml")))


@cache
def load(name: str) -> Target:
    """The target of this name. Raises `UnknownTarget` when there is none."""
    sources: dict[str, str] = {}
    figures = _plain(_read(name), "", sources)
    figures["paths"] = {
        tuple(key.split("->")): Path(**path) for key, path in figures["paths"].items()
    }
    figures["types"] = {key: tuple(types) for key, types in figures["types"].items()}
    for key, table in _TABLES.items():
        figures[key] = table(**figures[key])
    return Target(**figures, sources=sources)


_TABLES: Mapping[str, type[Any]] = {
    "limits": Limits,
    "cube": Cube,
    "vector": Vector,
    "gm": GlobalMemory,
    "scalar": Scalar,
}


def _read(name: str) -> dict[str, Any]:
    """The tables of a target's file, laid over those of its `base`."""
    if name not in names():
        raise UnknownTarget(f"unknown target '{name}'; known targets: {', '.join(names())}")
    text = (resources.files(_PACKAGE) / f"{name}.toml").read_text(encoding="utf-8")
    figures = tomllib.loads(text)
    base = figures.pop("base", None)
    return figures if base is None else _overlay(_read(base), figures)


def _overlay(base: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """The figures over those of the base; `false` takes one of the base's away."""
    merged = dict(base)
    for key, value in figures.items():
        if value is False:
            del merged[key]
            continue
        old = base.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and "value" not in value:
            value = _overlay(cast("dict[str, Any]", old), cast("dict[str, Any]", value))
        merged[key] = value
    return merged


def _plain(table: dict[str, Any], path: str, sources: dict[str, str]) -> dict[str, Any]:
    """The table with `{ value, source }` pairs reduced to values; sources are noted by name."""
    result: dict[str, Any] = {}
    for key, value in table.items():
        dotted = f"{path}.{key}" if path else key
        if key == "source":
            sources[path] = value
        elif isinstance(value, dict) and "value" in value:
            sources[dotted] = cast(str, value["source"])
            result[key] = value["value"]
        elif isinstance(value, dict):
            result[key] = _plain(cast("dict[str, Any]", value), dotted, sources)
        else:
            result[key] = value
    return result

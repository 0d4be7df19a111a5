"""What a run of a program showed, as plain data, as JSON and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akg_mlir.report.table import render


class ImpossibleFigures(Exception):
    """A run was faster, or moved less, than is possible: a bound or the machine is wrong."""


@dataclass(frozen=True)
class KernelFigures:
    """One kernel of a run.

    `cycles` is the timed run and `busy` how many of them each pipe of the slowest core works;
    `lower_bound` is what no schedule can beat and `bound_by` the resource that sets it. `gm_bytes`
    were moved from and to GM, `compulsory_bytes` are read or written at all, `least_bytes` is the
    larger of that and the I/O bound of products. `peak_bytes` is the peak use of each on-chip
    memory, `compile_seconds` is by pass, `max_error` relative to the largest reference value (None
    when not compared).
    """

    name: str
    ok: bool
    cycles: int
    busy: Mapping[str, int]
    lower_bound: int
    bound_by: str
    lower_bound_without_fill: int
    gm_bytes: int
    compulsory_bytes: int
    least_bytes: int
    peak_bytes: Mapping[str, int]
    instructions: int
    compile_seconds: Mapping[str, float]
    max_error: float | None

    @property
    def utilisation(self) -> float:
        """Lower bound over cycles, at most 1."""
        return self.lower_bound / self.cycles if self.cycles else 0.0

    @property
    def busiest(self) -> str:
        """The pipe that works most of the time: the one that binds."""
        return max(self.busy, key=lambda pipe: self.busy[pipe])

    @property
    def traffic_ratio(self) -> float:
        """Bytes moved over the least possible, at least 1."""
        return self.gm_bytes / self.least_bytes if self.least_bytes else 1.0

    def check(self) -> None:
        """Raises `ImpossibleFigures` when a bound is beaten."""
        _check(f"kernel {self.name}", self)


@dataclass(frozen=True)
class RunReport:
    """A run of a whole program.

    `modes` says for each order of execution whether its results are those of program order, bit
    for bit. `lower_bound` is that of the case: computed as if nothing had been cut into kernels.
    `max_error` and `tolerance` are those of the program's results. `compile_seconds` is by pass
    over everything.
    """

    name: str
    target: str
    ok: bool
    modes: Mapping[str, bool]
    lower_bound: int
    bound_by: str
    lower_bound_without_fill: int
    least_bytes: int
    max_error: float | None
    tolerance: float | None
    compile_seconds: Mapping[str, float]
    kernels: tuple[KernelFigures, ...]

    @property
    def cycles(self) -> int:
        """Cycles of the program: its kernels run one after the other."""
        return sum(kernel.cycles for kernel in self.kernels)

    @property
    def utilisation(self) -> float:
        """Lower bound of the case over the cycles of all kernels, at most 1."""
        return self.lower_bound / self.cycles if self.cycles else 0.0

    @property
    def gm_bytes(self) -> int:
        """Bytes that all kernels moved from and to GM."""
        return sum(kernel.gm_bytes for kernel in self.kernels)

    @property
    def traffic_ratio(self) -> float:
        """Bytes moved over the least possible for the program as a whole, at least 1."""
        return self.gm_bytes / self.least_bytes if self.least_bytes else 1.0

    def check(self) -> None:
        """Raises `ImpossibleFigures` when a bound is beaten, by a kernel or by all of them."""
        for kernel in self.kernels:
            kernel.check()
        if self.kernels:
            _check(self.name, self)

    def as_dict(self) -> dict[str, Any]:
        """The JSON of `akg run --json`."""
        return {
            "ok": self.ok,
            "name": self.name,
            "target": self.target,
            "cycles": self.cycles,
            "lower_bound": self.lower_bound,
            "bound_by": self.bound_by,
            "lower_bound_without_fill": self.lower_bound_without_fill,
            "gm_bytes": self.gm_bytes,
            "least_bytes": self.least_bytes,
            "traffic_ratio": round(self.traffic_ratio, 4),
            "utilisation": round(self.utilisation, 4),
            "max_error": self.max_error,
            "modes": dict(self.modes),
            "compile_seconds": rounded(self.compile_seconds),
            "kernels": [_kernel_dict(kernel) for kernel in self.kernels],
        }

    def __str__(self) -> str:
        return "\n".join([self.headline(), *render(_COLUMNS, _rows(self)), *self.footer()])

    def headline(self) -> str:
        """One line: what ran where, and whether it was right."""
        verdict = "ok" if self.ok else "WRONG"
        count = f"{len(self.kernels)} kernel{'' if len(self.kernels) == 1 else 's'}"
        share = f"{self.utilisation:.0%} utilisation (bound by {self.bound_by})"
        return (
            f"{self.name} on {self.target}: {verdict}, {count}, {self.cycles:,} cycles, "
            f"{share if self.lower_bound else 'no lower bound known'}"
        )

    def footer(self) -> list[str]:
        """How the results compare, and where compile time went."""
        lines = list[str]()
        if self.max_error is not None:
            lines.append(f"max error {self.max_error:.2e}, tolerance {self.tolerance:.0e}")
        if self.modes:
            orders = ", ".join(
                f"{mode} {'same' if same else 'DIFFERENT'}" for mode, same in self.modes.items()
            )
            lines.append(f"orders of execution: {orders}")
        seconds = sorted(self.compile_seconds.items(), key=lambda entry: -entry[1])
        shown = ", ".join(f"{name} {value:.2f}" for name, value in seconds[:5])
        lines.append(f"compile seconds {sum(self.compile_seconds.values()):.2f}: {shown}, …")
        return lines


def _check(what: str, figures: KernelFigures | RunReport) -> None:
    if figures.cycles < figures.lower_bound:
        raise ImpossibleFigures(
            f"{what} takes {figures.cycles} cycles, the least possible is {figures.lower_bound} "
            f"({figures.bound_by})"
        )
    if figures.gm_bytes < figures.least_bytes:
        raise ImpossibleFigures(
            f"{what} moves {figures.gm_bytes} bytes from and to GM, the least possible is "
            f"{figures.least_bytes}"
        )


_COLUMNS = (
    "kernel",
    "cycles",
    "bound",
    "bound by",
    "util",
    "busiest pipe",
    "GM bytes",
    "x least",
    "peak bytes",
    "instr",
    "compile s",
    "max error",
)


def _rows(report: RunReport) -> Sequence[Sequence[str]]:
    return [
        (
            kernel.name + ("" if kernel.ok else " WRONG"),
            f"{kernel.cycles:,}",
            f"{kernel.lower_bound:,}",
            kernel.bound_by,
            f"{kernel.utilisation:.0%}",
            _share(kernel),
            f"{kernel.gm_bytes:,}",
            f"{kernel.traffic_ratio:.2f}",
            " ".join(f"{name} {size:,}" for name, size in kernel.peak_bytes.items() if size),
            f"{kernel.instructions:,}",
            f"{sum(kernel.compile_seconds.values()):.2f}",
            "-" if kernel.max_error is None else f"{kernel.max_error:.1e}",
        )
        for kernel in report.kernels
    ]


def _share(kernel: KernelFigures) -> str:
    return f"{kernel.busiest} {kernel.busy[kernel.busiest] / max(kernel.cycles, 1):.0%}"


def _kernel_dict(kernel: KernelFigures) -> dict[str, Any]:
    return {
        "name": kernel.name,
        "ok": kernel.ok,
        "cycles": kernel.cycles,
        "lower_bound": kernel.lower_bound,
        "bound_by": kernel.bound_by,
        "lower_bound_without_fill": kernel.lower_bound_without_fill,
        "busy": dict(kernel.busy),
        "busiest_pipe": kernel.busiest,
        "gm_bytes": kernel.gm_bytes,
        "compulsory_bytes": kernel.compulsory_bytes,
        "least_bytes": kernel.least_bytes,
        "traffic_ratio": round(kernel.traffic_ratio, 4),
        "peak_bytes": dict(kernel.peak_bytes),
        "instructions": kernel.instructions,
        "compile_seconds": rounded(kernel.compile_seconds),
        "max_error": kernel.max_error,
    }


def rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    """Seconds by pass, to the microsecond."""
    return {name: round(value, 6) for name, value in seconds.items()}

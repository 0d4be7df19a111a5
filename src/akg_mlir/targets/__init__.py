"""Machine descriptions. Nothing here knows IR: `load(name)` gives plain figures."""

from __future__ import annotations

from akg_mlir.targets.bounds import Bound, Product, Workload, least_traffic, lower_bound
from akg_mlir.targets.model import Path, Target, UnknownTarget, load, names

__all__ = [
    "Bound",
    "Path",
    "Product",
    "Target",
    "UnknownTarget",
    "Workload",
    "least_traffic",
    "load",
    "lower_bound",
    "names",
]

"""The passes of akg-mlir by name, loaded lazily. One file per pass; file name = pass name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from xdsl.passes import ModulePass

# pass name -> (module, class). Kept sorted inside each floor.
TENSOR: dict[str, tuple[str, str]] = {}
AFFINE: dict[str, tuple[str, str]] = {
    "poly-verify": ("poly_verify", "PolyVerify"),
}
NPU: dict[str, tuple[str, str]] = {}


def get_all_passes() -> dict[str, Callable[[], type[ModulePass]]]:
    """Pass name -> factory of the pass class. Importing happens in the factory."""

    def loader(floor: str, module: str, cls: str) -> Callable[[], type[ModulePass]]:
        return lambda: getattr(import_module(f"akg_mlir.passes.{floor}.{module}"), cls)

    return {
        name: loader(floor, *entry)
        for floor, table in (("tensor", TENSOR), ("affine", AFFINE), ("npu", NPU))
        for name, entry in table.items()
    }

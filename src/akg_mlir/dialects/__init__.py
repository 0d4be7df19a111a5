"""The dialects of akg-mlir, loaded lazily."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.ir import Dialect


def get_all_dialects() -> dict[str, Callable[[], Dialect]]:
    """Dialect name -> factory. Importing happens in the factory."""

    def get_npu() -> Dialect:
        from akg_mlir.dialects.npu import NPU

        return NPU

    def get_poly() -> Dialect:
        from akg_mlir.dialects.poly import POLY

        return POLY

    def get_te() -> Dialect:
        from akg_mlir.dialects.te import TE

        return TE

    return {"npu": get_npu, "poly": get_poly, "te": get_te}


def get_affine() -> Dialect:
    """xDSL's affine dialect with the syntax that it lacks; plain xDSL tools keep their own."""
    from akg_mlir.dialects.affine_syntax import AFFINE

    return AFFINE

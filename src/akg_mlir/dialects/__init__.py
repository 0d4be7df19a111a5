"""The dialects of akg-mlir, and those of xDSL that it extends, loaded lazily."""

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


def get_extended_dialects() -> dict[str, Callable[[], Dialect]]:
    """Name -> factory of the dialects that take the place of xDSL's; its own tools keep theirs."""

    def get_affine() -> Dialect:
        from akg_mlir.dialects.affine_syntax import AFFINE

        return AFFINE

    def get_linalg() -> Dialect:
        from akg_mlir.dialects.upstream import LINALG

        return LINALG

    def get_tensor() -> Dialect:
        from akg_mlir.dialects.upstream import TENSOR

        return TENSOR

    def get_tosa() -> Dialect:
        from akg_mlir.dialects.upstream import TOSA

        return TOSA

    return {"affine": get_affine, "linalg": get_linalg, "tensor": get_tensor, "tosa": get_tosa}

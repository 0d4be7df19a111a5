"""Kernels as C++ text over `akg_npu.hpp`: the same text runs on a host and builds for a device."""

from akg_mlir.emit.cpp.kernel import KernelText, emit_kernel

__all__ = ["KernelText", "emit_kernel"]

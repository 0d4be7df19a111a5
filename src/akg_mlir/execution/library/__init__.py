"""A compiled program as files: sources for a device, or a shared library for hosts."""

from akg_mlir.execution.library.build import Build, build_library, load_library
from akg_mlir.execution.library.wrapper import Program

__all__ = ["Build", "Program", "build_library", "load_library"]

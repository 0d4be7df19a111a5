"""Builds for devices, as far as they go without a toolkit: what CMake makes of our file, and which
body of akg_npu.hpp a compiler sees in both of its passes.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from example_files import EXAMPLES

import akg_mlir
from akg_mlir.execution.host_build import INCLUDE, compiler
from akg_mlir.execution.library import build_library

STUB = Path(__file__).parents[1] / "support" / "ascendc_stub"


def test_the_pass_for_the_host_of_a_device_sees_the_same_kernel() -> None:
    """Compilers define __NPU_ARCH__ in the pass for the device; builds define a macro of ours."""
    (text,) = akg_mlir.compile(EXAMPLES / "softmax.mlir").cpp().values()
    command = [compiler().path, "-std=c++17", f"-I{STUB}", f"-I{INCLUDE}", "-E", "-P", "-xc++", "-"]
    preprocessed = [
        subprocess.run(
            [*command, f"-D{macro}=1001"],
            input=text.replace('#include "akg_npu.hpp"', '#include "akg_npu.hpp"\n"kernel:"'),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split('"kernel:"')[1]
        for macro in ("__NPU_ARCH__", "AKG_NPU_ARCH")
    ]
    assert preprocessed[0] == preprocessed[1]
    assert "main_kernel0_launch" not in preprocessed[0]


CMAKE_LANGUAGE = {
    "ASCConfig.cmake": 'list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")',
    "CMakeDetermineASCCompiler.cmake": """
set(CMAKE_ASC_COMPILER "${CMAKE_CURRENT_LIST_DIR}/bisheng")
set(CMAKE_ASC_COMPILER_ENV_VAR ASC)
configure_file(${CMAKE_CURRENT_LIST_DIR}/CMakeASCCompiler.cmake.in
  ${CMAKE_PLATFORM_INFO_DIR}/CMakeASCCompiler.cmake @ONLY)""",
    "CMakeASCCompiler.cmake.in": """
set(CMAKE_ASC_COMPILER "@CMAKE_ASC_COMPILER@")
set(CMAKE_ASC_COMPILER_ENV_VAR ASC)
set(CMAKE_ASC_SOURCE_FILE_EXTENSIONS asc)
set(CMAKE_ASC_OUTPUT_EXTENSION .o)
set(CMAKE_ASC_LINKER_PREFERENCE 30)""",
    "CMakeTestASCCompiler.cmake": "set(CMAKE_ASC_COMPILER_WORKS 1)",
    "CMakeASCInformation.cmake": """
set(CMAKE_INCLUDE_FLAG_ASC "-I")
set(CMAKE_ASC_COMPILE_OBJECT
  "<CMAKE_ASC_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -o <OBJECT> -c <SOURCE>")
set(CMAKE_ASC_CREATE_SHARED_LIBRARY
  "<CMAKE_ASC_COMPILER> -shared -o <TARGET> <OBJECTS> <LINK_LIBRARIES>")""",
}
"""Ascend C as a language of CMake: what `find_package(ASC)` brings, with a compiler of ours."""


@pytest.mark.skipif(shutil.which("cmake") is None, reason="needs CMake")
def test_builds_for_devices_give_the_compiler_what_it_needs(tmp_path: Path) -> None:
    folder, package = tmp_path / "out", tmp_path / "ASC"
    compilation = akg_mlir.compile(EXAMPLES / "softmax.mlir").compilation
    build_library(compilation, folder, host=False)
    package.mkdir()
    for name, text in CMAKE_LANGUAGE.items():
        (package / name).write_text(text)
    bisheng = package / "bisheng"
    bisheng.write_text(f"""#!/bin/sh
echo "$@" >> {tmp_path}/calls
exec {compiler().path} -std=c++17 -fPIC -D__NPU_ARCH__=1001 -I{STUB} -xc++ \\
  $(echo "$@" | sed 's/--npu-arch=[^ ]*//; s/-shared.*/-shared -xnone &/')
""")
    bisheng.chmod(0o755)
    configure = ["cmake", "-B", "build", ".", "-DAKG_DEVICE=ON", f"-DASC_DIR={package}"]
    for command in (configure, ["cmake", "--build", "build"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    calls = (tmp_path / "calls").read_text()
    assert "-DAKG_NPU_ARCH=1001" in calls
    assert "--npu-arch=dav-1001" in calls
    assert (folder / "build" / "libsoftmax_kernels.so").exists()

"""The CMake file of a build: a library for hosts, or kernels for a device with CANN."""

from __future__ import annotations

from akg_mlir.execution.host_build import OPTIMISATION
from akg_mlir.execution.library.manifest import source_of
from akg_mlir.execution.library.plan import NPU_ARCHITECTURES, Plan


def cmake_lists(plan: Plan) -> str:
    """`CMakeLists.txt`. The device part uses the forms documented for CANN 8.3 to 9.x:
    `find_package(ASC)`, the language ASC, and `--npu-arch`."""
    name = plan.name
    sources = "\n".join(f"  {source_of(kernel)}" for kernel in plan.kernels)
    architecture = NPU_ARCHITECTURES.get(plan.target.name, "")
    return f"""\
# {name} for {plan.target.name}.
#
#   cmake -B build . && cmake --build build       the program as lib{name}.so for this computer
#   cmake -B build . -DAKG_DEVICE=ON && ...       its kernels as lib{name}_kernels.so for an NPU
#
# For a device CANN (8.3 or later) must be set up: source its set_env.sh; CMAKE_PREFIX_PATH needs
# <CANN>/compiler/tikcpp/ascendc_kernel_cmake where find_package(ASC) finds nothing.
cmake_minimum_required(VERSION 3.16)

option(AKG_DEVICE "build the kernels for an NPU" OFF)
set(AKG_NPU_ARCH "{architecture}" CACHE STRING "the NPU to build for: N of --npu-arch=dav-N")

set(KERNELS
{sources})

if(AKG_DEVICE)
  if(NOT AKG_NPU_ARCH)
    message(FATAL_ERROR "CANN does not build for {plan.target.name}; set AKG_NPU_ARCH")
  endif()
  find_package(ASC REQUIRED)
  project({name} LANGUAGES ASC CXX)
  set_source_files_properties(${{KERNELS}} PROPERTIES LANGUAGE ASC)
  add_library({name}_kernels SHARED ${{KERNELS}})
  target_include_directories({name}_kernels PRIVATE include)
  target_compile_options({name}_kernels PRIVATE
    $<$<COMPILE_LANGUAGE:ASC>:--npu-arch=dav-${{AKG_NPU_ARCH}}>)
  target_compile_definitions({name}_kernels PRIVATE AKG_NPU_ARCH=${{AKG_NPU_ARCH}})
else()
  project({name} LANGUAGES CXX)
  find_package(Threads REQUIRED)
  # Kernels are compiled for fast runs and for checked ones; what they have in common is compiled
  # once, in host.cpp.
  add_library({name}_fast OBJECT {name}.cpp ${{KERNELS}})
  add_library({name}_checked OBJECT ${{KERNELS}})
  target_compile_definitions({name}_checked PRIVATE AKG_CHECKED)
  add_library({name} SHARED include/akg_npu/host.cpp
    $<TARGET_OBJECTS:{name}_fast> $<TARGET_OBJECTS:{name}_checked>)
  foreach(PART {name} {name}_fast {name}_checked)
    target_compile_definitions(${{PART}} PRIVATE AKG_HOST_LIBRARY)
    target_include_directories(${{PART}} PRIVATE include)
    target_compile_features(${{PART}} PRIVATE cxx_std_17)
    target_compile_options(${{PART}} PRIVATE {" ".join(OPTIMISATION)})
    set_target_properties(${{PART}} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  endforeach()
  target_link_libraries({name} PRIVATE Threads::Threads)
  # Two libraries may be in one process: each shows the functions of its own header only.
  set(EXPORTS ${{CMAKE_CURRENT_SOURCE_DIR}}/exports.map)
  target_link_options({name} PRIVATE -Wl,--version-script=${{EXPORTS}})
  set_target_properties({name} PROPERTIES LINK_DEPENDS ${{EXPORTS}}
    LIBRARY_OUTPUT_DIRECTORY ${{CMAKE_CURRENT_SOURCE_DIR}})
endif()
"""

// The device body: instructions as calls of Ascend C on static tensors (addresses of our own
// planner, explicit flags, no pipe or queue objects), in forms that CANN 8 and 9 both have.
//
// AKG_NPU_ARCH names the machine: 1001 is the Ascend 910A, 2002 the 310P (both with one core for
// vectors and matrices), 2201 the 910B (separate cores: kernels of the cube alone, or of the vector
// unit alone). What a machine has no call for is a sequence of calls with the same result, or does not
// compile. docs/hardware.md has the table.
#pragma once

#include "kernel_operator.h"

#include "ascendc/conversion.hpp"
#include "ascendc/cube.hpp"
#include "ascendc/flags.hpp"
#include "ascendc/movement.hpp"
#include "ascendc/reductions.hpp"
#include "ascendc/scalar.hpp"
#include "ascendc/transpose.hpp"
#include "ascendc/vector.hpp"

#define AKG_KERNEL extern "C" __global__ __aicore__ void
#if AKG_NPU_ARCH == 2201
#define AKG_CUBE_KERNEL extern "C" __global__ __cube__ void
#define AKG_VECTOR_KERNEL extern "C" __global__ __vector__ void
#else
#define AKG_CUBE_KERNEL AKG_KERNEL
#define AKG_VECTOR_KERNEL AKG_KERNEL
#endif
#define AKG_GM GM_ADDR

// The kernel is its own entry, launched on `cores` blocks.
#define AKG_ENTRY(kernel, target, cores, ...)                                                  \
  static_assert(target.ub + target.scratch <= akg::ub_bytes &&                                 \
                    target.l1 <= akg::l1_bytes && target.l0c <= akg::l0c_bytes,                \
                #kernel " was compiled for a machine with more memory");                       \
  static_assert(target.events <= akg::event_ids,                                               \
                #kernel " was compiled for a machine with more event ids");

// The machine: memories, event ids, element types, and what begins and ends a kernel.
#pragma once

#include "../fields.hpp"

#ifndef INFINITY
#define INFINITY __builtin_inff()
#endif
#ifndef NAN
#define NAN __builtin_nanf("")
#endif

namespace akg {

constexpr int arch = AKG_NPU_ARCH;
static_assert(arch == 1001 || arch == 2002 || arch == 2201,
              "akg_npu.hpp knows the machines 1001 (910A), 2002 (310P) and 2201 (910B)");

// One core has the cube and the vector unit, and results go from L0C to UB. On the 910B there are
// cores for each, results go from L0C to GM, and the system keeps 256 bytes of UB and L1.
constexpr bool unified = arch != 2201;

constexpr int64_t l1_bytes = unified ? 1048576 : 524288 - 256;
constexpr int64_t l0a_bytes = 65536, l0b_bytes = 65536;
constexpr int64_t l0c_bytes = unified ? 262144 : 131072;
constexpr int64_t ub_bytes = unified ? 262144 : 196608 - 256;
constexpr int event_ids = arch == 1001 ? 4 : 8;

// The end of UB, which kernels leave free: the compare mask, and intermediate results.
constexpr int64_t work_bytes = 2048, mask_bytes = 32;
constexpr int64_t mask_address = ub_bytes - mask_bytes, work_address = mask_address - work_bytes;

constexpr int64_t block_bytes = 32, repeat_bytes = 256, fractal_bytes = 512;

using f16 = half;
using f32 = float;
using f64 = double;
using i1 = bool;
using i8 = int8_t;
using i16 = int16_t;
using i32 = int32_t;
using i64 = int64_t;
using ui8 = uint8_t;

template <class T>
constexpr bool is_float = false;
template <>
constexpr bool is_float<f16> = true;
template <>
constexpr bool is_float<f32> = true;
template <>
constexpr bool is_float<f64> = true;

// The scalar unit computes with f32; conversions to f16 round to nearest even.
template <class T>
AKG_FUNCTION T wide(T x) { return x; }
AKG_FUNCTION float wide(f16 x) { return static_cast<float>(x); }

// False, but not before T is known.
template <class... T>
constexpr bool never = false;

AKG_FUNCTION int64_t core_id() { return AscendC::GetBlockIdx(); }

// Without a pipe object nothing else resets atomics and masks; the 910A has no such call.
AKG_FUNCTION void start_core() {
#if AKG_NPU_ARCH != 1001
  AscendC::InitSocState();
#endif
}
AKG_FUNCTION void finish_core() { AscendC::PipeBarrier<PIPE_ALL>(); }

}  // namespace akg

#include "../numbers.hpp"

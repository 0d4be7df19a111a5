// Reductions of a repeat. The 910A has those of f16 only.
#pragma once

#include "vector.hpp"

namespace akg {

template <class T>
AKG_FUNCTION void vcadd(UbPtr<T> dst, UbPtr<T> src, Reduce f) {
  static_assert(arch != 1001 || same_type<T, f16>, "vcadd of the 910A takes f16 only");
  AscendC::WholeReduceSum(dst.element(), src.tensor(), f.mask, f.repeat, f.dst_step, f.src.block,
                          f.src.repeat);
}

// A maximum comes with its index behind it. Both go to a block of their own; a sum of one lane then
// takes the value to its place.
#define AKG_EXTREME(name, call)                                                                \
  template <class T>                                                                           \
  AKG_FUNCTION void name(UbPtr<T> dst, UbPtr<T> src, Reduce f) {                               \
    static_assert(arch != 1001 || same_type<T, f16>, #name " of the 910A takes f16 only");     \
    constexpr int most = work_bytes / block_bytes;                                             \
    constexpr int pairs_per_block = block_bytes / (2 * sizeof(T));                             \
    for (int r = 0; r < f.repeat; r += most) {                                                 \
      const int count = f.repeat - r < most ? f.repeat - r : most;                             \
      AscendC::call(work<T>().tensor(), src.at(place(f.src, r)).tensor(), f.mask, count,       \
                    pairs_per_block, f.src.block, f.src.repeat);                               \
      AscendC::PipeBarrier<PIPE_V>();                                                          \
      const int64_t to = static_cast<int64_t>(r) * f.dst_step * static_cast<int64_t>(sizeof(T)); \
      AscendC::WholeReduceSum(dst.at(to).element(), work<T>().tensor(), 1, count, f.dst_step, 1, 1); \
    }                                                                                          \
  }
AKG_EXTREME(vcmax, WholeReduceMax)
AKG_EXTREME(vcmin, WholeReduceMin)
#undef AKG_EXTREME

// Eight results per repeat, whose distance Ascend C counts in their own bytes.
#define AKG_GROUPS(name, call)                                                                 \
  template <class T>                                                                           \
  AKG_FUNCTION void name(UbPtr<T> dst, UbPtr<T> src, Reduce f) {                               \
    static_assert(arch != 1001 || same_type<T, f16>, #name " of the 910A takes f16 only");     \
    constexpr int results_per_block = block_bytes / (8 * sizeof(T));                           \
    AscendC::call(dst.element(), src.tensor(), f.repeat, f.mask,                               \
                  f.dst_step * results_per_block, f.src.block, f.src.repeat);                  \
  }
AKG_GROUPS(vcgadd, BlockReduceSum)
AKG_GROUPS(vcgmax, BlockReduceMax)
AKG_GROUPS(vcgmin, BlockReduceMin)
#undef AKG_GROUPS

}  // namespace akg

// vconv: floats round to nearest even, to an integer they are cut off.
#pragma once

#include "scalar.hpp"
#include "vector.hpp"

namespace akg {

// Rounding to nearest even is what NONE does where a conversion is not exact, but on the 910B.
template <class D, class T>
constexpr AscendC::RoundMode rounding = is_float<T> && !is_float<D>
                                            ? AscendC::RoundMode::CAST_TRUNC
                                        : !unified && same_type<D, f16> && same_type<T, f32>
                                            ? AscendC::RoundMode::CAST_RINT
                                            : AscendC::RoundMode::CAST_NONE;

template <class D, class T>
AKG_FUNCTION void cast(UbPtr<D> dst, UbPtr<T> src, int repeat, int mask, Stride to, Stride from) {
  constexpr AscendC::RoundMode mode = rounding<D, T>;
  AscendC::Cast(dst.tensor(), src.tensor(), mode, lanes(mask), repeats(repeat), strides(to, from));
}

// By f32, in which integers that f16 can hold are exact.
AKG_FUNCTION void cast_by_f32(UbPtr<f16> dst, UbPtr<i32> src, Unary f) {
  constexpr int most = work_bytes / repeat_bytes;
  for (int r = 0; r < f.repeat; r += most) {
    const int count = f.repeat - r < most ? f.repeat - r : most;
    cast(work<f32>(), src.at(place(f.src, r)), count, f.mask, next_to_each_other, f.src);
    AscendC::PipeBarrier<PIPE_V>();
    cast(dst.at(place(f.dst, r)), work<f32>(), count, f.mask, f.dst, next_to_each_other);
  }
}

// Element by element on the scalar unit, with all pipes at rest.
template <class D, class T>
AKG_FUNCTION void convert_by_scalar(UbPtr<D> dst, UbPtr<T> src, Unary f) {
  constexpr int per_block = block_bytes / sizeof(T);
  static_assert(sizeof(D) == sizeof(T), "lanes are as wide as their results");
  AscendC::PipeBarrier<PIPE_ALL>();
  for (int r = 0; r < f.repeat; ++r)
    for (int lane = 0; lane < f.mask; ++lane) {
      const int64_t inside = lane % per_block * static_cast<int64_t>(sizeof(T));
      const int64_t block = lane / per_block * block_bytes;
      const T x = load(src.at(place(f.src, r) + block * f.src.block + inside));
      store(dst.at(place(f.dst, r) + block * f.dst.block + inside), convert<D>(x));
    }
  AscendC::PipeBarrier<PIPE_ALL>();
}

template <class D, class T>
AKG_FUNCTION void vconv(UbPtr<D> dst, UbPtr<T> src, Unary f) {
  if constexpr (same_type<D, f16> && same_type<T, i32>)
    cast_by_f32(dst, src, f);
  else if constexpr (unified && same_type<D, i32> && same_type<T, f32>)
    convert_by_scalar(dst, src, f);
  else
    cast(dst, src, f.repeat, f.mask, f.dst, f.src);
}

}  // namespace akg

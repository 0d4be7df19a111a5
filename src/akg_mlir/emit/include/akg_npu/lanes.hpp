// Many lanes at once, in loops that compilers vectorise. f16 is computed as f32 and rounded; as f64
// where f32 would round a result twice.
#pragma once

#include <algorithm>
#include <tuple>

#include "half.hpp"
#include "numbers.hpp"

namespace akg {

inline void widen(const f16 *from, float *to, int64_t count) {
  int64_t i = 0;
#if defined(__F16C__)
  for (; i + 8 <= count; i += 8)
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(
                                 reinterpret_cast<const __m128i *>(from + i))));
#endif
  for (; i < count; ++i) to[i] = from[i];
}

inline void narrow(const float *from, f16 *to, int64_t count) {
  int64_t i = 0;
#if defined(__F16C__)
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i *>(to + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
#endif
  for (; i < count; ++i) to[i] = from[i];
}

inline void widen(const f16 *from, double *to, int64_t count) {
  float wide[256];
  for (int64_t i = 0; i < count; i += 256) {
    const int64_t some = std::min<int64_t>(256, count - i);
    widen(from + i, wide, some);
    for (int64_t e = 0; e < some; ++e) to[i + e] = wide[e];
  }
}

inline void narrow(const double *from, f16 *to, int64_t count) {
  float odd[256];
  for (int64_t i = 0; i < count; i += 256) {
    const int64_t some = std::min<int64_t>(256, count - i);
    for (int64_t e = 0; e < some; ++e) odd[e] = float_to_odd(from[i + e]);
    narrow(odd, to + i, some);
  }
}

// A result of several roundings: what `T` would have of `x`.
template <class T, class W>
W rounded_as(W x) {
  if constexpr (std::is_same_v<T, f16> && std::is_same_v<W, float>) {
    // Of f16 the last bit has weight 2^-24 at least, and 13 bits of f32 less.
    const float magnitude = std::fabs(x);
    const uint32_t bits = bits_as<uint32_t>(magnitude);
    const float normal = bits_as<float>((bits + 0xfffu + ((bits >> 13) & 1u)) & ~0x1fffu);
    const float small = (magnitude + 0.5f) - 0.5f;
    const float finite = magnitude < 0x1p-14f ? small : normal;
    const float rounded = finite < 65536.0f ? finite : magnitude != magnitude ? x : HUGE_VALF;
    return std::copysign(rounded, x);
  } else {
    return x;
  }
}

template <class T>
constexpr bool is_half = std::is_same_v<T, f16>;

// What elements are computed as on their way to f16, in which they are rounded once.
template <class T>
using Wide = std::conditional_t<is_float<T> && sizeof(T) <= 4, float, double>;

constexpr int64_t chunk = 256;

// `count` lanes as they are, f16 in `room`.
template <class W, class T>
inline auto widened(const T *from, W *room, int64_t count) {
  if constexpr (is_half<T>) {
    widen(from, room, count);
    return static_cast<const W *>(room);
  } else {
    return from;
  }
}

inline void copy_lanes(int64_t count, float *to, const f16 *from) { widen(from, to, count); }
template <class T>
inline void copy_lanes(int64_t count, T *to, const T *from) { std::copy_n(from, count, to); }

template <class D, class F, class... Ts>
inline void plain_lanes(int64_t count, D *dst, F f, const Ts *...srcs) {
#pragma GCC ivdep
#pragma GCC unroll 1  // what is unrolled before it is vectorised stays scalar where it chooses
  for (int64_t e = 0; e < count; ++e) dst[e] = static_cast<D>(f(srcs[e]...));
}

// dst[e] = f(srcs[e]...), f16 as `W`. Sources are the destination itself or apart from it.
template <class W, class D, class F, class... Ts>
inline void run_of_lanes(int64_t count, D *dst, F f, const Ts *...srcs) {
  if constexpr (sizeof...(Ts) == 0 || !(is_half<D> || ... || is_half<Ts>)) {
    plain_lanes(count, dst, f, srcs...);
  } else {
    for (int64_t i = 0; i < count; i += chunk) {
      const int64_t some = std::min(chunk, count - i);
      W room[sizeof...(Ts)][chunk], results[chunk];
      int operand = 0;
      const std::tuple lanes{widened(srcs + i, room[operand++], some)...};
      std::apply(
          [&](auto... lane) {
            if constexpr (is_half<D>)
              plain_lanes(some, results, f, lane...);
            else
              plain_lanes(some, dst + i, f, lane...);
          },
          lanes);
      if constexpr (is_half<D>) narrow(results, dst + i, some);
    }
  }
}

// A constant number of lanes, of which all are read before the first one is written: compilers know
// no ivdep once they have unrolled a loop.
template <class W, int64_t count, class D, class F, class... Ts>
inline void block_of_lanes(D *dst, F f, const Ts *...srcs) {
  D results[count];
  run_of_lanes<W>(count, results, f, srcs...);
  std::memcpy(dst, results, sizeof results);
}

// The first `some` of a block's lanes. A block lies in memory as a whole, and no one else writes to
// it meanwhile: all lanes are computed, and those that are not asked for stay as they are, without a
// branch and a loop of its own for every number of them.
template <class D, int64_t count>
struct Some {
  Unsigned<D> bits[count];

  explicit Some(int64_t some) {
    for (int64_t e = 0; e < count; ++e) bits[e] = static_cast<Unsigned<D>>(e < some ? -1 : 0);
  }
  void store(D *dst, const D (&results)[count]) const {
    Unsigned<D> lanes[count], before[count];
    std::memcpy(lanes, results, sizeof lanes);
    std::memcpy(before, dst, sizeof before);
    for (int64_t e = 0; e < count; ++e) lanes[e] ^= (lanes[e] ^ before[e]) & ~bits[e];
    std::memcpy(dst, lanes, sizeof lanes);
  }
};

template <class W, int64_t count, class D, class F, class... Ts>
inline void part_of_block(const Some<D, count> &some, D *dst, F f, const Ts *...srcs) {
  D results[count];
  run_of_lanes<W>(count, results, f, srcs...);
  some.store(dst, results);
}

}  // namespace akg

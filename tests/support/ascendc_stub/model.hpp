// What the declared calls compute, one after the other: enough to execute kernels over the device body
// of akg_npu.hpp on any computer and compare bits. Written from the facts of ascendc_table.py; where
// documentation leaves a rounding open, that of our simulated machine. Flags and barriers do nothing.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

// ------------------------------------------------------------------------------------------- half

inline half::half(float value) {
  uint32_t x;
  std::memcpy(&x, &value, sizeof x);
  const uint32_t sign = x >> 16 & 0x8000u, magnitude = x & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    bits = static_cast<uint16_t>(sign | 0x7e00u);
  } else if (magnitude >= 0x47800000u) {
    bits = static_cast<uint16_t>(sign | 0x7c00u);
  } else if (magnitude < 0x38800000u) {  // in units of the smallest number, rounded by the processor
    bits = static_cast<uint16_t>(
        sign | static_cast<uint32_t>(std::nearbyint(std::fabs(value) * 0x1p24f)));
  } else {
    const uint32_t odd = magnitude >> 13 & 1u;
    bits = static_cast<uint16_t>(sign | (magnitude - 0x38000000u + 0xfffu + odd) >> 13);
  }
}
inline half::operator float() const {
  const uint32_t exponent = bits >> 10 & 31u, fraction = bits & 1023u;
  const float sign = bits >> 15 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024u), static_cast<int>(exponent) - 25);
}
inline bool operator==(half a, half b) { return float(a) == float(b); }
inline bool operator!=(half a, half b) { return float(a) != float(b); }
inline bool operator<(half a, half b) { return float(a) < float(b); }
inline bool operator<=(half a, half b) { return float(a) <= float(b); }
inline bool operator>(half a, half b) { return float(a) > float(b); }
inline bool operator>=(half a, half b) { return float(a) >= float(b); }

namespace AscendC {
namespace model {

inline int64_t block_index = 0;

constexpr bool split = __NPU_ARCH__ == 2201;
constexpr int64_t sizes[] = {split ? 524288 - 256 : 1 << 20, 65536, 65536, split ? 131072 : 1 << 18,
                             split ? 196608 - 256 : 1 << 18};
inline uint8_t memories[5][1 << 20];

inline void require(bool holds, const char *what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

inline int number(TPosition position) {
  switch (position) {
    case TPosition::A1:
    case TPosition::B1: return 0;
    case TPosition::A2: return 1;
    case TPosition::B2: return 2;
    case TPosition::CO1: return 3;
    default: return 4;
  }
}

// `count` elements from a byte of a tensor on.
template <class T>
T *at(const LocalTensor<T> &tensor, int64_t byte, int64_t count = 1) {
  const int memory = number(tensor.position);
  const int64_t first = tensor.address + byte;
  require(0 <= first && first + count * static_cast<int64_t>(sizeof(T)) <= sizes[memory],
          "an access outside of its memory");
  return reinterpret_cast<T *>(&memories[memory][first]);
}
template <class T>
T *at(const GlobalTensor<T> &tensor, int64_t byte, int64_t = 1) {
  return reinterpret_cast<T *>(reinterpret_cast<uint8_t *>(tensor.address) + byte);
}

template <class T>
constexpr bool is_half = false;
template <>
constexpr bool is_half<half> = true;
template <class T>
constexpr bool is_real = is_half<T>;
template <>
constexpr bool is_real<float> = true;

// Rounded once: to f16 by way of an f32 that keeps in its last bit whether anything was cut off.
template <class T>
T rounded(double value) {
  float near = static_cast<float>(value);
  if (is_half<T> && std::isfinite(near) && static_cast<double>(near) != value) {
    uint32_t x;
    std::memcpy(&x, &near, sizeof x);
    if ((x & 1u) == 0) x = std::fabs(static_cast<double>(near)) > std::fabs(value) ? x - 1 : x + 1;
    std::memcpy(&near, &x, sizeof x);
  }
  return static_cast<T>(near);
}
template <class T>
double number_of(T x) {
  if constexpr (is_half<T>)
    return static_cast<double>(static_cast<float>(x));
  else
    return static_cast<double>(x);
}

template <class T, class F>
T apply(T a, T b, F f) {
  if constexpr (is_real<T>)
    return rounded<T>(f(number_of(a), number_of(b)));
  else
    return static_cast<T>(f(static_cast<uint64_t>(a), static_cast<uint64_t>(b)));
}
template <class T>
T add(T a, T b) { return apply(a, b, [](auto x, auto y) { return x + y; }); }
template <class T>
T sub(T a, T b) { return apply(a, b, [](auto x, auto y) { return x - y; }); }
template <class T>
T mul(T a, T b) { return apply(a, b, [](auto x, auto y) { return x * y; }); }
template <class T>
T div(T a, T b) { return rounded<T>(number_of(a) / number_of(b)); }
template <class T>
T larger(T a, T b) {
  const double x = number_of(a), y = number_of(b);
  return x != x || x > y || (x == y && !std::signbit(x)) ? a : b;
}
template <class T>
T smaller(T a, T b) {
  const double x = number_of(a), y = number_of(b);
  return x != x || x < y || (x == y && std::signbit(x)) ? a : b;
}

// Byte of a lane.
template <class T>
int64_t byte(int64_t block, int64_t repeat_stride, int64_t repeat, int64_t lane) {
  constexpr int64_t per_block = 32 / sizeof(T);
  return (repeat_stride * repeat + lane / per_block * block) * 32 +
         lane % per_block * static_cast<int64_t>(sizeof(T));
}

// One repeat is read before it is written.
template <class D, class F>
void lanes(const LocalTensor<D> &dst, int block, int repeat_stride, uint64_t mask, int repeat,
           F value) {
  require(block != 0, "a destination whose blocks lie on each other");
  for (int r = 0; r < repeat; ++r) {
    std::vector<D> results;
    for (uint64_t lane = 0; lane < mask; ++lane)
      results.push_back(value(r, static_cast<int64_t>(lane)));
    for (uint64_t lane = 0; lane < mask; ++lane)
      *at(dst, byte<D>(block, repeat_stride, r, static_cast<int64_t>(lane))) = results[lane];
  }
}
template <class T, class F>
void binary(const LocalTensor<T> &dst, const LocalTensor<T> &src0, const LocalTensor<T> &src1,
            uint64_t mask, int repeat, const BinaryRepeatParams &p, bool may_accumulate, F f) {
  const bool accumulates = repeat > 1 && p.dstRep == 0;
  require(!accumulates || src0.address != dst.address, "accumulates by its first source");
  require(!accumulates || src1.address != dst.address || may_accumulate, "does not accumulate");
  lanes(dst, p.dstBlk, p.dstRep, mask, repeat, [&](int r, int64_t lane) {
    return f(*at(src0, byte<T>(p.src0Blk, p.src0Rep, r, lane)),
             *at(src1, byte<T>(p.src1Blk, p.src1Rep, r, lane)),
             *at(dst, byte<T>(p.dstBlk, p.dstRep, r, lane)));
  });
}
template <class D, class T, class F>
void unary(const LocalTensor<D> &dst, const LocalTensor<T> &src, uint64_t mask, int repeat,
           const UnaryRepeatParams &p, F f) {
  lanes(dst, p.dstBlk, p.dstRep, mask, repeat, [&](int r, int64_t lane) {
    return f(*at(src, byte<T>(p.srcBlk, p.srcRep, r, lane)),
             *at(dst, byte<D>(p.dstBlk, p.dstRep, r, lane)));
  });
}

// Lanes of a repeat in groups, each combined as a balanced tree; `store(repeat, group, value)`.
template <class T, class F, class Store>
void groups(const LocalTensor<T> &src, int size, int mask, int repeat, int block, int step,
            double neutral, F combine, Store store) {
  constexpr int count = 256 / sizeof(T);
  for (int r = 0; r < repeat; ++r) {
    std::vector<T> values(count, rounded<T>(neutral));
    for (int lane = 0; lane < mask; ++lane)
      values[static_cast<size_t>(lane)] = *at(src, byte<T>(block, step, r, lane));
    for (int g = 0; g < count / size && g * size < mask; ++g) {
      T *group = &values[static_cast<size_t>(g * size)];
      for (int n = size; n > 1; n /= 2)
        for (int i = 0; i < n / 2; ++i) group[i] = combine(group[2 * i], group[2 * i + 1]);
      store(r, g, group[0]);
    }
  }
}

template <class Dst, class Src>
void bursts(const Dst &dst, const Src &src, const DataCopyParams &p, int64_t length, int64_t src_gap,
            int64_t dst_gap) {
  for (int64_t i = 0; i < p.blockCount; ++i)
    std::memmove(at(dst, i * (p.blockLen * length + p.dstGap * dst_gap)),
                 at(src, i * (p.blockLen * length + p.srcGap * src_gap)),
                 static_cast<size_t>(p.blockLen * length));
}

}  // namespace model

// ---------------------------------------------------------------------------------------- tensors

template <class T>
void GlobalTensor<T>::SetGlobalBuffer(T *given) {
  address = given;
}
template <class T>
T GlobalTensor<T>::GetValue(uint64_t index) const {
  return address[index];
}
template <class T>
void GlobalTensor<T>::SetValue(uint64_t index, T value) const {
  address[index] = value;
}
template <class T>
LocalTensor<T>::LocalTensor(TPosition where, uint32_t first, uint32_t elements)
    : position(where), address(first) {
  model::require(first % 32 == 0 && elements * sizeof(T) % 32 == 0 &&
                     static_cast<int64_t>(first + elements * sizeof(T)) <=
                         model::sizes[model::number(where)],
                 "a tensor that is no range of blocks of its memory");
}
template <class T>
LocalTensor<T> LocalTensor<T>::operator[](uint32_t offset) const {
  LocalTensor result = *this;
  result.address += offset * static_cast<uint32_t>(sizeof(T));
  return result;
}
template <class T>
T LocalTensor<T>::GetValue(uint32_t index) const {
  return *model::at(*this, index * static_cast<int64_t>(sizeof(T)));
}
template <class T>
void LocalTensor<T>::SetValue(uint32_t index, T value) const {
  *model::at(*this, index * static_cast<int64_t>(sizeof(T))) = value;
}

inline int64_t GetBlockIdx() { return model::block_index; }
#if __NPU_ARCH__ != 1001
inline void InitSocState() {}
#endif
template <HardEvent event>
void SetFlag(int32_t id) {
  model::require(0 <= id && id < (__NPU_ARCH__ == 1001 ? 4 : 8), "no such event id");
}
template <HardEvent event>
void WaitFlag(int32_t) {}
template <pipe_t pipe>
void PipeBarrier() {}

}  // namespace AscendC

#include "model_movement.hpp"
#include "model_vectors.hpp"

extern "C" void enter_block(int64_t index) {
  AscendC::model::block_index = index;
  std::memset(AscendC::model::memories, 0xcd, sizeof AscendC::model::memories);
}

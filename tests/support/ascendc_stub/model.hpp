// What the declared calls compute, one after the other: enough to execute kernels over the device body
// of akg_npu.hpp on any computer and compare bits. Written from the facts of ascendc_table.py; where
// documentation leaves a rounding open, that of our simulated machine. Flags and barriers do nothing.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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

constexpr int64_t sizes[] = {1 << 20, 65536, 65536, 1 << 18, 1 << 18};
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

// ----------------------------------------------------------------------------------------- copies

inline DataCopyParams::DataCopyParams(uint16_t count, uint16_t length, uint16_t src, uint16_t dst)
    : blockCount(count), blockLen(length), srcGap(src), dstGap(dst) {}
template <class T>
void DataCopy(const LocalTensor<T> &dst, const GlobalTensor<T> &src, const DataCopyParams &p) {
  model::bursts(dst, src, p, 32, 32, 32);
}
template <class T>
void DataCopy(const GlobalTensor<T> &dst, const LocalTensor<T> &src, const DataCopyParams &p) {
  model::bursts(dst, src, p, 32, 32, 32);
}
template <class T>
void DataCopy(const LocalTensor<T> &dst, const LocalTensor<T> &src, const DataCopyParams &p) {
  model::bursts(dst, src, p, 32, 32, 32);
}

inline LoadData2DParams::LoadData2DParams(uint16_t start, uint8_t repeat, uint16_t stride, uint8_t,
                                          uint16_t gap, bool transposed, uint8_t)
    : startIndex(start), repeatTimes(repeat), srcStride(stride), dstGap(gap) {
  model::require(!transposed && (__NPU_ARCH__ != 1001 || gap == 0), "a load we do not know");
}
template <class T>
void LoadData(const LocalTensor<T> &dst, const LocalTensor<T> &src, const LoadData2DParams &p) {
  model::require(dst.address % 512 == 0, "a fractal starts inside another");
  for (int64_t r = 0; r < p.repeatTimes; ++r)
    std::memcpy(model::at(dst, r * (1 + p.dstGap) * 512),
                model::at(src, (p.startIndex + r * p.srcStride) * 512), 512);
}

#if __NPU_ARCH__ != 2201
template <class D, class T>
void DataCopy(const LocalTensor<D> &dst, const LocalTensor<T> &src, const DataCopyParams &p,
              const DataCopyEnhancedParams &enhanced) {
  model::require(enhanced.blockMode == BlockMode::BLOCK_MODE_MATRIX, "no copy of fractals");
  constexpr int64_t fractal = 256 * static_cast<int64_t>(sizeof(T));
  if constexpr (sizeof(D) == sizeof(T)) {
    const bool out = src.position == TPosition::CO1;
    model::bursts(dst, src, p, fractal, out ? fractal : 32, out ? 32 : fractal);
  } else {
    model::require(p.blockCount == 1 && p.srcGap == 0 && p.dstGap == 0, "gaps in unknown units");
    for (int64_t i = 0; i < p.blockLen * 256; ++i)
      *model::at(dst, i * static_cast<int64_t>(sizeof(D))) =
          static_cast<D>(*model::at(src, i * static_cast<int64_t>(sizeof(T))));
  }
}
template <class T>
void LoadData(const LocalTensor<T> &dst, const LocalTensor<T> &src, const LoadData3DParamsV1<T> &p) {
  model::require(p.repeatMode == 1 && p.c1Index == 0 && p.cSize == 0, "a load we do not know");
  const int64_t columns = (p.l1W + p.padList[0] + p.padList[1] -
                           p.dilationFilterW * (p.filterW - 1) - 1) / p.strideW + 1;
  constexpr int64_t width = 32 / sizeof(T);
  for (int64_t point = 0; point < p.repeatTime * 16; ++point)
    for (int64_t c = 0; c < width; ++c) {
      const int64_t y = p.leftTopH + point / columns * p.strideH + p.fetchFilterH * p.dilationFilterH;
      const int64_t x = p.leftTopW + point % columns * p.strideW + p.fetchFilterW * p.dilationFilterW;
      const bool inside = 0 <= y && y < p.l1H && 0 <= x && x < p.l1W;
      const int64_t to = point / 16 * p.jumpStride * 512 + point % 16 * 32;
      *model::at(dst, to + c * static_cast<int64_t>(sizeof(T))) =
          inside ? *model::at(src, ((y * p.l1W + x) * width + c) * static_cast<int64_t>(sizeof(T)))
                 : p.padValue;
    }
}
#endif

// ------------------------------------------------------------------------------------------- cube

template <class C, class A, class B>
void Mmad(const LocalTensor<C> &c, const LocalTensor<A> &a, const LocalTensor<B> &b,
          const MmadParams &p) {
  model::require(c.address % 1024 == 0 && p.isBias != p.cmatrixInitVal, "a product we do not know");
  constexpr int64_t k0 = 32 / sizeof(A), size = sizeof(A);
  const int64_t m1 = (p.m + 15) / 16, n1 = (p.n + 15) / 16, k1 = (p.k + k0 - 1) / k0;
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < p.k; ++k)
        sum += model::number_of(*model::at(
                   a, ((i / 16 * k1 + k / k0) * 16 * k0 + i % 16 * k0 + k % k0) * size)) *
               model::number_of(*model::at(
                   b, ((k / k0 * n1 + j / 16) * 16 * k0 + j % 16 * k0 + k % k0) * size));
      C *to = model::at(c, ((j / 16 * m1 + i / 16) * 256 + i % 16 * 16 + j % 16) *
                               static_cast<int64_t>(sizeof(C)));
      C result;
      if constexpr (model::is_real<C>)
        result = model::rounded<C>(sum);
      else
        result = static_cast<C>(static_cast<int64_t>(sum));
      *to = p.cmatrixInitVal ? result : model::add(result, *to);
    }
}

// ---------------------------------------------------------------------------------------- vectors

inline BinaryRepeatParams::BinaryRepeatParams(uint8_t dB, uint8_t aB, uint8_t bB, uint8_t dR,
                                              uint8_t aR, uint8_t bR)
    : dstBlk(dB), src0Blk(aB), src1Blk(bB), dstRep(dR), src0Rep(aR), src1Rep(bR) {}
inline UnaryRepeatParams::UnaryRepeatParams(uint16_t dB, uint16_t sB, uint8_t dR, uint8_t sR)
    : dstBlk(dB), srcBlk(sB), dstRep(dR), srcRep(sR) {}

#define BINARY(name, accumulates, expression)                                                   \
  template <class T>                                                                            \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src0, const LocalTensor<T> &src1,  \
            uint64_t mask, uint8_t repeat, const BinaryRepeatParams &p) {                       \
    model::binary(dst, src0, src1, mask, repeat, p, accumulates,                                \
                  [](T a, T b, [[maybe_unused]] T d) { return model::expression; });            \
  }
BINARY(Add, true, add(a, b))
BINARY(Sub, true, sub(a, b))
BINARY(Mul, true, mul(a, b))
BINARY(Div, false, div(a, b))
BINARY(Max, true, larger(a, b))
BINARY(Min, true, smaller(a, b))
#if __NPU_ARCH__ != 1001
BINARY(MulAddDst, false, add(d, model::mul(a, b)))
#endif
#undef BINARY

#define UNARY(name, expression)                                                                \
  template <class T>                                                                           \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src, uint64_t mask, uint8_t repeat, \
            const UnaryRepeatParams &p) {                                                      \
    model::unary(dst, src, mask, repeat, p, [](T a, T) {                                       \
      const double x = model::number_of(a);                                                    \
      return model::rounded<T>(expression);                                                    \
    });                                                                                        \
  }
UNARY(Exp, std::exp(x))
UNARY(Ln, std::log(x))
UNARY(Abs, std::fabs(x))
UNARY(Reciprocal, 1.0 / x)
UNARY(Sqrt, std::sqrt(x))
UNARY(Rsqrt, 1.0 / std::sqrt(x))
UNARY(Relu, model::larger(x, 0.0))
#undef UNARY

#define SCALAR(name, expression)                                                               \
  template <class T>                                                                           \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src, T s, uint64_t mask,          \
            uint8_t repeat, const UnaryRepeatParams &p) {                                      \
    model::unary(dst, src, mask, repeat, p,                                                    \
                 [s](T a, [[maybe_unused]] T d) { return model::expression; });                \
  }
SCALAR(Adds, add(a, s))
SCALAR(Muls, mul(a, s))
SCALAR(Axpy, add(d, model::mul(a, s)))
#undef SCALAR

template <class T>
void Duplicate(const LocalTensor<T> &dst, T value, uint64_t mask, uint8_t repeat, uint16_t block,
               uint8_t step) {
  model::lanes(dst, block, step, mask, repeat, [value](int, int64_t) { return value; });
}
template <class D, class T>
void Cast(const LocalTensor<D> &dst, const LocalTensor<T> &src, RoundMode mode, uint64_t mask,
          uint8_t repeat, const UnaryRepeatParams &p) {
  model::unary(dst, src, mask, repeat, p, [mode](T a, D) -> D {
    const double x = model::number_of(a);
    if constexpr (model::is_real<D>) {
      return model::rounded<D>(x);
    } else {
      model::require(mode == RoundMode::CAST_TRUNC, "integers are cut off");
      const double low = -std::ldexp(1.0, 8 * sizeof(D) - 1), high = -low - 1;
      return x != x ? D(0) : static_cast<D>(std::fmin(std::fmax(std::trunc(x), low), high));
    }
  });
}

template <class T>
void Compare(const LocalTensor<uint8_t> &dst, const LocalTensor<T> &src0,
             const LocalTensor<T> &src1, CMPMODE mode, uint64_t, uint8_t repeat,
             const BinaryRepeatParams &p) {
  constexpr int64_t lanes = 256 / sizeof(T);
  for (int64_t r = 0; r < repeat; ++r)
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const double a = model::number_of(*model::at(src0, model::byte<T>(p.src0Blk, p.src0Rep, r, lane)));
      const double b = model::number_of(*model::at(src1, model::byte<T>(p.src1Blk, p.src1Rep, r, lane)));
      const bool holds = mode == CMPMODE::LT   ? a < b
                         : mode == CMPMODE::GT ? a > b
                         : mode == CMPMODE::GE ? a >= b
                         : mode == CMPMODE::LE ? a <= b
                         : mode == CMPMODE::EQ ? a == b
                                               : a != b;
      uint8_t *to = model::at(dst, (r * lanes + lane) / 8);
      const uint8_t bit = static_cast<uint8_t>(1u << lane % 8);
      *to = static_cast<uint8_t>(holds ? *to | bit : *to & ~bit);
    }
}
template <class T, class U>
void Select(const LocalTensor<T> &dst, const LocalTensor<U> &chosen, const LocalTensor<T> &src0,
            const LocalTensor<T> &src1, SELMODE, uint64_t mask, uint8_t repeat,
            const BinaryRepeatParams &p) {
  model::lanes(dst, p.dstBlk, p.dstRep, mask, repeat, [&](int r, int64_t lane) {
    return *model::at(chosen, lane / 8) >> lane % 8 & 1
               ? *model::at(src0, model::byte<T>(p.src0Blk, p.src0Rep, r, lane))
               : *model::at(src1, model::byte<T>(p.src1Blk, p.src1Rep, r, lane));
  });
}

// The index behind a maximum is no number: bits that must not matter.
#define WHOLE(name, neutral, combine, pairs)                                                     \
  template <class T>                                                                             \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src, int32_t mask, int32_t repeat,  \
            int32_t step, int32_t block, int32_t src_step) {                                     \
    model::groups(src, 256 / sizeof(T), mask, repeat, block, src_step, neutral,                  \
                  [](T a, T b) { return model::combine(a, b); }, [&](int r, int, T value) {      \
                    T *to = model::at(dst, int64_t{r} * step * pairs * int64_t{sizeof(T)}, pairs); \
                    to[0] = value;                                                               \
                    if (pairs == 2) std::memset(&to[pairs - 1], 0x7f, sizeof(T));                \
                  });                                                                            \
  }
WHOLE(WholeReduceSum, -0.0, add, 1)
WHOLE(WholeReduceMax, -INFINITY, larger, 2)
WHOLE(WholeReduceMin, INFINITY, smaller, 2)
#undef WHOLE
#define BLOCKS(name, neutral, combine)                                                           \
  template <class T>                                                                             \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src, int32_t repeat, int32_t mask,  \
            int32_t step, int32_t block, int32_t src_step) {                                     \
    model::groups(src, 32 / sizeof(T), mask, repeat, block, src_step, neutral,                   \
                  [](T a, T b) { return model::combine(a, b); }, [&](int r, int g, T value) {    \
                    *model::at(dst, (int64_t{r} * step * 8 + g) * int64_t{sizeof(T)}) = value;   \
                  });                                                                            \
  }
BLOCKS(BlockReduceSum, -0.0, add)
BLOCKS(BlockReduceMax, -INFINITY, larger)
BLOCKS(BlockReduceMin, INFINITY, smaller)
#undef BLOCKS

inline TransDataTo5HDParams::TransDataTo5HDParams(bool, bool, uint8_t repeat, uint16_t dst,
                                                  uint16_t src)
    : repeatTimes(repeat), dstRepStride(dst), srcRepStride(src) {
  model::require(repeat != 1 || (dst == 0 && src == 0), "one transpose has no steps");
}
// Rows of 16: one block of two-byte elements, two of four-byte elements.
template <class T>
void TransDataTo5HD(const LocalTensor<T> (&dst)[16], const LocalTensor<T> (&src)[16],
                    const TransDataTo5HDParams &p) {
  model::require(sizeof(T) == 2 || __NPU_ARCH__ != 1001, "the 910A transposes two-byte elements");
  constexpr int64_t width = 32 / sizeof(T), size = sizeof(T);
  for (int64_t r = 0; r < p.repeatTimes; ++r) {
    T block[16][16];
    for (int64_t k = 0; k < 16; ++k)
      for (int64_t e = 0; e < width; ++e)
        block[e][k] = *model::at(src[k], r * p.srcRepStride * 32 + e * size);
    for (int64_t e = 0; e < width; ++e)
      for (int64_t k = 0; k < 16; ++k)
        *model::at(dst[e * (16 / width) + k / width],
                   r * p.dstRepStride * 32 + k % width * size) = block[e][k];
  }
}

}  // namespace AscendC

extern "C" void enter_block(int64_t index) {
  AscendC::model::block_index = index;
  std::memset(AscendC::model::memories, 0xcd, sizeof AscendC::model::memories);
}

// Vector calls.
#pragma once

#include "model.hpp"

namespace AscendC {

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

#define BITS(name, expression)                                                                 \
  template <class T>                                                                           \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src0, const LocalTensor<T> &src1, \
            uint64_t mask, uint8_t repeat, const BinaryRepeatParams &p) {                      \
    static_assert(sizeof(T) == 2 && std::is_integral_v<T>);                                    \
    model::binary(dst, src0, src1, mask, repeat, p, false,                                     \
                  [](T a, T b, T) { return static_cast<T>(expression); });                     \
  }
BITS(And, a & b)
BITS(Or, a | b)
#undef BITS
template <class T>
void Not(const LocalTensor<T> &dst, const LocalTensor<T> &src, uint64_t mask, uint8_t repeat,
         const UnaryRepeatParams &p) {
  static_assert(sizeof(T) == 2 && std::is_integral_v<T>);
  model::unary(dst, src, mask, repeat, p, [](T a, T) { return static_cast<T>(~a); });
}

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
      const double low = static_cast<double>(std::numeric_limits<D>::min());
      const double high = static_cast<double>(std::numeric_limits<D>::max());
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

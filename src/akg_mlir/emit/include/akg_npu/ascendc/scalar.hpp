// The scalar unit: single elements, and what kernels compute with them.
//
// Stores to GM go through a cache of the core that nothing keeps coherent.
#pragma once

#include "memory.hpp"

namespace akg {

template <Space S, class T>
AKG_FUNCTION T load(Ptr<S, T> src) {
  static_assert(S == Space::gm || S == Space::ub, "the scalar unit reaches GM and UB only");
  static_assert(!same_type<T, f64>, "the machine has no f64");
  return static_cast<T>(src.element().GetValue(0));
}

template <Space S, class T>
AKG_FUNCTION void store(Ptr<S, T> dst, T value) {
  static_assert(S == Space::gm || S == Space::ub, "the scalar unit reaches GM and UB only");
  static_assert(!same_type<T, f64>, "the machine has no f64");
  dst.element().SetValue(0, static_cast<Stored<T>>(value));
}

// Element `index` of a view; the host body checks that there is one.
AKG_FUNCTION int64_t within(int64_t index, int64_t) { return index; }

template <class T>
AKG_FUNCTION T negate(T x) { return static_cast<T>(-wide(x)); }
template <class T>
AKG_FUNCTION T abs(T x) {
  if constexpr (is_float<T>)
    return __builtin_signbit(wide(x)) ? negate(x) : x;
  else
    return x < 0 ? sub<T>(0, x) : x;
}

// ------------------------------------------------------------------------------- whole numbers

// From 2^23 on floats have no fraction. The sign of a zero stays.
template <class T>
AKG_FUNCTION T truncate(T value) {
  const float x = wide(value);
  if (!(x < 8388608.0f && x > -8388608.0f)) return value;
  const float whole = static_cast<float>(static_cast<int32_t>(x));
  return static_cast<T>(whole == 0.0f && __builtin_signbit(x) ? -0.0f : whole);
}
template <class T>
AKG_FUNCTION T floor(T x) {
  const float whole = wide(truncate(x));
  return static_cast<T>(whole > wide(x) ? whole - 1.0f : whole);
}
template <class T>
AKG_FUNCTION T ceil(T x) {
  const float whole = wide(truncate(x));
  return static_cast<T>(whole < wide(x) ? whole + 1.0f : whole);
}
template <class T>
AKG_FUNCTION T round_even(T x) {
  const float whole = wide(truncate(x)), rest = wide(abs(sub(x, truncate(x))));
  const bool odd = wide(truncate(static_cast<T>(whole / 2.0f))) * 2.0f != whole;
  if (!(rest > 0.5f || (rest == 0.5f && odd))) return static_cast<T>(whole);
  return static_cast<T>(__builtin_signbit(wide(x)) ? whole - 1.0f : whole + 1.0f);
}

// Floats round to nearest even; to an integer they are cut off, and saturate: not-a-number is 0.
template <class To, class From>
AKG_FUNCTION To convert(From value) {
  if constexpr (same_type<To, From>) {
    return value;
  } else if constexpr (is_float<From> && same_type<To, bool>) {
    return wide(value) >= 1.0f;
  } else if constexpr (is_float<From> && !is_float<To>) {
    constexpr bool is_signed = static_cast<To>(-1) < static_cast<To>(0);
    constexpr To most = static_cast<To>(static_cast<Unsigned<To>>(-1) >> (is_signed ? 1 : 0));
    constexpr float bound = static_cast<float>(static_cast<uint64_t>(most) + 1);
    const float x = wide(value);
    if (x != x) return 0;
    if (x >= bound) return most;
    if (x <= (is_signed ? -bound : 0.0f)) return static_cast<To>(is_signed ? -most - 1 : 0);
    return static_cast<To>(x);
  } else if constexpr (is_float<From>) {
    return static_cast<To>(wide(value));
  } else if constexpr (same_type<To, f16>) {  // exact in f32, or too large for f16
    return static_cast<To>(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

// ----------------------------------------------------------------------- functions of one lane

// The scalar unit has no such functions: the vector unit computes one lane, with all pipes at rest.
#define AKG_BY_VECTOR(name, call)                                                \
  template <class T>                                                             \
  AKG_FUNCTION T name(T x) {                                                     \
    const AscendC::LocalTensor<T> lane = work<T>().tensor();                     \
    lane.SetValue(0, x);                                                         \
    AscendC::PipeBarrier<PIPE_ALL>();                                            \
    AscendC::call(lane, lane, static_cast<uint64_t>(1), static_cast<uint8_t>(1), \
                  AscendC::UnaryRepeatParams(1, 1, 8, 8));                       \
    AscendC::PipeBarrier<PIPE_ALL>();                                            \
    return lane.GetValue(0);                                                     \
  }
AKG_BY_VECTOR(exp, Exp)
AKG_BY_VECTOR(ln, Ln)
AKG_BY_VECTOR(sqrt, Sqrt)
AKG_BY_VECTOR(rsqrt, Rsqrt)
#undef AKG_BY_VECTOR

#define AKG_MISSING(name)                                                                  \
  template <class T, class... Others>                                                      \
  AKG_FUNCTION T name(T x, Others...) {                                                    \
    static_assert(never<T>, "neither unit of the device computes " #name " of an element"); \
    return x;                                                                              \
  }
AKG_MISSING(tanh)
AKG_MISSING(erf)
AKG_MISSING(power)
AKG_MISSING(sin)
AKG_MISSING(cos)
#undef AKG_MISSING

}  // namespace akg

// f16 on the host: IEEE binary16; every operation rounds once, to nearest even.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace akg {

template <class To, class From>
inline To bits_as(From value) {
  static_assert(sizeof(To) == sizeof(From), "same size");
  To result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

inline uint16_t half_of_float(float value) {
#if defined(__F16C__)
  return static_cast<uint16_t>(_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT));
#else
  const uint32_t x = bits_as<uint32_t>(value);
  const uint32_t sign = (x >> 16) & 0x8000u, magnitude = x & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (magnitude >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7c00u);
  if (magnitude < 0x38800000u) {  // subnormal: an f32 addition rounds at the right place
    const float shifted = bits_as<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (bits_as<uint32_t>(shifted) - 0x3f000000u));
  }
  const uint32_t odd = (magnitude >> 13) & 1u;
  return static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + odd) >> 13));
#endif
}

inline float float_of_half(uint16_t h) {
#if defined(__F16C__)
  return _cvtsh_ss(h);
#else
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16, rest = h & 0x7fffu;
  if (rest >= 0x7c00u) return bits_as<float>(sign | 0x7f800000u | ((rest & 0x3ffu) << 13));
  if (rest >= 0x0400u) return bits_as<float>(sign | ((rest << 13) + 0x38000000u));
  const float magnitude = static_cast<float>(rest) * 0x1p-24f;
  return bits_as<float>(sign | bits_as<uint32_t>(magnitude));
#endif
}

// To odd: what is inexact keeps a set last bit, so that rounding once more is rounding once.
inline float float_to_odd(double value) {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || !std::isfinite(nearest) || value != value)
    return nearest;
  uint32_t bits = bits_as<uint32_t>(nearest);
  if ((bits & 1u) == 0) {
    const bool above = std::fabs(static_cast<double>(nearest)) > std::fabs(value);
    bits = above ? bits - 1 : bits + 1;
  }
  return bits_as<float>(bits);
}

struct f16 {
  uint16_t bits = 0;
  f16() = default;
  f16(float value) : bits(half_of_float(value)) {}
  f16(double value) : bits(half_of_float(float_to_odd(value))) {}
  template <class Integer>
  explicit f16(Integer value) : f16(static_cast<double>(value)) {}
  operator float() const { return float_of_half(bits); }
};

using f32 = float;
using f64 = double;
using i1 = bool;
using i8 = int8_t;
using i16 = int16_t;
using i32 = int32_t;
using i64 = int64_t;
using ui8 = uint8_t;

template <class T>
inline constexpr bool is_float = std::numeric_limits<T>::is_iec559;
template <>
inline constexpr bool is_float<f16> = true;

// Names of types in messages, and in the table of what targets accept.
template <class T>
inline constexpr const char *type_name = "?";
template <>
inline constexpr const char *type_name<f16> = "f16";
template <>
inline constexpr const char *type_name<f32> = "f32";
template <>
inline constexpr const char *type_name<i8> = "i8";
template <>
inline constexpr const char *type_name<i16> = "i16";
template <>
inline constexpr const char *type_name<i32> = "i32";
template <>
inline constexpr const char *type_name<ui8> = "ui8";

template <class T>
inline T wide(T x) { return x; }
inline float wide(f16 x) { return x; }

}  // namespace akg

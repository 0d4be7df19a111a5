// What lanes compute beside the operations of numbers.hpp. Everything rounds once to its type, to
// nearest even; what has no exact result is computed in f64 first.
#pragma once

#include <type_traits>

#include "half.hpp"
#include "numbers.hpp"

namespace akg {

template <class T, class F>
T in_double(T value, F function) {
  return static_cast<T>(function(static_cast<double>(value)));
}
// e^x to within one unit in the last place where f32 has it, without branches, which compilers
// vectorise: 2^k times e^r by its series, where |r| is at most ln(2) / 2.
inline double exponential(double x) {
  constexpr double shift = 0x1.8p52;  // k lies in the last bits of what is added to it
  constexpr double ln2 = 0x1.62e42feep-1, ln2_rest = 0x1.a39ef35793c76p-33;
  const double shifted = x * 0x1.71547652b82fep0 + shift, k = shifted - shift;
  const double r = (x - k * ln2) - k * ln2_rest;
  double series = 1.0 / 6227020800.0;  // 1 / 13!, 1 / 12!, ...
  series = series * r + 1.0 / 479001600.0;
  series = series * r + 1.0 / 39916800.0;
  series = series * r + 1.0 / 3628800.0;
  series = series * r + 1.0 / 362880.0;
  series = series * r + 1.0 / 40320.0;
  series = series * r + 1.0 / 5040.0;
  series = series * r + 1.0 / 720.0;
  series = series * r + 1.0 / 120.0;
  series = series * r + 1.0 / 24.0;
  series = series * r + 1.0 / 6.0;
  series = series * r + 0.5;
  const double power = bits_as<double>((bits_as<uint64_t>(shifted) << 52) + (1023ull << 52));
  const double result = (1.0 + (r + r * r * series)) * power;
  return x > 709.0 ? HUGE_VAL : x < -708.0 ? 0.0 : result;
}
template <class T>
T exp(T x) { return in_double(x, [](double v) { return exponential(v); }); }
template <class T>
T ln(T x) { return in_double(x, [](double v) { return std::log(v); }); }
template <class T>
T sqrt(T x) { return in_double(x, [](double v) { return std::sqrt(v); }); }
template <class T>
T rsqrt(T x) { return in_double(x, [](double v) { return 1.0 / std::sqrt(v); }); }
template <class T>
T rec(T x) { return in_double(x, [](double v) { return 1.0 / v; }); }
template <class T>
T abs(T x) {
  if constexpr (std::is_same_v<T, f16>) {
    x.bits &= 0x7fffu;
    return x;
  } else if constexpr (is_float<T>) {
    return std::fabs(x);
  } else {
    return x < 0 ? sub<T>(0, x) : x;
  }
}
template <class T>
T relu(T x) { return maximum(x, static_cast<T>(0.0f)); }

// Floats round to nearest even; to an integer they are cut off, and saturate: not-a-number is 0.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (is_float<From> && !is_float<To>) {
    const double whole = std::trunc(static_cast<double>(value));
    if (whole != whole) return 0;
    constexpr double low = static_cast<double>(std::numeric_limits<To>::min());
    constexpr double high = static_cast<double>(std::numeric_limits<To>::max());
    if (whole <= low) return std::numeric_limits<To>::min();
    if (whole >= high) return std::numeric_limits<To>::max();
    return static_cast<To>(whole);
  } else if constexpr (is_float<To> && !is_float<From>) {
    return static_cast<To>(static_cast<double>(value));
  } else if constexpr (std::is_same_v<From, f16>) {
    return static_cast<To>(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace akg

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
template <class T>
T exp(T x) { return in_double(x, [](double v) { return std::exp(v); }); }
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

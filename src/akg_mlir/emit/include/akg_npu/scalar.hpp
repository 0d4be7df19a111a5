// The scalar unit: single elements, and what kernels compute with them.
#pragma once

#include "arithmetic.hpp"
#include "context.hpp"

namespace akg {

template <Space S, class T>
T load(Ptr<S, T> src, int line = __builtin_LINE()) {
  const Where where{"load", line};
  check_start(where, src, sizeof(T));
  T value{};
  work(Pipe::s, where, [=, &value](auto memory) {
    const auto x = memory.template get<T>(*src.memory, src.address);
    if constexpr (decltype(memory)::checked)
      if (!x.known) memory.core.refuse(where, "loads an element that was never written");
    value = x.value;
  });
  return value;
}

template <Space S, class T>
void store(Ptr<S, T> dst, T value, int line = __builtin_LINE()) {
  const Where where{"store", line};
  check_start(where, dst, sizeof(T));
  work(Pipe::s, where,
       [=](auto memory) { memory.set(*dst.memory, dst.address, value, true); });
}

// Element `index` of a view whose dimension has `size` of them.
inline int64_t within(int64_t index, int64_t size, int line = __builtin_LINE()) {
  check({"subscript", line}, {{"index", index, 0, size - 1}});
  return index;
}

template <class T>
bool ordered(T a, T b) { return a == a && b == b; }
template <class T>
T negate(T x) {
  if constexpr (std::is_same_v<T, f16>) {
    x.bits ^= 0x8000u;
    return x;
  } else {
    return -x;
  }
}
// The other operand where one is not-a-number.
template <class T>
T maximum_number(T a, T b) { return a != a ? b : b != b ? a : maximum(a, b); }
template <class T>
T minimum_number(T a, T b) { return a != a ? b : b != b ? a : minimum(a, b); }

// Of integers: towards zero, and towards minus infinity; by zero they give 0.
template <class T>
T remainder(T a, T b) { return b == 0 || b == static_cast<T>(-1) ? T(0) : static_cast<T>(a % b); }
template <class T>
T floor_divide(T a, T b) {
  const T quotient = div(a, b);
  return b != 0 && remainder(a, b) != 0 && (a < 0) != (b < 0) ? static_cast<T>(quotient - 1)
                                                              : quotient;
}
template <class T>
T bits_and(T a, T b) { return static_cast<T>(a & b); }
template <class T>
T bits_or(T a, T b) { return static_cast<T>(a | b); }
template <class T>
T bits_xor(T a, T b) { return static_cast<T>(a ^ b); }
// By as many bits as there are, or more, nothing but the sign is left.
template <class T>
T shift_left(T a, T by) {
  using U = std::make_unsigned_t<T>;
  return by < 0 || by >= static_cast<T>(8 * sizeof(T)) ? T(0)
                                                       : static_cast<T>(static_cast<U>(a) << by);
}
template <class T>
T shift_right(T a, T by) {
  return by < 0 || by >= static_cast<T>(8 * sizeof(T)) ? static_cast<T>(a < 0 ? -1 : 0)
                                                       : static_cast<T>(a >> by);
}
// Wraps around; of a negative exponent the integer part, 0 for all bases but 1 and -1.
template <class T>
T integer_power(T base, T exponent) {
  if (exponent < 0) {
    if (base != 1 && base != static_cast<T>(-1)) return 0;
    return exponent % 2 != 0 ? base : T(1);
  }
  T result = 1;
  for (T n = exponent; n > 0; n = static_cast<T>(n / 2)) {
    if (n % 2 == 1) result = mul(result, base);
    base = mul(base, base);
  }
  return result;
}

template <class T>
T floor(T x) { return in_double(x, [](double v) { return std::floor(v); }); }
template <class T>
T ceil(T x) { return in_double(x, [](double v) { return std::ceil(v); }); }
template <class T>
T round_even(T x) { return in_double(x, [](double v) { return std::nearbyint(v); }); }
template <class T>
T truncate(T x) { return in_double(x, [](double v) { return std::trunc(v); }); }
template <class T>
T tanh(T x) { return in_double(x, [](double v) { return std::tanh(v); }); }
template <class T>
T erf(T x) { return in_double(x, [](double v) { return std::erf(v); }); }
template <class T>
T sin(T x) { return in_double(x, [](double v) { return std::sin(v); }); }
template <class T>
T cos(T x) { return in_double(x, [](double v) { return std::cos(v); }); }
template <class T>
T power(T x, T y) {
  return static_cast<T>(std::pow(static_cast<double>(x), static_cast<double>(y)));
}

inline int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}
inline int64_t ceil_div(int64_t a, int64_t b) { return -floor_div(-a, b); }
inline int64_t modulo(int64_t a, int64_t b) { return a - floor_div(a, b) * b; }

}  // namespace akg

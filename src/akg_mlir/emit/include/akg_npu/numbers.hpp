// What both bodies compute in the same way: index arithmetic, integers, and the operations of floats
// that round once. Each body defines f16, `is_float` and `wide` (f16 as f32, all else as it is)
// before.
#pragma once

#include "fields.hpp"

namespace akg {

// ---------------------------------------------------------------------------------------- indices

AKG_FUNCTION int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}
AKG_FUNCTION int64_t ceil_div(int64_t a, int64_t b) { return -floor_div(-a, b); }
AKG_FUNCTION int64_t modulo(int64_t a, int64_t b) { return a - floor_div(a, b) * b; }

// ---------------------------------------------------------------------------- integers and floats

template <int Bytes>
struct UnsignedOf;
template <>
struct UnsignedOf<1> { using type = uint8_t; };
template <>
struct UnsignedOf<2> { using type = uint16_t; };
template <>
struct UnsignedOf<4> { using type = uint32_t; };
template <>
struct UnsignedOf<8> { using type = uint64_t; };
template <class T>
using Unsigned = typename UnsignedOf<sizeof(T)>::type;

template <class T>
AKG_FUNCTION Unsigned<T> as_unsigned(T x) { return static_cast<Unsigned<T>>(x); }

template <class A, class B>
constexpr bool same_type = false;
template <class A>
constexpr bool same_type<A, A> = true;

// Floats round once, to nearest even; integers wrap around; of bools the sum is "or", the product
// "and".
template <class T>
AKG_FUNCTION T add(T a, T b) {
  if constexpr (same_type<T, bool>)
    return a || b;
  else if constexpr (is_float<T>)
    return static_cast<T>(wide(a) + wide(b));
  else
    return static_cast<T>(as_unsigned(a) + as_unsigned(b));
}
template <class T>
AKG_FUNCTION T sub(T a, T b) {
  if constexpr (is_float<T>)
    return static_cast<T>(wide(a) - wide(b));
  else
    return static_cast<T>(as_unsigned(a) - as_unsigned(b));
}
template <class T>
AKG_FUNCTION T mul(T a, T b) {
  if constexpr (same_type<T, bool>)
    return a && b;
  else if constexpr (is_float<T>)
    return static_cast<T>(wide(a) * wide(b));
  else  // in 64 bits: two unsigned numbers of 16 would become signed ones of 32
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
// Integers round towards zero, by zero they give 0.
template <class T>
AKG_FUNCTION T div(T a, T b) {
  if constexpr (is_float<T>)
    return static_cast<T>(wide(a) / wide(b));
  else if (b == 0)
    return 0;
  else if (b == static_cast<T>(-1))
    return sub<T>(0, a);
  else
    return static_cast<T>(a / b);
}

// Not-a-number where either operand is one; 0 is greater than -0. Without branches: compilers then
// take many at once.
template <class T>
AKG_FUNCTION T maximum(T a, T b) {
  if constexpr (is_float<T>)
    return (wide(a) != wide(a)) | (wide(a) > wide(b)) |
                   ((wide(a) == wide(b)) & (__builtin_signbit(wide(a)) == 0))
               ? a
               : b;
  else
    return a > b ? a : b;
}
template <class T>
AKG_FUNCTION T minimum(T a, T b) {
  if constexpr (is_float<T>)
    return (wide(a) != wide(a)) | (wide(a) < wide(b)) |
                   ((wide(a) == wide(b)) & (__builtin_signbit(wide(a)) != 0))
               ? a
               : b;
  else
    return a < b ? a : b;
}
template <class T>
AKG_FUNCTION bool ordered(T a, T b) { return wide(a) == wide(a) && wide(b) == wide(b); }
// The other operand where one is not-a-number.
template <class T>
AKG_FUNCTION T maximum_number(T a, T b) {
  return wide(a) != wide(a) ? b : wide(b) != wide(b) ? a : maximum(a, b);
}
template <class T>
AKG_FUNCTION T minimum_number(T a, T b) {
  return wide(a) != wide(a) ? b : wide(b) != wide(b) ? a : minimum(a, b);
}

// --------------------------------------------------------------------------------------- integers

// Towards zero, and towards minus infinity; by zero they give 0.
template <class T>
AKG_FUNCTION T remainder(T a, T b) {
  return b == 0 || b == static_cast<T>(-1) ? T(0) : static_cast<T>(a % b);
}
template <class T>
AKG_FUNCTION T floor_divide(T a, T b) {
  const T quotient = div(a, b);
  return b != 0 && remainder(a, b) != 0 && (a < 0) != (b < 0) ? static_cast<T>(quotient - 1)
                                                              : quotient;
}
template <class T>
AKG_FUNCTION T bits_and(T a, T b) { return static_cast<T>(a & b); }
template <class T>
AKG_FUNCTION T bits_or(T a, T b) { return static_cast<T>(a | b); }
template <class T>
AKG_FUNCTION T bits_xor(T a, T b) { return static_cast<T>(a ^ b); }
// By as many bits as there are, or more, nothing but the sign is left.
template <class T>
AKG_FUNCTION T shift_left(T a, T by) {
  return by < 0 || by >= static_cast<T>(8 * sizeof(T)) ? T(0)
                                                       : static_cast<T>(as_unsigned(a) << by);
}
template <class T>
AKG_FUNCTION T shift_right(T a, T by) {
  return by < 0 || by >= static_cast<T>(8 * sizeof(T)) ? static_cast<T>(a < 0 ? -1 : 0)
                                                       : static_cast<T>(a >> by);
}
// Wraps around; of a negative exponent the integer part, 0 for all bases but 1 and -1.
template <class T>
AKG_FUNCTION T integer_power(T base, T exponent) {
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

// The bytes from the first place to that of a number; less than 0 where there is none.
AKG_FUNCTION int64_t offset_of(int64_t number, Places places) {
  if (places.from_end && number < 0) number += places.count;
  return number < places.count && number >= 0 ? number * places.step : -1;
}

}  // namespace akg

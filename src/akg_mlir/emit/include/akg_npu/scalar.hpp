// The scalar unit: single elements, and what kernels compute with them.
#pragma once

#include "arithmetic.hpp"
#include "mode.hpp"

namespace akg {
inline namespace AKG_MODE {

template <Space S, class T>
AKG_INSTRUCTION T checked_load(Ptr<S, T> src, Where where) {
  check_start(where, src, sizeof(T));
  T value{};
  work(Pipe::s, where, [=, &value](auto memory) {
    const auto x = memory.template get<T>(*src.memory, src.address);
    if (!x.known) refuse(where, "loads an element that was never written");
    value = x.value;
  });
  return value;
}
template <Space S, class T>
AKG_INSTRUCTION void checked_store(Ptr<S, T> dst, T value, Where where) {
  check_start(where, dst, sizeof(T));
  work(Pipe::s, where,
       [=](auto memory) { memory.set(*dst.memory, dst.address, value, true); });
}

template <Space S, class T>
AKG_INLINE T load(Ptr<S, T> src, int line = __builtin_LINE()) {
  if constexpr (is_checked)
    return checked_load(src, {"load", line});
  else
    return Fast{}.get<T>(*src.memory, src.address).value;
}
template <Space S, class T>
AKG_INLINE void store(Ptr<S, T> dst, T value, int line = __builtin_LINE()) {
  if constexpr (is_checked)
    checked_store(dst, value, {"store", line});
  else
    Fast{}.set(*dst.memory, dst.address, value, true);
}

// Element `index` of a view whose dimension has `size` of them.
AKG_INLINE int64_t within(int64_t index, int64_t size, int line = __builtin_LINE()) {
  if constexpr (is_checked)
    refuse_fields({"subscript", line}, {{"index", index, 0, size - 1}});
  return index;
}

template <class T>
T negate(T x) {
  if constexpr (std::is_same_v<T, f16>) {
    x.bits ^= 0x8000u;
    return x;
  } else {
    return -x;
  }
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

}  // namespace AKG_MODE
}  // namespace akg

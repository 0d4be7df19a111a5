// The cube. Operands are contiguous fractals: a [m1, k1, 16, k0], b [k1, n1, 16, k0] with k
// innermost, c [n1, m1, 16, 16]. Rows and columns beyond m, k and n are ignored.
#pragma once

#include "arithmetic.hpp"
#include "mode.hpp"
#include "product.hpp"

namespace akg {
inline namespace AKG_MODE {

// Products of floats are summed in f64, rounded once and added to c; integers are exact.
template <class C, class A, class Access>
void product(Access memory, Ptr<Space::l0c, C> c, Ptr<Space::l0a, A> a, Ptr<Space::l0b, A> b,
             Product f) {
  constexpr int64_t k0 = block_bytes / static_cast<int64_t>(sizeof(A));
  using Sum = std::conditional_t<is_float<A>, double, int64_t>;
  const int64_t m1 = (f.m + 15) / 16, n1 = (f.n + 15) / 16, k1 = (f.k + k0 - 1) / k0;
  const auto byte_a = [=](int64_t i, int64_t k) {
    return a.address + (((i / 16) * k1 + k / k0) * 16 * k0 + i % 16 * k0 + k % k0) *
                           static_cast<int64_t>(sizeof(A));
  };
  const auto byte_b = [=](int64_t k, int64_t j) {
    return b.address + (((k / k0) * n1 + j / 16) * 16 * k0 + j % 16 * k0 + k % k0) *
                           static_cast<int64_t>(sizeof(A));
  };
  for (int64_t i = 0; i < f.m; ++i)
    for (int64_t j = 0; j < f.n; ++j) {
      Sum sum = 0;
      bool known = true;
      for (int64_t k = 0; k < f.k; ++k) {
        const auto x = memory.template get<A>(*a.memory, byte_a(i, k));
        const auto y = memory.template get<A>(*b.memory, byte_b(k, j));
        sum += static_cast<Sum>(x.value) * static_cast<Sum>(y.value);
        known = known && x.known && y.known;
      }
      const int64_t at = c.address + (((j / 16) * m1 + i / 16) * 256 + i % 16 * 16 + j % 16) *
                                         static_cast<int64_t>(sizeof(C));
      C result = static_cast<C>(sum);
      if (!f.init) {
        const auto before = memory.template get<C>(*c.memory, at);
        result = add(result, before.value);
        known = known && before.known;
      }
      memory.set(*c.memory, at, result, known);
    }
}

template <class C, class A>
AKG_INSTRUCTION void mad(Ptr<Space::l0c, C> c, Ptr<Space::l0a, A> a, Ptr<Space::l0b, A> b, Product f,
         int line = __builtin_LINE()) {
  const Where where{"mad", line};
  check_types<A, C>(where);
  check(where, {{"m", f.m, 1, 4095}, {"k", f.k, 1, 4095}, {"n", f.n, 1, 4095}});
  check_start(where, c, 1024);
  check_start(where, a, fractal_bytes);
  check_start(where, b, fractal_bytes);
  work(
      Pipe::m, where,
      [=](auto memory) {
        if constexpr (decltype(memory)::checked)
          product<C, A>(memory, c, a, b, f);
        else
          blocked_product(elements(c), elements(a), elements(b), f);
      },
      f.m, f.n);
}

}  // namespace AKG_MODE
}  // namespace akg

// The cube. Operands are contiguous fractals: a [m1, k1, 16, k0], b [k1, n1, 16, k0] with k
// innermost, c [n1, m1, 16, 16]. Rows and columns beyond m, k and n are ignored.
#pragma once

#include <algorithm>

#include "arithmetic.hpp"
#include "context.hpp"

namespace akg {

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

// Elements as doubles, in their order.
template <class T>
void widen(const T *from, double *to, int64_t count) {
  int64_t i = 0;
#if defined(__F16C__)
  if constexpr (std::is_same_v<T, f16>)
    for (; i + 8 <= count; i += 8) {
      float wide[8];
      _mm256_storeu_ps(wide, _mm256_cvtph_ps(_mm_loadu_si128(
                                 reinterpret_cast<const __m128i *>(from + i))));
      for (int x = 0; x < 8; ++x) to[i + x] = static_cast<double>(wide[x]);
    }
#endif
  for (; i < count; ++i) to[i] = static_cast<double>(from[i]);
}

// The fractals of an operand as doubles, [k1, rows, k0] or [m1, k1, 16, k0]: `lines` of k0 elements,
// of which those of the last block of k are cut off behind k.
template <class T>
std::vector<double> widened(const T *from, int64_t lines, int64_t k, bool blocks_outermost) {
  constexpr int64_t k0 = block_bytes / static_cast<int64_t>(sizeof(T));
  const int64_t k1 = (k + k0 - 1) / k0, rows = lines / k1;
  std::vector<double> result(static_cast<size_t>(lines * k0));
  widen(from, result.data(), lines * k0);
  for (int64_t row = 0; k % k0 != 0 && row < rows; ++row) {
    const int64_t line = blocks_outermost ? (k1 - 1) * rows + row
                                          : (row / 16 * k1 + k1 - 1) * 16 + row % 16;
    std::fill_n(result.begin() + line * k0 + k % k0, k0 - k % k0, 0.0);
  }
  return result;
}

// Eight doubles at a time, on whatever vectors there are.
typedef double Eight __attribute__((vector_size(64)));
constexpr int64_t tile_side = 4;

// Rows a to a + 3 of `k0` elements per block of k, with rows b to b + 3: 16 sums over k.
template <int64_t k0>
void tile_product(const double *a, int64_t a_step, const double *b, int64_t b_step, int64_t blocks,
                  double *sums) {
  Eight tile[tile_side][tile_side] = {};
  for (int64_t block = 0; block < blocks; ++block, a += a_step, b += b_step)
    for (int64_t k = 0; k < k0; k += 8) {
      Eight left[tile_side], right[tile_side];
      for (int64_t y = 0; y < tile_side; ++y) {
        std::memcpy(&left[y], a + y * k0 + k, sizeof left[y]);
        std::memcpy(&right[y], b + y * k0 + k, sizeof right[y]);
      }
      for (int64_t y = 0; y < tile_side; ++y)
        for (int64_t x = 0; x < tile_side; ++x) tile[y][x] += left[y] * right[x];
    }
  for (int64_t y = 0; y < tile_side; ++y)
    for (int64_t x = 0; x < tile_side; ++x) {
      double sum = 0;
      for (int e = 0; e < 8; ++e) sum += tile[y][x][e];
      sums[y * tile_side + x] = sum;
    }
}

template <class C, class A>
void fast_product(C *c, const A *a, const A *b, const Product &f) {
  constexpr int64_t k0 = block_bytes / static_cast<int64_t>(sizeof(A));
  const int64_t k1 = (f.k + k0 - 1) / k0, m1 = (f.m + 15) / 16, n1 = (f.n + 15) / 16;
  const std::vector<double> left = widened(a, m1 * k1 * 16, f.k, false);
  const std::vector<double> right = widened(b, k1 * n1 * 16, f.k, true);
  double sums[tile_side * tile_side];
  for (int64_t j = 0; j < f.n; j += tile_side)
    for (int64_t i = 0; i < f.m; i += tile_side) {
      tile_product<k0>(&left[static_cast<size_t>((i / 16 * k1 * 16 + i % 16) * k0)], 16 * k0,
                       &right[static_cast<size_t>(j * k0)], n1 * 16 * k0, k1, sums);
      C *to = c + ((j / 16) * m1 + i / 16) * 256 + i % 16 * 16 + j % 16;
      for (int64_t y = 0; y < std::min(tile_side, f.m - i); ++y)
        for (int64_t x = 0; x < std::min(tile_side, f.n - j); ++x) {
          const C sum = static_cast<C>(sums[y * tile_side + x]);
          to[y * 16 + x] = f.init ? sum : add(sum, to[y * 16 + x]);
        }
    }
}

template <class C, class A>
AKG_INSTRUCTION void mad(Ptr<Space::l0c, C> c, Ptr<Space::l0a, A> a, Ptr<Space::l0b, A> b, Product f,
         int line = __builtin_LINE()) {
  const Where where{"mad", line};
  check(where, {{"m", f.m, 1, 4095}, {"k", f.k, 1, 4095}, {"n", f.n, 1, 4095}});
  check_start(where, c, 1024);
  check_start(where, a, fractal_bytes);
  check_start(where, b, fractal_bytes);
  work(
      Pipe::m, where,
      [=](auto memory) {
        const auto start = [](auto pointer, auto *element) {
          return reinterpret_cast<decltype(element)>(pointer.memory->data + pointer.address);
        };
        // Sums of products of f16 are exact in f64, or nearly: their order does not matter.
        if constexpr (!decltype(memory)::checked && sizeof(A) <= 2)
          fast_product(start(c, static_cast<C *>(nullptr)), start(a, static_cast<A *>(nullptr)),
                       start(b, static_cast<A *>(nullptr)), f);
        else
          product<C, A>(memory, c, a, b, f);
      },
      f.m, f.n);
}

}  // namespace akg

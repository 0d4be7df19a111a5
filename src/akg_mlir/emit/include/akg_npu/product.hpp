// The product of the cube in fast runs, blocked for the registers and caches of the host.
//
// Sums are taken in f64, in another order than one by one. Products of f16 are exact there, as are
// their sums as long as they are below 32: all orders give the same bits.
#pragma once

#include <algorithm>
#include <vector>

#include "arithmetic.hpp"
#include "lanes.hpp"
#include "memory.hpp"

namespace akg {

// Of one step: rows of a, and columns of b.
constexpr int64_t tile_rows = 8, tile_columns = 16;

// Eight doubles, on whatever vectors there are.
typedef double Eight __attribute__((vector_size(64)));

inline Eight eight(const double *from) {
  Eight result;
  std::memcpy(&result, from, sizeof result);
  return result;
}

// c + a * b, rounded once or twice: the same where products are exact.
inline Eight plus_product(Eight c, Eight a, Eight b) {
#if defined(__AVX512F__)
  return _mm512_fmadd_pd(a, b, c);
#else
  return c + a * b;
#endif
}

inline void widen(const int8_t *from, double *to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[i];
}

// Fractals [k1, n1, 16, k0] as doubles [n1, k1 * k0, 16].
template <class A>
void turn_columns(const A *from, double *to, int64_t k1, int64_t n1) {
  constexpr int64_t k0 = block_bytes / static_cast<int64_t>(sizeof(A));
  for (int64_t block = 0; block < k1; ++block)
    for (int64_t j = 0; j < n1; ++j) {
      double fractal[16 * k0];
      widen(from + (block * n1 + j) * 16 * k0, fractal, 16 * k0);
      double *turned = to + (j * k1 + block) * k0 * 16;
      for (int64_t k = 0; k < k0; ++k)
        for (int64_t column = 0; column < 16; ++column)
          turned[k * 16 + column] = fractal[column * k0 + k];
    }
}

// Rows of `a`, k0 apart and 16 * k0 from one block of k to the next, times `b` [k, 16].
template <int64_t k0>
void tile_product(const double *a, const double *b, int64_t k, double *sums) {
  Eight tile[tile_rows][2] = {};
  for (; k > 0; k -= k0, a += 16 * k0)
    for (int64_t x = 0; x < std::min(k0, k); ++x, b += tile_columns) {
      const Eight left = eight(b), right = eight(b + 8);
      for (int64_t row = 0; row < tile_rows; ++row) {
        const Eight factor = a[row * k0 + x] - Eight{};
        tile[row][0] = plus_product(tile[row][0], factor, left);
        tile[row][1] = plus_product(tile[row][1], factor, right);
      }
    }
  std::memcpy(sums, tile, sizeof tile);
}

// c [n1, m1, 16, 16] of fractals a [m1, k1, 16, k0] and b [k1, n1, 16, k0].
template <class C, class A>
void blocked_product(C *c, const A *a, const A *b, const Product &f) {
  constexpr int64_t k0 = block_bytes / static_cast<int64_t>(sizeof(A));
  const int64_t k1 = (f.k + k0 - 1) / k0, m1 = (f.m + 15) / 16, n1 = (f.n + 15) / 16;
  static thread_local std::vector<double> left, right;
  left.resize(static_cast<size_t>(m1 * k1 * 16 * k0));
  right.resize(static_cast<size_t>(n1 * k1 * 16 * k0));
  widen(a, left.data(), m1 * k1 * 16 * k0);
  turn_columns(b, right.data(), k1, n1);
  double sums[tile_rows][tile_columns];
  for (int64_t j = 0; j < f.n; j += tile_columns)
    for (int64_t i = 0; i < f.m; i += tile_rows) {
      tile_product<k0>(left.data() + (i / 16 * k1 * 16 + i % 16) * k0,
                       right.data() + j * k1 * k0, f.k, sums[0]);
      C *to = c + ((j / 16) * m1 + i / 16) * 256 + i % 16 * 16;
      for (int64_t y = 0; y < std::min<int64_t>(tile_rows, f.m - i); ++y, to += 16)
        for (int64_t x = 0; x < std::min<int64_t>(tile_columns, f.n - j); ++x) {
          const C sum = static_cast<C>(sums[y][x]);
          to[x] = f.init ? sum : add(sum, to[x]);
        }
    }
}

}  // namespace akg

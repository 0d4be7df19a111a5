// The transpose of blocks.
#pragma once

#include "mode.hpp"

namespace akg {
inline namespace AKG_MODE {

// In fast runs: one block, sixteen times, fills rows with its elements.
template <class T>
void splat(T *dst, const T *src, Transpose f) {
  constexpr int64_t count = block_bytes / static_cast<int64_t>(sizeof(T));
  constexpr int64_t wide = 16 / count;  // blocks per row
  for (int64_t r = 0; r < f.repeat; ++r) {
    T block[count];
    std::memcpy(block, src + r * f.src.repeat * count, block_bytes);
    for (int64_t k = 0; k < 16; ++k)
      std::fill_n(dst + (r * f.dst.repeat + k * f.dst.block) * count, count, block[k / wide]);
  }
}

// The sixteen blocks of a repeat are read before one is written.
template <class T>
void transpose(T *dst, const T *src, Transpose f) {
  constexpr int64_t count = block_bytes / static_cast<int64_t>(sizeof(T));
  for (int64_t r = 0; r < f.repeat; ++r) {
    T rows[count][16], blocks[16][count];
    for (int64_t k = 0; k < 16; ++k) {
      const T *block = src + (r * f.src.repeat + k * f.src.block) * count;
      for (int64_t e = 0; e < count; ++e) rows[e][k] = block[e];
    }
    std::memcpy(blocks, rows, sizeof blocks);
    for (int64_t k = 0; k < 16; ++k)
      std::memcpy(dst + (r * f.dst.repeat + k * f.dst.block) * count, blocks[k], block_bytes);
  }
}

// 16 blocks become 16 blocks: row e of the transposed block holds element e of each. Elements of
// four bytes fill two blocks per row.
template <class T>
AKG_INSTRUCTION void vnchwconv(Ptr<Space::ub, T> dst, Ptr<Space::ub, T> src, Transpose f,
               int line = __builtin_LINE()) {
  static_assert(sizeof(T) == 2 || sizeof(T) == 4, "elements of two or four bytes are transposed");
  const Where where{"vnchwconv", line};
  check_type<T>(where);
  check(where, {{"repeat", f.repeat, 1, 255},
                {"block stride", f.dst.block, 0, 65535},
                {"block stride", f.src.block, 0, 65535},
                {"repeat step", f.dst.repeat, 0, 65535},
                {"repeat step", f.src.repeat, 0, 65535}});
  check_start(where, dst, block_bytes);
  check_start(where, src, block_bytes);
  const auto blocks = [=](Ptr<Space::ub, T> pointer, Stride stride) -> Region {
    return {pointer.memory, "", pointer.address, f.repeat, stride.repeat * block_bytes,
            16 * block_bytes, block_bytes, stride.block * block_bytes};
  };
  if constexpr (is_checked)
    refuse_overlap(where, blocks(dst, f.dst), {blocks(src, f.src)}, Overlap::none);
  if constexpr (!is_checked) {
    if (f.src.block == 0)
      splat(elements(dst), elements(src), f);
    else
      transpose(elements(dst), elements(src), f);
    return;
  }
  work(Pipe::v, where, [=](auto memory) {
    constexpr int64_t count = block_bytes / static_cast<int64_t>(sizeof(T));
    constexpr int64_t wide = 16 / count;  // blocks per row of the result
    for (int64_t r = 0; r < f.repeat; ++r) {
      decltype(memory.template get<T>(*src.memory, 0)) block[count][16];
      for (int64_t k = 0; k < 16; ++k)
        for (int64_t e = 0; e < count; ++e)
          block[e][k] = memory.template get<T>(
              *src.memory, src.address + (r * f.src.repeat + k * f.src.block) * block_bytes +
                               e * static_cast<int64_t>(sizeof(T)));
      for (int64_t e = 0; e < count; ++e)
        for (int64_t k = 0; k < 16; ++k)
          memory.set(*dst.memory,
                     dst.address +
                         (r * f.dst.repeat + (e * wide + k / count) * f.dst.block) * block_bytes +
                         k % count * static_cast<int64_t>(sizeof(T)),
                     block[e][k].value, block[e][k].known);
    }
  });
}

}  // namespace AKG_MODE
}  // namespace akg

// vnchwconv: 16 blocks become 16 blocks.
#pragma once

#include "memory.hpp"

namespace akg {

// One transpose, given the 16 blocks of each side; `repeat` of them, the steps in blocks.
template <class T>
AKG_FUNCTION void transpose(AscendC::LocalTensor<T> (&dst)[16], AscendC::LocalTensor<T> (&src)[16],
                            int repeat, int dst_step, int src_step) {
  AscendC::TransDataTo5HD<T>(
      dst, src,
      AscendC::TransDataTo5HDParams(false, false, static_cast<uint8_t>(repeat),
                                    static_cast<uint16_t>(repeat == 1 ? 0 : dst_step),
                                    static_cast<uint16_t>(repeat == 1 ? 0 : src_step)));
}

// Elements of four bytes on the 910A, which transposes those of two only. As halves h of element e of
// block 8 kb + k, the result is block 2 e + kb with halves 2 k + h. A transpose exchanges rows and
// lanes of any 16 blocks, so three of them bring e and kb together, and k and h:
//   first[kb][2 e + h]   lanes 8 t + k     t counts copies, of which only the first is used
//   second[h][8 t + k]   lanes 8 kb + e
//   dst[2 e + kb]        lanes 2 k + h
AKG_FUNCTION void transpose_words(UbPtr<f16> dst, UbPtr<f16> src, int dst_block, int src_block) {
  const UbPtr<f16> first = work<f16>(), second = first.at(32 * block_bytes);
  AscendC::LocalTensor<f16> from[16], to[16];
  for (int kb = 0; kb < 2; ++kb) {
    for (int i = 0; i < 16; ++i) {
      from[i] = src.at((8 * kb + i % 8) * src_block * block_bytes).tensor();
      to[i] = first.at((16 * kb + i) * block_bytes).tensor();
    }
    transpose(to, from, 1, 0, 0);
  }
  AscendC::PipeBarrier<PIPE_V>();
  for (int h = 0; h < 2; ++h) {
    for (int i = 0; i < 16; ++i) {
      from[i] = first.at((16 * (i / 8) + 2 * (i % 8) + h) * block_bytes).tensor();
      to[i] = second.at((16 * h + i) * block_bytes).tensor();
    }
    transpose(to, from, 1, 0, 0);
  }
  AscendC::PipeBarrier<PIPE_V>();
  for (int i = 0; i < 16; ++i) {
    from[i] = second.at((16 * (i % 2) + i / 2) * block_bytes).tensor();
    to[i] = dst.at((2 * (i % 8) + i / 8) * dst_block * block_bytes).tensor();
  }
  transpose(to, from, 1, 0, 0);
}

template <class T>
AKG_FUNCTION void vnchwconv(UbPtr<T> dst, UbPtr<T> src, Transpose f) {
  static_assert(sizeof(T) == 2 || sizeof(T) == 4, "elements of two or four bytes are transposed");
  if constexpr (sizeof(T) == 4 && arch == 1001) {
    for (int r = 0; r < f.repeat; ++r)
      transpose_words(dst.template at<f16>(r * f.dst.repeat * block_bytes),
                      src.template at<f16>(r * f.src.repeat * block_bytes), f.dst.block,
                      f.src.block);
  } else {
    AscendC::LocalTensor<T> from[16], to[16];
    for (int i = 0; i < 16; ++i) {
      from[i] = src.at(i * f.src.block * block_bytes).tensor();
      to[i] = dst.at(i * f.dst.block * block_bytes).tensor();
    }
    transpose(to, from, f.repeat, f.dst.repeat, f.src.repeat);
  }
}

}  // namespace akg

// Copies, loads of fractals, and the cube.
#pragma once

#include "model.hpp"

namespace AscendC {

inline DataCopyParams::DataCopyParams(uint16_t count, uint16_t length, uint16_t src, uint16_t dst)
    : blockCount(count), blockLen(length), srcGap(src), dstGap(dst) {}
template <class T>
void DataCopy(const LocalTensor<T> &dst, const GlobalTensor<T> &src, const DataCopyParams &p) {
  model::bursts(dst, src, p, 32, 32, 32);
}
template <class T>
void DataCopy(const GlobalTensor<T> &dst, const LocalTensor<T> &src, const DataCopyParams &p) {
  model::bursts(dst, src, p, 32, 32, 32);
}
template <class T>
void DataCopy(const LocalTensor<T> &dst, const LocalTensor<T> &src, const DataCopyParams &p) {
  model::bursts(dst, src, p, 32, 32, 32);
}

inline LoadData2DParams::LoadData2DParams(uint16_t start, uint8_t repeat, uint16_t stride, uint8_t,
                                          uint16_t gap, bool transposed, uint8_t)
    : startIndex(start), repeatTimes(repeat), srcStride(stride), dstGap(gap) {
  model::require(!transposed && (__NPU_ARCH__ != 1001 || gap == 0), "a load we do not know");
}
template <class T>
void LoadData(const LocalTensor<T> &dst, const LocalTensor<T> &src, const LoadData2DParams &p) {
  model::require(dst.address % 512 == 0, "a fractal starts inside another");
  for (int64_t r = 0; r < p.repeatTimes; ++r)
    std::memcpy(model::at(dst, r * (1 + p.dstGap) * 512),
                model::at(src, (p.startIndex + r * p.srcStride) * 512), 512);
}

#if __NPU_ARCH__ != 2201
template <class D, class T>
void DataCopy(const LocalTensor<D> &dst, const LocalTensor<T> &src, const DataCopyParams &p,
              const DataCopyEnhancedParams &enhanced) {
  model::require(enhanced.blockMode == BlockMode::BLOCK_MODE_MATRIX, "no copy of fractals");
  constexpr int64_t fractal = 256 * static_cast<int64_t>(sizeof(T));
  if constexpr (sizeof(D) == sizeof(T)) {
    const bool out = src.position == TPosition::CO1;
    model::bursts(dst, src, p, fractal, out ? fractal : 32, out ? 32 : fractal);
  } else {
    model::require(p.blockCount == 1 && p.srcGap == 0 && p.dstGap == 0, "gaps in unknown units");
    for (int64_t i = 0; i < p.blockLen * 256; ++i)
      *model::at(dst, i * static_cast<int64_t>(sizeof(D))) =
          static_cast<D>(*model::at(src, i * static_cast<int64_t>(sizeof(T))));
  }
}
template <class T>
void LoadData(const LocalTensor<T> &dst, const LocalTensor<T> &src, const LoadData3DParamsV1<T> &p) {
  model::require(p.repeatMode == 1 && p.c1Index == 0 && p.cSize == 0, "a load we do not know");
  const int64_t columns = (p.l1W + p.padList[0] + p.padList[1] -
                           p.dilationFilterW * (p.filterW - 1) - 1) / p.strideW + 1;
  constexpr int64_t width = 32 / sizeof(T);
  for (int64_t point = 0; point < p.repeatTime * 16; ++point)
    for (int64_t c = 0; c < width; ++c) {
      const int64_t y = p.leftTopH + point / columns * p.strideH + p.fetchFilterH * p.dilationFilterH;
      const int64_t x = p.leftTopW + point % columns * p.strideW + p.fetchFilterW * p.dilationFilterW;
      const bool inside = 0 <= y && y < p.l1H && 0 <= x && x < p.l1W;
      const int64_t to = point / 16 * p.jumpStride * 512 + point % 16 * 32;
      *model::at(dst, to + c * static_cast<int64_t>(sizeof(T))) =
          inside ? *model::at(src, ((y * p.l1W + x) * width + c) * static_cast<int64_t>(sizeof(T)))
                 : p.padValue;
    }
}
#endif

// ------------------------------------------------------------------------------------------- cube

template <class C, class A, class B>
void Mmad(const LocalTensor<C> &c, const LocalTensor<A> &a, const LocalTensor<B> &b,
          const MmadParams &p) {
  model::require(c.address % 1024 == 0 && p.isBias != p.cmatrixInitVal, "a product we do not know");
  constexpr int64_t k0 = 32 / sizeof(A), size = sizeof(A);
  const int64_t m1 = (p.m + 15) / 16, n1 = (p.n + 15) / 16, k1 = (p.k + k0 - 1) / k0;
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < p.k; ++k)
        sum += model::number_of(*model::at(
                   a, ((i / 16 * k1 + k / k0) * 16 * k0 + i % 16 * k0 + k % k0) * size)) *
               model::number_of(*model::at(
                   b, ((k / k0 * n1 + j / 16) * 16 * k0 + j % 16 * k0 + k % k0) * size));
      C *to = model::at(c, ((j / 16 * m1 + i / 16) * 256 + i % 16 * 16 + j % 16) *
                               static_cast<int64_t>(sizeof(C)));
      C result;
      if constexpr (model::is_real<C>)
        result = model::rounded<C>(sum);
      else
        result = static_cast<C>(static_cast<int64_t>(sum));
      *to = p.cmatrixInitVal ? result : model::add(result, *to);
    }
}

}  // namespace AscendC

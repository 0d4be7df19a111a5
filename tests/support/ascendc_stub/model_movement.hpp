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
#else
template <class T>
void LoadData(const LocalTensor<T> &dst, const LocalTensor<T> &src, const LoadData3DParamsV2<T> &p) {
  constexpr int64_t width = 32 / sizeof(T), size = sizeof(T);
  model::require(!p.enTranspose && !p.enSmallK && !p.filterSizeW && !p.filterSizeH &&
                     !p.fMatrixCtrl && p.channelSize % 16 == 0,
                 "a load we do not know");
  const int64_t columns = (p.l1W + p.padList[0] + p.padList[1] -
                           p.dilationW * (p.filterW - 1) - 1) / p.strideW + 1;
  const int64_t rows = (p.l1H + p.padList[2] + p.padList[3] -
                        p.dilationH * (p.filterH - 1) - 1) / p.strideH + 1;
  const int64_t last = p.mStartPt + p.mExtension, taps = p.filterW * p.filterH;
  model::require(dst.address % 512 == 0 && p.mStartPt % 16 == 0 && p.kStartPt % width == 0 &&
                     p.kExtension % width == 0 && p.mExtension > 0 && last <= rows * columns &&
                     (p.mExtension % 16 == 0 || last == rows * columns) &&
                     p.kStartPt + p.kExtension <= p.channelSize * taps,
                 "no rectangle of the matrix of windows");
  for (int64_t m = p.mStartPt; m < last; ++m)
    for (int64_t k = p.kStartPt; k < p.kStartPt + p.kExtension; ++k) {
      const int64_t c1 = k / width / taps, tap = k / width % taps;
      const int64_t y = m / columns * p.strideH + tap / p.filterW * p.dilationH - p.padList[2];
      const int64_t x = m % columns * p.strideW + tap % p.filterW * p.dilationW - p.padList[0];
      const bool inside = 0 <= y && y < p.l1H && 0 <= x && x < p.l1W;
      const int64_t row = m - p.mStartPt, column = k - p.kStartPt;
      const int64_t fractal = row / 16 * (p.kExtension / width) + column / width;
      *model::at(dst, fractal * 512 + row % 16 * 32 + column % width * size) =
          inside ? *model::at(src, ((c1 * p.l1H + y) * p.l1W + x) * 32 + k % width * size)
                 : p.padValue;
    }
}
template <class D, class T, const FixpipeConfig &config>
void Fixpipe(const GlobalTensor<D> &dst, const LocalTensor<T> &src, const FixpipeParamsV220 &p) {
  model::require(!config.rowMajor && !p.reluEn && p.unitFlag == 0 && !p.isChannelSplit &&
                     p.quantPre == (sizeof(D) == sizeof(T) ? NoQuant : F322F16),
                 "a way out of L0C that we do not know");
  model::require(src.position == TPosition::CO1 && src.address % 64 == 0 && sizeof(T) == 4 &&
                     p.nSize % 16 == 0 && 0 < p.nSize && p.nSize <= 4095 && p.mSize > 0 &&
                     p.srcStride % 16 == 0 && p.dstStride > 0,
                 "no columns of fractals");
  for (int64_t n = 0; n < p.nSize / 16; ++n)
    for (int64_t i = 0; i < p.mSize * 16; ++i)
      *model::at(dst, n * p.dstStride * 32 + i * static_cast<int64_t>(sizeof(D))) =
          static_cast<D>(*model::at(src, (n * p.srcStride * 16 + i) * static_cast<int64_t>(sizeof(T))));
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

// Copies between memories, fractal loads, loads by img2col.
#pragma once

#include "memory.hpp"

namespace akg {

// Copies move whole blocks: what their elements are does not matter.
template <class T>
struct MovedAs {
  using type = Stored<T>;
};
template <>
struct MovedAs<f64> {
  using type = f32;
};
template <>
struct MovedAs<i64> {
  using type = i32;
};
template <class T>
using Moved = typename MovedAs<T>::type;

AKG_FUNCTION AscendC::DataCopyParams copy_params(int count, int length, int src_gap, int dst_gap) {
  return AscendC::DataCopyParams(static_cast<uint16_t>(count), static_cast<uint16_t>(length),
                                 static_cast<uint16_t>(src_gap), static_cast<uint16_t>(dst_gap));
}

// Between L0C and UB, by the vector unit: whole fractals of 16x16. In what units a converting copy
// counts gaps is not documented beyond doubt, so it goes burst by burst.
template <Space To, class D, Space From, class T>
AKG_FUNCTION void copy_fractals(Ptr<To, D> dst, Ptr<From, T> src, Bursts f) {
#if AKG_NPU_ARCH == 2201
  static_assert(never<D, T>, "the cube of the 910B has another core than its vector unit");
#else
  AscendC::DataCopyEnhancedParams enhanced;
  enhanced.blockMode = AscendC::BlockMode::BLOCK_MODE_MATRIX;
  if constexpr (same_type<D, T>) {
    AscendC::DataCopy(dst.tensor(), src.tensor(),
                      copy_params(f.count, f.length, f.src_gap, f.dst_gap), enhanced);
  } else {
    static_assert(From == Space::l0c && same_type<D, f16> && same_type<T, f32>,
                  "copies convert f32 in L0C to f16 only");
    const int64_t dst_step = f.length * 256 * static_cast<int64_t>(sizeof(D)) +
                             f.dst_gap * block_bytes;
    const int64_t src_step = (f.length + f.src_gap) * 256 * static_cast<int64_t>(sizeof(T));
    for (int i = 0; i < f.count; ++i)
      AscendC::DataCopy(dst.at(i * dst_step).tensor(), src.at(i * src_step).tensor(),
                        copy_params(1, f.length, 0, 0), enhanced);
  }
#endif
}

// From L0C to GM, by the fixpipe: columns of fractals, `f.length` rows of each. L0C holds no more than
// fits its fields.
template <class D, class T>
AKG_FUNCTION void copy_columns(Ptr<Space::gm, D> dst, Ptr<Space::l0c, T> src, Bursts f) {
#if AKG_NPU_ARCH == 2201
  static_assert((same_type<D, f16> && same_type<T, f32>) || (same_type<D, T> && sizeof(T) == 4),
                "L0C holds f32, which may become f16, and i32");
  using Quant = decltype(AscendC::FixpipeParamsV220::quantPre);
  AscendC::FixpipeParamsV220 params;
  params.nSize = static_cast<uint16_t>(16 * f.count);
  params.mSize = static_cast<uint16_t>(f.length);
  params.srcStride = static_cast<uint16_t>((f.length + f.src_gap + 15) / 16 * 16);
  params.dstStride = static_cast<uint32_t>(f.length * static_cast<int>(16 * sizeof(D)) / block_bytes +
                                      f.dst_gap);
  params.quantPre = same_type<D, T> ? Quant::NoQuant : Quant::F322F16;
  params.reluEn = false;
  params.unitFlag = 0;
  params.isChannelSplit = false;
  AscendC::Fixpipe<D, T, AscendC::CFG_NZ>(dst.tensor(), src.tensor(), params);
#else
  static_assert(never<D, T>, "on the 910B alone L0C leads to GM");
#endif
}

template <Space To, class D, Space From, class T>
AKG_FUNCTION void copy(Ptr<To, D> dst, Ptr<From, T> src, Bursts f) {
  if constexpr (From == Space::l0c && To == Space::gm) {
    copy_columns(dst, src, f);
  } else if constexpr (From == Space::l0c || To == Space::l0c) {
    copy_fractals(dst, src, f);
  } else {
    static_assert(same_type<D, T>, "copies between these memories convert nothing");
    static_assert(From != Space::l1, "Ascend C has no copy from L1 that is no load to L0");
    static_assert(To != Space::l1 || From == Space::gm || unified,
                  "UB reaches L1 on machines with one core for cube and vectors only");
    AscendC::DataCopy(dst.template at<Moved<D>>(0).tensor(), src.template at<Moved<T>>(0).tensor(),
                      copy_params(f.count, f.length, f.src_gap, f.dst_gap));
  }
}

template <class T, class Number>
AKG_FUNCTION void fetch(Ptr<Space::ub, T> dst, Ptr<Space::gm, T> src, Number number, Places p,
                        Bursts f) {
  const int64_t offset = offset_of(number, p);
  if (offset >= 0) copy(dst, src.at(offset), f);
}

template <Space To, class T>
AKG_FUNCTION void load_fractals(Ptr<To, T> dst, Ptr<Space::l1, T> src, int repeat, int src_stride,
                                int dst_gap) {
  AscendC::LoadData(dst.tensor(), src.tensor(),
                    AscendC::LoadData2DParams(0, static_cast<uint8_t>(repeat),
                                              static_cast<uint16_t>(src_stride), 0,
                                              static_cast<uint16_t>(dst_gap), false, 0));
}

template <Space To, class T>
AKG_FUNCTION void load2d(Ptr<To, T> dst, Ptr<Space::l1, T> src, Fractals f) {
  static_assert(To == Space::l0a || To == Space::l0b, "fractals are loaded to l0a and l0b");
  if (arch != 1001 || f.dst_gap == 0) {
    load_fractals(dst, src, f.repeat, f.src_stride, f.dst_gap);
  } else {  // the 910A ignores the gap
    for (int r = 0; r < f.repeat; ++r)
      load_fractals(dst.at(r * (1 + f.dst_gap) * fractal_bytes),
                    src.at(r * f.src_stride * fractal_bytes), 1, 0, 0);
  }
}

#if AKG_NPU_ARCH == 2201
// `count` windows from `first` on as fractals behind each other: a rectangle of the matrix that has a
// row per window, and as columns all taps of all channels; here those of one tap.
template <class T>
AKG_FUNCTION void load_windows(Ptr<Space::l0a, T> dst, Ptr<Space::l1, T> src, const Windows &f,
                               int first, int count) {
  constexpr int channels = block_bytes / static_cast<int>(sizeof(T));
  AscendC::LoadData3DParamsV2<T> p;
  p.padList[0] = static_cast<uint8_t>(f.pads.left);
  p.padList[1] = static_cast<uint8_t>(f.pads.right);
  p.padList[2] = static_cast<uint8_t>(f.pads.top);
  p.padList[3] = static_cast<uint8_t>(f.pads.bottom);
  p.l1H = static_cast<uint16_t>(f.image.rows);
  p.l1W = static_cast<uint16_t>(f.image.columns);
  p.channelSize = channels;
  p.kExtension = channels;
  p.mExtension = static_cast<uint16_t>(count);
  p.kStartPt =
      static_cast<uint16_t>((f.tap.rows * f.kernel.columns + f.tap.columns) * channels);
  p.mStartPt = static_cast<uint16_t>(first);
  p.strideW = static_cast<uint8_t>(f.strides.columns);
  p.strideH = static_cast<uint8_t>(f.strides.rows);
  p.filterW = static_cast<uint8_t>(f.kernel.columns);
  p.filterH = static_cast<uint8_t>(f.kernel.rows);
  p.dilationW = static_cast<uint8_t>(f.dilations.columns);
  p.dilationH = static_cast<uint8_t>(f.dilations.rows);
  p.enTranspose = false;
  p.enSmallK = false;
  p.padValue = static_cast<T>(0.0f);
  p.filterSizeW = false;
  p.filterSizeH = false;
  p.fMatrixCtrl = false;
  AscendC::LoadData(dst.tensor(), src.tensor(), p);
}

AKG_FUNCTION int windows(int size, int around, int taps, int dilation, int stride) {
  return (size + around - dilation * (taps - 1) - 1) / stride + 1;
}
#endif

// The image begins at the source: the first block of channels, and the first window, whose corner
// lies in the pads. On the 910B what is behind the last window stays as it is.
template <class T>
AKG_FUNCTION void load3d(Ptr<Space::l0a, T> dst, Ptr<Space::l1, T> src, Windows f) {
#if AKG_NPU_ARCH == 2201
  const int rows = windows(f.image.rows, f.pads.top + f.pads.bottom, f.kernel.rows,
                           f.dilations.rows, f.strides.rows);
  const int columns = windows(f.image.columns, f.pads.left + f.pads.right, f.kernel.columns,
                              f.dilations.columns, f.strides.columns);
  const int all = rows * columns < 16 * f.repeat ? rows * columns : 16 * f.repeat;
  const int step = f.jump == 1 ? 16 * f.repeat : 16;
  for (int first = 0; first < all; first += step)
    load_windows(dst.at(first / 16 * f.jump * fractal_bytes), src, f, first,
                 first + step < all ? step : all - first);
#else
  AscendC::LoadData3DParamsV1<T> p;
  p.padList[0] = static_cast<uint8_t>(f.pads.left);
  p.padList[1] = static_cast<uint8_t>(f.pads.right);
  p.padList[2] = static_cast<uint8_t>(f.pads.top);
  p.padList[3] = static_cast<uint8_t>(f.pads.bottom);
  p.l1H = static_cast<uint16_t>(f.image.rows);
  p.l1W = static_cast<uint16_t>(f.image.columns);
  p.c1Index = 0;
  p.fetchFilterW = static_cast<uint8_t>(f.tap.columns);
  p.fetchFilterH = static_cast<uint8_t>(f.tap.rows);
  p.leftTopW = static_cast<int16_t>(-f.pads.left);
  p.leftTopH = static_cast<int16_t>(-f.pads.top);
  p.strideW = static_cast<uint8_t>(f.strides.columns);
  p.strideH = static_cast<uint8_t>(f.strides.rows);
  p.filterW = static_cast<uint8_t>(f.kernel.columns);
  p.filterH = static_cast<uint8_t>(f.kernel.rows);
  p.dilationFilterW = static_cast<uint8_t>(f.dilations.columns);
  p.dilationFilterH = static_cast<uint8_t>(f.dilations.rows);
  p.jumpStride = static_cast<uint8_t>(f.jump);
  p.repeatMode = 1;  // the next repeat takes the next 16 windows
  p.repeatTime = static_cast<uint8_t>(f.repeat);
  p.cSize = 0;
  p.padValue = static_cast<T>(0.0f);
  AscendC::LoadData(dst.tensor(), src.tensor(), p);
#endif
}

}  // namespace akg

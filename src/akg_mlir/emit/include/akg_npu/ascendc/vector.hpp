// Vector instructions that work lane by lane: masks count lanes, strides count blocks, as ours do.
#pragma once

#include "memory.hpp"

namespace akg {

AKG_FUNCTION uint64_t lanes(int mask) { return static_cast<uint64_t>(mask); }
AKG_FUNCTION uint8_t repeats(int repeat) { return static_cast<uint8_t>(repeat); }

// Where one block is all that a repeat writes its stride does not matter, but 0 is undefined.
AKG_FUNCTION int written(Stride dst) { return dst.block == 0 ? 1 : dst.block; }

AKG_FUNCTION AscendC::BinaryRepeatParams strides(Stride dst, Stride src0, Stride src1) {
  return AscendC::BinaryRepeatParams(
      static_cast<uint8_t>(written(dst)), static_cast<uint8_t>(src0.block),
      static_cast<uint8_t>(src1.block), static_cast<uint8_t>(dst.repeat),
      static_cast<uint8_t>(src0.repeat), static_cast<uint8_t>(src1.repeat));
}
AKG_FUNCTION AscendC::UnaryRepeatParams strides(Stride dst, Stride src) {
  return AscendC::UnaryRepeatParams(
      static_cast<uint16_t>(written(dst)), static_cast<uint16_t>(src.block),
      static_cast<uint8_t>(dst.repeat), static_cast<uint8_t>(src.repeat));
}
constexpr Stride next_to_each_other{1, 8};

// Repeat after repeat into the same place.
AKG_FUNCTION bool accumulates(Stride dst, int repeat) { return dst.repeat == 0 && repeat > 1; }
AKG_FUNCTION int64_t place(Stride stride, int repeat) { return stride.repeat * repeat * block_bytes; }

// Of these a repeat sees what the one before stored where the result is the second source.
#define AKG_COMMUTATIVE(name, call)                                                            \
  template <class T>                                                                           \
  AKG_FUNCTION void name(UbPtr<T> dst, UbPtr<T> src0, UbPtr<T> src1, Binary f) {               \
    if (accumulates(f.dst, f.repeat) && dst.address == src0.address)                           \
      AscendC::call(dst.tensor(), src1.tensor(), src0.tensor(), lanes(f.mask),                 \
                    repeats(f.repeat), strides(f.dst, f.src1, f.src0));                        \
    else                                                                                       \
      AscendC::call(dst.tensor(), src0.tensor(), src1.tensor(), lanes(f.mask),                 \
                    repeats(f.repeat), strides(f.dst, f.src0, f.src1));                        \
  }
AKG_COMMUTATIVE(vadd, Add)
AKG_COMMUTATIVE(vmul, Mul)
AKG_COMMUTATIVE(vmax, Max)
AKG_COMMUTATIVE(vmin, Min)
#undef AKG_COMMUTATIVE

// Of these it does not: repeats that accumulate are issued one by one.
#define AKG_BINARY(name, call)                                                                 \
  template <class T>                                                                           \
  AKG_FUNCTION void name(UbPtr<T> dst, UbPtr<T> src0, UbPtr<T> src1, Binary f) {               \
    const bool each = accumulates(f.dst, f.repeat);                                            \
    for (int r = 0; r < (each ? f.repeat : 1); ++r) {                                          \
      if (r > 0) AscendC::PipeBarrier<PIPE_V>();                                               \
      AscendC::call(dst.tensor(), src0.at(place(f.src0, r)).tensor(),                          \
                    src1.at(place(f.src1, r)).tensor(), lanes(f.mask),                         \
                    repeats(each ? 1 : f.repeat), strides(f.dst, f.src0, f.src1));             \
    }                                                                                          \
  }
AKG_BINARY(vsub, Sub)
AKG_BINARY(vdiv, Div)
AKG_BINARY(vand, And)
AKG_BINARY(vor, Or)
#undef AKG_BINARY

#define AKG_UNARY(name, call)                                                               \
  template <class T>                                                                        \
  AKG_FUNCTION void name(UbPtr<T> dst, UbPtr<T> src, Unary f) {                             \
    AscendC::call(dst.tensor(), src.tensor(), lanes(f.mask), repeats(f.repeat),             \
                  strides(f.dst, f.src));                                                   \
  }
AKG_UNARY(vexp, Exp)
AKG_UNARY(vln, Ln)
AKG_UNARY(vsqrt, Sqrt)
AKG_UNARY(vrsqrt, Rsqrt)
AKG_UNARY(vrec, Reciprocal)
AKG_UNARY(vabs, Abs)
AKG_UNARY(vnot, Not)
#undef AKG_UNARY

template <class T>
AKG_FUNCTION void vrelu(UbPtr<T> dst, UbPtr<T> src, Unary f) {
  static_assert(arch != 1001 || same_type<T, f16>, "vrelu of the 910A takes f16 only");
  AscendC::Relu(dst.tensor(), src.tensor(), lanes(f.mask), repeats(f.repeat),
                strides(f.dst, f.src));
}

#define AKG_SCALAR(name, call)                                                              \
  template <class T>                                                                        \
  AKG_FUNCTION void name(UbPtr<T> dst, UbPtr<T> src, T s, Unary f) {                        \
    AscendC::call(dst.tensor(), src.tensor(), s, lanes(f.mask), repeats(f.repeat),          \
                  strides(f.dst, f.src));                                                   \
  }
AKG_SCALAR(vadds, Adds)
AKG_SCALAR(vmuls, Muls)
#undef AKG_SCALAR

template <class T>
AKG_FUNCTION void vaxpy(UbPtr<T> dst, UbPtr<T> src, T s, Unary f) {
  const bool each = accumulates(f.dst, f.repeat);
  for (int r = 0; r < (each ? f.repeat : 1); ++r) {
    if (r > 0) AscendC::PipeBarrier<PIPE_V>();
    AscendC::Axpy(dst.tensor(), src.at(place(f.src, r)).tensor(), s, lanes(f.mask),
                  repeats(each ? 1 : f.repeat), strides(f.dst, f.src));
  }
}

// As many repeats at a time as there is room for their products; what accumulates is the second
// source, as above.
template <class T>
AKG_FUNCTION void multiply_then_add(UbPtr<T> dst, UbPtr<T> src0, UbPtr<T> src1, Binary f) {
  constexpr int most = work_bytes / repeat_bytes;
  for (int r = 0; r < f.repeat; r += most) {
    const int count = f.repeat - r < most ? f.repeat - r : most;
    AscendC::Mul(work<T>().tensor(), src0.at(place(f.src0, r)).tensor(),
                 src1.at(place(f.src1, r)).tensor(), lanes(f.mask), repeats(count),
                 strides(next_to_each_other, f.src0, f.src1));
    AscendC::PipeBarrier<PIPE_V>();
    const UbPtr<T> sum = dst.at(place(f.dst, r));
    AscendC::Add(sum.tensor(), work<T>().tensor(), sum.tensor(), lanes(f.mask), repeats(count),
                 strides(f.dst, next_to_each_other, f.dst));
  }
}

template <class T>
AKG_FUNCTION void vmla(UbPtr<T> dst, UbPtr<T> src0, UbPtr<T> src1, Binary f) {
#if AKG_NPU_ARCH != 1001
  if (!accumulates(f.dst, f.repeat)) {
    AscendC::MulAddDst(dst.tensor(), src0.tensor(), src1.tensor(), lanes(f.mask),
                       repeats(f.repeat), strides(f.dst, f.src0, f.src1));
    return;
  }
#endif
  multiply_then_add(dst, src0, src1, f);
}

template <class T>
AKG_FUNCTION void vector_dup(UbPtr<T> dst, T s, Fill f) {
  AscendC::Duplicate(dst.tensor(), s, lanes(f.mask), repeats(f.repeat),
                     static_cast<uint16_t>(written(f.dst)), static_cast<uint8_t>(f.dst.repeat));
}

// The compare mask lives at the end of UB. A comparison ignores its mask of lanes: it reads a whole
// repeat, and those that count are written. Of several repeats the last one is what remains.
template <class T>
AKG_FUNCTION void compare(UbPtr<T> src0, UbPtr<T> src1, Compare f, AscendC::CMPMODE mode) {
  if (f.repeat == 0) return;
  AscendC::Compare(UbPtr<uint8_t>{static_cast<uint32_t>(mask_address)}.tensor(),
                   src0.at(place(f.src0, f.repeat - 1)).tensor(),
                   src1.at(place(f.src1, f.repeat - 1)).tensor(), mode, lanes(f.mask), repeats(1),
                   strides(next_to_each_other, f.src0, f.src1));
}

#define AKG_COMPARE(name, mode)                                                        \
  template <class T>                                                                   \
  AKG_FUNCTION void name(UbPtr<T> src0, UbPtr<T> src1, Compare f) {                    \
    compare(src0, src1, f, AscendC::CMPMODE::mode);                                    \
  }
AKG_COMPARE(vcmp_eq, EQ)
AKG_COMPARE(vcmp_ne, NE)
AKG_COMPARE(vcmp_lt, LT)
AKG_COMPARE(vcmp_le, LE)
AKG_COMPARE(vcmp_gt, GT)
AKG_COMPARE(vcmp_ge, GE)
#undef AKG_COMPARE

template <class T>
AKG_FUNCTION void vsel(UbPtr<T> dst, UbPtr<T> src0, UbPtr<T> src1, Binary f) {
  AscendC::Select(dst.tensor(), UbPtr<uint8_t>{static_cast<uint32_t>(mask_address)}.tensor(),
                  src0.tensor(), src1.tensor(), AscendC::SELMODE::VSEL_CMPMASK_SPR, lanes(f.mask),
                  repeats(f.repeat), strides(f.dst, f.src0, f.src1));
}

}  // namespace akg

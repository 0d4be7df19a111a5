// The fields of instructions, as kernels write them. Both bodies of akg_npu.hpp use them.
#pragma once

#include <cstdint>

// What functions that kernels call are declared with.
#if defined(AKG_NPU_ARCH)
#define AKG_FUNCTION __aicore__ inline
#else
#define AKG_FUNCTION [[gnu::always_inline]] inline  // also where kernels are compiled with -O1
#endif

namespace akg {

enum class Space { gm, l1, l0a, l0b, l0c, ub };
enum class Pipe { s, v, m, mte1, mte2, mte3, fix, all };

// The machine a kernel was compiled for: cores, bytes of each memory of a core, and how many event
// ids there are for each pair of pipes. `scratch` bytes behind those of ub are for instructions that
// a device needs several of its own for; 0 where the kernel has none of them.
struct Target {
  const char *name;
  int cores;
  int64_t l1, l0a, l0b, l0c, ub, scratch;
  int events;
};

// copy: `count` bursts of `length`; gaps lie between the end of one burst and the start of the next.
// Lengths and gaps are blocks. Between L0C and UB lengths, and gaps on the side of L0C, are 16x16
// fractals; from L0C to GM they are rows of 16 elements, and bursts start at fractals.
struct Bursts {
  int count, length, src_gap, dst_gap;
};

// fetch: a copy from one of `count` places, `step` bytes apart; with `from_end` negative numbers count
// from the end.
struct Places {
  int64_t count, step;
  bool from_end;
};

// Distance between blocks of one repeat, and between repeats.
struct Stride {
  int block, repeat;
};

// Vector instructions: `repeat` times up to 8 blocks of each operand; the first `mask` lanes of
// every repeat are active.
struct Fill {
  int repeat, mask;
  Stride dst;
};
struct Unary {
  int repeat, mask;
  Stride dst, src;
};
struct Binary {
  int repeat, mask;
  Stride dst, src0, src1;
};
struct Compare {
  int repeat, mask;
  Stride src0, src1;
};

// vcadd, vcmax, vcmin: one element per repeat, `dst_step` elements apart. vcg*: one element per
// source block, those of a repeat next to each other, repeats `dst_step` blocks apart.
struct Reduce {
  int repeat, mask, dst_step;
  Stride src;
};

// vnchwconv: blocks of a repeat are `block` apart, repeats `repeat`.
struct Transpose {
  int repeat;
  Stride dst, src;
};

// load2d: fractals of 512 bytes, from one start to the next `src_stride` fractals in the source and
// `dst_gap` fractals after the end of the one before in the destination.
struct Fractals {
  int repeat, src_stride, dst_gap;
};

// load3d: 16 windows per fractal, of an image of rows by columns of blocks with zeros around it;
// element `tap` of each window of `kernel`. Fractal r goes to fractal r * jump.
struct Pads {
  int top, left, bottom, right;
};
struct Size {
  int rows, columns;
};
struct Windows {
  Size image;
  Pads pads;
  Size kernel, strides, dilations, tap;
  int repeat, jump;
};

// mad: c[m, n] = (init ? 0 : c[m, n]) + a[m, k] * b[k, n].
struct Product {
  int m, k, n;
  bool init;
};

}  // namespace akg

// Vector instructions: up to 8 blocks per operand and repeat, the first `mask` lanes active.
#pragma once

#include "arithmetic.hpp"
#include "mode.hpp"
#include "lanes.hpp"

namespace akg {
inline namespace AKG_MODE {

template <class T>
constexpr int64_t lanes_of_block = block_bytes / static_cast<int64_t>(sizeof(T));

// Byte of a lane in an operand, from its first byte.
template <class T>
inline int64_t lane_byte(Stride stride, int64_t repeat, int64_t lane) {
  return repeat * stride.repeat * block_bytes + lane / lanes_of_block<T> * stride.block * block_bytes +
         lane % lanes_of_block<T> * static_cast<int64_t>(sizeof(T));
}

inline void check_strides(Where where, int64_t repeat, int64_t mask, int64_t widest,
                          int64_t block_limit, std::initializer_list<Stride> strides) {
  check(where, {{"repeat", repeat, 0, 255}, {"mask", mask, 1, 8 * block_bytes / widest}});
  for (const Stride &stride : strides)
    check(where, {{"block stride", stride.block, 0, block_limit},
                  {"repeat stride", stride.repeat, 0, 255}});
}

template <class T>
using UbPtr = Ptr<Space::ub, T>;

// A source that is the destination itself sees what the repeat before stored where repeats
// accumulate.
template <class T, class U>
bool accumulates(UbPtr<T> dst, Stride dst_stride, UbPtr<U> src, Stride src_stride) {
  return std::is_same_v<T, U> && dst_stride.repeat == 0 && dst.address == src.address &&
         dst_stride.block == src_stride.block && dst_stride.repeat == src_stride.repeat;
}

// dst[lane] = f(src0[lane], src1[lane], ...) for all repeats. `Operand` is a pointer and a stride.
template <class T>
struct Operand {
  using type = T;
  UbPtr<T> pointer;
  Stride stride;
};

template <class T>
Region region(Operand<T> operand, int repeat, int mask) {
  const auto [pointer, stride] = operand;
  return {pointer.memory, type_name<T>, pointer.address, repeat, stride.repeat * block_bytes,
          mask * static_cast<int64_t>(sizeof(T)), block_bytes, stride.block * block_bytes};
}
template <class D, class... Ts>
AKG_INLINE void check_lanes(Where where, int repeat, int mask, Operand<D> dst, Operand<Ts>... srcs) {
  check_start(where, dst.pointer, block_bytes);
  (check_start(where, srcs.pointer, block_bytes), ...);
  if constexpr (is_checked)
    refuse_overlap(where, region(dst, repeat, mask), {region(srcs, repeat, mask)...},
                   Overlap::in_place);
}

// An operand of a fast run, repeat by repeat.
template <class T>
struct Walk {
  uint8_t *start;
  int64_t block, repeat;  // bytes

  explicit Walk(Operand<T> operand)
      : start(operand.pointer.memory->data + operand.pointer.address),
        block(operand.stride.block * block_bytes),
        repeat(operand.stride.repeat * block_bytes) {}
  // Lanes from `e` on; `count` of them at a time are never more than a block.
  template <int64_t count>
  AKG_INLINE T *lanes(int64_t e, int64_t r = 0) const {
    constexpr int64_t all = lanes_of_block<T>;
    const int64_t inside = all == count ? 0 : e % all * static_cast<int64_t>(sizeof(T));
    return reinterpret_cast<T *>(start + r * repeat + e / all * block + inside);
  }
};

template <class W, int64_t count, class D, class F, class... Ts>
AKG_INLINE void walk_blocks(int64_t repeat, int64_t mask, F f, Walk<D> dst, Walk<Ts>... srcs) {
  const Some<D, count> last(mask % count);
  for (int64_t r = 0; r < repeat; ++r) {
    int64_t e = 0;
    for (; e + count <= mask; e += count)
      block_of_lanes<W, count>(dst.template lanes<count>(e), f, srcs.template lanes<count>(e)...);
    if (e < mask)
      part_of_block<W, count>(last, dst.template lanes<count>(e), f,
                              srcs.template lanes<count>(e)...);
    dst.start += dst.repeat;
    ((srcs.start += srcs.repeat), ...);
  }
}

// All repeats update the same blocks, dst = f(srcs..., dst), each of which is read and written once.
template <class W, int64_t count, class D, class F, class... Ts>
AKG_INLINE void walk_sums(int64_t repeat, int64_t mask, F f, Walk<D> dst, Walk<Ts>... srcs) {
  const Some<D, count> last(mask % count);
  for (int64_t e = 0; e < mask; e += count) {
    D *to = dst.template lanes<count>(e), sums[count];
    std::memcpy(sums, to, sizeof sums);
    for (int64_t r = 0; r < repeat; ++r)
      run_of_lanes<W>(count, sums, f, srcs.template lanes<count>(e, r)...,
                      static_cast<const D *>(sums));
    if (e + count <= mask)
      std::memcpy(to, sums, sizeof sums);
    else
      last.store(to, sums);
  }
}

template <class D, class... Ts>
constexpr int64_t narrowest = std::min({lanes_of_block<D>, lanes_of_block<Ts>...});

template <class W, class D, class F, class... Ts>
AKG_INLINE void fast_lanes(int repeat, int mask, Operand<D> dst, F f, Operand<Ts>... srcs) {
  const auto whole = [=](auto operand) {
    return operand.stride.block == 1 || mask <= lanes_of_block<typename decltype(operand)::type>;
  };
  const auto adjacent = [=](auto operand) {
    return operand.stride.repeat * lanes_of_block<typename decltype(operand)::type> == mask;
  };
  const auto dense = [=](auto operand) { return whole(operand) && adjacent(operand); };
  if (dense(dst) && (true && ... && dense(srcs))) {
    run_of_lanes<W>(repeat * mask, elements(dst.pointer), f, elements(srcs.pointer)...);
    return;
  }
  walk_blocks<W, narrowest<D, Ts...>>(repeat, mask, f, Walk(dst), Walk(srcs)...);
}

template <class D, class F, class... Ts>
AKG_INLINE void checked_lanes(Where where, int repeat, int mask, Operand<D> dst, F f,
                              Operand<Ts>... srcs) {
  check_lanes(where, repeat, mask, dst, srcs...);
  work(Pipe::v, where, [=](auto memory) {
    std::array<CheckedLane<D>, 128> last{};
    for (int64_t r = 0; r < repeat; ++r)
      for (int64_t e = 0; e < mask; ++e) {
        const auto lane = [&](auto src) {
          using T = typename decltype(src)::type;
          if constexpr (std::is_same_v<T, D>) {
            if (r > 0 && accumulates(dst.pointer, dst.stride, src.pointer, src.stride))
              return last[static_cast<size_t>(e)];
          }
          return memory.template get<T>(*src.pointer.memory,
                                        src.pointer.address + lane_byte<T>(src.stride, r, e));
        };
        const auto lanes = std::make_tuple(lane(srcs)...);
        std::apply(
            [&](auto... x) {
              const CheckedLane<D> result{static_cast<D>(f(x.value...)), (true && ... && x.known)};
              last[static_cast<size_t>(e)] = result;
              memory.set(*dst.pointer.memory,
                         dst.pointer.address + lane_byte<D>(dst.stride, r, e), result.value,
                         result.known);
            },
            lanes);
      }
  });
}

// In fast runs `f` takes f16 as `W`.
template <class W, class D, class F, class... Ts>
AKG_INLINE void each_lane(Where where, int repeat, int mask, Operand<D> dst, F f, Operand<Ts>... srcs) {
  if constexpr (is_checked)
    checked_lanes(where, repeat, mask, dst, f, srcs...);
  else
    fast_lanes<W>(repeat, mask, dst, f, srcs...);
}

// dst = f(srcs..., dst)
template <class W, class D, class F, class... Ts>
AKG_INLINE void update_lanes(Where where, int repeat, int mask, Operand<D> dst, F f,
                             Operand<Ts>... srcs) {
  const auto apart = [=](auto src) { return src.pointer.address != dst.pointer.address; };
  if (!is_checked && dst.stride.repeat == 0 && (true && ... && apart(srcs)))
    walk_sums<W, narrowest<D, Ts...>>(repeat, mask, f, Walk(dst), Walk(srcs)...);
  else
    each_lane<W>(where, repeat, mask, dst, f, srcs..., dst);
}

#define AKG_BINARY(name, expression)                                                           \
  template <class T>                                                                           \
  AKG_INSTRUCTION void name(UbPtr<T> dst, UbPtr<T> src0, UbPtr<T> src1, Binary f, int line = __builtin_LINE()) { \
    const Where where{#name, line};                                                            \
    check_type<T>(where);                                                                      \
    check_strides(where, f.repeat, f.mask, sizeof(T), 255, {f.dst, f.src0, f.src1});           \
    each_lane<float>(where, f.repeat, f.mask, Operand<T>{dst, f.dst},                          \
                     [](auto a, auto b) { return expression; }, Operand<T>{src0, f.src0},       \
                 Operand<T>{src1, f.src1});                                                    \
  }
AKG_BINARY(vadd, add(a, b))
AKG_BINARY(vsub, sub(a, b))
AKG_BINARY(vmul, mul(a, b))
AKG_BINARY(vdiv, div(a, b))
AKG_BINARY(vmax, maximum(a, b))
AKG_BINARY(vmin, minimum(a, b))
AKG_BINARY(vand, a & b)
AKG_BINARY(vor, a | b)
#undef AKG_BINARY

#define AKG_UNARY(name, wide, expression)                                                       \
  template <class T>                                                                            \
  AKG_INSTRUCTION void name(UbPtr<T> dst, UbPtr<T> src, Unary f, int line = __builtin_LINE()) { \
    const Where where{#name, line};                                                             \
    check_type<T>(where);                                                                       \
    check_strides(where, f.repeat, f.mask, sizeof(T), 65535, {f.dst, f.src});                   \
    each_lane<wide>(where, f.repeat, f.mask, Operand<T>{dst, f.dst},                            \
                    [](auto a) { return expression; }, Operand<T>{src, f.src});                 \
  }
AKG_UNARY(vexp, double, exp(a))
AKG_UNARY(vln, double, ln(a))
AKG_UNARY(vsqrt, double, sqrt(a))
AKG_UNARY(vrsqrt, double, rsqrt(a))
AKG_UNARY(vrec, double, rec(a))
AKG_UNARY(vabs, float, abs(a))
AKG_UNARY(vrelu, float, relu(a))
AKG_UNARY(vnot, float, ~a)
#undef AKG_UNARY

// dst = src + scalar, and dst = src * scalar.
#define AKG_SCALAR(name, operation)                                                             \
  template <class T>                                                                            \
  AKG_INSTRUCTION void name(UbPtr<T> dst, UbPtr<T> src, T s, Unary f,                           \
                            int line = __builtin_LINE()) {                                      \
    const Where where{#name, line};                                                             \
    check_type<T>(where);                                                                       \
    check_strides(where, f.repeat, f.mask, sizeof(T), 65535, {f.dst, f.src});                   \
    each_lane<float>(where, f.repeat, f.mask, Operand<T>{dst, f.dst},                           \
                     [s](auto a) { return operation(a, static_cast<decltype(a)>(s)); },         \
                     Operand<T>{src, f.src});                                                   \
  }
AKG_SCALAR(vadds, add)
AKG_SCALAR(vmuls, mul)
#undef AKG_SCALAR

// dst += src * scalar, and dst += src0 * src1: rounded after the product and after the sum.
template <class T>
AKG_INSTRUCTION void vaxpy(UbPtr<T> dst, UbPtr<T> src, T s, Unary f, int line = __builtin_LINE()) {
  const Where where{"vaxpy", line};
  check_type<T>(where);
  check_strides(where, f.repeat, f.mask, sizeof(T), 65535, {f.dst, f.src});
  update_lanes<float>(where, f.repeat, f.mask, Operand<T>{dst, f.dst},
                      [s](auto a, auto d) {
                        return add(d, rounded_as<T>(mul(a, static_cast<decltype(a)>(s))));
                      },
                      Operand<T>{src, f.src});
}
template <class T>
AKG_INSTRUCTION void vmla(UbPtr<T> dst, UbPtr<T> src0, UbPtr<T> src1, Binary f,
                          int line = __builtin_LINE()) {
  const Where where{"vmla", line};
  check_type<T>(where);
  check_strides(where, f.repeat, f.mask, sizeof(T), 255, {f.dst, f.src0, f.src1});
  update_lanes<float>(where, f.repeat, f.mask, Operand<T>{dst, f.dst},
                      [](auto a, auto b, auto d) { return add(d, rounded_as<T>(mul(a, b))); },
                      Operand<T>{src0, f.src0}, Operand<T>{src1, f.src1});
}

// Integers become f16 by way of f64.
template <class D, class T>
AKG_INSTRUCTION void vconv(UbPtr<D> dst, UbPtr<T> src, Unary f, int line = __builtin_LINE()) {
  const Where where{"vconv", line};
  check_types<T, D>(where);
  check_strides(where, f.repeat, f.mask, std::max(sizeof(D), sizeof(T)), 65535, {f.dst, f.src});
  using W = Wide<T>;
  using To = std::conditional_t<is_half<D>, W, D>;
  each_lane<W>(where, f.repeat, f.mask, Operand<D>{dst, f.dst},
               [](auto a) { return convert<To>(a); }, Operand<T>{src, f.src});
}
template <class T>
AKG_INSTRUCTION void vector_dup(UbPtr<T> dst, T s, Fill f, int line = __builtin_LINE()) {
  const Where where{"vector_dup", line};
  check_type<T>(where);
  check_strides(where, f.repeat, f.mask, sizeof(T), 65535, {f.dst});
  each_lane<float>(where, f.repeat, f.mask, Operand<T>{dst, f.dst}, [s]() { return s; });
}

// Where the mask of the last comparison is set, src0, else src1; the same lanes in every repeat.
template <class T>
AKG_INSTRUCTION void vsel(UbPtr<T> dst, UbPtr<T> src0, UbPtr<T> src1, Binary f, int line = __builtin_LINE()) {
  const Where where{"vsel", line};
  check_type<T>(where);
  check_strides(where, f.repeat, f.mask, sizeof(T), 255, {f.dst, f.src0, f.src1});
  check_lanes(where, f.repeat, f.mask, Operand<T>{dst, f.dst}, Operand<T>{src0, f.src0},
              Operand<T>{src1, f.src1});
  work(Pipe::v, where, [=](auto memory) {
    for (int64_t r = 0; r < f.repeat; ++r)
      for (int64_t e = 0; e < f.mask; ++e) {
        if constexpr (decltype(memory)::checked)
          if (!context.mask_known[static_cast<size_t>(e)])
            refuse(where, "the compare mask was never set for all of its lanes");
        const auto a = memory.template get<T>(*src0.memory,
                                              src0.address + lane_byte<T>(f.src0, r, e));
        const auto b = memory.template get<T>(*src1.memory,
                                              src1.address + lane_byte<T>(f.src1, r, e));
        const auto &chosen = context.mask[static_cast<size_t>(e)] ? a : b;
        memory.set(*dst.memory, dst.address + lane_byte<T>(f.dst, r, e), chosen.value,
                   chosen.known);
      }
  });
}

template <class T, class F>
void compare(Where where, UbPtr<T> src0, UbPtr<T> src1, Compare f, F holds) {
  check_type<T>(where);
  check(where, {{"repeat", f.repeat, 1, 1}});
  check_strides(where, f.repeat, f.mask, sizeof(T), 255, {f.src0, f.src1});
  check_start(where, src0, block_bytes);
  check_start(where, src1, block_bytes);
  work(Pipe::v, where, [=](auto memory) {
    for (int64_t r = 0; r < f.repeat; ++r)
      for (int64_t e = 0; e < f.mask; ++e) {
        const auto a = memory.template get<T>(*src0.memory,
                                              src0.address + lane_byte<T>(f.src0, r, e));
        const auto b = memory.template get<T>(*src1.memory,
                                              src1.address + lane_byte<T>(f.src1, r, e));
        context.mask[static_cast<size_t>(e)] = holds(a.value, b.value);
        if constexpr (decltype(memory)::checked) {
          if (!a.known || !b.known)
            refuse(where, "compares elements that were never written");
          context.mask_known[static_cast<size_t>(e)] = true;
        }
      }
  });
}

#define AKG_COMPARE(name, operation)                                                     \
  template <class T>                                                                     \
  AKG_INSTRUCTION void name(UbPtr<T> src0, UbPtr<T> src1, Compare f, int line = __builtin_LINE()) {      \
    compare({#name, line}, src0, src1, f, [](T a, T b) { return a operation b; });       \
  }
AKG_COMPARE(vcmp_eq, ==)
AKG_COMPARE(vcmp_ne, !=)
AKG_COMPARE(vcmp_lt, <)
AKG_COMPARE(vcmp_le, <=)
AKG_COMPARE(vcmp_gt, >)
AKG_COMPARE(vcmp_ge, >=)
#undef AKG_COMPARE

// The lanes of a repeat, in `groups` groups, each combined as a balanced tree of neighbours; lanes
// beyond the mask are neutral. Results lie next to each other, repeats `step` bytes apart.
template <class T, class F>
void reduce(Where where, UbPtr<T> dst, UbPtr<T> src, Reduce f, int groups, int64_t step, T neutral,
            F combine) {
  check_type<T>(where);
  check_strides(where, f.repeat, f.mask, sizeof(T), 255, {f.src});
  check(where, {{"repeat stride", f.dst_step, 0, 255}});
  check_start(where, src, block_bytes);
  check_start(where, dst, groups == 1 ? sizeof(T) : 8 * sizeof(T));
  constexpr int64_t lanes = 8 * lanes_of_block<T>;
  const int64_t size = lanes / groups;
  const int64_t results = groups == 1 ? 1 : (f.mask + size - 1) / size;
  const int64_t bytes = results * static_cast<int64_t>(sizeof(T));
  if constexpr (is_checked)
    refuse_overlap(where, {dst.memory, "", dst.address, f.repeat, f.dst_step * step, bytes, bytes, 0},
                   {region(Operand<T>{src, f.src}, f.repeat, f.mask)}, Overlap::none);
  work(Pipe::v, where, [=](auto memory) {
    using W = std::conditional_t<!decltype(memory)::checked && is_half<T>, float, T>;
    for (int64_t r = 0; r < f.repeat; ++r) {
      std::array<W, static_cast<size_t>(lanes)> values;
      values.fill(static_cast<W>(neutral));
      if constexpr (decltype(memory)::checked) {
        for (int64_t e = 0; e < f.mask; ++e) {
          const auto x = memory.template get<T>(*src.memory,
                                                src.address + lane_byte<T>(f.src, r, e));
          if (!x.known) refuse(where, "reduces elements that were never written");
          values[static_cast<size_t>(e)] = x.value;
        }
      } else {
        const int64_t run = f.src.block == 1 ? f.mask : lanes_of_block<T>;
        for (int64_t e = 0; e < f.mask; e += run)
          copy_lanes(std::min<int64_t>(run, f.mask - e), values.data() + e,
                     elements(src, lane_byte<T>(f.src, r, e)));
      }
      for (int64_t n = lanes; n > groups; n /= 2) {
#pragma GCC ivdep
        for (int64_t i = 0; i < n / 2; ++i)
          values[i] = rounded_as<T>(combine(values[2 * i], values[2 * i + 1]));
      }
      for (int64_t g = 0; g < results; ++g)
        memory.set(*dst.memory,
                   dst.address + r * f.dst_step * step + g * static_cast<int64_t>(sizeof(T)),
                   static_cast<T>(values[g]), true);
    }
  });
}

template <class T>
T infinity(bool negative) {
  const float value = std::numeric_limits<float>::infinity();
  return static_cast<T>(negative ? -value : value);
}

#define AKG_REDUCE(whole, group, neutral, combine)                                          \
  template <class T>                                                                        \
  AKG_INSTRUCTION void whole(UbPtr<T> dst, UbPtr<T> src, Reduce f, int line = __builtin_LINE()) {           \
    reduce<T>({#whole, line}, dst, src, f, 1, sizeof(T), neutral,                           \
              [](auto a, auto b) { return combine(a, b); });                                      \
  }                                                                                         \
  template <class T>                                                                        \
  AKG_INSTRUCTION void group(UbPtr<T> dst, UbPtr<T> src, Reduce f, int line = __builtin_LINE()) {           \
    reduce<T>({#group, line}, dst, src, f, 8, block_bytes, neutral,                         \
              [](auto a, auto b) { return combine(a, b); });                                      \
  }
AKG_REDUCE(vcadd, vcgadd, static_cast<T>(-0.0f), add)
AKG_REDUCE(vcmax, vcgmax, infinity<T>(true), maximum)
AKG_REDUCE(vcmin, vcgmin, infinity<T>(false), minimum)
#undef AKG_REDUCE

}  // namespace AKG_MODE
}  // namespace akg

// Copies between memories, fractal loads, loads by img2col.
#pragma once

#include "arithmetic.hpp"
#include "mode.hpp"
#include "lanes.hpp"

namespace akg {
inline namespace AKG_MODE {

constexpr Pipe pipe_of_path(Space from, Space to) {
  if (from == Space::gm) return Pipe::mte2;
  if (from == Space::l1) return Pipe::mte1;
  if (from == Space::ub && (to == Space::gm || to == Space::l1)) return Pipe::mte3;
  if (from == Space::l0c && to == Space::gm) return Pipe::fix;
  return Pipe::v;
}

// Bytes of a burst: a few blocks where they stand.
inline void move_bytes(uint8_t *to, const uint8_t *from, int64_t bytes) {
  constexpr int64_t few = 8 * block_bytes;
  if (bytes > few) {
    std::memcpy(to, from, static_cast<size_t>(bytes));
    return;
  }
  for (int64_t i = 0; i < bytes; i += block_bytes) std::memcpy(to + i, from + i, block_bytes);
}

// Move `count` elements; bytes that were never written may go anywhere but to GM.
template <Space To, class D, class T, class Access>
void move(Access memory, Where where, const Memory &to, int64_t at, const Memory &from,
          int64_t of, int64_t count) {
  if constexpr (!Access::checked && std::is_same_v<D, T>) {
    move_bytes(to.data + at, from.data + of, count * static_cast<int64_t>(sizeof(T)));
  } else if constexpr (!Access::checked) {
    using W = Wide<T>;
    run_of_lanes<W>(count, reinterpret_cast<D *>(to.data + at),
                    [](auto x) { return convert<std::conditional_t<is_half<D>, W, D>>(x); },
                    reinterpret_cast<const T *>(from.data + of));
  } else {
    for (int64_t i = 0; i < count; ++i) {
      const auto x = memory.template get<T>(from, of + i * static_cast<int64_t>(sizeof(T)));
      if constexpr (Access::checked && To == Space::gm)
        if (!x.known)
          refuse(where, "stores byte " +
                                        std::to_string(of + i * static_cast<int64_t>(sizeof(T))) +
                                        " of " + from.name + ", which was never written, to gm");
      memory.set(to, at + i * static_cast<int64_t>(sizeof(D)), convert<D>(x.value), x.known);
    }
  }
}

template <Space S, class T>
Region bursts(Ptr<S, T> pointer, int64_t repeats, int64_t elements, int64_t gap) {
  const int64_t bytes = elements * static_cast<int64_t>(sizeof(T));
  return {pointer.memory, "", pointer.address, repeats, bytes + gap, bytes, bytes, 0};
}

template <Space To, class D, Space From, class T>
AKG_INSTRUCTION void copy(Ptr<To, D> dst, Ptr<From, T> src, Bursts f, int line = __builtin_LINE()) {
  const Where where{"copy", line};
  if constexpr (is_checked)
    refuse_type(where, std::string(space_names[static_cast<int>(From)]) + "->" +
                           space_names[static_cast<int>(To)]);
  check(where, {{"burst count", f.count, 1, 4095},
                {"burst length", f.length, 1, 65535},
                {"source gap", f.src_gap, 0, 65535},
                {"destination gap", f.dst_gap, 0, 65535}});
  check_start(where, dst, start_unit<To, D>);
  check_start(where, src, start_unit<From, T>);
  static_assert(std::is_same_v<D, T> || (From == Space::l0c && is_half<D>),
                "copies convert on the way from l0c to f16 only");
  constexpr bool fractals = From == Space::l0c || To == Space::l0c;
  constexpr int64_t unit = To == Space::gm ? 16 : 256;
  constexpr int64_t elements = fractals ? unit : block_bytes / static_cast<int64_t>(sizeof(T));
  constexpr int64_t src_gap = From == Space::l0c ? unit * sizeof(T) : block_bytes;
  constexpr int64_t dst_gap = To == Space::l0c ? unit * sizeof(D) : block_bytes;
  if constexpr (From == Space::l0c && To == Space::gm)
    check(where, {{"rows of a burst and its gap in fractals",
                   f.count == 1 ? 0 : (f.length + f.src_gap) % 16, 0, 0}});
  const int64_t count = f.length * elements;
  if constexpr (is_checked)
    refuse_overlap(where, bursts(dst, f.count, count, f.dst_gap * dst_gap),
                   {bursts(src, f.count, count, f.src_gap * src_gap)}, Overlap::none);
  work(pipe_of_path(From, To), where, [=](auto memory) {
    int64_t at = dst.address, of = src.address;
    for (int i = 0; i < f.count; ++i) {
      move<To, D, T>(memory, where, *dst.memory, at, *src.memory, of, count);
      at += count * static_cast<int64_t>(sizeof(D)) + f.dst_gap * dst_gap;
      of += count * static_cast<int64_t>(sizeof(T)) + f.src_gap * src_gap;
    }
  });
}

// What is no place leaves all as it is; checked runs write that, so that data changes no order.
template <class T, class Number>
AKG_INSTRUCTION void fetch(Ptr<Space::ub, T> dst, Ptr<Space::gm, T> src, Number number, Places p,
                           Bursts f, int line = __builtin_LINE()) {
  const Where where{"fetch", line};
  check(where, {{"burst count", f.count, 1, 4095},
                {"burst length", f.length, 1, 65535},
                {"source gap", f.src_gap, 0, 65535},
                {"destination gap", f.dst_gap, 0, 65535}});
  check_start(where, dst, start_unit<Space::ub, T>);
  check_start(where, src, start_unit<Space::gm, T>);
  const int64_t offset = offset_of(number, p), bytes = f.length * block_bytes;
  const bool found = offset >= 0;
  if (!found && !is_checked) return;
  work(Pipe::mte2, where, [=](auto memory) {
    const Memory &from = found ? *src.memory : *dst.memory;
    int64_t at = dst.address, of = found ? src.address + offset : dst.address;
    for (int i = 0; i < f.count; ++i) {
      move<Space::ub, T, T>(memory, where, *dst.memory, at, from, of,
                            bytes / static_cast<int64_t>(sizeof(T)));
      at += bytes + f.dst_gap * block_bytes;
      of += bytes + (found ? f.src_gap : f.dst_gap) * block_bytes;
    }
  });
}

template <Space To, class T>
AKG_INSTRUCTION void load2d(Ptr<To, T> dst, Ptr<Space::l1, T> src, Fractals f, int line = __builtin_LINE()) {
  static_assert(To == Space::l0a || To == Space::l0b, "fractals are loaded to l0a and l0b");
  const Where where{"load2d", line};
  check(where, {{"repeat", f.repeat, 1, 255},
                {"source stride", f.src_stride, 0, 65535},
                {"destination gap", f.dst_gap, 0, 65535}});
  check_start(where, dst, fractal_bytes);
  check_start(where, src, block_bytes);
  work(Pipe::mte1, where, [=](auto memory) {
    for (int64_t r = 0; r < f.repeat; ++r)
      move<To, T, T>(memory, where, *dst.memory,
                     dst.address + r * (1 + f.dst_gap) * fractal_bytes, *src.memory,
                     src.address + r * f.src_stride * fractal_bytes,
                     fractal_bytes / static_cast<int64_t>(sizeof(T)));
  });
}

// One block on its way to L0A, and one of zeros.
template <class T, class Access>
void move_block(Access memory, Where where, const Memory &to, int64_t at, const Memory &from,
                int64_t of) {
  if constexpr (Access::checked)
    move<Space::l0a, T, T>(memory, where, to, at, from, of,
                           block_bytes / static_cast<int64_t>(sizeof(T)));
  else
    std::memcpy(to.data + at, from.data + of, block_bytes);
}
template <class T, class Access>
void clear_block(Access memory, const Memory &to, int64_t at) {
  if constexpr (Access::checked)
    for (int64_t byte = 0; byte < block_bytes; byte += sizeof(T))
      memory.set(to, at + byte, T{}, true);
  else
    std::memset(to.data + at, 0, block_bytes);
}

// Windows of the image that the pads leave, along one axis.
inline int64_t windows(int size, int around, int taps, int dilation, int stride) {
  return (size + around - dilation * (taps - 1) - 1) / stride + 1;
}

template <class T>
AKG_INSTRUCTION void load3d(Ptr<Space::l0a, T> dst, Ptr<Space::l1, T> src, Windows f,
            int line = __builtin_LINE()) {
  const Where where{"load3d", line};
  check(where, {{"image rows", f.image.rows, 1, 32767},
                {"image columns", f.image.columns, 1, 32767},
                {"repeat", f.repeat, 1, 255},
                {"jump", f.jump, 1, 127},
                {"pads", f.pads.top, 0, 255},
                {"pads", f.pads.left, 0, 255},
                {"pads", f.pads.bottom, 0, 255},
                {"pads", f.pads.right, 0, 255},
                {"kernel", f.kernel.rows, 1, 255},
                {"kernel", f.kernel.columns, 1, 255},
                {"strides", f.strides.rows, 1, 63},
                {"strides", f.strides.columns, 1, 63},
                {"dilations", f.dilations.rows, 1, 255},
                {"dilations", f.dilations.columns, 1, 255},
                {"tap row", f.tap.rows, 0, f.kernel.rows - 1},
                {"tap column", f.tap.columns, 0, f.kernel.columns - 1}});
  check_start(where, dst, fractal_bytes);
  check_start(where, src, block_bytes);
  work(Pipe::mte1, where, [=](auto memory) {
    const int64_t rows = windows(f.image.rows, f.pads.top + f.pads.bottom, f.kernel.rows,
                                 f.dilations.rows, f.strides.rows);
    const int64_t columns = windows(f.image.columns, f.pads.left + f.pads.right,
                                    f.kernel.columns, f.dilations.columns, f.strides.columns);
    int64_t row = 0, column = 0;  // of the window
    for (int64_t point = 0; point < f.repeat * 16; ++point) {
      const int64_t y = row * f.strides.rows + f.tap.rows * f.dilations.rows - f.pads.top;
      const int64_t x =
          column * f.strides.columns + f.tap.columns * f.dilations.columns - f.pads.left;
      const int64_t at = dst.address + point / 16 * f.jump * fractal_bytes +
                         point % 16 * block_bytes;
      const bool inside = row < rows && columns > 0 && 0 <= y && y < f.image.rows && 0 <= x &&
                          x < f.image.columns;
      if (inside)
        move_block<T>(memory, where, *dst.memory, at, *src.memory,
                      src.address + (y * f.image.columns + x) * block_bytes);
      else
        clear_block<T>(memory, *dst.memory, at);
      if (++column >= columns) {
        column = 0;
        ++row;
      }
    }
  });
}

}  // namespace AKG_MODE
}  // namespace akg

// The core that executes: memories, registers, and how instructions reach it.
#pragma once

#include <array>
#include <functional>
#include <initializer_list>
#include <string_view>

#include "memory.hpp"
#include "tensor.hpp"

namespace akg {

struct Core;
struct Flight;

// Where an instruction is in the text, for messages.
struct Where {
  const char *name;
  int line;
};

// How the bodies of instructions see memory where checks are made.
struct Checked {
  static constexpr bool checked = true;
  Core &core;
  Flight &flight;

  template <class T>
  CheckedLane<T> get(const Memory &memory, int64_t address) const {
    T value;
    const bool known = read(memory, address, &value, sizeof value);
    return {value, known};
  }
  template <class T>
  void set(const Memory &memory, int64_t address, T value, bool known) const {
    write(memory, address, &value, sizeof value, known);
  }
  // Whether all of the bytes were written before.
  bool read(const Memory &memory, int64_t address, void *to, int size) const;
  void write(const Memory &memory, int64_t address, const void *from, int size, bool known) const;
};

struct Context {
  std::array<bool, 128> mask;        // of the last comparison
  std::array<bool, 128> mask_known;  // in checked runs
  int index;
  const Target *target;              // in checked runs
};

// `checking` is null in fast runs; `memories` are those on chip, by Space.
#if defined(AKG_HOST_LIBRARY)
#define AKG_OF_THREAD extern __thread
extern __thread Context context;
#else
#define AKG_OF_THREAD inline thread_local
inline thread_local Context context{};
#endif
AKG_OF_THREAD Core *checking;
AKG_OF_THREAD const Memory *memories;
#undef AKG_OF_THREAD

AKG_INLINE int64_t core_id() { return context.index; }

// A device resets what the kernel before it left behind, and waits for all pipes.
inline void start_core() {}
inline void finish_core() {}

template <Space S, class T, int64_t... Sizes>
AKG_INLINE Tensor<S, T, Sizes...> on_chip(int64_t address) {
  return {{&memories[static_cast<size_t>(S)], address}};
}
template <class T, int64_t... Sizes>
AKG_INLINE auto l1(int64_t address) { return on_chip<Space::l1, T, Sizes...>(address); }
template <class T, int64_t... Sizes>
AKG_INLINE auto l0a(int64_t address) { return on_chip<Space::l0a, T, Sizes...>(address); }
template <class T, int64_t... Sizes>
AKG_INLINE auto l0b(int64_t address) { return on_chip<Space::l0b, T, Sizes...>(address); }
template <class T, int64_t... Sizes>
AKG_INLINE auto l0c(int64_t address) { return on_chip<Space::l0c, T, Sizes...>(address); }
template <class T, int64_t... Sizes>
AKG_INLINE auto ub(int64_t address) { return on_chip<Space::ub, T, Sizes...>(address); }

using GmAddr = const Memory *;
template <class T, int64_t... Sizes>
AKG_INLINE Tensor<Space::gm, T, Sizes...> gm(GmAddr tensor) {
  return {{tensor, 0}};
}

// What checked runs do with an instruction (queues.hpp, rules.hpp).
void issue_work(Pipe pipe, Where where, std::function<void(Checked)> body, int m, int n);
void issue_set(Pipe from, Pipe to, int event, Where where);
void issue_wait(Pipe from, Pipe to, int event, Where where);
void issue_barrier(Pipe on, Where where);
[[noreturn]] void refuse(Where where, const std::string &what);
struct Field {
  const char *name;
  int64_t value, low, high;
};
void refuse_fields(Where where, std::initializer_list<Field> fields);
void refuse_start(Where where, const char *memory, int64_t address, int64_t unit);

// The bytes of an operand: repeats of `bytes`, `step` from one to the next, in pieces `stride`
// apart.
struct Region {
  const Memory *memory;
  std::string_view type;
  int64_t address, repeats, step, bytes, piece, stride;

  bool operator==(const Region &other) const {
    return memory == other.memory && type == other.type && address == other.address && step == other.step &&
           bytes == other.bytes && piece == other.piece && stride == other.stride;
  }
};
// Sources are apart from the destination; or are exactly that, or lie where no earlier repeat, nor
// the same one, writes.
enum class Overlap { none, in_place };
void refuse_overlap(Where where, const Region &dst, std::initializer_list<Region> sources,
                    Overlap allowed);

// Element types that the target's instruction does not take: `T`, or `From->To`.
void refuse_type(Where where, const std::string &type);

// Where an operand of whole blocks or fractals may start.
template <Space S, class T>
constexpr int64_t start_unit =
    S == Space::gm ? sizeof(T) : S == Space::l0a || S == Space::l0b ? fractal_bytes
                             : S == Space::l0c                      ? 1024
                                                                    : block_bytes;

}  // namespace akg

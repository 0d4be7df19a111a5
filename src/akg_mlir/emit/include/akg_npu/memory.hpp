// Memories of the host model: bytes and, where checks are made, whether each has been written.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "fields.hpp"
#include "half.hpp"

// The bodies of the model are part of every kernel, unless they are linked from a library.
#if defined(AKG_HOST_LIBRARY)
#define AKG_BODY
#else
#define AKG_BODY inline
#endif
// Code for one instruction: as often in a kernel as there are types, not as there are calls.
#define AKG_INSTRUCTION [[gnu::noinline]] inline
// Control flow of a kernel is long, and executed seldom: compilers need not take long over it.
#if defined(__clang__)
#define AKG_KERNEL static void
#else
#define AKG_KERNEL [[gnu::optimize("O1")]] static void
#endif
// Kernels of machines whose cube and vector unit have cores of their own.
#define AKG_CUBE_KERNEL AKG_KERNEL
#define AKG_VECTOR_KERNEL AKG_KERNEL
#define AKG_INLINE [[gnu::always_inline]] inline

namespace akg {

constexpr int64_t block_bytes = 32, fractal_bytes = 512;

constexpr const char *space_names[] = {"gm", "l1", "l0a", "l0b", "l0c", "ub"};  // by Space

// A memory of a core, or a tensor in GM. `valid` has 0xff per byte that was written; fast runs have
// none.
struct Memory {
  const char *name;
  uint8_t *data;
  uint8_t *valid;
  int64_t bytes;
  int number;
};

// An address in a memory, seen as elements of a type.
template <Space S, class T>
struct Ptr {
  const Memory *memory;
  int64_t address;

  // `offset` bytes further, and as elements of another type.
  AKG_INLINE Ptr at(int64_t offset) const { return {memory, address + offset}; }
  template <class U>
  AKG_INLINE Ptr<S, U> at(int64_t offset) const {
    return {memory, address + offset};
  }
};

// The elements that a pointer points to, where it is known to be in bounds.
template <Space S, class T>
AKG_INLINE T *elements(Ptr<S, T> pointer, int64_t offset = 0) {
  return reinterpret_cast<T *>(pointer.memory->data + pointer.address + offset);
}

// An element and whether it is known. In fast runs everything is.
template <class T>
struct Lane {
  T value;
  static constexpr bool known = true;
};
template <class T>
struct CheckedLane {
  T value;
  bool known;
};

// How the bodies of instructions see memory in a fast run.
struct Fast {
  static constexpr bool checked = false;

  template <class T>
  AKG_INLINE Lane<T> get(const Memory &memory, int64_t address) const {
    T value;
    std::memcpy(&value, memory.data + address, sizeof value);
    return {value};
  }
  template <class T>
  AKG_INLINE void set(const Memory &memory, int64_t address, T value, bool) const {
    std::memcpy(memory.data + address, &value, sizeof value);
  }
};

}  // namespace akg

// Memories of the host model: bytes and, where checks are made, whether each has been written.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "fields.hpp"
#include "half.hpp"

namespace akg {

constexpr int64_t block_bytes = 32, fractal_bytes = 512;

// What a kernel did that the machine would not accept.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A memory of a core, or a tensor in GM. `valid` has 0xff per byte that was written; fast runs have
// none.
struct Memory {
  const char *name = "";
  uint8_t *data = nullptr;
  uint8_t *valid = nullptr;
  int64_t bytes = 0;
  int number = 0;
};

// An address in a memory, seen as elements of a type.
template <Space S, class T>
struct Ptr {
  Memory *memory;
  int64_t address;

  // `offset` bytes further, and as elements of another type.
  Ptr at(int64_t offset) const { return {memory, address + offset}; }
  template <class U>
  Ptr<S, U> at(int64_t offset) const {
    return {memory, address + offset};
  }
};

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
  Lane<T> get(const Memory &memory, int64_t address) const {
    T value;
    std::memcpy(&value, memory.data + address, sizeof value);
    return {value};
  }
  template <class T>
  void set(const Memory &memory, int64_t address, T value, bool) const {
    std::memcpy(memory.data + address, &value, sizeof value);
  }
};

// A store that is still to be done.
struct Store {
  const Memory *memory;
  int64_t address;
  int size;
  bool known;
  uint8_t data[8];

  void apply() const {
    std::memcpy(memory->data + address, data, static_cast<size_t>(size));
    std::memset(memory->valid + address, known ? 0xff : 0, static_cast<size_t>(size));
  }
  // Between start and completion the bytes are neither old nor new.
  void poison() const {
    std::memset(memory->data + address, 0, static_cast<size_t>(size));
    std::memset(memory->valid + address, 0, static_cast<size_t>(size));
  }
};

}  // namespace akg

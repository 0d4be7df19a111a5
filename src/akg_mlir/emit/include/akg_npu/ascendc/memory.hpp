// Addresses, and the static tensors of Ascend C that stand for them.
#pragma once

#include "machine.hpp"

#include "../tensor.hpp"

namespace akg {

template <Space S>
constexpr int64_t memory_bytes = S == Space::l1    ? l1_bytes
                                 : S == Space::l0a ? l0a_bytes
                                 : S == Space::l0b ? l0b_bytes
                                 : S == Space::l0c ? l0c_bytes
                                                   : ub_bytes;
template <Space S>
constexpr AscendC::TPosition position = S == Space::l1    ? AscendC::TPosition::A1
                                        : S == Space::l0a ? AscendC::TPosition::A2
                                        : S == Space::l0b ? AscendC::TPosition::B2
                                        : S == Space::l0c ? AscendC::TPosition::CO1
                                                          : AscendC::TPosition::VECCALC;

// What elements are stored as: a bool is a byte.
template <class T>
struct StoredAs {
  using type = T;
};
template <>
struct StoredAs<bool> {
  using type = uint8_t;
};
template <class T>
using Stored = typename StoredAs<T>::type;

template <Space S, class T>
struct Ptr {
  uint32_t address;

  AKG_FUNCTION Ptr at(int64_t offset) const {
    return {static_cast<uint32_t>(address + offset)};
  }
  template <class U>
  AKG_FUNCTION Ptr<S, U> at(int64_t offset) const {
    return {static_cast<uint32_t>(address + offset)};
  }
  // Everything from here, the start of a block, to the end of the memory.
  AKG_FUNCTION AscendC::LocalTensor<Stored<T>> tensor() const {
    return AscendC::LocalTensor<Stored<T>>(
        position<S>, address, static_cast<uint32_t>((memory_bytes<S> - address) / sizeof(T)));
  }
  // The same from any element on.
  AKG_FUNCTION AscendC::LocalTensor<Stored<T>> element() const {
    const uint32_t inside = address % block_bytes;
    return Ptr{address - inside}.tensor()[static_cast<uint32_t>(inside / sizeof(T))];
  }
};

template <class T>
struct Ptr<Space::gm, T> {
  GM_ADDR address;

  AKG_FUNCTION Ptr at(int64_t offset) const { return {address + offset}; }
  template <class U>
  AKG_FUNCTION Ptr<Space::gm, U> at(int64_t offset) const {
    return {address + offset};
  }
  AKG_FUNCTION AscendC::GlobalTensor<Stored<T>> tensor() const {
    AscendC::GlobalTensor<Stored<T>> whole;
    whole.SetGlobalBuffer(reinterpret_cast<__gm__ Stored<T> *>(address));
    return whole;
  }
  AKG_FUNCTION AscendC::GlobalTensor<Stored<T>> element() const { return tensor(); }
};

template <class T>
using UbPtr = Ptr<Space::ub, T>;

template <class T, int64_t... Sizes>
AKG_FUNCTION Tensor<Space::gm, T, Sizes...> gm(GM_ADDR tensor) {
  return {{tensor}};
}
#define AKG_MEMORY(space)                                                            \
  template <class T, int64_t... Sizes>                                               \
  AKG_FUNCTION Tensor<Space::space, T, Sizes...> space(int64_t address) {            \
    return {{static_cast<uint32_t>(address)}};                                       \
  }
AKG_MEMORY(l1)
AKG_MEMORY(l0a)
AKG_MEMORY(l0b)
AKG_MEMORY(l0c)
AKG_MEMORY(ub)
#undef AKG_MEMORY

// Intermediate results of a sequence of calls.
template <class T>
AKG_FUNCTION UbPtr<T> work() { return {static_cast<uint32_t>(work_address)}; }

}  // namespace akg

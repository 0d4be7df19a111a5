// Arrays of elements in a memory: a pointer to the first one, and how many there are per dimension.
//
// Both bodies of akg_npu.hpp use it, each with a `Ptr` of its own.
#pragma once

#include "fields.hpp"

namespace akg {

template <Space S, class T>
struct Ptr;

// Row-major. An array is a pointer to its first element, and `array(i, j)` to one further on;
// dimensions that are left out are 0.
template <Space S, class T, int64_t... Sizes>
struct Tensor : Ptr<S, T> {
  template <class... Indices>
  AKG_FUNCTION Ptr<S, T> operator()(Indices... indices) const {
    static_assert(sizeof...(Indices) <= sizeof...(Sizes), "more indices than dimensions");
    const int64_t given[] = {static_cast<int64_t>(indices)..., 0};
    int64_t element = 0;
    unsigned dim = 0;
    ((element = element * Sizes + (dim < sizeof...(Indices) ? given[dim] : 0), ++dim), ...);
    return this->at(element * static_cast<int64_t>(sizeof(T)));
  }
};

}  // namespace akg

// What a kernel that akg-mlir prints is written in: one function per instruction of the NPU.
//
// The same text has two bodies. On a host (any C++17 compiler that takes designated initialisers,
// such as g++ and clang++) the functions are a model of the machine: memories of bytes, pipes that
// only flags and barriers order, checks of everything the hardware would not accept. Where
// __NPU_ARCH__ or AKG_NPU_ARCH is defined they are calls of Ascend C: compilers that go through a
// text twice, for the device and for its host, define the first in one pass only.
//
// `array(i, j)` is the place of an element, `.at(n)` one n bytes further. Strides and gaps are blocks
// of 32 bytes unless a field says otherwise. An instruction names its operands first, destination
// before sources, then its fields.
#pragma once

#if defined(__NPU_ARCH__) && !defined(AKG_NPU_ARCH)
#define AKG_NPU_ARCH __NPU_ARCH__
#endif

#include "akg_npu/fields.hpp"

#if defined(AKG_NPU_ARCH)
#include "akg_npu/ascendc.hpp"
#else
#include "akg_npu/host.hpp"
#endif

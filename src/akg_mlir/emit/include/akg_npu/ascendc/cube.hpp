// The cube.
#pragma once

#include "memory.hpp"

namespace akg {

// Both fields that say whether c counts: CANN 8 goes by one, CANN 9 by the other. A product of one
// row would be one of a vector on the 910B, with another layout of a; rows beyond m do not matter.
template <class C, class A>
AKG_FUNCTION void mad(Ptr<Space::l0c, C> c, Ptr<Space::l0a, A> a, Ptr<Space::l0b, A> b, Product f) {
  AscendC::MmadParams p;
  p.m = static_cast<uint16_t>(f.m == 1 && !unified ? 16 : f.m);
  p.n = static_cast<uint16_t>(f.n);
  p.k = static_cast<uint16_t>(f.k);
  p.isBias = !f.init;
  p.cmatrixInitVal = f.init;
  AscendC::Mmad(c.tensor(), a.tensor(), b.tensor(), p);
}

}  // namespace akg

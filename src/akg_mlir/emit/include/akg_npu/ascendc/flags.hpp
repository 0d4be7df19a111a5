// Flags and barriers. Event ids are the kernel's own: nothing else allocates any.
#pragma once

#include "machine.hpp"

namespace akg {

template <Pipe From, Pipe To>
struct EventOf {
  static_assert(never<EventOf>, "Ascend C has no event from this pipe to the other");
};
#define AKG_EVENT(from, to, name)                                        \
  template <>                                                            \
  struct EventOf<Pipe::from, Pipe::to> {                                 \
    static constexpr AscendC::HardEvent value = AscendC::HardEvent::name; \
  };
AKG_EVENT(mte2, mte1, MTE2_MTE1)
AKG_EVENT(mte1, mte2, MTE1_MTE2)
AKG_EVENT(mte1, m, MTE1_M)
AKG_EVENT(m, mte1, M_MTE1)
AKG_EVENT(mte2, v, MTE2_V)
AKG_EVENT(v, mte2, V_MTE2)
AKG_EVENT(v, mte3, V_MTE3)
AKG_EVENT(mte3, v, MTE3_V)
AKG_EVENT(m, v, M_V)
AKG_EVENT(v, m, V_M)
AKG_EVENT(mte3, mte2, MTE3_MTE2)
AKG_EVENT(mte2, mte3, MTE2_MTE3)
AKG_EVENT(v, s, V_S)
AKG_EVENT(s, v, S_V)
AKG_EVENT(mte2, s, MTE2_S)
AKG_EVENT(s, mte2, S_MTE2)
AKG_EVENT(s, mte3, S_MTE3)
AKG_EVENT(mte3, s, MTE3_S)
AKG_EVENT(mte1, v, MTE1_V)
AKG_EVENT(v, mte1, V_MTE1)
AKG_EVENT(mte3, mte1, MTE3_MTE1)
AKG_EVENT(mte1, mte3, MTE1_MTE3)
AKG_EVENT(m, s, M_S)
#if AKG_NPU_ARCH == 2201
AKG_EVENT(m, fix, M_FIX)
AKG_EVENT(fix, m, FIX_M)
AKG_EVENT(fix, mte2, FIX_MTE2)
AKG_EVENT(fix, mte3, FIX_MTE3)
AKG_EVENT(fix, mte1, FIX_MTE1)
AKG_EVENT(fix, s, FIX_S)
#endif
#undef AKG_EVENT

template <Pipe From, Pipe To>
AKG_FUNCTION void set_flag(int event) {
  AscendC::SetFlag<EventOf<From, To>::value>(event);
}
template <Pipe From, Pipe To>
AKG_FUNCTION void wait_flag(int event) {
  AscendC::WaitFlag<EventOf<From, To>::value>(event);
}

// The scalar unit finishes an instruction before it goes on: it needs none.
template <Pipe On>
AKG_FUNCTION void pipe_barrier() {
  if constexpr (On == Pipe::v)
    AscendC::PipeBarrier<PIPE_V>();
  else if constexpr (On == Pipe::m)
    AscendC::PipeBarrier<PIPE_M>();
  else if constexpr (On == Pipe::mte1)
    AscendC::PipeBarrier<PIPE_MTE1>();
  else if constexpr (On == Pipe::mte2)
    AscendC::PipeBarrier<PIPE_MTE2>();
  else if constexpr (On == Pipe::mte3)
    AscendC::PipeBarrier<PIPE_MTE3>();
#if AKG_NPU_ARCH == 2201
  else if constexpr (On == Pipe::fix)
    AscendC::PipeBarrier<PIPE_FIX>();
#endif
  else if constexpr (On == Pipe::all)
    AscendC::PipeBarrier<PIPE_ALL>();
  else
    static_assert(On == Pipe::s, "the machine has no fixpipe");
}

}  // namespace akg

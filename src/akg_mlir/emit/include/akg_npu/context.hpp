// The core that executes: memories, registers, and how instructions reach it.
#pragma once

#include "queues.hpp"
#include "tensor.hpp"

namespace akg {

// `checked` is null in fast runs, in which instructions execute where they stand.
struct Context {
  std::array<Memory, 6> memories{};  // by Space
  std::array<bool, 128> mask{};      // of the last comparison
  int index = 0;
  Core *checked = nullptr;
};

inline thread_local Context context;

inline int64_t core_id() { return context.index; }

template <Space S, class T, int64_t... Sizes>
Tensor<S, T, Sizes...> on_chip(int64_t address) {
  return {{&context.memories[static_cast<size_t>(S)], address}};
}
template <class T, int64_t... Sizes>
auto l1(int64_t address) { return on_chip<Space::l1, T, Sizes...>(address); }
template <class T, int64_t... Sizes>
auto l0a(int64_t address) { return on_chip<Space::l0a, T, Sizes...>(address); }
template <class T, int64_t... Sizes>
auto l0b(int64_t address) { return on_chip<Space::l0b, T, Sizes...>(address); }
template <class T, int64_t... Sizes>
auto l0c(int64_t address) { return on_chip<Space::l0c, T, Sizes...>(address); }
template <class T, int64_t... Sizes>
auto ub(int64_t address) { return on_chip<Space::ub, T, Sizes...>(address); }

using GmAddr = Memory *;
template <class T, int64_t... Sizes>
Tensor<Space::gm, T, Sizes...> gm(GmAddr tensor) {
  return {{tensor, 0}};
}

// Execute `body(memory)` on a pipe: now, or when its queue gets there.
template <class Body>
inline void work(Pipe pipe, Where where, Body body, int m = 0, int n = 0) {
  if (context.checked == nullptr)
    body(Fast{});
  else
    context.checked->issue({Action::Kind::work, where, pipe, pipe, 0, {}, m, n, body});
}

// Refuse a field outside of what the instruction can encode.
struct Field {
  const char *name;
  int64_t value, low, high;
};
inline void check(Where where, std::initializer_list<Field> fields) {
  if (context.checked == nullptr) return;
  for (const Field &field : fields)
    if (field.value < field.low || field.value > field.high)
      context.checked->refuse(where, std::string(field.name) + " is " +
                                         std::to_string(field.value) + ", allowed " +
                                         std::to_string(field.low) + " to " +
                                         std::to_string(field.high));
}
template <Space S, class T>
void check_start(Where where, Ptr<S, T> pointer, int64_t unit) {
  if (context.checked == nullptr || pointer.address % unit == 0) return;
  context.checked->refuse(where, std::string("byte ") + std::to_string(pointer.address) + " of " +
                                     pointer.memory->name + " is no multiple of " +
                                     std::to_string(unit));
}

// Where an operand of whole blocks or fractals may start.
template <Space S, class T>
constexpr int64_t start_unit =
    S == Space::gm ? sizeof(T) : S == Space::l0a || S == Space::l0b ? fractal_bytes
                             : S == Space::l0c                      ? 1024
                                                                    : block_bytes;

template <Pipe From, Pipe To>
void set_flag(int event, int line = __builtin_LINE()) {
  if (Core *core = context.checked) {
    check({"set_flag", line}, {{"event id", event, 0, core->target.events - 1}});
    core->issue({Action::Kind::set, {"set_flag", line}, From, To, event, {}, 0, 0, {}});
  }
}
template <Pipe From, Pipe To>
void wait_flag(int event, int line = __builtin_LINE()) {
  if (Core *core = context.checked) {
    check({"wait_flag", line}, {{"event id", event, 0, core->target.events - 1}});
    core->issue({Action::Kind::wait, {"wait_flag", line}, To, From, event, {}, 0, 0, {}});
  }
}
template <Pipe On>
void pipe_barrier(int line = __builtin_LINE()) {
  if (Core *core = context.checked)
    core->issue({Action::Kind::barrier, {"pipe_barrier", line}, On, On, 0, {}, 0, 0, {}});
}

}  // namespace akg

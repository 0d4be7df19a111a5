// Fast runs and checked ones.
//
// A text is compiled for one of them: for fast runs, in which instructions execute where they stand,
// or with AKG_CHECKED for runs with queues and checks, from which the others keep no trace. One
// library may have both: what is not the same for both is in a namespace of its own.
#pragma once

#include "context.hpp"

#if defined(AKG_CHECKED)
#define AKG_MODE checked_runs
#else
#define AKG_MODE fast_runs
#endif

namespace akg {
inline namespace AKG_MODE {

#if defined(AKG_CHECKED)
constexpr bool is_checked = true;
#else
constexpr bool is_checked = false;
#endif

// Execute `body(memory)` on a pipe: now, or when its queue gets there.
template <class Body>
AKG_INLINE void work(Pipe pipe, Where where, Body body, int m = 0, int n = 0) {
  if constexpr (is_checked)
    issue_work(pipe, where, body, m, n);
  else
    body(Fast{});
}

// Fields within what the instruction can encode.
AKG_INLINE void check(Where where, std::initializer_list<Field> fields) {
  if constexpr (is_checked) refuse_fields(where, fields);
}
template <Space S, class T>
AKG_INLINE void check_start(Where where, Ptr<S, T> pointer, int64_t unit) {
  if constexpr (is_checked)
    if (pointer.address % unit != 0)
      refuse_start(where, pointer.memory->name, pointer.address, unit);
}
template <class T>
AKG_INLINE void check_type(Where where) {
  if constexpr (is_checked) refuse_type(where, type_name<T>);
}
template <class From, class To>
AKG_INLINE void check_types(Where where) {
  if constexpr (is_checked) refuse_type(where, std::string(type_name<From>) + "->" + type_name<To>);
}

template <Pipe From, Pipe To>
AKG_INLINE void set_flag(int event, int line = __builtin_LINE()) {
  if constexpr (is_checked) issue_set(From, To, event, {"set_flag", line});
}
template <Pipe From, Pipe To>
AKG_INLINE void wait_flag(int event, int line = __builtin_LINE()) {
  if constexpr (is_checked) issue_wait(From, To, event, {"wait_flag", line});
}
template <Pipe On>
AKG_INLINE void pipe_barrier(int line = __builtin_LINE()) {
  if constexpr (is_checked) issue_barrier(On, {"pipe_barrier", line});
}

}  // namespace AKG_MODE
}  // namespace akg

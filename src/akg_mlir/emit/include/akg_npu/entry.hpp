// How a host calls a kernel.
#pragma once

#include "mode.hpp"

namespace akg {

// An argument of a launch: an array, and whether its bytes are undefined before.
struct Argument {
  void *data;
  int64_t bytes;
  int undefined;
};

// Of a checked run. `check`: refuse what the machine would not accept. `shuffled`: an order of the
// pipes drawn from `seed`, else program order.
struct Options {
  int check, shuffled;
  uint64_t seed;
};

// A kernel on its cores, with the memory of its tensors.
struct Kernel {
  const char *name;
  const Target &target;
  int cores;
  void (*run)(Memory *tensors);
};

void launch_fast(const Kernel &kernel, const Argument *arguments, int count);
// Returns 0, or 1 with a message of what was refused.
int launch_checked(const Kernel &kernel, const Argument *arguments, int count,
                   const Options &options, char *message, int64_t room);

}  // namespace akg

#define AKG_GM akg::GmAddr

// The entry that a host calls, NAME_launch, or NAME_check of a text that is compiled for checked
// runs: `arguments` holds one entry per tensor of the kernel.
#define AKG_LAUNCHED(kernel, target, cores, ...) \
  { #kernel, target, cores, [](akg::Memory *tensors) { kernel(__VA_ARGS__); } }
#if defined(AKG_CHECKED)
#define AKG_ENTRY(kernel, target, cores, ...)                                                    \
  extern "C" int kernel##_check(akg::Argument *arguments, int count,                             \
                                const akg::Options *options, char *message, int64_t room) {      \
    return akg::launch_checked(AKG_LAUNCHED(kernel, target, cores, __VA_ARGS__), arguments, count, \
                               *options, message, room);                                         \
  }
#else
#define AKG_ENTRY(kernel, target, cores, ...)                                                  \
  extern "C" void kernel##_launch(akg::Argument *arguments, int count) {                       \
    akg::launch_fast(AKG_LAUNCHED(kernel, target, cores, __VA_ARGS__), arguments, count);      \
  }
#endif

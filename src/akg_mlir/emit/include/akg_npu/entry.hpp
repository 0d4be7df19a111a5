// How a host calls a kernel.
#pragma once

#include "context.hpp"

namespace akg {

// An argument of a launch: an array, and whether its bytes are undefined before.
struct Argument {
  void *data;
  int64_t bytes;
  int undefined;
};

// `check`: refuse what the machine would not accept. `shuffled`: an order of the pipes drawn from
// `seed`, else program order. A fast run makes no checks.
struct Options {
  int check, shuffled;
  uint64_t seed;
};

// Returns 0, or 1 with a message of what was refused.
int launch(const char *name, const Target &target, int cores, void (*kernel)(Memory *tensors),
           const Argument *arguments, int count, const Options &options, char *message,
           int64_t room);

}  // namespace akg

#define AKG_GM akg::GmAddr

// The entry that a host calls: `arguments` holds one entry per tensor of the kernel.
#define AKG_ENTRY(kernel, target, cores, ...)                                                 \
  extern "C" int kernel##_launch(akg::Argument *arguments, int count,                         \
                                 const akg::Options *options, char *message, int64_t room) {  \
    return akg::launch(                                                                       \
        #kernel, target, cores, [](akg::Memory *tensors) { kernel(__VA_ARGS__); }, arguments, \
        count, *options, message, room);                                                      \
  }

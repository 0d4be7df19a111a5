// Running a kernel on the host: every core after the other, or one thread per processor.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

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

struct CoreMemories {
  std::vector<std::unique_ptr<uint8_t[]>> storage;

  Memory make(const char *name, int64_t bytes, int number, bool with_validity) {
    Memory memory{name, nullptr, nullptr, bytes, number};
    storage.emplace_back(new uint8_t[static_cast<size_t>(bytes)]());
    memory.data = storage.back().get();
    if (with_validity) {
      storage.emplace_back(new uint8_t[static_cast<size_t>(bytes)]());
      memory.valid = storage.back().get();
    }
    return memory;
  }

  void enter(const Target &target, int index, bool with_validity) {
    const std::array<int64_t, 6> bytes{0, target.l1, target.l0a, target.l0b, target.l0c, target.ub};
    const std::array<const char *, 6> names{"gm", "l1", "l0a", "l0b", "l0c", "ub"};
    context.index = index;
    for (size_t s = 1; s < 6; ++s)
      context.memories[s] = make(names[s], bytes[s], static_cast<int>(s), with_validity);
  }
};

// Returns 0, or 1 with a message of what was refused.
template <class Kernel>
int launch(const char *name, const Target &target, int cores, Kernel kernel, Argument *arguments,
           int count, const Options &options, char *message, int64_t room) {
  const bool careful = options.check != 0 || options.shuffled != 0;
  std::vector<Memory> tensors;
  std::vector<std::vector<uint8_t>> validity(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    Memory tensor{"gm", static_cast<uint8_t *>(arguments[i].data), nullptr, arguments[i].bytes,
                  6 + i};
    if (careful) {
      validity[static_cast<size_t>(i)].assign(static_cast<size_t>(tensor.bytes),
                                              arguments[i].undefined != 0 ? 0 : 0xff);
      tensor.valid = validity[static_cast<size_t>(i)].data();
    }
    tensors.push_back(tensor);
  }
  std::mutex guard;
  std::string refused;
  std::atomic<int> next{0};
  std::atomic<bool> stop{false};
  const auto run = [&]() {
    CoreMemories memories;
    memories.enter(target, 0, careful);
    for (int index = next++; index < cores && !stop; index = next++) {
      try {
        context.index = index;
        if (!careful) {
          kernel(tensors.data());
          continue;
        }
        for (size_t s = 1; s < 6; ++s)
          std::memset(context.memories[s].valid, 0, static_cast<size_t>(context.memories[s].bytes));
        Core core(target, name, index, options.check != 0, options.shuffled == 0, options.seed);
        context.checked = &core;
        kernel(tensors.data());
        core.end();
      } catch (const Refused &error) {
        const std::lock_guard<std::mutex> lock(guard);
        refused = error.what();
        stop = true;
      }
      context.checked = nullptr;
    }
  };
  // Cores share GM alone, and no byte that one of them writes: they may run at once.
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  const int threads = careful || processors < 2 ? 1 : std::min(cores, processors);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(run);
  run();
  for (std::thread &other : others) other.join();
  if (refused.empty() && options.check != 0)
    for (int i = 0; i < count && refused.empty(); ++i)
      for (size_t b = 0; b < validity[static_cast<size_t>(i)].size(); ++b)
        if (validity[static_cast<size_t>(i)][b] != 0xff) {
          refused = std::string(name) + ": byte " + std::to_string(b) + " of argument " +
                    std::to_string(i) + " was never written";
          break;
        }
  if (refused.empty()) return 0;
  std::snprintf(message, static_cast<size_t>(room), "%s", refused.c_str());
  return 1;
}

}  // namespace akg

#define AKG_KERNEL static void
#define AKG_GM akg::GmAddr

// The entry that a host calls: `arguments` holds one entry per tensor of the kernel.
#define AKG_ENTRY(kernel, target, cores, ...)                                                 \
  extern "C" int kernel##_launch(akg::Argument *arguments, int count,                         \
                                 const akg::Options *options, char *message, int64_t room) {  \
    return akg::launch(                                                                       \
        #kernel, target, cores, [](akg::Memory *tensors) { kernel(__VA_ARGS__); }, arguments, \
        count, *options, message, room);                                                      \
  }

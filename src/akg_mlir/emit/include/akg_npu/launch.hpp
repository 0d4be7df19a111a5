// Running a kernel on the host: every core after the other, or one thread per processor.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "entry.hpp"
#include "queues.hpp"
#include "rules.hpp"

namespace akg {

// The memories on chip of one simulated core.
class CoreMemories {
 public:
  CoreMemories(const Target &target, bool careful)
      : bytes{0, target.l1, target.l0a, target.l0b, target.l0c, target.ub} {
    int64_t total = 0;
    for (int64_t size : bytes) total += size;
    data.reset(new uint8_t[static_cast<size_t>(total)]());
    if (careful) valid.reset(new uint8_t[static_cast<size_t>(total)]());
    for (size_t s = 1, at = 0; s < 6; at += static_cast<size_t>(bytes[s++]))
      spaces[s] = {space_names[s], &data[at], careful ? &valid[at] : nullptr, bytes[s],
                   static_cast<int>(s)};
  }

  bool fits(const Target &target) const {
    const Bytes needed{0, target.l1, target.l0a, target.l0b, target.l0c, target.ub};
    return std::equal(bytes.begin(), bytes.end(), needed.begin(), std::greater_equal<>());
  }
  // What the core before wrote is undefined to the next one.
  void forget() const {
    for (size_t s = 1; s < 6; ++s) std::memset(spaces[s].valid, 0, spaces[s].bytes);
  }

  std::array<Memory, 6> spaces{};

 private:
  using Bytes = std::array<int64_t, 6>;
  Bytes bytes;
  std::unique_ptr<uint8_t[]> data, valid;
};

// Memories of fast runs, kept from launch to launch and for all threads: making them takes longer
// than small kernels do.
class KeptMemories {
 public:
  explicit KeptMemories(const Target &target) {
    const std::lock_guard<std::mutex> lock(guard());
    auto &free = unused();
    while (mine == nullptr && !free.empty()) {
      if (free.back()->fits(target)) mine = std::move(free.back());
      free.pop_back();
    }
    if (mine == nullptr) mine.reset(new CoreMemories(target, false));
  }
  ~KeptMemories() {
    const std::lock_guard<std::mutex> lock(guard());
    unused().push_back(std::move(mine));
  }
  KeptMemories(const KeptMemories &) = delete;
  KeptMemories &operator=(const KeptMemories &) = delete;

  const Memory *spaces() const { return mine->spaces.data(); }

 private:
  static std::mutex &guard() {
    static std::mutex one;
    return one;
  }
  static std::vector<std::unique_ptr<CoreMemories>> &unused() {
    static std::vector<std::unique_ptr<CoreMemories>> all;
    return all;
  }
  std::unique_ptr<CoreMemories> mine;
};

inline std::vector<Memory> tensors_of(const Argument *arguments, int count) {
  std::vector<Memory> tensors;
  for (int i = 0; i < count; ++i)
    tensors.push_back({"gm", static_cast<uint8_t *>(arguments[i].data), nullptr,
                       arguments[i].bytes, first_tensor + i});
  return tensors;
}

// Cores that are left of a kernel, one after the other, while `more()`.
template <class More>
void run_cores(const Kernel &kernel, Memory *tensors, std::atomic<int> &next, More more) {
  const KeptMemories kept(kernel.target);
  memories = kept.spaces();
  do {
    context.index = next++;
    if (context.index < kernel.cores) kernel.run(tensors);
  } while (context.index < kernel.cores && more());
}

// Threads take longer to start than small kernels do, or what is left of them.
constexpr std::chrono::microseconds worth_threads{200};

// Cores share GM alone, and no byte that one of them writes: they may run at once.
AKG_BODY void launch_fast(const Kernel &kernel, const Argument *arguments, int count) {
  using Clock = std::chrono::steady_clock;
  const auto started = Clock::now();
  std::vector<Memory> tensors = tensors_of(arguments, count);
  std::atomic<int> next{0};
  const auto run = [&](auto more) { run_cores(kernel, tensors.data(), next, more); };
  static const int processors =  // once: it reads files
      static_cast<int>(std::thread::hardware_concurrency());
  if (processors < 2) {
    run([] { return true; });
    return;
  }
  run([&] { return Clock::now() - started < worth_threads; });
  const int done = next, left = kernel.cores - done;
  const bool long_enough = (Clock::now() - started) * left > worth_threads * done;
  std::vector<std::thread> others;
  for (int i = 1; long_enough && i < std::min(left, processors); ++i)
    others.emplace_back([&] { run([] { return true; }); });
  if (left > 0) run([] { return true; });
  for (std::thread &other : others) other.join();
}

inline void run_checked(const Kernel &kernel, Memory *tensors, const Options &options) {
  const CoreMemories fresh(kernel.target, true);
  memories = fresh.spaces.data();
  Sharing sharing;
  context.target = &kernel.target;
  for (context.index = 0; context.index < kernel.cores; ++context.index) {
    fresh.forget();
    context.mask_known.fill(false);
    Core core(kernel.name, context.index, sharing, options.check != 0, options.shuffled == 0,
              options.seed);
    checking = &core;
    kernel.run(tensors);
    core.end();
  }
}

AKG_BODY int launch_checked(const Kernel &kernel, const Argument *arguments, int count,
                            const Options &options, char *message, int64_t room) {
  std::vector<Memory> tensors = tensors_of(arguments, count);
  std::vector<std::vector<uint8_t>> validity;
  for (int i = 0; i < count; ++i) {
    validity.emplace_back(static_cast<size_t>(arguments[i].bytes),
                          arguments[i].undefined != 0 ? 0 : 0xff);
    tensors[static_cast<size_t>(i)].valid = validity.back().data();
  }
  std::string refused;
  try {
    run_checked(kernel, tensors.data(), options);
    for (size_t i = 0; i < validity.size() && options.check != 0; ++i) {
      const auto unwritten = std::find(validity[i].begin(), validity[i].end(), 0);
      if (unwritten != validity[i].end())
        throw Refused(std::string(kernel.name) + ": byte " +
                      std::to_string(unwritten - validity[i].begin()) + " of argument " +
                      std::to_string(i) + " was never written");
    }
  } catch (const Refused &error) {
    refused = error.what();
  }
  checking = nullptr;
  if (refused.empty()) return 0;
  std::snprintf(message, static_cast<size_t>(room), "%s", refused.c_str());
  return 1;
}

}  // namespace akg

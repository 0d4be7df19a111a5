// What the library of a whole program does besides its kernels: weights, buffers, errors.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "akg_npu/entry.hpp"

namespace akg {

// What the library expects of the file of weights, and the bytes that live during a run.
struct Layout {
  int64_t weights_bytes, arena_bytes, alignment;
  const unsigned char *fingerprint;  // 32 bytes
};

// A file in memory, read-only; its pages are loaded when they are used, and shared by processes.
class Weights {
 public:
  Weights(const Layout &layout, const char *path) : bytes_(layout.weights_bytes) {
    if (path == nullptr) throw std::runtime_error("no file of weights given");
    const std::string name(path);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) throw std::runtime_error(name + ": " + std::strerror(errno));
    struct stat status {};
    const bool known = fstat(file, &status) == 0;
    if (known && status.st_size == bytes_)
      data_ = mmap(nullptr, static_cast<size_t>(bytes_), PROT_READ, MAP_PRIVATE, file, 0);
    const int error = errno;
    close(file);
    if (known && status.st_size != bytes_)
      throw std::runtime_error(name + " has " + std::to_string(status.st_size) +
                               " bytes, the weights of this program have " +
                               std::to_string(bytes_));
    if (data_ == MAP_FAILED) throw std::runtime_error(name + ": " + std::strerror(error));
    if (std::memcmp(data_, "AKGWGHTS\1\0\0", 12) != 0 ||
        std::memcmp(at(32), layout.fingerprint, 32) != 0) {
      munmap(data_, static_cast<size_t>(bytes_));
      throw std::runtime_error(name + " holds no weights of this program");
    }
  }
  ~Weights() { munmap(data_, static_cast<size_t>(bytes_)); }
  Weights(const Weights &) = delete;
  Weights &operator=(const Weights &) = delete;

  // Kernels do not write to their inputs, and the pages are read-only.
  uint8_t *at(int64_t offset) const { return static_cast<uint8_t *>(data_) + offset; }

 private:
  int64_t bytes_;
  void *data_ = MAP_FAILED;
};

// A kernel, compiled for fast runs and for checked ones.
struct Entry {
  void (*launch)(Argument *, int);
  int (*check)(Argument *, int, const Options *, char *, int64_t);
};

// One run: where inputs and outputs are, and the steps of the program.
class Run {
 public:
  Run(const Weights &weights, uint8_t *arena, const Options &options, void *const *inputs,
      void *const *outputs)
      : weights_(weights), arena_(arena), options_(options), inputs_(inputs), outputs_(outputs) {}

  Argument input(int number, int64_t bytes) const { return {inputs_[number], bytes, 0}; }
  Argument output(int number, int64_t bytes) const { return {outputs_[number], bytes, 0}; }
  Argument weight(int64_t offset, int64_t bytes) const { return {weights_.at(offset), bytes, 0}; }
  Argument arena(int64_t offset, int64_t bytes) const { return {arena_ + offset, bytes, 0}; }

  void call(Entry kernel, std::initializer_list<Argument> arguments) const {
    std::vector<Argument> passed(arguments);
    const int count = static_cast<int>(passed.size());
    if (options_.check == 0 && options_.shuffled == 0) {
      kernel.launch(passed.data(), count);
      return;
    }
    char message[4096];
    if (kernel.check(passed.data(), count, &options_, message, sizeof message) != 0)
      throw std::runtime_error(message);
  }
  void copy(Argument from, Argument to) const {
    std::memcpy(to.data, from.data, static_cast<size_t>(to.bytes));
  }

 private:
  const Weights &weights_;
  uint8_t *arena_;
  const Options &options_;
  void *const *inputs_;
  void *const *outputs_;
};

// A tensor that has no content before the kernel that writes it.
inline Argument undefined(Argument argument) {
  argument.undefined = 1;
  return argument;
}

// A loaded program. AKG_CHECK=1 makes its kernels check what they do, AKG_SEED=N draws an order of
// their pipes.
class Model {
 public:
  Model(const Layout &layout, const char *path)
      : weights_(layout, path), options_(options_of_environment()), arena_(nullptr, std::free) {
    if (layout.arena_bytes == 0) return;
    void *memory = nullptr;
    if (posix_memalign(&memory, static_cast<size_t>(layout.alignment),
                       static_cast<size_t>(layout.arena_bytes)) != 0)
      throw std::runtime_error("no memory for " + std::to_string(layout.arena_bytes) + " bytes");
    arena_.reset(static_cast<uint8_t *>(memory));
  }

  // Run the steps, for one thread at a time.
  void run(void (*steps)(const Run &), void *const *inputs, void *const *outputs) {
    const std::lock_guard<std::mutex> lock(guard_);
    steps(Run(weights_, arena_.get(), options_, inputs, outputs));
  }

 private:
  static Options options_of_environment() {
    const char *check = std::getenv("AKG_CHECK"), *seed = std::getenv("AKG_SEED");
    return {check != nullptr && std::strcmp(check, "1") == 0, seed != nullptr,
            seed == nullptr ? 0 : std::strtoull(seed, nullptr, 10)};
  }

  Weights weights_;
  Options options_;
  std::unique_ptr<uint8_t, void (*)(void *)> arena_;
  std::mutex guard_;
};

// The memory of each tensor. Buffers that do not fit are refused.
template <class Tensor, class Buffer>
std::vector<void *> pointers(const char *kind, const Tensor *tensors, int count,
                             const Buffer *given, int given_count) {
  if (given_count != count || (count > 0 && given == nullptr))
    throw std::runtime_error("the program has " + std::to_string(count) + " " + kind + "s, " +
                             std::to_string(given == nullptr ? 0 : given_count) + " were given");
  std::vector<void *> result;
  for (int i = 0; i < count; ++i) {
    const std::string name = std::string(kind) + " " + std::to_string(i) + ", " + tensors[i].name;
    if (given[i].data == nullptr && tensors[i].bytes > 0)
      throw std::runtime_error(name + ", is null");
    if (given[i].bytes != tensors[i].bytes)
      throw std::runtime_error(name + ", has " + std::to_string(given[i].bytes) +
                               " bytes, the program needs " + std::to_string(tensors[i].bytes));
    result.push_back(given[i].data);
  }
  return result;
}

// Kernels may write to an output before they have read all inputs.
template <class Tensor>
void refuse_overlaps(const Tensor *inputs, const std::vector<void *> &in, const Tensor *outputs,
                     const std::vector<void *> &out) {
  const auto refuse = [](const Tensor &output, void *at, const Tensor &other, void *other_at) {
    const auto a = reinterpret_cast<uintptr_t>(at), b = reinterpret_cast<uintptr_t>(other_at);
    if (a < b + other.bytes && b < a + output.bytes)
      throw std::runtime_error(std::string("the memory of output ") + output.name +
                               " overlaps that of " + other.name);
  };
  for (size_t o = 0; o < out.size(); ++o) {
    for (size_t i = 0; i < in.size(); ++i) refuse(outputs[o], out[o], inputs[i], in[i]);
    for (size_t i = 0; i < o; ++i) refuse(outputs[o], out[o], outputs[i], out[i]);
  }
}

// What the last call of this thread that failed has to say.
inline std::string &last_error() {
  thread_local std::string message;
  return message;
}

// What `body` returns, or `failure` where it throws.
template <class Result, class Body>
Result guarded(Result failure, Body body) {
  try {
    return body();
  } catch (const std::exception &error) {
    last_error() = error.what();
    return failure;
  }
}

}  // namespace akg

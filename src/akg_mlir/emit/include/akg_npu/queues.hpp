// The pipes of a core: queues of instructions that only flags and barriers order.
//
// The kernel's own control flow is the scalar unit: it puts instructions into the queues of their
// pipes and goes on. A pipe starts its instructions in order: what they read is read then. They
// complete, and store, some time later. A flag is set once everything that its pipe started before
// it has completed. In program order each instruction completes before the next one starts; a seed
// draws one of the other orders.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "context.hpp"

namespace akg {

constexpr int pipes = 7;
constexpr std::array<const char *, 8> pipe_names{"s",    "v",    "m",   "mte1",
                                                "mte2", "mte3", "fix", "all"};
constexpr int queue_depth = 16;
constexpr int first_tensor = 6;  // the number of a memory: its Space, or more for tensors in GM

inline int number(Pipe pipe) { return static_cast<int>(pipe); }

// What cores did to the tensors in GM, by byte: 1 + the core that wrote it, and that read it (-1:
// several). Nothing orders cores, so nobody may touch what another one writes.
class Sharing {
 public:
  // The core that touches a byte of those, too, where one of both writes; -1 where none does.
  int clash(int core, const Memory &tensor, int64_t address, int size, bool write) {
    Touched &touched = of_[tensor.number];
    if (touched.wrote.empty())
      for (std::vector<int> *who : {&touched.wrote, &touched.read})
        who->assign(static_cast<size_t>(tensor.bytes), 0);
    for (auto i = static_cast<size_t>(address); i < static_cast<size_t>(address + size); ++i) {
      int &wrote = touched.wrote[i], &read = touched.read[i];
      if (wrote != 0 && wrote != core + 1) return wrote - 1;
      if (write && read != 0 && read != core + 1) return std::max(read, 1) - 1;
      if (write)
        wrote = core + 1;
      else
        read = read == 0 || read == core + 1 ? core + 1 : -1;
    }
    return -1;
  }

 private:
  struct Touched {
    std::vector<int> wrote, read;
  };
  std::map<int, Touched> of_;
};

// How many instructions of each pipe have certainly completed.
using Known = std::array<int, pipes>;

inline void merge(Known &known, const Known &other) {
  for (int p = 0; p < pipes; ++p) known[p] = known[p] > other[p] ? known[p] : other[p];
}

// What a kernel did that the machine would not accept.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A store that is still to be done.
struct Store {
  const Memory *memory;
  int64_t address;
  int size;
  bool known;
  uint8_t data[8];

  void apply() const {
    std::memcpy(memory->data + address, data, static_cast<size_t>(size));
    std::memset(memory->valid + address, known ? 0xff : 0, static_cast<size_t>(size));
  }
  // Between start and completion the bytes are neither old nor new.
  void poison() const {
    std::memset(memory->data + address, 0, static_cast<size_t>(size));
    std::memset(memory->valid + address, 0, static_cast<size_t>(size));
  }
};

// An instruction in flight: what it has read, checked, and is still to store.
struct Flight {
  Where where{};
  Pipe pipe = Pipe::s;
  int position = 0;
  int m = 0, n = 0;  // of a product
  std::vector<Store> stores;
};

// The last accesses to each byte of a memory, by pipe and by kind.
struct History {
  std::array<std::vector<int>, 2 * pipes> last;
};

struct Action {
  enum class Kind { work, set, wait, barrier } kind;
  Where where;
  Pipe pipe;        // the one that executes it
  Pipe other;       // of a flag: the one that waits, or that sets
  int event;
  Known issued;     // what the scalar unit knew then
  int m, n;
  std::function<void(Checked)> body;
};

using FlagId = std::tuple<Pipe, Pipe, int>;

struct Flags {
  std::map<FlagId, Known> set;
  std::map<FlagId, int> waited;  // the number of the wait in its pipe
};

// Whether the cube itself orders two products (machine reference 2.4).
template <class Work>
bool interlocked(const Work &first, int m, int n) {
  return first.m == m && first.n == n && ((m > 64 && n > 16) || (m > 32 && n > 32));
}

// One core where checks are made: queues, and what is known to be ordered.
struct Core {
  const char *kernel;
  int index;
  bool checks;    // refuse what the machine would not accept
  bool ordered;   // program order
  Sharing &sharing;
  std::mt19937_64 random;

  std::array<std::deque<Action>, pipes> queue;
  std::array<std::vector<Flight>, pipes> running;
  struct Setting {
    FlagId flag;
    Where where;
    Known known;
    std::vector<int> pending;
  };
  std::vector<Setting> setting;
  Flags flags;
  std::array<Known, pipes> known{};
  struct Started {
    Where where;
    int position, m, n;
  };
  std::array<std::vector<Started>, pipes> started;  // by number in its pipe
  std::map<int, History> histories;
  int issued = 0;

  Core(const char *kernel, int index, Sharing &sharing, bool checks, bool ordered, uint64_t seed)
      : kernel(kernel), index(index), checks(checks), ordered(ordered), sharing(sharing),
        random(seed * 0x9e3779b97f4a7c15ull + static_cast<uint64_t>(index)) {}

  int count(int pipe) const { return static_cast<int>(started[pipe].size()); }

  [[noreturn]] void refuse(const Where &where, const std::string &what) const {
    throw Refused(std::string(kernel) + ", line " + std::to_string(where.line) + ": " + where.name +
                  " on core " + std::to_string(index) + ": " + what);
  }

  void issue(Action action);
  void drain();
  void end();

 private:
  bool may_start(const Action &action) const;
  bool step();
  void start(Action &action);
  void start_work(Action &action);
  void complete(int pipe, size_t which);
  void settle(int position);
  void fire(const FlagId &flag, const Where &where, const Known &known);

 public:
  void access(const Flight &flight, const Memory &memory, int64_t address, int size, bool write);
};

AKG_BODY void Core::issue(Action action) {
  action.issued = known[number(Pipe::s)];
  const int pipe = number(action.pipe);
  const bool scalar = action.pipe == Pipe::s || action.pipe == Pipe::all;
  if (ordered) {
    if (!may_start(action)) refuse(action.where, "waits for a flag that nothing has set");
    start(action);
    while (!running[scalar ? 0 : pipe].empty()) complete(scalar ? 0 : pipe, 0);
    return;
  }
  // A burst of progress now and then: runs of one order are likelier to show a race than noise.
  if (random() % 8 == 0)
    for (uint64_t n = random() % 32; n > 0 && step(); --n) {
    }
  if (scalar) {
    while (!may_start(action))
      if (!step()) refuse(action.where, "waits for what never happens");
    start(action);
    while (!running[0].empty()) complete(0, 0);
    return;
  }
  while (static_cast<int>(queue[pipe].size()) >= queue_depth)
    if (!step()) refuse(action.where, "its queue is full and no pipe can go on");
  queue[pipe].push_back(std::move(action));
}

AKG_BODY bool Core::may_start(const Action &action) const {
  switch (action.kind) {
    case Action::Kind::wait:
      return flags.set.count({action.other, action.pipe, action.event}) > 0;
    case Action::Kind::barrier:
      if (action.pipe != Pipe::all) return running[number(action.pipe)].empty();
      for (int p = 0; p < pipes; ++p)
        if (!queue[p].empty() || !running[p].empty()) return false;
      return true;
    default:
      return true;
  }
}

// One thing that may happen next, drawn at random; false where nothing may.
AKG_BODY bool Core::step() {
  std::array<int, 2 * pipes> choices{};
  int count = 0;
  for (int p = 1; p < pipes; ++p) {
    if (!queue[p].empty() && may_start(queue[p].front())) choices[count++] = p;
    if (!running[p].empty()) choices[count++] = pipes + p;
  }
  if (count == 0) return false;
  const int chosen = choices[random() % static_cast<uint64_t>(count)];
  if (chosen >= pipes) {
    const int p = chosen - pipes;
    complete(p, random() % running[p].size());
    return true;
  }
  Action action = std::move(queue[chosen].front());
  queue[chosen].pop_front();
  start(action);
  return true;
}

AKG_BODY void Core::start(Action &action) {
  const int pipe = action.pipe == Pipe::all ? 0 : number(action.pipe);
  merge(known[pipe], action.issued);
  switch (action.kind) {
    case Action::Kind::work:
      start_work(action);
      return;
    case Action::Kind::set: {
      const FlagId flag{action.pipe, action.other, action.event};
      if (checks && known[pipe][number(action.other)] < flags.waited[flag])
        refuse(action.where, "may be set while it still is: nothing orders this after the wait "
                             "before it");
      Known brings = known[pipe];
      brings[pipe] = count(pipe);
      std::vector<int> pending;
      for (const Flight &flight : running[pipe]) pending.push_back(flight.position);
      if (pending.empty())
        fire(flag, action.where, brings);
      else
        setting.push_back({flag, action.where, brings, std::move(pending)});
      return;
    }
    case Action::Kind::wait: {
      const FlagId flag{action.other, action.pipe, action.event};
      const Known brought = flags.set.at(flag);
      flags.set.erase(flag);
      started[pipe].push_back({action.where, issued++, 0, 0});
      flags.waited[flag] = count(pipe);
      merge(known[pipe], brought);
      if (pipe == 0) known[0][0] = count(0);
      return;
    }
    case Action::Kind::barrier:
      if (action.pipe == Pipe::all)
        for (int p = 0; p < pipes; ++p) known[0][p] = count(p);
      else
        known[pipe][pipe] = count(pipe);
      return;
  }
}

AKG_BODY void Core::start_work(Action &action) {
  const int pipe = number(action.pipe);
  // The cube itself orders products of one size that are large.
  for (size_t i = 0; action.m > 0 && i < running[pipe].size();) {
    if (interlocked(running[pipe][i], action.m, action.n))
      complete(pipe, i);
    else
      ++i;
  }
  Flight flight{action.where, action.pipe, issued++, action.m, action.n, {}};
  started[pipe].push_back({action.where, flight.position, action.m, action.n});
  action.body(Checked{*this, flight});
  if (!ordered)
    for (const Store &store : flight.stores) store.poison();
  if (pipe == 0) known[0][0] = count(0);
  running[pipe].push_back(std::move(flight));
}

AKG_BODY void Core::complete(int pipe, size_t which) {
  Flight flight = std::move(running[pipe][which]);
  running[pipe].erase(running[pipe].begin() + static_cast<std::ptrdiff_t>(which));
  for (const Store &store : flight.stores) store.apply();
  settle(flight.position);
}

AKG_BODY void Core::settle(int position) {
  for (size_t i = 0; i < setting.size();) {
    auto &pending = setting[i].pending;
    for (size_t j = 0; j < pending.size(); ++j)
      if (pending[j] == position) pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(j--));
    if (!pending.empty()) {
      ++i;
      continue;
    }
    const Setting done = setting[i];
    setting.erase(setting.begin() + static_cast<std::ptrdiff_t>(i));
    fire(done.flag, done.where, done.known);
  }
}

AKG_BODY void Core::fire(const FlagId &flag, const Where &where, const Known &brings) {
  if (flags.set.count(flag) > 0) refuse(where, "the flag is already set");
  flags.set[flag] = brings;
}

AKG_BODY void Core::drain() {
  while (step()) {
  }
}

AKG_BODY void Core::end() {
  drain();
  for (int p = 0; p < pipes; ++p)
    if (!queue[p].empty()) refuse(queue[p].front().where, "waits for what never happens");
  if (checks && !flags.set.empty()) {
    const auto &[source, waiter, event] = flags.set.begin()->first;
    refuse({"end", 0}, std::string("flag [") + pipe_names[number(source)] + ", " +
                           pipe_names[number(waiter)] + ", " + std::to_string(event) +
                           "] is still set");
  }
}

// Refuse an access outside of its memory, or to a byte that an instruction which may not have
// completed touches; note it for later ones.
AKG_BODY void Core::access(const Flight &flight, const Memory &memory, int64_t address, int size,
                         bool write) {
  if (address < 0 || address + size > memory.bytes)
    refuse(flight.where, "bytes " + std::to_string(address) + " to " +
                             std::to_string(address + size - 1) + " are outside of " + memory.name +
                             " of " + std::to_string(memory.bytes) + " bytes");
  if (!checks) return;
  if (memory.number >= first_tensor)
    if (const int other = sharing.clash(index, memory, address, size, write); other >= 0)
      refuse(flight.where, "core " + std::to_string(other) + " touches byte " +
                               std::to_string(address) + " of gm, too, and nothing orders cores");
  const int pipe = number(flight.pipe);
  History &history = histories[memory.number];
  for (int other = 0; other < pipes; ++other)
    for (int wrote = 0; wrote < 2; ++wrote) {
      const std::vector<int> &last = history.last[static_cast<size_t>(2 * other + wrote)];
      // What starts later in a pipe cannot overtake what an earlier instruction there reads.
      if (last.empty() || !(write || wrote) || (!wrote && other == pipe)) continue;
      int latest = 0;
      for (int64_t i = address; i < address + size; ++i)
        latest = std::max(latest, last[static_cast<size_t>(i)]);
      if (latest <= known[pipe][other]) continue;
      const Started &earlier = started[other][static_cast<size_t>(latest - 1)];
      if (earlier.position == flight.position) continue;
      if (flight.m > 0 && earlier.m > 0 && interlocked(earlier, flight.m, flight.n)) continue;
      refuse(flight.where, std::string("may start before ") + earlier.where.name + " of line " +
                               std::to_string(earlier.where.line) +
                               " has completed, though both touch byte " +
                               std::to_string(address) + " of " + memory.name);
    }
  std::vector<int> &last = history.last[static_cast<size_t>(2 * pipe + (write ? 1 : 0))];
  if (last.empty()) last.assign(static_cast<size_t>(memory.bytes), 0);
  const int mine = count(pipe);
  for (int64_t i = address; i < address + size; ++i) last[static_cast<size_t>(i)] = mine;
}

AKG_BODY bool Checked::read(const Memory &memory, int64_t address, void *to, int size) const {
  core.access(flight, memory, address, size, false);
  std::memcpy(to, memory.data + address, static_cast<size_t>(size));
  const uint8_t *valid = memory.valid + address;
  return std::all_of(valid, valid + size, [](uint8_t byte) { return byte == 0xff; });
}

AKG_BODY void Checked::write(const Memory &memory, int64_t address, const void *from, int size,
                             bool known) const {
  core.access(flight, memory, address, size, true);
  Store store{&memory, address, size, known, {}};
  std::memcpy(store.data, from, static_cast<size_t>(size));
  flight.stores.push_back(store);
}

AKG_BODY void issue_work(Pipe pipe, Where where, std::function<void(Checked)> body, int m, int n) {
  checking->issue({Action::Kind::work, where, pipe, pipe, 0, {}, m, n, std::move(body)});
}
AKG_BODY void issue_set(Pipe from, Pipe to, int event, Where where) {
  refuse_fields(where, {{"event id", event, 0, context.target->events - 1}});
  checking->issue({Action::Kind::set, where, from, to, event, {}, 0, 0, {}});
}
AKG_BODY void issue_wait(Pipe from, Pipe to, int event, Where where) {
  refuse_fields(where, {{"event id", event, 0, context.target->events - 1}});
  checking->issue({Action::Kind::wait, where, to, from, event, {}, 0, 0, {}});
}
AKG_BODY void issue_barrier(Pipe on, Where where) {
  checking->issue({Action::Kind::barrier, where, on, on, 0, {}, 0, 0, {}});
}

AKG_BODY void refuse(Where where, const std::string &what) { checking->refuse(where, what); }

AKG_BODY void refuse_fields(Where where, std::initializer_list<Field> fields) {
  for (const Field &field : fields)
    if (field.value < field.low || field.value > field.high)
      refuse(where, std::string(field.name) + " is " + std::to_string(field.value) + ", allowed " +
                        std::to_string(field.low) + " to " + std::to_string(field.high));
}
AKG_BODY void refuse_start(Where where, const char *memory, int64_t address, int64_t unit) {
  refuse(where, "byte " + std::to_string(address) + " of " + memory + " is no multiple of " +
                    std::to_string(unit));
}

}  // namespace akg

// What an instruction may not do whatever its order: element types that its target does not take,
// and bytes that its operands may not share.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "context.hpp"
#include "targets.hpp"

namespace akg {

// Types of targets that the table does not have are not checked.
AKG_BODY void refuse_type(Where where, const std::string &type) {
  const std::string name = std::string(where.name).substr(0, 4) == "vcmp" ? "vcmp" : where.name;
  bool listed = false;
  for (const Accepted &row : accepted) {
    if (std::string_view(row.target) != context.target->name) continue;
    listed = true;
    if (name == row.instruction &&
        std::string_view(row.types).find(" " + type + " ") != std::string_view::npos)
      return;
  }
  if (listed) refuse(where, std::string(context.target->name) + " has no " + name + " for " + type);
}

template <class Visit>
void each_piece(const Region &region, Visit visit) {
  for (int64_t repeat = 0; repeat < region.repeats; ++repeat)
    for (int64_t done = 0; done < region.bytes; done += region.piece)
      visit(repeat, region.address + repeat * region.step + done / region.piece * region.stride,
            std::min(region.piece, region.bytes - done));
}

inline int64_t end_of(const Region &region) {
  return region.address + (region.repeats - 1) * region.step +
         (region.bytes - 1) / region.piece * region.stride + region.piece;
}

// The first repeat that writes each byte from the first one of a region on.
AKG_BODY std::vector<int64_t> writers(Where where, const Region &dst, bool accumulates) {
  std::vector<int64_t> first(static_cast<size_t>(end_of(dst) - dst.address),
                             std::numeric_limits<int64_t>::max());
  each_piece(dst, [&](int64_t repeat, int64_t address, int64_t bytes) {
    for (int64_t i = address - dst.address; i < address - dst.address + bytes; ++i) {
      int64_t &writer = first[static_cast<size_t>(i)];
      if (writer <= repeat && !(accumulates && writer < repeat))
        refuse(where, "byte " + std::to_string(dst.address + i) + " of " + dst.memory->name +
                          " is written twice");
      writer = std::min(writer, repeat);
    }
  });
  return first;
}

AKG_BODY void refuse_overlap(Where where, const Region &dst,
                             std::initializer_list<Region> sources, Overlap allowed) {
  if (dst.repeats <= 0) return;
  const bool in_place = allowed == Overlap::in_place;
  const bool same = std::find(sources.begin(), sources.end(), dst) != sources.end();
  const bool repeated = in_place && dst.repeats > 1 && dst.step == 0;
  if (repeated && !same)
    refuse(where, "repeats write the same bytes and no source accumulates there");
  const std::vector<int64_t> first = writers(where, dst, repeated);
  const int64_t end = end_of(dst);
  for (const Region &src : sources) {
    if (src.memory != dst.memory || (in_place && src == dst)) continue;
    if (src.address >= end || end_of(src) <= dst.address) continue;
    each_piece(src, [&](int64_t repeat, int64_t address, int64_t bytes) {
      for (int64_t i = std::max(address, dst.address); i < std::min(address + bytes, end); ++i) {
        const int64_t writer = first[static_cast<size_t>(i - dst.address)];
        if (in_place ? writer <= repeat : writer != std::numeric_limits<int64_t>::max())
          refuse(where, "reads byte " + std::to_string(i) + " of " + src.memory->name +
                            ", which it also writes");
      }
    });
  }
}

}  // namespace akg

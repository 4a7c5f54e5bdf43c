// Tables by string that are searched with a view, without making a string.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace tarsier::assemble {

struct StringHash {
  using is_transparent = void;
  using is_avalanching = void;
  uint64_t operator()(std::string_view text) const { return hash64(text); }
};
struct StringEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

template <typename Value>
using StringMap = boost::unordered_flat_map<std::string, Value, StringHash, StringEqual>;
using StringSet = boost::unordered_flat_set<std::string, StringHash, StringEqual>;

}  // namespace tarsier::assemble

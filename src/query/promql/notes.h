// Warnings and infos that a query's answer carries, with the position of what caused them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "query/engine.h"
#include "query/syntax/source.h"

namespace tarsier::query::promql {

// The same text is kept once, at its last position.
class Notes {
 public:
  explicit Notes(std::string_view query) : query_(query) {}

  void warn(std::string_view text, syntax::Span at) { add("PromQL warning: ", text, at); }
  void info(std::string_view text, syntax::Span at) { add("PromQL info: ", text, at); }

  // Buckets that had to be made monotonic: one note for all of them.
  struct Monotonicity {
    int64_t time_min_ms = 0, time_max_ms = 0;
    double bucket_min = 0, bucket_max = 0, difference_max = 0;
    size_t samples = 1;
  };
  void forced_monotonic(std::string_view metric, syntax::Span at, const Monotonicity& seen);

  Annotations finish() const;

 private:
  struct Note {
    std::string kind, text;
    syntax::Span at;
    bool counted = false;
    Monotonicity seen;
  };
  void add(std::string_view kind, std::string_view text, syntax::Span at);
  std::string print(const Note& note) const;

  std::string_view query_;
  std::map<std::string, size_t, std::less<>> index_;
  std::vector<Note> notes_;
};

// Go's %g.
std::string format_g(double value);

}  // namespace tarsier::query::promql

// Runs tests in the format of Prometheus's promqltest: load, clear, eval, expect.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tarsier::query::testing {

struct ScriptReport {
  size_t passed = 0, failed = 0;
  // Needs what we refuse by name, or native histograms or start timestamps in the data.
  size_t unsupported = 0;
  std::vector<std::string> failures;  // "name:line: query: what was wrong"
};

// `name` is for the failures. Each instant query is also asked as a range query around its time.
ScriptReport run_promql_script(std::string_view name, std::string_view script);

// The points of "1 2+3x4 _ stale": absent ones are the stale marker's neighbour, nullopt.
struct ScriptPoints {
  std::vector<double> values;
  std::vector<bool> present;
  bool valid = true;  // false: a native histogram, or not understood
};
ScriptPoints parse_script_points(std::string_view text);

}  // namespace tarsier::query::testing

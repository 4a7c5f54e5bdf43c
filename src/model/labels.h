// Prometheus's nouns: labels and samples.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarsier::model {

inline constexpr std::string_view kMetricName = "__name__";
// The NaN that marks the end of a series (Prometheus's stale marker).
inline constexpr uint64_t kStaleBits = 0x7ff0000000000002;

struct Label {
  std::string name, value;
  auto operator<=>(const Label&) const = default;
};

// Sorted by name, names unique, no empty values: what normalise() makes of any list.
using Labels = std::vector<Label>;

void normalise(Labels& labels);
// The value, empty when the label is absent.
std::string_view get(const Labels& labels, std::string_view name);
uint64_t fingerprint(const Labels& labels);
// {__name__="a",b="c"} as Prometheus prints it: a{b="c"}.
std::string to_string(const Labels& labels);

struct Sample {
  int64_t time_ms = 0;  // since the Unix epoch; Prometheus counts milliseconds
  double value = 0;
};

bool is_stale(double value);
double stale_marker();

// Samples of one series from a Prometheus-native source (remote write, scrape, rules).
struct SeriesSamples {
  Labels labels;
  std::vector<Sample> samples;
};

}  // namespace tarsier::model

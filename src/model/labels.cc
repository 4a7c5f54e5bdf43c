#include "model/labels.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"

namespace tarsier::model {

void normalise(Labels& labels) {
  std::erase_if(labels, [](const Label& l) { return l.value.empty(); });
  std::stable_sort(labels.begin(), labels.end(),
                   [](const Label& a, const Label& b) { return a.name < b.name; });
  auto same_name = [](const Label& a, const Label& b) { return a.name == b.name; };
  labels.erase(std::unique(labels.begin(), labels.end(), same_name), labels.end());
}

std::string_view get(const Labels& labels, std::string_view name) {
  for (const Label& label : labels) {
    if (label.name == name) return label.value;
  }
  return {};
}

uint64_t fingerprint(const Labels& labels) {
  uint64_t hash = 0;
  for (const Label& label : labels) hash = hash64(label.value, hash64(label.name, hash));
  return hash;
}

std::string to_string(const Labels& labels) {
  std::string out(get(labels, kMetricName));
  bool first = true;
  for (const Label& label : labels) {
    if (label.name == kMetricName) continue;
    out += first ? "{" : ", ";
    first = false;
    out += label.name + "=\"";
    for (char c : label.value) {
      if (c == '"' || c == '\\') out.push_back('\\');
      if (c == '\n') {
        out += "\\n";
      } else {
        out.push_back(c);
      }
    }
    out.push_back('"');
  }
  if (!first) out.push_back('}');
  return out.empty() ? "{}" : out;
}

bool is_stale(double value) {
  return std::bit_cast<uint64_t>(value) == kStaleBits;
}
double stale_marker() {
  return std::bit_cast<double>(kStaleBits);
}

}  // namespace tarsier::model

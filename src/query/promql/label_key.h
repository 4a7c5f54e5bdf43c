// Which labels count when series are grouped or matched, and the key that they make.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"

namespace tarsier::query::promql {

class LabelKey {
 public:
  // Only these labels (by, on), or all but these and the metric's name (without, ignoring).
  static LabelKey only(std::vector<std::string> names);
  static LabelKey all_but(std::vector<std::string> names, bool drop_metadata = true);

  // Appends bytes that are equal exactly for equal labels. With hide_name the metric's name counts
  // as absent.
  void append(const model::Labels& labels, bool hide_name, std::string& key) const;
  // Just the labels that count.
  model::Labels project(const model::Labels& labels, bool hide_name) const;

 private:
  LabelKey(std::vector<std::string> names, bool only);
  template <typename Visit>
  void each(const model::Labels& labels, bool hide_name, const Visit& visit) const;

  std::vector<std::string> names_;  // sorted
  bool only_;
};

}  // namespace tarsier::query::promql

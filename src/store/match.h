// Matchers made ready: regexes compiled once, and those that are plain strings found out.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "store/reader.h"

namespace tarsier::store {

class CompiledMatcher {
 public:
  // kInvalid with RE2's message when the regex is wrong or too large.
  static Result<CompiledMatcher> compile(const Matcher& matcher);

  const std::string& name() const { return matcher_.name; }
  bool matches(std::string_view value) const;
  bool matches_empty() const { return matches_empty_; }

  // The only values that can match (kEqual, or a regex that is an alternation of plain strings):
  // these can be looked up instead of tried. Sorted; null when they cannot be listed.
  const std::vector<std::string>* literals() const {
    return literals_ && !negative_ ? &*literals_ : nullptr;
  }

 private:
  bool matches_positive(std::string_view value) const;

  Matcher matcher_;
  bool negative_ = false, matches_empty_ = false, everything_ = false;
  std::optional<std::vector<std::string>> literals_;
  std::shared_ptr<const RE2> regex_;
};

using Matchers = std::vector<CompiledMatcher>;

Result<Matchers> compile(const std::vector<Matcher>& matchers);
bool matches(const Matchers& matchers, const model::Labels& labels);

}  // namespace tarsier::store

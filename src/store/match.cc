#include "store/match.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarsier::store {
namespace {

constexpr size_t kRegexBytesMax = 16 << 10;    // of a pattern
constexpr int64_t kRegexMemoryMax = 16 << 20;  // of its automaton; RE2 falls back, never grows past

// "a|b|c" without a special character, as dashboards write it for chosen values.
std::optional<std::vector<std::string>> plain_alternation(std::string_view pattern) {
  if (pattern.find_first_of("\\.+*?()[]{}^$") != std::string_view::npos) return std::nullopt;
  std::vector<std::string> out;
  while (true) {
    size_t bar = pattern.find('|');
    out.emplace_back(pattern.substr(0, bar));
    if (bar == std::string_view::npos) break;
    pattern.remove_prefix(bar + 1);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

Result<CompiledMatcher> CompiledMatcher::compile(const Matcher& matcher) {
  CompiledMatcher out;
  out.matcher_ = matcher;
  out.negative_ = matcher.kind == MatchKind::kNotEqual || matcher.kind == MatchKind::kNotRegex;
  bool regex = matcher.kind == MatchKind::kRegex || matcher.kind == MatchKind::kNotRegex;
  std::optional<std::vector<std::string>> plain;
  if (!regex) {
    plain = {{matcher.value}};
  } else if (matcher.value.size() > kRegexBytesMax) {
    return invalid(fmt::format("regex of label {} has {} bytes; at most {} are allowed",
                               matcher.name, matcher.value.size(), kRegexBytesMax));
  } else {
    plain = plain_alternation(matcher.value);
    out.everything_ = matcher.value == ".*";
  }
  if (plain) {
    out.literals_ = std::move(plain);
  } else if (!out.everything_) {
    RE2::Options options(RE2::Quiet);
    options.set_dot_nl(true);
    options.set_max_mem(kRegexMemoryMax);
    auto compiled = std::make_shared<RE2>(matcher.value, options);
    if (!compiled->ok()) {
      return invalid(fmt::format("regex \"{}\" of label {}: {}", matcher.value, matcher.name,
                                 compiled->error()));
    }
    out.regex_ = std::move(compiled);
  }
  out.matches_empty_ = out.matches("");
  return out;
}

bool CompiledMatcher::matches_positive(std::string_view value) const {
  if (everything_) return true;
  if (literals_) {
    return std::binary_search(literals_->begin(), literals_->end(), value, std::less<>());
  }
  return RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
}

bool CompiledMatcher::matches(std::string_view value) const {
  return matches_positive(value) != negative_;
}

Result<Matchers> compile(const std::vector<Matcher>& matchers) {
  Matchers out;
  for (const Matcher& matcher : matchers) {
    TRY(auto compiled, CompiledMatcher::compile(matcher));
    out.push_back(std::move(compiled));
  }
  return out;
}

bool matches(const Matchers& matchers, const model::Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const CompiledMatcher& matcher) {
    return matcher.matches(model::get(labels, matcher.name()));
  });
}

}  // namespace tarsier::store

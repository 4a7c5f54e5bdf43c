#include "query/promql/matcher.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "query/syntax/scanner.h"
#include "query/syntax/source.h"

namespace tarsier::query::promql {
namespace {

RE2::Options regex_options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  return options;
}

}  // namespace

Status check_regex(const store::Matcher& matcher) {
  if (matcher.kind != store::MatchKind::kRegex && matcher.kind != store::MatchKind::kNotRegex) {
    return {};
  }
  const RE2 regex(matcher.value, regex_options());
  if (regex.ok()) return {};
  return invalid("error parsing regexp: " + regex.error());
}

bool matches_empty(const store::Matcher& matcher) {
  switch (matcher.kind) {
    case store::MatchKind::kEqual:
      return matcher.value.empty();
    case store::MatchKind::kNotEqual:
      return !matcher.value.empty();
    case store::MatchKind::kRegex:
      return RE2::FullMatch("", RE2(matcher.value, regex_options()));
    case store::MatchKind::kNotRegex:
      return !RE2::FullMatch("", RE2(matcher.value, regex_options()));
  }
  return false;
}

bool is_plain_label(std::string_view name) {
  if (name.empty() || !syntax::is_name_start(static_cast<uint8_t>(name[0]))) return false;
  return std::ranges::all_of(name,
                             [](char c) { return syntax::is_name_part(static_cast<uint8_t>(c)); });
}

std::string to_string(const store::Matcher& matcher) {
  constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
  const std::string name =
      is_plain_label(matcher.name) ? matcher.name : syntax::quote(matcher.name);
  return fmt::format("{}{}{}", name, kOps[static_cast<size_t>(matcher.kind)],
                     syntax::quote(matcher.value));
}

}  // namespace tarsier::query::promql

#include "api/tempo/params.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "query/syntax/literal.h"
#include "query/syntax/source.h"

namespace tarsier::api::tempo {
namespace {

constexpr size_t kLimitMax = 100'000;

Result<int64_t> seconds(std::string_view name, std::string_view text) {
  std::optional<double> value = query::syntax::parse_number(text);
  if (!value || !std::isfinite(*value) || std::fabs(*value) > 9e9) {
    return invalid(fmt::format("{}=\"{}\" is not a time in seconds since 1970", name, text));
  }
  return static_cast<int64_t>(*value * 1e9);
}

size_t whole(std::string_view text, size_t fallback) {
  size_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : fallback;
}

void add(std::string& conditions, std::string_view condition) {
  if (!conditions.empty()) conditions += " && ";
  conditions += condition;
}

// key=value key="a value": the next pair, taken off the front.
Result<std::pair<std::string, std::string>> take_pair(std::string_view& text) {
  size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return invalid(fmt::format("tags: \"{}\" is not key=value", text));
  }
  std::string key(text.substr(0, equals));
  text.remove_prefix(equals + 1);
  size_t end = 0;
  if (text.starts_with('"')) {
    end = 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return invalid("tags: a quote does not end");
    TRY(std::string value, query::syntax::unquote(text.substr(0, end + 1)));
    text.remove_prefix(end + 1);
    return std::pair(std::move(key), std::move(value));
  }
  end = std::min(text.find(' '), text.size());
  std::string value(text.substr(0, end));
  text.remove_prefix(end);
  return std::pair(std::move(key), std::move(value));
}

// Attributes have types, tags are text: 200 means the number and the text.
std::string tag_condition(const std::string& key, const std::string& value) {
  std::string quoted = query::syntax::quote(value);
  if (key == "name") return fmt::format("name = {}", quoted);
  if (key == "status" && (value == "error" || value == "ok" || value == "unset")) {
    return fmt::format("status = {}", value);
  }
  std::string attribute = fmt::format(".{}", query::syntax::quote(key));
  std::string as_text = fmt::format("{} = {}", attribute, quoted);
  bool typed = value == "true" || value == "false" || query::syntax::parse_number(value);
  bool plain = value.find_first_not_of("0123456789.truefals-") == std::string::npos;
  return typed && plain ? fmt::format("({} || {} = {})", as_text, attribute, value) : as_text;
}

}  // namespace

Result<query::TraceqlOptions> search_options(const net::Params& params) {
  query::TraceqlOptions out;
  if (params.has("start")) {
    TRY(out.start_ns, seconds("start", params.get("start")));
  }
  if (params.has("end")) {
    TRY(out.end_ns, seconds("end", params.get("end")));
  }
  if (out.end_ns < out.start_ns) return invalid("end is before start");
  // A bad limit means the default, as in Tempo.
  out.limit = std::min(whole(params.get("limit"), out.limit), kLimitMax);
  if (out.limit == 0) out.limit = query::TraceqlOptions{}.limit;
  out.spans_per_set = whole(params.get("spss"), out.spans_per_set);
  return out;
}

Result<std::string> search_query(const net::Params& params) {
  if (params.has("q") && !params.get("q").empty()) return std::string(params.get("q"));
  std::string conditions;
  std::string_view tags = params.get("tags");
  while (true) {
    tags.remove_prefix(std::min(tags.find_first_not_of(' '), tags.size()));
    if (tags.empty()) break;
    TRY(auto pair, take_pair(tags));
    add(conditions, tag_condition(pair.first, pair.second));
  }
  for (auto [name, op] : {std::pair{"minDuration", ">="}, {"maxDuration", "<="}}) {
    std::string_view text = params.get(name);
    if (text.empty()) continue;
    if (!query::syntax::parse_duration_ns(text)) {
      return invalid(fmt::format("{}=\"{}\" is not a duration such as 100ms", name, text));
    }
    add(conditions, fmt::format("traceDuration {} {}", op, text));
  }
  return "{ " + conditions + " }";
}

}  // namespace tarsier::api::tempo

#include "query/logql/parsers.h"

#include <simdjson.h>

#include <cctype>

#include "query/syntax/literal.h"

namespace tarsier::query::logql {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Names as label names: what is no letter, digit or _ becomes _, and a digit in front gets one.
std::string sanitised(std::string_view name) {
  std::string out;
  if (!name.empty() && std::isdigit(static_cast<unsigned char>(name[0]))) out.push_back('_');
  for (char c : name) out.push_back(std::isalnum(static_cast<unsigned char>(c)) ? c : '_');
  return out;
}

std::string text_of(const element& value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  if (value.is_null()) return {};
  return simdjson::minify(value);  // numbers as written shortest, objects and arrays as JSON
}

void flatten(const element& value, const std::string& prefix, Entry& entry) {
  for (auto [key, child] : simdjson::dom::object(value)) {
    std::string name = prefix.empty() ? sanitised(key) : prefix + "_" + sanitised(key);
    switch (child.type()) {
      case element_type::OBJECT:
        flatten(child, name, entry);
        break;
      case element_type::ARRAY:
      case element_type::NULL_VALUE:
        break;
      default:
        entry.add_parsed(name, text_of(child));
    }
  }
}

// a.b[0]["c d"] as a JSON pointer.
std::string pointer(std::string_view path) {
  std::string out;
  size_t i = 0;
  auto add = [&](std::string_view key) {
    out.push_back('/');
    for (char c : key) {
      if (c == '~')
        out += "~0";
      else if (c == '/')
        out += "~1";
      else
        out.push_back(c);
    }
  };
  while (i < path.size()) {
    if (path[i] == '.') {
      i++;
    } else if (path[i] == '[') {
      size_t close = path.find(']', i);
      if (close == std::string_view::npos) break;
      std::string_view key = path.substr(i + 1, close - i - 1);
      if (key.size() > 1 && key.front() == '"') key = key.substr(1, key.size() - 2);
      add(key);
      i = close + 1;
    } else {
      size_t end = std::min(path.find_first_of(".[", i), path.size());
      add(path.substr(i, end - i));
      i = end;
    }
  }
  return out;
}

simdjson::dom::parser& json_parser() {
  thread_local simdjson::dom::parser parser;
  return parser;
}

// Takes key=value off the front of a logfmt line. False at the end; ok is false at what is none.
bool take_pair(std::string_view& rest, std::string_view& key, std::string& value, bool& ok) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  if (rest.empty()) return false;
  size_t end = std::min(rest.find_first_of("= \t"), rest.size());
  key = rest.substr(0, end);
  rest.remove_prefix(end);
  value.clear();
  ok = !key.empty() && key.find('"') == std::string_view::npos;
  if (!rest.starts_with('=')) return true;  // a key alone
  rest.remove_prefix(1);
  if (!rest.starts_with('"')) {
    end = std::min(rest.find_first_of(" \t"), rest.size());
    value = rest.substr(0, end);
    rest.remove_prefix(end);
    return true;
  }
  end = 1;
  while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
  if (end >= rest.size()) {
    ok = false;
    rest = {};
    return true;
  }
  Result<std::string> unquoted = syntax::unquote(rest.substr(0, end + 1));
  ok &= static_cast<bool>(unquoted);
  if (unquoted) value = std::move(*unquoted);
  rest.remove_prefix(end + 1);
  return true;
}

}  // namespace

void parse_json(const Stage& stage, Entry& entry) {
  element document;
  auto failed = json_parser().parse(entry.line().data(), entry.line().size()).get(document);
  if (failed || !document.is_object()) {
    entry.set_error("JSONParserErr",
                    failed ? simdjson::error_message(failed) : "the line is not a JSON object");
    for (const auto& [label, path] : stage.extract) entry.add_parsed(label, "");
    return;
  }
  if (stage.extract.empty()) return flatten(document, "", entry);
  for (const auto& [label, path] : stage.extract) {
    element value;
    bool found = document.at_pointer(pointer(path)).get(value) == simdjson::SUCCESS;
    entry.add_parsed(label, found ? text_of(value) : "");
  }
}

void parse_logfmt(const Stage& stage, Entry& entry) {
  std::string_view rest = entry.line();
  std::string_view key;
  std::string value;
  bool ok = true;
  while (take_pair(rest, key, value, ok)) {
    if (!ok) {
      if (stage.strict) {
        entry.set_error("LogfmtParserErr", "the line is not logfmt");
        return;
      }
      continue;
    }
    if (value.empty() && !stage.keep_empty) continue;
    if (stage.extract.empty()) {
      entry.add_parsed(sanitised(key), value);
      continue;
    }
    for (const auto& [label, wanted] : stage.extract) {
      if (wanted == key) entry.add_parsed(label, value);
    }
  }
}

void parse_regex(const Stage& stage, Entry& entry) {
  constexpr int kGroupsMax = 64;
  re2::StringPiece groups[kGroupsMax];
  const re2::RE2& regex = *stage.regex;
  int n = std::min(regex.NumberOfCapturingGroups() + 1, kGroupsMax);
  re2::StringPiece line(entry.line().data(), entry.line().size());
  if (!regex.Match(line, 0, line.size(), re2::RE2::UNANCHORED, groups, n)) return;
  for (const auto& [name, index] : regex.NamedCapturingGroups()) {
    if (index < n) entry.add_parsed(name, {groups[index].data(), groups[index].size()});
  }
}

void parse_unpack(Entry& entry) {
  element document;
  auto failed = json_parser().parse(entry.line().data(), entry.line().size()).get(document);
  if (failed || !document.is_object()) {
    entry.set_error("JSONParserErr", "the line is not a JSON object");
    return;
  }
  std::string line;
  bool packed = false;
  for (auto [key, value] : simdjson::dom::object(document)) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) continue;
    if (key == "_entry") {
      line = text;
      packed = true;
    } else {
      entry.add_parsed(sanitised(key), text);
    }
  }
  if (packed) entry.set_line(std::move(line));
}

}  // namespace tarsier::query::logql

#include "store/events/level.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tarsier::store {
namespace {

using Word = std::pair<std::string_view, std::string_view>;

constexpr std::array<std::string_view, 14> kKeys = {
    "level", "LEVEL", "Level", "log_level", "severity",      "SEVERITY",      "Severity",
    "lvl",   "LVL",   "Lvl",   "loglevel",  "severity_text", "Severity_Text", "SeverityText"};

constexpr std::array<Word, 14> kLevels = {{{"trace", "trace"},
                                           {"trc", "trace"},
                                           {"debug", "debug"},
                                           {"dbg", "debug"},
                                           {"info", "info"},
                                           {"inf", "info"},
                                           {"information", "info"},
                                           {"warn", "warn"},
                                           {"wrn", "warn"},
                                           {"warning", "warn"},
                                           {"error", "error"},
                                           {"err", "error"},
                                           {"critical", "critical"},
                                           {"fatal", "fatal"}}};
// In a line the gravest word wins; short forms would be found by chance.
constexpr std::array<Word, 9> kWords = {{{"fatal", "fatal"},
                                         {"critical", "critical"},
                                         {"error", "error"},
                                         {"err", "error"},
                                         {"warning", "warn"},
                                         {"warn", "warn"},
                                         {"info", "info"},
                                         {"debug", "debug"},
                                         {"trace", "trace"}}};
constexpr size_t kLineBytesMax = 1024;  // how far into a line one looks

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

bool letter(char c) {
  c = lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view canonical(std::string_view value) {
  for (const Word& level : kLevels) {
    if (same(level.first, value)) return level.second;
  }
  return {};
}

std::string_view by_number(int32_t severity) {
  if (severity < 1 || severity > 24) return {};
  constexpr std::array<std::string_view, 6> kNames = {"trace", "debug", "info",
                                                      "warn",  "error", "fatal"};
  return kNames[static_cast<size_t>(severity - 1) / 4];
}

// The word that follows `key` as in key=word, "key":"word" or key = "word".
std::string_view value_after(std::string_view line, size_t at) {
  size_t separators = 0;
  while (at < line.size() && std::string_view("\"' ").find(line[at]) != std::string_view::npos)
    at++;
  while (at < line.size() && std::string_view("=:\"' ").find(line[at]) != std::string_view::npos) {
    separators += line[at] == '=' || line[at] == ':';
    at++;
  }
  if (separators != 1) return {};
  size_t end = at;
  while (end < line.size() && letter(line[end])) end++;
  return line.substr(at, end - at);
}

// Whole words of the line that start with one of the keys' or words' letters, one pass.
template <typename Visit>
void each_word(std::string_view line, Visit visit) {
  for (size_t at = 0; at < line.size();) {
    if (!letter(line[at])) {
      at++;
      continue;
    }
    size_t end = at;
    while (end < line.size() && letter(line[end])) end++;
    if (visit(line.substr(at, end - at), end)) return;
    at = end;
  }
}

std::string_view by_key(std::string_view line) {
  std::string_view found;
  each_word(line, [&](std::string_view word, size_t end) {
    if (std::find(kKeys.begin(), kKeys.end(), word) == kKeys.end()) return false;
    found = canonical(value_after(line, end));
    return !found.empty();
  });
  return found;
}

std::string_view by_word(std::string_view line) {
  size_t best = kWords.size();
  each_word(line, [&](std::string_view word, size_t) {
    for (size_t i = 0; i < best; i++) {
      if (same(kWords[i].first, word)) best = i;
    }
    return best == 0;
  });
  return best < kWords.size() ? kWords[best].second : std::string_view();
}

}  // namespace

std::string detected_level(const model::Labels& stream, const model::Labels& metadata,
                           const model::LogRecord& record, std::string_view line) {
  std::string_view level;
  for (size_t i = 0; i < kKeys.size() && level.empty(); i++) {
    level = canonical(model::get(stream, kKeys[i]));
    if (level.empty()) level = canonical(model::get(metadata, kKeys[i]));
  }
  if (level.empty()) level = by_number(record.severity_number);
  line = line.substr(0, kLineBytesMax);
  if (level.empty()) level = by_key(line);
  if (level.empty()) level = by_word(line);
  return std::string(level.empty() ? "unknown" : level);
}

}  // namespace tarsier::store

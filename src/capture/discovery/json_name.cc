#include "capture/discovery/json_name.h"

#include <algorithm>
#include <optional>

namespace tarsier::capture {
namespace {

// The string that starts behind the quote at `at`, which then is behind its end.
std::optional<std::string_view> take_string(std::string_view text, size_t& at) {
  size_t start = ++at;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  if (at >= text.size()) return std::nullopt;
  return text.substr(start, at++ - start);
}

void skip_blanks(std::string_view text, size_t& at) {
  at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

}  // namespace

std::string json_name(std::string_view text) {
  int depth = 0;
  for (size_t at = 0; at < text.size();) {
    char c = text[at];
    if (c != '"') {
      if (c == '{' || c == '[') depth++;
      if (c == '}' || c == ']') depth--;
      at++;
      continue;
    }
    auto key = take_string(text, at);
    if (!key) return {};
    skip_blanks(text, at);
    if (depth != 1 || *key != "name" || at >= text.size() || text[at] != ':') continue;
    skip_blanks(text, ++at);
    if (at >= text.size() || text[at] != '"') return {};
    auto value = take_string(text, at);
    bool plain = value && value->find('\\') == value->npos;
    return plain ? std::string(*value) : std::string();
  }
  return {};
}

}  // namespace tarsier::capture

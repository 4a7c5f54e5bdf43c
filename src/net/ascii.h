// Header text: names and tokens compare without case, and only in ASCII.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace tarsier::net {

inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls visit(token) for each trimmed part of a comma-separated list, until it returns true.
template <typename Visit>
bool any_token(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    std::string_view token = list.substr(0, list.find(','));
    list.remove_prefix(std::min(token.size() + 1, list.size()));
    if (visit(trim(token))) return true;
  }
  return false;
}

}  // namespace tarsier::net

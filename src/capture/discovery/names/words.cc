#include <algorithm>

#include "capture/discovery/names/names.h"

namespace tarsier::capture::names {

bool in(std::string_view word, Set set) {
  return std::find(set.begin(), set.end(), word) != set.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Words positional(const Words& arguments, Set with_value) {
  for (size_t i = 1; i < arguments.size(); i++) {
    if (in(arguments[i], with_value)) {
      i++;
    } else if (!arguments[i].starts_with('-') && !arguments[i].empty()) {
      return {arguments.begin() + static_cast<ptrdiff_t>(i), arguments.end()};
    }
  }
  return {};
}

std::string_view option(const Words& words, Set names) {
  for (size_t i = 0; i < words.size(); i++) {
    for (std::string_view name : names) {
      if (words[i] == name && i + 1 < words.size()) return words[i + 1];
      bool assigned = words[i].starts_with(name) && words[i].size() > name.size() &&
                      words[i][name.size()] == '=';
      if (assigned) return words[i].substr(name.size() + 1);
    }
  }
  return {};
}

std::string_view bracketed(std::string_view text) {
  size_t open = text.rfind('['), close = text.rfind(']');
  if (open == text.npos || close == text.npos || close < open) return {};
  return text.substr(open + 1, close - open - 1);
}

std::string_view project_folder(std::string_view folder) {
  while (in(basename(folder), {"dist", "build", "out", "bin", "src", "lib", "public"})) {
    std::string_view parent = parent_folder(folder);
    if (basename(parent).empty()) break;
    folder = parent;
  }
  return basename(folder);
}

}  // namespace tarsier::capture::names

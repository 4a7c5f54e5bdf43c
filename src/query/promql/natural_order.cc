#include "query/promql/natural_order.h"

#include <cstddef>

namespace tarsier::query::promql {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// The longest run of digits, or of anything else, in front.
std::string_view take_chunk(std::string_view& text) {
  size_t n = 1;
  while (n < text.size() && digit(text[n]) == digit(text[0])) n++;
  const std::string_view chunk = text.substr(0, n);
  text.remove_prefix(n);
  return chunk;
}

int compare_numbers(std::string_view a, std::string_view b) {
  const auto strip = [](std::string_view text) {
    const size_t first = text.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
  };
  const std::string_view left = strip(a), right = strip(b);
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  if (const int order = left.compare(right); order != 0) return order;
  return static_cast<int>(a.size()) - static_cast<int>(b.size());
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view left = take_chunk(a), right = take_chunk(b);
    const bool numbers = digit(left[0]) && digit(right[0]);
    const int order = numbers ? compare_numbers(left, right) : left.compare(right);
    if (order != 0) return order < 0;
  }
  return a.size() < b.size();
}

}  // namespace tarsier::query::promql

#include "app/config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/clock.h"

namespace tarsier::app {
namespace {

using Unit = std::pair<std::string_view, int64_t>;

constexpr std::array<Unit, 8> kDurations = {{{"w", 7 * 24 * kHour},
                                             {"d", 24 * kHour},
                                             {"h", kHour},
                                             {"m", kMinute},
                                             {"s", kSecond},
                                             {"ms", kMillisecond},
                                             {"us", kMicrosecond},
                                             {"ns", 1}}};
constexpr std::array<Unit, 11> kSizes = {{{"TiB", 1LL << 40},
                                          {"GiB", 1LL << 30},
                                          {"MiB", 1LL << 20},
                                          {"KiB", 1LL << 10},
                                          {"TB", 1'000'000'000'000},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"KB", 1'000},
                                          {"kB", 1'000},
                                          {"B", 1},
                                          {"", 1}}};

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

// A number, then its unit; both are taken off the front of the text.
template <size_t N>
bool take(std::string_view& text, const std::array<Unit, N>& units, double& out) {
  double value = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || value < 0) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  size_t letters = 0;
  while (letters < text.size() && std::isalpha(static_cast<unsigned char>(text[letters])))
    letters++;
  for (const auto& [name, factor] : units) {
    if (text.substr(0, letters) != name) continue;
    out = value * static_cast<double>(factor);
    text.remove_prefix(letters);
    return true;
  }
  return false;
}

template <size_t N>
std::string format(int64_t value, const std::array<Unit, N>& units) {
  for (const auto& [name, factor] : units) {
    if (value >= factor && value % factor == 0) return fmt::format("{}{}", value / factor, name);
  }
  return std::to_string(value);
}

}  // namespace

Result<int64_t> parse_duration(std::string_view text) {
  std::string_view rest = trim(text);
  if (rest == "0") return 0;
  double total = 0;
  bool any = false;
  while (!rest.empty()) {
    double part = 0;
    if (!take(rest, kDurations, part)) break;
    total += part;
    any = true;
  }
  if (!any || !rest.empty() || total > 9e18) {
    return invalid(fmt::format("\"{}\" is not a duration such as 250ms, 5s, 1h30m or 15d", text));
  }
  return static_cast<int64_t>(total);
}

std::string format_duration(int64_t ns) {
  return ns == 0 ? "0s" : format(ns, kDurations);
}

Result<int64_t> parse_bytes(std::string_view text) {
  std::string_view rest = trim(text);
  double value = 0;
  if (!take(rest, kSizes, value) || !rest.empty() || value > 9e18) {
    return invalid(fmt::format("\"{}\" is not a size such as 4096, 64KiB or 4GiB", text));
  }
  return static_cast<int64_t>(value);
}

std::string format_bytes(int64_t bytes) {
  for (const auto& [name, factor] : kSizes) {
    if (name.ends_with("iB") && bytes >= factor && bytes % factor == 0) {
      return fmt::format("{}{}", bytes / factor, name);
    }
  }
  return std::to_string(bytes);
}

Result<bool> parse_bool(std::string_view text) {
  std::string lower(trim(text));
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  return invalid(fmt::format("\"{}\" is neither true nor false", text));
}

Result<int64_t> parse_integer(std::string_view text) {
  std::string_view t = trim(text);
  int64_t value = 0;
  auto [end, ec] = std::from_chars(t.data(), t.data() + t.size(), value);
  if (ec == std::errc() && end == t.data() + t.size() && !t.empty()) return value;
  return invalid(fmt::format("\"{}\" is not a whole number", text));
}

Result<double> parse_real(std::string_view text) {
  std::string_view t = trim(text);
  double value = 0;
  auto [end, ec] = std::from_chars(t.data(), t.data() + t.size(), value);
  if (ec == std::errc() && end == t.data() + t.size() && !t.empty()) return value;
  return invalid(fmt::format("\"{}\" is not a number", text));
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    size_t comma = text.find(',');
    std::string_view item = trim(text.substr(0, comma));
    if (!item.empty()) out.emplace_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return out;
}

std::string join_list(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, ","));
}

}  // namespace tarsier::app

#include "query/syntax/literal.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "query/syntax/source.h"

namespace tarsier::query::syntax {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Underscores may stand between digits only (and behind 0x).
std::optional<std::string> without_underscores(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '_') {
      out.push_back(text[i]);
      continue;
    }
    if (i == 0 || i + 1 == text.size() || !std::isalnum(static_cast<uint8_t>(text[i - 1])) ||
        !std::isalnum(static_cast<uint8_t>(text[i + 1]))) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<double> parse_integer(std::string_view digits, int base) {
  uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stop != end || value > INT64_MAX) return std::nullopt;
  return static_cast<double>(static_cast<int64_t>(value));
}

std::optional<double> parse_unsigned(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') {
    if (text[1] == 'x') {
      const std::string_view hex = text.substr(2);
      if (auto value = parse_integer(hex, 16)) return value;
      double value = 0;
      const auto [stop, error] =
          std::from_chars(hex.data(), hex.data() + hex.size(), value, std::chars_format::hex);
      if (error != std::errc() || stop != hex.data() + hex.size()) return std::nullopt;
      return value;
    }
    if (auto value = parse_integer(text, 8)) return value;
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::nullopt;
  if (error != std::errc()) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  int64_t size;
};

constexpr std::array<Unit, 7> kPrometheusUnits = {{{"y", 365LL * 24 * 3'600'000},
                                                   {"w", 7LL * 24 * 3'600'000},
                                                   {"d", 24LL * 3'600'000},
                                                   {"h", 3'600'000},
                                                   {"m", 60'000},
                                                   {"s", 1'000},
                                                   {"ms", 1}}};
constexpr std::array<Unit, 11> kGoUnits = {{{"ns", 1},
                                            {"us", 1'000},
                                            {"\u00b5s", 1'000},
                                            {"\u03bcs", 1'000},
                                            {"ms", 1'000'000},
                                            {"s", 1'000'000'000},
                                            {"m", 60'000'000'000},
                                            {"h", 3'600'000'000'000},
                                            {"d", 24LL * 3'600'000'000'000},
                                            {"w", 7LL * 24 * 3'600'000'000'000},
                                            {"y", 365LL * 24 * 3'600'000'000'000}}};

template <typename Units>
const Unit* find_unit(const Units& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

std::string_view take_while(std::string_view& text, auto&& pred) {
  size_t n = 0;
  while (n < text.size() && pred(text[n])) n++;
  const std::string_view out = text.substr(0, n);
  text.remove_prefix(n);
  return out;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const std::string name = lower(text);
  std::optional<double> value;
  if (name == "inf" || name == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (name == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (is_digit(text[0]) || text[0] == '.') {
    if (const auto plain = without_underscores(name)) value = parse_unsigned(*plain);
  }
  if (value && negative) *value = -*value;
  return value;
}

Result<int64_t> parse_duration_ms(std::string_view text) {
  if (text.empty()) return invalid("empty duration string");
  if (text == "0") return 0;
  const auto bad = [text] { return invalid("not a valid duration string: " + quote(text)); };
  int64_t total = 0;
  size_t next_unit = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view digits = take_while(rest, is_digit);
    const std::string_view name = take_while(rest, [](char c) { return !is_digit(c); });
    const Unit* unit = find_unit(kPrometheusUnits, name);
    if (digits.empty() || unit == nullptr) return bad();
    const auto index = static_cast<size_t>(unit - kPrometheusUnits.data());
    if (index < next_unit) return bad();
    next_unit = index + 1;
    int64_t count = 0, part = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (parsed.ec != std::errc() || __builtin_mul_overflow(count, unit->size, &part) ||
        __builtin_add_overflow(total, part, &total) || total > INT64_MAX / 1'000'000) {
      return invalid("duration out of range");
    }
  }
  return total;
}

std::string format_duration_ms(int64_t duration_ms) {
  if (duration_ms == 0) return "0s";
  std::string out = duration_ms < 0 ? "-" : "";
  auto rest =
      duration_ms < 0 ? -static_cast<uint64_t>(duration_ms) : static_cast<uint64_t>(duration_ms);
  for (const Unit& unit : kPrometheusUnits) {
    const auto size = static_cast<uint64_t>(unit.size);
    // Weeks and years only when nothing smaller remains, so that 8d stays 8d.
    if ((unit.name == "y" || unit.name == "w") && rest % size != 0) continue;
    if (rest < size) continue;
    out += fmt::format("{}{}", rest / size, unit.name);
    rest %= size;
  }
  return out;
}

std::optional<int64_t> parse_duration_ns(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  long double total = 0;
  while (!text.empty()) {
    const std::string_view digits =
        take_while(text, [](char c) { return is_digit(c) || c == '.'; });
    const std::string_view name = take_while(text, [](char c) { return !is_digit(c) && c != '.'; });
    const Unit* unit = find_unit(kGoUnits, name);
    double count = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), count,
                                        std::chars_format::fixed);
    if (unit == nullptr || parsed.ec != std::errc() ||
        parsed.ptr != digits.data() + digits.size()) {
      return std::nullopt;
    }
    total += static_cast<long double>(count) * static_cast<long double>(unit->size);
  }
  if (total >= 9.2e18L) return std::nullopt;
  const auto value = static_cast<int64_t>(std::llround(total));
  return negative ? -value : value;
}

std::string format_duration_ns(int64_t duration_ns) {
  if (duration_ns == 0) return "0s";
  const std::string sign = duration_ns < 0 ? "-" : "";
  const uint64_t ns =
      duration_ns < 0 ? -static_cast<uint64_t>(duration_ns) : static_cast<uint64_t>(duration_ns);
  const auto decimal = [](uint64_t value, uint64_t unit) {
    std::string out = fmt::format("{}", value / unit);
    if (value % unit == 0) return out;
    std::string fraction = fmt::format("{}", unit + value % unit).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return out + "." + fraction;
  };
  if (ns < 1'000) return fmt::format("{}{}ns", sign, ns);
  if (ns < 1'000'000) return sign + decimal(ns, 1'000) + "\u00b5s";
  if (ns < 1'000'000'000) return sign + decimal(ns, 1'000'000) + "ms";
  const uint64_t minutes = ns / 60'000'000'000;
  std::string out = sign;
  if (minutes >= 60) out += fmt::format("{}h", minutes / 60);
  if (minutes > 0) out += fmt::format("{}m", minutes % 60);
  return out + decimal(ns % 60'000'000'000, 1'000'000'000) + "s";
}

std::optional<double> parse_bytes(std::string_view text) {
  const std::string_view digits = take_while(text, [](char c) { return is_digit(c) || c == '.'; });
  double value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                      std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  take_while(text, [](char c) { return c == ' '; });
  std::string unit = lower(text);
  if (unit.empty() || unit == "b") return value;
  if (unit.back() == 'b') unit.pop_back();
  const bool binary = unit.size() == 2 && unit[1] == 'i';
  const size_t power = std::string_view("kmgtpe").find(unit[0]);
  if ((unit.size() != 1 && !binary) || power == std::string_view::npos) return std::nullopt;
  return value * std::pow(binary ? 1024.0 : 1000.0, static_cast<double>(power + 1));
}

}  // namespace tarsier::query::syntax

// Readers of literals. Each takes the whole text of one token; empty optional = not one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tarsier::query::syntax {

// "double", 'single' (Go's escapes in both) or `raw`, quotes included. The error has no position.
Result<std::string> unquote(std::string_view quoted);

// Decimal, hexadecimal (0x1f), octal (017), underscores between digits, exponents, Inf and NaN.
std::optional<double> parse_number(std::string_view text);

// Prometheus's durations, in ms: 1y2w3d4h5m6s7ms, units in that order, whole numbers; "0".
Result<int64_t> parse_duration_ms(std::string_view text);
// The same back: 90000 -> "1m30s", 0 -> "0s".
std::string format_duration_ms(int64_t duration_ms);

// Go's durations and Loki's longer units, in ns: any order, fractions, units ns us µs ms s m h d w
// y: "1.5h", "-20ms", "1h30m". "0" needs no unit.
std::optional<int64_t> parse_duration_ns(std::string_view text);
// As Go prints it: 1500000000 -> "1.5s", 5400000000000 -> "1h30m0s".
std::string format_duration_ns(int64_t duration_ns);

// "10MB", "1.5KiB", "512b", "3 GB": SI units by 1000, IEC units by 1024, any case.
std::optional<double> parse_bytes(std::string_view text);

}  // namespace tarsier::query::syntax

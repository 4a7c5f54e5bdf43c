// Values as people write them: durations, sizes, switches.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarsier::app {

// "250ms", "5s", "1h30m", "15d", "2w"; the answer is nanoseconds. A bare "0" is zero.
Result<int64_t> parse_duration(std::string_view text);
std::string format_duration(int64_t ns);

// "4096", "64KiB", "4GiB", "10MB".
Result<int64_t> parse_bytes(std::string_view text);
std::string format_bytes(int64_t bytes);

// true, false, yes, no, on, off, 1, 0; any case.
Result<bool> parse_bool(std::string_view text);
Result<int64_t> parse_integer(std::string_view text);
Result<double> parse_real(std::string_view text);
std::vector<std::string> split_list(std::string_view text);  // at commas, blanks trimmed
std::string join_list(const std::vector<std::string>& items);

}  // namespace tarsier::app

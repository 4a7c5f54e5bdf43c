// Where in a query's text something is, and the error texts that say so.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tarsier::query::syntax {

// Byte offsets into the query, end excluded.
struct Span {
  size_t begin = 0, end = 0;
  bool operator==(const Span&) const = default;
};

// "line:col", both from 1, the column in bytes: what users of Prometheus and Loki are used to.
std::string line_col(std::string_view source, size_t offset);

// kInvalid "line:col: parse error: message".
Error parse_error(std::string_view source, size_t offset, std::string_view message);

// "..." with Go's %q escapes, as the error texts of all three languages show strings.
std::string quote(std::string_view text);
// '.' with the same escapes.
std::string quote_rune(char32_t rune);

}  // namespace tarsier::query::syntax

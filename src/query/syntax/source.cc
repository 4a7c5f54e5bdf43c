#include "query/syntax/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/syntax/utf8.h"

namespace tarsier::query::syntax {
namespace {

void append_escaped(std::string& out, char32_t rune, char quote) {
  switch (rune) {
    case '\a':
      out += "\\a";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\v':
      out += "\\v";
      return;
    default:
      break;
  }
  if (rune == static_cast<char32_t>(quote) || rune == '\\') {
    out.push_back('\\');
    out.push_back(static_cast<char>(rune));
  } else if (rune < 0x20 || rune == 0x7f) {
    out += fmt::format("\\x{:02x}", static_cast<uint32_t>(rune));
  } else {
    append_utf8(out, rune);
  }
}

}  // namespace

std::string line_col(std::string_view source, size_t offset) {
  const std::string_view before = source.substr(0, std::min(offset, source.size()));
  const size_t newline = before.rfind('\n');
  const size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  return fmt::format("{}:{}", 1 + std::count(before.begin(), before.end(), '\n'),
                     before.size() - line_start + 1);
}

Error parse_error(std::string_view source, size_t offset, std::string_view message) {
  return invalid(fmt::format("{}: parse error: {}", line_col(source, offset), message));
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Decoded next = decode_utf8(text);
    if (next.valid) {
      append_escaped(out, next.rune, '"');
    } else {
      out += fmt::format("\\x{:02x}", static_cast<uint8_t>(text[0]));
    }
    text.remove_prefix(next.size);
  }
  return out + '"';
}

std::string quote_rune(char32_t rune) {
  std::string out = "'";
  append_escaped(out, rune, '\'');
  return out + '\'';
}

}  // namespace tarsier::query::syntax

#include "query/syntax/literal.h"
#include "query/syntax/source.h"
#include "query/syntax/utf8.h"

namespace tarsier::query::syntax {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

char simple_escape(char c) {
  constexpr std::string_view kNames = "abfnrtv\\";
  constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\";
  const size_t at = kNames.find(c);
  return at == std::string_view::npos ? '\0' : kBytes[at];
}

// `text` starts behind the backslash; steps over the escape.
bool append_numeric_escape(std::string_view& text, std::string& out) {
  const char kind = text[0];
  const bool octal = kind >= '0' && kind <= '7';
  const uint32_t base = octal ? 8 : 16;
  const size_t digits = octal ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (digits == 0) return false;
  if (!octal) text.remove_prefix(1);
  if (text.size() < digits) return false;
  uint64_t value = 0;
  for (char c : text.substr(0, digits)) {
    const int digit = digit_value(c);
    if (digit >= static_cast<int>(base)) return false;
    value = value * base + static_cast<uint64_t>(digit);
  }
  text.remove_prefix(digits);
  if (octal || kind == 'x') {
    if (value > 0xff) return false;
    out.push_back(static_cast<char>(value));
    return true;
  }
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return false;
  append_utf8(out, static_cast<char32_t>(value));
  return true;
}

Error bad_string(std::string_view quoted) {
  return invalid("error unquoting string " + quote(quoted) + ": invalid syntax");
}

}  // namespace

Result<std::string> unquote(std::string_view quoted) {
  if (quoted.size() < 2 || quoted.front() != quoted.back()) return bad_string(quoted);
  const char mark = quoted.front();
  std::string_view text = quoted.substr(1, quoted.size() - 2);
  if (mark == '`') return std::string(text);
  if (mark != '"' && mark != '\'') return bad_string(quoted);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c == mark || c == '\n') return bad_string(quoted);
    if (c != '\\') {
      out.push_back(c);
      continue;
    }
    if (text.empty()) return bad_string(quoted);
    if (char simple = text[0] == mark ? mark : simple_escape(text[0])) {
      out.push_back(simple);
      text.remove_prefix(1);
    } else if (!append_numeric_escape(text, out)) {
      return bad_string(quoted);
    }
  }
  return out;
}

}  // namespace tarsier::query::syntax

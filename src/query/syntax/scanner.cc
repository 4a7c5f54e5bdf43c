#include "query/syntax/scanner.h"

#include <fmt/format.h>

#include "query/syntax/literal.h"
#include "query/syntax/utf8.h"

namespace tarsier::query::syntax {

bool is_digit(char32_t rune) {
  return rune >= '0' && rune <= '9';
}
bool is_name_start(char32_t rune) {
  return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z') || rune == '_';
}
bool is_name_part(char32_t rune) {
  return is_name_start(rune) || is_digit(rune);
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "end of input";
    case TokenKind::kError:
      return token.message;
    case TokenKind::kWord:
      return "identifier " + quote(token.text);
    case TokenKind::kString:
      return "string " + quote(token.text);
    case TokenKind::kNumber:
      return "number " + quote(token.text);
    case TokenKind::kDuration:
      return "duration " + quote(token.text);
    case TokenKind::kBytes:
      return "bytes " + quote(token.text);
    case TokenKind::kOperator:
      return quote(token.text);
  }
  return "token";
}

char32_t Scanner::peek_rune() const {
  return at_end() ? 0 : decode_utf8(rest()).rune;
}

void Scanner::skip_rune() {
  if (!at_end()) position_ += decode_utf8(rest()).size;
}

void Scanner::skip_space(char comment) {
  while (!at_end()) {
    const char c = peek();
    if (comment != '\0' && c == comment) {
      while (!at_end() && peek() != '\n' && peek() != '\r') position_++;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      position_++;
    } else {
      return;
    }
  }
}

Token Scanner::end() const {
  return {TokenKind::kEnd, source_.substr(source_.size()), {source_.size(), source_.size()}, {}};
}

Token Scanner::take(TokenKind kind, size_t bytes) {
  const Span span{position_, position_ + bytes};
  position_ = span.end;
  return {kind, source_.substr(span.begin, bytes), span, {}};
}

Token Scanner::error(Span span, std::string message) const {
  return {TokenKind::kError, source_.substr(span.begin, span.end - span.begin), span,
          std::move(message)};
}

Token Scanner::word(bool (*part)(char32_t)) {
  const size_t begin = position_;
  while (!at_end() && part(peek_rune())) skip_rune();
  const size_t size = position_ - begin;
  position_ = begin;
  return take(TokenKind::kWord, size);
}

Token Scanner::string() {
  const size_t begin = position_;
  const char mark = peek();
  skip(1);
  while (peek() != mark || at_end()) {
    if (at_end() || (peek() == '\n' && mark != '`')) {
      return error({begin, position_},
                   mark == '`' ? "unterminated raw string" : "unterminated quoted string");
    }
    if (!decode_utf8(rest()).valid) return error({begin, position_}, "invalid UTF-8 rune");
    if (peek() == '\\' && mark != '`') skip(1);
    skip_rune();
  }
  const size_t size = position_ + 1 - begin;
  position_ = begin;
  Token token = take(TokenKind::kString, size);
  if (!unquote(token.text)) return error(token.span, "bad escape sequence in " + quote(token.text));
  return token;
}

Token Scanner::number(bool go_durations, bool bytes) {
  const size_t begin = position_;
  const bool hex = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
  while (!at_end()) {
    const char c = peek();
    const bool sign = (c == '+' || c == '-') && !hex && position_ > begin &&
                      (source_[position_ - 1] | 0x20) == 'e';
    const bool micro = go_durations && (peek_rune() == 0xb5 || peek_rune() == 0x3bc);
    if (!sign && !micro && !is_name_part(static_cast<uint8_t>(c)) && c != '.') break;
    skip_rune();
  }
  const size_t size = position_ - begin;
  position_ = begin;
  Token token = take(TokenKind::kNumber, size);
  if (parse_number(token.text)) return token;
  token.kind = TokenKind::kDuration;
  if (const auto duration = parse_duration_ms(token.text);
      duration || duration.error().message == "duration out of range") {
    return token;
  }
  if (go_durations && parse_duration_ns(token.text)) return token;
  token.kind = TokenKind::kBytes;
  if (bytes && parse_bytes(token.text)) return token;
  return error(token.span, "bad number or duration syntax: " + quote(token.text));
}

Token Scanner::longest_operator(std::span<const std::string_view> operators) {
  size_t longest = 0;
  for (std::string_view op : operators) {
    if (op.size() > longest && rest().starts_with(op)) longest = op.size();
  }
  return longest == 0 ? end() : take(TokenKind::kOperator, longest);
}

}  // namespace tarsier::query::syntax

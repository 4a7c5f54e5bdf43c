// The token stream that the three parsers read, and a lexer made from a table for languages that
// need no more than that.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "query/syntax/scanner.h"

namespace tarsier::query::syntax {

// Reads the next token; kEnd again and again at the end.
using Lexer = std::function<Token(Scanner&)>;

struct Dialect {
  std::span<const std::string_view> operators;
  char comment = '#';
  bool (*word_start)(char32_t) = is_name_start;
  bool (*word_part)(char32_t) = is_name_part;
  bool go_durations = false;  // 1.5h, 20us
  bool bytes = false;         // 10MB
};
Lexer make_lexer(const Dialect& dialect);

// One token of look-ahead, two when asked. The source must outlive it.
class TokenStream {
 public:
  TokenStream(std::string_view source, Lexer lexer)
      : scanner_(source), lexer_(std::move(lexer)), current_(lexer_(scanner_)) {}

  std::string_view source() const { return scanner_.source(); }
  const Token& peek() const { return current_; }
  Token peek_second();
  Token take();
  size_t last_end() const { return last_end_; }  // where the token taken last ended

  bool is(std::string_view op) const { return current_.is(op); }
  bool is_word(std::string_view word) const { return current_.is_word(word); }
  bool accept(std::string_view op);
  bool accept_word(std::string_view word);

  // "line:col: parse error: unexpected X in CONTEXT, expected WHAT" about the next token, or what
  // the lexer has against it. Empty context or expected are left out.
  Error unexpected(std::string_view context, std::string_view expected) const;
  Error error_at(Span span, std::string_view message) const {
    return parse_error(source(), span.begin, message);
  }
  Status expect(std::string_view op, std::string_view context);

  // The next tokens are read by another lexer; the one in front is read again.
  void switch_lexer(Lexer lexer);

 private:
  Scanner scanner_;
  Lexer lexer_;
  Token current_;
  size_t last_end_ = 0;
};

}  // namespace tarsier::query::syntax

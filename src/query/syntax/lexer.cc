#include "query/syntax/lexer.h"

#include <fmt/format.h>

namespace tarsier::query::syntax {

Lexer make_lexer(const Dialect& dialect) {
  return [dialect](Scanner& scanner) {
    scanner.skip_space(dialect.comment);
    if (scanner.at_end()) return scanner.end();
    const char c = scanner.peek();
    if (c == '"' || c == '\'' || c == '`') return scanner.string();
    const auto second = static_cast<uint8_t>(scanner.peek(1));
    if (is_digit(static_cast<uint8_t>(c)) || (c == '.' && is_digit(second))) {
      return scanner.number(dialect.go_durations, dialect.bytes);
    }
    if (dialect.word_start(scanner.peek_rune())) return scanner.word(dialect.word_part);
    Token op = scanner.longest_operator(dialect.operators);
    if (op.kind == TokenKind::kOperator) return op;
    return scanner.error_here("unexpected character: " + quote_rune(scanner.peek_rune()));
  };
}

Token TokenStream::peek_second() {
  const size_t position = scanner_.position();
  Token token = lexer_(scanner_);
  scanner_.seek(position);
  return token;
}

Token TokenStream::take() {
  Token token = std::move(current_);
  last_end_ = token.span.end;
  // What follows an error has no meaning: the stream stays there.
  current_ = token.kind == TokenKind::kError ? token : lexer_(scanner_);
  return token;
}

bool TokenStream::accept(std::string_view op) {
  if (!is(op)) return false;
  take();
  return true;
}

bool TokenStream::accept_word(std::string_view word) {
  if (!is_word(word)) return false;
  take();
  return true;
}

Error TokenStream::unexpected(std::string_view context, std::string_view expected) const {
  if (current_.kind == TokenKind::kError) return error_at(current_.span, current_.message);
  std::string message = "unexpected " + describe(current_);
  if (!context.empty()) message += fmt::format(" in {}", context);
  if (!expected.empty()) message += fmt::format(", expected {}", expected);
  return error_at(current_.span, message);
}

Status TokenStream::expect(std::string_view op, std::string_view context) {
  if (accept(op)) return {};
  return unexpected(context, quote(op));
}

void TokenStream::switch_lexer(Lexer lexer) {
  lexer_ = std::move(lexer);
  scanner_.seek(current_.span.begin);
  current_ = lexer_(scanner_);
}

}  // namespace tarsier::query::syntax

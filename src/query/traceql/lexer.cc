#include <array>
#include <string>

#include "query/traceql/parser.h"

namespace tarsier::query::traceql {
namespace {

using syntax::Scanner;
using syntax::Token;
using syntax::TokenKind;

constexpr std::array<std::string_view, 36> kOperators = {
    "{",  "}",  "(",   ")",  ",",  "|",  "||", "&&", "=",   "!=", "=~",  "!~",
    ">",  ">=", "<",   "<=", ">>", "<<", "~",  "!>", "!>>", "!<", "!<<", "&>>",
    "&>", "&<", "&<<", "&~", "+",  "-",  "*",  "/",  "%",   "^",  "!",   "=="};

// What ends an attribute's name: blanks and these. A quoted part may hold anything.
bool ends_attribute(char c) {
  return std::string_view(" \t\r\n{}()=~!<>&|^,").find(c) != std::string_view::npos;
}

size_t attribute_end(std::string_view rest, size_t at) {
  while (at < rest.size() && !ends_attribute(rest[at])) {
    if (rest[at] != '"') {
      at++;
      continue;
    }
    size_t close = at + 1;
    while (close < rest.size() && rest[close] != '"') close += rest[close] == '\\' ? 2 : 1;
    if (close >= rest.size()) return rest.size();
    at = close + 1;
  }
  return at;
}

size_t word_end(std::string_view rest) {
  size_t n = 0;
  while (n < rest.size() && syntax::is_name_part(static_cast<unsigned char>(rest[n]))) n++;
  return n;
}

bool is_scope(std::string_view word) {
  return word == "span" || word == "resource" || word == "event" || word == "link" ||
         word == "instrumentation" || word == "parent" || word == "trace";
}

// span.http.method, trace:id, .x, duration: one token.
Token read_word(Scanner& scanner) {
  std::string_view rest = scanner.rest();
  size_t n = word_end(rest);
  char next = n < rest.size() ? rest[n] : '\0';
  if (is_scope(rest.substr(0, n)) && next == '.')
    return scanner.take(TokenKind::kWord, attribute_end(rest, n));
  if (is_scope(rest.substr(0, n)) && next == ':') {
    return scanner.take(TokenKind::kWord, n + 1 + word_end(rest.substr(n + 1)));
  }
  return scanner.take(TokenKind::kWord, n);
}

}  // namespace

syntax::Lexer make_lexer() {
  return [](Scanner& scanner) {
    scanner.skip_space('\0');
    if (scanner.at_end()) return scanner.end();
    char c = scanner.peek();
    if (c == '"' || c == '`') return scanner.string();
    bool digit_next = syntax::is_digit(static_cast<unsigned char>(scanner.peek(1)));
    if (syntax::is_digit(static_cast<unsigned char>(c)) || (c == '.' && digit_next)) {
      return scanner.number(/*go_durations=*/true, /*bytes=*/false);
    }
    if (c == '.') return scanner.take(TokenKind::kWord, attribute_end(scanner.rest(), 0));
    if (syntax::is_name_start(static_cast<unsigned char>(c))) return read_word(scanner);
    Token op = scanner.longest_operator(kOperators);
    if (op.kind == TokenKind::kOperator) return op;
    return scanner.error_here("unexpected character: " + syntax::quote_rune(scanner.peek_rune()));
  };
}

}  // namespace tarsier::query::traceql

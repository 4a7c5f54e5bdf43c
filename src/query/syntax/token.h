// Tokens of a query language.
#pragma once

#include <string>
#include <string_view>

#include "query/syntax/source.h"

namespace tarsier::query::syntax {

enum class TokenKind {
  kEnd,
  kError,     // message says what is wrong here
  kWord,      // identifiers and keywords: the parser tells them apart
  kString,    // still quoted: unquote() reads it
  kNumber,    // parse_number() reads it
  kDuration,  // 5m, and what else the language calls a duration
  kBytes,     // 10MB
  kOperator,  // one of the dialect's operators, longest match
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // in the source
  Span span;
  std::string message;  // kError only

  bool is(std::string_view op) const { return kind == TokenKind::kOperator && text == op; }
  bool is_word(std::string_view word) const { return kind == TokenKind::kWord && text == word; }
};

// The token as an error text names it: end of input, identifier "a", string "\"x\"", "(".
std::string describe(const Token& token);

}  // namespace tarsier::query::syntax

#include "query/promql/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "query/syntax/literal.h"
#include "query/syntax/utf8.h"

namespace tarsier::query::promql {
namespace {

using syntax::Scanner;
using syntax::Token;
using syntax::TokenKind;

constexpr std::array<std::string_view, 18> kOperators = {
    "(", ")", "{", "[", ",", "+", "-", "*", "/", "%", "^", "=", "==", "!=", "<=", "</", ">=", ">/"};
constexpr std::array<std::string_view, 14> kAggregators = {
    "avg", "bottomk", "count",    "count_values", "group",  "limit_ratio", "limitk",
    "max", "min",     "quantile", "stddev",       "stdvar", "sum",         "topk"};
constexpr std::array<std::string_view, 4> kWordOperators = {"and", "atan2", "or", "unless"};
constexpr std::array<std::string_view, 19> kKeywords = {
    "anchored",   "bool",        "by",       "end",    "fill",   "fill_left", "fill_right",
    "group_left", "group_right", "ignoring", "max_of", "min_of", "offset",    "on",
    "range",      "smoothed",    "start",    "step",   "without"};

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

bool is_metric_part(char32_t rune) {
  return syntax::is_name_part(rune) || rune == ':';
}

class PromqlLexer {
 public:
  Token operator()(Scanner& scanner) {
    scanner.skip_space('#');
    Token token = in_braces_ ? braces(scanner) : in_brackets_ ? brackets(scanner) : plain(scanner);
    after_colon_ = after_colon_ || token.is(":");
    return token;
  }

 private:
  static std::string here(const Scanner& scanner) {
    return syntax::quote_rune(scanner.peek_rune());
  }
  static Token unexpected(const Scanner& scanner, std::string_view where = "") {
    return scanner.error_here(fmt::format("unexpected character{}: {}", where, here(scanner)));
  }

  // The reference implementation points behind these.
  static Token stray_parenthesis(Scanner& scanner) {
    scanner.skip(1);
    return scanner.error_here("unexpected right parenthesis ')'");
  }

  Token braces(Scanner& scanner) {
    if (scanner.at_end()) return scanner.error_here("unexpected end of input inside braces");
    const char c = scanner.peek();
    if (syntax::is_name_start(static_cast<uint8_t>(c))) return scanner.word(syntax::is_name_part);
    if (c == '"' || c == '\'' || c == '`') return scanner.string();
    if (c == '}') in_braces_ = false;
    if (c == ',' || c == '}') return scanner.take(TokenKind::kOperator, 1);
    if (c == '=') return scanner.take(TokenKind::kOperator, scanner.peek(1) == '~' ? 2 : 1);
    if (c == '!' && (scanner.peek(1) == '=' || scanner.peek(1) == '~')) {
      return scanner.take(TokenKind::kOperator, 2);
    }
    if (c == '!') {
      scanner.skip(1);
      return scanner.error_here("unexpected character after '!' inside braces: " + here(scanner));
    }
    if (c == '{') return scanner.error_here("unexpected left brace '{'");
    return unexpected(scanner, " inside braces");
  }

  // Between [ and ]: durations, arithmetic, step(), range(), and one colon.
  Token brackets(Scanner& scanner) {
    if (scanner.at_end()) {
      return scanner.error_here("unexpected end of input in duration expression");
    }
    const char c = scanner.peek();
    if (number_ahead(scanner)) {
      got_duration_ = true;
      return number(scanner);
    }
    if (syntax::is_name_start(static_cast<uint8_t>(c))) {
      Token word = scanner.word(syntax::is_name_part);
      const std::string name = lower(word.text);
      if (name == "step" || name == "range" || name == "min_of" || name == "max_of") {
        got_duration_ = true;
        return word;
      }
      scanner.seek(word.span.begin);
    }
    if (c == ':') return colon(scanner);
    if (c == ']') in_brackets_ = false;
    if (c == '(') parens_++;
    if (c == ')' && --parens_ < 0) return stray_parenthesis(scanner);
    if (std::string_view("](),+-*/%^").find(c) != std::string_view::npos) {
      return scanner.take(TokenKind::kOperator, 1);
    }
    return unexpected(scanner, " in duration expression");
  }

  Token colon(Scanner& scanner) {
    if (!got_duration_) {
      scanner.skip(1);
      return scanner.error_here("unexpected colon before duration in duration expression");
    }
    if (after_colon_) {
      scanner.skip(1);
      return scanner.error_here("unexpected repeated colon in duration expression");
    }
    return scanner.take(TokenKind::kOperator, 1);
  }

  Token plain(Scanner& scanner) {
    if (scanner.at_end()) {
      return parens_ != 0 ? scanner.error_here("unclosed left parenthesis") : scanner.end();
    }
    const char c = scanner.peek();
    if (number_ahead(scanner)) return number(scanner);
    if (c == '"' || c == '\'' || c == '`') return scanner.string();
    if (is_metric_part(static_cast<uint8_t>(c))) return scanner.word(is_metric_part);
    switch (c) {
      case '(':
        parens_++;
        break;
      case ')':
        if (--parens_ < 0) return stray_parenthesis(scanner);
        break;
      case '{':
        in_braces_ = true;
        break;
      case ']':
        return scanner.error_here("unexpected right bracket ']'");
      case '[':
        in_brackets_ = true;
        got_duration_ = after_colon_ = false;
        break;
      case '=':
        if (scanner.peek(1) == '~') {
          return scanner.error_here("unexpected character after '=': '~'");
        }
        break;
      case '!':
        if (scanner.peek(1) != '=') {
          scanner.skip(1);
          return scanner.error_here("unexpected character after '!': " + here(scanner));
        }
        break;
      case '<':
      case '>':
        return scanner.take(TokenKind::kOperator,
                            scanner.peek(1) == '=' || scanner.peek(1) == '/' ? 2 : 1);
      case '@':
        return scanner.take(TokenKind::kOperator, 1);
      default:
        break;
    }
    Token op = scanner.longest_operator(kOperators);
    return op.kind == TokenKind::kOperator ? op : unexpected(scanner);
  }

  static bool number_ahead(const Scanner& scanner) {
    const auto c = static_cast<uint8_t>(scanner.peek());
    const auto second = static_cast<uint8_t>(scanner.peek(1));
    return syntax::is_digit(c) || (c == '.' && syntax::is_digit(second));
  }
  static Token number(Scanner& scanner) { return scanner.number(false, false); }

  bool in_braces_ = false, in_brackets_ = false, got_duration_ = false, after_colon_ = false;
  int parens_ = 0;
};

std::string shortened(std::string_view text) {
  if (text.size() <= 10) return syntax::quote(text);
  size_t end = 0;
  for (int runes = 0; runes < 10 && end < text.size(); runes++) {
    end += syntax::decode_utf8(text.substr(end)).size;
  }
  return syntax::quote(text.substr(0, end)) + "...";
}

}  // namespace

syntax::Lexer make_promql_lexer() {
  return PromqlLexer();
}

std::string keyword(const Token& token) {
  if (token.kind != TokenKind::kWord) return {};
  std::string word = lower(token.text);
  const bool known = contains(kAggregators, word) || contains(kWordOperators, word) ||
                     contains(kKeywords, word) || word == "inf" || word == "nan";
  return known ? word : std::string();
}

std::string describe_token(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "end of input";
    case TokenKind::kError:
      return token.message;
    case TokenKind::kString:
      return "string " + shortened(token.text);
    case TokenKind::kNumber:
      return "number " + shortened(token.text);
    case TokenKind::kDuration:
      return "duration " + shortened(token.text);
    case TokenKind::kWord: {
      const std::string word = keyword(token);
      if (contains(kAggregators, word)) return fmt::format("<aggr:{}>", token.text);
      if (contains(kWordOperators, word)) return fmt::format("<op:{}>", token.text);
      if (word == "inf" || word == "nan") return "number " + syntax::quote(token.text);
      if (!word.empty()) return fmt::format("<{}>", token.text);
      const bool metric = token.text.find(':') != std::string_view::npos;
      return (metric ? "metric identifier " : "identifier ") + syntax::quote(token.text);
    }
    case TokenKind::kOperator:
      if (std::string_view("(){}[],:=").find(token.text) != std::string_view::npos) {
        return syntax::quote(token.text);
      }
      return fmt::format("<op:{}>", token.text);
    case TokenKind::kBytes:
      break;
  }
  return syntax::quote(token.text);
}

}  // namespace tarsier::query::promql
